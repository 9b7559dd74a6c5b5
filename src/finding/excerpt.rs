//! The line around a secret, with nothing in it that must not be shown.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::{memchr, memrchr};

use super::Excerpt;
use super::mask::{GRAM, STARS, Shown};
use crate::decode;
use crate::origin::printable;

/// A span of the text that must not be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Byte range in the text.
    pub span: Range<usize>,
    /// Number of bytes at its start that are a public prefix.
    pub public_prefix: usize,
}

/// Most bytes of an excerpt's text.
const EXCERPT_MAX: usize = 160;
/// Bytes looked at on each side of the secret; more could never be shown.
const SIDE: usize = 2 * EXCERPT_MAX;
/// Spans that begin or end this near to the shown part are searched for again in it.
const NEAR: usize = 4096;
const CUT: &str = "…";

/// The line around `secret` in `text`, with every span of `covered` and every repetition of their hidden parts masked
/// (unless `show`), at most 160 bytes, printable. Of a secret of several lines: its first line up to the mask.
///
/// No 5 bytes in a row of a hidden part of the secret, or of a covered span within 4 KiB of the shown part, are shown.
pub fn excerpt(text: &[u8], secret: &Covered, covered: &[Covered], show: bool) -> Excerpt {
    let span = clamp(&secret.span, text.len());
    let bytes = &text[span.clone()];
    let mut before = Side::before(text, span.start);
    let mut after = Side::after(text, span.clone());
    if show {
        return compose(&before, &cut(&printable(bytes)), &after);
    }
    let (spans, mut parts) = others(text, &span, covered);
    let password = encoded_password(bytes);
    parts.extend(password.as_deref());
    for other in &spans {
        before.hide(other);
        after.hide(other);
    }
    after.hide_runs(&vec![true; rest_of_word(&before.bytes, &after.bytes)]);
    let (from, to) = (before.at.start, after.at.end);
    let in_sight = |other: &&Range<usize>| other.start < to && other.end > from;
    let near = spans.iter().filter(in_sight).map(|other| &text[other.clone()]);
    hide_forms([&mut before, &mut after], near.chain([bytes]));
    for shown in [Shown::of(bytes, secret.public_prefix), Shown::NOTHING] {
        let hidden = shown.hidden(bytes.len());
        parts.push(&bytes[hidden.clone()]);
        let (prefix, tail) = (&bytes[..hidden.start], &bytes[bytes.len() - shown.tail..]);
        let told = Runs::new(prefix).find(&parts).contains(&true) || Runs::new(tail).find(&parts).contains(&true);
        if !told || (prefix.is_empty() && tail.is_empty()) {
            // A run may begin before the secret and end in the shown prefix, or begin in the tail.
            before.hide_runs(&Runs::new(&[&before.bytes, prefix].concat()).find(&parts));
            after.hide_runs(&Runs::new(&[tail, &after.bytes].concat()).find(&parts)[tail.len()..]);
            return compose(&before, &shown.text(bytes), &after);
        }
    }
    Excerpt::default()
}

/// The line around a secret that stands encoded in `text`: `shown`, what may be shown of it decoded, instead of its encoding, of which
/// nothing is shown.
pub fn of_encoded(text: &[u8], encoded: &Range<usize>, covered: &[Covered], (secret, shown): (&[u8], &str)) -> Excerpt {
    let span = clamp(encoded, text.len());
    let mut before = Side::before(text, span.start);
    let mut after = Side::after(text, span.clone());
    let (spans, mut parts) = others(text, &span, covered);
    parts.push(&text[span.clone()]);
    parts.push(secret);
    for side in [&mut before, &mut after] {
        spans.iter().for_each(|other| side.hide(other));
        let found = Runs::new(&side.bytes).find(&parts);
        side.hide_runs(&found);
    }
    hide_forms([&mut before, &mut after], std::iter::once(secret));
    compose(&before, &cut(shown), &after)
}

