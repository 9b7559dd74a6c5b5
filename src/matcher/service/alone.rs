//! Where nothing but the service's word tells what a value is: the word is its name (`FASTLY = "…"`), stands first in the row that the value
//! is in (`{:okta, "x.okta.com", "id", "secret"}`), or in the lines above of the same entry (`- name: vultr⏎  t: …`).
//!
//! No name speaks of a secret here, so the value itself must: it has all classes of its alphabet, and where digests and ids are written like
//! it, nothing around it may be a list of such.

use std::ops::Range;

use crate::signature::service::Alphabet;

/// A value, the word before it, and the window around both.
pub(super) struct Spot<'a> {
    /// The window.
    pub window: &'a [u8],
    /// The service's word in it.
    pub word: Range<usize>,
    /// The value in it.
    pub value: Range<usize>,
    /// What the value is written with.
    pub alphabet: Alphabet,
}

/// Words beside which a run of hexadecimal digits is a digest or an id, as a whole name's part and within one.
const OF_DIGESTS: [&[u8]; 10] =
    [b"sha", b"sha1", b"sha256", b"sha512", b"rev", b"etag", b"md5", b"uuid", b"guid", b"pins"];
const IN_DIGESTS: [&[u8]; 6] = [b"commit", b"hash", b"digest", b"checksum", b"integrity", b"revision"];
/// Fewest characters of a value that no name tells.
const LEAST: usize = 20;
/// The same of an entry of a row, where more stands beside it.
const LEAST_OF_ROW: usize = 16;
/// The same of letters of one case with digits, as ids have them, too.
const LEAST_OF_CASE: usize = 30;

