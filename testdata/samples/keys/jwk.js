const own = {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","d":"⟦jwk-private|{b64u:43}⟧"};
const escaped = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"⟦jwk-private|{b64u:43}⟧\"}";
const shared = { kty: "oct", k: "⟦jwk-symmetric|{b64u:86}⟧" };
const open = {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"};
