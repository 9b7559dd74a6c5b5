use proptest::prelude::*;

use super::*;

fn signature() -> Signature {
    toml::from_str(
        "id = 'rule-a'\naliases = ['old-a']\ntitle = 't'\nseverity = 'high'\nlifetime = 'static'\nkeywords = ['k']\nexamples = []",
    )
    .unwrap()
}

/// The mark beside `hunter2 and a bit` in a text.
fn beside_secret(text: &str) -> Option<Mark> {
    let secret = "hunter2 and a bit";
    let start = text.find(secret).unwrap();
    let secret = Covered { span: start..start + secret.len(), public_prefix: 0 };
    look(text, &secret, &[])
}

fn look(text: &str, secret: &Covered, others: &[Covered]) -> Option<Mark> {
    let names = Names { signature: &signature(), is_known: &|name| matches!(name, "rule-a" | "old-a" | "rule-b") };
    mark(text.as_bytes(), secret, || others.to_vec(), &names)
}

fn allowed(reason: &str) -> Option<Mark> {
    Some(Mark::Allowed { reason: reason.to_owned(), until: None })
}

fn ignored(why: &str) -> Option<Mark> {
    Some(Mark::Ignored { why: why.to_owned() })
}

#[test]
fn any_comment_will_do() {
    for text in [
        "key: hunter2 and a bit # scrubjay:allow rule-a reason=\"sample\"",
        "a\nkey: hunter2 and a bit // scrubjay:allow old-a reason='sample'\r\nb",
        "<a k=\"hunter2 and a bit\"/><!-- scrubjay:allow rule-a reason=\"sample\" -->",
        "/* scrubjay:allow   rule-a  reason=\" sample \" */ k = \"hunter2 and a bit\"",
        r#"{"_": "scrubjay:allow rule-a reason=\"sample\"", "k": "hunter2 and a bit"}"#,
        "k hunter2 and a bit scrubjay:allow rule-b reason=\"other\" scrubjay:allow rule-a reason=\"sample\"",
    ] {
        assert_eq!(beside_secret(text), allowed("sample"), "{text}");
    }
}

#[test]
fn a_mark_without_a_reason_is_told() {
    for text in [
        "hunter2 and a bit # scrubjay:allow rule-a",
        "hunter2 and a bit # scrubjay:allow rule-a reason=",
        "hunter2 and a bit # scrubjay:allow rule-a reason=\"\"",
        "hunter2 and a bit # scrubjay:allow rule-a reason=\"  \"",
        "hunter2 and a bit # scrubjay:allow rule-a reason=\"open",
        "hunter2 and a bit # scrubjay:allow rule-a reason=sample",
        "hunter2 and a bit # scrubjay:allow rule-a\nreason=\"sample\"",
        "hunter2 and a bit # scrubjay:allow rule-a,rule-b reason=\"sample\"",
        "hunter2 and a bit # scrubjay:allow * reason=\"sample\"",
        "hunter2 and a bit # scrubjay:allow reason=\"sample\"",
        "hunter2 and a bit # scrubjay:allow",
    ] {
        assert_eq!(beside_secret(text), ignored(FORM), "{text}");
    }
}

#[test]
fn other_text_is_no_mark() {
    for text in [
        "hunter2 and a bit # scrubjay:allowrule-a reason=\"sample\"",
        "hunter2 and a bit # xscrubjay:allow rule-a reason=\"sample\"",
        "# scrubjay:allow rule-a reason=\"sample\"\nhunter2 and a bit",
        "hunter2 and a bit\n# scrubjay:allow rule-a reason=\"sample\"",
        &format!("hunter2 and a bit{} scrubjay:allow rule-a reason=\"sample\"", " ".repeat(1024)),
    ] {
        assert_eq!(beside_secret(text), None, "{text}");
    }
}

#[test]
fn marks_of_other_scanners_stand_beside_it_or_above() {
    let foreign = |text: &str| {
        let secret = "hunter2 and a bit";
        let start = text.find(secret).unwrap();
        foreign_mark(text.as_bytes(), &Covered { span: start..start + secret.len(), public_prefix: 0 })
    };
    for (text, mark) in [
        ("k: hunter2 and a bit # gitleaks:allow", "gitleaks:allow"),
        ("/* trufflehog:ignore */ k: hunter2 and a bit", "trufflehog:ignore"),
        ("a\nk: hunter2 and a bit // pragma: allowlist secret\nb", "pragma: allowlist secret"),
        ("# pragma: allowlist nextline secret\nk: hunter2 and a bit", "pragma: allowlist nextline secret"),
    ] {
        assert_eq!(foreign(text), allowed(mark), "{text}");
        assert_eq!(beside_secret(text), None, "not unless it is asked for");
    }
    for text in [
        "# gitleaks:allow\nk: hunter2 and a bit\n# gitleaks:allow",
        "k: hunter2 and a bit # gitleaks:allowed",
        "k: hunter2 and a bit # no-gitleaks:allow",
        "# pragma: allowlist nextline secret\n\nk: hunter2 and a bit",
        "# pragma: allowlist secret\nk: hunter2 and a bit",
    ] {
        assert_eq!(foreign(text), None, "{text}");
    }
}

