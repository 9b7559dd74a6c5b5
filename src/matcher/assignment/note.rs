//! What people write down: sentences, notes and labels that tell a password.

use std::ops::Range;
use std::sync::LazyLock;

use super::{ByLetter, Join, Lexer, Name, holds_any, is_blank, is_quote};

/// Words by which a sentence tells a value; with a colon they may end it: `The password is: …`.
const VERBS: &[&[u8]] = &[
    b"is",
    b"e",
    b"er",
    "är".as_bytes(),
    b"jest",
    b"was",
    b"set to",
    b"reset to",
    b"changed to",
    b"ist",
    b"lautet",
    b"c'est",
    b"est",
    b"es",
    b"now",
    b"still",
    b"has been",
    b"will be",
    b"currently",
    b"jetzt",
    b"ab sofort",
    "agora é".as_bytes(),
    b"ahora es",
    b"ora \xc3\xa8",
];
/// Words before a name that is followed by its value at once: `log in with password …`.
const BEFORE: &[&[u8]] =
    &[b"with", b"and", b"la", b"a", b"mit", b"und", b"avec", b"et", b"con", b"y", b"the", b"met", b"en", b"("];
/// Words behind a name that say whose password it is: `Password for the VPN: …`.
const OWNERS: &[&[u8]] = &[
    b"for ",
    b"of ",
    b"des ",
    b"von ",
    b"de ",
    b"du ",
    b"to the ",
    b"f\xc3\xbcr ",
    b"fuer ",
    b"pour ",
    b"para ",
    b"voor ",
    b"del ",
    b"da ",
    b"do ",
    b"dla ",
    b"van ",
    b"til ",
    b"till ",
    "от ".as_bytes(),
    "для ".as_bytes(),
];
/// Words behind a name that say which password it is, as Romance languages have them there: `mot de passe provisoire : …`.
const WHICH: &[&[u8]] = &[
    b"temporal",
    b"temporaire",
    b"temporanea",
    b"tempor\xc3\xa1ria",
    b"temporaria",
    b"provisoire",
    b"provisional",
    b"provis\xc3\xb3ria",
    b"provisoria",
    b"provvisoria",
    b"nueva",
    b"nouveau",
    b"nova",
    b"nuova",
    b"inicial",
    b"initial",
    b"iniziale",
    b"actual",
    b"actuel",
    b"attuale",
    b"atual",
    b"wifi",
    b"wi-fi",
    b"wlan",
    b"wpa",
    b"tymczasowe",
    b"nowe",
    b"tijdelijk",
];
/// Words for a password that stand in few texts about software: what follows one at once is more often the password.
const LABELS: &[&[u8]] = &[
    b"kennwort",
    b"passwort",
    b"clave",
    "contraseña".as_bytes(),
    b"contrasena",
    b"senha",
    b"mdp",
    "hasło".as_bytes(),
    b"haslo",
    b"heslo",
    b"wachtwoord",
    "lösenord".as_bytes(),
    b"salasana",
    b"adgangskode",
    b"parola",
    b"pass",
    b"pw",
];
/// Longest text that says whose password it is.
const OWNER: usize = 40;

/// Words of a line that name an account before its password: `user robin, password …`, `login robin / pw …`.
const ACCOUNTS: &[&[u8]] =
    &[b"user ", b"username ", b"login ", b"usuario ", b"benutzer ", b"utente ", b"gebruiker ", b"utilisateur "];
/// Bytes before a name in which an account is named.
const ACCOUNT: usize = 48;
/// Longest note in brackets behind a name: `Password (staging): …`.
const NOTE: usize = 40;
/// Words of such notes that are types, or say what must be so of the value.
const TYPES: &[&[u8]] = &[
    b"str", b"int", b"bool", b"byte", b"object", b"list", b"dict", b"any", b"option", b"requir", b"default", b"none",
    b"null", b"min", b"max", b"char", b"confirm", b"again",
];

