//! The score of a value that a name gives away and no shape: `db_password = "…"`. First what cannot be a secret is dropped,
//! then the features of what is left are added up.

mod joined;
mod key;
mod place;

use super::assigned::{Assigned, has_word, last_name};
use super::features::{self, Features};
use super::name::{self, Head, Strength};
use super::{Confidence, Verdict, Why, checks, entropy, phrase, published, unescape, weights};
use crate::candidate::Setting;

/// Points from which a candidate is `likely`.
pub const LIKELY: i32 = 60;
/// Points from which a candidate is `possible`; below, it is dropped.
pub const POSSIBLE: i32 = 35;
/// Points that what stands beside an assignment can add or take away at most: where it cannot decide it is not looked at.
const BESIDE: i32 = 30;

/// Hexadecimal digits from which on the value of a password's name is a hash: SHA-384 has as many.
const LONG_HASH: usize = 96;

/// Judges an assignment.
pub fn judge(assigned: &Assigned<'_>) -> Verdict {
    if let Some(parts) = unescape::parts(assigned.value) {
        if place::is_test_vector(assigned) {
            return Verdict::dropped("published", "beside what it turns into what: a test vector", assigned.value);
        }
        return judge_as_it_is(&Assigned { value: &parts, ..*assigned });
    }
    match unescape::unicode(assigned.value) {
        Some(value) => judge_as_it_is(&Assigned { value: &value, ..*assigned }),
        None => judge_as_it_is(assigned),
    }
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
    let value = unescape::unicode(assigned.value).or_else(|| unescape::parts(assigned.value));
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
        (points != 0).then(|| Why { name: feature.name(), points, text: text.to_owned() })
    };
    features.iter().filter_map(step).collect()
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
    if !quoted {
        // `"--redis-password=Ginger.Snaps"`: what an option is given within quotes.
        let is_option = || {
            let before = assigned.line_before();
            before.ends_with(b"\"--") || before.ends_with(b"\"") && assigned.name.starts_with(b"--")
        };
        let is_literal =
            || is_option() || assigned.is_in_environment() || assigned.is_in_settings() || assigned.is_in_note();
        let what =
            checks::expression(value).and_then(|what| if is_literal() { checks::code(value) } else { Some(what) });
        if let Some(what) = what {
            return Err(("expression", what));
        }
        // The value of a setting may be in any language, as may that of a part of a connection string.
        let is_line = || {
            let (before, after) = (assigned.line_before().trim_ascii(), assigned.line_after().trim_ascii());
            before.is_empty() && after.is_empty() || before.ends_with(b"\"") && after.starts_with(b";\"")
        };
        let spoken = !value.is_ascii() && is_line() || value.contains(&b' ');
        let spoken = spoken && std::str::from_utf8(value).is_ok();
        if !spoken && !value.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
            return Err(("expression", "characters that need quotes"));
        }
    }
    let is_login = assigned.setting == Setting::Login;
    let named = if is_login || place::is_pass_in_query(assigned) {
        Some((Head::Password, Strength::Strong))
    } else {
        name::head(assigned.name).or_else(|| key::without_qualifier(assigned)).or_else(|| key::of_constant(assigned))
    };
    let Some((head, strength)) = named else {
        return Err(("name", "the name does not speak of a secret"));
    };
    if assigned.setting == Setting::Call && !name::takes_secret(assigned.name) {
        return Err(("name", "a call that does something else with it"));
    }
    if assigned.setting == Setting::Call && assigned.between.starts_with(b"(") && name::makes_pair(assigned.name) {
        return Err(("name", "a call that takes a user, or an id, first"));
    }
    if assigned.before.ends_with(b"checksum/") {
        return Err(("name", "the checksum of a manifest"));
    }
    if head == Head::Password && value.len() >= LONG_HASH && value.iter().all(u8::is_ascii_hexdigit) {
        return Err(("hash", "longer in hexadecimal than passwords are: a hash"));
    }
    if is_in_resource_name(assigned.line_before()) {
        return Err(("identifier", "a part of the name of a resource"));
    }
    if value.starts_with(b"3MVG9") {
        return Err(("identifier", "the id of an app of Salesforce"));
    }
    if value.starts_with(b"pk.eyJ") {
        return Err(("identifier", "a token that is published with a map"));
    }
    if head == Head::Key && is_key_of_cache(value) {
        return Err(("identifier", "a key of a cache"));
    }
    if is_list_of_words(value) {
        return Err(("prose", "a list of words"));
    }
    if head == Head::Key && is_begun(value) {
        return Err(("placeholder", "the beginning of a token, as logs of GitLab show it"));
    }
    if head == Head::Key && is_numbered_name(value) {
        return Err(("identifier", "a dotted name with a number"));
    }
    if is_word(assigned, head) {
        return Err(("word", "a word, where a token would be"));
    }
    if is_json_web_token(value) {
        return Err(("identifier", "a JSON Web Token, which has a rule of its own"));
    }
    if checks::is_uuid(value) && makes_uuid(assigned.between) {
        return Err(("identifier", "a UUID in a variable of such"));
    }
    if is_directive(assigned, quoted) {
        return Err(("name", "a command that asks for it"));
    }
    if assigned.line_before().to_ascii_lowercase().ends_with(b"no ") {
        return Err(("name", "that there is none"));
    }
    if let Some(why) = place::no_secret(assigned) {
        return Err(why);
    }
    if name::is_key_id(assigned.name, assigned.line_before(), value) {
        return Err(("identifier", "the id of a key"));
    }
    if !is_login && inner_name(assigned.between).is_some_and(name::is_about) {
        return Err(("name", "a map that says something about it"));
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
        && (quoted || is_whole_line(assigned));
    if !checks::is_uuid(value) && !is_number {
        checks::identifier(value).map_or(Ok(()), refuse("identifier"))?;
    }
    checks::embedded(value).map_or(Ok(()), refuse("embedded"))?;
    if !phrase::is_one(assigned, head, strength) {
        checks::prose(value).map_or(Ok(()), refuse("prose"))?;
    }
    checks::hashed(value).map_or(Ok(()), refuse("hash"))?;
    if value.eq_ignore_ascii_case(assigned.name)
        || is_in(value, assigned.name)
        || ends_in_name(assigned)
        || labels_itself(assigned)
    {
        return Err(("echo", "the value repeats the name"));
    }
    if name::is_word_for_secret(value) {
        return Err(("echo", "the value is a word for a secret"));
    }
    if is_login && is_repeated(assigned) {
        return Err(("echo", "the value is another argument, too"));
    }
    if is_verb(assigned) {
        return Err(("name", "the verb, not a password"));
    }
    if assigned.name == b"PASS" && assigned.between.starts_with(b":")
        || assigned.name.eq_ignore_ascii_case(b"pass") && assigned.before.ends_with(b"::")
    {
        return Err(("name", "the result of a test"));
    }
    if memchr::memmem::find(assigned.line_before(), b"COMMENT ON ").is_some() {
        return Err(("name", "a comment on a column"));
    }
    if assigned.name.eq_ignore_ascii_case(b"identified") && !quoted && !is_statement(assigned.before) {
        return Err(("name", "a sentence, not SQL"));
    }
    if assigned.setting == Setting::Url && is_badge(assigned.before) {
        return Err(("published", "the token of a badge, which is published with it"));
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

/// `PASSWORD = "&cPassword:&7"`: the name as a label, with a colon behind it.
fn labels_itself(assigned: &Assigned<'_>) -> bool {
    let (name, value) = (assigned.name.to_ascii_lowercase(), assigned.value.to_ascii_lowercase());
    memchr::memmem::find(&value, &name).is_some_and(|at| value.get(at + name.len()) == Some(&b':'))
}

/// `TYPE_APPKEY = "notify/html5/appkey"`: a path that ends in the last word of the name.
fn ends_in_name(assigned: &Assigned<'_>) -> bool {
    let Some(slash) = memchr::memrchr(b'/', assigned.value) else { return false };
    let last = &assigned.value[slash + 1..];
    name::words(assigned.name).last().is_some_and(|word| word.as_bytes().eq_ignore_ascii_case(last))
}

/// `sess:20931:mobile`: short words and numbers with colons between them.
fn is_key_of_cache(value: &[u8]) -> bool {
    memchr::memchr_iter(b':', value).count() >= 2
        && value.split(|&byte| byte == b':').all(|part| {
            (1..=12).contains(&part.len())
                && (part.iter().all(u8::is_ascii_digit) || part.iter().all(u8::is_ascii_lowercase))
        })
}

/// `glcbt-64`.
fn is_begun(value: &[u8]) -> bool {
    value.starts_with(b"gl")
        && value.len() <= 10
        && memchr::memchr(b'-', value).is_some_and(|dash| (4..=6).contains(&dash))
}

/// Whether a name, its operator and its value are a whole line, as in settings and notes.
fn is_whole_line(assigned: &Assigned<'_>) -> bool {
    assigned.setting == Setting::Bare
        && assigned.line_before().trim_ascii().is_empty()
        && assigned.line_after().trim_ascii().is_empty()
}

/// `color.brand.500`, `gw.api-key-attestation.2024q3`: three and more words and numbers in lower case, with dots between them.
fn is_numbered_name(value: &[u8]) -> bool {
    let is_label = |label: &[u8]| {
        !label.is_empty()
            && label
                .iter()
                .all(|&byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
    };
    memchr::memchr_iter(b'.', value).count() >= 2
        && value.split(|&byte| byte == b'.').all(is_label)
        && entropy::wordiness(value) > 0.3
}

/// `123456,password,qwerty,…`: passwords that are known to be bad.
fn is_list_of_words(value: &[u8]) -> bool {
    let mut words = value.split(|&byte| byte == b',');
    memchr::memchr_iter(b',', value).count() >= 6
        && words.all(|word| word.len() >= 3 && word.iter().all(u8::is_ascii_alphanumeric))
}

/// `token = "anticonstitutionnellement"`: what programs that read languages call a token, and no service does.
fn is_word(assigned: &Assigned<'_>, head: Head) -> bool {
    let is_token = || name::words(assigned.name).last().is_some_and(|word| matches!(word.as_str(), "token" | "tokens"));
    head == Head::Key
        && assigned.value.iter().all(u8::is_ascii_lowercase)
        && entropy::wordiness(assigned.value) > 0.5
        && is_token()
}

/// Whether a value in quotes stands in quotes before, too, as in `login("admin", "admin")`.
fn is_repeated(assigned: &Assigned<'_>) -> bool {
    memchr::memmem::find_iter(assigned.between, assigned.value).any(|at| {
        let before = at.checked_sub(1).map(|place| assigned.between[place]);
        let after = assigned.between.get(at + assigned.value.len());
        before.is_some_and(|byte| matches!(byte, b'"' | b'\'')) && after.is_some_and(|byte| before == Some(*byte))
    })
}

/// The key of the entry that the value has in a map which the name is given: `live` of `apiKeys: { live: "…"`.
fn inner_name(between: &[u8]) -> Option<&[u8]> {
    let open = memchr::memrchr(b'{', between)?;
    let inside = &between[open + 1..];
    let operator = inside.iter().rposition(|byte| matches!(byte, b':' | b'='))?;
    last_name(&inside[..operator])
}

/// `Only pass 'kwargs' to …`: `pass` in a sentence.
fn is_verb(assigned: &Assigned<'_>) -> bool {
    let in_sentence = assigned.name == b"Pass" || assigned.line_before().iter().any(u8::is_ascii_alphabetic);
    matches!(assigned.name, b"pass" | b"Pass")
        && assigned.between.strip_prefix(b" ").is_some_and(|rest| matches!(rest, [b'"' | b'\'' | b'`']))
        && in_sentence
}

/// Whether a line ends within an ARN: `arn:aws:secretsmanager:eu-west-1:123456789012:secret:`.
fn is_in_resource_name(line: &[u8]) -> bool {
    let start =
        line.iter().rposition(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'(' | b'='));
    line[start.map_or(0, |start| start + 1)..].starts_with(b"arn:")
}

/// A header in base64 that begins with `{"`, and two dots behind it: one that goes on in the next literal has fewer.
fn is_json_web_token(value: &[u8]) -> bool {
    value.starts_with(b"eyJ") && memchr::memchr_iter(b'.', value).count() >= 2
}

/// `new Guid("`, `UUID.fromString("`, `uuid.UUID("`.
fn makes_uuid(between: &[u8]) -> bool {
    between.contains(&b'(') && has_word(between, &["guid", "uuid"])
}

/// `passwd alice`: the command, not a password.
fn is_directive(assigned: &Assigned<'_>, quoted: bool) -> bool {
    assigned.name == b"passwd"
        && !quoted
        && assigned.between.iter().all(|byte| matches!(byte, b' ' | b'\t'))
        && assigned.value.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
}

/// Whether a password that SQL sets without quotes belongs to a statement that sets one.
fn is_statement(before: &[u8]) -> bool {
    let before = before[before.len().saturating_sub(160)..].to_ascii_lowercase();
    ["create", "alter", "grant", "connect to", "set "]
        .iter()
        .any(|verb| memchr::memmem::find(&before, verb.as_bytes()).is_some())
}

/// `https://host/owner/name/badge.svg?token=`: what shows a badge may see no more than that.
fn is_badge(before: &[u8]) -> bool {
    let url = before.iter().rposition(|byte| byte.is_ascii_whitespace() || matches!(byte, b'(' | b'"' | b'\'' | b'<'));
    memchr::memmem::find(&before[url.map_or(0, |start| start + 1)..], b"badge").is_some()
}

fn is_in(value: &[u8], name: &[u8]) -> bool {
    let plain = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let (value, name) = (plain(value), plain(name));
    // `sonar_token_2023` of `sonarToken`.
    let is_numbered = name.len() >= 8
        && value
            .strip_prefix(name.as_slice())
            .is_some_and(|rest| rest.len() <= 4 && rest.iter().all(u8::is_ascii_digit));
    value.is_empty() || is_numbered || value.len() >= 4 && memchr::memmem::find(&name, &value).is_some()
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
    fn every_step_is_told() {
        let entry = Assigned::entry(b"password", b"Tr0ub4dor&3");
        let verdict = judge(&entry);
        assert_eq!(verdict.points, verdict.reasons.iter().map(|why| why.points).sum::<i32>());
    }
}
