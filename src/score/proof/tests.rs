//! Every proof: one that passes, one that is broken, and arbitrary bytes.

mod keys;

use proptest::prelude::*;

use super::*;
use crate::signature::template;
use gix::bstr::ByteSlice;

/// Every proof with a template of a token that passes, and whether passing proves.
const ALL: &[(Proof, &str, bool)] = &[
    (Proof::GithubCrc32, "ghp_{b62:30}{crc32b62}", true),
    (Proof::GithubCrc32Hint, "npm_{b62:30}{crc32b62}", true),
    (Proof::VercelCrc32, "vcp_{b62:50}{crc32b62}", true),
    (Proof::GitlabRoutable, "{gitlab-routable:glpat-}", true),
    (Proof::GrafanaCrc32, "glsa_{b62:32}_{crc32hexle:glsa_$1}", true),
    (Proof::ZuploCrc32, "zpka_{an:32}_{crc32hex}", true),
    (Proof::CloudflareCrc32, "cfut_{b62:40}{crc32hex}", true),
    (Proof::ConfluentCrc32, "cflt{b64:54}{crc32b64le}", true),
    (Proof::AtlassianCrc32, "{atlassian:ATATT3xFfGF0:160}", true),
    (Proof::AzureHisV1, "{azure-his1:+ASt:Default0:64}", true),
    (Proof::AzureHisV2, "{azure-his2:AZDO}", true),
    (Proof::AzureDevopsPat, "{azdo-pat}", true),
    (Proof::EntraClientSecret, "{entra-secret}", true),
    (Proof::GoogleApiKey, "AIza{b64u:35}", false),
    (Proof::AwsKeyId, "{aws-id:AKIA}", false),
    (Proof::AwsEcr, "{base64:AWS:{base64:{{\"expiration\":1516239022}}}}", false),
    (Proof::AwsSesSmtp, "BA{b64:42}", false),
    (Proof::CratesTrustedPublishing, "{crates-tp}", true),
    (Proof::NugetV4, "{nuget-v4}", false),
    (Proof::PypiMacaroon, "{pypi:pypi}", true),
    (Proof::Jwt, "{jwt:{{\"iss\":\"a\",\"exp\":1516239022}}}", false),
    (Proof::OnePasswordServiceAccount, "{onepassword-sa}", true),
    (Proof::SentryOrg, "{sentry-org}", true),
    (Proof::FlyMacaroon, "{fly:fm2_}", true),
    (Proof::DiscordSnowflake, "{discord}", false),
    (Proof::GoogleServiceAccount, "{json:{pem:pkcs8}\n}", true),
    (Proof::PrivateKey, "{pem:rsa}", true),
    (Proof::PuttyKey, "{pem:putty}", true),
    (Proof::PrivateKeyDer, "{binary:rsa}", true),
    (
        Proof::Keytab,
        "{raw:0502000000470002000b}EXAMPLE.NET{raw:0004}HTTP{raw:000f}web.example.net{raw:0000000165920080}{raw:0200170010}{b62:16}{raw:00000002}",
        true,
    ),
    (Proof::AgeBech32, "{age-key}", true),
    (Proof::Mapbox, "{mapbox:sk}", true),
    (Proof::BasicAuth, "{base64:deploy:{pass}}", false),
    (Proof::GrafanaJson, "glc_{base64:{{\"o\":\"1\",\"n\":\"ci\",\"k\":\"{b62:24}\",\"m\":{{\"r\":\"eu\"}}}}}", true),
    (Proof::Password, "{pass}", false),
    (Proof::EncodedPassword, "{base64:{pass}}", false),
    (Proof::Base58Check, "{wif}", true),
    (Proof::StellarCrc16, "{stellar-seed}", true),
    (Proof::NkeyCrc16, "{nkey:U}", true),
    (Proof::MatrixCrc32, "{matrix:mat}", true),
    (Proof::SynapseCrc32, "syt_{b62:12}_{alpha:20}_{crc32b62:syt_$1_$2}", true),
    (Proof::Bech32, "{bech32:nsec:32}", true),
    (Proof::JiraDataCenter, "{base64:{dig:12}:{b62:20}}", false),
    (Proof::ConjurKey, "{conjur-key}", false),
    (Proof::WireguardKey, "{wireguard}", false),
    (Proof::SupabaseKey, "sb_secret_{b64u:22}_{b64u:8}", false),
    (Proof::Bip39Mnemonic, "{bip39:12}", true),
    (Proof::JwkPrime, "{b64u:171}", false),
    (Proof::SignedUrl, "{b62:43}%3D", false),
];

