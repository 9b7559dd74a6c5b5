//! One rule's pattern in the window of one keyword hit.

use std::ops::Range;

use regex_automata::{Anchored, Input};

use super::assignment::name_before;
use super::effort;
use crate::candidate::{Candidate, Setting, Span};
use crate::signature::{ByteSet, ContextRule, Proof, RIGHT_CONTEXT, Rule};

/// Matches tried in one window before it is given up: more than any window of a shipped rule can hold.
const TRIES: usize = 512;

/// Bytes before a match that the look at its left neighbour may touch.
const LEFT: usize = 8;

/// A pattern that holds the keyword: the first match in the window that contains the hit and ends at its boundaries.
/// `runs` counts the windows that the pattern is run in.
pub(super) fn pattern(
    rule: &Rule,
    text: &[u8],
    hit: Range<usize>,
    is_binary: bool,
    runs: &mut u64,
) -> Option<Candidate> {
    let traits = rule.traits();
    let boundless = is_binary && is_unmistakable(rule);
    let window = around(rule, text, &hit);
    let end = hit.end.saturating_add(traits.after as usize).min(text.len());
    let mut within = hit.start.saturating_sub((traits.before as usize).max(LEFT))..end;
    if rule.signature.once {
        within = alone(text, &hit, within)?;
    }
    if let Some(offset) = traits.offset {
        let start = hit.start.checked_sub(offset as usize)?;
        // Before the pattern: text of one word again and again would have it run through a window at each.
        if !traits.glance.fits(text.get(start..within.end)?)
            || !boundless
                && !is_left_boundary(text, start, &traits.left)
                && !is_joined(rule, start.checked_sub(1), text)
        {
            return None;
        }
        *runs += 1;
        let found = search(rule, text, start..within.end, Anchored::Yes)?;
        return accept(rule, text, found, window, boundless);
    }
    let around = text.get(within.clone())?;
    if !effort::charged(rule.index, around.len(), || traits.glance.has_required(around))? {
        return None;
    }
    *runs += 1;
    let mut from = within.start;
    for _ in 0..TRIES {
        let found = search(rule, text, from..within.end, Anchored::No)?;
        if found.start > hit.start {
            return None;
        }
        if found.end >= hit.end
            && let Some(candidate) = accept(rule, text, found.clone(), window.clone(), boundless)
        {
            return Some(candidate);
        }
        from = found.start + 1;
    }
    None
}

/// As much of a span as holds its word once, at `hit`; `None` where that is a part of another word.
fn alone(text: &[u8], hit: &Range<usize>, within: Range<usize>) -> Option<Range<usize>> {
    let word = &text[hit.clone()];
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let is_apart = |start: usize| {
        let before = start.checked_sub(1).map(|place| text[place]);
        let after = text.get(start + word.len()).copied();
        !(before.is_some_and(is_word) && is_word(word[0])
            || after.is_some_and(is_word) && is_word(word[word.len() - 1]))
    };
    if !is_apart(hit.start) {
        return None;
    }
    let next =
        memchr::memmem::find_iter(&text[hit.end..within.end], word).map(|at| hit.end + at).find(|&at| is_apart(at));
    let previous = memchr::memmem::rfind_iter(&text[within.start..hit.start], word)
        .map(|at| within.start + at)
        .find(|&at| is_apart(at));
    let start = previous.map_or(within.start, |at| at + word.len());
    Some(start..next.unwrap_or(within.end))
}

/// A pattern of a value that stands a few bytes after a word, joined to it as a value is to its name.
pub(super) fn context(
    rule: &Rule,
    context: ContextRule,
    text: &[u8],
    hit: Range<usize>,
    runs: &mut u64,
) -> Option<Candidate> {
    let mut window = around(rule, text, &hit);
    let lines = &text[hit.end..window.end];
    // The value stands on the line of the word or on the next.
    if let Some(second) = memchr::memchr_iter(b'\n', lines).nth(1) {
        window.end = hit.end + second;
    }
    let latest = (hit.end + context.distance as usize).min(window.end);
    let traits = rule.traits();
    for start in hit.end..=latest {
        // The cheapest first: text of one word again and again would have the others look at it at each.
        if !is_left_boundary(text, start, &traits.left)
            || !traits.glance.fits(&text[start..window.end])
            || !is_glue(&text[hit.end..start])
        {
            continue;
        }
        *runs += 1;
        if let Some(found) = search(rule, text, start..window.end, Anchored::Yes)
            && let Some(mut candidate) = accept(rule, text, found, window.clone(), false)
        {
            candidate.span.start = hit.start as u32;
            return Some(candidate);
        }
    }
    None
}

