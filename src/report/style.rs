//! What a person sees on a terminal: colours where they are wanted, text that cannot act, lines that fit.

use std::borrow::Cow;
use std::fmt;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar;

use crate::origin::printable;
use crate::signature::Severity;

/// Columns of running text where the terminal's width is not known.
const WIDTH: usize = 100;
/// Least columns text is set in, however narrow the terminal.
const NARROW: usize = 40;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const MARK: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();

/// The colour of a severity.
pub(super) fn of_severity(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => BAD,
        Severity::Medium => AnsiColor::Yellow.on_default().bold(),
        Severity::Low | Severity::Info => AnsiColor::Cyan.on_default().bold(),
    }
}

/// How lines are set.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    pub color: bool,
    pub width: Option<usize>,
}

impl Setting {
    /// Text in a style, if styles are wanted.
    pub(super) fn paint<T: fmt::Display>(self, style: Style, text: T) -> Painted<T> {
        Painted { style: if self.color { style } else { Style::new() }, text }
    }

    /// Running text broken into lines that fit beside an indent; a word that is longer has a line of its own.
    pub(super) fn wrap(self, text: &str, indent: usize) -> Vec<String> {
        let room = self.width.unwrap_or(WIDTH).clamp(NARROW, WIDTH).saturating_sub(indent);
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match lines.last_mut() {
                // An order to a build server must not begin a line: see [`safe`].
                Some(line) if columns(line) + 1 + columns(word) <= room || word.starts_with("::") => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }

    /// The three parts of a line, cut so that they fit beside an indent with the middle one in sight.
    pub(super) fn crop<'t>(self, parts: [&'t str; 3], indent: usize) -> [Cow<'t, str>; 3] {
        let [before, middle, after] = parts;
        let all = columns(before) + columns(middle) + columns(after);
        let room = self.width.map_or(all, |width| width.max(NARROW).saturating_sub(indent));
        if all <= room {
            return parts.map(Cow::Borrowed);
        }
        let middle = first_columns(middle, room);
        let beside = room - columns(&middle);
        let before_room = (beside / 2).max(beside.saturating_sub(columns(after))).min(columns(before));
        let before = last_columns(before, before_room);
        let after = first_columns(after, beside - columns(&before).min(beside));
        [before, middle, after]
    }
}

/// Text in a style.
pub(super) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.style, self.text, self.style)
    }
}

/// The end of a text, at most `room` columns wide with the `…` before it.
fn last_columns(text: &str, room: usize) -> Cow<'_, str> {
    if columns(text) <= room {
        return Cow::Borrowed(text);
    }
    let kept = fitting(text.chars().rev(), room);
    if room == 0 { Cow::Borrowed("") } else { Cow::Owned(format!("…{}", &text[text.len() - kept..])) }
}

/// The beginning of a text, at most `room` columns wide with the `…` after it.
fn first_columns(text: &str, room: usize) -> Cow<'_, str> {
    if columns(text) <= room {
        return Cow::Borrowed(text);
    }
    let kept = fitting(text.chars(), room);
    if room == 0 { Cow::Borrowed("") } else { Cow::Owned(format!("{}…", &text[..kept])) }
}

/// Bytes of the characters that fit beside a `…`.
fn fitting(chars: impl Iterator<Item = char>, room: usize) -> usize {
    let mut used = 1;
    let fits = |c: &char| {
        used += column(*c);
        used <= room
    };
    chars.take_while(fits).map(char::len_utf8).sum()
}

fn column(c: char) -> usize {
    c.width().unwrap_or(1)
}

/// Columns a text takes on a terminal, character by character.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// Text of others made safe for a terminal and for the log of a build: nothing that either would obey.
///
/// Build servers take orders from lines of output, some of them anywhere in a line: `##[…]`, `##vso[…]`,
/// `##teamcity[…]`. Lines that begin with `::` are orders too: no line may begin with text of others.
pub(super) fn safe(bytes: &[u8]) -> String {
    let text = printable(bytes);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find("##") {
        let word = &rest[at + 2..];
        let is_order = word.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-').starts_with('[');
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        if is_order {
            out.push_str("\\u{23}");
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun.
pub(super) fn count(of: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(of as u64), if of == 1 { one } else { many })
}

/// Bytes in decimal units.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return count(bytes as usize, "byte", "bytes");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NARROW_SETTING: Setting = Setting { color: false, width: Some(40) };

    #[test]
    fn numbers() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 1, 999, 1000, 999_949, 999_950, 12_345_678, u64::MAX].map(size),
            ["0 bytes", "1 byte", "999 bytes", "1.0 kB", "999.9 kB", "1.0 MB", "12.3 MB", "18.4 EB"]
        );
    }

    #[test]
    fn orders_to_build_servers_are_broken() {
        assert_eq!(safe(b"a ##[error]b"), "a #\\u{23}[error]b");
        assert_eq!(safe(b"##vso[task.x]###[y]"), "#\\u{23}vso[task.x]##\\u{23}[y]");
        assert_eq!(safe(b"## heading [link]"), "## heading [link]");
        assert_eq!(safe(b"\x1b]0;x\x07#"), "\\u{1b}]0;x\\u{7}#");
    }

    #[test]
    fn words_are_kept_whole() {
        let url = format!("https://example.com/{}", "x".repeat(40));
        assert_eq!(NARROW_SETTING.wrap(&format!("one two {url} three"), 10), ["one two", &*url, "three"]);
        assert_eq!(NARROW_SETTING.wrap(&"word ".repeat(9), 10).len(), 2);
        assert!(NARROW_SETTING.wrap("", 0).is_empty());
        let order = format!("{} ::error::x", "word ".repeat(8));
        assert!(NARROW_SETTING.wrap(&order, 0).iter().all(|line| !line.starts_with("::")));
    }

    #[test]
    fn long_lines_keep_the_middle() {
        let long = "x".repeat(100);
        assert_eq!(
            NARROW_SETTING.crop([&long, "MIDDLE", &long], 10).concat(),
            format!("…{}MIDDLE{}…", "x".repeat(11), "x".repeat(11))
        );
        assert_eq!(NARROW_SETTING.crop(["ab", "MIDDLE", &long], 10).concat(), format!("abMIDDLE{}…", "x".repeat(21)));
        assert_eq!(NARROW_SETTING.crop(["日本語", "M", ""], 10).concat(), "日本語M");
        let free = Setting { color: false, width: None };
        assert_eq!(free.crop([&long, "M", &long], 10).concat().len(), 201);
    }

    proptest! {
        #[test]
        fn a_cropped_line_fits(before in ".{0,60}", middle in ".{0,60}", after in ".{0,60}", width in 0..100usize) {
            let setting = Setting { color: false, width: Some(width) };
            let cropped = setting.crop([&before, &middle, &after], 9);
            prop_assert!(cropped.iter().map(|part| columns(part)).sum::<usize>() <= width.max(NARROW));
        }
    }
}
