//! The score of a cell in a column whose header names passwords or tokens: that of an assignment to the header's name.

use super::assigned::{Assigned, has_word};
use super::name::{self, Head, Strength};
use super::{Verdict, checks, generic};
use crate::candidate::{Candidate, Setting};

/// Bytes beside the header's name in which other columns are looked for.
const BESIDE: usize = 160;

/// Judges a cell.
pub(super) fn judge(text: &[u8], candidate: &Candidate) -> Verdict {
    let reach = candidate.reach.range();
    let (header, cell) = (candidate.span.start as usize, candidate.secret.range());
    let is_end = |byte: &u8| {
        matches!(byte, b'|' | b',' | b';' | b'\t' | b'"' | b'\'' | b'`' | b')' | b'<' | b'\n' | b'\r' | b'!')
    };
    let name = &text[header..cell.start];
    let name = &name[..name.iter().position(is_end).unwrap_or(name.len())];
    let name = without_type(name);
    let name =
        if defines_column(name) { &name[..name.iter().position(|&byte| byte == b' ').unwrap_or(0)] } else { name };
    // What goes through a list of accounts stands behind it.
    let is_behind = candidate.span.range().end > cell.end;
    let is_map =
        is_behind || !name.starts_with(b"[") && name.iter().any(|byte| matches!(byte, b'=' | b'{' | b'(' | b'['));
    if is_map && !is_of_several_classes(&text[cell.clone()]) {
        return Verdict::dropped("name", "a map of accounts to something else", &text[cell]);
    }
    // `[users]`: what the section holds is said by its kind. What a map of users holds may be something else than passwords.
    let name = match name.first() {
        Some(b'[') => b"password",
        _ if is_map => &b"pass"[..],
        _ => name.trim_ascii(),
    };
    // The community of an agent of SNMP, where the other columns speak of it.
    let is_agent = name.eq_ignore_ascii_case(b"community") && {
        let header = &text[header.saturating_sub(BESIDE).max(reach.start)..(header + BESIDE).min(reach.end)];
        has_word(header, &["snmp"])
    };
    let name = if is_agent { b"snmp_community" } else { name };
    let value = &text[cell.clone()];
    if name.eq_ignore_ascii_case(b"sync_token") {
        return Verdict::dropped("name", "where a client goes on reading", value);
    }
    // `Passwort fehlt`: what a test case is called, not a column.
    // What a switch asks for before it may be changed is one, `enable pw`, but a word there may say how a door is opened.
    let is_word = value.iter().all(u8::is_ascii_lowercase);
    let is_of_switch = name.get(..7).is_some_and(|first| first.eq_ignore_ascii_case(b"enable ")) && !is_word;
    let is_unclear = |(_, strength): (Head, Strength)| strength == Strength::Weak && !is_of_switch;
    if name.contains(&b' ') && name::head(name).is_none_or(is_unclear) {
        return Verdict::dropped("name", "the name says something about it", value);
    }
    if name::head(name).is_some_and(|(head, _)| head == Head::Password) && is_digest(value) {
        return Verdict::dropped("hash", "a hash of a password", value);
    }
    if refers(value) {
        return Verdict::dropped("prose", "says where it is told", value);
    }
    let is_quoted = cell.start > reach.start && matches!(text[cell.start - 1], b'"' | b'\'' | b'`')
        || text[reach.start..cell.start].ends_with(b"R\"(");
    if !is_quoted && value.contains(&b' ') && !value.iter().any(u8::is_ascii_digit) {
        return Verdict::dropped("prose", "text with blanks", value);
    }
    let (between, after): (&[u8], &[u8]) = match (candidate.setting, is_quoted) {
        (Setting::Markup, _) => (b">", b"<"),
        (Setting::Prose, false) => (b"| ", b" |"),
        (Setting::Prose, true) => (b"| `", b"` |"),
        // A cell is a literal, in whatever script, and so is what cloud-init sets.
        _ if is_quoted || !value.is_ascii() || name.starts_with(b"chpasswd") || is_of_words(value) => (b"=\"", b"\""),
        _ => (b"=", b""),
    };
    let start = header.saturating_sub(BESIDE).max(reach.start);
    let end = (header + name.len() + BESIDE).min(reach.end);
    // A key of a product has a name beside it, too.
    let is_of_user = || {
        !name::may_be_any_key(name)
            || has_word(&text[start..end], &["user", "login", "mail", "usuario", "correo", "pengguna"])
    };
    let has_account = name.starts_with(b"chpasswd") || names_account(&text[start..end]) && is_of_user();
    let before: &[u8] = if has_account { b"login=\n" } else { b"" };
    generic::judge(&Assigned { before, name, between, value, after, setting: candidate.setting })
}

