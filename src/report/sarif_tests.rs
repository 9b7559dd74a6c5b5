//! The structure of SARIF, as far as the standard and code-scanning services ask for it.

use serde_json::{Value, json};

use super::*;
use crate::finding::{Allowed, Place};
use crate::origin::{ObjectKind, Origin, Step, TextKind};
use crate::report::samples::{directory, finding, hidden, incomplete, place, removed, report, token};

fn sarif(report: &Report) -> Value {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for secret in report.findings.iter().chain(&report.allowed) {
        assert!(!text.contains(std::str::from_utf8(secret.secret.expose()).unwrap()), "{text}");
        assert!(!text.contains(&secret.shown), "{text}");
    }
    assert!(!text.contains("Ann") && !text.contains("ann@"), "{text}");
    let log: Value = serde_json::from_str(&text).unwrap();
    check(&log);
    log["runs"][0].clone()
}

/// What the SARIF 2.1.0 schema requires of the parts that are written, and its closed sets.
fn check(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let run = &log["runs"].as_array().unwrap()[0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(run["tool"]["driver"]["name"].is_string());
    for rule in rules {
        assert!(rule["id"].is_string());
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty());
        }
        check_level(&rule["defaultConfiguration"]["level"]);
        let severity: f32 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
        assert!((0.0..=10.0).contains(&severity));
        assert!(rule["properties"]["tags"].as_array().unwrap().contains(&json!("security")));
    }
    for invocation in run["invocations"].as_array().unwrap() {
        assert!(invocation["executionSuccessful"].is_boolean());
        for notification in invocation["toolExecutionNotifications"].as_array().unwrap() {
            assert!(notification["message"]["text"].is_string());
            check_level(&notification["level"]);
        }
    }
    let mut hashes = Vec::new();
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(result["ruleId"], rule["id"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        check_level(&result["level"]);
        let physical = &result["locations"][0]["physicalLocation"];
        let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.is_empty() && !uri.starts_with('/') && uri.is_ascii(), "{uri}");
        assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{uri}");
        assert!(run["originalUriBaseIds"].get(physical["artifactLocation"]["uriBaseId"].as_str().unwrap()).is_some());
        let region = &physical["region"];
        assert!(region["startLine"].as_u64().unwrap() >= 1);
        assert!(region.get("startColumn").is_none_or(|column| column.as_u64().unwrap() >= 1));
        for suppression in result.get("suppressions").and_then(Value::as_array).into_iter().flatten() {
            assert!(["inSource", "external"].contains(&suppression["kind"].as_str().unwrap()));
        }
        let hash = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned();
        let (digits, nth) = hash.split_once(':').unwrap();
        assert!(
            digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && nth.parse::<u32>().is_ok()
        );
        hashes.push(hash);
    }
    let all = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), all, "each result has a hash of its own");
}

fn check_level(level: &Value) {
    assert!(["none", "note", "warning", "error"].contains(&level.as_str().unwrap()));
}

fn located(place: Place) -> Value {
    let mut found = finding("rule-a", &token());
    found.places = vec![place];
    sarif(&report(vec![found]))["results"][0].clone()
}

