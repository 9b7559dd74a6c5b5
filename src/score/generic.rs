//! The score of a value that a name gives away and no shape: `db_password = "…"`.

use super::entropy::{self, Alphabet};
use super::name::{self, Head, Strength};
use super::{Confidence, Verdict, Why, checks};
use crate::candidate::Setting;

/// Points from which a candidate is `likely`.
pub const LIKELY: i32 = 60;
/// Points from which a candidate is `possible`; below, it is dropped.
pub const POSSIBLE: i32 = 35;

/// A value and what its window shows of it.
#[derive(Debug, Clone, Copy)]
pub struct Assigned<'a> {
    /// The whole name.
    pub name: &'a [u8],
    /// The value, without quotes.
    pub value: &'a [u8],
    /// The syntax it stands in.
    pub setting: Setting,
    /// The text from the name to the value: operator and quotes.
    pub between: &'a [u8],
    /// What follows the value, up to the end of the line, at most 32 bytes.
    pub after: &'a [u8],
}

/// Judges an assignment.
pub fn judge(assigned: &Assigned<'_>) -> Verdict {
    let Assigned { value, setting, .. } = *assigned;
    let dropped = |name: &'static str, text: &str| Verdict::dropped(name, text, value);
    let quoted = matches!(setting, Setting::Quoted | Setting::Markup);
    // The cheapest checks first: most candidates leave here.
    if value.len() < 5 {
        return dropped("too-short", "fewer than five characters");
    }
    if !quoted {
        if let Some(what) = checks::expression(value) {
            return dropped("expression", what);
        }
        if !value.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
            return dropped("expression", "characters that need quotes");
        }
    }
    let Some((head, strength)) = name::head(assigned.name) else {
        return dropped("name", "the name does not speak of a secret");
    };
    if let Some(what) = checks::reference(value) {
        return dropped("reference", what);
    }
    if let Some(what) = checks::placeholder(value) {
        return dropped("placeholder", what);
    }
    let uuid = checks::is_uuid(value);
    if let Some(what) = checks::identifier(value).filter(|_| !uuid) {
        return dropped("identifier", what);
    }
    if let Some(what) = checks::embedded(value) {
        return dropped("embedded", what);
    }
    if let Some(what) = checks::prose(value) {
        return dropped("prose", what);
    }
    if value.eq_ignore_ascii_case(assigned.name) || is_in(value, assigned.name) {
        return dropped("echo", "the value repeats the name");
    }
    if assigned.name == b"PASS" && assigned.between.starts_with(b":") {
        return dropped("name", "the result of a test");
    }
    if is_joined(assigned, quoted) {
        return dropped("expression", "a part of an expression");
    }
    if head == Head::Key && (value.contains(&b' ') || value.len() < 8) {
        return dropped("too-short", "too short, or with blanks, for a key");
    }
    let mut score = Score { points: 0, reasons: Vec::with_capacity(6) };
    match strength {
        Strength::Strong => score.add("name", 40, "the name speaks of a secret"),
        Strength::Weak => score.add("name", 22, "the name may speak of a secret"),
    }
    score.setting(assigned);
    score.value(value, head, uuid);
    let confidence = match score.points {
        LIKELY.. => Some(Confidence::Likely),
        POSSIBLE.. => Some(Confidence::Possible),
        _ => None,
    };
    Verdict {
        confidence,
        points: score.points,
        reasons: score.reasons,
        details: Vec::new(),
        entropy: entropy::shannon(value),
        severity: None,
    }
}

fn is_in(value: &[u8], name: &[u8]) -> bool {
    let plain = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let (value, name) = (plain(value), plain(name));
    value.is_empty() || value.len() >= 5 && memchr::memmem::find(&name, &value).is_some()
}

/// Whether a literal is one part of a larger expression, or an interpolated string.
fn is_joined(assigned: &Assigned<'_>, quoted: bool) -> bool {
    let after = assigned.after.trim_ascii_start();
    if !quoted {
        // `password: foo bar baz` is prose or code; a comment may follow.
        let rest = after.strip_prefix(b";").unwrap_or(after).trim_ascii_start();
        let ends = rest.is_empty()
            || rest.starts_with(b"#")
            || rest.starts_with(b"//")
            || assigned.after.first().is_some_and(|b| !b.is_ascii_whitespace());
        return !ends && assigned.setting == Setting::Bare && !assigned.between.ends_with(b"=");
    }
    let rest = after.strip_prefix(b"\\").unwrap_or(after);
    let Some((quote, rest)) = rest.split_first() else { return false };
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return false;
    }
    let rest = rest.trim_ascii_start();
    let interpolated =
        assigned.between.ends_with(b"f\"") || assigned.between.ends_with(b"f'") || assigned.between.ends_with(b"$\"");
    interpolated && assigned.value.contains(&b'{')
        || rest.starts_with(b"+")
        || rest.starts_with(b"% ")
        || rest.starts_with(b".format")
        || rest.starts_with(b". $")
        || rest.starts_with(b"..")
        || rest.starts_with(b"?")
        || rest.starts_with(b"in ")
}

