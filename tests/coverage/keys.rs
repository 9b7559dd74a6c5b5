//! What is told of a private key: read by us, and written by openssl.

use super::*;

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {arguments}: {}", stderr(&output));
}

/// The details of the one finding of a file.
fn details(folder: &Path, name: &str) -> Vec<(String, String)> {
    let scan = scan(folder, &["dir", name]);
    let findings = scan.report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let of = |detail: &Value, key: &str| detail[key].as_str().unwrap().to_owned();
    findings[0]["details"].as_array().unwrap().iter().map(|one| (of(one, "name"), of(one, "value"))).collect()
}

#[test]
fn the_certificate_of_a_key_is_told_before_it_and_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=shop.example -days 2");
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout otherkey -out other -subj /CN=other.example -days 2");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (key, cert, other) = (read("key"), read("cert"), read("other"));
    for (name, text, has_certificate) in [
        ("before.pem", format!("{cert}{key}"), true),
        ("after.pem", format!("{key}{cert}"), true),
        ("chain.pem", format!("{other}{cert}{other}{key}"), true),
        ("foreign.pem", format!("{other}{key}"), false),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
        let details = details(folder, name);
        let told = details.iter().find(|(name, _)| name == "certificate_for").map(|(_, value)| value.as_str());
        assert_eq!(told, has_certificate.then_some("shop.example"), "{name}: {details:?}");
    }
}

/// The rule of the one finding of a file.
fn rule(folder: &Path, name: &str) -> String {
    scan(folder, &["dir", name]).report["findings"][0]["rule"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_in_der_is_told_as_the_same_key_in_pem() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, kind, form) in [
        ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048", Some("rsa -traditional")),
        ("large", "RSA -pkeyopt rsa_keygen_bits:4096", Some("rsa -traditional")),
        ("p256", "EC -pkeyopt ec_paramgen_curve:P-256", Some("ec")),
        ("p384", "EC -pkeyopt ec_paramgen_curve:P-384", Some("ec")),
        ("p521", "EC -pkeyopt ec_paramgen_curve:P-521", Some("ec")),
        ("k256", "EC -pkeyopt ec_paramgen_curve:secp256k1", Some("ec")),
        ("ed25519", "ED25519", None),
    ] {
        openssl(folder, &format!("genpkey -algorithm {kind} -out {name}.pem"));
        openssl(folder, &format!("pkcs8 -topk8 -nocrypt -in {name}.pem -outform DER -out {name}.pkcs8"));
        let told = details(folder, &format!("{name}.pem"));
        assert_eq!(details(folder, &format!("{name}.pkcs8")), told, "{name}");
        let expected = if kind.starts_with("RSA") { "private-key-binary" } else { "private-key-binary-curve" };
        assert_eq!(rule(folder, &format!("{name}.pkcs8")), expected);
        if let Some(form) = form {
            openssl(folder, &format!("{form} -in {name}.pem -outform DER -out {name}.der"));
            assert_eq!(details(folder, &format!("{name}.der")), told, "{name}");
        }
        openssl(folder, &format!("pkcs8 -topk8 -passout pass:x -in {name}.pem -outform DER -out {name}.encrypted"));
        assert_eq!(rule(folder, &format!("{name}.encrypted")), "private-key-binary-encrypted", "{name}");
        let encrypted = details(folder, &format!("{name}.encrypted"));
        assert!(encrypted.contains(&("encrypted".to_owned(), "yes".to_owned())), "{encrypted:?}");
    }
}

#[test]
fn a_key_in_a_keystore_is_told_as_that_alone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=shop.example -days 2");
    openssl(folder, "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec");
    openssl(folder, "req -x509 -key ec -out eccert -subj /CN=shop.example -days 2");
    for (name, more, expected) in [
        ("a.p12", "-inkey key -in cert", "pkcs12-private-key"),
        ("plain.p12", "-inkey key -in cert -keypbe NONE -certpbe NONE", "pkcs12-private-key-plain"),
        ("ec.p12", "-inkey ec -in eccert -keypbe NONE -certpbe NONE", "pkcs12-private-key-plain"),
    ] {
        openssl(folder, &format!("pkcs12 -export -passout pass:x -out {name} {more}"));
        let found = scan(folder, &["dir", name]);
        let rules: Vec<&str> =
            found.report["findings"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect();
        assert_eq!(rules, [expected], "{name}");
    }
}

/// As `ktutil` writes it: two kinds of encryption of one principal, and another principal.
#[test]
fn the_principals_of_a_keytab_are_told() {
    let string = |text: &[u8]| [&(text.len() as u16).to_be_bytes()[..], text].concat();
    let entry = |host: &[u8], kind: u16, key: Vec<u8>| {
        let name = [string(b"EXAMPLE.NET"), string(b"host"), string(host)].concat();
        let content = [&[0, 2][..], &name, &[0, 0, 0, 1, 0x65, 0x92, 0, 0x80, 3], &kind.to_be_bytes(), &string(&key)];
        let content = [content.concat(), 3u32.to_be_bytes().to_vec()].concat();
        [&(content.len() as u32).to_be_bytes()[..], &content].concat()
    };
    // No two bytes are the same, as of a random one.
    let key = |length: usize, from: u8| (0..length as u8).map(|at| at.wrapping_mul(167).wrapping_add(from)).collect();
    let file = [
        vec![5, 2],
        entry(b"web.example.net", 18, key(32, 1)),
        entry(b"web.example.net", 17, key(16, 9)),
        entry(b"db.example.net", 18, key(32, 77)),
    ];
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("krb5.keytab"), file.concat()).unwrap();
    assert_eq!(rule(folder.path(), "krb5.keytab"), "kerberos-keytab");
    let details = details(folder.path(), "krb5.keytab");
    let principals = "host/web.example.net@EXAMPLE.NET, host/db.example.net@EXAMPLE.NET";
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(details, [pair("principal", principals), pair("keys", "3")]);
}

/// Files that have no magic are told by their names, of which the content must be: also where it is no text.
#[test]
fn files_of_bytes_are_told_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let key: Vec<u8> = (0..20u8).map(|at| at * 7 % 32).collect();
    let file = [&[0; 4][..], &key, &[16, 0, 0, 0], &[0x9c; 16]].concat();
    std::fs::create_dir(folder.join(".vnc")).unwrap();
    for (name, content, expected) in [
        (".mylogin.cnf", &file[..], Some("mysql-login-path-file")),
        ("other.cnf", &file, None),
        (".vnc/passwd", &[0x9a, 0x6b, 0x1f, 0xd2, 0x03, 0x7c, 0xee, 0x58], Some("vnc-password-file")),
        (".vnc/other", &[0x9a, 0x6b, 0x1f, 0xd2, 0x03, 0x7c, 0xee, 0x58], None),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
        let found = scan(folder, &["dir", name]);
        assert_eq!(found.report["findings"][0]["rule"].as_str(), expected, "{name}");
    }
}
