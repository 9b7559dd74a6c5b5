//! What a name says of the value it is given: `db_password` and `clientSecret` hold secrets, `password_file`, `tokenType` and
//! `primaryKey` do not.

use super::entropy::letter_runs;

/// What kind of secret a name speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// A password that a person may have chosen: short values count.
    Password,
    /// A secret, token or key that a machine made: values are long and random.
    Key,
}

/// How clearly a name says that its value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// It may.
    Weak,
    /// It does.
    Strong,
}

const PASSWORD: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "pass",
    "passw",
    "passwords",
    "pw",
    "psw",
    "kennwort",
    "passwort",
    "motdepasse",
    "contrasena",
    "senha",
];
const SECRET: &[&str] = &[
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "creds",
    "cred",
    "apikey",
    "apikeys",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "authtoken",
    "bearer",
    "signature",
];
const WEAK: &[&str] =
    &["auth", "authorization", "authentication", "salt", "pepper", "signature", "cred", "creds", "pass", "pw"];

/// A `key` is a secret only with one of these before it.
const KEY_QUALIFIERS: &[&str] = &[
    "api",
    "secret",
    "access",
    "private",
    "encryption",
    "encrypt",
    "signing",
    "sign",
    "auth",
    "master",
    "service",
    "account",
    "storage",
    "app",
    "application",
    "client",
    "consumer",
    "ssh",
    "deploy",
    "subscription",
    "session",
    "hmac",
    "jwt",
    "aes",
    "crypto",
    "cipher",
    "shared",
    "server",
    "admin",
    "webhook",
    "integration",
    "write",
    "sdk",
    "token",
    "rest",
    "license",
    "authentication",
    "decryption",
    "appsecret",
    "machine",
    "validation",
    "functions",
    "function",
    "host",
];

/// After the head word these change nothing.
const NEUTRAL: &[&str] = &[
    "value",
    "string",
    "str",
    "text",
    "plain",
    "plaintext",
    "cleartext",
    "raw",
    "base64",
    "b64",
    "default",
    "current",
    "old",
    "new",
    "prod",
    "production",
    "staging",
    "stage",
    "dev",
    "development",
    "test",
    "testing",
    "local",
    "live",
    "sandbox",
    "prd",
    "stg",
    "qa",
    "uat",
    "v1",
    "v2",
    "primary",
    "secondary",
    "main",
    "admin",
    "root",
    "user",
    "db",
    "database",
    "a",
    "b",
    "env",
    "data",
    "backup",
    "master",
    "slave",
    "replica",
    "read",
    "write",
    "base",
    "seed",
    "one",
    "two",
];

/// After the head word these say that the value is something about the secret.
const ABOUT: &[&str] = &[
    "file",
    "files",
    "filename",
    "path",
    "paths",
    "dir",
    "folder",
    "url",
    "uri",
    "urls",
    "endpoint",
    "name",
    "names",
    "id",
    "ids",
    "type",
    "types",
    "length",
    "len",
    "size",
    "field",
    "fields",
    "label",
    "input",
    "prompt",
    "policy",
    "regex",
    "regexp",
    "pattern",
    "format",
    "hint",
    "min",
    "max",
    "minimum",
    "maximum",
    "expiry",
    "expires",
    "expired",
    "expiration",
    "ttl",
    "timeout",
    "age",
    "count",
    "limit",
    "enabled",
    "disabled",
    "required",
    "valid",
    "validator",
    "validation",
    "reset",
    "provider",
    "store",
    "storage",
    "manager",
    "service",
    "class",
    "ref",
    "reference",
    "arn",
    "version",
    "algorithm",
    "algo",
    "alg",
    "header",
    "headers",
    "prefix",
    "suffix",
    "var",
    "variable",
    "title",
    "description",
    "message",
    "msg",
    "error",
    "errors",
    "exists",
    "exist",
    "mode",
    "method",
    "methods",
    "strategy",
    "status",
    "state",
    "scope",
    "scopes",
    "key",
    "keys",
    "param",
    "params",
    "parameter",
    "option",
    "options",
    "config",
    "template",
    "column",
    "attribute",
    "attr",
    "property",
    "placeholder",
    "index",
    "position",
    "offset",
    "start",
    "end",
    "list",
    "map",
    "set",
    "array",
    "object",
    "source",
    "selector",
    "rotation",
    "generator",
    "strength",
    "score",
    "change",
    "changed",
    "confirm",
    "confirmation",
    "forgot",
    "bytes",
    "hash",
    "hashed",
    "encoder",
    "encoding",
    "encrypted",
    "mount",
    "volume",
    "kind",
    "group",
    "issuer",
    "audience",
    "callback",
    "handler",
    "helper",
    "lifetime",
    "duration",
    "period",
    "interval",
    "usage",
    "budget",
    "tokens",
    "ization",
    "izer",
    "address",
    "addr",
    "host",
    "hostname",
    "port",
    "domain",
    "realm",
    "username",
    "user",
    "login",
    "page",
    "link",
    "button",
    "icon",
    "visible",
    "visibility",
    "toggle",
    "char",
    "chars",
    "character",
    "characters",
    "words",
    "stream",
    "re",
    "rx",
    "help",
    "doc",
    "docs",
    "comment",
    "example",
    "examples",
    "secretref",
    "namespace",
    "annotation",
    "annotations",
    "checksum",
    "fingerprint",
    "digest",
    "sha256",
    "md5",
    "sha1",
];

