//! Phrases: some words with blanks between them that somebody chose for a password, told from texts for people.

mod strung;

use super::assigned::{Assigned, has_word};
use super::entropy;
use super::features::beside;
use super::name::{self, Head, Strength};
use super::words::{ASKING, MESSAGE, PASSWORD, SECRET, VOCABULARY};
use crate::candidate::Setting;

pub(super) use strung::{
    is_chain, is_dotted, is_humped, is_joined, is_line, is_numbered_path, is_strung, strings_words,
};

/// Lengths of phrases, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

/// Whether the value of a password is a phrase that somebody chose.
pub(super) fn is_one(assigned: &Assigned<'_>, head: Head, strength: Strength) -> bool {
    let value = assigned.value;
    if head == Head::Password && is_app_password(value) {
        return true;
    }
    // `"password": ["may not be blank"]`: what is wrong with it.
    let is_list = |between: &[u8]| matches!(between, [.., b'[', b'"' | b'\'']);
    if !value.contains(&b' ') || is_list(assigned.between) {
        return false;
    }
    // `pass` beside an account is the password of that.
    let is_strong = || strength == Strength::Strong || head == Head::Password && beside::account_and_labels(assigned).0;
    // `230 Welcome`: a reply of FTP and its like.
    let is_reply = matches!(value, [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..]);
    if is_reply || !is_strong() {
        return false;
    }
    // What sessions are signed with, as somebody typed it.
    if head == Head::Key {
        let words = name::words(assigned.name);
        let is_secret = match &words[..] {
            [.., secret, key] if key == "key" => secret == "secret",
            words => words.last().is_some_and(|word| word == "secret"),
        };
        return is_secret
            && assigned.setting == Setting::Quoted
            && is_sentence(value)
            && (is_plain(value) || is_for_environment(assigned) || signs_sessions(assigned));
    }
    match assigned.setting {
        Setting::Quoted if is_plain(value) => true,
        // What a slot of a program is given as text has no digit.
        Setting::Login | Setting::Call => is_plain(value) && value.iter().any(u8::is_ascii_digit),
        Setting::Quoted | Setting::Markup => is_any(value) && (is_at_home(assigned) || is_for_environment(assigned)),
        Setting::Bare => {
            let is_given = || asks_for_phrase(assigned.name) && is_sentence(value) && is_plain(value);
            assigned.is_whole_line() && (is_any(value) && is_at_home(assigned) || is_given())
        }
        _ => false,
    }
}

/// Whether letters beyond ASCII stand where no text for people does: in the environment of a shell, in what bytes are made of, in a
/// word with a digit for a letter, or in words joined by marks that a constant is given or that stand beside an account.
pub(super) fn is_typed(assigned: &Assigned<'_>) -> bool {
    let value = assigned.value;
    !value.contains(&b' ')
        && (assigned.is_in_environment()
            || has_word(assigned.between, &["byte"])
            || value.windows(3).any(is_digit_for_letter)
            || is_strung(value)
                && (is_environment(assigned.name) || beside::account_and_labels(assigned) == (true, false)))
}

/// Words of lower case, or with a number among them: `drei kleine kraehen`, `Copper kettle 9`. Words of messages and of
/// programs, marks, and a capital without a digit say that it is a text.
fn is_plain(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let parts: Vec<&str> = text.split(' ').collect();
    let is_word = |word: &str| {
        !(word.is_empty() || word.starts_with('-'))
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !word[1..].bytes().any(|byte| byte.is_ascii_uppercase())
    };
    let lower = text.to_ascii_lowercase();
    let letters = lower.bytes().filter(u8::is_ascii_lowercase).count();
    let known: usize = lower.split(' ').filter(|word| VOCABULARY.contains(word)).map(str::len).sum();
    let tells = |word: &str| MESSAGE.contains(word) || is_word_for_secret(word);
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let has_capital = text.bytes().any(|byte| byte.is_ascii_uppercase());
    (2..=10).contains(&parts.len())
        && value.len() >= 10
        && parts.iter().all(|word| is_word(word))
        && (has_digit || !has_capital)
        && letters >= 8
        && known * 2 < letters
        && !lower.split(' ').any(tells)
}