impl Spot<'_> {
    /// Whether the word alone tells the value.
    pub(super) fn is_told(&self) -> bool {
        self.is_random() && (self.is_its_name() || self.is_in_row() || self.is_in_entry())
    }

    /// Whether an id stands before the value in its row.
    pub(super) fn follows_id(&self) -> bool {
        follows_id(split_quote(self.between()).0)
    }

    fn text(&self) -> &[u8] {
        &self.window[self.value.clone()]
    }

    /// What stands between the word and the value.
    fn between(&self) -> &[u8] {
        &self.window[self.word.end..self.value.start]
    }

    fn after(&self) -> &[u8] {
        &self.window[self.value.end..]
    }

    /// Whether digests and ids are written like the value.
    fn is_common(&self) -> bool {
        matches!(self.alphabet, Alphabet::Hex | Alphabet::UpperHex | Alphabet::Uuid)
    }

    /// Whether the value has all classes of its alphabet, and more characters than names and ids of programs.
    fn is_random(&self) -> bool {
        let value = self.text();
        let count = |class: fn(&u8) -> bool| value.iter().filter(|byte| class(byte)).count();
        let (small, large, digits) =
            (count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase), count(u8::is_ascii_digit));
        match self.alphabet {
            Alphabet::Hex | Alphabet::UpperHex => value.len() >= 32 && digits >= 4 && small + large >= 4,
            Alphabet::Uuid => digits >= 4 && small + large >= 4,
            Alphabet::Lower | Alphabet::Upper => value.len() >= LEAST_OF_CASE && digits >= 3,
            _ => value.len() >= LEAST_OF_ROW && small >= 2 && large >= 2 && digits >= 1,
        }
    }

    /// `FASTLY = 'V'`, `env.TRAVIS=V`, `"twilio": "V"`, `param("env.TRAVIS", "V")`, `opsgenie_k = "V"`.
    fn is_its_name(&self) -> bool {
        let between = self.between();
        let rest = between.iter().take_while(|byte| is_name(byte)).count();
        let (rest, operator) = between.split_at(rest);
        let is_short = matches!(rest, [b'_' | b'-' | b'.', b'k' | b'K' | b't' | b'T' | b's' | b'S']);
        if self.text().len() < LEAST || !rest.is_empty() && !is_short {
            return false;
        }
        let name = self.name_before();
        let is_quoted = operator.first().is_some_and(is_quote);
        let operator = operator.strip_prefix(b"\"").or_else(|| operator.strip_prefix(b"'")).unwrap_or(operator);
        let (operator, quote) = split_quote(operator);
        let is_operator = match operator.trim_ascii() {
            b"=" | b":" | b"=>" | b":=" | b"<-" => operator.len() <= 24,
            b"," => is_quoted && quote.is_some(),
            _ => false,
        };
        if !is_operator || operator.contains(&b'\n') || !self.is_whole(quote) {
            return false;
        }
        let is_namespace = matches!(name.last(), None | Some(b'.' | b':' | b'/'));
        match self.alphabet {
            // Ids of all kinds are UUIDs: only what is a setting by its name is none.
            Alphabet::Uuid => {
                let word = &self.window[self.word.clone()];
                is_namespace && (is_short || !word.iter().any(u8::is_ascii_lowercase)) && !self.is_among_digests()
            }
            _ if self.is_common() => is_namespace && !self.is_among_digests(),
            _ => !says_digest(name),
        }
    }

    /// The name's part before the word.
    fn name_before(&self) -> &[u8] {
        let before = &self.window[..self.word.start];
        let length = before.iter().rev().take_while(|byte| is_name(byte) || matches!(byte, b':' | b'/')).count();
        &before[before.len() - length..]
    }

    /// Whether the value is all that its quotes hold, or without quotes all that its line has left, less a remark.
    fn is_whole(&self, quote: Option<u8>) -> bool {
        let after = self.after();
        if let Some(quote) = quote {
            return after.first() == Some(&quote);
        }
        let line = &after[..memchr::memchr(b'\n', after).unwrap_or(after.len())];
        let line = line.trim_ascii_end();
        matches!(line, [] | [b' ', b'\\' | b'#', ..] | [b',' | b';' | b'\\'])
    }

    /// `KRAKEN = ("id", "V")`, `nexmo => [ 'id', 'V' ]`, `Shodan,security,V`, `Up("https://api.mistral.ai/v1", "V")`.
    fn is_in_row(&self) -> bool {
        let between = self.between();
        let (elements, quote) = split_quote(between);
        let key = key_of(elements);
        let elements = &elements[..elements.len() - key];
        if between.contains(&b'\n')
            || !self.is_first()
            || !ends_name(elements)
            || !is_row(elements)
            || key > 0 && quote.is_none()
        {
            return false;
        }
        let is_end = |byte: &u8| matches!(byte, b',' | b'\t' | b'|' | b';' | b'\n' | b'\r' | b')' | b']' | b'}');
        let is_whole = match quote {
            Some(quote) => self.after().strip_prefix(b"\\").unwrap_or(self.after()).first() == Some(&quote),
            None => self.after().first().is_none_or(is_end),
        };
        is_whole && !says_digest(elements) && (!self.is_common() || follows_id(elements))
    }

    /// Whether the word begins what it is in, or stands in the name of a host.
    fn is_first(&self) -> bool {
        let before = &self.window[..self.word.start];
        let is_edge = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'@' | b'/' | b'.');
        let in_host = |byte: &u8| matches!(byte, b'.' | b'/') && self.between().iter().any(is_quote);
        before.last().is_none_or(|byte| is_edge(byte) || in_host(byte))
    }

    /// `- name: vultr⏎  t: V`, `[live.vultr]⏎s = "V"`: the name next to the value is a letter or two.
    fn is_in_entry(&self) -> bool {
        let (lines, quote) = split_quote(self.between());
        let Some(first) = memchr::memchr(b'\n', lines) else { return false };
        let ends = matches!(
            lines[..first].trim_ascii_end(),
            [] | [b'"' | b'\'' | b']' | b':' | b','] | [b'"' | b'\'' | b']', b',' | b']']
        );
        let last = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let name = lines[last..].trim_ascii();
        let Some(name) = name.strip_suffix(b":").or_else(|| name.strip_suffix(b"=")) else { return false };
        let name: Vec<u8> = name.iter().filter(|byte| !matches!(byte, b' ' | b'"' | b'\'')).copied().collect();
        // Lines between are further keys of that entry, and begin no other.
        let is_key = |line: &[u8]| {
            let line = line.trim_ascii();
            !line.starts_with(b"-")
                && line.first().is_some_and(u8::is_ascii_alphabetic)
                && line.iter().any(|byte| matches!(byte, b':' | b'='))
        };
        let inner = &lines[first..last];
        ends && matches!(&name[..], b"k" | b"t" | b"s" | b"p" | b"c" | b"tk" | b"sk" | b"ck" | b"v")
            && inner.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).all(is_key)
            && self.is_whole(quote)
    }

    /// Whether a line beside speaks of digests, or ends in a value of the same kind, as in a list of these.
    fn is_among_digests(&self) -> bool {
        let before = &self.window[..self.word.start];
        let is_like = |line: &[u8]| {
            let line = line.trim_ascii_end();
            let end = line.iter().rposition(|byte| self.is_digit(byte)).map_or(0, |at| at + 1);
            let run = line[..end].iter().rev().take_while(|byte| self.is_digit(byte)).count();
            run == self.value.len() && line.len() - end <= 3
        };
        let above = before.rsplit(|byte| *byte == b'\n').take(3).any(|line| says_digest(line) || is_like(line));
        let below = self.after().split(|byte| *byte == b'\n').skip(1).take(2).any(is_like);
        above || below || self.after().split(|byte| *byte == b'\n').next().is_some_and(says_digest)
    }

    fn is_digit(&self, byte: &u8) -> bool {
        byte.is_ascii_hexdigit() || self.alphabet == Alphabet::Uuid && *byte == b'-'
    }
}