/// `quitte.birne.apfel`: words with dots between them that are no name of a program's or a host's. Short ones may be of any language.
fn is_of_words(value: &[u8]) -> bool {
    let parts = || value.split(|&byte| byte == b'.');
    parts().count() >= 2
        && parts().all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_lowercase))
        && parts().filter(|part| part.len() >= 4).count() >= 2
        && !parts().any(|part| part.len() > 1 && checks::is_known(part))
}

/// `same as db02`, `siehe Tresor`: words that lead elsewhere.
fn refers(cell: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "same as ",
        "see ",
        "as on ",
        "gleich wie ",
        "wie ",
        "siehe ",
        "idem ",
        "comme ",
        "voir ",
        "igual ",
        "ver ",
        "come ",
        "vedi ",
        "zie ",
        "zoals ",
    ];
    WORDS.iter().any(|word| {
        cell.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
            || cell.eq_ignore_ascii_case(word.trim_end().as_bytes())
    })
}

/// The name of a field of a record without its type behind it: `password: String`, `Password string`, `secret :: Text`.
fn without_type(name: &[u8]) -> &[u8] {
    let Some(end) = name.iter().position(|byte| matches!(byte, b':' | b' ')).filter(|&end| end > 0) else {
        return name;
    };
    let kind = name[end..].trim_ascii_start();
    let kind = kind.strip_prefix(b"::").or_else(|| kind.strip_prefix(b":")).unwrap_or(kind).trim_ascii();
    let letters = kind.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let is_text =
        [&b"string"[..], b"str", b"bytestring", b"text"].iter().any(|word| kind[..letters].eq_ignore_ascii_case(word));
    if is_text { &name[..end] } else { name }
}

/// `senha VARCHAR(20`: a column as the statement that makes its table defines it.
fn defines_column(name: &[u8]) -> bool {
    let kind = memchr::memchr(b' ', name).map_or(&[][..], |blank| name[blank..].trim_ascii_start());
    let letters = kind.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    kind.get(letters) == Some(&b'(')
        && [&b"char"[..], b"text", b"binary", b"clob", b"string"]
            .iter()
            .any(|end| kind[..letters].to_ascii_lowercase().windows(end.len()).any(|part| part == *end))
}

/// Whether a value has letters, digits, and either both cases of letters or a mark, or a mark in a word of lower case: names, roles and
/// numbers have not.
fn is_of_several_classes(value: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| value.iter().any(class);
    let is_joined = |three: &[u8]| {
        three[0].is_ascii_lowercase() && b"!#$%&*^~".contains(&three[1]) && three[2].is_ascii_lowercase()
    };
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&*^~-_.".contains(byte);
    // `Viewer2`: a role as often.
    let is_title = value.len() < 8
        && has(u8::is_ascii_uppercase)
        && value[1..].iter().filter(|byte| !byte.is_ascii_lowercase()).eq(value.last());
    if is_title {
        return false;
    }
    if value.len() >= 8 && value.iter().all(is_word) && value.windows(3).any(is_joined) {
        return !value.split(|byte| !byte.is_ascii_alphabetic()).any(checks::is_known);
    }
    value.len() >= 6
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) || has(u8::is_ascii_punctuation))
}

/// Whether a column of passwords holds their hashes: hexadecimal digits as many as MD5, SHA-1, SHA-224, SHA-2 and MySQL (`*…`) have.
fn is_digest(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"*").or_else(|| value.strip_prefix(b"0x")).unwrap_or(value);
    matches!(digits.len(), 32 | 40 | 56 | 64 | 96 | 128) && digits.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a column beside is that of users, hosts or addresses.
fn names_account(header: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "user", "login", "mail", "host", "server", "url", "name", "account", "benutzer", "konto", "utente", "usuario",
    ];
    has_word(header, WORDS)
}
