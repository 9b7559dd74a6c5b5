//! The score of a value that a name gives away and no shape: `db_password = "…"`. First what cannot be a secret is dropped,
//! then the features of what is left are added up.

mod digest;
mod joined;
mod key;
mod place;
mod salt;
mod value;

use super::assigned::Assigned;
use super::features::{self, Features};
use super::name::{self, Head, Strength};
use super::words::NOT;
use super::{Confidence, Verdict, Why, checks, entropy, phrase, published, unescape, weights};
use crate::candidate::Setting;

/// Points from which a candidate is `likely`.
pub const LIKELY: i32 = 60;
/// Points from which a candidate is `possible`; below, it is dropped.
pub const POSSIBLE: i32 = 35;
/// Points that what stands beside an assignment can add or take away at most: where it cannot decide it is not looked at.
const BESIDE: i32 = 30;

/// Judges an assignment.
pub fn judge(assigned: &Assigned<'_>) -> Verdict {
    if let Some(parts) = unescape::parts(assigned.value, assigned.quote()) {
        if place::is_test_vector(assigned) {
            return Verdict::dropped("published", "beside what it turns into what: a test vector", assigned.value);
        }
        return judge_as_it_is(&Assigned { value: &parts, ..*assigned });
    }
    match unescape::unicode(assigned.value) {
        Some(value) => judge_as_it_is(&Assigned { value: &value, ..*assigned }),
        None => judge_as_login(assigned),
    }
}

/// Judges `BASIC_AUTH=robin:…` by what stands behind the user, too: one may have chosen it, as a password.
fn judge_as_login(assigned: &Assigned<'_>) -> Verdict {
    let verdict = judge_as_it_is(assigned);
    let is_told = verdict.confidence == Some(Confidence::Likely);
    let Some(value) = (!is_told).then(|| key::password_of_login(assigned)).flatten() else { return verdict };
    let of_password = judge_as_it_is(&Assigned { name: b"password", value, ..*assigned });
    if of_password.confidence > verdict.confidence { of_password } else { verdict }
}

fn judge_as_it_is(assigned: &Assigned<'_>) -> Verdict {
    let (head, strength) = match gate(assigned) {
        Ok(passed) => passed,
        Err((name, text)) => return Verdict::dropped(name, text, assigned.value),
    };
    let mut features = features::of(assigned, head, strength);
    if weights::sum(features, assigned.setting) >= POSSIBLE - BESIDE {
        features::beside(&mut features, assigned);
    }
    let points = weights::sum(features, assigned.setting);
    let confidence = match points {
        LIKELY.. => Some(Confidence::Likely),
        POSSIBLE.. => Some(Confidence::Possible),
        _ => None,
    };
    if let Some(what) = published::name(assigned.value).filter(|_| confidence.is_some()) {
        return Verdict::dropped("published", what, assigned.value);
    }
    Verdict {
        confidence,
        points,
        reasons: reasons(features, assigned.setting),
        details: Vec::new(),
        entropy: entropy::shannon(assigned.value),
        severity: None,
    }
}

/// The features of an assignment that no check drops, all of them: what the weights are fitted to.
pub fn features(assigned: &Assigned<'_>) -> Option<Features> {
    let value = unescape::unicode(assigned.value).or_else(|| unescape::parts(assigned.value, assigned.quote()));
    let assigned = &Assigned { value: value.as_deref().unwrap_or(assigned.value), ..*assigned };
    let (head, strength) = gate(assigned).ok()?;
    let mut features = features::of(assigned, head, strength);
    features::beside(&mut features, assigned);
    Some(features)
}

fn reasons(features: Features, setting: Setting) -> Vec<Why> {
    let step = |feature: features::Feature| {
        let points = weights::of(feature, setting);
        let text = match feature {
            features::Feature::Place => place(setting),
            _ => feature.text(),
        };
        (points != 0).then(|| Why { name: feature.name(), points, text: text.into() })
    };
    // At once: growing would take twice the memory, and of many candidates each has a dozen steps.
    let mut steps = Vec::with_capacity(features.iter().count());
    steps.extend(features.iter().filter_map(step));
    steps
}