fn around(rule: &Rule, text: &[u8], hit: &Range<usize>) -> Range<usize> {
    let start = hit.start.saturating_sub((rule.traits().window.before as usize).max(LEFT));
    let end = hit.end.saturating_add(rule.traits().window.after as usize).min(text.len());
    start..end
}

fn search(rule: &Rule, text: &[u8], span: Range<usize>, anchored: Anchored) -> Option<Range<usize>> {
    if span.start > span.end {
        return None;
    }
    let search = || rule.regex().search(&Input::new(text).span(span.clone()).anchored(anchored));
    effort::charged(rule.index, span.len(), search)?.map(|found| found.range())
}

/// Whether a token tells itself from any bytes around it by what every one of the rule begins with, which is no run of base64, and by its
/// length. In binary content the length of a string, the type of the next value, or another string may stand right beside it.
fn is_unmistakable(rule: &Rule) -> bool {
    let traits = rule.traits();
    let least = if traits.public_prefix.len() >= 4 { 20 } else { 40 };
    traits.public_prefix.len() >= 3
        && traits.lengths.0 >= least
        && traits.public_prefix.iter().any(|byte| !byte.is_ascii_alphanumeric())
}

/// Whether what stands in a longer word is no name of a program, of which binaries have tens of thousands: `user.lookupGroup…` begins
/// like a key that begins with `ser.`. A longer beginning is rarer, and what a machine made has digits.
fn is_no_name(rule: &Rule, token: &[u8]) -> bool {
    const RARE: usize = 6;
    let prefix = rule.traits().public_prefix.len();
    prefix >= RARE && token[prefix.min(token.len())..].iter().filter(|byte| byte.is_ascii_digit()).count() >= 2
}

fn accept(rule: &Rule, text: &[u8], found: Range<usize>, window: Range<usize>, boundless: bool) -> Option<Candidate> {
    let traits = rule.traits();
    let goes_on = || continues(text, found.end, &traits.right);
    let is_apart = (is_left_boundary(text, found.start, &traits.left)
        || is_joined(rule, found.start.checked_sub(1), text))
        && (!goes_on() || is_joined(rule, Some(found.end), text));
    if !is_apart && !(boundless && (rule.signature.proof.is_some() || is_no_name(rule, &text[found.clone()]))) {
        return None;
    }
    let secret = if traits.group == 0 {
        found.clone()
    } else {
        let regex = rule.regex();
        let mut captures = regex.create_captures();
        regex.search_captures(&Input::new(text).span(found.start..window.end).anchored(Anchored::Yes), &mut captures);
        captures.get_group(traits.group)?.range()
    };
    (!secret.is_empty()).then(|| Candidate {
        span: Span::new(found),
        secret: Span::new(secret),
        reach: Span::new(window),
        rule: rule.index,
        setting: Setting::Token,
    })
}

/// Whether a token may begin at `start`: the byte before does not continue it, or that byte is the end of an escape
/// (`\n`, `%3D`, `\x3d`, `\u003d`) or of a terminal's colour sequence.
pub(super) fn is_left_boundary(text: &[u8], start: usize, left: &ByteSet) -> bool {
    let before = &text[start.saturating_sub(LEFT)..start];
    let Some(&last) = before.last() else { return true };
    if !left.contains(last) {
        return true;
    }
    let hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    match before {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'0'] => true,
        _ => {
            before.len() >= 3 && before[before.len() - 3] == b'%' && hex(&before[before.len() - 2..])
                || before.len() >= 4
                    && before[before.len() - 4..].starts_with(b"\\x")
                    && hex(&before[before.len() - 2..])
                || before.len() >= 6
                    && before[before.len() - 6..].starts_with(b"\\u")
                    && hex(&before[before.len() - 4..])
                || last == b'm' && ends_colour(before)
        }
    }
}

/// Whether the byte at `place` joins a token to a name, of which its checksum tells it.
fn is_joined(rule: &Rule, place: Option<usize>, text: &[u8]) -> bool {
    place.and_then(|place| text.get(place)) == Some(&b'_') && rule.signature.proof.is_some_and(Proof::is_checksum)
}

