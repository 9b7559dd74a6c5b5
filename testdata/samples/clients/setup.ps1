$typed = Read-Host "Enter password" -AsSecureString
$given = ConvertTo-SecureString $env:SHOP_PASSWORD -AsPlainText -Force
$own = ConvertTo-SecureString -String '⟦powershell-secure-string|{pass}⟧' -AsPlainText -Force
net use Z: \\files\share ⟦net-use-password|{b62:14}⟧ /user:deploy
