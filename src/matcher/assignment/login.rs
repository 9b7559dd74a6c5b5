//! Logins by position: `connect(host, "user", "password")`. No name says which argument is the password; the call does.

use std::ops::Range;

use super::{Lexer, VALUE, is_name, is_quote};

/// Where the password stands among the arguments of a call, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At this place.
    At(usize),
    /// Behind the distinguished name of a directory, wherever that stands.
    AfterName,
    /// The second of exactly two.
    Pair,
    /// The only one.
    Alone,
}

use Place::{AfterName, Alone, At, Pair};

/// Words that begin the arguments of a login, and where the password is. A word is the end of a call's name and what
/// follows it; of words of which one is the end of the other the longest counts.
const LOGINS: &[(&str, Place)] = &[
    // Databases and hosts.
    ("connect(", At(2)),
    ("oci_connect(", At(1)),
    ("oci_pconnect(", At(1)),
    ("oracle.connect(", At(1)),
    ("oracledb.connect(", At(1)),
    ("real_connect(", At(3)),
    ("getconnection(", At(2)),
    ("new mysqli(", At(2)),
    ("new pdo(", At(2)),
    ("= database(", At(2)),
    ("logonuser(", At(2)),
    (".open \"", At(2)),
    // Mail, files and shells.
    ("login(", At(1)),
    ("ftp_login(", At(2)),
    (".login '", At(1)),
    (".login \"", At(1)),
    ("plainauth(", At(2)),
    ("crammd5auth(", At(1)),
    ("auth_password(", At(1)),
    ("ssh2_auth_password(", At(2)),
    ("smtp.start(", At(4)),
    ("ssh.start(", At(2)),
    ("ftp.open(", At(2)),
    ("factory.begin(", At(1)),
    // Requests.
    ("basicauth(", At(1)),
    ("digestauth(", At(1)),
    ("ntlmauth(", At(1)),
    ("basic_auth(", At(1)),
    ("basic_auth '", At(1)),
    ("basic_auth \"", At(1)),
    (".basic(", At(1)),
    (".basic '", At(1)),
    (".basic \"", At(1)),
    (":basic, ", At(1)),
    ("basicauth \"", At(1)),
    ("httpbasicauthhandler(", At(1)),
    ("setbasicauth(", At(1)),
    (".auth(", Pair),
    ("redis.auth(", Alone),
    ("redis->auth(", Alone),
    ("jedis.auth(", Alone),
    ("auth=(", Pair),
    ("auth = (", Pair),
    ("creds = (", Pair),
    ("creds=(", Pair),
    ("credentials = (", Pair),
    ("credentials=(", Pair),
    ("login = (", Pair),
    ("'auth' => [", Pair),
    ("\"auth\" => [", Pair),
    ("\"auth\": [", Pair),
    ("'auth': [", Pair),
    ("setvapiddetails(", At(2)),
    // Objects that hold a login.
    ("credential(", At(1)),
    ("credentials(", At(1)),
    ("credentials::new(", At(1)),
    ("credentialsprovider(", At(1)),
    ("clientsecretcredential(", At(2)),
    ("passwordauthentication(", At(1)),
    ("authenticationtoken(", At(1)),
    ("authenticate(", At(1)),
    ("create_user(", At(1)),
    ("createuser(", At(1)),
    ("create_superuser(", At(1)),
    // Directories.
    ("dc=", AfterName),
    // Sheets and documents.
    (".unprotect \"", Alone),
    (".unprotect(", Alone),
    (".protect \"", Alone),
];

/// Most arguments that are read.
const ARGUMENTS: usize = 6;

/// One argument: the string that it is, if it is one and nothing else.
struct Argument {
    literal: Option<Range<usize>>,
    end: usize,
}

