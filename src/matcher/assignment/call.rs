//! Names among the arguments of calls: `setPassword("…")`, `put("password", "…")`, `fill("#password", "…")`, comparisons.

use super::called::{Called, NESTED, is_hash};
use super::{Join, Lexer, METHOD, Name, holds_any, is_blank, is_name, is_quote};
use crate::matcher::ends_with;

/// Methods that give the field, which was looked up by its name, a value.
pub(super) const SETTERS: &[&[u8]] = &[
    b"fill",
    b"type",
    b"typeText",
    b"sendKeys",
    b"send_keys",
    b"setValue",
    b"set_value",
    b"set",
    b"val",
    b"pressSequentially",
    b"press_sequentially",
    b"replaceText",
    b"inputText",
    b"addValue",
    b"setText",
];
/// Methods that give a command one argument more.
const ADDERS: &[&[u8]] = &[b"arg", b"add", b"append", b"addArgument", b"push", b"param"];
/// Words in the names of calls that compare two values.
const COMPARE: &[&[u8]] = &[b"compare", b"equal", b"strcmp", b"digest", b"match"];
/// How calls end that set an option, which a constant names: `curl_setopt($c, CURLOPT_PASSWORD, "…")`.
const OPTIONS: &[&[u8]] = &[b"setopt(", b"setoption(", b"set_option("];
/// Words in the names of calls that take the first of their arguments which is there.
const FIRST: &[&[u8]] = &[b"cmp.or(", b"coalesce(", b"firstnonempty(", b"default(", b"ifempty("];
/// How calls end whose arguments are texts to ask with, or all that may be chosen.
const CHOICES: &[&[u8]] = &[b"inputbox(", b"msgbox(", b"prompt(", b"enum("];
/// How the names of calls end that make a list of words: what follows the first is another of them.
const LISTS: &[&[u8]] =
    &[b"list.of(", b"set.of(", b"listof(", b"setof(", b"aslist(", b"arrayof(", b"newhashset(", b"contains("];
/// How the names of calls end that translate their first argument: `__(`, `esc_html_e(`.
const TRANSLATIONS: &[&[u8]] = &[b"_(", b"_e(", b"_x(", b"gettext(", b"trans(", b"translate("];
/// Bytes in which the arguments of a program's option are looked at.
const OPTION: usize = 160;
/// Most cells of a row before the name of a setting.
const CELLS: usize = 4;