/// Whether a word of a phrase is one for a secret, and not of what is eaten or told.
fn is_word_for_secret(word: &str) -> bool {
    PASSWORD.contains(word) || SECRET.contains(word) && !matches!(word, "pepper" | "gossip")
}

/// `kwpf uzne bdta yxom`: what Google gives for a program that cannot ask for a second factor.
pub(super) fn is_app_password(value: &[u8]) -> bool {
    let mut words = value.split(|&byte| byte == b' ');
    value.len() == 19
        && words.all(|word| word.len() == 4 && word.iter().all(u8::is_ascii_lowercase))
        && entropy::wordiness(value) < 0.5
}

/// Whether it is among the options of a library that keeps sessions.
fn signs_sessions(assigned: &Assigned<'_>) -> bool {
    // That of `cookieSession(` is one of them.
    const OPTIONS: [&str; 3] = ["session(", "resave", "saveuninitialized"];
    [assigned.before, assigned.after].into_iter().any(|side| has_word(side, &OPTIONS))
}

/// Whether a variable of the environment is set, or looked up with this for a default: there no text for people stands, but a
/// command may.
fn is_for_environment(assigned: &Assigned<'_>) -> bool {
    const ENVIRONMENTS: [&str; 6] = ["env[", "env.", "env:", "env(", "getenv", "environ"];
    let parts = [assigned.line_before(), assigned.name, assigned.between];
    !assigned.value.iter().any(|byte| matches!(byte, b'/' | b'|'))
        && (assigned.is_exported() || parts.into_iter().any(|part| has_word(part, &ENVIRONMENTS)))
}

/// Four words and more of lower case, numbers among them.
fn is_sentence(value: &[u8]) -> bool {
    value.split(|&byte| byte == b' ').count() >= 4
        && value.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b' ' | b'-'))
        && LENGTHS.contains(&value.len())
        && std::str::from_utf8(value).is_ok_and(|text| {
            let tells = |word: &str| ASKING.contains(word) || is_word_for_secret(word);
            !text.split(' ').any(|word| word.is_empty() || word.starts_with('-') || tells(word))
        })
}

/// Words of any language and with any marks, as long as they ask for nothing and do not end as a sentence does.
fn is_any(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let lower = text.to_lowercase();
    let words = || lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    // `lösenordet` is a form of `lösenord`.
    let speaks = |word: &str| PASSWORD.iter().any(|one| one.len() >= 6 && word.starts_with(one));
    let tells = |word: &str| ASKING.contains(word) || is_word_for_secret(word) || speaks(word);
    LENGTHS.contains(&value.len())
        && (2..=8).contains(&text.split(' ').count())
        // An option is a part of a command.
        && text.split(' ').all(|part| !(part.is_empty() || part.starts_with('-')))
        && text.chars().filter(|letter| letter.is_alphabetic()).count() >= 5
        // Letters of Latin, Greek and Cyrillic: others are not written with blanks, or are typed through a list of words.
        && text.chars().all(|letter| letter < '\u{530}')
        // A sentence without a number is a text.
        && !text.ends_with([':', '…', ','])
        && (!text.ends_with('?') || text.as_bytes().windows(3).any(is_digit_for_letter))
        && (!text.ends_with('.') || text.contains(|letter: char| letter.is_ascii_digit()))
        && !text.contains(['<', '>', '{', '}', '(', ')', '[', ']', '"', '\t'])
        && !words().any(tells)
}

/// `l0c`: a digit that stands for a letter, as no text for people has it.
fn is_digit_for_letter(three: &[u8]) -> bool {
    three[0].is_ascii_alphabetic() && three[1].is_ascii_digit() && three[2].is_ascii_lowercase()
}

