use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use proptest::prelude::*;

use super::*;
use crate::finding::mask::mask;

fn at(text: &str, secret: &str, public_prefix: usize) -> Covered {
    let start = text.find(secret).unwrap();
    Covered { span: start..start + secret.len(), public_prefix }
}

fn line(text: &str, secret: &str, public_prefix: usize) -> String {
    let covered = at(text, secret, public_prefix);
    let made = excerpt(text.as_bytes(), &covered, std::slice::from_ref(&covered), false);
    format!("{}⟦{}⟧{}", &made.text[..made.mark.0], &made.text[made.mark.0..made.mark.1], &made.text[made.mark.1..])
}

#[test]
fn keys_show_their_armour() {
    let body = "MIIE".repeat(20);
    for opening in [
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
        "PuTTY-User-Key-File-3:",
    ] {
        let closing = opening.replace("BEGIN", "END").replace("PuTTY-User-Key-File-3", "Private-MAC");
        let text = format!("cert\nkey: {opening}\n  {body}\n{closing}\nrest");
        let covered = at(&text, &text[10..text.len() - 5], 0);
        let made = excerpt(text.as_bytes(), &covered, &[], false);
        assert_eq!(made.text, format!("key: {opening}****"));
        assert_eq!(&made.text[made.mark.0..made.mark.1], mask(text[covered.span].as_bytes(), 0));
    }
    assert_eq!(mask(b"-----BEGIN with spaces and lower case, which is no armour", 0), "****mour");
}

#[test]
fn a_line_is_shown_around_the_mask() {
    let token = "tok_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    assert_eq!(
        line(&format!("one\n\tlet t = \"{token}\"; // \u{1b}[31m\r\nthree"), token, 4),
        "let t = \"⟦tok_****WXYZ⟧\"; // \\u{1b}[31m"
    );
    assert_eq!(line(token, token, 4), "⟦tok_****WXYZ⟧");
    let long = "ä".repeat(1000);
    let shown = line(&format!("{long} {token} {long}"), token, 4);
    assert!(shown.starts_with("…ä") && shown.ends_with("ä…"), "{shown}");
    assert!((156..=160).contains(&(shown.len() - "⟦⟧".len())), "{}", shown.len());
    let shown = line(&format!("x {token} {long}"), token, 4);
    assert!(shown.starts_with("x ⟦") && shown.len() - "⟦⟧".len() >= 158, "{shown}");
}

#[test]
fn all_that_is_covered_or_comes_again_is_masked() {
    let token = "tok_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    assert_eq!(line(&format!("{token} {token},{}", &token[10..20]), token, 4), "⟦tok_****WXYZ⟧ tok_****WXYZ,****");
    let text = format!("user:hunter2 {token}x pass=hunter2");
    let secret = at(&text, token, 4);
    let covered = [at(&text, "hunter2", 0), at(&text, "WXYZx pa", 0), secret.clone()];
    assert_eq!(excerpt(text.as_bytes(), &secret, &covered, false).text, "user:**** tok_****WXYZ****ss=****");
    assert_eq!(excerpt(text.as_bytes(), &secret, &covered, true).text, text);
    let inner = [at(&text, "tok_", 0)];
    assert_eq!(
        excerpt(text.as_bytes(), &secret, &inner, false).text,
        "user:hunter2 [16 to 31 characters]x pass=hunter2"
    );
}

#[test]
fn beside_a_secret_in_a_database_nothing_is_shown() {
    assert_eq!(
        line("\u{3}\u{17}bobhis-other-secretTOKEN12345678rest", "TOKEN12345678", 0),
        "…⟦[under 16 characters]⟧…"
    );
    assert_eq!(line("k=TOKEN12345678\u{0}name", "TOKEN12345678", 0), "…⟦[under 16 characters]⟧…");
    assert_eq!(line("\u{1b}[31mk=TOKEN12345678\tx\r", "TOKEN12345678", 0), "\\u{1b}[31mk=⟦[under 16 characters]⟧ x");
}

