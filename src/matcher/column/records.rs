//! Records of code: what declares one names its fields, and what makes one gives their values by position.
//!
//! `data class Db(val url: String, val password: String)` and `Db("jdbc:…", "…")`, `Login = Struct.new(:user, :password)`,
//! `struct { const char *user; const char *pw; } logins[] = { { "robin", "…" } }`, `Basic of user: string * password: string`.

use std::ops::Range;

use super::Window;
use super::rows::Cells;
use crate::candidate::Setting;
use crate::matcher::ends_with;

/// How types of texts begin behind the name of a field.
const BEHIND: &[&[u8]] = &[b"string", b"str", b"bytestring", b"text"];
/// How types of texts end before it.
const BEFORE: &[&[u8]] =
    &[b"string ", b"string? ", b"string_view ", b"char *", b"char* ", b"char * ", b"char *const ", b"str "];
/// Places where a record may be made that are tried.
const MAKERS: usize = 32;
/// Longest row, in bytes.
const ROW: usize = 512;
/// Bytes between what is declared and the bracket that opens its first row.
const HEAD: usize = 48;

/// Where a field stands, and how the record is made.
struct Field<'t> {
    /// The name of the record; none for rows and constants behind the declaration.
    record: &'t [u8],
    /// Fields before it.
    column: usize,
    /// The end of the declaration.
    end: usize,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The word that a text ends with.
fn last_word(text: &[u8]) -> &[u8] {
    &text[text.iter().rposition(|&byte| !is_word(byte)).map_or(0, |at| at + 1)..]
}