struct Score {
    points: i32,
    reasons: Vec<Why>,
}

impl Score {
    fn add(&mut self, name: &'static str, points: i32, text: &str) {
        self.points += points;
        self.reasons.push(Why { name, points, text: text.to_owned() });
    }

    fn setting(&mut self, assigned: &Assigned<'_>) {
        let spaced = assigned.between.ends_with(b" ") && assigned.between.contains(&b'=');
        // `image:tag`, `host:port`: YAML wants a blank after the colon.
        let tight = assigned.between.ends_with(b":");
        match assigned.setting {
            Setting::Quoted => self.add("quoted", 10, "a literal in quotes"),
            Setting::Markup => self.add("markup", 8, "the text of an element or attribute"),
            Setting::Bare if spaced => self.add("bare", -12, "without quotes, as a variable would stand"),
            Setting::Bare if tight => self.add("tight", -22, "right after a colon, as a tag or a port stands"),
            Setting::Bare => self.add("bare", 5, "a value in a configuration"),
            Setting::Url => self.add("url", 0, "a value in a URL"),
            Setting::Argument => self.add("argument", 2, "an argument of an option"),
            Setting::Token => {}
        }
    }

    fn value(&mut self, value: &[u8], head: Head, uuid: bool) {
        if uuid {
            self.add("uuid", 5, "a UUID, which may be a secret or an id");
            return;
        }
        let has = |wanted: fn(&u8) -> bool| value.iter().any(wanted);
        let letters = has(u8::is_ascii_alphabetic);
        let digits = has(u8::is_ascii_digit);
        let marks = has(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'_' | b'.'));
        let both = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        let words = entropy::wordiness(value);
        let relative = entropy::relative(value);
        if value.len() >= 16 && words < 0.35 && relative > 0.8 && (digits && letters || both) {
            self.add("random", 32, "long and random");
        } else if value.len() >= 8 && words < 0.5 && relative > 0.75 && (digits && letters || both) {
            self.add("random", 18, "random");
        }
        if digits && letters {
            self.add("mixed", 8, "letters and digits");
        }
        if marks && (digits || both) && head == Head::Password {
            self.add("marks", 10, "punctuation, as passwords have");
        }
        if words > 0.75 {
            self.add("words", if head == Head::Password && digits && marks { -8 } else { -28 }, "reads like words");
        } else if words > 0.5 && head == Head::Key {
            self.add("words", -22, "reads like words");
        }
        if !digits && !marks && !both {
            self.add("plain", -25, "letters of one case alone");
        } else if !digits && words > 0.5 {
            self.add("plain", -15, "no digit");
        }
        if value.len() < 8 {
            self.add("short", -14, "short");
        }
        if Alphabet::of(value) == Alphabet::Digits {
            self.add("digits", -20, "digits alone");
        }
        if value.len() >= 16 && relative < 0.6 {
            self.add("low-entropy", -20, "little entropy for its length");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confidence(name: &str, between: &str, value: &str, after: &str, setting: Setting) -> Option<Confidence> {
        judge(&Assigned {
            name: name.as_bytes(),
            value: value.as_bytes(),
            setting,
            between: between.as_bytes(),
            after: after.as_bytes(),
        })
        .confidence
    }

    #[test]
    fn passwords_and_keys_are_likely() {
        for (name, between, value, setting) in [
            ("DB_PASSWORD", "=", "Summer2024!", Setting::Bare),
            ("password", ": ", "kX9mQ2vLp4", Setting::Bare),
            ("api_key", " = \"", "9aKx2LqPz7VbN4mT8wRc", Setting::Quoted),
            ("clientSecret", "\": \"", "q8Zk-3vTn_Lw92PxMd7RbYc", Setting::Quoted),
            ("password", ">", "Tr0ub4dor&3", Setting::Markup),
            ("--token", " ", "8fk2Lq09sVbx71MzPa", Setting::Argument),
        ] {
            assert_eq!(
                confidence(name, between, value, "\"", setting),
                Some(Confidence::Likely),
                "{name}{between}{value}"
            );
        }
    }

    #[test]
    fn what_is_no_secret_is_dropped() {
        for (name, between, value, after, setting) in [
            ("password", " = ", "getpass.getpass()", "", Setting::Bare),
            ("password", ": ", "string", "", Setting::Bare),
            ("password", " = \"", "Enter your password:", "\"", Setting::Quoted),
            ("token", ": '", "access-token-header", "'", Setting::Quoted),
            ("password_file", "=", "kX9mQ2vLp4", "", Setting::Bare),
            ("password", "=", "${PASSWORD}", "", Setting::Bare),
            ("secret", ": ", "my-app-database-secret", "", Setting::Bare),
            ("api_key", " = '", "https://api.example.org/v1", "'", Setting::Quoted),
            ("PASS", ": ", "gdb.base/x86-64/T4e7", "", Setting::Bare),
            ("token", " = \"", "prefix-9aKx2LqPz", "\" + suffix", Setting::Quoted),
        ] {
            assert_eq!(confidence(name, between, value, after, setting), None, "{name}{between}{value}");
        }
    }
}
