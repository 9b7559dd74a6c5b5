//! The value of an assignment: quoted, bare, in an element, in a YAML block, or the last argument of a look-up.

use std::ops::Range;

use super::called::Called;
use super::{CALL, Join, Lexer, Name, VALUE, holds_any, is_blank, is_name, is_quote};
use crate::candidate::Setting;

impl Lexer<'_> {
    /// The value that begins after a join, and the syntax it stands in.
    pub(super) fn value(&self, join: Join, from: usize, name: Name) -> Option<(Range<usize>, Setting)> {
        let mut place = self.blanks(from);
        // `?api_key= HTTP/1.1`: nothing is given.
        if join == Join::Equals && place > from && matches!(self.at_before(name.start, 1), b'?' | b'&') {
            return None;
        }
        if join == Join::Colon && self.has(place, b"&nbsp;") {
            place = self.blanks(place + 6);
        }
        if join == Join::Element {
            return self.element_text(from);
        }
        if let Some(inside) = self.doubled(place) {
            return Some((inside, Setting::Quoted));
        }
        if join == Join::Equals {
            place = self.behind_address(place);
        }
        // A property goes on behind a backslash that ends its line.
        if join == Join::Equals && self.at(place) == b'\\' && self.begins_line(name) {
            let line = self.blanks_and_line(place + 1);
            place = if line > place + 1 { line } else { place };
        }
        if matches!(self.at(place), b'\n' | b'\r') && join != Join::Option {
            let next = self.blanks_and_line(place);
            // A value on the next line counts only in quotes: else it is the next key.
            // The next key, or the next line of what a program printed: `'robin' is logged in`.
            let is_other = || {
                self.quoted(next).is_some_and(|quoted| match self.at(quoted.end + 1) {
                    b':' => true,
                    b' ' => join == Join::Colon && self.at(quoted.end + 2).is_ascii_lowercase(),
                    _ => false,
                })
            };
            if next > place && is_quote(self.at(next)) && !is_other() {
                place = next;
            } else {
                let item = if next > place && join == Join::Colon {
                    self.first_item(name, next).or_else(|| self.first_of_block(name, next))
                } else {
                    None
                };
                return item.map(|value| (value, Setting::Entry));
            }
        }
        if join == Join::Colon
            && matches!(self.at(place), b'|' | b'>')
            && let Some(line) = self.block_scalar(place)
        {
            place = line;
        }
        // What a shell decodes: `$(echo '…' | base64 -d)`.
        if self.has(place, b"$(echo ") {
            place += if self.has(place + 7, b"-n ") { 10 } else { 7 };
        }
        if join != Join::Prose
            && let Some(list) = self.byte_list(place)
        {
            return Some((list, Setting::Quoted));
        }
        // A value that Camel takes as it is: `?password=RAW(…)`.
        if join == Join::Equals && self.has(place, b"RAW(") {
            let end = self.find(place + 4, |byte| matches!(byte, b')' | b'"' | b'\n'))?;
            return (self.text[end] == b')').then(|| (place + 4..end, Setting::Url));
        }
        // The anchor of a node in YAML: `password: &pw …`.
        if join == Join::Colon && self.at(place) == b'&' {
            let end = (place + 1..self.end).find(|&at| !is_name(self.text[at]) && self.text[at] != b'-');
            place = end.filter(|&end| end > place + 1 && is_blank(self.at(end))).map_or(place, |end| self.blanks(end));
        }
        // Tags of YAML that leave the text what it is.
        if let Some(tag) = [&b"!unsafe "[..], b"!!str ", b"!Sub "].into_iter().find(|tag| self.has(place, tag)) {
            place += tag.len();
        }
        // In a text for people: `password: <code>…</code>`.
        if matches!(join, Join::Colon | Join::Told | Join::Prose | Join::Blank)
            && let Some(inside) = self.inline_element(place)
        {
            return self.element_text(inside);
        }
        if let Some(inside) = self.escaped_element(place) {
            return Some((inside, Setting::Markup));
        }
        // A binary of Erlang: `<<"…">>`.
        if self.has(place, b"<<") && is_quote(self.at(place + 2)) {
            place += 2;
        }
        if join == Join::Equals && !name.quoted {
            place = self.of_several(name, place).unwrap_or(Some(place))?;
        }
        let list = self.list_of_call(place);
        if list > place {
            let first = self.blanks_and_line(list + 1);
            place = if self.opening_quote(first).is_some() { first } else { list };
        }
        if let Some(default) = self.default_in_braces(place) {
            return Some((default, Setting::Quoted));
        }
        if let Some(string) = self.in_marks(place, join) {
            return Some((string, Setting::Quoted));
        }
        if matches!(join, Join::Equals | Join::Colon)
            && let Some(value) = self.first_pair(&self.text[name.start..name.end], place)
        {
            return value.map(|value| (value, Setting::Quoted));
        }
        if let Some(value) = self.in_braces(place, name) {
            return Some((value, Setting::Quoted));
        }
        if join == Join::Colon
            && let Some(item) = self.only_item(place)
        {
            return Some((item, Setting::Bare));
        }
        if let Some(quote) = self.behind_head(place, join) {
            place = quote;
        } else {
            match self.called(place) {
                Called::Expression => return None,
                Called::Literal(quote) => place = quote,
                Called::Not => place = self.first_of_list(place, join),
            }
        }
        if let Some(quote) = self.opening_quote(place) {
            let beside = self.beside(join, name, place);
            let whole = self.raw_string(quote, self.joined(self.quoted(quote)?, beside));
            let value = self.without_keys(self.inner_quotes(whole));
            let value = self.behind_user(join, name, value);
            return Some((value, self.quoted_setting(join, name)));
        }
        match join {
            Join::Argument | Join::Fallback => None,
            Join::Told => self.told(place).map(|value| (value, Setting::Prose)),
            Join::Braces => {
                self.find(place, |byte| byte == b'}' || byte == b'\n').map(|end| (place..end, Setting::Quoted))
            }
            _ if self.text[place.min(self.end)..self.end].starts_with(b"[[") => {
                let end = memchr::memmem::find(&self.text[place..self.end], b"]]")?;
                Some((place + 2..place + end, Setting::Quoted))
            }
            _ => {
                let setting = self.bare_setting(join, name, from);
                let mut value = self.bare(place, join, setting);
                if setting == Setting::Bare && matches!(join, Join::Equals | Join::Colon) {
                    value = self.phrase(value, name);
                }
                if join == Join::Equals && self.begins_line(name) {
                    value = self.with_semicolon(value);
                }
                if join == Join::Colon && setting == Setting::Bare {
                    value = self.without_remark(value);
                }
                if join == Join::Prose && self.text[value.clone()].ends_with(b"**") {
                    value.end -= 2;
                }
                self.is_literal(&value, name).then_some((value, setting))
            }
        }
    }

    /// What a shell takes where a variable is empty, for a value that is the variable: `"${1:-…}"`.
    fn default_in_braces(&self, place: usize) -> Option<Range<usize>> {
        let open = if is_quote(self.at(place)) { place + 1 } else { place };
        if !self.has(open, b"${") {
            return None;
        }
        let operator = (open + 2..self.end.min(open + CALL)).find(|&at| !is_name(self.text[at]))?;
        if self.at(operator) != b':' || !matches!(self.at(operator + 1), b'-' | b'=') {
            return None;
        }
        let end = self.find(operator + 2, |byte| matches!(byte, b'}' | b'\n' | b'$'))?;
        (self.text[end] == b'}').then_some(operator + 2..end)
    }

    /// A text that is typed, without the key that is pressed behind it: `type('…{enter}')`.
    fn without_keys(&self, value: Range<usize>) -> Range<usize> {
        let text = &self.text[value.clone()];
        let key = [&b"{enter}"[..], b"{Enter}", b"\\n"].into_iter().find(|key| text.ends_with(key));
        value.start..value.end - key.map_or(0, <[u8]>::len)
    }

    /// The second argument, where a call takes a user first: `setUserPassword("robin", "…")`.
    fn behind_user(&self, join: Join, name: Name, value: Range<usize>) -> Range<usize> {
        const USERS: &[&[u8]] = &[b"user", b"email", b"login"];
        if join != Join::Argument || name.quoted || self.at(value.end + 1) != b',' {
            return value;
        }
        if !holds_any(&self.text[name.start..name.end], USERS) {
            return value;
        }
        let second = self.blanks_and_line(value.end + 2);
        self.opening_quote(second).and_then(|quote| self.quoted(quote)).unwrap_or(value)
    }

    /// A string that is itself written as a string, as in a build's constant: `"\"…\""`.
    fn inner_quotes(&self, value: Range<usize>) -> Range<usize> {
        match &self.text[value.clone()] {
            [b'\\', open @ (b'"' | b'\''), .., b'\\', close] if open == close && value.len() > 4 => {
                value.start + 2..value.end - 2
            }
            _ => value,
        }
    }

    /// What stands between the brackets of a raw string of C++: `R"(…)"`.
    fn raw_string(&self, quote: usize, value: Range<usize>) -> Range<usize> {
        match &self.text[value.clone()] {
            [b'(', .., b')'] if self.at_before(quote, 1) == b'R' => value.start + 1..value.end - 1,
            _ => value,
        }
    }

    fn quoted_setting(&self, join: Join, name: Name) -> Setting {
        match join {
            Join::Option => Setting::Argument,
            Join::Argument => Setting::Call,
            Join::Prose | Join::Told => Setting::Prose,
            Join::Equals if self.is_attribute(name.start) => Setting::Markup,
            _ => Setting::Quoted,
        }
    }

    fn bare_setting(&self, join: Join, name: Name, from: usize) -> Setting {
        let before = self.text[self.start..name.start].last().copied().unwrap_or(b'\n');
        let line = self.line_before(name.start);
        match join {
            Join::Equals if matches!(before, b'?' | b'&') => Setting::Url,
            Join::Equals if line.ends_with(b";") && line.contains(&b'=') => Setting::Connection,
            Join::Option => Setting::Argument,
            // A line that was removed begins with a dash, too: `-DB_PASSWORD=…`.
            Join::Equals if self.text[name.start] == b'-' && !self.is_removed(name, line) => Setting::Argument,
            Join::Colon if !is_blank(self.at(from)) && before == b'/' && is_blank(self.at_before(name.start, 2)) => {
                Setting::Argument
            }
            Join::Colon if is_quote(before) && !name.quoted => Setting::Header,
            Join::Prose => Setting::Prose,
            _ => Setting::Bare,
        }
    }

    /// Whether the dash that a name begins with is that of a line which a change removes: it begins the line, or what a log has
    /// behind a bar, and the name is as those of variables of an environment are.
    fn is_removed(&self, name: Name, line: &[u8]) -> bool {
        let variable = &self.text[name.start + 1..name.end];
        (line.is_empty() || line.ends_with(b"|"))
            && variable.contains(&b'_')
            && variable.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
    }

    /// The text of an element that marks words of a sentence, whose tag stands at `place`.
    pub(super) fn inline_element(&self, place: usize) -> Option<usize> {
        if self.at(place) != b'<' {
            return None;
        }
        const TAGS: &[&[u8]] = &[b"<b>", b"<strong>", b"<code>", b"<em>", b"<i>", b"<kbd>", b"<samp>", b"<tt>"];
        let tag = TAGS.iter().find(|tag| self.has(place, tag))?;
        Some(place + tag.len())
    }

    fn element_text(&self, from: usize) -> Option<(Range<usize>, Setting)> {
        if self.text[..from].ends_with(b"<![CDATA[") {
            let rest = &self.text[from..self.end.min(from + VALUE)];
            let end = memchr::memmem::find(rest, b"]]>")?;
            return Some((self.trim(from..from + end), Setting::Markup));
        }
        // It may stand on a line of its own.
        let line = self.blanks_and_line(from);
        let mut end = self.find(line, |byte| byte == b'<' || byte == b'\n')?;
        let value = self.trim(line..end);
        if line > self.blanks(from) && self.at(end) == b'\n' {
            end = self.blanks_and_line(end);
        }
        (self.at(end) == b'<' && self.at(end + 1) == b'/').then_some((value, Setting::Markup))
    }

    pub(super) fn find(&self, from: usize, stop: impl Fn(u8) -> bool) -> Option<usize> {
        (from..self.end.min(from + VALUE + 1)).find(|&place| stop(self.text[place]))
    }

    pub(super) fn trim(&self, range: Range<usize>) -> Range<usize> {
        let bytes = &self.text[range.clone()];
        let start = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let end = bytes[start..].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        range.start + start..range.end - end
    }

    /// The first line of a YAML block scalar whose header (`|`, `>-`, `|2+`) stands at `place`.
    fn block_scalar(&self, place: usize) -> Option<usize> {
        let mut end = place + 1;
        while end < place + 4 && matches!(self.at(end), b'-' | b'+' | b'0'..=b'9') {
            end += 1;
        }
        let line = self.blanks_and_line(end);
        (line > end && self.text[..line.min(self.end)][end..].contains(&b'\n')).then_some(line)
    }

    /// The place of a quote that opens a string, behind a string prefix (`r`, `b`, `f`, `u`, `L`, `N`, `@`, `$`).
    pub(super) fn opening_quote(&self, place: usize) -> Option<usize> {
        let prefix = (0..3).find(|&ahead| {
            !matches!(
                self.at(place + ahead),
                b'r' | b'R' | b'b' | b'B' | b'f' | b'F' | b'u' | b'U' | b'L' | b'N' | b'@' | b'$'
            )
        })?;
        let mut quote = place + prefix;
        // `r#"…"#` of Rust, `u8"…"` of C++.
        if prefix > 0 {
            quote += (0..3).take_while(|&more| matches!(self.at(quote + more), b'#' | b'8')).count();
        }
        let escaped = self.escaped_quote(quote).is_some() || self.entity(quote).is_some();
        (is_quote(self.at(quote)) || escaped).then_some(quote)
    }

    /// The place of the quote that the backslashes at `place` escape: one in a string, three in a string within one, and seven.
    pub(super) fn escaped_quote(&self, place: usize) -> Option<usize> {
        const MOST: usize = 7;
        let count = (0..=MOST).take_while(|&more| self.at(place + more) == b'\\').count();
        (matches!(count, 1 | 3 | MOST) && is_quote(self.at(place + count))).then_some(place + count)
    }

    /// The quote that XML writes at `place`.
    pub(super) fn entity(&self, place: usize) -> Option<&'static [u8]> {
        [&b"&quot;"[..], b"&apos;", b"&#39;"].into_iter().find(|entity| self.has(place, entity))
    }

    /// The content of a string whose opening quote, or the backslash before it, is at `place`.
    pub(super) fn quoted(&self, place: usize) -> Option<Range<usize>> {
        if self.at(place) == b'\\' {
            let quote = self.escaped_quote(place)?;
            // What closes it is escaped as often.
            let mark = &self.text[place..=quote];
            let rest = &self.text[quote + 1..self.end.min(quote + 1 + VALUE + mark.len())];
            let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            return memchr::memmem::find(&rest[..line], mark).map(|end| quote + 1..quote + 1 + end);
        }
        if let Some(entity) = self.entity(place) {
            let start = place + entity.len();
            let rest = &self.text[start..self.end.min(start + VALUE)];
            return memchr::memmem::find(rest, entity).map(|end| start..start + end);
        }
        let quote = self.at(place);
        let triple = self.at(place + 1) == quote && self.at(place + 2) == quote;
        let start = if triple { place + 3 } else { place + 1 };
        // One or two of them may stand within.
        if triple {
            let rest = &self.text[start.min(self.end)..self.end.min(start + VALUE)];
            if let Some(end) = memchr::memmem::find(rest, &[quote; 3]) {
                return Some(start..start + end);
            }
        }
        let mut here = start;
        while here < self.end {
            match self.text[here] {
                b'\\' => here += 1,
                b'\n' if !triple && quote != b'`' => return None,
                // SQL, YAML and Basic write a quote in quotes twice, and so do verbatim strings of C#.
                b'\'' | b'"' if self.text[here] == quote && here > start && self.is_doubled(place, here) => here += 1,
                byte if byte == quote => return Some(start..here),
                _ => {}
            }
            here += 1;
        }
        None
    }

    /// Whether the quote at `here` is one of two that stand for one in the string whose quote is at `open`.
    fn is_doubled(&self, open: usize, here: usize) -> bool {
        let is_verbatim = self.text[here] == b'"' && self.at_before(open, 1) == b'@';
        self.at(here + 1) == self.text[here] && (is_name(self.at(here + 2)) || is_verbatim)
    }

    /// Whether a name stands where an attribute of an XML or HTML tag does.
    pub(super) fn is_attribute(&self, name_start: usize) -> bool {
        let before = &self.text[self.start..name_start];
        before
            .iter()
            .rev()
            .take_while(|&&byte| byte != b'\n')
            .find(|&&byte| matches!(byte, b'<' | b'>' | b'{' | b';'))
            .is_some_and(|&byte| byte == b'<')
    }

    /// The byte that stands `back` bytes before `place`, a blank where the window begins.
    pub(super) fn at_before(&self, place: usize, back: usize) -> u8 {
        place.checked_sub(back).filter(|&at| at >= self.start).map_or(b' ', |at| self.text[at])
    }
}