/// Hides what secrets look like in other forms on the two sides of one.
fn hide_forms<'s>(sides: [&mut Side; 2], secrets: impl Iterator<Item = &'s [u8]>) {
    if !sides.iter().any(|side| side.may_hold_forms()) {
        return;
    }
    let forms: Vec<Vec<u8>> = secrets.flat_map(forms).collect();
    for side in sides {
        side.hide_forms(&forms);
    }
}

/// How many bytes behind a secret may be the rest of it: it was taken to end at a quote or another mark of syntax, yet its word goes
/// on, as that of `AB3xKq5Z"mnopq789` does.
fn rest_of_word(before: &[u8], after: &[u8]) -> usize {
    let Some((mark, rest)) = after.split_first() else { return 0 };
    let ends_it = before.last() == Some(mark) || !matches!(mark, b'"' | b'\'' | b'`' | b'<' | b';' | b'|');
    let word = rest.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
    let goes_on = rest.first().is_some_and(|first| first.is_ascii_alphanumeric()) && !rest[..word].contains(&b'=');
    if ends_it || !goes_on { 0 } else { 1 + word }
}

/// Text beside a secret, such as a reason that somebody wrote on its line: printable, with all of the secret and of the
/// covered spans near it masked, wherever it comes again. `part` is a byte range of `text`.
pub fn beside(text: &[u8], part: Range<usize>, secret: &Covered, covered: &[Covered]) -> String {
    let span = clamp(&secret.span, text.len());
    let (spans, mut parts) = others(text, &span, covered);
    parts.push(&text[span.clone()]);
    let mut side = Side::new(text, clamp(&part, text.len()), false);
    for other in spans.iter().chain([&span]) {
        side.hide(other);
    }
    side.hide_runs(&Runs::new(&side.bytes).find(&parts));
    side.pieces().concat()
}

/// The covered spans that are near a secret and not the same, and their hidden parts.
fn others<'t>(text: &'t [u8], span: &Range<usize>, covered: &[Covered]) -> (Vec<Range<usize>>, Vec<&'t [u8]>) {
    let near = span.start.saturating_sub(SIDE + NEAR)..span.end.saturating_add(SIDE + NEAR);
    covered
        .iter()
        .filter(|other| other.span.start < near.end && other.span.end > near.start)
        .map(|other| (clamp(&other.span, text.len()), other.public_prefix))
        .filter(|(other, _)| other != span)
        .map(|(other, public_prefix)| {
            let bytes = &text[other.clone()];
            (other, &bytes[Shown::of(bytes, public_prefix).hidden(bytes.len())])
        })
        .unzip()
}

fn clamp(span: &Range<usize>, length: usize) -> Range<usize> {
    let start = span.start.min(length);
    start..span.end.clamp(start, length)
}

/// The text of the line on one side of the secret, as far as it could be shown.
struct Side {
    bytes: Vec<u8>,
    /// Which of the bytes must not be shown.
    hidden: Vec<bool>,
    /// Where the bytes stand in the text.
    at: Range<usize>,
    /// Whether the line goes on beyond them.
    cut: bool,
}

impl Side {
    fn before(text: &[u8], end: usize) -> Self {
        let mut start = end.saturating_sub(SIDE);
        let line = memrchr(b'\n', &text[start..end]);
        let cut = line.is_none() && start > 0;
        let skipped = match line {
            Some(newline) => newline + 1,
            None if cut => text[start..end].iter().take_while(|byte| is_continuation(**byte)).count(),
            None => 0,
        };
        start += skipped;
        if !cut {
            start += text[start..end].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        }
        Side::new(text, start..end, cut)
    }

    fn after(text: &[u8], secret: Range<usize>) -> Self {
        if memchr(b'\n', &text[secret.clone()]).is_some() {
            return Side::new(text, secret.end..secret.end, false);
        }
        let start = secret.end;
        let mut end = text.len().min(start.saturating_add(SIDE));
        let line = memchr(b'\n', &text[start..end]);
        let cut = line.is_none() && end < text.len();
        end = line.map_or(end, |newline| start + newline);
        while end > start && if cut { is_continuation(text[end]) } else { text[end - 1].is_ascii_whitespace() } {
            end -= 1;
        }
        Side::new(text, start..end, cut)
    }

