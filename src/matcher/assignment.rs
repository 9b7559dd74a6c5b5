//! The assignment lexer: from a word in a name to the value that the name is given.
//!
//! A pure function of its window, of which it does not know what came before: code, config, YAML, JSON, XML, env files and
//! command lines look alike from here. It tells where the value stands and in what syntax; whether the value is a secret
//! is for the score to say.

use std::ops::Range;

use crate::candidate::{Candidate, Setting, Span};
use crate::signature::Rule;

/// Longest name, in bytes to either side of the word.
const NAME: usize = 64;
/// Longest run of blanks between a name, its operator and its value.
const BLANKS: usize = 32;
/// Longest value.
const VALUE: usize = 400;

/// A name and the value it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The whole name.
    pub name: Range<usize>,
    /// The value without its quotes.
    pub value: Range<usize>,
    /// The syntax the value stands in.
    pub setting: Setting,
}

/// The candidate of a word at `hit`, if it stands in a name that is given a value.
pub(super) fn candidate(rule: &Rule, text: &[u8], hit: Range<usize>) -> Option<Candidate> {
    let start = hit.start.saturating_sub(rule.window.before as usize);
    let end = (hit.end + rule.window.after as usize).min(text.len());
    let found = Lexer { text, start, end }.assignment(hit)?;
    Some(Candidate {
        span: Span::new(found.name.start..found.value.end),
        secret: Span::new(found.value),
        reach: Span::new(start..end),
        rule: rule.index,
        setting: found.setting,
    })
}

/// The name that stands before the last operator in `between`, the text between a word and a value: `None` where the word
/// itself belongs to the name, or no operator is there.
pub(super) fn name_before(between: &[u8]) -> Option<&[u8]> {
    let operator = between.iter().rposition(|byte| matches!(byte, b'=' | b':' | b','))?;
    let end = between[..operator].iter().rposition(|&byte| is_name(byte))? + 1;
    let start = between[..end].iter().rposition(|&byte| !is_name(byte)).map_or(0, |place| place + 1);
    (start > 0 || !between[..end].is_empty()).then_some(&between[start..end])
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

struct Lexer<'t> {
    text: &'t [u8],
    start: usize,
    end: usize,
}

/// What joins a name to its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    /// `=`, `:=`, `=>`, `<-`, `==`.
    Equals,
    /// `:`.
    Colon,
    /// `(` or `,` before a quoted argument.
    Argument,
    /// A blank after a command-line option.
    Option,
    /// `>` after an element's name.
    Element,
}

