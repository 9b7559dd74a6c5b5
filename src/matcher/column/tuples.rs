//! Rows in brackets: the tuples of SQL, and those of code below a comment that names what is in them.

use std::ops::Range;

use super::Window;
use super::rows::{Cells, ROWS, is_header, separated};
use crate::candidate::Setting;

impl Window<'_> {
    /// `INSERT INTO users (name, password) VALUES ('bob', '…'), (…)`, and `COPY users (name, password) FROM stdin;`.
    pub(super) fn tuples(&self, name: &Range<usize>, out: Cells<'_>) {
        let before = &self.text[self.start..name.start];
        let Some(open) = before.iter().rposition(|byte| matches!(byte, b'(' | b')' | b';' | b'{' | b'=')) else {
            return;
        };
        if before[open] != b'(' {
            return;
        }
        let head = before[..open].trim_ascii_end();
        let statement = &head[memchr::memrchr2(b';', b'\n', head).map_or(0, |line| line + 1)..];
        let has = |word: &[u8]| statement.windows(word.len()).any(|here| here.eq_ignore_ascii_case(word));
        let is_copy = has(b"copy ");
        if !(is_copy || has(b"into")) {
            return;
        }
        let column = before[open..].iter().filter(|&&byte| byte == b',').count();
        let rest = &self.text[name.end..self.end];
        let Some(close) = rest.iter().position(|byte| matches!(byte, b'(' | b')' | b';')) else { return };
        let place = self.after_blanks(name.end + close + 1);
        if is_copy {
            return self.copied(place, column, out);
        }
        if rest[close] != b')' || !self.text[place..self.end.min(place + 6)].eq_ignore_ascii_case(b"values") {
            return;
        }
        self.rows_of_values(place + 6, column, out);
    }

    /// The cells of a column in the tuples behind `VALUES`; gives the place behind them.
    pub(super) fn rows_of_values(&self, mut place: usize, column: usize, out: Cells<'_>) -> usize {
        for _ in 0..ROWS {
            place = self.after_blanks(place);
            if self.at(place) != b'(' {
                return place;
            }
            let Some(end) = self.tuple(place + 1, column, out) else { return place };
            place = self.after_blanks(end);
            if self.at(place) != b',' {
                return place;
            }
            place += 1;
        }
        place
    }

    /// Rows of literals in code below a comment that names what is in them: `# (host, user, password)` and `("nas1", "robin", "…"),`.
    pub(super) fn commented(&self, name: &Range<usize>, out: Cells<'_>) {
        const MARKS: [&[u8]; 4] = [b"#", b"//", b"--", b"/*"];
        let Some(header) = self.line(name.start) else { return };
        let line = self.text[header.clone()].trim_ascii();
        let Some(mark) = MARKS.iter().find(|mark| line.starts_with(mark)) else { return };
        let line = line[mark.len()..].trim_ascii();
        let line = line.strip_suffix(b"*/").unwrap_or(line).trim_ascii();
        let names = match line {
            [b'(', names @ .., b')'] | [b'[', names @ .., b']'] | [b'{', names @ .., b'}'] => names,
            names => names,
        };
        let count = names.split(|&byte| byte == b',').count();
        if count < 2 || !names.split(|&byte| byte == b',').all(|name| is_header(name.trim_ascii())) {
            return;
        }
        let column = self.text[header.start..name.start].iter().filter(|&&byte| byte == b',').count();
        for row in self.below(&header) {
            let text = self.text[row.clone()].trim_ascii_start();
            let start = row.end - text.len();
            match text.first() {
                Some(b'(' | b'[' | b'{') if text.len() > 1 => {
                    if self.tuple(start + 1, column, out).is_none() {
                        return;
                    }
                }
                // The list begins below the comment, or another comment stands between.
                Some(_) if text.ends_with(b"[") || text.ends_with(b"(") || text.ends_with(b"{") => {}
                Some(_) if MARKS.iter().any(|mark| text.starts_with(mark)) => {}
                _ => return,
            }
        }
    }

    /// The lines of a `COPY`, with tabs between their cells.
    fn copied(&self, place: usize, column: usize, out: Cells<'_>) {
        let Some(own) = self.line(place) else { return };
        if !self.text[place..own.end].to_ascii_lowercase().starts_with(b"from stdin") {
            return;
        }
        for row in self.below(&own) {
            let line = &self.text[row.clone()];
            if line.starts_with(b"\\.") {
                return;
            }
            let Some(cell) = separated(line, b'\t').nth(column) else { return };
            self.cell(row.start + cell.start..row.start + cell.end, Setting::Bare, out);
        }
    }

    /// Reads one tuple behind its bracket, which may be of any kind; gives the place behind it.
    pub(super) fn tuple(&self, mut place: usize, column: usize, out: Cells<'_>) -> Option<usize> {
        let mut depth = 0;
        let mut index = 0;
        let mut literal = None;
        while place < self.end {
            match self.text[place] {
                b'\'' | b'"' => {
                    let end = self.string_end(place)?;
                    let is_whole = depth == 0 && literal.is_none();
                    if is_whole && index == column {
                        literal = Some((place + 1..end, false));
                    }
                    place = end;
                }
                // A raw string of C++.
                b'R' if self.at(place + 1) == b'"' && self.at(place + 2) == b'(' => {
                    let end = place + 3 + memchr::memmem::find(&self.text[place + 3..self.end], b")\"")?;
                    if depth == 0 && literal.is_none() && index == column {
                        literal = Some((place + 3..end, false));
                    }
                    place = end + 1;
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth > 0 => depth -= 1,
                byte @ (b',' | b')' | b']' | b'}') if depth == 0 => {
                    if let Some((value, false)) = literal.take() {
                        out(value, Setting::Quoted);
                    }
                    if byte != b',' {
                        return Some(place + 1);
                    }
                    index += 1;
                }
                byte if byte.is_ascii_whitespace() || byte == b'N' => {}
                // A part of an expression: `MD5('…')`, `'…' || x`.
                _ if index == column => literal = Some((place..place, true)),
                _ => {}
            }
            place += 1;
        }
        None
    }

    /// The quote that closes the string at `open`: a doubled one and one behind a backslash do not.
    pub(super) fn string_end(&self, open: usize) -> Option<usize> {
        let quote = self.text[open];
        let mut place = open + 1;
        while place < self.end {
            match self.text[place] {
                b'\\' => place += 1,
                byte if byte == quote && self.at(place + 1) == quote => place += 1,
                byte if byte == quote => return Some(place),
                _ => {}
            }
            place += 1;
        }
        None
    }
}