#[test]
fn no_other_form_of_a_secret_is_shown() {
    let password = "kX9!mQ2&vLp4w";
    let encoded = |text: &str| STANDARD_NO_PAD.encode(text);
    let hex: String = password.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [encoded(password), encoded(&format!("b:{password}!")), encoded(&format!("bob:{password}"))] {
        assert_eq!(line(&format!("p: {password} # {form}="), password, 0), "p: ⟦[under 16 characters]⟧ # ****");
    }
    for form in [&*hex, "x%20kX9%21mQ2%26vLp4w"] {
        assert_eq!(line(&format!("{form} p: {password}"), password, 0), "**** p: ⟦[under 16 characters]⟧");
    }
    let basic = encoded(&format!("robot:{password}"));
    let shown = line(&format!("curl -u robot:{password} -H 'Basic {basic}'"), &basic, 0);
    assert_eq!(shown, "curl -u robot:**** -H 'Basic ⟦[16 to 31 characters]⟧'");
    let text = format!("p: {} # {password}", encoded(password));
    let place = 3..3 + encoded(password).len();
    let made = of_encoded(text.as_bytes(), &place, &[], (password.as_bytes(), "[under 16 characters]"));
    assert_eq!(made.text, "p: [under 16 characters] # ****");
}

#[test]
fn a_shown_secret_is_cut_and_printable() {
    let text = format!("a={}\u{7}é{}", "x".repeat(40), "y".repeat(400));
    let covered = Covered { span: 2..text.len(), public_prefix: 0 };
    let made = excerpt(text.as_bytes(), &covered, &[], true);
    assert!(made.text.starts_with("a=xxx") && made.text.contains("\\u{7}é") && made.text.ends_with("y…"));
    assert!(made.text.len() <= EXCERPT_MAX);
}

/// What an excerpt shows besides what stands for hidden text.
fn spoken(made: &Excerpt) -> String {
    let mut text = made.text.clone();
    for class in ["under 16", "16 to 31", "32 to 63", "64 or more"] {
        text = text.replace(&format!("[{class} characters]"), "\0");
    }
    text.replace(STARS, "\0")
}

proptest! {
    // Few letters, so that prefixes, tails and runs come again by chance; pieces that repeat, so that they do on purpose.
    #[test]
    fn no_run_of_a_hidden_part_is_shown(
        pieces in prop::collection::vec("[abc_]{1,6}|abcab_|[a-c]{20,30}|\n| ", 1..40),
        spans in prop::collection::vec((0..400usize, 1..60usize, 0..12usize), 1..5),
    ) {
        let text = pieces.concat();
        let covered: Vec<Covered> = spans
            .iter()
            .map(|(start, length, public_prefix)| {
                let start = start % text.len();
                Covered { span: start..(start + length).min(text.len()), public_prefix: *public_prefix }
            })
            .collect();
        let secret = &covered[0];
        let made = excerpt(text.as_bytes(), secret, &covered, false);
        let spoken = spoken(&made);
        for (index, other) in covered.iter().enumerate() {
            if index > 0 && other.span == secret.span {
                continue;
            }
            let bytes = &text.as_bytes()[other.span.clone()];
            let hidden = &bytes[Shown::of(bytes, other.public_prefix).hidden(bytes.len())];
            for run in hidden.windows(hidden.len().clamp(1, GRAM)) {
                prop_assert!(!spoken.as_bytes().windows(run.len()).any(|shown| shown == run), "{:?} in {}", run, made.text);
            }
        }
        for word in mask(&text.as_bytes()[secret.span.clone()], secret.public_prefix).split(STARS) {
            prop_assert!(word.starts_with('[') || word.len() <= secret.public_prefix.max(4));
        }
    }

    #[test]
    fn any_bytes_give_a_short_printable_line(
        text in prop::collection::vec(any::<u8>(), 0..600),
        spans in prop::collection::vec((0..700usize, 0..700usize, 0..100usize), 1..4),
        show: bool,
    ) {
        let covered: Vec<Covered> = spans
            .iter()
            .map(|(start, end, public_prefix)| Covered { span: *start..*end, public_prefix: *public_prefix })
            .collect();
        let made = excerpt(&text, &covered[0], &covered, show);
        prop_assert!(made.text.len() <= EXCERPT_MAX, "{}", made.text.len());
        prop_assert!(made.mark.0 <= made.mark.1 && made.text.get(made.mark.0..made.mark.1).is_some());
        prop_assert_eq!(printable(made.text.as_bytes()), made.text.clone());
    }
}
