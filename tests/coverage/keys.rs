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