fn expand(template: &str, seed: u64) -> Vec<u8> {
    template::expand(template, seed).expect(template).text
}

fn outcome(proof: Proof, template: &str) -> Outcome {
    let text = expand(template, 1);
    check(proof, &text, &text)
}

fn value<'a>(outcome: &'a Outcome, name: &str) -> Option<&'a str> {
    let (Outcome::Passed { details, .. } | Outcome::Plausible { details, .. }) = outcome else { return None };
    details.iter().find(|detail| detail.name == name).map(|detail| detail.value.as_str())
}

fn severity(outcome: &Outcome) -> Option<Severity> {
    match outcome {
        Outcome::Passed { severity, .. } | Outcome::Plausible { severity, .. } => *severity,
        _ => panic!("{outcome:?}"),
    }
}

#[test]
fn every_proof_passes_what_is_right() {
    for &(proof, template, proves) in ALL {
        for seed in 0..20 {
            let text = expand(template, seed);
            match check(proof, &text, &text) {
                Outcome::Passed { .. } if proves => {}
                Outcome::Plausible { .. } if !proves => {}
                other => panic!("{proof:?} with seed {seed}: {other:?}"),
            }
        }
    }
}

#[test]
fn every_variant_is_in_the_table() {
    // Serde's message for an unknown variant lists all of them.
    let message = serde_json::from_str::<Proof>("\"no such proof\"").expect_err("no such proof").to_string();
    let known = message.matches('`').count() / 2 - 1;
    assert_eq!(known, ALL.len(), "{message}");
}

