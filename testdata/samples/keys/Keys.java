class Keys {
    static final Map<String, String> OWN = Map.of("kty", "EC", "crv", "P-256", "d", "⟦jwk-private|{b64u:43}⟧");
}