/// Before the head word these say that the value is none.
const NOT: &[&str] = &[
    "is",
    "has",
    "have",
    "show",
    "hide",
    "no",
    "not",
    "needs",
    "need",
    "requires",
    "require",
    "required",
    "enable",
    "disable",
    "forgot",
    "reset",
    "validate",
    "check",
    "verify",
    "invalid",
    "missing",
    "wrong",
    "incorrect",
    "max",
    "min",
    "num",
    "number",
    "public",
    "foreign",
    "cache",
    "sort",
    "partition",
    "row",
    "next",
    "page",
    "continuation",
    "cancel",
    "cancellation",
    "csrf",
    "xsrf",
    "end",
    "start",
    "stop",
    "eos",
    "bos",
    "pad",
    "mask",
    "unk",
    "sep",
    "cls",
    "parse",
    "lex",
    "lexer",
    "parser",
    "syntax",
    "punctuation",
    "n",
    "total",
    "prompt",
    "completion",
    "input",
    "output",
    "get",
    "gen",
    "generate",
    "create",
    "delete",
    "remove",
    "update",
    "find",
    "list",
    "allow",
    "allowed",
    "use",
    "existing",
    "ssl_no",
    "skip",
    "count",
    "last",
    "first",
    "expected",
    "unexpected",
    "previous",
    "lookahead",
    "keyword",
    "string",
    "comment",
    "operator",
    "by",
];

/// Reads a name; `None` where it says that its value is no secret.
pub fn head(name: &[u8]) -> Option<(Head, Strength)> {
    let lower: Vec<Vec<u8>> = letter_runs(name).map(<[u8]>::to_ascii_lowercase).collect();
    let segments: Vec<&str> = lower.iter().filter_map(|segment| std::str::from_utf8(segment).ok()).collect();
    let place = segments.iter().rposition(|segment| kind(segment).is_some() || *segment == "key" || *segment == "keys");
    let place = place?;
    let before = &segments[..place];
    let after = &segments[place + 1..];
    if before.iter().any(|segment| NOT.contains(segment)) && !before.iter().any(|segment| kind(segment).is_some()) {
        return None;
    }
    let mut strength = Strength::Strong;
    let found = if matches!(segments[place], "key" | "keys") {
        let qualifier = before.last()?;
        if !(KEY_QUALIFIERS.contains(qualifier) || kind(qualifier).is_some()) {
            return None;
        }
        if matches!(
            *qualifier,
            "app" | "application" | "session" | "service" | "host" | "account" | "server" | "client" | "token"
        ) {
            strength = Strength::Weak;
        }
        Head::Key
    } else {
        if WEAK.contains(&segments[place]) && !(segments[place] == "pass" && before.len() + after.len() > 0) {
            strength = Strength::Weak;
        }
        kind(segments[place])?
    };
    for segment in after {
        if ABOUT.contains(segment) && !NEUTRAL.contains(segment) {
            return None;
        }
        if !NEUTRAL.contains(segment) {
            strength = Strength::Weak;
        }
    }
    Some((found, strength))
}

/// The kind of secret a word stands for, also at the end of a compound without a joint: `dbpassword`, `authtoken`.
fn kind(segment: &str) -> Option<Head> {
    if PASSWORD.contains(&segment) {
        return Some(Head::Password);
    }
    if SECRET.contains(&segment) || matches!(segment, "auth" | "authorization" | "salt") {
        return Some(Head::Key);
    }
    let ends = |words: &[&str]| words.iter().any(|word| segment.ends_with(word));
    if ends(&[
        "password",
        "passwd",
        "passphrase",
        "userpwd",
        "dbpwd",
        "rootpwd",
        "adminpwd",
        "dbpass",
        "userpass",
        "rootpass",
    ]) {
        return Some(Head::Password);
    }
    ends(&[
        "secret",
        "token",
        "apikey",
        "accesskey",
        "secretkey",
        "privatekey",
        "authkey",
        "encryptionkey",
        "masterkey",
        "signingkey",
        "credential",
        "credentials",
    ])
    .then_some(Head::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "spring.datasource.password",
            "MYSQL_ROOT_PASSWORD",
            "rootPwd",
            "dbpassword",
            "passphrase",
            "PASSWORD_PROD",
        ] {
            assert_eq!(head(name.as_bytes()).map(|found| found.0), Some(Head::Password), "{name}");
        }
        for name in [
            "api_key",
            "apiKey",
            "apikey",
            "X-API-Key",
            "AWS_SECRET_ACCESS_KEY",
            "clientSecret",
            "auth_token",
            "authToken",
            "private-key",
            "SECRET",
            "STRIPE_API_KEY",
            "encryptionKey",
        ] {
            assert_eq!(head(name.as_bytes()).map(|found| found.0), Some(Head::Key), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "password_file",
            "tokenType",
            "primaryKey",
            "key",
            "cache_key",
            "publicKey",
            "is_password",
            "tokenizer",
            "secretName",
            "passwordField",
            "token_url",
            "next_page_token",
            "keyboard",
            "author",
            "compass",
            "password_hash",
            "existingSecret",
            "csrfToken",
            "max_tokens",
        ] {
            assert_eq!(head(name.as_bytes()), None, "{name}");
        }
    }
}