fn uri(place: Place) -> String {
    located(place)["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned()
}

#[test]
fn a_place_in_a_file() {
    let report = report(vec![finding("rule-a", &token())]);
    let run = sarif(&report);
    let result = &run["results"][0];
    assert_eq!(result["message"]["text"], "Example token, live: src/app.py:3");
    assert_eq!(result["level"], "error");
    assert_eq!(result["partialFingerprints"]["scrubjay/v1"], report.findings[0].fingerprint.as_str());
    assert_eq!(
        result["locations"],
        json!([{"physicalLocation": {
            "artifactLocation": {"uri": "src/app.py", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 3, "startColumn": 9, "endLine": 3, "endColumn": 41},
        }}])
    );
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    assert_eq!(run["automationDetails"]["id"], "scrubjay/scan/");
    assert_eq!(run["invocations"], json!([{"executionSuccessful": true, "toolExecutionNotifications": []}]));
    assert_eq!(
        run["tool"]["driver"]["rules"],
        json!([{
            "id": "rule-a", "name": "RuleA",
            "shortDescription": {"text": "Example token"}, "fullDescription": {"text": "Everything at Example."},
            "helpUri": "https://example.com/revoke",
            "help": {
                "text": "Example token. Everything at Example. Revoke: https://example.com/revoke Make a new one: https://example.com/new",
                "markdown": "**Example token.** Everything at Example.\n\n- Revoke: <https://example.com/revoke>\n- Make a new one: <https://example.com/new>",
            },
            "defaultConfiguration": {"level": "error"},
            "properties": {"tags": ["security", "secret", "Example", "chat"], "precision": "high", "security-severity": "8.0"},
        }])
    );
}

#[test]
fn columns_are_counted_as_the_run_says() {
    let mut wide = place(directory().at_path("a"), "a");
    (wide.location.utf16_column, wide.location.utf16_end_column) = (Some(7), Some(38));
    let region = located(wide)["locations"][0]["physicalLocation"]["region"].clone();
    assert_eq!(region, json!({"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 38}));
}

#[test]
fn the_hash_does_not_change_with_the_line_and_tells_places_apart() {
    let hash = |place: Place| located(place)["partialFingerprints"]["primaryLocationLineHash"].clone();
    let here = || place(directory().at_path("a"), "a");
    let mut moved = here();
    moved.location.line = 77;
    assert_eq!(hash(here()), hash(moved));
    assert_ne!(hash(here()), hash(place(directory().at_path("b"), "b")));
    assert_ne!(hash(here()), hash(removed("a")));

    let mut twice = finding("rule-a", &token());
    twice.places = vec![here(), here()];
    let run = sarif(&report(vec![twice]));
    let hashes: Vec<&str> = (0..2)
        .map(|index| run["results"][index]["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap())
        .collect();
    assert!(hashes[0].ends_with(":1") && hashes[1].ends_with(":2") && hashes[0][..16] == hashes[1][..16], "{hashes:?}");
}

#[test]
fn uris_are_relative_and_encoded() {
    assert_eq!(uri(place(directory().at_path("a b/ü#.txt"), "a b/ü#.txt")), "a%20b/%C3%BC%23.txt");
    let mut odd = place(directory().at_path(*b"\xff\n"), "");
    odd.path = b"\xff\n".to_vec();
    assert_eq!(uri(odd), "%FF%0A");
    for (target, path, expected) in [
        (".", "a", "a"),
        ("./sub/", "sub/a", "sub/a"),
        ("/abs/", "/abs/a", "a"),
        ("../up", "../up/a", "a"),
        ("/", "/a", "a"),
    ] {
        let origin = Origin::new(Step::Directory { path: target.to_owned() }).at_path("a");
        assert_eq!(uri(place(origin, path)), expected, "{target}");
    }
    for (location, prefix) in
        [(".", ""), ("./sub/", "sub/"), ("/abs", ""), ("../up", ""), ("https://git.example/x", "")]
    {
        let origin = Origin::new(Step::Repository { location: location.to_owned() });
        let blob = origin.with(Step::Object { id: "b1".repeat(20), kind: ObjectKind::Blob });
        assert_eq!(uri(place(blob, "a")), format!("{prefix}a"), "{location}");
    }
}

#[test]
fn what_is_in_no_checkout_has_an_anchor_and_a_logical_location() {
    let result = located(removed("old/app.py"));
    let location = &result["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], ".scrubjay/history/old/app.py");
    assert_eq!(location["physicalLocation"]["region"], json!({"startLine": 1}));
    let blob = format!("blob {} > old/app.py:3", "b1".repeat(20));
    assert_eq!(location["logicalLocations"], json!([{"fullyQualifiedName": blob, "kind": "file"}]));
    assert_eq!(result["properties"]["commit"], "c0".repeat(20));
    assert_eq!(result["properties"]["state"], "removed");

    let result = located(hidden("app/.env"));
    let location = &result["locations"][0];
    assert_eq!(
        location["physicalLocation"]["artifactLocation"]["uri"],
        ".scrubjay/image/example%2Fapp%3A1/layers/app/.env"
    );
    let layer = format!("image example/app:1 > linux/amd64 > layer 2 sha256:{} > app/.env:3", "a1".repeat(32));
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], layer);

    let member = directory().at_path("lib/app.jar").with(Step::Member { path: b"db.properties".to_vec() });
    let result = located(place(member, "lib/app.jar!/db.properties"));
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "lib/app.jar");
    assert_eq!(
        result["locations"][0]["logicalLocations"],
        json!([{"fullyQualifiedName": "lib/app.jar!/db.properties:3", "kind": "member"}])
    );

    let repository = Origin::new(Step::Repository { location: ".".to_owned() });
    let commit = repository.with(Step::Object { id: "c0".repeat(20), kind: ObjectKind::Commit });
    assert_eq!(uri(place(commit, "")), ".scrubjay/commits");
    assert_eq!(uri(place(Origin::new(Step::Stdin), "")), ".scrubjay/stdin");
    let names = directory().at_path("a").with(Step::Text { kind: TextKind::FileName });
    assert_eq!(uri(place(names, "a")), ".scrubjay/names/a");
}

#[test]
fn allowed_places_are_suppressed() {
    let mut found = finding("rule-a", &token());
    let allowed =
        |by| Some(Allowed { by, reason: "sample".to_owned(), written: "x:1".to_owned(), ..Allowed::default() });
    found.places = vec![place(directory().at_path("a"), "a"), place(directory().at_path("b"), "b")];
    found.places[1].allowed = allowed("inline");
    let mut wholly = finding("rule-b", "other-secret-value");
    wholly.places[0].allowed = allowed("config");
    let mut report = report(vec![found]);
    report.allowed = vec![wholly];
    let results = sarif(&report)["results"].clone();
    assert_eq!(results[0].get("suppressions"), None);
    assert_eq!(
        results[1]["suppressions"],
        json!([{"kind": "inSource", "status": "accepted", "justification": "sample"}])
    );
    assert_eq!(results[2]["suppressions"][0]["kind"], "external");
    assert_eq!(results[2]["ruleIndex"], 1);
}

#[test]
fn what_was_not_read_is_notified() {
    let mut report = incomplete();
    report.notes = vec!["an entry ended".to_owned()];
    let run = sarif(&report);
    assert_eq!(
        run["invocations"],
        json!([{"executionSuccessful": false, "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": "accepted: . > old.zip: encrypted"}, "descriptor": {"id": "encrypted"}},
            {"level": "error", "message": {"text": "lost: . > x/broken.tar.gz: truncated (unexpected end of stream)"}, "descriptor": {"id": "truncated"}},
            {"level": "note", "message": {"text": "not asked: 1 excluded"}, "descriptor": {"id": "excluded"}},
            {"level": "note", "message": {"text": "not asked: 3 ignored"}, "descriptor": {"id": "ignored"}},
            {"level": "note", "message": {"text": "nothing to read: 1 special-file"}, "descriptor": {"id": "special-file"}},
            {"level": "warning", "message": {"text": "an entry ended"}},
        ]}])
    );
    assert_eq!(run["results"], json!([]));
}

#[test]
fn a_secret_in_a_path_is_not_written() {
    let secret = "secret-folder-name";
    let mut found = finding("rule-b", secret);
    found.places = vec![
        place(directory().with(Step::Text { kind: TextKind::FileName }), ""),
        place(directory().at_path(secret), secret),
    ];
    assert_eq!(sarif(&report(vec![found]))["results"][1]["message"]["text"], "Example token, live: ****:3");
}