#[test]
fn a_changed_character_breaks_a_checksum() {
    for &(proof, template, proves) in ALL {
        let Some(strength) = checksum(proof) else { continue };
        assert!(proves, "{proof:?}");
        for seed in 0..20 {
            let mut text = expand(template, seed);
            let at = text.len() - 20;
            text[at] = if text[at] == b'0' || text[at] == b'2' { b'3' } else { b'2' };
            let broken = check(proof, &text, &text);
            match broken {
                Outcome::Plausible { .. } if strength == Strength::Hint => {}
                Outcome::Failed { .. } if strength == Strength::Certain => {}
                other => panic!("{proof:?} with seed {seed}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_supabase_key_is_proven_beside_its_project() {
    let text = expand("https://{lower:20}.supabase.co sb_secret_{b64u:22}_{sha256b64u8:$1|sb_secret_$2}", 4);
    let (url, key) = text.split_at(text.iter().position(|&byte| byte == b' ').expect("a blank") + 1);
    let found = check(Proof::SupabaseKey, key, &text);
    assert_eq!(value(&found, "project").map(str::as_bytes), Some(&url[8..28]), "{found:?}");
    assert!(matches!(found, Outcome::Passed { .. }));
    let other = expand("https://{lower:20}.supabase.co", 5);
    assert_eq!(check(Proof::SupabaseKey, key, &other), Outcome::plausible());
    assert_eq!(check(Proof::SupabaseKey, key, key), Outcome::plausible());
}

#[test]
fn a_nuget_key_tells_when_it_ends() {
    // NuGetGallery's own test: made on 5 December 2024 at 13:30, for 15 minutes, in a gallery of the name Z.
    let key = format!("{}JQQJ99ALN5Z0000LZENeS003NUGT3OrW", "a".repeat(52));
    let found = outcome(Proof::AzureHisV2, &key);
    assert_eq!(value(&found, "expires"), Some("2024-12-05T13:45:00Z"));
    assert_eq!(severity(&found), Some(Severity::Low));
    let found = outcome(Proof::AzureHisV2, "{nuget-v5}");
    assert!(value(&found, "expires").is_some_and(|expires| expires.starts_with("202")), "{found:?}");
    assert_eq!(severity(&found), None);
}

#[test]
fn a_macaroon_of_fly_is_read_whole() {
    let found = outcome(Proof::FlyMacaroon, "{fly:fm2_}");
    assert_eq!(value(&found, "location"), Some("https://api.fly.io/v1"));
    let token = expand("{fly:fm2_}", 1);
    for broken in [&token[..token.len() - 8], &[&token[..], b"AAAA"].concat(), b"fm2_lJPE", b"fm2_"] {
        assert!(matches!(check(Proof::FlyMacaroon, broken, b""), Outcome::Failed { .. }), "{broken:?}");
    }
    // An array of four billion values that is not there.
    let bomb = expand("fm2_{base64:{raw:dddddddddddddddddddddddd}}", 1);
    assert!(matches!(check(Proof::FlyMacaroon, &bomb, b""), Outcome::Failed { .. }));
}

#[test]
fn mnemonics_are_words_of_the_list_with_a_checksum() {
    for words in [12, 15, 18, 21, 24] {
        let found = outcome(Proof::Bip39Mnemonic, &format!("{{bip39:{words}}}"));
        assert!(matches!(found, Outcome::Passed { .. }), "{found:?}");
        assert_eq!(value(&found, "words"), Some(words.to_string().as_str()));
    }
    let phrase = String::from_utf8(expand("{bip39:12}", 3)).expect("words");
    let listed = phrase.replace(' ', "\", \"");
    assert!(matches!(check(Proof::Bip39Mnemonic, listed.as_bytes(), b""), Outcome::Passed { .. }));
    let mut turned: Vec<&str> = phrase.split(' ').collect();
    let failed = (1..12).filter(|_| {
        turned.rotate_left(1);
        matches!(check(Proof::Bip39Mnemonic, turned.join(" ").as_bytes(), b""), Outcome::Failed { .. })
    });
    assert!(failed.count() >= 8, "the checksum has four bits");
    for known in [
        ["test"; 11].join(" ") + " junk",
        ["abandon"; 11].join(" ") + " about",
        ["zoo"; 11].join(" ") + " wrong",
        ["words", "which", "nobody", "would", "take", "for", "any", "seed", "phrase", "of", "the", "world"].join(" "),
    ] {
        assert!(matches!(check(Proof::Bip39Mnemonic, known.as_bytes(), b""), Outcome::Drop { .. }), "{known}");
    }
}

#[test]
fn a_prime_of_a_key_counts_where_its_exponent_is_not_told() {
    let prime = expand("{b64u:171}", 2);
    let told = |before: &str, after: &str| {
        check(Proof::JwkPrime, &prime, &[before.as_bytes(), &prime, after.as_bytes()].concat())
    };
    assert_eq!(told("{\"kty\":\"RSA\",\"p\":\"", "\"}"), Outcome::plausible());
    assert_eq!(told("{\"d\": \"x\"}, {\"kty\":\"RSA\",\"p\":\"", "\"}, {\"d\":\"x\"}"), Outcome::plausible());
    assert_eq!(told("{\"kty\":\"RSA\",\"d\":null,\"use\":\"d\",\"p\":\"", "\"}"), Outcome::plausible());
    for (before, after) in [
        ("{\"kty\":\"RSA\",\"p\":\"", "\",\"d\":\"x\"}"),
        ("{\"d\" : \"x\", \"kty\":\"RSA\",\"p\":\"", "\"}"),
        ("{ kty: 'RSA', d: 'x', p: '", "' }"),
        ("{ :kty => 'RSA', :d => 'x', :p => '", "' }"),
        ("\"{\\\"kty\\\":\\\"RSA\\\",\\\"d\\\":\\\"x\\\",\\\"p\\\":\\\"", "\\\"}\""),
    ] {
        assert!(matches!(told(before, after), Outcome::Drop { .. }), "{before}…{after}");
    }
}

/// Found by the fuzzer: bits after the last byte were read over, so that several last characters passed.
#[test]
fn bits_that_no_checksum_covers_are_zero() {
    for (proof, template) in [
        (Proof::AzureHisV1, "{azure-his1:AzFu:Functi00:40}"),
        (Proof::AzureHisV1, "{azure-his1:+ASt:Default0:64}"),
        (Proof::NkeyCrc16, "{nkey:U}"),
        (Proof::AzureDevopsPat, "{azdo-pat}"),
    ] {
        let token = expand(template, 45);
        let last = token.iter().rposition(|byte| *byte != b'=').expect("a character");
        let passes = |byte: u8| {
            let mut other = token.clone();
            other[last] = byte;
            matches!(check(proof, &other, b""), Outcome::Passed { .. })
        };
        assert!(passes(token[last]), "{proof:?}");
        let others =
            (b'2'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').filter(|byte| !byte.eq_ignore_ascii_case(&token[last]));
        assert_eq!(others.filter(|&byte| passes(byte)).count(), 0, "{proof:?}");
    }
}

#[test]
fn a_key_that_an_app_publishes_is_no_more_than_information() {
    let severity = |around: &str| match check(Proof::GoogleApiKey, b"", around.as_bytes()) {
        Outcome::Plausible { severity, .. } => severity,
        other => panic!("{other:?}"),
    };
    assert_eq!(severity("apiKey: 'x', authDomain: 'shop.firebaseapp.com'"), Some(Severity::Info));
    assert_eq!(severity("<string name=\"google_app_id\">1:1:android:1</string>"), Some(Severity::Info));
    assert_eq!(severity("src=\"https://maps.googleapis.com/maps/api/js?key=x\""), Some(Severity::Info));
    assert_eq!(severity("GEMINI_API_KEY=x"), None);
}

#[test]
fn accounts_of_canaries_are_named() {
    // The first twelve characters of an id that a user of Canarytokens published; they are the account.
    let found = outcome(Proof::AwsKeyId, "AKIAYVP4CIPP{b32:8}");
    assert_eq!(value(&found, "account"), Some("595918472158"));
    assert!(value(&found, "canary").is_some_and(|words| words.contains("Canarytokens")));
    assert_eq!(value(&outcome(Proof::AwsKeyId, "{aws-id:AKIA}"), "canary"), None);
}

#[test]
fn what_does_not_decode_fails() {
    for (proof, text) in [
        (Proof::AwsSesSmtp, "{rep:Q:44}"),
        (Proof::AwsKeyId, "AKIA{rep:1:16}"),
        (Proof::NugetV4, "oy1{b32l:43}"),
        (Proof::PypiMacaroon, "pypi-AgEIcHlwaS5vcmc{b64u:160}"),
        (Proof::Jwt, "eyJ{b64u:20}.eyJ{b64u:20}.{b64u:43}"),
        (Proof::OnePasswordServiceAccount, "ops_eyJ{b64:300}"),
        (Proof::SentryOrg, "sntrys_eyJ{b64:150}_{b64:43}"),
        (Proof::FlyMacaroon, "fm2_{b64:120}"),
        (Proof::DiscordSnowflake, "{alpha:24}.{b62:6}.{b62:38}"),
        (Proof::PrivateKey, "-----BEGIN RSA PRIVATE KEY-----\n{b64:64}\n{b64:64}\n-----END RSA PRIVATE KEY-----"),
        (Proof::PuttyKey, "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPublic-Lines: 9\n{b64:64}"),
        (Proof::Mapbox, "sk.eyJ{b64u:60}.{b64u:22}"),
        (Proof::BasicAuth, "{base64:no colon in this}"),
        (Proof::GrafanaJson, "glc_eyJ{b64:80}"),
        (Proof::JiraDataCenter, "{b64:44}"),
        (Proof::ConjurKey, "{rep:z:56}"),
        (Proof::WireguardKey, "{b64:40}="),
        (Proof::GoogleServiceAccount, "-----BEGIN PRIVATE KEY-----\\n{b64:64}\\n-----END PRIVATE KEY-----\\n"),
    ] {
        assert!(matches!(outcome(proof, text), Outcome::Failed { .. }), "{proof:?}: {:?}", outcome(proof, text));
    }
}

#[test]
fn what_is_no_secret_is_dropped() {
    let sample = "{jwt:{{\"sub\":\"1234567890\",\"name\":\"John Doe\",\"iat\":1516239022}}}";
    for (proof, text) in [
        (Proof::AwsKeyId, concat!("AKIA", "IOSFODNN7", "EXAMPLE")),
        (Proof::Jwt, sample),
        (Proof::Jwt, "{jwt:{{\"iss\":\"supabase-demo\",\"role\":\"anon\"}}}"),
        (Proof::Jwt, "{base64url:{{\"alg\":\"none\"}}}.{base64url:{{\"sub\":\"a\"}}}."),
        (Proof::Password, "${{DB_PASSWORD}}"),
        (Proof::Password, "{{{{ .Values.password }}}}"),
        (Proof::Password, "<password>"),
        (Proof::Password, "%s"),
        (Proof::Password, "changeme"),
        (Proof::BasicAuth, "{base64:user:changeme}"),
        (Proof::BasicAuth, "{base64:user:${{PASSWORD}}}"),
        (Proof::PrivateKey, "-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----"),
        (Proof::PrivateKey, "-----BEGIN RSA PRIVATE KEY-----\nMII...\n-----END RSA PRIVATE KEY-----"),
    ] {
        assert!(matches!(outcome(proof, text), Outcome::Drop { .. }), "{proof:?} {text}: {:?}", outcome(proof, text));
    }
}

#[test]
fn ids_of_the_documentations_account_are_dropped() {
    let head = 1u64 << 47 | 123_456_789_012 << 7;
    let bytes = [&head.to_be_bytes()[2..], &[1, 2, 3, 4]].concat();
    let id = format!("AKIA{}", crate::signature::checksum::alphabet::base32_encode(&bytes));
    assert!(matches!(check(Proof::AwsKeyId, id.as_bytes(), b""), Outcome::Drop { .. }));
}

#[test]
fn a_service_account_is_told_by_what_stands_beside_its_key() {
    let key = expand("{json:{pem:pkcs8}}", 3);
    let file = |email: &str| {
        let before = format!("{{\"type\": \"service_account\", \"project_id\": \"{email}\", \"private_key\": \"");
        let after = format!("\", \"client_email\": \"{email}\"}},\n");
        [before.as_bytes(), &key[..], after.as_bytes()].concat()
    };
    let others = file("other@p.iam.gserviceaccount.com").replace(&key, b"none");
    let around = [&others[..], &file("ci@p.iam.gserviceaccount.com"), &others].concat();
    let told = check(Proof::GoogleServiceAccount, &key, &around);
    assert!(matches!(told, Outcome::Passed { .. }), "{told:?}");
    assert_eq!(value(&told, "client_email"), Some("ci@p.iam.gserviceaccount.com"));
    assert_eq!(value(&told, "project"), Some("ci@p.iam.gserviceaccount.com"));
    let foreign = check(Proof::GoogleServiceAccount, &key, &file("ci@example.org"));
    assert!(matches!(foreign, Outcome::Failed { .. }), "{foreign:?}");
}

#[test]
fn details_of_tokens() {
    let published = ["ASIA", "QNZGKIQY", "56JQ7WML"].concat();
    assert_eq!(value(&check(Proof::AwsKeyId, published.as_bytes(), b""), "account"), Some("029608264753"));
    let gitlab = outcome(Proof::GitlabRoutable, "{gitlab-routable:glpat-}");
    assert_eq!(value(&gitlab, "organization"), Some("1"));
    assert!(value(&gitlab, "user").is_some_and(|user| user.parse::<u64>().is_ok()));
    let test_index = outcome(Proof::PypiMacaroon, "{pypi:testpypi}");
    assert_eq!(
        (value(&test_index, "index"), severity(&test_index)),
        (Some(concat!("test.pypi", ".org")), Some(Severity::Low))
    );
    assert_eq!(value(&test_index, "scope"), Some("user"));
    let query = outcome(Proof::AzureHisV1, "{azure-his1:AzSe:Query000:39}");
    assert_eq!((value(&query, "purpose"), severity(&query)), (Some("query"), Some(Severity::Low)));
    let annotated = outcome(Proof::AzureHisV2, "{azure-his2:AZDO}");
    assert_eq!(value(&annotated, "provider"), Some("AZDO"));
    assert!(value(&annotated, "created").is_some_and(|created| created.starts_with("202")));
    assert_eq!(severity(&outcome(Proof::Mapbox, "{mapbox:pk}")), Some(Severity::Info));
    assert!(value(&outcome(Proof::SentryOrg, "{sentry-org}"), "url").is_some_and(|url| url.starts_with("https")));
    let old_gitlab = outcome(Proof::GitlabRoutable, "glpat-{b64u:20}");
    assert!(matches!(old_gitlab, Outcome::Plausible { .. }));
}

#[test]
fn details_of_a_jwt() {
    let token = outcome(
        Proof::Jwt,
        "{jwt:{{\"iss\":\"https://login.example.net/\",\"sub\":\"svc\",\"aud\":[\"a\",\"b\"],\"exp\":1516239022}}}",
    );
    assert_eq!(value(&token, "algorithm"), Some("HS256"));
    assert_eq!(value(&token, "issuer"), Some("https://login.example.net/"));
    assert_eq!(value(&token, "subject"), Some("svc"));
    assert_eq!(value(&token, "audience"), Some("a b"));
    assert_eq!(value(&token, "expires"), Some("2018-01-18T01:30:22Z"));
    let severity_of = |claims: &str| severity(&outcome(Proof::Jwt, &format!("{{jwt:{claims}}}")));
    assert_eq!(severity_of("{{\"iss\":\"supabase\",\"role\":\"anon\"}}"), Some(Severity::Info));
    assert_eq!(severity_of("{{\"iss\":\"supabase\",\"role\":\"service_role\"}}"), Some(Severity::Critical));
    assert_eq!(severity_of("{{\"iss\":\"kubernetes/serviceaccount\"}}"), Some(Severity::Critical));
    assert_eq!(severity_of("{{\"kubernetes.io\":{{\"namespace\":\"a\"}},\"exp\":9}}"), Some(Severity::Medium));
    assert_eq!(severity_of("{{\"role\":\"admin\"}}"), Some(Severity::High));
    assert_eq!(severity_of("{{\"role\":\"admin\",\"exp\":9}}"), None);
    let github = outcome(Proof::Jwt, "ghs_123_{jwt:{{\"iss\":\"github\"}}}");
    assert_eq!(value(&github, "issuer"), Some("github"));
    let encrypted = "{base64url:{{\"alg\":\"dir\",\"enc\":\"A128GCM\"}}}..{b64u:16}.{b64u:40}.{b64u:22}";
    assert_eq!(severity(&outcome(Proof::Jwt, encrypted)), Some(Severity::Low));
}

#[test]
fn a_password_is_judged_where_it_stands() {
    let judged = |url: &str, password: &str| check(Proof::Password, password.as_bytes(), url.as_bytes());
    let strong = String::from_utf8(expand("{pass}", 4)).expect("text");
    let at = |host: &str| format!("postgres://app:{strong}@{host}/app");
    assert_eq!(severity(&judged(&at("db.example.net"), &strong)), None);
    assert_eq!(severity(&judged(&at("localhost:5432"), &strong)), Some(Severity::Low));
    assert!(matches!(judged("amqp://kestrel:kestrel@mq.example.net", "kestrel"), Outcome::Failed { .. }));
    assert!(matches!(judged("amqp://kestrel:kestrel@localhost:5672", "kestrel"), Outcome::Drop { .. }));
    assert!(matches!(judged("amqp://kes%74rel:kestrel@127.0.0.1", "kestrel"), Outcome::Drop { .. }));
}

#[test]
fn basic_authentication() {
    let user = outcome(Proof::BasicAuth, "{base64:deploy:{pass}}");
    assert_eq!(value(&user, "user"), Some("deploy"));
    assert!(matches!(outcome(Proof::BasicAuth, "Basic {base64:deploy:{pass}\n}"), Outcome::Plausible { .. }));
    let token_as_user = outcome(Proof::BasicAuth, "{base64:{b62:20}:x-oauth-basic}");
    assert_eq!(token_as_user, Outcome::plausible());
    assert!(matches!(outcome(Proof::BasicAuth, "{base64:kestrel:kestrel}"), Outcome::Failed { .. }));
    assert!(matches!(outcome(Proof::BasicAuth, "{base64:user:}"), Outcome::Plausible { .. } | Outcome::Drop { .. }));
}

#[test]
fn no_detail_has_a_control_character() {
    let token = outcome(Proof::Jwt, "{jwt:{{\"iss\":\"a\\u001b[31m\\nb\"}}}");
    assert_eq!(value(&token, "issuer"), Some("a?[31m?b"));
    let long = outcome(Proof::Jwt, "{jwt:{{\"iss\":\"{b62:9000}\"}}}");
    assert_eq!(value(&long, "issuer"), Some("…"), "the beginning of a token is no id");
    let long = outcome(Proof::Jwt, "{jwt:{{\"iss\":\"a long name: {b62:9000}\"}}}");
    assert_eq!(value(&long, "issuer"), Some("a long name: …"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for &(proof, _, _) in ALL {
            check(proof, &bytes, &bytes);
        }
    }

    #[test]
    fn mutated_tokens_never_panic(
        index in 0..ALL.len(),
        seed in 0u64..50,
        edits in proptest::collection::vec((any::<u16>(), any::<u8>(), 0u8..3), 1..6),
    ) {
        let (proof, template, _) = ALL[index];
        let mut text = expand(template, seed);
        for (place, byte, edit) in edits {
            let at = usize::from(place) % text.len().max(1);
            match edit {
                0 if !text.is_empty() => text[at] = byte,
                1 => text.insert(at.min(text.len()), byte),
                _ => text.truncate(at),
            }
        }
        check(proof, &text, &text);
    }

    #[test]
    fn mutated_encodings_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        kind in 0usize..6,
    ) {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let (proof, text) = match kind {
            0 => (Proof::PypiMacaroon, format!("pypi-{text}")),
            1 => (Proof::PrivateKey, format!("-----BEGIN {0}-----\n{text}\n-----END {0}-----", "OPENSSH PRIVATE KEY")),
            2 => (Proof::PrivateKey, format!("-----BEGIN {0}-----\n{text}\n-----END {0}-----", "PGP PRIVATE KEY BLOCK")),
            3 => (Proof::PrivateKey, format!("-----BEGIN {0}-----\n{text}\n-----END {0}-----", "PRIVATE KEY")),
            4 => (Proof::FlyMacaroon, format!("fm2_{text}")),
            _ => (Proof::BasicAuth, text),
        };
        check(proof, text.as_bytes(), text.as_bytes());
    }
}
