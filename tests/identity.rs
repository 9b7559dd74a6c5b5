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

/// A text that stands for elements of templates, as signatures have them.
fn expanded(template: &str) -> String {
    String::from_utf8(scrubjay::signature::template::expand(template, 7).unwrap().text).unwrap()
}

/// An element of ASN.1.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        length @ 0..128 => vec![length as u8],
        length => [&[0x82], &(length as u16).to_be_bytes()[..]].concat(),
    };
    [&[tag], &length[..], content].concat()
}

/// The body of a key in PEM.
fn body(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(lines).unwrap()
}

#[test]
fn a_private_key_is_one_secret_in_whatever_form() {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD;
    let pem = expanded("{pem:rsa}");
    let lines = |before: &str, after: &str| {
        let lines: Vec<String> = pem.lines().map(|line| format!("{before}{line}{after}")).collect();
        lines.join("\n") + "\n"
    };
    let der = body(&pem);
    let algorithm = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let pkcs8 = element(0x30, &[&[2, 1, 0], &algorithm[..], &element(4, &der)].concat());
    let encoded = standard.encode(&pkcs8);
    let folded: Vec<&str> = (0..encoded.len()).step_by(64).map(|at| &encoded[at..encoded.len().min(at + 64)]).collect();
    let of_pkcs8 = format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", "PRIVATE KEY", folded.join("\n"));
    let forms = [
        ("a.pem", pem.clone() + "\n"),
        ("crlf.pem", lines("", "\r")),
        ("a.yaml", format!("key: |\n{}", lines("    ", ""))),
        ("a.json", format!("{{\"key\": \"{}\"}}\n", lines("", "").trim_end().replace('\n', "\\n"))),
        ("comment.txt", lines("# ", "")),
        ("mail.txt", lines("> ", "")),
        ("blanks.pem", lines("", "  ")),
        ("line.env", format!("KEY=\"{}\"\n", pem.replace('\n', " "))),
        ("pkcs8.pem", of_pkcs8.clone()),
        ("der.properties", format!("private-key={encoded}\n")),
        ("secret.txt", format!("key: {}\n", standard.encode(&of_pkcs8))),
    ];
    let files: Vec<(&str, &str)> = forms.iter().map(|(name, text)| (*name, &**text)).collect();
    let all = report_of(&files, &[]);
    let [finding] = findings(&all) else { panic!("{all:#}") };
    assert_eq!(finding["places"].as_array().unwrap().len(), forms.len(), "{all:#}");
    for file in &files {
        let one = report_of(std::slice::from_ref(file), &[]);
        assert_eq!(findings(&one)[0]["fingerprint"], finding["fingerprint"], "{}", file.0);
    }
    let shown = report_of(&files[..1], &["--show-secrets"]);
    assert_eq!(findings(&shown)[0]["secret"], *pem, "the key itself is told where secrets are");
}

#[test]
fn a_key_file_of_putty_is_one_secret_in_either_version_and_with_any_line_ends() {
    let file = expanded("{pem:putty}");
    let head = "PuTTY-User-Key-File-";
    let at = file.find(head).unwrap() + head.len();
    let version = if &file[at..=at] == "2" { "3" } else { "2" };
    let other = format!("{}{version}{}", &file[..at], &file[at + 1..]);
    let fingerprint = |text: &str| {
        let report = report_of(&[("a.ppk", text)], &["--min-confidence", "possible"]);
        findings(&report)[0]["fingerprint"].clone()
    };
    assert_eq!(fingerprint(&file), fingerprint(&other));
    assert_eq!(fingerprint(&file), fingerprint(&(file.replace('\n', "\r\n") + "\r\n")));
}

