#!/bin/sh
openssl rsa -in key.pem -passin pass:⟦openssl-password|{pass}⟧ -out plain.pem
openssl pkcs12 -in all.p12 -passin "pass:$PASS" -nodes
mysqldump -uroot -p⟦mysql-command-password|{pass}⟧ shop > shop.sql
docker run -e POSTGRES_PASSWORD=⟦generic-password|{pass}⟧ -e POSTGRES_DB=shop -d postgres
docker run --env MYSQL_ROOT_PASSWORD="⟦generic-password|{pass}⟧" mysql
kubectl create secret generic db --from-literal=password=⟦generic-password|{pass}⟧
sshpass -p '⟦sshpass-password|{pass}⟧' ssh root@shop.example
PGPASSWORD=⟦generic-password|{pass}⟧ psql -h shop.example
curl -u deploy:⟦curl-user-password|{pass}⟧ https://repo.shop.example/
redis-cli -a ⟦redis-cli-password|{pass}⟧ ping
ldapsearch -D cn=admin -w ⟦ldap-command-password|{pass}⟧ -b dc=shop
smbclient //files/share -U backup%⟦smb-command-password|{pass}⟧ -c 'get all.tar'
unzip -P ⟦archive-command-password|{b62:14}⟧ all.zip
7z x -p⟦archive-command-password|{b62:14}⟧ all.7z
rsync --password-file=/etc/rsync.pass all.tar shop.example::all
ansible-playbook site.yml --extra-vars "db_password=⟦generic-password|{pass}⟧"
