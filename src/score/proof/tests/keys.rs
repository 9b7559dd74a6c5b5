//! Private keys in files: what is told of them.

use super::*;

#[test]
fn keys_are_told_with_the_fingerprint_of_their_public_half() {
    for template in ["{pem:rsa}", "{pem:pkcs8}", "{pem:ec}", "{pem:dsa}", "{pem:openssh}"] {
        let found = outcome(Proof::PrivateKey, template);
        let fingerprint = value(&found, "fingerprint").unwrap_or_else(|| panic!("{template}: {found:?}"));
        assert!(fingerprint.starts_with("SHA256:") && fingerprint.len() == 50, "{template}: {fingerprint}");
    }
    let putty = outcome(Proof::PuttyKey, "{pem:putty}");
    assert!(value(&putty, "fingerprint").is_some_and(|fingerprint| fingerprint.len() == 50), "{putty:?}");
}

#[test]
fn details_of_keys() {
    for (template, kind, bits, encrypted) in [
        ("{pem:rsa}", Some("RSA"), Some("2048"), "no"),
        ("{pem:pkcs8}", Some("RSA"), Some("2048"), "no"),
        ("{pem:ec}", Some("EC"), None, "no"),
        ("{pem:dsa}", Some("DSA"), Some("2048"), "no"),
        ("{pem:openssh}", Some("Ed25519"), None, "no"),
        ("{pem:pgp}", Some("EdDSA"), None, "no"),
        ("{pem:encrypted}", None, None, "yes"),
        ("{base64:{pem:rsa}\n}", Some("RSA"), Some("2048"), "no"),
        ("{json:{pem:ec}\n}", Some("EC"), None, "no"),
    ] {
        let key = outcome(Proof::PrivateKey, template);
        assert!(matches!(key, Outcome::Passed { .. }), "{template}: {key:?}");
        assert_eq!((value(&key, "key_type"), value(&key, "key_bits")), (kind, bits), "{template}");
        assert_eq!(value(&key, "encrypted"), Some(encrypted));
        assert_eq!(severity(&key), (encrypted == "yes").then_some(Severity::Medium));
    }
    assert_eq!(value(&outcome(Proof::PrivateKey, "{pem:ec}"), "curve"), Some("P-256"));
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{HEX:32}\n\n{b64:64}\n{b64:64}\n-----END RSA PRIVATE KEY-----";
    let old = outcome(Proof::PrivateKey, old);
    assert_eq!((value(&old, "encrypted"), severity(&old)), (Some("yes"), Some(Severity::Medium)));
    let broken = String::from_utf8(expand("{pem:pgp}", 1)).expect("text");
    let at = broken.rfind('=').expect("checksum");
    let broken = format!("{}=AAAA{}", &broken[..at], &broken[at + 5..]);
    assert_eq!(
        check(Proof::PrivateKey, broken.as_bytes(), b""),
        Outcome::Failed { why: "the checksum of the armour does not hold" }
    );
}

#[test]
fn a_key_that_everybody_has_is_named() {
    // The public half of Vagrant's Ed25519 key, as published; the private half is left out.
    let public = text::base64(b"3Vh3EGk2XPEOp8nLD9AqjDUX7C8b2FcaiqLKx8k6flg").expect("base64");
    assert_eq!(known::public_key(&public), Some("Vagrant's insecure key"));
    let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let blob = [string(b"ssh-ed25519"), string(&public)].concat();
    let private = [&[7; 8], &blob[..], &string(&[0; 64]), &string(b"")].concat();
    let file = [&b"openssh-key-v1\0"[..], &string(b"none"), &string(b"none"), &string(b""), &[0, 0, 0, 1]].concat();
    let file = [file, string(&blob), string(&private)].concat();
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, file);
    let armour = format!("-----BEGIN {0}-----\n{encoded}\n-----END {0}-----", "OPENSSH PRIVATE KEY");
    let key = check(Proof::PrivateKey, armour.as_bytes(), b"");
    assert_eq!((value(&key, "known_key"), severity(&key)), (Some("Vagrant's insecure key"), Some(Severity::Low)));
    assert_eq!(known::public_key(&[]), None);
    assert_eq!(known::public_key(&public[1..]), None);
}

#[test]
fn a_key_in_der_is_read_as_far_as_it_goes() {
    for (template, kind, encrypted) in [
        ("{binary:rsa}", Some("RSA"), "no"),
        ("{binary:pkcs8}", Some("RSA"), "no"),
        ("{binary:ec}", Some("EC"), "no"),
        ("{binary:ec-pkcs8}", Some("EC"), "no"),
        ("{binary:ed25519}", Some("Ed25519"), "no"),
        ("{binary:encrypted}", None, "yes"),
    ] {
        let key = expand(template, 3);
        let around = [b"before", &key[..], b"behind"].concat();
        let found = check(Proof::PrivateKeyDer, &key[..48], &around);
        assert_eq!((value(&found, "key_type"), value(&found, "encrypted")), (kind, Some(encrypted)), "{template}");
        assert_eq!(check(Proof::PrivateKeyDer, &key[..48], &key), found, "{template}");
        let cut = check(Proof::PrivateKeyDer, &key[..47], &key[..key.len() - 1]);
        assert_eq!(cut, Outcome::Drop { why: "the beginning of a key alone" }, "{template}");
    }
    let table = [&expand("{binary:ed25519}", 3)[..16], &[b'a'; 32]].concat();
    assert!(matches!(check(Proof::PrivateKeyDer, &table, &table), Outcome::Drop { .. }));
    let bag = [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01, 0xa0, 0x32], &table[..]].concat();
    assert_eq!(check(Proof::PrivateKeyDer, &table, &bag), Outcome::Drop { why: "a part of a PKCS #12 keystore" });
}

#[test]
fn a_key_in_der_is_the_one_of_its_armour() {
    let pem = expand("{pem:rsa}", 7);
    let body: Vec<u8> =
        pem.split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"-")).flatten().copied().collect();
    let key = text::base64(&body).expect("base64");
    let end = memchr::memmem::find(&key, &[2, 3, 1, 0, 1, 2]).expect("an exponent") + 6;
    assert_eq!(binary_key_identity(&key[..end]), Some(key_identity(&pem)));
    assert_eq!(binary_key_identity(&expand("{binary:ec}", 7)), None);
}

#[test]
fn a_key_in_der_that_everybody_has_is_named() {
    let public = text::base64(b"3Vh3EGk2XPEOp8nLD9AqjDUX7C8b2FcaiqLKx8k6flg").expect("base64");
    let mut key = expand("{binary:ed25519}", 5);
    (key[1], key[4]) = (0x51, 1);
    key.extend([&[0x81, 0x21, 0][..], &public].concat());
    let found = check(Proof::PrivateKeyDer, &key[..48], &key);
    assert_eq!((value(&found, "known_key"), severity(&found)), (Some("Vagrant's insecure key"), Some(Severity::Low)));
}