fn place(setting: Setting) -> &'static str {
    match setting {
        Setting::Quoted => "a literal in quotes",
        Setting::Entry => "an entry of a list",
        Setting::Bare => "a value without quotes",
        Setting::Markup => "the text of an element or attribute",
        Setting::Argument => "an argument of an option",
        Setting::Url => "a value in a URL",
        Setting::Call => "an argument of a call",
        Setting::Login => "the password's place in a login",
        Setting::Header => "a value of a header",
        Setting::Connection => "a part of a connection string",
        Setting::Prose => "in a sentence or table",
        Setting::Token => "a token",
    }
}

/// What the name speaks of, if the value can be a secret at all; else why it cannot. The cheapest checks come first: most
/// candidates leave here.
fn gate(assigned: &Assigned<'_>) -> Result<(Head, Strength), (&'static str, &'static str)> {
    let value = assigned.value;
    let quoted = assigned.is_quoted();
    let refuse = |name: &'static str| move |text: &'static str| Err((name, text));
    if value.len() < 4 {
        return Err(("too-short", "fewer than four characters"));
    }
    if !quoted && let Some(what) = is_code(assigned) {
        return Err(("expression", what));
    }
    let is_login = assigned.setting == Setting::Login;
    let named = if is_login || place::is_pass_in_query(assigned) {
        Some((Head::Password, Strength::Strong))
    } else {
        name::head(key::of_field(assigned))
            .or_else(|| key::without_qualifier(assigned))
            .or_else(|| key::of_constant(assigned))
            .or_else(|| key::before_hash(assigned))
    };
    let Some((head, strength)) = named else {
        return Err(("name", "the name does not speak of a secret"));
    };
    if assigned.setting == Setting::Call && !name::takes_secret(key::of_field(assigned)) {
        return Err(("name", "a call that does something else with it"));
    }
    if assigned.setting == Setting::Call && assigned.between.starts_with(b"(") && name::makes_pair(assigned.name) {
        return Err(("name", "a call that takes a user, or an id, first"));
    }
    let is_weak = (head, strength) == (Head::Password, Strength::Weak);
    if is_weak
        && name::may_be_any_key(assigned.name)
        && !name::is_of_agent(assigned.name)
        && !value::is_of_account(assigned)
    {
        return Err(("name", "a word for any key, and no account beside it"));
    }
    if let Some(why) = value::no_secret(assigned, head) {
        return Err(why);
    }
    let refused = place::no_secret(assigned).or_else(|| digest::no_secret(assigned));
    if let Some(why) = refused.or_else(|| salt::no_secret(assigned)) {
        return Err(why);
    }
    if name::is_key_id(assigned.name, assigned.line_before(), value) {
        return Err(("identifier", "the id of a key"));
    }
    // Perl puts nothing into what stands in `q{…}`.
    let is_verbatim = assigned.between.ends_with(b"q{") && !assigned.between.ends_with(b"qq{");
    checks::reference(value).filter(|_| !is_verbatim).map_or(Ok(()), refuse("reference"))?;
    checks::placeholder(value).map_or(Ok(()), refuse("placeholder"))?;
    // A person's password may be digits alone.
    let is_number = head == Head::Password
        && strength == Strength::Strong
        && value.len() >= 6
        && entropy::Alphabet::of(value) == entropy::Alphabet::Digits
        && (quoted || assigned.setting == Setting::Bare && assigned.is_whole_line());
    // So may be two words with a slash between them.
    let is_pair = || (head, strength) == (Head::Password, Strength::Strong) && phrase::is_numbered_path(value);
    if !checks::is_uuid(value) && !is_number && !is_pair() {
        checks::identifier(value).map_or(Ok(()), refuse("identifier"))?;
    }
    checks::embedded(value).map_or(Ok(()), refuse("embedded"))?;
    if !phrase::is_one(assigned, head, strength) {
        checks::prose(value).map_or(Ok(()), refuse("prose"))?;
    }
    checks::hashed(value).map_or(Ok(()), refuse("hash"))?;
    if value::repeats_name(assigned) {
        return Err(("echo", "the value repeats the name"));
    }
    if name::is_word_for_secret(value) {
        return Err(("echo", "the value is a word for a secret"));
    }
    if head == Head::Key && follows_other_kind(assigned) {
        return Err(("name", "the word before says what kind it is"));
    }
    if is_login && is_repeated(assigned) {
        return Err(("echo", "the value is another argument, too"));
    }
    if joined::is_joined(assigned, quoted) {
        return Err(("expression", "a part of an expression"));
    }
    let is_phrase = || phrase::is_one(assigned, head, strength);
    if head == Head::Key && (value.contains(&b' ') && !is_phrase() || value.len() < 8) {
        return Err(("too-short", "too short, or with blanks, for a key"));
    }
    Ok((head, strength))
}

