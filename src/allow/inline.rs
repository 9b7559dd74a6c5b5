//! Marks in the text itself: `scrubjay:allow RULE reason="…"`, in whatever the file has for comments, on the line of the
//! secret; where it is asked for, those of other scanners too. Pure functions over bytes.

use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use crate::finding::excerpt::{Covered, beside};
use crate::signature::Signature;

const MARK: &[u8] = b"scrubjay:allow";
/// Marks of gitleaks, TruffleHog and detect-secrets, on the line of the secret. They name neither a rule nor a reason.
const FOREIGN: [&[u8]; 4] =
    [b"gitleaks:allow", b"trufflehog:ignore", b"pragma: allowlist secret", b"pragma: whitelist secret"];
/// A mark of detect-secrets for the line after it.
const FOREIGN_LINE_BEFORE: &[u8] = b"pragma: allowlist nextline secret";
/// A mark further from the secret does not count: on a line of that length nobody would see it.
const DISTANCE: usize = 1024;
/// Longest reason that is read.
const REASON_MAX: usize = 240;

/// A mark that names the rule of the secret it stands beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// It covers the secret.
    Allowed {
        /// The reason that is given, printable, without a byte of a secret.
        reason: String,
    },
    /// It names no rule, or gives no reason in quotes, and does not count; worth a note.
    WithoutReason,
}

/// Looks for a mark beside a secret: before it on the line where it begins, or after it on the line where it ends, within
/// 1,024 bytes. The mark must name the rule, by its id or an alias; there is no mark for all rules. What stands in the
/// secret itself is no mark. `covered` gives the other secrets of the text, which a reason may not give away.
pub fn mark(text: &[u8], secret: &Covered, covered: impl Fn() -> Vec<Covered>, signature: &Signature) -> Option<Mark> {
    let start = secret.span.start.min(text.len());
    let end = secret.span.end.clamp(start, text.len());
    let before = &text[start.saturating_sub(DISTANCE)..start];
    let before_start = start - before.len() + memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let after = &text[end..text.len().min(end.saturating_add(DISTANCE))];
    let after_end = end + memchr(b'\n', after).unwrap_or(after.len());

    let mut without_reason = false;
    for side in [before_start..start, end..after_end] {
        for at in memmem::find_iter(&text[side.clone()], MARK) {
            match read(&text[side.clone()], at, signature) {
                Some(Some(reason)) => {
                    let part = side.start + reason.start..side.start + reason.end;
                    return Some(Mark::Allowed { reason: beside(text, part, secret, &covered()) });
                }
                Some(None) => without_reason = true,
                None => {}
            }
        }
    }
    without_reason.then_some(Mark::WithoutReason)
}

