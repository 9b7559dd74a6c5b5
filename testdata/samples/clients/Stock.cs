class Stock {
    NetworkCredential own = new NetworkCredential("deploy", "⟦login-arguments-password|{pass}⟧");
    NetworkCredential given = new NetworkCredential(user, password);
    AuthenticationHeaderValue header = new AuthenticationHeaderValue("Basic", "⟦http-basic-header-value|{base64:deploy:{pass}}⟧");
}