    fn new(text: &[u8], at: Range<usize>, cut: bool) -> Self {
        let bytes = text[at.clone()].to_vec();
        Side { hidden: vec![false; bytes.len()], bytes, at, cut }
    }

    /// Hides what a span of the text has here.
    fn hide(&mut self, span: &Range<usize>) {
        let start = span.start.max(self.at.start);
        let end = span.end.min(self.at.end);
        if start < end {
            self.hidden[start - self.at.start..end - self.at.start].fill(true);
        }
    }

    /// Hides more bytes; flags beyond the last byte are ignored.
    fn hide_runs(&mut self, found: &[bool]) {
        for (hidden, found) in self.hidden.iter_mut().zip(found) {
            *hidden |= found;
        }
    }

    /// Whether a word of it that is shown may be something encoded: most are none.
    fn may_hold_forms(&self) -> bool {
        let is_telling = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || *byte == b'%';
        let (mut length, mut is_mixed) = (0, false);
        self.bytes.iter().zip(&self.hidden).any(|(byte, hidden)| {
            if *hidden || !is_digit(byte) {
                (length, is_mixed) = (0, false);
            } else {
                (length, is_mixed) = (length + 1, is_mixed || is_telling(byte));
            }
            length > GRAM && is_mixed
        })
    }

    /// Hides words that some form of a secret is a part of.
    fn hide_forms(&mut self, forms: &[Vec<u8>]) {
        let mut found = Runs::new(&self.bytes).find(&forms.iter().map(Vec::as_slice).collect::<Vec<_>>());
        // The first and the last digit of a form are partly of what stands beside it.
        let mut here = 0;
        while here < self.bytes.len() {
            let word = self.bytes[here..].iter().take_while(|byte| is_digit(byte)).count();
            if found[here..here + word].contains(&true) {
                found[here..here + word].fill(true);
            }
            here += word + 1;
        }
        self.hide_runs(&found);
    }

    /// What is shown, in pieces that are not cut.
    fn pieces(&self) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut here = 0;
        while here < self.bytes.len() {
            let hidden = self.hidden[here];
            let run = self.hidden[here..].iter().take_while(|other| **other == hidden).count();
            if hidden {
                pieces.push(STARS.to_owned());
            } else {
                for chunk in self.bytes[here..here + run].utf8_chunks() {
                    pieces.extend(chunk.valid().chars().map(|c| match c {
                        '\t' => " ".to_owned(),
                        _ => printable(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    }));
                    pieces.extend(chunk.invalid().iter().map(|byte| printable(&[*byte])));
                }
            }
            here += run;
        }
        pieces
    }
}

/// Whether a byte may be a digit of what something is encoded as.
fn is_digit(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=' | b'%')
}

/// Longest secret that is looked for in other forms.
const FORMS_MAX: usize = 512;

/// The password that a secret encodes, alone or behind its user's name.
fn encoded_password(secret: &[u8]) -> Option<Vec<u8>> {
    let text = decode::base64_text(secret).filter(|_| secret.len() <= FORMS_MAX)?;
    let password = memchr(b':', &text).map_or(0, |colon| colon + 1);
    (text.len() - password >= GRAM).then(|| text[password..].to_vec())
}