/// Why a value without quotes is no literal where it stands; `None` if it may be one.
fn is_code(assigned: &Assigned<'_>) -> Option<&'static str> {
    let value = assigned.value;
    // `"--redis-password=Ginger.Snaps"`: what an option is given within quotes.
    let is_option = || {
        let before = assigned.line_before();
        before.ends_with(b"\"--") || before.ends_with(b"\"") && assigned.name.starts_with(b"--")
    };
    // `${NAME:-Ginger.Snaps}`
    let is_default = || {
        let is_variable = assigned.before.ends_with(b"${") || memchr::memmem::find(assigned.between, b"${").is_some();
        is_variable && (assigned.between.ends_with(b":-") || assigned.between.ends_with(b":="))
    };
    // `"PWD=Ginger_Snaps;\n"`: a part of a connection string, of which a line is a literal.
    let is_part = || assigned.line_before().trim_ascii() == b"\"" && assigned.after.starts_with(b";");
    let is_literal = || {
        is_option()
            || is_part()
            || is_default()
            || assigned.is_in_environment()
            || assigned.is_in_settings()
            || assigned.is_in_note()
            || assigned.is_among_pairs()
            || phrase::is_line(assigned)
    };
    if is_variable(assigned) {
        return Some("a variable");
    }
    if let Some(what) = checks::expression(value) {
        let what = if is_literal() { checks::code(value) } else { Some(what) };
        if what.is_some() {
            return what;
        }
    }
    // The value of a setting may be in any language, as may that of a part of a connection string.
    let is_line = || {
        let is_part = || {
            assigned.line_before().trim_ascii().ends_with(b"\"")
                && assigned.line_after().trim_ascii().starts_with(b";\"")
        };
        assigned.is_whole_line() || assigned.is_exported() || is_part()
    };
    // Letters beyond ASCII and digits are in no expression.
    let is_chosen = || value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    let spoken = !value.is_ascii() && (is_chosen() || is_line()) || value.contains(&b' ');
    let spoken = spoken
        && match std::str::from_utf8(value) {
            Ok(value) => value.chars().all(|letter| letter.is_ascii() || letter.is_alphanumeric() || is_line()),
            Err(_) => is_line() && is_of_a_code_page(assigned),
        };
    let plain = spoken || value.iter().all(|byte| (b'!'..=b'~').contains(byte));
    (!plain).then_some("characters that need quotes")
}

/// Whether a value that is no UTF-8 may be in an older encoding, with a byte for each letter: text stands around it, and no control
/// character, which is what other data would have.
fn is_of_a_code_page(assigned: &Assigned<'_>) -> bool {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a | b' '..=b'~' | 0x80..);
    assigned.value.iter().any(u8::is_ascii_alphanumeric)
        && [assigned.before, assigned.value, assigned.after].into_iter().all(|text| text.iter().all(is_text))
}

/// Whether a word without quotes is a variable by what stands around it: `userpwd = test_arg4;`, `privateKey: ecdsaP256Key,`.
fn is_variable(assigned: &Assigned<'_>) -> bool {
    let value = assigned.value;
    let is_name = value.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if assigned.setting != Setting::Bare || !is_name {
        return false;
    }
    let is_statement = assigned.between == b" = "
        && assigned.line_after().trim_ascii_end() == b";"
        && (value.contains(&b'_') || entropy::wordiness(value) > 0.4);
    let is_field = || {
        let words = name::words(value);
        words.len() > 1 && words.last().is_some_and(|last| last == "key" || name::speaks_of_secret(last))
    };
    is_statement || assigned.between == b": " && assigned.after.starts_with(b",") && is_field() || is_declared(assigned)
}

/// Whether a word is the type of a variable that is given nothing: `@export var token_texture: Texture2D`.
fn is_declared(assigned: &Assigned<'_>) -> bool {
    let line = assigned.line_before();
    let declares = [&b"var "[..], b"let ", b"val "].iter().any(|word| line.ends_with(word));
    let ends = |rest: &[u8]| rest.is_empty() || rest == b";" || rest.starts_with(b"=");
    declares
        && assigned.between.starts_with(b":")
        && assigned.value[0].is_ascii_uppercase()
        && ends(assigned.line_after().trim_ascii())
}

/// Whether a text tells a key that is no secret, with nothing but a blank before it: "the site key `…`".
fn follows_other_kind(assigned: &Assigned<'_>) -> bool {
    let is_beside =
        assigned.between.starts_with(b" ") && assigned.between.iter().all(|byte| matches!(byte, b' ' | b'`'));
    let line = assigned.line_before().trim_ascii_end();
    let word =
        line[line.iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |at| at + 1)..].to_ascii_lowercase();
    is_beside && std::str::from_utf8(&word).is_ok_and(|word| NOT.contains(word))
}

