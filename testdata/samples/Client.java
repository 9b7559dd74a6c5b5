package com.example.shop;

public final class Client {
    private static final String API_KEY = "⟦generic-api-key|{b62:32}⟧";
    private static final String TOKEN_HEADER = "X-Auth-Token";
    private final String password;

    public Client(final String password) {
        this.password = password;
        dataSource.setPassword("⟦generic-password|{pass}⟧");
        dataSource.setUser("shop");
    }

    private static final long serialVersionUID = 4378921043278912340L;
    private static final String CHECKSUM = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
}
