//! Dumps whose rows name no columns: the statement that makes the table does, and stands above them.

use std::ops::Range;

use super::Window;
use super::rows::{Cells, ROWS};

/// How the types of columns begin that hold texts.
const TEXTS: &[&[u8]] = &[
    b"varchar",
    b"char",
    b"text",
    b"nvarchar",
    b"nchar",
    b"tinytext",
    b"mediumtext",
    b"longtext",
    b"varbinary",
    b"clob",
    b"string",
];

impl Window<'_> {
    /// The name of a column of texts that a word stands in, where its definition begins: `` `password` varchar(80) ``.
    pub(super) fn definition(&self, hit: &Range<usize>) -> Option<Range<usize>> {
        let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let rest = &self.text[hit.end..self.end.min(hit.end + super::NAME)];
        let end = hit.end + rest.iter().position(|byte| !in_name(byte))?;
        let quote = usize::from(matches!(self.at(end), b'`' | b'"' | b']'));
        let kind = end + quote + 1;
        let kind = self.text[..self.end].get(kind..kind + 12).filter(|_| self.at(kind - 1) == b' ')?;
        if !TEXTS.iter().any(|text| kind.len() >= text.len() && kind[..text.len()].eq_ignore_ascii_case(text)) {
            return None;
        }
        let least = hit.start.saturating_sub(super::NAME).max(self.start);
        let start = hit.start - self.text[least..hit.start].iter().rev().take_while(|byte| in_name(byte)).count();
        Some(start..end)
    }

    /// The cells of a column of `CREATE TABLE users (…, password varchar(80), …)` in `INSERT INTO users VALUES (…)` below it.
    pub(super) fn defined(&self, name: &Range<usize>, out: Cells<'_>) {
        let before = self.text[self.start..name.start].to_ascii_lowercase();
        let Some(head) = memchr::memmem::rfind(&before, b"create table ") else { return };
        let head = self.start + head + b"create table ".len();
        let Some(open) = memchr::memchr(b'(', &self.text[head..name.start]).map(|open| head + open) else { return };
        let table = self.text[head..open].trim_ascii_end();
        let table = &table[table.iter().rposition(u8::is_ascii_whitespace).map_or(0, |blank| blank + 1)..];
        // Commas before the name, and the bracket that ends the definition; those in brackets are of types.
        let (mut place, mut depth, mut column, mut is_met) = (open + 1, 0, 0, false);
        loop {
            if place >= self.end {
                return;
            }
            is_met |= place == name.start && depth == 0;
            match self.text[place] {
                b'\'' => match self.string_end(place) {
                    Some(end) => place = end,
                    None => return,
                },
                b'(' => depth += 1,
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                b',' if depth == 0 && place < name.start => column += 1,
                _ => {}
            }
            place += 1;
        }
        if !is_met || table.is_empty() {
            return;
        }
        for _ in 0..ROWS {
            let rest = &self.text[place..self.end];
            let Some(insert) = find_insert(rest) else { return };
            place += insert + b"insert into ".len();
            let Some(values) = self.text[place..self.end].strip_prefix(table) else { continue };
            let values = self.end - values.len();
            let values = self.after_blanks(values);
            if self.text[values..self.end.min(values + 6)].eq_ignore_ascii_case(b"values") {
                place = self.rows_of_values(values + 6, column, out);
            }
        }
    }
}

/// Where the next `INSERT INTO ` stands, in capitals or not.
fn find_insert(text: &[u8]) -> Option<usize> {
    memchr::memchr2_iter(b'I', b'i', text)
        .find(|&at| text.get(at..at + 12).is_some_and(|word| word.eq_ignore_ascii_case(b"insert into ")))
}