#[test]
fn a_key_without_a_public_half_is_told_by_what_its_armour_holds() {
    for template in ["{pem:encrypted}", "{pem:openssh}", "{pem:pgp}", "{pem:ec}", "{pem:dsa}"] {
        let pem = expanded(template);
        let fingerprint = |text: &str| findings(&report_of(&[("a.pem", text)], &[]))[0]["fingerprint"].clone();
        let plain = fingerprint(&(pem.clone() + "\n"));
        assert_eq!(fingerprint(&(pem.replace('\n', "\r\n") + "\r\n")), plain, "{template}");
        assert_eq!(fingerprint(&format!("k: |\n  {}\n", pem.replace('\n', "\n  "))), plain, "{template}");
    }
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

/// The one finding of a rule in a text.
fn of_rule(text: &str, rule: &str) -> Value {
    let report = report_of(&[("a.txt", text)], &["--min-severity", "info", "--min-confidence", "possible"]);
    let found = findings(&report).iter().find(|finding| finding["rule"] == rule);
    found.unwrap_or_else(|| panic!("{report:#}")).clone()
}

#[test]
fn the_lifetime_of_a_token_is_what_it_says() {
    let lifetime = |claims: &str| of_rule(&format!("x {}\n", json_web_token("a", claims)), "jwt")["lifetime"].clone();
    assert_eq!(lifetime("{\"sub\":\"4711\"}"), "static");
    assert_eq!(lifetime("{\"sub\":\"4711\",\"iat\":1700000000,\"exp\":1700003600}"), "temporary");
    assert_eq!(lifetime("{\"sub\":\"4711\",\"exp\":4102444800}"), "owner");
}

#[test]
fn a_secret_key_of_a_session_ends_with_that() {
    for (id, lifetime, severity, revoke) in [
        ("{aws-id:ASIA}", "temporary", "high", "Revoke the active sessions of the role."),
        ("{aws-id:AKIA}", "static", "critical", "aws iam update-access-key"),
    ] {
        let text = expanded(&format!("aws_access_key_id = {id}\naws_secret_access_key = {{b64:40}}\n"));
        let finding = of_rule(&text, "aws-secret-access-key");
        assert_eq!((&finding["lifetime"], &finding["severity"]), (&lifetime.into(), &severity.into()), "{finding:#}");
        assert!(finding["revoke"].as_str().unwrap().starts_with(revoke), "{finding:#}");
    }
}

#[test]
fn a_token_whose_time_is_over_does_not_fail_a_run() {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD;
    let registry = |time: u64| {
        let payload = format!(
            "{{\"payload\":\"{}\",\"datakey\":\"AQEBAHh\",\"version\":\"2\",\"expiration\":{time}}}",
            made(400, 3)
        );
        format!("ECR_TOKEN={}\n", standard.encode(format!("AWS:{}", standard.encode(payload))))
    };
    let installation = |time: u64| {
        format!("GITHUB_TOKEN=ghs_123456_{}\n", json_web_token("a", &format!("{{\"iss\":\"github\",\"exp\":{time}}}")))
    };
    for text in [&registry as &dyn Fn(u64) -> String, &installation] {
        let confidence = |time| {
            let report = report_of(&[("a.env", &text(time))], &["--min-confidence", "possible"]);
            findings(&report)[0]["confidence"].clone()
        };
        assert_eq!((confidence(1_600_000_000), confidence(4_000_000_000)), ("possible".into(), "likely".into()));
    }
}

/// A certificate with this public key (of RSA, without its wrapping), which ends in 2027.
fn certificate(modulus: &[u8]) -> String {
    use base64::Engine as _;
    let name = element(
        0x30,
        &element(0x31, &element(0x30, &[&element(6, &[0x55, 4, 3])[..], &element(0x0c, b"example.net")].concat())),
    );
    let time = |time: &[u8]| element(0x17, time);
    let number = element(2, &[&[0], modulus].concat());
    let key = element(0x30, &[element(0x30, &[]), element(3, &[&[0], &number[..]].concat())].concat());
    let body = [
        element(0xa0, &element(2, &[2])),
        element(2, &[5]),
        element(0x30, &[]),
        name.clone(),
        element(0x30, &[time(b"240101000000Z"), time(b"270630235959Z")].concat()),
        name,
        key,
    ];
    let whole = element(0x30, &element(0x30, &body.concat()));
    let encoded = base64::engine::general_purpose::STANDARD.encode(whole);
    format!("-----BEGIN {0}-----\n{encoded}\n-----END {0}-----\n", "CERTIFICATE")
}

#[test]
fn the_certificate_beside_an_encoded_key_is_read() {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD;
    let pem = expanded("{pem:rsa}") + "\n";
    // Version, and then the modulus: a zero byte and 128 bytes or more.
    let der = body(pem.trim_end());
    let modulus = der.windows(3).position(|head| head == [2, 1, 0]).map(|at| &der[at + 3..]).unwrap();
    let length = if modulus[1] == 0x82 { 4 } else { 3 };
    let size = if length == 4 { u16::from_be_bytes([modulus[2], modulus[3]]) as usize } else { modulus[2] as usize };
    let modulus = &modulus[length + 1..length + size];
    let (key, certificate) = (standard.encode(&pem), standard.encode(certificate(modulus)));
    for text in [
        format!(
            "users:\n- name: admin\n  user:\n    client-certificate-data: {certificate}\n    client-key-data: {key}\n"
        ),
        format!("kind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.crt: {certificate}\n  tls.key: {key}\n"),
        format!("kind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.key: {key}\n  tls.crt: {certificate}\n"),
    ] {
        let finding = of_rule(&text, "private-key-pem");
        let details = finding["details"].to_string();
        assert!(details.contains("example.net") && details.contains("2027-06-30T23:59:59Z"), "{text}{details}");
    }
}