impl Lexer<'_> {
    fn at(&self, place: usize) -> u8 {
        if place < self.end { self.text[place] } else { b'\n' }
    }

    fn assignment(&self, hit: Range<usize>) -> Option<Assignment> {
        let mut place = hit.end;
        let limit = hit.end + NAME;
        while place < limit && is_name(self.at(place)) {
            place += 1;
        }
        // Most words stand in prose and code that assigns nothing: leave at the first byte that shows it.
        match self.at(place) {
            b'=' | b':' | b'"' | b'\'' | b'`' | b'\\' | b' ' | b'\t' | b'>' | b',' | b'(' | b']' | b'<' | b'&'
            | b'\n' | b'\r' => {}
            _ => return None,
        }
        let mut name_end = place;
        while name_end > hit.end && matches!(self.text[name_end - 1], b'.' | b'-') {
            name_end -= 1;
        }
        let quote = self.closing_quote(&mut place);
        let (join, value) = self.join(place, quote, hit.start)?;
        let mut name_start = hit.start;
        let least = hit.start.saturating_sub(NAME).max(self.start);
        while name_start > least && is_name(self.text[name_start - 1]) {
            name_start -= 1;
        }
        let name = name_start..name_end;
        if join == Join::Option && !self.text[name.clone()].starts_with(b"-") {
            return None;
        }
        if join == Join::Element && (name_start == 0 || self.text[name_start - 1] != b'<') {
            return None;
        }
        let value = self.skip_type(join, value);
        let (value, setting) = self.value(join, value, name_start)?;
        if value.is_empty() || value.len() > VALUE {
            return None;
        }
        Some(Assignment { name, value, setting })
    }

    /// Passes the quote and bracket that close a quoted name, as in `"password"`, `\"password\"`, `['password']`.
    fn closing_quote(&self, place: &mut usize) -> bool {
        let before = *place;
        if self.at(*place) == b'\\' && is_quote(self.at(*place + 1)) {
            *place += 2;
        } else if is_quote(self.at(*place)) {
            *place += 1;
        }
        let quoted = *place > before;
        if quoted {
            while matches!(self.at(*place), b']' | b')') {
                *place += 1;
            }
        }
        quoted
    }

    fn blanks(&self, mut place: usize) -> usize {
        let limit = place + BLANKS;
        while place < limit && is_blank(self.at(place)) {
            place += 1;
        }
        place
    }

    /// Blanks and at most one line end.
    fn blanks_and_line(&self, place: usize) -> usize {
        let place = self.blanks(place);
        match (self.at(place), self.at(place + 1)) {
            (b'\n', _) if place < self.end => self.blanks(place + 1),
            (b'\r', b'\n') => self.blanks(place + 2),
            _ => place,
        }
    }

    /// The operator after a name, and where its value may begin.
    fn join(&self, after_name: usize, quoted: bool, hit_start: usize) -> Option<(Join, usize)> {
        let place = self.blanks(after_name);
        let next = self.at(place + 1);
        match self.at(place) {
            b'=' => match next {
                b'~' => None,
                b'=' if self.at(place + 2) == b'=' => Some((Join::Equals, place + 3)),
                b'=' | b'>' => Some((Join::Equals, place + 2)),
                _ => Some((Join::Equals, place + 1)),
            },
            b':' => match next {
                b':' => None,
                b'=' => Some((Join::Equals, place + 2)),
                _ => Some((Join::Colon, place + 1)),
            },
            b'<' if next == b'-' => Some((Join::Equals, place + 2)),
            b'?' if next == b'=' => Some((Join::Equals, place + 2)),
            b'>' if place == after_name && !quoted => Some((Join::Element, place + 1)),
            b',' | b'(' => {
                if quoted || self.at(place) == b'(' && place == after_name {
                    if let Some(value) = self.named_value(place + 1) {
                        return Some((Join::Colon, value));
                    }
                    let argument = self.blanks(place + 1);
                    return is_quote(self.at(argument)).then_some((Join::Argument, argument));
                }
                None
            }
            _ => {
                if let Some(value) = self.named_value(place) {
                    return Some((if self.at(value - 1) == b'=' { Join::Equals } else { Join::Colon }, value));
                }
                let option = place > after_name && !quoted && hit_start > self.start;
                option.then_some((Join::Option, place))
            }
        }
    }

    /// `value:` after a name that is itself a value, as in a container's environment (`- name: DB_PASSWORD`, next line
    /// `value: …`), in JSON (`"name": "x", "value": "…"`) and in XML (`key="x" value="…"`).
    fn named_value(&self, place: usize) -> Option<usize> {
        let mut place = self.blanks_and_line(place);
        if self.at(place) == b',' {
            place = self.blanks_and_line(place + 1);
        }
        if self.at(place) == b'\\' {
            place += 1;
        }
        if is_quote(self.at(place)) {
            place += 1;
        }
        for word in [&b"value"[..], b"ParameterValue", b"default_value", b"defaultValue"] {
            let end = place + word.len();
            if end < self.end && self.text[place..end].eq_ignore_ascii_case(word) {
                let mut place = end;
                self.closing_quote(&mut place);
                let place = self.blanks(place);
                return matches!(self.at(place), b':' | b'=').then_some(place + 1);
            }
        }
        None
    }

    /// After `name: Type = "…"` the value stands behind the type.
    fn skip_type(&self, join: Join, value: usize) -> usize {
        if join != Join::Colon {
            return value;
        }
        let mut place = self.blanks(value);
        let limit = place + 48;
        while place < limit
            && (self.at(place).is_ascii_alphanumeric()
                || matches!(
                    self.at(place),
                    b'_' | b'<' | b'>' | b'.' | b'?' | b'&' | b'\'' | b'[' | b']' | b'|' | b' ' | b'*'
                ))
        {
            place += 1;
        }
        if self.at(place) == b'='
            && place > value
            && is_blank(self.at(place - 1))
            && !matches!(self.at(place + 1), b'=' | b'>')
        {
            let quote = self.blanks(place + 1);
            if is_quote(self.at(quote)) || is_quote(self.at(quote + 1)) {
                return place + 1;
            }
        }
        value
    }

    fn value(&self, join: Join, from: usize, name_start: usize) -> Option<(Range<usize>, Setting)> {
        let mut place = self.blanks(from);
        if join == Join::Element {
            let end = self.find(from, |byte| byte == b'<' || byte == b'\n')?;
            let value = self.trim(from..end);
            return (self.at(end) == b'<').then_some((value, Setting::Markup));
        }
        if matches!(self.at(place), b'\n' | b'\r') && join != Join::Option {
            let next = self.blanks_and_line(place);
            // A value on the next line counts only in quotes: else it is the next key.
            if next > place && is_quote(self.at(next)) {
                place = next;
            } else {
                return None;
            }
        }
        if join == Join::Colon
            && matches!(self.at(place), b'|' | b'>')
            && let Some(line) = self.block_scalar(place)
        {
            place = line;
        }
        if let Some(quote) = self.opening_quote(place) {
            let value = self.quoted(quote)?;
            let attribute = join == Join::Equals && self.is_attribute(name_start);
            let setting = match join {
                Join::Option => Setting::Argument,
                _ if attribute => Setting::Markup,
                _ => Setting::Quoted,
            };
            return Some((value, setting));
        }
        if join == Join::Argument {
            return None;
        }
        let query = name_start > self.start && matches!(self.text[name_start - 1], b'?' | b'&');
        let value = self.bare(place, join, query);
        let setting = match join {
            _ if query && join == Join::Equals => Setting::Url,
            Join::Option => Setting::Argument,
            Join::Equals if self.text[name_start..].starts_with(b"--") => Setting::Argument,
            _ => Setting::Bare,
        };
        Some((value, setting))
    }

    fn find(&self, from: usize, stop: impl Fn(u8) -> bool) -> Option<usize> {
        (from..self.end.min(from + VALUE + 1)).find(|&place| stop(self.text[place]))
    }

    fn trim(&self, range: Range<usize>) -> Range<usize> {
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

    /// The place of a quote that opens a string, behind a string prefix (`r`, `b`, `f`, `u`, `L`, `N`, `@`, `$`) or a
    /// conversion that leaves the string as it is.
    fn opening_quote(&self, place: usize) -> Option<usize> {
        const WRAPPERS: &[&[u8]] = &[b"String::from(", b"Some(", b"new String(", b"OsString::from(", b"&", b"("];
        let mut place = place;
        for wrapper in WRAPPERS {
            let end = place + wrapper.len();
            if end < self.end && self.text[place..end] == **wrapper && (is_quote(self.at(end)) || self.at(end) == b'\\')
            {
                place = end;
                break;
            }
        }
        let prefix = (0..3).find(|&ahead| {
            !matches!(
                self.at(place + ahead),
                b'r' | b'R' | b'b' | b'B' | b'f' | b'F' | b'u' | b'U' | b'L' | b'N' | b'@' | b'$'
            )
        })?;
        let quote = place + prefix;
        let escaped = self.at(quote) == b'\\' && is_quote(self.at(quote + 1));
        (is_quote(self.at(quote)) || escaped).then_some(quote)
    }

    /// The content of a string whose opening quote, or the backslash before it, is at `place`.
    fn quoted(&self, place: usize) -> Option<Range<usize>> {
        if self.at(place) == b'\\' {
            let quote = self.at(place + 1);
            let start = place + 2;
            let end = (start..self.end.saturating_sub(1))
                .find(|&here| self.text[here] == b'\n' || self.text[here] == b'\\' && self.text[here + 1] == quote)?;
            return (self.text[end] == b'\\').then_some(start..end);
        }
        let quote = self.at(place);
        let triple = self.at(place + 1) == quote && self.at(place + 2) == quote;
        let start = if triple { place + 3 } else { place + 1 };
        let mut here = start;
        while here < self.end {
            match self.text[here] {
                b'\\' => here += 1,
                b'\n' if !triple && quote != b'`' => return None,
                byte if byte == quote => return Some(start..here),
                _ => {}
            }
            here += 1;
        }
        None
    }

    /// Whether a name stands where an attribute of an XML or HTML tag does.
    fn is_attribute(&self, name_start: usize) -> bool {
        let before = &self.text[self.start..name_start];
        before
            .iter()
            .rev()
            .take_while(|&&byte| byte != b'\n')
            .find(|&&byte| matches!(byte, b'<' | b'>' | b'{' | b';'))
            .is_some_and(|&byte| byte == b'<')
    }

    /// A value without quotes: to the next blank, less what closes the expression or list that it ends.
    fn bare(&self, place: usize, join: Join, query: bool) -> Range<usize> {
        let stop = |byte: u8| {
            byte.is_ascii_whitespace()
                || byte == b'"'
                || byte == b'\''
                || byte == b'`'
                || query && matches!(byte, b'&' | b'#')
                || join == Join::Equals && byte == b';'
                || byte == b'<'
        };
        let limit = (place + VALUE + 1).min(self.end);
        let mut end = (place..limit).find(|&here| stop(self.text[here])).unwrap_or(limit);
        if let Some(comma) = self.text[place..end].iter().position(|&byte| byte == b',') {
            // `a=1,b=2`: a list of assignments in one token.
            let rest = &self.text[place + comma + 1..end];
            if rest.is_empty() || rest.iter().any(|&byte| byte == b'=' || byte == b':') {
                end = place + comma;
            }
        }
        while end > place && matches!(self.text[end - 1], b';' | b',' | b')' | b'}' | b']' | b'\\') {
            let open = match self.text[end - 1] {
                b')' => b'(',
                b'}' => b'{',
                b']' => b'[',
                _ => 0,
            };
            if open != 0 && self.text[place..end].contains(&open) {
                break;
            }
            end -= 1;
        }
        place..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lex(text: &str, word: &str) -> Option<(String, String, Setting)> {
        let start = text.find(word).expect("the word is in the text");
        let lexer = Lexer { text: text.as_bytes(), start: 0, end: text.len() };
        let found = lexer.assignment(start..start + word.len())?;
        Some((text[found.name].to_owned(), text[found.value].to_owned(), found.setting))
    }

    fn sees(text: &str, word: &str, name: &str, value: &str, setting: Setting) {
        assert_eq!(lex(text, word), Some((name.to_owned(), value.to_owned(), setting)), "{text}");
    }

    #[test]
    fn assignments_in_many_languages() {
        use Setting::*;
        sees("DB_PASSWORD=s3cr3t-x\n", "PASSWORD", "DB_PASSWORD", "s3cr3t-x", Bare);
        sees("export API_TOKEN=\"abc def\"", "TOKEN", "API_TOKEN", "abc def", Quoted);
        sees("  password: hunter22 # mine\n", "password", "password", "hunter22", Bare);
        sees("\"clientSecret\": \"q7\\\"x\",", "Secret", "clientSecret", "q7\\\"x", Quoted);
        sees("{\\\"token\\\":\\\"abcd\\\"}", "token", "token", "abcd", Quoted);
        sees("let password: &str = \"zZ9\";", "password", "password", "zZ9", Quoted);
        sees("const token: string = 'zZ9'", "token", "token", "zZ9", Quoted);
        sees("password := `zZ9`", "password", "password", "zZ9", Quoted);
        sees("config['password'] = 'zZ9';", "password", "password", "zZ9", Quoted);
        sees("define('DB_PASSWORD', 'zZ9');", "PASSWORD", "DB_PASSWORD", "zZ9", Quoted);
        sees("ds.setPassword(\"zZ9\");", "Password", "ds.setPassword", "zZ9", Quoted);
        sees("<password>zZ9</password>", "password", "password", "zZ9", Markup);
        sees("<user name=\"x\" password=\"zZ9\"/>", "password", "password", "zZ9", Markup);
        sees("<add key=\"ApiToken\" value=\"zZ9\"/>", "Token", "ApiToken", "zZ9", Markup);
        sees("mysqldump --password zZ9 db", "password", "--password", "zZ9", Argument);
        sees("tool --api-token=zZ9 run", "token", "--api-token", "zZ9", Argument);
        sees("https://x/?user=a&token=zZ9&x=1", "token", "token", "zZ9", Url);
        sees("Server=a;Password=zZ9;Pooling=true", "Password", "Password", "zZ9", Bare);
        sees("password = %w(zZ9)", "password", "password", "%w(zZ9)", Bare);
        sees("password => 'zZ9',", "password", "password", "zZ9", Quoted);
        sees("password = String::from(\"zZ9\");", "password", "password", "zZ9", Quoted);
        sees("password = b'zZ9'", "password", "password", "zZ9", Quoted);
        sees("password: |-\n    zZ9\nnext: 1", "password", "password", "zZ9", Bare);
        sees("{password: zZ9}", "password", "password", "zZ9", Bare);
        sees("{user: a, password: zZ9, x: 1}", "password", "password", "zZ9", Bare);
    }

    #[test]
    fn a_name_that_is_itself_a_value() {
        use Setting::*;
        sees("- name: DB_PASSWORD\n  value: zZ9\n", "PASSWORD", "DB_PASSWORD", "zZ9", Bare);
        sees("- name: \"DB_PASSWORD\"\n  value: 'zZ9'\n", "PASSWORD", "DB_PASSWORD", "zZ9", Quoted);
        sees("{\"name\": \"DB_PASSWORD\", \"value\": \"zZ9\"}", "PASSWORD", "DB_PASSWORD", "zZ9", Quoted);
    }

    #[test]
    fn what_assigns_nothing() {
        for text in [
            "the password is long",
            "password::new(x)",
            "password =~ /x/",
            "password\nother: x",
            "password:\n  other: x",
            "if (password) {",
            "\"password\", other)",
        ] {
            assert_eq!(lex(text, "password"), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_lexer_never_panics(before in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), after in "[\"'`=:,<>(){}\\\\ \n\ta-z|\\-]{0,60}") {
            let mut text = before.clone();
            text.extend_from_slice(b"password");
            let hit = before.len()..text.len();
            text.extend_from_slice(after.as_bytes());
            let lexer = Lexer { text: &text, start: 0, end: text.len() };
            if let Some(found) = lexer.assignment(hit) {
                proptest::prop_assert!(found.value.end <= text.len() && found.value.start <= found.value.end);
            }
        }
    }
}