/// Whether a word says what a password is (`is`, `lautet`) or which one (`nueva`).
pub(super) fn tells(word: &[u8]) -> bool {
    VERBS.iter().chain(WHICH).any(|one| one.eq_ignore_ascii_case(word))
}

/// Whether a line ends soon behind the name of an account.
fn names_account(line: &[u8]) -> bool {
    let tail = &line[line.len().saturating_sub(ACCOUNT)..];
    let ends_name =
        tail.trim_ascii_end().last().is_some_and(|byte| byte.is_ascii_alphanumeric() || b",/".contains(byte));
    ends_name && holds_any(tail, ACCOUNTS)
}

/// Whether a run has letters of both cases, digits, and a mark within it that joins no words: what is no word of any sentence, and
/// no address.
fn is_chosen(run: &[u8]) -> bool {
    let is_address = memchr::memchr(b'@', run).is_some_and(|at| run[at..].contains(&b'.'));
    run.len() >= 8
        && !run.iter().any(|byte| b"%/:=".contains(byte))
        && !is_address
        && is_varied(run)
        && run[1..].iter().any(|byte| b"!#$&*+?@^~".contains(byte))
}

fn is_varied(run: &[u8]) -> bool {
    [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit].iter().all(|class| run.iter().any(class))
}

impl Lexer<'_> {
    /// The place behind the words by which a sentence tells the value of a name: `password is now …`, `password set to …`,
    /// `with password …`, `password for sa: …`.
    pub(super) fn told_by(&self, place: usize, name: Name) -> Option<usize> {
        static TELL: LazyLock<[ByLetter<&[u8]>; 3]> =
            LazyLock::new(|| [VERBS, WHICH, OWNERS].map(|words| ByLetter::new(words.iter().copied(), |word| word[0])));
        let [verbs, which, owners] = &*TELL;
        let mut value = place;
        let mut told = false;
        for _ in 0..3 {
            let follows = |verb: &[u8]| self.has(value, verb) && matches!(self.at(value + verb.len()), b' ' | b':');
            let Some(verb) = verbs.of(self.at(value)).iter().find(|verb| follows(verb)) else { break };
            value = self.blanks(value + verb.len() + usize::from(self.at(value + verb.len()) == b':'));
            told = true;
        }
        let first = self.at(place);
        if !told && let Some(which) = which.of(first).iter().find(|which| self.has(place, which)) {
            let colon = self.blanks(place + which.len());
            return match self.at(colon) {
                b':' => is_blank(self.at(colon + 1)).then(|| self.blanks(colon + 1)),
                _ => self.ends_told(colon).then_some(colon),
            };
        }
        if !told && owners.of(first).iter().any(|owner| self.has(place, owner)) {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'.' | b'_' | b'@');
            let colon = (place..self.end.min(place + OWNER)).find(|&at| !plain(self.text[at]));
            return match colon.filter(|&colon| self.text[colon] == b':') {
                Some(colon) => is_blank(self.at(colon + 1)).then(|| self.blanks(colon + 1)),
                None => self.behind_owner(place),
            };
        }
        if is_quote(self.at(value)) && !told {
            return None;
        }
        if let Some(value) = self.behind_host(place).filter(|_| !told) {
            return Some(value);
        }
        let line = self.line_before(name.start);
        let word = line.rsplit(|byte| is_blank(*byte)).next().unwrap_or(line);
        // `login robin password dragon`, as netrc has it, is read as a directive; options have their own form.
        let beside = || {
            let is_label = || LABELS.iter().any(|label| label.eq_ignore_ascii_case(&self.text[name.start..name.after]));
            self.text[name.start] != b'-'
                && (self.told(value).is_some_and(|told| is_chosen(&self.text[told]) || names_account(line))
                    || is_label() && self.ends_told(value))
        };
        // `mot de passe …`
        let word = if line.ends_with(b"mot de") && self.has(name.start, b"passe") { b"with" } else { word };
        (told || BEFORE.iter().any(|before| before.eq_ignore_ascii_case(word)) || beside()).then_some(value)
    }

    /// Whether a sentence, or a part of it, ends with a run of letters of both cases and digits: `clave paellaDomingo9`. Where the
    /// sentence goes on, that is the name of something else: `Kennwort Richtlinie2024 beachten`.
    fn ends_told(&self, value: usize) -> bool {
        let Some(told) = self.told(value) else { return false };
        let run = &self.text[told.clone()];
        let is_whole = run.len() >= 8 && is_varied(run) && !run.iter().any(|byte| b"/:=@(){}[]".contains(byte));
        let ends = match self.at(told.end) {
            b'\n' | b'\r' | b')' | b'<' | b'"' => true,
            b',' | b';' | b'.' => !self.at(told.end + 1).is_ascii_alphanumeric(),
            _ => false,
        };
        is_whole && ends
    }

    /// The value before the words by which a sentence tells it: `… is the password`, `… ist das Passwort`.
    pub(super) fn told_before(&self, name: usize) -> Option<Range<usize>> {
        const TELL: &[&[u8]] = &[b" is the", b" ist das", b" es la", b" est le", b" is het"];
        if self.at_before(name, 1) != b' ' || !matches!(self.at_before(name, 2), b'e' | b's' | b'a' | b't') {
            return None;
        }
        let line = self.line_before(name);
        let told = line.len() - TELL.iter().find(|tell| line.ends_with(tell))?.len();
        let run = line[..told].rsplit(|&byte| is_blank(byte)).next()?;
        // One blank stands between the line's words and the name.
        let start = name - 1 - line.len() + told - run.len();
        let has = |class: fn(&u8) -> bool| run.iter().any(class);
        let is_whole = !has(|byte| !byte.is_ascii_graphic() || b"\"'`<>(){}[],;:/=".contains(byte));
        let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        (run.len() >= 8 && is_whole && is_mixed).then_some(start..start + run.len())
    }

    /// The place behind the dots of a leader and its colon: `Contraseña ....: …`. The dots begin at `place`.
    pub(super) fn behind_leader(&self, place: usize) -> Option<usize> {
        let colon = self.blanks((place..self.end.min(place + 64)).find(|&at| self.text[at] != b'.')?);
        (self.has(place, b"..") && self.at(colon) == b':').then_some(colon + 1)
    }

    /// The value behind words that say whose password it is, and a verb: `of the scanner set to …`, `des Benutzers kasse lautet …`.
    fn behind_owner(&self, place: usize) -> Option<usize> {
        const SAYS: &[&[u8]] = &[
            b" is ",
            b" set to ",
            b" reset to ",
            b" changed to ",
            b" ist ",
            b" lautet ",
            b" est ",
            b" es ",
            b" er ",
            b" jest ",
            b" c'est ",
            " é ".as_bytes(),
            " è ".as_bytes(),
        ];
        let rest = &self.text[place..self.end.min(place + OWNER + 12)];
        let rest = &rest
            [..rest.iter().position(|byte| matches!(byte, b'\n' | b'.' | b',' | b';' | b'"')).unwrap_or(rest.len())];
        let behind = |verb: &&[u8]| Some(memchr::memmem::find(rest, verb)? + verb.len());
        let value = place + SAYS.iter().filter_map(behind).min()?;
        let in_code = || {
            let inside = (self.at(value) == b'`').then(|| self.quoted(value))??;
            let plain = !self.text[inside.clone()].iter().any(u8::is_ascii_whitespace);
            (plain && inside.len() >= 6).then_some(inside)
        };
        self.told(value).or_else(in_code).map(|_| value)
    }

    /// The value behind the name of a machine, which has a digit or a dot, and a colon: `root pw web1: …`.
    fn behind_host(&self, place: usize) -> Option<usize> {
        let in_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let end = (place..self.end.min(place + OWNER)).find(|&at| !in_host(self.text[at]))?;
        let host = &self.text[place..end];
        let is_host =
            host.first()?.is_ascii_lowercase() && host[1..].iter().any(|byte| byte.is_ascii_digit() || *byte == b'.');
        let value = self.blanks(end + 1);
        (is_host && self.text[end] == b':' && value > end + 1 && self.told(value).is_some()).then_some(value)
    }

    /// The value behind a note in brackets and a colon: `Password (staging): …`. The bracket opens at `place`.
    pub(super) fn behind_note(&self, place: usize, name: Name) -> Option<usize> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b" -_.,/&+".contains(&byte);
        if name.quoted || place == name.after {
            return None;
        }
        let close = (place + 1..self.end.min(place + NOTE)).find(|&at| !plain(self.text[at]))?;
        if self.text[close] != b')' || self.at(close + 1) != b':' || !is_blank(self.at(close + 2)) {
            return None;
        }
        let note = self.text[place + 1..close].to_ascii_lowercase();
        let mut words = note.split(|byte| !byte.is_ascii_alphabetic());
        let is_type = words.any(|word| TYPES.iter().any(|one| word.starts_with(one)));
        (!is_type).then_some(close + 2)
    }

    /// Whether one run stands in bold letters at `place`, behind the name that tells what it is: `Kennwort **…**`.
    pub(super) fn is_bold(&self, place: usize, name: Name) -> bool {
        let Some(end) = self.find(place + 2, |byte| byte.is_ascii_whitespace()) else { return false };
        let run = self.text[place + 2..end].trim_ascii_end();
        let close =
            run.iter().rposition(|byte| !matches!(byte, b'.' | b',' | b';' | b':' | b')')).map_or(0, |last| last + 1);
        place > name.after && close > 2 && run[..close].ends_with(b"**")
    }

    /// The value behind a label's closing tag, which may be escaped: `<b>Password:</b> …`, `<th>Password:</th><td>…`.
    pub(super) fn behind_label(&self, place: usize) -> Option<(Join, usize)> {
        let ends: &[u8] = if self.has(place, b"</") {
            b">"
        } else if self.has(place, b"&lt;/") {
            b"&gt;"
        } else {
            return None;
        };
        let rest = &self.text[place..self.end.min(place + 24)];
        let close = place + memchr::memmem::find(rest, ends)? + ends.len();
        match self.value_element(close) {
            Some(value) => Some((Join::Element, value)),
            None => Some((Join::Told, self.blanks(close))),
        }
    }

    /// What a sentence tells as a password: a run with letters, and with digits or marks, which no word has.
    pub(super) fn told(&self, place: usize) -> Option<Range<usize>> {
        let in_cell = self.at_before(place, 1) == b'|';
        let ends =
            |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'<' | b'"' | b')') || in_cell && byte == b'|';
        let end = self.find(place, ends)?;
        // `…token is granted,0oa1b2,SUCCESS`: the next cells of a row.
        let end = self.text[place..end]
            .windows(2)
            .position(|pair| pair[0] == b',' && pair[1].is_ascii_alphanumeric())
            .map_or(end, |at| place + at);
        let mark = |mark: &[u8]| memchr::memmem::find(&self.text[place..end], mark);
        let end = mark(b"&quot").or_else(|| mark(b"&lt;")).map_or(end, |at| place + at);
        let text = &self.text[place..end];
        let close = text.iter().rposition(|byte| !matches!(byte, b'.' | b',' | b';' | b':'))? + 1;
        let text = &text[..close];
        let has = |wanted: fn(&u8) -> bool| text.iter().any(wanted);
        let marks = |byte: &u8| matches!(byte, b'!' | b'#' | b'$' | b'%' | b'&' | b'*' | b'+' | b'^' | b'=');
        let shaped = has(u8::is_ascii_digit) || text[..text.len() - 1].iter().any(marks);
        (text.len() >= 6 && has(u8::is_ascii_alphabetic) && shaped && text[0].is_ascii_alphanumeric())
            .then_some(place..place + close)
    }
}
