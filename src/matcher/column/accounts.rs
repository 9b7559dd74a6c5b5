//! Maps and lists of code that give each account its password: `USERS = {"robin": "…"}`, `logins = [("robin", "…")]`.

use std::ops::Range;

use super::Window;
use super::rows::ROWS;

/// Longest name of an account, in bytes.
const ACCOUNT: usize = 64;
/// What makes a map or list of the entries behind it.
const OPENS: &[&[u8]] = &[
    b"{",
    b"[",
    b"array(",
    b"map[string]string{",
    b"new Dictionary<string, string>",
    b"new Dictionary<string, string>()",
    b"Map.of(",
    b"new Map([",
    b"dict([",
    b"[]struct{",
];

impl Window<'_> {
    /// The passwords of the entries behind a name that ends at `place`, where each is an account and a string and nothing else.
    pub(super) fn accounts(&self, name: &Range<usize>, out: &mut dyn FnMut(Range<usize>)) {
        // `basicAuth({ users: { robin: '…' } })`: nothing else is in such a map, and its keys need no quotes.
        let before = self.text[name.start.saturating_sub(32).max(self.start)..name.start].to_ascii_lowercase();
        let bare_keys = memchr::memmem::find(&before, b"basicauth(").is_some();
        let Some(mut place) = self.opened(name.end) else { return };
        let mut found = Vec::new();
        while found.len() < ROWS {
            place = self.after_comments(place);
            if matches!(self.at(place), b'}' | b']' | b')') {
                break;
            }
            let Some((value, end)) = self.entry(place, bare_keys) else { return };
            found.push(value);
            place = self.after_blanks(end);
            match self.at(place) {
                b',' => place += 1,
                b'}' | b']' | b')' => break,
                _ => return,
            }
        }
        found.into_iter().for_each(out);
    }

    /// The place behind the bracket that opens the map or list.
    fn opened(&self, place: usize) -> Option<usize> {
        let rest = &self.text[place..self.end];
        let open = OPENS.iter().filter(|open| rest.starts_with(open)).max_by_key(|open| open.len())?;
        let end = self.after_blanks(place + open.len());
        // The bracket of a dictionary stands behind its type, on its line or the next.
        let behind = open.starts_with(b"new Dictionary");
        if !behind { Some(end) } else { (self.at(end) == b'{').then_some(end + 1) }
    }

    /// The value of an entry and the place behind it: `"robin": "…"`, `'robin' => '…'`, `("robin", "…")`, `{ "robin", "…" }`.
    fn entry(&self, place: usize, bare_keys: bool) -> Option<(Range<usize>, usize)> {
        let pair = matches!(self.at(place), b'(' | b'[' | b'{');
        let start = if pair { self.after_blanks(place + 1) } else { place };
        let (account, end) = match self.at(start) {
            b'"' | b'\'' => {
                let end = self.string_end(start)?;
                (start + 1..end, end + 1)
            }
            byte if bare_keys && byte.is_ascii_alphabetic() => {
                let end = (start..self.end).find(|&at| !matches!(self.text[at], b'a'..=b'z' | b'A'..=b'Z' | b'_'))?;
                (start..end, end)
            }
            _ => return None,
        };
        let account = &self.text[account];
        let is_account = (2..=ACCOUNT).contains(&account.len())
            && account.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.@+-\\".contains(byte))
            && account[0].is_ascii_alphabetic();
        let joint = self.after_blanks(end);
        let value = match (self.at(joint), self.at(joint + 1)) {
            (b',', _) if pair => joint + 1,
            (b'=', b'>') if !pair => joint + 2,
            (b':' | b'=', _) if !pair => joint + 1,
            _ => return None,
        };
        let open = self.after_blanks(value);
        let quote = self.at(open);
        if !is_account || !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let end = self.string_end(open)?;
        let behind = self.after_blanks(end + 1);
        match (pair, self.at(behind)) {
            (true, b')' | b']' | b'}') => Some((open + 1..end, behind + 1)),
            (true, _) => None,
            (false, _) => Some((open + 1..end, end + 1)),
        }
    }

    /// The place behind blanks and the comments of a line.
    pub(super) fn after_comments(&self, mut place: usize) -> usize {
        loop {
            place = self.after_blanks(place);
            if self.at(place) == b'/' && self.at(place + 1) == b'*' {
                let end = memchr::memmem::find(&self.text[place..self.end], b"*/");
                place = end.map_or(self.end, |end| place + end + 2);
                continue;
            }
            let is_comment = self.at(place) == b'#' || self.at(place) == b'/' && self.at(place + 1) == b'/';
            if !is_comment || place >= self.end {
                return place;
            }
            place = memchr::memchr(b'\n', &self.text[place..self.end]).map_or(self.end, |line| place + line);
        }
    }
}
