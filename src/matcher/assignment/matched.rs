//! Names that are held against literals together, the user's and the password's: `(user, password) == ("robin", "…")`,
//! `matches!((user, pw), ("robin", "…"))`, and the arms of `match user, pw with`, `case {user, pw} do`, `(user, pw) switch {`.
//!
//! Which of the names it is tells which literal of each row counts.

use std::ops::Range;

use super::{Lexer, NAME, VALUE, holds_any, is_name, is_quote};

/// Lines of arms that are looked at.
const LINES: usize = 24;
/// Rows that are candidates.
const ROWS: usize = 16;
/// Words before what is matched.
const HEADS: &[&[u8]] = &[b"match ", b"case ", b"switch "];
/// Words between what is matched and its arms.
const TAILS: &[&[u8]] = &[b"match", b"switch", b"with", b"of", b"do", b"{", b":"];
/// Words that an arm begins with.
const ARMS: &[&[u8]] = &[b"case ", b"when ", b"in ", b"| "];
/// Words for whose the password is: what a parser holds its tokens against has none of them.
const ACCOUNTS: &[&[u8]] =
    &[b"user", b"usr", b"login", b"name", b"mail", b"account", b"role", b"uid", b"client", b"host", b"owner", b"id"];
/// What may stand behind the pattern of an arm.
const BODIES: &[&[u8]] = &[b"=>", b"->", b":", b"then", b"when ", b"if ", b"\n", b"\r"];

/// Several names that something is held against.
struct Subject {
    /// Names before the one that is meant.
    column: usize,
    /// Where what stands before all of them ends.
    head: usize,
    /// One past what closes them.
    tail: usize,
}