/// Whether a position is in a mark, from its word on to the end of its reason.
pub fn is_in_mark(text: &[u8], position: usize) -> bool {
    let position = position.min(text.len());
    let before = &text[position.saturating_sub(DISTANCE)..position];
    let line = &before[memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
    let Some(at) = memmem::rfind(line, MARK) else { return false };
    let after_mark = position - line.len() + at + MARK.len();
    let rest = &text[after_mark..text.len().min(after_mark.saturating_add(DISTANCE))];
    let rest = &rest[..memchr(b'\n', rest).unwrap_or(rest.len())];
    let end = memmem::find(rest, b"reason=").and_then(|start| Some(start + reason(&rest[start..])?.end));
    // Without a reason the rule that it names is all of it.
    let end = end.unwrap_or_else(|| rest.len() - after_rule(rest).len());
    position < after_mark + end
}

/// What stands behind the rule that a mark names.
fn after_rule(after_mark: &[u8]) -> &[u8] {
    let words = after_mark.trim_ascii_start();
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    &words[words.iter().take_while(is_of_name).count()..]
}

/// Looks for a mark of another scanner: on the lines where a secret begins and ends, or before them. In the secret itself none
/// counts.
pub fn foreign_mark(text: &[u8], secret: &Covered) -> Option<Mark> {
    let start = secret.span.start.min(text.len());
    let end = secret.span.end.clamp(start, text.len());
    let before = &text[start.saturating_sub(DISTANCE)..start];
    let (line_before, before) = match memrchr(b'\n', before) {
        Some(newline) => {
            let above = &before[..newline];
            (&above[memrchr(b'\n', above).map_or(0, |newline| newline + 1)..], &before[newline + 1..])
        }
        None => (&[][..], before),
    };
    let after = &text[end..text.len().min(end.saturating_add(DISTANCE))];
    let after = &after[..memchr(b'\n', after).unwrap_or(after.len())];
    let beside = FOREIGN.into_iter().find(|mark| stands(before, mark) || stands(after, mark));
    let mark = beside.or_else(|| stands(line_before, FOREIGN_LINE_BEFORE).then_some(FOREIGN_LINE_BEFORE))?;
    Some(Mark::Allowed { reason: String::from_utf8_lossy(mark).into_owned() })
}

/// Whether a mark is there as a word of its own.
fn stands(side: &[u8], mark: &[u8]) -> bool {
    let is_word =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let mut found = memmem::find_iter(side, mark);
    found.any(|at| !is_word(side[..at].last()) && !is_word(side.get(at + mark.len())))
}

/// Reads the mark at a position of a side. `None`: no mark, or one for another rule. Else where its reason stands; one without a
/// rule has none.
fn read(side: &[u8], at: usize, signature: &Signature) -> Option<Option<Range<usize>>> {
    if side[..at].last().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'/')) {
        return None;
    }
    let after_mark = &side[at + MARK.len()..];
    let words = after_mark.trim_ascii_start();
    if words.len() == after_mark.len() && !after_mark.is_empty() {
        return None;
    }
    let rest = after_rule(after_mark);
    let rule = std::str::from_utf8(&words[..words.len() - rest.len()]).ok()?;
    if rule.is_empty() || (rule == "reason" && rest.starts_with(b"=")) {
        return Some(None);
    }
    if !signature.is_called(rule) {
        return None;
    }
    Some(reason(rest).map(|reason| {
        let start = side.len() - rest.len();
        start + reason.start..start + reason.end
    }))
}

/// Where the reason stands: between quotes, which are escaped where the mark is in a string of JSON or of source code.
fn reason(rest: &[u8]) -> Option<Range<usize>> {
    let value = rest.trim_ascii_start().strip_prefix(b"reason=")?;
    let escaped = value.first() == Some(&b'\\');
    let quote_length = 1 + usize::from(escaped);
    let quote = value.get(..quote_length)?;
    if !matches!(quote.last(), Some(b'"' | b'\'')) {
        return None;
    }
    let body = &value[quote_length..];
    let length = memmem::find(&body[..body.len().min(REASON_MAX + quote_length)], quote)?;
    let trimmed = body[..length].trim_ascii_start();
    let start = rest.len() - body.len() + (length - trimmed.len());
    let kept = trimmed.trim_ascii_end().len();
    (kept > 0).then_some(start..start + kept)
}

#[cfg(test)]
mod tests {
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
        mark(text.as_bytes(), &secret, Vec::new, &signature())
    }

    fn allowed(reason: &str) -> Option<Mark> {
        Some(Mark::Allowed { reason: reason.to_owned() })
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
            assert_eq!(beside_secret(text), Some(Mark::WithoutReason), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_mark() {
        for text in [
            "hunter2 and a bit # scrubjay:allow rule-b reason=\"sample\"",
            "hunter2 and a bit # scrubjay:allow rule-ab reason=\"sample\"",
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
            mark(text.as_bytes(), &secret, Vec::new, &signature())
        };
        assert_eq!(key(mark_text, "", ""), allowed("sample"));
        assert_eq!(key("", "", mark_text), allowed("sample"));
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
        assert_eq!(
            mark(text.as_bytes(), &span("one-secret"), || vec![span("two-secret")], &signature()),
            allowed("not ****")
        );
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
            if let Some(Mark::Allowed { reason }) = mark(&pieces.concat(), &secret, Vec::new, &signature()) {
                prop_assert!(!reason.trim().is_empty() && reason.len() <= 4 * REASON_MAX);
            }
        }
    }
}
