PART = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs",
    "e": "AQAB",
    "p": "⟦jwk-private-part|{b64u:171}⟧",
}
NATS_SEED = "⟦nats-seed|{nkey:U}⟧"
STELLAR_SEED = "⟦stellar-secret-seed|{stellar-seed}⟧"
MNEMONIC = "⟦bip39-mnemonic|{bip39:12}⟧"
HARDHAT_MNEMONIC = "test test test test test test test test test test test junk"