/// Whether a value in quotes stands in quotes before, too, as in `login("admin", "admin")`.
fn is_repeated(assigned: &Assigned<'_>) -> bool {
    memchr::memmem::find_iter(assigned.between, assigned.value).any(|at| {
        let before = at.checked_sub(1).map(|place| assigned.between[place]);
        let after = assigned.between.get(at + assigned.value.len());
        before.is_some_and(|byte| matches!(byte, b'"' | b'\'')) && after.is_some_and(|byte| before == Some(*byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confidence(name: &str, between: &str, value: &str, after: &str, setting: Setting) -> Option<Confidence> {
        judge(&Assigned {
            before: b"",
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
            let after = if between.ends_with('"') { "\"" } else { "" };
            assert_eq!(
                confidence(name, between, value, after, setting),
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

    #[test]
    fn passwords_in_older_encodings_are_read_where_text_stands_around_them() {
        let judged = |before: &[u8], value: &[u8], after: &[u8]| {
            let (name, between, setting) = (&b"DB_PASSWORD"[..], &b"="[..], Setting::Bare);
            judge(&Assigned { before, name, value, setting, between, after }).confidence
        };
        for value in [&b"Pfl\xfcger-Gasse-71!"[..], b"Plover\x80Gate-79!", b"\xca\xeb\xfe\xf7-71-\xc4\xee\xec!"] {
            assert_eq!(
                judged(b"# f\xfcr alle\n", value, b"\r\nhost=db\r\n"),
                Some(Confidence::Likely),
                "{}",
                value.escape_ascii()
            );
            assert_eq!(judged(b"\x01\x07\n", value, b"\n"), None, "other data before it");
            assert_eq!(judged(b"", value, b"\n\x02\x8f"), None, "other data after it");
            assert_eq!(judged(b"x = ", value, b" + y\n"), None, "code on its line");
        }
        assert_eq!(judged(b"", b"\xca\xeb\xfe\xf7\xc4\xec\xec", b"\n"), None, "a word");
        assert_eq!(judged(b"", b"Pfl\xfcger-\x05Gasse-71!", b"\n"), None);
    }

    #[test]
    fn every_step_is_told() {
        let entry = Assigned::entry(b"password", b"Tr0ub4dor&3");
        let verdict = judge(&entry);
        assert_eq!(verdict.points, verdict.reasons.iter().map(|why| why.points).sum::<i32>());
    }
}
