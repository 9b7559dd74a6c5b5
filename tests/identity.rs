//! One secret is one finding, however it is written: in one literal or in several, escaped or not, a key in whatever armour. And
//! nothing of it is shown, however it is written.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::path::Path;

use common::{command, stderr, write};
use serde_json::Value;

/// The report of a folder, as JSON.
fn report(folder: &Path, arguments: &[&str]) -> Value {
    let output = command(folder).args(["scan", ".", "--format", "json"]).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

/// The report of files, each with its text.
fn report_of(files: &[(&str, &str)], arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    report(folder.path(), arguments)
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().unwrap()
}

/// Some letters and digits that nobody made up.
fn made(length: usize, seed: u64) -> String {
    let expanded = scrubjay::signature::template::expand(&format!("{{b62:{length}}}"), seed).unwrap();
    String::from_utf8(expanded.text).unwrap()
}

#[test]
fn joined_literals_are_one_secret_of_which_no_part_is_shown() {
    let (one, other) = (made(10, 1), made(20, 2));
    let whole = format!("{one}{other}");
    let plain = report_of(&[("a.py", &format!("password = \"{whole}\"\n"))], &[]);
    let plain = &findings(&plain)[0];
    for (name, text) in [
        ("a.py", format!("db.connect(host=\"h\", password=\"{one}\" \"{other}\")\n")),
        ("a.py", format!("password = \"{one}\" \"{other}\"\n")),
        ("a.py", format!("x = {{\"password\": \"{one}\" \"{other}\"}}\n")),
        ("a.js", format!("const x = {{password: `{one}` + '{other}'}}\n")),
        ("a.js", format!("const password=\"{one}\"+\"{other}\"\n")),
        ("a.sh", format!("PASSWORD='{one}'\"{other}\"\n")),
        ("a.py", format!("db.connect(\"h\", \"robin\", \"{one}\" \"{other}\")\n")),
        ("a.py", format!("password = \"{}\" \"{}\" + '{other}'\n", &one[..5], &one[5..])),
    ] {
        for show in [&[][..], &["--show-secrets"]] {
            let report = report_of(&[(name, &text)], show);
            let [finding] = findings(&report) else { panic!("{text}: {report:#}") };
            if show.is_empty() {
                assert_eq!(finding["fingerprint"], plain["fingerprint"], "{text}");
                assert_eq!(finding["secret"], plain["secret"], "{text}");
                let told = report.to_string();
                assert!(!told.contains(&one) && !told.contains(&other[..8]), "{text}: {told}");
            } else {
                assert_eq!(finding["secret"], *whole, "{text}");
            }
        }
    }
}

/// A JSON Web Token of these claims, whose header names this key.
fn json_web_token(key: &str, claims: &str) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let header = part(&format!("{{\"alg\":\"RS256\",\"kid\":\"{key}\"}}"));
    format!("{header}.{}.{}", part(claims), made(86, 9))
}

#[test]
fn what_a_token_says_is_told_without_secrets() {
    let inner = common::token(5);
    let nested = json_web_token("a", "{\"sub\":\"4711\",\"iss\":\"https://login.example.net/\"}");
    let password = made(18, 4);
    let claims = format!(
        "{{\"iss\":\"https://robin:{password}@example.net/realm?code={inner}\",\"sub\":\"{inner}\",\"aud\":[\"web\",\"{nested}\"]}}"
    );
    let files = [("a.txt", &*format!("x {}\n", json_web_token(&inner, &claims)))];
    for arguments in
        [&["--format", "json"][..], &["--format", "text"], &["--format", "github"], &["--explain", "a.txt"]]
    {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), files[0].0, files[0].1);
        let output = command(folder.path()).args(["scan", "."]).args(arguments).output().unwrap();
        let told = common::stdout(&output);
        assert!(
            !told.contains(&inner[..20]) && !told.contains(&password[..6]) && !told.contains(&nested[..40]),
            "{told}"
        );
    }
    let report = report_of(&files, &[]);
    let [finding] = findings(&report) else { panic!("{report:#}") };
    let detail = |name: &str| {
        let details = finding["details"].as_array().unwrap();
        details.iter().find(|one| one["name"] == name).unwrap()["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(detail("issuer"), "https://****@example.net/realm?****");
    assert_eq!((&*detail("subject"), &*detail("key_id")), ("****", "****"));
    assert!(detail("audience").starts_with("web "), "{}", detail("audience"));
}

#[test]
fn an_escaped_value_is_the_secret_that_it_says() {
    let secret = "kR7!%Zq+9Lm@2vT";
    let quoted = "kR7\"Zq'9Lm2vTx";
    for (secret, forms) in [
        (
            secret,
            [
                ("a.env", format!("DB_PASSWORD=\"{secret}\"\n")),
                ("b.env", "DATABASE_URL=postgres://app:kR7%21%25Zq%2B9Lm%402vT@db.internal/shop\n".to_owned()),
                ("a.json", r#"{"password": "kR7!%Zq\u002b9Lm@2vT"}"#.to_owned()),
            ],
        ),
        (
            quoted,
            [
                ("a.json", r#"{"password": "kR7\"Zq'9Lm2vTx"}"#.to_owned()),
                ("a.xml", "<db password=\"kR7&quot;Zq&apos;9Lm2vTx\"/>\n".to_owned()),
                ("a.yaml", "password: 'kR7\"Zq''9Lm2vTx'\n".to_owned()),
            ],
        ),
    ] {
        let files: Vec<(&str, &str)> = forms.iter().map(|(name, text)| (*name, &**text)).collect();
        let report = report_of(&files, &["--show-secrets"]);
        let [finding] = findings(&report) else { panic!("{secret}: {report:#}") };
        assert_eq!(finding["secret"], secret);
        assert_eq!(finding["places"].as_array().unwrap().len(), files.len(), "{report:#}");
        let masked = report_of(&files, &[]).to_string();
        assert!(!masked.contains(&secret[3..9]) && !masked.contains("9Lm"), "{masked}");
    }
}