impl Lexer<'_> {
    /// The first literal that the name from `start` to `end` is held against together with others.
    pub(super) fn matched(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let subject = self.subject(start, end)?;
        let mut first = None;
        self.each_row(&subject, &mut |value| {
            first.get_or_insert(value);
        });
        first
    }

    /// The literals behind the one that was found so.
    pub(super) fn further_matched(
        &self,
        name: &Range<usize>,
        found: &Range<usize>,
        out: &mut impl FnMut(Range<usize>),
    ) {
        // Of each value that is found this is asked: most names stand alone.
        if let Some(subject) = self.subject(name.start, name.end) {
            self.each_row(&subject, &mut |value| {
                if value.start > found.start {
                    out(value);
                }
            });
        }
    }

    /// The names that one is the last of.
    fn subject(&self, start: usize, end: usize) -> Option<Subject> {
        let start = start - usize::from(self.at_before(start, 1) == b'$');
        // Of each name this is asked: most are left here.
        if self.at_before(start, 1) != b' ' {
            return None;
        }
        let is_list = self.line_before(start).last() == Some(&b',');
        // Clojure has no commas.
        if !is_list && self.at(end) != b']' {
            return None;
        }
        let least = start - (start - self.start).min(NAME);
        let before = &self.text[least..start];
        // A bracket opens them, but for those of calls without arguments: `user.as_str()`.
        let mut open = before.len();
        let bracket = loop {
            open = before[..open].iter().rposition(|byte| !is_name(*byte) && !b", $".contains(byte)).unwrap_or(0);
            match before.get(open) {
                Some(b')') if open > 0 && before[open - 1] == b'(' => open -= 1,
                Some(byte @ (b'(' | b'[' | b'{')) => break Some(*byte),
                _ => break None,
            }
        };
        let Some(bracket) = bracket else {
            // `match user, password with`
            let head = HEADS.iter().find_map(|head| Some(memchr::memmem::rfind(before, head)? + head.len()))?;
            let names = &before[head..];
            let are_names = names.iter().all(|byte| is_name(*byte) || b", $".contains(byte));
            let column = names.iter().filter(|&&byte| byte == b',').count();
            let is_subject = are_names && holds_any(names, ACCOUNTS);
            return is_subject.then_some(Subject { column, head: least + head, tail: end });
        };
        let inside = &before[open + 1..];
        let column = if is_list {
            inside.iter().filter(|&&byte| byte == b',').count()
        } else {
            inside.split(|&byte| byte == b' ').filter(|name| !name.is_empty()).count()
        };
        let mut close = end;
        while self.has(close, b"()") || self.at(close) == b'.' && is_name(self.at(close + 1)) {
            close += if self.at(close) == b'.' { 1 } else { 2 };
            while is_name(self.at(close)) {
                close += 1;
            }
        }
        let closes = matches!((bracket, self.at(close)), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
        (closes && holds_any(inside, ACCOUNTS)).then_some(Subject { column, head: least + open, tail: close + 1 })
    }

    /// The literals of a subject's column in all that it is held against.
    fn each_row(&self, subject: &Subject, out: &mut impl FnMut(Range<usize>)) {
        let head = &self.text[self.start..subject.head];
        let after = self.blanks(subject.tail);
        let equals = (after..after + 3).take_while(|&at| self.at(at) == b'=').count();
        if equals >= 2 {
            return self.rows(self.blanks(after + equals), subject.column, b'|', out);
        }
        // `(= ["robin" "…"] [user password])`, `("robin", "…") == (user, password)`
        if head.ends_with(b"(= ") {
            return self.rows(after, subject.column, b'|', out);
        }
        if let Some(row) = self.row_before(head) {
            return self.rows(row, subject.column, b'|', out);
        }
        if self.at(after) == b',' && head.ends_with(b"matches!(") {
            return self.rows(self.blanks_and_line(after + 1), subject.column, b'|', out);
        }
        if self.has(after, b"in ") && matches!(self.at(after + 3), b'[' | b'(' | b'{') {
            return self.rows(self.blanks_and_line(after + 4), subject.column, b',', out);
        }
        let is_headed = HEADS.iter().any(|word| head.ends_with(word)) || head.ends_with(b"switch (");
        let is_tailed = [&b"match {"[..], b"match:", b"switch"].iter().any(|word| self.has(after, word));
        let begins = matches!(self.at(after), b'\n' | b'\r') || TAILS.iter().any(|word| self.has(after, word));
        if is_tailed || is_headed && begins {
            self.arms(after, subject.column, out);
        }
    }

    /// The row that an operator stands behind, at the end of `head`.
    fn row_before(&self, head: &[u8]) -> Option<usize> {
        let lisp = head.strip_suffix(b"] ");
        let row = match lisp {
            Some(row) => row,
            None => head.strip_suffix(b"== ")?.trim_ascii_end().strip_suffix(b")")?,
        };
        let mark = if lisp.is_some() { b'[' } else { b'(' };
        let line = &row[row.len().saturating_sub(VALUE)..];
        let line = &line[memchr::memrchr(b'\n', line).map_or(0, |end| end + 1)..];
        let open = memchr::memrchr(mark, line)?;
        let before = &line[..open];
        // An argument of a call is no row.
        let stands =
            if lisp.is_some() { before.ends_with(b"(= ") } else { before.last().is_none_or(|byte| !is_name(*byte)) };
        stands.then(|| self.start + row.len() - line.len() + open)
    }

    /// The arms below `place`, each of which begins its line.
    fn arms(&self, place: usize, column: usize, out: &mut impl FnMut(Range<usize>)) {
        let mut line = self.line_end(place);
        for _ in 0..LINES {
            if line >= self.end {
                return;
            }
            let mut arm = self.blanks(line + 1);
            if let Some(word) = ARMS.iter().find(|word| self.has(arm, word)) {
                arm = self.blanks(arm + word.len());
            }
            self.rows(arm, column, b'|', out);
            line = self.line_end(line + 1);
        }
    }

    /// The literals of a column in rows that one mark separates.
    fn rows(&self, place: usize, column: usize, between: u8, out: &mut impl FnMut(Range<usize>)) {
        let mut place = place;
        let is_bare = is_quote(self.at(place));
        for _ in 0..ROWS {
            let Some((value, end)) = self.row(place, column) else { return };
            let next = self.blanks_and_line(end);
            // Without brackets a row is one by what stands behind it.
            if is_bare && !BODIES.iter().any(|body| self.has(self.blanks(end), body)) {
                return;
            }
            // `("", _)` asks whether there is one.
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                out(value);
            }
            if self.at(next) != between {
                return;
            }
            place = self.blanks_and_line(next + 1);
        }
    }

    /// The literal of a column in the row at `place`, where that is one, and the place behind the row: literals, names and `_`,
    /// in brackets or not.
    fn row(&self, place: usize, column: usize) -> Option<(Option<Range<usize>>, usize)> {
        let close = match self.at(place) {
            b'(' => Some(b')'),
            b'[' => Some(b']'),
            b'{' => Some(b'}'),
            _ => None,
        };
        let mut at = place + usize::from(close.is_some());
        let mut found = None;
        let mut index = 0;
        loop {
            at = self.blanks(at);
            let literal = self.opening_quote(at).and_then(|quote| self.quoted(quote));
            let end = match &literal {
                Some(literal) => literal.end + 1,
                None => (at..self.end.min(at + NAME)).find(|&at| !is_name(self.text[at])).filter(|&end| end > at)?,
            };
            if index == column {
                found = literal;
            }
            index += 1;
            at = self.blanks(end);
            match self.at(at) {
                b',' => at += 1,
                byte if close == Some(byte) => return (index == column + 1).then_some((found, at + 1)),
                _ if close == Some(b']') && at > end => {}
                _ => return (close.is_none() && index == column + 1).then_some((found, end)),
            }
        }
    }
}