/// What a secret looks like encoded, by itself or as a part of more: base64 of both alphabets by the three places at
/// which it may begin, hexadecimal digits, and what a URL has for it.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    if secret.len() < GRAM || secret.len() > FORMS_MAX {
        return Vec::new();
    }
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = [&[0; 2][..before], secret].concat();
        // Digits that hold bits of the bytes beside it are none of the form.
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(engine.encode(&padded).as_bytes()[first..last].to_vec());
        }
    }
    let digits = |byte: &u8, of: &[u8; 16]| [of[usize::from(byte >> 4)], of[usize::from(byte & 15)]];
    let [mut small, mut large, mut escaped] = [const { Vec::new() }; 3];
    for byte in secret {
        small.extend(digits(byte, b"0123456789abcdef"));
        large.extend(digits(byte, b"0123456789ABCDEF"));
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            escaped.push(*byte);
        } else {
            escaped.push(b'%');
            escaped.extend(digits(byte, b"0123456789ABCDEF"));
        }
    }
    forms.extend([small, large]);
    // As it is it was looked for already.
    forms.extend((escaped != secret).then_some(escaped));
    // One that is short would be found in any other word.
    forms.retain(|form| form.len() >= GRAM);
    forms
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// All runs of [`GRAM`] bytes of a short piece of text, sorted, to look hidden parts of any length up in.
struct Runs<'a> {
    bytes: &'a [u8],
    grams: Vec<(&'a [u8], usize)>,
}

impl<'a> Runs<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut grams: Vec<_> = bytes.windows(GRAM).enumerate().map(|(at, gram)| (gram, at)).collect();
        grams.sort_unstable();
        Runs { bytes, grams }
    }

    /// For each byte of the text, whether it is in a run that some part has too. A part shorter than a run must be there
    /// as a whole.
    fn find(&self, parts: &[&[u8]]) -> Vec<bool> {
        let mut found = vec![false; self.bytes.len()];
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if part.len() < GRAM {
                for (at, _) in self.bytes.windows(part.len()).enumerate().filter(|(_, window)| window == part) {
                    found[at..at + part.len()].fill(true);
                }
                continue;
            }
            for gram in part.windows(GRAM) {
                let first = self.grams.partition_point(|(other, _)| *other < gram);
                for (_, at) in self.grams[first..].iter().take_while(|(other, _)| *other == gram) {
                    found[*at..at + GRAM].fill(true);
                }
            }
        }
        found
    }
}

/// Text of one side, the secret's, and the other side's, with as much of the sides as there is room for.
fn compose(before: &Side, middle: &str, after: &Side) -> Excerpt {
    let room = EXCERPT_MAX.saturating_sub(middle.len());
    let (before_pieces, after_pieces) = (before.pieces(), after.pieces());
    let length =
        |pieces: &[String], cut: bool| pieces.iter().map(String::len).sum::<usize>() + if cut { CUT.len() } else { 0 };
    let before_room = (room / 2).max(room.saturating_sub(length(&after_pieces, after.cut)));
    let mut text = String::with_capacity(EXCERPT_MAX);
    let (kept, cut) = fit(before_pieces.iter().rev(), before.cut, before_room);
    if cut {
        text.push_str(CUT);
    }
    text.extend(before_pieces[before_pieces.len() - kept..].iter().map(String::as_str));
    let start = text.len();
    text.push_str(middle);
    let mark = (start, text.len());
    let (kept, cut) = fit(after_pieces.iter(), after.cut, EXCERPT_MAX.saturating_sub(text.len()));
    text.extend(after_pieces[..kept].iter().map(String::as_str));
    if cut {
        text.push_str(CUT);
    }
    Excerpt { text, mark }
}

/// How many pieces fit, and whether the cut must be marked; the mark takes room too.
fn fit<'a>(pieces: impl ExactSizeIterator<Item = &'a String> + Clone, cut: bool, room: usize) -> (usize, bool) {
    if !cut && pieces.clone().map(String::len).sum::<usize>() <= room {
        return (pieces.len(), false);
    }
    if room < CUT.len() {
        return (0, false);
    }
    let mut left = room - CUT.len();
    let kept = pieces.take_while(|piece| left.checked_sub(piece.len()).inspect(|rest| left = *rest).is_some()).count();
    (kept, true)
}

/// The beginning of a shown secret, so that some of its line can be shown too.
fn cut(shown: &str) -> String {
    let most = EXCERPT_MAX * 3 / 4;
    if shown.len() <= most {
        return shown.to_owned();
    }
    let end = shown.floor_char_boundary(most - CUT.len());
    format!("{}{CUT}", &shown[..end])
}

#[cfg(test)]
mod tests {
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
}
