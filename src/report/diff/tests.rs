use super::*;
use crate::finding::Allowed;
use crate::origin::{Origin, Step, TextKind};
use crate::report::samples::{directory, finding, incomplete, place, report, token};

fn texts(old: &Report, new: &Report) -> (String, serde_json::Value, bool) {
    let diff = Diff::new(old, new);
    let (mut text, mut json, mut page) = (Vec::new(), Vec::new(), Vec::new());
    diff.write_text(&mut text).unwrap();
    diff.write_json(&mut json).unwrap();
    diff.write_markdown(&mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.starts_with("# scrubjay: "), "{page}");
    (String::from_utf8(text).unwrap(), serde_json::from_slice(&json).unwrap(), diff.fails())
}

#[test]
fn new_gone_spread_allowed_and_still() {
    let (one, two, three) =
        (finding("rule-a", &token()), finding("rule-b", "other-secret-value"), finding("rule-c", "third-secret-value"));
    let mut later = one.clone();
    later.places.push(place(directory().at_path("b.env"), "b.env"));
    let mut known = three.clone();
    known.places[0].allowed =
        Some(Allowed { by: "baseline", reason: "x".into(), written: "f:1".into(), ..Allowed::default() });
    let old = report(vec![one, two, three]);
    let mut new = report(vec![later, finding("rule-d", "fourth-secret-value")]);
    new.allowed = vec![known];
    let (text, json, fails) = texts(&old, &new);
    assert!(fails);
    assert_eq!(json["new"][0]["rule"], "rule-d");
    assert_eq!((&json["new"][1]["place"], &json["new"][1]["known"]), (&"b.env:3".into(), &true.into()));
    assert_eq!(
        (&json["gone"][0]["rule"], &json["allowed"][0]["rule"], &json["still"]),
        (&"rule-b".into(), &"rule-c".into(), &1.into())
    );
    assert!(text.contains("new: high: Example token [rule-d]: src/app.py:3 (live)"), "{text}");
    assert!(text.ends_with("2 places new, 1 gone, 1 allowed now, 1 still there\n"), "{text}");
    let (text, json, fails) = texts(&old, &old);
    assert!(!fails && text == "0 places new, 0 gone, 3 still there\n", "{text}");
    assert_eq!(json["new"], serde_json::json!([]));
}

#[test]
fn what_comes_back_from_history_is_new_and_what_goes_there_is_told() {
    let one = finding("rule-a", &token());
    let mut past = one.clone();
    past.places[0].state = State::Removed;
    let (live, past) = (report(vec![one]), report(vec![past]));
    let (text, json, fails) = texts(&past, &live);
    assert!(fails && text.contains("(live, before: in history only)"), "{text}");
    assert!(text.ends_with("1 place new, 0 gone, 0 still there\n"), "{text}");
    assert_eq!((&json["new"][0]["state"], &json["new"][0]["was"]), (&"live".into(), &"removed".into()));
    let (text, json, fails) = texts(&live, &past);
    assert!(!fails && text.ends_with("0 places new, 0 gone, 1 in history only now, 0 still there\n"), "{text}");
    assert_eq!(json["past"][0]["was"], "live");
}

#[test]
fn what_is_still_there_is_counted_as_what_is_new() {
    let mut found = finding("rule-a", &token());
    found.places.push(found.places[0].clone());
    let (report, none) = (report(vec![found]), report(Vec::new()));
    assert_eq!(texts(&report, &report).0, "0 places new, 0 gone, 2 still there\n");
    assert!(texts(&none, &report).0.ends_with("2 places new, 0 gone, 0 still there\n"));
}

#[test]
fn no_secret_of_a_report_that_shows_them_is_told() {
    let secret = token();
    let mut found = finding("rule-a", &secret);
    found.shown.clone_from(&secret);
    let path = format!("x/{secret}");
    found.places.push(place(directory().at_path(&*path), &path));
    let mut shows = report(vec![found]);
    shows.shows_secrets = true;
    let none = report(Vec::new());
    let diff = Diff::new(&none, &shows);
    let mut told = Vec::new();
    diff.write_text(&mut told).unwrap();
    diff.write_json(&mut told).unwrap();
    diff.write_markdown(&mut told).unwrap();
    let told = String::from_utf8(told).unwrap();
    assert!(!told.contains(&secret), "{told}");
    assert!(told.contains(&mask::mask(secret.as_bytes(), 0)) && told.contains("x/****"), "{told}");
}

#[test]
fn what_was_not_read_is_not_gone_for_sure() {
    let (text, json, _) = texts(&report(vec![finding("rule-a", &token())]), &incomplete());
    assert!(text.contains("not found, but not all was read: high"), "{text}");
    assert_eq!(json["certain"], false);
}

#[test]
fn what_has_no_path_says_nothing_of_a_salt() {
    let config = |secret: &str| {
        let mut found = finding("rule-a", secret);
        let image = Origin::new(Step::Image { reference: "example/app:1".to_owned(), digest: None });
        found.places = vec![place(image.with(Step::Text { kind: TextKind::ImageConfig }), "")];
        report(vec![found])
    };
    let (text, ..) = texts(&config("one-secret"), &config("other-secret"));
    assert!(text.contains("1 place new") && !text.contains("salts"), "{text}");
}
