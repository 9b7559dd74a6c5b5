//! Maps and lists of code that give each account its password: `USERS = {"robin": "…"}`, `logins = [("robin", "…")]`.

use std::ops::Range;

use super::Window;
use super::rows::ROWS;

/// Longest name of an account, in bytes.
const ACCOUNT: usize = 64;
/// Keys of one account's settings: a map that has one is none of several accounts.
const SETTINGS: &[&[u8]] = &[
    b"user",
    b"username",
    b"login",
    b"name",
    b"host",
    b"server",
    b"port",
    b"email",
    b"mail",
    b"account",
    b"url",
    b"type",
    b"id",
    b"role",
    b"region",
    b"domain",
    b"password",
    b"title",
    b"label",
    b"key",
    b"token",
    b"secret",
];
/// Bytes before the names of a list's parts in which the call that goes through it stands.
const CALL: usize = 48;
/// What makes a map or list of the entries behind it.
const OPENS: &[&[u8]] = &[
    b"{",
    b"%{",
    b"[",
    b"(",
    b"array(",
    b"mapOf(",
    b"Map(",
    b"HashMap::from([",
    b"BTreeMap::from([",
    b"ImmutableMap.of(",
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
        let is_flat = self.text[..place].trim_ascii_end().ends_with(b"Map.of(");
        let mut found = Vec::new();
        while found.len() < ROWS {
            place = self.after_comments(place);
            if matches!(self.at(place), b'}' | b']' | b')') {
                break;
            }
            let Some((value, end)) = self.entry(place, bare_keys, is_flat) else { return };
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

    /// Where the list begins that is gone through with names for the parts of its entries, of which the last stands behind `place`:
    /// `[['robin', '…']].each do |name, pw|`, `.forEach(([user, pw]) =>`, `foreach (['robin' => '…'] as $user => $pw)`.
    pub(super) fn gone_through(&self, place: usize) -> Option<usize> {
        const CALLS: [&[u8]; 3] = [b".each", b".forEach(", b".map("];
        let least = place.saturating_sub(CALL).max(self.start);
        let before = &self.text[least..place];
        if let Some(end) = memchr::memmem::rfind(before, b"] as ") {
            let head = memchr::memmem::rfind(&self.text[self.start..least + end], b"foreach (")?;
            return Some(self.start + head + b"foreach (".len()).filter(|&open| self.at(open) == b'[');
        }
        let end = CALLS.iter().filter_map(|call| memchr::memmem::rfind(before, call)).max()?;
        let mut depth = 0;
        (self.start..least + end)
            .rev()
            .take_while(|&at| at + 1 < least + end || matches!(self.text[at], b']' | b'}'))
            .find(|&at| {
                depth += match self.text[at] {
                    b']' | b'}' => 1,
                    b'[' | b'{' => -1,
                    _ => return false,
                };
                depth == 0
            })
    }

    /// The value of an entry and the place behind it: `"robin": "…"`, `'robin' => '…'`, `("robin", "…")`, `{ "robin", "…" }`,
    /// `%w[robin …]`; `is_flat`: accounts and values are arguments by turns.
    fn entry(&self, place: usize, bare_keys: bool, is_flat: bool) -> Option<(Range<usize>, usize)> {
        if self.text[place..self.end].starts_with(b"%w[") {
            return self.words(place + 3);
        }
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
        if SETTINGS.iter().any(|word| account.eq_ignore_ascii_case(word)) {
            return None;
        }
        let is_account = (2..=ACCOUNT).contains(&account.len())
            && account.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.@+-\\".contains(byte))
            && account[0].is_ascii_alphabetic();
        let joint = self.after_blanks(end);
        let value = match (self.at(joint), self.at(joint + 1)) {
            (b',', _) if pair || is_flat => joint + 1,
            (b'=' | b'-', b'>') if !pair => joint + 2,
            (b't', b'o') if !pair && self.at(joint + 2) == b' ' => joint + 3,
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

    /// The second of two words that a bracket closes, and the place behind that.
    fn words(&self, place: usize) -> Option<(Range<usize>, usize)> {
        let text = &self.text[place..self.end];
        let close = text.iter().take(2 * ACCOUNT).position(|&byte| byte == b']')?;
        let words = &text[..close];
        let blank =
            memchr::memchr(b' ', words).filter(|&blank| blank > 1 && memchr::memrchr(b' ', words) == Some(blank))?;
        Some((place + blank + 1..place + close, place + close + 1))
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