/// Whether the byte at `end` continues a token that ends there. One that ends a sentence does not.
fn continues(text: &[u8], end: usize, right: &ByteSet) -> bool {
    const _: () = assert!(RIGHT_CONTEXT == 2);
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b')' | b'<');
    match text.get(end) {
        Some(b'.') if text.get(end + 1).is_none_or(is_end) => false,
        Some(&byte) => right.contains(byte),
        None => false,
    }
}

/// `ESC [ digits m`, as far as it fits in the bytes before.
fn ends_colour(before: &[u8]) -> bool {
    let parameters = &before[..before.len() - 1];
    let start = parameters.iter().rposition(|b| !b.is_ascii_digit() && *b != b';');
    start.is_some_and(|bracket| bracket > 0 && parameters[bracket] == b'[' && parameters[bracket - 1] == 0x1b)
}

/// Names of things that look like a secret and are none.
const NO_SECRET: &[&[u8]] = &[
    b"commit",
    b"sha",
    b"sha1",
    b"sha256",
    b"md5",
    b"hash",
    b"digest",
    b"checksum",
    b"integrity",
    b"revision",
    b"rev",
    b"ref",
    b"tag",
    b"version",
    b"uuid",
    b"guid",
    b"etag",
    b"url",
    b"uri",
    b"image",
    b"path",
    b"file",
    b"name",
    b"id",
    b"accessor",
];

/// Whether the bytes between a word and a value can join the two: the rest of a name, quotes, an operator, blanks; and
/// the name next to the value, if there is one, does not say that it is something else.
pub(super) fn is_glue(between: &[u8]) -> bool {
    if between.len() > 1 && memchr::memmem::find(between, b". ").is_some() {
        return false;
    }
    let joined = between
        .iter()
        .any(|byte| matches!(byte, b'=' | b':' | b'>' | b'(' | b',' | b'"' | b'\'' | b'|' | b' ' | b'\t'));
    // Blanks that align an operator are one.
    let blanks = between.windows(2).filter(|two| two[1] == b' ' && two[0] != b' ').count();
    if !joined || blanks > 12 {
        return false;
    }
    // In a table no operator ends the name: `secret_id_accessor    …`.
    let rest = between.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let name = name_before(between).unwrap_or(&between[..rest.count()]);
    let last = name.rsplit(|byte| matches!(byte, b'_' | b'-' | b'.')).next().unwrap_or(name);
    !NO_SECRET.iter().any(|word| last.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use crate::matcher::Matcher;
    use crate::signature::{RuleSet, load_text};

    /// Where the candidates of a rule with `once` begin and end.
    fn found(pattern: &str, text: &str) -> Vec<(u32, u32)> {
        let file = format!(
            "[[signature]]\nid = \"x\"\ntitle = \"x\"\nprovider = \"X\"\nseverity = \"low\"\nlifetime = \"static\"\n\
             keywords = [\"kty\"]\npattern = '''{pattern}'''\nreach = 4096\nonce = true\nexamples = []\n"
        );
        let rules = RuleSet::compile(&load_text("x.toml", &file).expect("parses"), true).expect("compiles");
        let mut out = Vec::new();
        Matcher::new(&rules).candidates(text.as_bytes(), 0..text.len(), &mut out);
        out.iter().map(|candidate| (candidate.span.start, candidate.span.end)).collect()
    }

    /// As in the fuzzer's first find: text of one keyword again and again, each of which looked as far as the window goes.
    #[test]
    fn another_keyword_ends_the_search_where_each_match_has_one() {
        let after = "kty[^{}]{0,3000}?d:[0-9a-z]{4}";
        assert_eq!(found(after, "kty:1 d:1a2b"), [(0, 12)]);
        assert_eq!(found(after, "kty:1 kty:2 d:1a2b"), [(6, 18)]);
        assert_eq!(found(after, "kty:1 akty2 d:1a2b"), [(0, 18)], "a part of another word is none");
        assert_eq!(found(after, "akty:1 d:1a2b"), []);
        let before = "d:[0-9a-z]{4}[^{}]{0,3000}?kty:[0-9]";
        assert_eq!(found(before, "d:1a2b kty:1"), [(0, 12)]);
        assert_eq!(found(before, "d:1a2b kty- kty:1"), [(0, 17)]);
        assert_eq!(found(before, "d:1a2b kty:1 d:3c4d kty:2"), [(0, 12), (13, 25)]);
    }
}