impl Lexer<'_> {
    /// The password among the arguments that begin at the word at `hit`.
    pub(super) fn login(&self, hit: Range<usize>) -> Option<Range<usize>> {
        let word = self.text[hit.clone()].to_ascii_lowercase();
        let before = &self.text[hit.start.saturating_sub(32).max(self.start)..hit.end];
        let (_, place) = LOGINS
            .iter()
            .filter(|(end, _)| end.as_bytes().ends_with(&word) && ends_with(before, end.as_bytes()))
            .max_by_key(|(end, _)| end.len())?;
        match place {
            AfterName => self.after_name(hit.end),
            _ => self.of_call(hit, *place),
        }
        .filter(|value| !value.is_empty() && value.len() <= VALUE)
    }

    fn of_call(&self, hit: Range<usize>, place: Place) -> Option<Range<usize>> {
        // A word that ends with a quote begins its first argument with it.
        let mut from = hit.end - usize::from(is_quote(self.text[hit.end - 1]));
        if matches!(self.at(from), b'(' | b'[') {
            from += 1;
        }
        if self.is_declaration(hit.start) {
            return None;
        }
        let mut literals: [Option<Range<usize>>; ARGUMENTS] = Default::default();
        let mut count = 0;
        let mut closed = false;
        while count < ARGUMENTS {
            let argument = self.argument_at(from)?;
            literals[count] = argument.literal;
            count += 1;
            if self.at(argument.end) != b',' {
                closed = true;
                break;
            }
            from = argument.end + 1;
            // A comma may stand behind the last.
            if matches!(self.at(self.blanks_and_line(from)), b')' | b']') {
                closed = true;
                break;
            }
        }
        let index = match place {
            At(index) => index,
            Pair if closed && count == 2 => 1,
            Alone if closed && count == 1 => return literals[0].clone(),
            _ => return None,
        };
        let value = literals.get(index)?.clone()?;
        // The mechanism stands first: `authenticate('LOGIN', 'user', 'password')`.
        let shifted = literals.get(index + 1).cloned().flatten().filter(|_| index == 1 && count > 2);
        let is_mechanism = |literal: &Range<usize>| {
            let text = &self.text[literal.clone()];
            [&b"LOGIN"[..], b"PLAIN", b"CRAM-MD5", b"basic", b"digest"].contains(&text)
        };
        match (&literals[0], shifted) {
            (Some(first), Some(next)) if is_mechanism(first) => Some(next),
            (Some(first), None) if is_mechanism(first) => None,
            // An e-mail address stands between the user and the password.
            (_, Some(next)) if self.text[value.clone()].contains(&b'@') && self.is_address(&value) => Some(next),
            _ => Some(value),
        }
    }

    /// Whether a value has the form of a mail address.
    fn is_address(&self, value: &Range<usize>) -> bool {
        let text = &self.text[value.clone()];
        let at = memchr::memchr(b'@', text).unwrap_or(text.len());
        at > 0 && text.get(at + 1..).is_some_and(|host| host.contains(&b'.') && host.iter().all(|&byte| is_name(byte)))
    }

    /// The string behind a distinguished name that holds `place`, in a call that binds to a directory.
    fn after_name(&self, place: usize) -> Option<Range<usize>> {
        let in_name = |byte: u8| !is_quote(byte) && !matches!(byte, b'\n' | b'(' | b')');
        let end = (place..self.end.min(place + 160)).find(|&at| !in_name(self.text[at]))?;
        if !is_quote(self.at(end)) {
            return None;
        }
        let least = place.saturating_sub(200).max(self.start);
        let open = (least..place).rev().find(|&at| !in_name(self.text[at]))?;
        if self.text[open] != self.text[end] {
            return None;
        }
        // The call is the nearest bracket that is open before the name.
        let mut closed = 0;
        let bracket = (least..open).rev().find(|&at| match self.text[at] {
            b')' => {
                closed += 1;
                false
            }
            b'(' if closed > 0 => {
                closed -= 1;
                false
            }
            byte => byte == b'(',
        })?;
        let start = (least..bracket).rev().find(|&at| !is_name(self.text[at])).map_or(least, |at| at + 1);
        let name = self.text[start..bracket].to_ascii_lowercase();
        let binds = [&b"bind"[..], b"conn", b"auth", b"login", b"cred"];
        if !binds.iter().any(|word| memchr::memmem::find(&name, word).is_some()) || self.at(end + 1) != b',' {
            return None;
        }
        self.argument_at(end + 2)?.literal
    }

    /// Whether the call at `place` is the head of a function, not a call.
    fn is_declaration(&self, place: usize) -> bool {
        let line = self.line_before(place);
        let name = line.iter().rposition(|&byte| !is_name(byte)).map_or(0, |at| at + 1);
        let word = line[..name].trim_ascii_end();
        [&b"def"[..], b"function", b"func", b"fn", b"sub", b"fun", b"void"].iter().any(|one| word.ends_with(one))
    }

    /// The argument that begins at `from`, and where it ends: at a comma, or at the bracket or line that ends the call.
    fn argument_at(&self, from: usize) -> Option<Argument> {
        let start = self.blanks_and_line(from);
        let mut place = start;
        let mut literal = self.string_at(start);
        if let Some((_, end)) = &literal {
            place = *end;
            // What leaves the string what it is: `.into()`, `.toCharArray()`.
            let tail = self.blanks(place);
            if self.at(tail) == b'.' {
                let call = (tail + 1..self.end).find(|&at| !is_name(self.text[at])).unwrap_or(self.end);
                place = if self.has(call, b"()") { call + 2 } else { place };
            }
        }
        let mut depth = 0;
        while place < self.end {
            match self.text[place] {
                b',' | b')' | b']' if depth == 0 => {
                    return Some(Argument { literal: literal.map(|(range, _)| range), end: place });
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth -= 1,
                b'\n' | b';' if depth <= 0 => {
                    let next = self.blanks_and_line(place);
                    if self.text[place] == b'\n' && matches!(self.at(next), b',' | b')' | b']') {
                        place = next;
                        continue;
                    }
                    return Some(Argument { literal: literal.map(|(range, _)| range), end: place });
                }
                byte if is_quote(byte) => {
                    literal = None;
                    place = self.quoted(place)?.end;
                }
                // `"…" + "…"` is a literal of parts: its first stands for it.
                b'+' | b'.' | b'&' if literal.is_some() && is_quote(self.at(self.blanks_and_line(place + 1))) => {
                    place = self.quoted(self.blanks_and_line(place + 1))?.end;
                }
                byte if !byte.is_ascii_whitespace() && depth == 0 => literal = None,
                _ => {}
            }
            place += 1;
        }
        Some(Argument { literal: literal.map(|(range, _)| range), end: self.end })
    }

    /// The string that begins at `place`, and one past its end: in quotes, or in Perl's `q{…}`.
    fn string_at(&self, place: usize) -> Option<(Range<usize>, usize)> {
        if self.at(place) == b'q' {
            let open = place + 1 + usize::from(self.at(place + 1) == b'q');
            let close = match self.at(open) {
                b'{' => b'}',
                b'(' => b')',
                b'[' => b']',
                byte @ (b'|' | b'/' | b'!') => byte,
                _ => return None,
            };
            let end = self.find(open + 1, |byte| byte == close || byte == b'\n')?;
            return (self.at(end) == close).then_some((open + 1..end, end + 1));
        }
        let quote = self.opening_quote(place)?;
        let value = self.quoted(quote)?;
        let width = if self.at(quote) == b'\\' { 2 } else { 1 };
        Some((value.clone(), value.end + width))
    }
}

/// Whether `text` ends with `end`, which is in lower case, in any case.
fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    use super::LOGINS;
    use crate::signature::{Recogniser, embedded};

    #[test]
    fn keywords_of_signatures_and_this_table_agree() {
        let signatures = embedded().expect("signatures parse");
        let logins = signatures.iter().filter(|one| one.signature.recogniser == Recogniser::Login);
        let words: Vec<String> = logins.flat_map(|one| one.signature.keywords.clone()).collect();
        for (login, _) in LOGINS {
            assert!(words.iter().any(|word| login.ends_with(word.as_str())), "nothing looks for {login}");
        }
        for word in words {
            assert!(LOGINS.iter().any(|(login, _)| login.ends_with(&word)), "{word} leads nowhere");
        }
    }
}
