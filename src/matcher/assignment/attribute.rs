//! Defaults that stand in an attribute or annotation of a field, which names it behind them: `#[arg(long, default_value = "…")]` and
//! below it `password: String`, `@Option(names = "-p", defaultValue = "…") String password;`, `[DefaultValue("…")]`,
//! `@Value("${db.pw:…}")`.

use std::ops::Range;

use super::{Lexer, VALUE, is_blank, is_name, is_quote};

/// What gives a default in an attribute, in lower case, up to its quote.
const LABELS: &[&[u8]] = &[
    b"default_value = ",
    b"default_value=",
    b"defaultvalue = ",
    b"defaultvalue=",
    b"defaultvalue(",
    b"default = ",
    b"default: ",
];
/// Most attributes of a field.
const ATTRIBUTES: usize = 3;

impl Lexer<'_> {
    /// The default that an attribute gives to the field whose name is from `start` to `end`.
    pub(super) fn attributed(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let declares = match self.at(end) {
            b':' => self.at(end + 1) == b' ' && self.at(end + 2).is_ascii_uppercase(),
            b';' => true,
            b' ' => self.has(end, b" { get"),
            _ => false,
        };
        if !declares {
            return None;
        }
        let least = start.saturating_sub(VALUE).max(self.start);
        let mut before = &self.text[least..start];
        for _ in 0..ATTRIBUTES {
            let line = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
            let own = &before[line..];
            // On its own line the attribute ends before the type.
            let close = own.iter().rposition(|byte| matches!(byte, b']' | b')')).map_or(0, |close| close + 1);
            let is_field = own[close..].iter().all(|&byte| is_name(byte) || is_blank(byte) || b"<>?$".contains(&byte));
            let attribute = own[..close].trim_ascii_start();
            if !is_field && !own.trim_ascii().is_empty() {
                return None;
            }
            if [&b"#["[..], b"@", b"["].iter().any(|mark| attribute.starts_with(mark)) {
                let from = least + line + own[..close].len() - attribute.len();
                if let Some(value) = self.default_in(from..from + attribute.len()) {
                    return Some(value);
                }
            } else if close > 0 {
                return None;
            }
            before = &before[..line.checked_sub(1)?];
        }
        None
    }

    /// The default in an attribute.
    fn default_in(&self, attribute: Range<usize>) -> Option<Range<usize>> {
        let text = &self.text[attribute.clone()];
        // What serde calls for a default has its name in quotes.
        if text.starts_with(b"#[serde") {
            return None;
        }
        if text.starts_with(b"@Value(\"${") {
            let colon = memchr::memchr(b':', text)?;
            let close = colon + 1 + memchr::memchr2(b'}', b'"', &text[colon + 1..])?;
            let is_plain = text[close] == b'}' && !text[colon + 1..close].starts_with(b"${");
            return is_plain.then_some(attribute.start + colon + 1..attribute.start + close);
        }
        let lower = text.to_ascii_lowercase();
        let quote = LABELS.iter().find_map(|label| Some(memchr::memmem::find(&lower, label)? + label.len()))?;
        let quote = attribute.start + quote;
        is_quote(self.at(quote)).then(|| self.quoted(quote))?.filter(|value| value.end < attribute.end)
    }
}