fn is_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_quote(byte: &u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// What stands before a value, less the quote that opens it.
fn split_quote(before: &[u8]) -> (&[u8], Option<u8>) {
    match before {
        [rest @ .., b'\\', quote] | [rest @ .., quote] if is_quote(quote) => (rest, Some(*quote)),
        _ => (before, None),
    }
}

/// Length of a key of one or two letters in quotes with its colon, at the end: `"k":`.
fn key_of(elements: &[u8]) -> usize {
    let trimmed = elements.trim_ascii_end();
    let Some(key) = trimmed.strip_suffix(b"\":") else { return 0 };
    let letters = key.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let is_key = (1..=2).contains(&letters) && key[..key.len() - letters].ends_with(b"\"");
    if is_key { letters + 3 + elements.len() - trimmed.len() } else { 0 }
}

/// Whether what follows the word ends its name, or a host's in quotes: `.example.com/v1", `.
fn ends_name(elements: &[u8]) -> bool {
    match elements.first() {
        Some(b'.' | b'/') => {
            let rest = elements.iter().take_while(|byte| is_name(byte) || matches!(byte, b'/' | b':')).count();
            matches!(elements[rest..], [b'"' | b'\'', b',', ..])
        }
        Some(byte) => !is_name(byte),
        None => false,
    }
}

/// Whether a text is elements with what divides them, up to where one more begins: no prose, in which blanks divide words.
fn is_row(elements: &[u8]) -> bool {
    let ends = matches!(elements.trim_ascii_end().last(), Some(b',' | b'[' | b'(' | b'{' | b'|' | b';'))
        || elements.last() == Some(&b'\t');
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let is_prose = elements.windows(3).any(|three| three[1] == b' ' && is_word(three[0]) && is_word(three[2]));
    let is_element = |byte: &u8| is_word(*byte) || b" \t\"'`,[({|;:/+@=>".contains(byte);
    ends && !is_prose && elements.iter().all(is_element)
}

/// Whether the last element is an id: a run of letters and digits, or a UUID, and no version.
fn follows_id(elements: &[u8]) -> bool {
    let is_of_id = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let end = elements.iter().rposition(is_of_id).map_or(0, |at| at + 1);
    let id = &elements[end - elements[..end].iter().rev().take_while(|byte| is_of_id(byte)).count()..end];
    let before = elements[..end - id.len()].last();
    id.len() >= 8
        && id.iter().any(u8::is_ascii_digit)
        && id.iter().any(u8::is_ascii_alphabetic)
        && before.is_some_and(is_quote)
}

/// Whether a text tells of digests or of ids.
fn says_digest(text: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    IN_DIGESTS.iter().any(|word| memchr::memmem::find(&text, word).is_some())
        || text.split(|byte| !byte.is_ascii_alphanumeric()).any(|word| OF_DIGESTS.contains(&word))
}
