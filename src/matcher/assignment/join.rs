//! What joins a name to its value: operators, and the constructs of data formats that stand for one.

use super::called::NESTED;
use super::{Join, Lexer, Name, holds_any, is_blank, is_name, is_quote};

/// Bytes of an XML tag or of a block that may stand between a name and the value that belongs to it.
pub(super) const BETWEEN: usize = 160;

impl Lexer<'_> {
    /// Whether what follows a name shows at once that it is given nothing.
    pub(super) fn is_hopeless(&self, name: Name) -> bool {
        if name.quoted {
            return false;
        }
        let place = self.blanks(name.after);
        match self.at(place) {
            b'@' => !is_quote(self.at(place + 1)),
            b'/' => !self.has(place, b"//="),
            b'#' => self.at_before(name.start, 1) != b':',
            b'.' => self.in_pair(place, name).is_none() && self.behind_leader(place).is_none(),
            b';' | b'+' | b'%' => true,
            b')' => {
                self.at(place + 1) != b','
                    && self.led_to(place, name.start).is_none()
                    && self.behind_several(place, name.start).is_none()
            }
            // A block of secrets: `tokens {`.
            b'{' => {
                self.text[name.end - 1] | 0x20 != b's'
                    && !(place == name.after && is_quote(self.at(place + 1)))
                    && self.behind_accessors(place).is_none()
                    && !self.has(place, b"{.")
                    && self.in_braces(place, name).is_none()
            }
            b'-' => self.at(place + 1) != b'>' && !self.has(place, b"-value ") && self.behind_dash(place).is_none(),
            b'=' => self.at(place + 1) == b'~',
            // What is stored or looked up under that key: `forKey: "…"`.
            b':' => self.text[..name.end].ends_with(b"forKey") || self.text[..name.end].ends_with(b"ForKey"),
            b',' => {
                let next = self.blanks(place + 1);
                self.opening_quote(next).is_none() && !self.has(next, b"value") && !self.has(next, b"<<\"")
            }
            b'\n' | b'\r' => {
                let next = self.blanks_and_line(place);
                ![&b"value"[..], b"default", b"type:"].iter().any(|word| self.has(next, word))
                    && self.next_item(name).is_none()
                    && self.value_above(name).is_none()
            }
            _ => false,
        }
    }

    /// The operator after a name, and where its value may begin.
    pub(super) fn join(&self, name: Name) -> Option<(Join, usize)> {
        let place = self.blanks(name.after);
        let (next, third) = (self.at(place + 1), self.at(place + 2));
        let braces = self.text[self.start..name.start].ends_with(b"${");
        Some(match self.at(place) {
            b'=' => match next {
                b'~' => return None,
                b'=' if third == b'=' => (Join::Equals, place + 3),
                b'=' | b'>' => (Join::Equals, place + 2),
                _ => (Join::Equals, place + 1),
            },
            b'!' if next == b'=' => (Join::Equals, place + 2 + usize::from(third == b'=')),
            b':' => match next {
                // A type of Julia stands behind the name: `password::String = "…"`.
                b':' if !third.is_ascii_uppercase() => return None,
                b':' => (Join::Equals, self.typed(place + 2).filter(|_| self.has(place + 2, b"String"))?),
                b'-' | b'=' if braces => (Join::Braces, place + 2),
                _ if braces => (Join::Braces, place + 1),
                b'=' => (Join::Equals, place + 2),
                _ => self.after_colon(place + 1),
            },
            // A full-width colon.
            0xef if self.has(place, b"\xef\xbc\x9a") => (Join::Colon, place + 3),
            b'-' if next == b'>' => (Join::Equals, place + 2),
            b'-' if self.has(place, b"-value ") => (Join::Option, place + 7),
            b'-' if let Some(value) = self.behind_dash(place) => (Join::Equals, value),
            b'*' if let Some(operator) = self.behind_export(place).filter(|&at| self.at(at + 1) != b'=') => {
                self.behind_sign(operator)
            }
            b'{' if let Some(operator) = self.behind_pragma(place) => self.behind_sign(operator),
            // A variable of Lisp: `*password*`.
            b'*' if is_quote(self.at(self.blanks(place + 1))) => (Join::Blank, place + 1),
            b'+' | b'?' if next == b'=' => (Join::Equals, place + 2),
            b'?' if next == b':' => self.after_colon(place + 2),
            b'?' | b'!' if matches!((self.at(place), next), (b'?', b'.') | (b'!', b'!')) => {
                return self.led_to(place, name.start).or_else(|| self.method(place, name));
            }
            // Ruby asks so whether both are alike.
            b'?' if next == b'(' && self.text[..name.end].ends_with(b"eql") => (Join::Argument, place + 2),
            b'?' if next == b' ' && self.has(place + 2, b"|| ") => (Join::Fallback, place + 4),
            b'?' if next == b'?' => (Join::Fallback, place + 2 + usize::from(third == b'=')),
            b'|' if next == b'|' => (Join::Fallback, place + 2 + usize::from(third == b'=')),
            b'/' if third == b'=' => (Join::Fallback, place + 3),
            b'|' => return self.filter_or_cell(place, name),
            b'*' if next == b'*' && self.at(self.blanks(place + 2)) == b':' => {
                (Join::Prose, self.blanks(place + 2) + 1)
            }
            b'*' if next == b'*' && self.is_bold(place, name) => (Join::Prose, place + 2),
            // `The **API token** of the mirror is …`.
            b'*' if next == b'*' && third == b' ' => (Join::Told, self.told_by(place + 3, name)?),
            0xe2 if self.has(place, "→".as_bytes()) => {
                let value = self.blanks(place + "→".len());
                (Join::Told, self.told(value).map(|_| value)?)
            }
            b'<' if matches!(next, b'-' | b'>') => (Join::Equals, place + 2),
            b'<' if self.has(place, b"<const> =") => (Join::Equals, place + 9),
            b'<' if next == b'/' => (Join::Element, self.next_element(place)?),
            // `field->setText("…")`
            b'>' if self.at_before(place, 1) == b'-' => return self.method(place, name),
            b'>' => (Join::Element, self.element(place, name)?),
            b'[' => (Join::Equals, self.dimension(place)?),
            b'{' if name.quoted => match self.default_in_block(place) {
                Some(value) => (Join::Equals, value),
                // What a look-up by that name gives instead: `fetch("X") { "…" }`.
                None => {
                    let is_looked_up = self.text[name.after - 1] == b')' && is_quote(self.at_before(name.start, 1));
                    (Join::Fallback, self.fallback(name.after, NESTED).filter(|_| is_looked_up)?)
                }
            },
            b'{' => (Join::Equals, self.behind_accessors(place).unwrap_or(place)),
            b'(' if let Some(value) = self.behind_note(place, name) => self.after_colon(value),
            b',' | b'(' => return self.argument(place, name),
            b')' if self.at(place + 1) == b',' => (Join::Argument, self.compared(place, name)?),
            b')' if let Some(value) = self.behind_several(place, name.start) => (Join::Equals, value),
            b')' => return self.led_to(place, name.start),
            b'\n' | b'\r' if let Some(value) = self.next_item(name) => (Join::Option, value),
            b'.' if let Some(comma) = self.behind_owned(place, name) => return self.argument(comma, name),
            b'.' if let Some(value) = self.in_pair(place, name) => (Join::Equals, value),
            b'.' if let Some(value) = self.behind_leader(place) => self.after_colon(value),
            b'.' => return self.led_to(place, name.start).or_else(|| self.method(place, name)),
            _ => return self.by_words(place, name),
        })
    }

    /// The item behind that of an option, where each is an item of a list: `- --token` and below it `- x`.
    fn next_item(&self, name: Name) -> Option<usize> {
        let start = self.name_start(name.start);
        let before = self.line_before(start);
        let mark = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before).trim_ascii();
        let dash = self.blanks_and_line(self.blanks(name.after));
        (self.has(start, b"--") && mark == b"-" && self.at(dash) == b'-' && is_blank(self.at(dash + 1)))
            .then(|| self.blanks(dash + 1))
    }

    /// The value behind the `=` or `:` at `place`.
    fn behind_sign(&self, place: usize) -> (Join, usize) {
        if self.at(place) == b':' { self.after_colon(place + 1) } else { (Join::Equals, place + 1) }
    }

    /// The value after a colon: in a nested map it is that of the key `value`; after a type, what the type is given.
    fn after_colon(&self, value: usize) -> (Join, usize) {
        let place = self.blanks(value);
        if self.has(place, b"**") {
            return (Join::Prose, place + 2);
        }
        if let Some(after) = self.behind_label(place) {
            return after;
        }
        if self.at(place) == b'{'
            && let Some(nested) = self.value_in_block(place)
        {
            return (Join::Colon, nested);
        }
        if (self.at(place) == b'{' || matches!(self.at(place), b'\n' | b'\r'))
            && let Some(nested) = self.named_value(place + usize::from(self.at(place) == b'{'))
        {
            return (Join::Colon, nested);
        }
        (Join::Colon, self.skip_type(value))
    }

    /// `| default("…")`, and the next cell of a table.
    fn filter_or_cell(&self, place: usize, name: Name) -> Option<(Join, usize)> {
        let mut word = self.blanks(place + 1);
        if self.has(word, b"default") {
            word = self.blanks(word + 7);
            let value = if self.at(word) == b'(' { self.blanks(word + 1) } else { word };
            return is_quote(self.at(value)).then_some((Join::Fallback, value));
        }
        let in_table = self.line_before(name.start).contains(&b'|') || self.is_expanded(place, name);
        if is_blank(self.at(place + 1)) {
            return in_table.then_some((Join::Prose, word));
        }
        // Without blanks it may be a choice in a pattern, but in the first cell.
        (self.line_before(name.start) == b"|").then_some((Join::Told, word))
    }

    /// Whether a name begins a row as psql prints one over several lines, `client_secret | …`: the bar at `place` stands below that of
    /// the line above, or below the cross of the ruled line.
    fn is_expanded(&self, place: usize, name: Name) -> bool {
        let Some(column) = self.column(name.start).filter(|&column| column == 0).and_then(|_| self.column(place))
        else {
            return false;
        };
        let above = &self.text[self.start..name.start - 1];
        let line = memchr::memrchr(b'\n', above).map_or(above, |line| &above[line + 1..]);
        is_blank(self.at(place - 1))
            && matches!(line.get(column), Some(b'|' | b'+'))
            && matches!(line.get(column - 1), Some(b' ' | b'-'))
    }

    /// What stands behind the brackets of `password[32] = "…"`.
    fn dimension(&self, place: usize) -> Option<usize> {
        // The key of an entry may stand there: `['password']['postgres'] = '…'`.
        let quoted = usize::from(is_quote(self.at(place + 1)));
        let end = (place + 1 + quoted..self.end.min(place + 24)).find(|&at| !is_name(self.text[at]))?;
        let close = end + quoted;
        if self.at(close) != b']' || quoted == 1 && self.text[end] != self.text[place + 1] {
            return None;
        }
        // `Bearer [REDACTED] request=…`: what is masked goes no further.
        if is_blank(self.at(place - 1)) && !self.text[place + 1..close].iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut operator = self.blanks(close + 1);
        // `PASSWORD[] PROGMEM = "…"`.
        while operator > close + 1 && operator < close + 24 && is_name(self.at(operator)) {
            operator += 1;
        }
        if self.at(operator) == b'(' && self.text[..operator].ends_with(b"__attribute__") {
            operator = self.past_bracket(operator)?;
        }
        let operator = self.blanks(operator);
        (self.at(operator) == b'=' && self.at(operator + 1) != b'=').then_some(operator + 1)
    }

    /// The value of `default` among the keys of the map that begins at `place`, as in a parameter of a template.
    fn value_in_block(&self, place: usize) -> Option<usize> {
        let block = &self.text[place..self.end.min(place + BETWEEN)];
        let block = &block[..memchr::memchr2(b'}', b'\n', block).unwrap_or(block.len())];
        let word =
            memchr::memmem::find(block, b"\"Default\"").or_else(|| memchr::memmem::find(block, b"\"default\""))?;
        let operator = self.blanks(place + word + 9);
        (self.at(operator) == b':').then_some(operator + 1)
    }

    /// The value of `default` in the block that begins at `place`, as in a Terraform variable.
    fn default_in_block(&self, place: usize) -> Option<usize> {
        let block = &self.text[place..self.end.min(place + 2 * BETWEEN)];
        let block = &block[..memchr::memchr(b'}', block).unwrap_or(block.len())];
        let word = memchr::memmem::find(block, b"default")?;
        let before = block[..word].trim_ascii_end();
        let operator = self.blanks(place + word + 7);
        (block[before.len()..word].contains(&b'\n') && self.at(operator) == b'=').then_some(operator + 1)
    }

    /// What stands behind a name and no operator.
    fn by_words(&self, place: usize, name: Name) -> Option<(Join, usize)> {
        if let Some(value) = self.named_value(place) {
            return Some((if self.at(value - 1) == b'=' { Join::Equals } else { Join::Colon }, value));
        }
        if place == name.after && !name.quoted {
            return None;
        }
        if self.text[name.end..name.after].contains(&b' ') {
            return self.is_in_statement(name).then_some((Join::Blank, place));
        }
        if self.has(place, b"or") && is_blank(self.at(place + 2)) {
            return Some((Join::Fallback, place + 3));
        }
        if let Some(value) = self.behind_word(place) {
            return Some((Join::Equals, value));
        }
        // `I fill in "Password" with "…"`, `IDENTIFIED WITH caching_sha2_password BY '…'`.
        let by: &[u8] = if name.quoted { b"with " } else { b"by " };
        if self.has(place, by) && is_quote(self.at(place + by.len())) {
            return Some((Join::Blank, place + by.len()));
        }
        if name.quoted && is_quote(self.at(place)) && self.is_applied(name) {
            return Some((Join::Blank, place));
        }
        if name.quoted && self.is_quoted_option(place, name) {
            return Some((Join::Option, place));
        }
        if name.quoted && self.has(place, b"/>") {
            return self.next_column(place + 2).map(|value| (Join::Equals, value));
        }
        if name.quoted || self.begins_element(name) {
            return self.attributes(place, name);
        }
        if self.inline_element(place).is_some() || self.escaped_element(place).is_some() {
            return Some((Join::Told, place));
        }
        if let Some(value) = self.told_by(place, name) {
            return Some((Join::Told, value));
        }
        // In `password string = "…"` and `password As String = "…"`.
        if let Some(value) = self.typed(place) {
            return Some((Join::Equals, value));
        }
        if self.has(place, b"isEqualToString:") {
            return Some((Join::Equals, place + 16));
        }
        if self.text[name.start] == b'-' {
            // In `mysql -pPASSWORD shop` that is the password.
            let is_glued = self.has(name.start, b"-p") && self.at(name.start + 2).is_ascii_uppercase();
            return (!is_glued).then_some((Join::Option, place));
        }
        if self.begins_literal(place, name) {
            // Code in reStructuredText: ``password ``…````.
            let is_double = self.has(place, b"``") && self.at(place + 2) != b'`';
            return Some((Join::Blank, place + usize::from(is_double)));
        }
        self.is_directive(place, name).then_some((Join::Blank, place))
    }

    /// Whether a name of two words stands in a statement of SQL, as far as its line shows.
    fn is_in_statement(&self, name: Name) -> bool {
        let line = self.line_before(name.start);
        line.trim_ascii().is_empty()
            || holds_any(line, &[b"user", b" to ", b"role", b"login", b"keystore", b"key management"])
    }

    /// Whether a name begins a line of configuration, or stands behind a command that sets variables.
    fn is_directive(&self, place: usize, name: Name) -> bool {
        const SETTERS: &[&[u8]] =
            &[b"ENV", b"setenv", b"SetEnv", b"setx", b"set", b"set -gx", b"set -x", b"set -Ux", b"export", b"SETUSER"];
        // What servers and proxies send to those behind them.
        const HEADERS: &[&[u8]] =
            &[b"set-header", b"add-header", b"proxy_set_header", b"header_up", b"RequestHeader set"];
        if !self.at(place).is_ascii_graphic() || self.at(place) == b'-' {
            return false;
        }
        let before = self.line_before(name.start);
        let trimmed = before.trim_ascii_start();
        // `@known header X-Token …` is what a request must have.
        let asks =
            trimmed.eq_ignore_ascii_case(b"header") || trimmed.starts_with(b"@") && trimmed.ends_with(b" header");
        let sends = asks || HEADERS.iter().any(|setter| trimmed.ends_with(setter));
        if trimmed.is_empty() || SETTERS.contains(&trimmed) || sends {
            // The value ends the line, or what follows it is a comment.
            let end = (place..self.end)
                .find(|&at| is_blank(self.text[at]) || self.text[at] == b'\n' || self.text[at] == b'\r');
            let rest = self.blanks(end.unwrap_or(self.end));
            return before.len() < 64 && matches!(self.at(rest), b'\n' | b'\r' | b'#');
        }
        // A line of a netrc file: the name of a user stands before.
        let mut words = before.rsplit(|&byte| is_blank(byte)).filter(|word| !word.is_empty());
        words.next().is_some() && matches!(words.next(), Some(b"login" | b"user" | b"username"))
    }
}