impl Window<'_> {
    /// The name of a field of texts that a word stands in, where a record may be declared.
    pub(super) fn field(&self, hit: &Range<usize>) -> Option<Range<usize>> {
        let rest = &self.text[hit.start..self.end.min(hit.end + super::NAME)];
        let first = rest.iter().position(|&byte| is_word(byte))?;
        let end = hit.start + first + rest[first..].iter().position(|&byte| !is_word(byte))?;
        let least = hit.start.saturating_sub(super::NAME).max(self.start);
        let start = |at: usize| at - self.text[least..at].iter().rev().take_while(|&&byte| is_word(byte)).count();
        let before = |start: usize| &self.text[least.min(start)..start];
        let is_field = match self.at(end) {
            b',' | b';' | b')' => {
                let before = before(start(hit.start + first));
                // `const char *user, *pw;`
                let is_further = before.ends_with(b", *") && memchr::memmem::find(before, b"char *").is_some();
                before.ends_with(b":") || is_further || BEFORE.iter().any(|kind| ends_with(before, kind))
            }
            b'[' => before(start(hit.start + first)).ends_with(b"char ") && self.at(end + 1).is_ascii_alphanumeric(),
            b'"' | b'\'' => matches!(self.at(end + 1), b')' | b']'),
            b':' | b' ' => {
                let kind = (end..end + 5).find(|&at| !matches!(self.at(at), b':' | b' ')).unwrap_or(end);
                let text = &self.text[kind.min(self.end)..self.end];
                let letters = text.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric()).count();
                BEHIND.iter().any(|word| text[..letters].eq_ignore_ascii_case(word))
            }
            _ => false,
        };
        is_field.then(|| start(hit.start + first)..end)
    }

    /// The values that records are given for a field whose name is that.
    pub(super) fn made(&self, name: &Range<usize>, out: Cells<'_>) {
        let field = self.in_union(name).or_else(|| self.in_class(name)).or_else(|| self.in_line(name));
        let Some(field) = field.or_else(|| self.in_brackets(name)) else { return };
        if field.record.is_empty() {
            let open = (field.end..self.end.min(field.end + HEAD)).find(|&at| matches!(self.text[at], b'{' | b';'));
            if let Some(open) = open.filter(|&open| self.text[open] == b'{') {
                self.made_rows(open + 1, field.column, out);
            }
            return;
        }
        let text = &self.text[field.end.min(self.end)..self.end];
        for at in memchr::memmem::find_iter(text, field.record).take(MAKERS) {
            let (start, end) = (field.end + at, field.end + at + field.record.len());
            if !is_word(self.text[start - 1]) && !is_word(self.at(end)) {
                self.maker(end, field.column, out);
            }
        }
    }

    /// What the record is given whose name ends at `place`: `Db(…)`, `Login.new(…)`, `Config{…}`, `Account a{…}`,
    /// `Account all[] = {{…}, {…}}`, `Credentials "…" "…"`.
    fn maker(&self, place: usize, column: usize, out: Cells<'_>) {
        let place = place + if self.text[place..self.end].starts_with(b".new(") { 4 } else { 0 };
        // `std::vector<Login> all = {`
        let place = place + usize::from(self.at(place) == b'>');
        let is_head = |byte: u8| is_word(byte) || matches!(byte, b' ' | b'[' | b']' | b'=');
        let Some(open) = (place..self.end.min(place + HEAD)).find(|&at| !is_head(self.text[at])) else { return };
        match self.text[open] {
            b'(' if open == place => {
                self.once(open + 1, column, out);
            }
            b'{' if matches!(self.at(self.after_blanks(open + 1)), b'{' | b'(') => {
                self.made_rows(open + 1, column, out)
            }
            b'{' => {
                self.once(open + 1, column, out);
            }
            b'"' if open == place + 1 => {
                let mut quote = open;
                for _ in 0..column {
                    let Some(end) = self.string_end(quote) else { return };
                    quote = self.after_blanks(end + 1);
                    if self.at(quote) != b'"' || quote == end + 1 {
                        return;
                    }
                }
                if let Some(end) = self.string_end(quote) {
                    out(quote + 1..end, Setting::Quoted);
                }
            }
            _ => {}
        }
    }

    /// Reads one row behind its bracket, as [`Window::tuple`] does. What stands in it once more is what something is made of, or made
    /// from: a test of what reads URLs.
    fn once(&self, place: usize, column: usize, out: Cells<'_>) -> Option<usize> {
        let mut found = None;
        let row = Window { text: self.text, start: self.start, end: self.end.min(place + ROW) };
        let end = row.tuple(place, column, &mut |value, setting| found = Some((value, setting)))?;
        if let Some((value, setting)) = found {
            let row = &self.text[place..end];
            let is_other =
                !value.is_empty() && memchr::memmem::find_iter(row, &self.text[value.clone()]).nth(1).is_some();
            if !is_other {
                out(value, setting);
            }
        }
        Some(end)
    }

    /// Rows in brackets, with comments between them. The constants of a type have their names before the brackets.
    fn made_rows(&self, mut place: usize, column: usize, out: Cells<'_>) {
        for _ in 0..MAKERS {
            place = self.after_comments(place);
            place += self.text[place.min(self.end)..self.end].iter().take_while(|&&byte| is_word(byte)).count();
            if !matches!(self.at(place), b'{' | b'(') {
                return;
            }
            let Some(end) = self.once(place + 1, column, out) else { return };
            place = self.after_blanks(end);
            if self.at(place) != b',' {
                return;
            }
            place += 1;
        }
    }

    /// A case of a union that has its fields on its line: `| Basic of user: string * password: string`.
    fn in_union(&self, name: &Range<usize>) -> Option<Field<'_>> {
        let line = self.line(name.start)?;
        let before = &self.text[line.start..name.start];
        let of = memchr::memmem::rfind(before, b" of ")?;
        let column = memchr::memmem::find_iter(&before[of..], b" * ").count();
        let record = last_word(&before[..of]);
        (!record.is_empty()).then_some(Field { record, column, end: line.end })
    }

    /// `record Login, user : String, password : String` of Crystal.
    fn in_line(&self, name: &Range<usize>) -> Option<Field<'_>> {
        let line = self.line(name.start)?;
        let before = self.text[line.start..name.start].trim_ascii_start().strip_prefix(b"record ")?;
        let record = &before[..before.iter().position(|&byte| !is_word(byte))?];
        let commas = before.iter().filter(|&&byte| byte == b',').count();
        let is_record = before[record.len()..].starts_with(b", ") && !record.is_empty();
        is_record.then(|| Field { record, column: commas - 1, end: line.end })
    }

    /// A class of Python whose fields are the lines below its head.
    fn in_class(&self, name: &Range<usize>) -> Option<Field<'_>> {
        let mut line = self.line(name.start).filter(|_| self.at(name.end) == b':')?;
        let indent = name.start - line.start;
        if indent == 0 || !self.text[line.start..name.start].iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        for column in 0..MAKERS {
            line = self.line(line.start.checked_sub(1).filter(|&end| end > self.start)?)?;
            let text = &self.text[line.clone()];
            let trimmed = text.trim_ascii_start();
            if let Some(head) = trimmed.strip_prefix(b"class ") {
                let record = &head[..head.iter().position(|&byte| !is_word(byte))?];
                let is_head = text.len() - trimmed.len() < indent && text.trim_ascii_end().ends_with(b":");
                return (is_head && !record.is_empty()).then_some(Field { record, column, end: name.end });
            }
            let field = trimmed.iter().position(|&byte| !is_word(byte))?;
            if text.len() - trimmed.len() != indent || trimmed[field] != b':' {
                return None;
            }
        }
        None
    }

    /// A declaration whose fields stand in brackets.
    fn in_brackets(&self, name: &Range<usize>) -> Option<Field<'_>> {
        let (mut depth, mut commas, mut semicolons, mut lines) = (0, 0, 0, 0);
        let mut is_line = false;
        let open = (self.start..name.start).rev().find(|&at| {
            match self.text[at] {
                b')' | b']' | b'}' => depth += 1,
                b'(' | b'{' if depth == 0 => return true,
                b'(' | b'[' | b'{' => depth -= 1,
                b',' if depth == 0 => commas += 1,
                b';' if depth == 0 => semicolons += 1,
                b'\n' if depth == 0 => lines += usize::from(std::mem::take(&mut is_line)),
                byte => is_line |= !byte.is_ascii_whitespace(),
            }
            depth < 0
        })?;
        let close = self.closing(name.end)?;
        let head = self.text[self.start..open].trim_ascii_end();
        let record = last_word(head);
        let before = head[..head.len() - record.len()].trim_ascii_end();
        if self.text[open] == b'(' {
            return self.in_round(name, open, close, commas);
        }
        // `struct Account {`, `type Config struct {`, `data Login = Login {`, `struct { … } logins[] = {`.
        let keyword = last_word(before);
        if record == b"struct" && before[..before.len() - keyword.len()].ends_with(b"type ") {
            return (commas == 0 && !keyword.is_empty()).then_some(Field {
                record: keyword,
                column: lines,
                end: close,
            });
        }
        // One declaration of C may have several names, where other languages have fields with their types behind them.
        let declares = || {
            let inside = &self.text[open..name.start];
            commas == 0
                || [&b"char "[..], b"string "].iter().any(|kind| memchr::memmem::find(inside, kind).is_some())
                    && memchr::memchr(b':', inside).is_none()
        };
        match record {
            b"struct" => {
                // A name behind it, or rows.
                let alias = self.after_blanks(close + 1);
                let text = &self.text[alias..self.end.min(alias + HEAD)];
                let record = &text[..text.iter().position(|&byte| !is_word(byte))?];
                let is_type = text.get(record.len()) == Some(&b';');
                let is_list = memchr::memchr2(b'=', b';', text).is_some_and(|at| text[at] == b'=');
                let record = if is_type { record } else { b"" };
                let field = Field { record, column: semicolons + commas, end: close + 1 };
                ((is_type && !record.is_empty() || is_list) && declares()).then_some(field)
            }
            _ if keyword == b"struct" && declares() => Some(Field { record, column: semicolons + commas, end: close }),
            _ if semicolons == 0 && !record.is_empty() => {
                let given = before.strip_suffix(b"=")?.trim_ascii_end();
                let kind = given[..given.len() - last_word(given).len()].trim_ascii_end();
                matches!(last_word(kind), b"data" | b"newtype").then_some(Field { record, column: commas, end: close })
            }
            _ => None,
        }
    }

    /// `data class Db(…)`, `record Db(…)`, `Login = Struct.new(…)`, `Login = namedtuple("Login", "user password")`, and the type of
    /// a list of tuples, `(string User, string Password)[] logins = { … }`.
    fn in_round(&self, name: &Range<usize>, open: usize, close: usize, commas: usize) -> Option<Field<'_>> {
        let head = &self.text[self.start..open];
        let record = last_word(head);
        let before = &head[..head.len() - record.len()];
        let is_symbol = self.text[..name.start].ends_with(b":") && !self.text[..name.start].ends_with(b"::");
        if is_symbol && record == b"new" {
            let given = before.strip_suffix(b"Struct.")?.trim_ascii_end().strip_suffix(b"=")?.trim_ascii_end();
            return Some(Field { record: last_word(given), column: commas, end: close });
        }
        if is_symbol {
            return None;
        }
        if record == b"namedtuple" {
            let given = before.strip_suffix(b"collections.").unwrap_or(before).trim_ascii_end().strip_suffix(b"=")?;
            let inside = &self.text[open..name.start];
            let names = inside.iter().position(|byte| *byte == b',').map(|comma| &inside[comma + 1..])?;
            let words = names.split(|&byte| !is_word(byte)).filter(|word| !word.is_empty()).count();
            return Some(Field { record: last_word(given.trim_ascii_end()), column: words, end: close });
        }
        if is_word(self.at(name.end)) || matches!(self.at(name.end), b'"' | b'\'') {
            return None;
        }
        if record.is_empty() {
            return self.text[close..self.end].starts_with(b")[]").then_some(Field {
                record,
                column: commas,
                end: close,
            });
        }
        let before = before.strip_suffix(b" ")?;
        let keyword = last_word(before);
        // `enum class Env(val url: String, val password: String) {`: its constants are made by position.
        let is_constant = keyword == b"class" && before.ends_with(b"enum class");
        let record = if is_constant { b"" } else { record };
        matches!(keyword, b"class" | b"record" | b"struct").then_some(Field { record, column: commas, end: close })
    }

    /// The bracket that closes what is open at `place`.
    fn closing(&self, place: usize) -> Option<usize> {
        let mut depth = 0;
        (place..self.end).find(|&at| match self.text[at] {
            b'(' | b'[' | b'{' => {
                depth += 1;
                false
            }
            b')' | b']' | b'}' => {
                depth -= 1;
                depth < 0
            }
            _ => false,
        })
    }
}
