import requests, smtplib
requests.get(STOCK, auth=("deploy", "⟦login-tuple-password|{pass}⟧"))
requests.get(STOCK, auth=HTTPBasicAuth("deploy", "⟦login-arguments-password|{pass}⟧"))
requests.get(STOCK, auth=(user, password))
requests.get(STOCK, headers={"Authorization": f"Bearer {token}"})
server = smtplib.SMTP("mail.shop.example")
server.login("robin@shop.example", "⟦login-arguments-password|{lower:16}⟧")
server.login(config.user, config.password)