/// Whether the name stands among settings, where texts for people do not: it is that of a network's key, or an account is
/// named beside it, or the phrase has a number, which labels have not; and no label is beside it.
fn is_at_home(assigned: &Assigned<'_>) -> bool {
    let is_network = name::is_of_network(assigned.name);
    let (account, labels) = beside::account_and_labels(assigned);
    let has = |wanted: fn(&u8) -> bool| assigned.value.iter().any(wanted);
    let numbered = has(u8::is_ascii_digit);
    // A label begins with a capital.
    let chosen = numbered || !has(u8::is_ascii_uppercase);
    // `"wpa_psk": "Key of the network"` is the label of a field, and no field is called so: `wpa2-pre-shared-key="…"`.
    let is_argument = || assigned.between == b"=\"" && assigned.name.ends_with(b"-key");
    let joins = || {
        assigned.setting != Setting::Quoted
            || chosen
            || is_argument()
            || [assigned.before, assigned.after].into_iter().any(|side| has_word(side, &["ssid"]))
    };
    let has_three_words = || assigned.value.split(|&byte| byte == b' ').count() >= 3;
    !labels
        && (account && chosen
            || is_network && joins()
            || numbered
            || is_environment(assigned.name) && (chosen || assigned.name.iter().any(u8::is_ascii_uppercase))
            || asks_for_phrase(assigned.name)
                && (is_long(assigned.value) || account && assigned.setting == Setting::Markup && has_three_words()))
}

/// Where a phrase is asked for, one is given.
fn asks_for_phrase(name: &[u8]) -> bool {
    name::words(name).last().is_some_and(|word| word == "passphrase")
}

/// Four words and more, none of which messages have; a label begins with a capital, and a noun of some languages has one within.
fn is_long(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| {
        text.split(' ').count() >= 4
            && !text.starts_with(char::is_uppercase)
            && !text.split(|letter: char| !letter.is_alphanumeric()).any(|word| MESSAGE.contains(word))
    })
}

/// `COOKIE_PASSWORD`, `ansible_password`: two words and more of one case with `_` between them, as variables of an environment
/// and of tools have; names of texts are.
fn is_environment(name: &[u8]) -> bool {
    let upper = name.iter().any(u8::is_ascii_uppercase);
    let lower = name.iter().any(u8::is_ascii_lowercase);
    name.contains(&b'_') && upper != lower
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_phrase(before: &str, name: &str, value: &str, setting: Setting) -> bool {
        let assigned = Assigned {
            before: before.as_bytes(),
            name: name.as_bytes(),
            between: if setting == Setting::Quoted { b"=\"" } else { b"=" },
            value: value.as_bytes(),
            after: if setting == Setting::Quoted { b"\"\n" } else { b"\n" },
            setting,
        };
        let (head, strength) = name::head(name.as_bytes()).expect("a name of a password");
        is_one(&assigned, head, strength)
    }

    #[test]
    fn phrases_that_people_choose() {
        for (before, name, value, setting) in [
            ("", "password", "drei kleine kraehen", Setting::Quoted),
            ("", "DB_PASSWORD", "H3ron am Ufer!", Setting::Quoted),
            ("mail.username=post\n", "mail.password", "kwpf uzne bdta yxom", Setting::Bare),
            ("mail.username=post\n", "mail.password", "graureiher fängt fisch", Setting::Bare),
            ("    ssid=\"Werkstatt\"\n    ", "psk", "Die Tür ist offen", Setting::Quoted),
            ("Router: Keller\n", "WLAN-Schlüssel", "Graureiher im Schilf", Setting::Bare),
            ("", "backup_passphrase", "vier kleine kraehen im korn", Setting::Bare),
            ("", "backup_passphrase", "kernel lantern pepper otter 26", Setting::Quoted),
        ] {
            assert!(is_phrase(before, name, value, setting), "{name} {value}");
        }
    }

    #[test]
    fn texts_for_people() {
        for (before, name, value, setting) in [
            ("", "password", "Graureiher fängt Fisch", Setting::Bare),
            ("", "password", "vier kleine kraehen im korn", Setting::Bare),
            ("", "passphrase", "the new one must be longer", Setting::Bare),
            ("login.username=Name des Nutzers\n", "login.password", "Geheimes Wort", Setting::Bare),
            ("host=x\n", "password", "Please enter it", Setting::Quoted),
            ("host=x\n", "password", "ask the admins for it", Setting::Bare),
            ("host=x\n", "password", "das neue Passwort", Setting::Bare),
            ("host=x\n", "password", "see above.", Setting::Quoted),
            ("host=x\n", "password", "Smiling Box", Setting::Quoted),
            ("host=x\n", "password", "lösenordet här", Setting::Quoted),
            ("user=x\n", "password", "アプリの 暗号", Setting::Quoted),
            ("user=x\n", "password", "openssl rand -hex 24", Setting::Quoted),
        ] {
            assert!(!is_phrase(before, name, value, setting), "{name} {value}");
        }
    }
}