#[test]
fn a_secret_of_many_lines_has_its_first_and_its_last() {
    let mark_text = "scrubjay:allow rule-a reason=\"sample\"";
    let key = |first: &str, within: &str, last: &str| {
        let text = format!("{first} BEGIN\n{within}\nEND {last}\n");
        let start = text.find("BEGIN").unwrap();
        let secret = Covered { span: start..text.find("END").unwrap() + 3, public_prefix: 0 };
        look(&text, &secret, &[])
    };
    assert_eq!(key(mark_text, "", ""), allowed("sample"));
    assert_eq!(key("", "", mark_text), allowed("sample"));
    // Where several literals make it, a remark ends the line of the first.
    let text = format!("\"BEGIN\\n\" + // {mark_text}\n\"more\\n\" +\n\"END\";\n");
    let span = text.find("BEGIN").unwrap()..text.find("END").unwrap() + 3;
    assert_eq!(look(&text, &Covered { span, public_prefix: 0 }, &[]), allowed("sample"));
    assert_eq!(key("", mark_text, ""), None);
}

#[test]
fn a_reason_gives_no_secret_away() {
    assert_eq!(
        beside_secret("hunter2 and a bit # scrubjay:allow rule-a reason=\"hunter2 and a bit is\u{1b} fake\""),
        allowed("**** is\\u{1b} fake")
    );
    let text = "one-secret # scrubjay:allow rule-a reason=\"not two-secret\"";
    let span = |word: &str| {
        let start = text.find(word).unwrap();
        Covered { span: start..start + word.len(), public_prefix: 0 }
    };
    assert_eq!(look(text, &span("one-secret"), &[span("two-secret")]), allowed("not ****"));
    let text = "one-secret # scrubjay:allow two-secret reason=\"x\"";
    let span = |word: &str| text.find(word).map(|start| start..start + word.len()).unwrap();
    let [one, two] = ["one-secret", "two-secret"].map(|word| Covered { span: span(word), public_prefix: 0 });
    assert_eq!(look(text, &one, &[two]), ignored("no signature is called ****"));
}

#[test]
fn a_mark_for_another_rule_is_told_unless_it_is_that_of_a_neighbour() {
    let text = "k: hunter2 and a bit # scrubjay:allow rule-b reason=\"sample\"";
    assert_eq!(beside_secret(text), ignored("it names rule-b, and what stands there is rule-a"));
    let [secret, other] = [3..20, 0..1].map(|span| Covered { span, public_prefix: 0 });
    assert_eq!(look(text, &secret, &[other]), None);
    let text = "k: hunter2 and a bit # scrubjay:allow rule-ab reason=\"sample\"";
    assert_eq!(beside_secret(text), ignored("no signature is called rule-ab"));
}

#[test]
fn a_reason_may_have_quotes() {
    let text = r#"hunter2 and a bit # scrubjay:allow rule-a reason="said \"no\" to it""#;
    assert_eq!(beside_secret(text), allowed(r#"said \"no\" to it"#));
    let text = r#"{"_": "scrubjay:allow rule-a reason=\"x\"", "k": "hunter2 and a bit"}"#;
    assert_eq!(beside_secret(text), allowed("x"));
    let text = r"hunter2 and a bit # scrubjay:allow rule-a reason='C:\'";
    assert_eq!(beside_secret(text), allowed(r"C:\"));
}

#[test]
fn a_mark_may_end() {
    let day = Date::parse("2030-01-31");
    for terms in
        ["reason=\"x\" until=2030-01-31", "until=\"2030-01-31\" reason=\"x\"", "reason='x'  until='2030-01-31'"]
    {
        let text = format!("hunter2 and a bit # scrubjay:allow rule-a {terms}");
        assert_eq!(beside_secret(&text), Some(Mark::Allowed { reason: "x".into(), until: day }), "{text}");
    }
    for day in ["2030-02-31", "", "soon"] {
        let text = format!("hunter2 and a bit # scrubjay:allow rule-a reason=\"x\" until={day}");
        assert_eq!(beside_secret(&text), ignored("the day after until= is written YYYY-MM-DD"), "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(
        pieces in prop::collection::vec(prop_oneof![
            Just(&b"scrubjay:allow"[..]), Just(&b" rule-a "[..]), Just(&b"reason="[..]), Just(&b"\""[..]),
            Just(&b"\\\""[..]), Just(&b"\xff"[..]), Just(&b" "[..]), Just(&b"\n"[..]), Just(&b"word"[..])], 0..40),
        start in 0..300usize,
        length in 0..100usize,
    ) {
        let secret = Covered { span: start..start + length, public_prefix: 0 };
        let names = Names { signature: &signature(), is_known: &|_| false };
        if let Some(Mark::Allowed { reason, .. }) = mark(&pieces.concat(), &secret, Vec::new, &names) {
            prop_assert!(!reason.trim().is_empty() && reason.len() <= 4 * REASON_MAX);
        }
    }
}