impl Lexer<'_> {
    /// What joins a name to an argument behind it.
    pub(super) fn argument(&self, place: usize, name: Name) -> Option<(Join, usize)> {
        let call = self.at(place) == b'(' && place == name.after;
        if !call && self.at(place) == b'(' {
            // `:password (or (env :db-password) "…")`
            let or = || {
                let operand = self.has(place, b"(or ").then(|| self.past_operand(self.blanks(place + 4)))??;
                let quote = self.blanks_and_line(operand);
                is_quote(self.at(quote)).then_some((Join::Fallback, quote))
            };
            return self.in_form(place, name).map(|value| (Join::Blank, value)).or_else(or);
        }
        if (name.quoted || call)
            && let Some(value) = self.named_value(place + 1)
        {
            return Some((Join::Colon, value));
        }
        if call && let Some(value) = self.returned(place, name) {
            return Some((Join::Equals, value));
        }
        if call && self.at(place + 1) == b')' {
            return self
                .behind_conversion(place, name)
                .map(|value| (Join::Argument, value))
                .or_else(|| self.led_to(place, name.start));
        }
        if call && let Some(value) = self.put_for(&self.text[name.start..name.end], place) {
            return Some((Join::Argument, value));
        }
        if call {
            let value = self.blanks_and_line(place + 1);
            return Some((Join::Argument, self.behind_conversion(place, name).unwrap_or(value)));
        }
        let value = self.blanks_and_line(place + 1);
        if !name.quoted
            && let Some(value) = self.named_value(place)
        {
            return Some((Join::Colon, value));
        }
        // The default of a program's option.
        if name.quoted && self.text[name.start] == b'-' {
            let line = &self.text[value..self.end.min(value + OPTION)];
            let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
            if let Some(default) = memchr::memmem::find(line, b"default=") {
                return Some((Join::Argument, value + default + 8));
            }
        }
        if name.quoted && self.has(value, b"with:") {
            return Some((Join::Argument, self.blanks(value + 5)));
        }
        // A name without quotes is compared with what follows it, or is the first of a pair; one in quotes is an argument
        // of a call, not a word of a list.
        let pair = match name.quoted {
            // What follows one option may be the next.
            true if self.text[name.start] == b'-' => !(is_quote(self.at(value)) && self.at(value + 1) == b'-'),
            true if is_quote(self.text[name.after - 1]) => {
                self.is_in_call(name.start)
                    || self.is_pair(name)
                    || self.is_field(name)
                    || self.is_row(name, value)
                    || self.is_header(name, value)
                    || self.is_set(name, b"")
            }
            true => self.line_has(name.start, FIRST) || self.line_has(name.start, COMPARE),
            false => {
                let before = &self.text[self.start..name.start];
                // The key of a pair may be an atom of Elixir.
                matches!(before.last(), Some(b'{' | b'('))
                    || before.ends_with(b"{:")
                    || self.is_constant(name)
                    || self.line_has(name.start, COMPARE)
                    || self.is_option(name)
                    || self.is_set(name, b":")
            }
        };
        pair.then_some((Join::Argument, value))
    }

    /// What a function without arguments returns, where its body is one literal: `fn default_token() -> String {` and the next
    /// line, `def token():` and `return "…"`, `fun token() = "…"`. `place` is that of its bracket.
    fn returned(&self, place: usize, name: Name) -> Option<usize> {
        const DEFINES: &[&[u8]] = &[b"fn", b"func", b"def", b"function", b"fun"];
        let last = self.line_before(name.start).rsplit(|&byte| is_blank(byte)).next()?;
        if self.at(place + 1) != b')' || !DEFINES.contains(&last) {
            return None;
        }
        let head = self.find(place + 2, |byte| matches!(byte, b'{' | b'=' | b'\n' | b'"' | b'\''))?;
        let in_braces = self.at(head) == b'{';
        let body = match self.at(head) {
            b'{' => self.blanks_and_line(head + 1),
            b'=' => self.blanks(head + 1 + usize::from(self.at(head + 1) == b'>')),
            b'\n' => self.blanks_and_line(head),
            _ => return None,
        };
        let value = if self.has(body, b"return ") { self.blanks(body + 7) } else { body };
        let gives = is_quote(self.at(value)) || matches!(self.called(value), Called::Literal(_));
        if !in_braces || !gives {
            return gives.then_some(value);
        }
        // The body ends behind the literal: what a conversion leaves of its line has no quote.
        let line = self.find(value, |byte| byte == b'\n' || byte == b'}')?;
        let close = if self.at(line) == b'}' { line } else { self.blanks_and_line(line) };
        (self.at(close) == b'}').then_some(value)
    }

    /// Where the name of an argument begins in a part of a message of Objective-C: behind `startWith` in `startWithApiKey:@"…"`.
    pub(super) fn part_start(&self, start: usize, name: Name) -> usize {
        if self.at(name.after) != b':' || self.at(name.after + 1) != b'@' {
            return start;
        }
        let with = memchr::memmem::rfind(&self.text[start..name.end], b"With").map_or(start, |at| start + at + 4);
        // A key by itself may be any; what is begun with one is not.
        if with < name.end && &self.text[with..name.end] != b"Key" { with } else { start }
    }

    /// Whether a quoted name is an argument of a function that is applied without brackets, with its value behind a blank:
    /// `{{ dict "user" "app" "password" "…" }}`, `Header.add h "x-secret" "…"`, `(setenv "DB_PASSWORD" "…")`; or the first key of a map
    /// of Clojure, `{"apikey" "…"}`.
    pub(super) fn is_applied(&self, name: Name) -> bool {
        const FUNCTIONS: &[&[u8]] = &[b"{{", b"header", b".add", b"setenv", b"putenv", b"insert"];
        // `dotnet user-secrets set "Mail:Password" "…"`
        const SETTERS: &[&[u8]] = &[b"user-secrets set ", b"config set "];
        is_quote(self.at_before(name.start, 1))
            && (self.at_before(name.start, 2) == b'{' || self.line_has(name.start, FUNCTIONS))
            || self.line_has(name.start, SETTERS)
    }

    /// Whether a quoted name ends a word of a command that is an option, with its value in quotes at `place`, as programs write
    /// what they were called with: `"--//registry.example/:_authToken" "…"`.
    pub(super) fn is_quoted_option(&self, place: usize, name: Name) -> bool {
        let line = self.line_before(name.start);
        let word = || line.iter().rposition(|&byte| is_quote(byte)).map(|open| &line[open + 1..]);
        is_quote(self.at(place))
            && self.at(place + 1) != b'-'
            && word().is_some_and(|word| word.first().unwrap_or(&self.text[name.start]) == &b'-')
    }

    /// Whether a constant is that of an option which a call sets. A user and a password in one have a rule of their own.
    fn is_option(&self, name: Name) -> bool {
        let constant = &self.text[name.start..name.end];
        memchr::memmem::find(constant, b"USER").is_none() && self.line_has(name.start, OPTIONS)
    }

    /// Whether a name is one of the constants of a type, which stand for options: `SessionOption::PWD`.
    fn is_constant(&self, name: Name) -> bool {
        let constant = &self.text[name.start..name.end];
        self.text[self.start..name.start].ends_with(b"::") && !constant.iter().any(u8::is_ascii_lowercase)
    }

    /// Whether the line before `place` has one of some words, in lower case.
    fn line_has(&self, place: usize, words: &[&[u8]]) -> bool {
        holds_any(self.line_before(place), words)
    }

    /// What a name is compared with, behind the bracket at `place` of a conversion: `Compare([]byte(pass), []byte("…"))`.
    pub(super) fn compared(&self, place: usize, name: Name) -> Option<usize> {
        if self.at(place + 1) != b',' || !self.line_has(name.start, COMPARE) {
            return None;
        }
        Some(self.behind_cast(self.blanks(place + 2)))
    }

    /// The same for `compare(password.encode(), b"…")`; the bracket at `place` opens the conversion.
    fn behind_conversion(&self, place: usize, name: Name) -> Option<usize> {
        let method = self.text[name.start..name.end].rsplit(|&byte| byte == b'.').next()?;
        if !matches!(method, b"encode" | b"getBytes" | b"bytes" | b"toString" | b"as_bytes") {
            return None;
        }
        let close = (place..self.end.min(place + 16)).find(|&at| self.text[at] == b')')?;
        self.compared(close, name)
    }

    fn behind_cast(&self, place: usize) -> usize {
        if self.has(place, b"[]byte(") { place + 7 } else { place }
    }

    /// `(def name (.getBytes "…"))`, `(setq name (concat "…"))`: the string in a form that a name is given.
    fn in_form(&self, place: usize, name: Name) -> Option<usize> {
        if !self.line_before(name.start).trim_ascii_start().starts_with(b"(") || name.quoted {
            return None;
        }
        let end = (place + 1..self.end.min(place + METHOD)).find(|&at| !is_name(self.text[at]))?;
        let value = self.blanks(end);
        (end > place + 1 && value > end && is_quote(self.at(value))).then_some(value)
    }

    /// `.fill("…")` behind the look-up of a field, `.unwrap_or("…")` behind that of a variable.
    pub(super) fn method(&self, place: usize, name: Name) -> Option<(Join, usize)> {
        let end = (place + 1..self.end.min(place + METHOD)).find(|&at| !is_name(self.text[at]))?;
        // The next argument of a command: `.arg("--passphrase").arg("…")`.
        let adds = self.text[name.start] == b'-' && ADDERS.contains(&&self.text[place + 1..end]);
        if self.text[end] == b'(' && (adds || SETTERS.contains(&&self.text[place + 1..end])) {
            return Some((Join::Argument, self.blanks_and_line(end + 1)));
        }
        self.fallback(place, NESTED).map(|quote| (Join::Fallback, quote))
    }

    /// Whether the quoted name and the value behind it are a row of a table of settings, behind a few numbers and texts:
    /// `(12, 'smtp_password', '…', 'yes'),`, `(3043,0,'config','smtp_password','…',0)`.
    fn is_row(&self, name: Name, value: usize) -> bool {
        let quote = self.at(name.after - 1);
        let line = self.line_before(name.start);
        // Names of columns stand in these.
        if quote == b'`' {
            return false;
        }
        let Some(before) = line.strip_suffix(&[quote]).map(<[u8]>::trim_ascii_end) else { return false };
        // A line of a table of values: `"smtp_password","…","admin"`.
        if before.is_empty() && quote == b'"' {
            let end = self.quoted(value).map(|value| value.end + 1);
            return value == name.after + 1
                && end.is_some_and(|end| self.has(end, b",\"") || matches!(self.at(end), b'\n' | b'\r'));
        }
        let Some(open) = memchr::memrchr(b'(', before) else { return false };
        let (outer, cells) = (&before[..open], before[open + 1..].strip_suffix(b","));
        let is_cell = |cell: &[u8]| {
            let cell = cell.trim_ascii();
            let text = cell.strip_prefix(&[quote]).and_then(|rest| rest.strip_suffix(&[quote]));
            !cell.is_empty()
                && (cell.iter().all(u8::is_ascii_digit)
                    || cell == b"NULL"
                    || text.is_some_and(|text| text.iter().all(|&byte| is_name(byte))))
        };
        let mut cells = cells.into_iter().flat_map(|cells| cells.split(|&byte| byte == b','));
        let are_cells = open + 1 == before.len() || cells.by_ref().take(CELLS).all(is_cell) && cells.next().is_none();
        if !are_cells {
            return false;
        }
        let closes = || {
            let end = self.quoted(value)?.end + 1;
            let next = self.at(self.blanks(end));
            (self.at(value) == quote && matches!(next, b')' | b',')).then_some(())
        };
        outer.last().is_none_or(|byte| matches!(byte, b' ' | b',' | b'\t')) && closes().is_some()
    }

    /// Whether the quoted name is that of a field which the call fills in, or of a build's constant.
    fn is_field(&self, name: Name) -> bool {
        const CALLS: &[&[u8]] = &[
            b".fill(",
            b".type(",
            b".settext(",
            b".typetext(",
            b".setvalue(",
            b"fillfield(",
            b".set(",
            b".put(",
            b"hset(",
            b"addparameter(",
            b"addoptional(",
            b"buildconfigfield",
            b"resvalue",
            b"controlsettext(",
        ];
        self.line_has(name.start, CALLS)
    }

    /// Whether the quoted name is that of a header, alone with its value in a list: `['x-api-key', '…']`.
    fn is_header(&self, name: Name, value: usize) -> bool {
        let is_first = is_quote(self.at_before(name.start, 1)) && self.at_before(name.start, 2) == b'[';
        let is_last = || {
            let end = self.quoted(self.opening_quote(value)?)?.end + 1;
            (self.at(self.blanks(end)) == b']').then_some(())
        };
        is_first && self.text[name.start..name.end].contains(&b'-') && is_last().is_some()
    }

    /// Whether a pair of a name and a value stands before the quoted name among the arguments: `f('User', 'x', 'Password',`.
    fn is_pair(&self, name: Name) -> bool {
        const ACCOUNT: &[&[u8]] =
            &[b"user", b"username", b"userid", b"uid", b"login", b"host", b"server", b"name", b"database", b"port"];
        let Some(&quote) = self.text[self.start..name.start].last() else { return false };
        let line = self.line_before(name.start);
        let mut parts = line.rsplit(|&byte| byte == quote);
        let is_comma = |part: Option<&[u8]>| part.is_some_and(|part| part.trim_ascii() == b",");
        let is_account =
            |part: Option<&[u8]>| part.is_some_and(|part| ACCOUNT.contains(&&part.to_ascii_lowercase()[..]));
        parts.next().is_some_and(<[u8]>::is_empty)
            && is_comma(parts.next())
            && !is_account(parts.next())
            && is_comma(parts.next())
            && is_account(parts.next())
    }

    /// Whether the bracket that is open before `place` on its line is that of a call.
    fn is_in_call(&self, place: usize) -> bool {
        let mut closed = 0;
        let line = self.line_before(place);
        for (before, byte) in line.iter().rev().enumerate() {
            match byte {
                b')' | b']' | b'}' => closed += 1,
                b'(' | b'[' | b'{' if closed > 0 => closed -= 1,
                // The first argument: the third of `connect("host", "user", "password", "x")` names nothing.
                b'(' => {
                    let name = line.iter().rev().nth(before + 1);
                    // The second argument of a translation says in which catalogue it is.
                    let called = &line[..line.len() - before];
                    let translates =
                        TRANSLATIONS.iter().chain(CHOICES).chain(LISTS).any(|call| ends_with(called, call));
                    // `make_password("password", "salt")`: that is what is hashed.
                    let hashes = || {
                        let call = &called[..called.len() - 1];
                        is_hash(&call[call.iter().rposition(|&byte| !is_name(byte)).map_or(0, |at| at + 1)..])
                    };
                    return before <= 3
                        && !translates
                        && !hashes()
                        && name.is_some_and(|&byte| is_name(byte) || matches!(byte, b' ' | b'!' | b'>'));
                }
                b'[' | b'{' => return false,
                _ => {}
            }
        }
        false
    }

    /// What an answer is compared with, where the name stands in the question: `InputBox("Password:") = "…"`.
    pub(super) fn asked(&self, name: Name) -> Option<usize> {
        const QUESTIONS: &[&[u8]] =
            &[b"inputbox(", b"prompt(", b"input(", b"getpass(", b"ask(", b"readline(", b"askstring("];
        let line = self.line_before(name.start);
        // Each ends with a bracket: most lines have none before the name.
        let asks = |open: usize| QUESTIONS.iter().any(|question| ends_with(&line[..=open], question));
        if !memchr::memchr_iter(b'(', line).any(asks) {
            return None;
        }
        // The question's own quote ends it; what follows may be more arguments.
        let limit = self.end.min(name.end + 80);
        let mut place = (name.end..limit).find(|&at| is_quote(self.text[at]) || self.text[at] == b'\n')? + 1;
        while place < limit && self.text[place] != b')' {
            place = match self.text[place] {
                b'\n' => return None,
                byte if is_quote(byte) => self.quoted(place)?.end + 1,
                _ => place + 1,
            };
        }
        let after = (place + 1..limit).find(|&at| !matches!(self.text[at], b')' | b' ' | b'\t'))?;
        let end = (after..limit).find(|&at| !matches!(self.text[at], b'=' | b'!' | b'<' | b'>'))?;
        let value = self.blanks(end);
        (end > after && end <= after + 3 && is_quote(self.at(value)) && is_blank(self.at(after - 1))).then_some(value)
    }
}
