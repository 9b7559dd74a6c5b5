//! Values that are no secrets where a name speaks of one: ids that services write so, words, beginnings, the name itself.

use super::place::{Refusal, plain};
use crate::candidate::Setting;
use crate::score::assigned::{Assigned, has_word};
use crate::score::features::beside;
use crate::score::name::{self, Head};
use crate::score::{checks, entropy, phrase};

/// Hexadecimal digits from which on the value of a password's name is a hash: SHA-384 has as many.
const LONG_HASH: usize = 96;

/// How keys begin that pages and apps show to everybody: of maps, of payment pages, of logins.
const PUBLISHED: [&[u8]; 7] =
    [b"pk.eyJ", b"pk_live_", b"pk_test_", b"sb_publishable_", b"FLWPUBK", b"public-token-live-", b"public-token-test-"];

/// What a value is, as a reason's name and text; `head` is what its name speaks of.
pub(super) fn no_secret(assigned: &Assigned<'_>, head: Head) -> Option<Refusal> {
    let value = assigned.value;
    if head == Head::Password && value.len() >= LONG_HASH && value.iter().all(u8::is_ascii_hexdigit) {
        return Some(("hash", "longer in hexadecimal than passwords are: a hash"));
    }
    if value.starts_with(b"3MVG9") {
        return Some(("identifier", "the id of an app of Salesforce"));
    }
    if PUBLISHED.iter().any(|beginning| value.starts_with(beginning)) {
        return Some(("published", "a key that is made to be published"));
    }
    // `"password:" { send "…`: a quote that closes a string was taken for one that opens it.
    if value.starts_with(b" ") && value.ends_with(b" ") {
        return Some(("expression", "the text between two strings"));
    }
    if is_name_of_column(value) {
        return Some(("identifier", "the name of a column"));
    }
    if assigned.setting == Setting::Call && is_number_of_message(value) {
        return Some(("identifier", "the number of a message"));
    }
    if value.ends_with(b"\\0") && memchr::memmem::find(assigned.between, b": &[u8; ").is_some() {
        return Some(("name", "a constant that was made from a header of C"));
    }
    if is_condition(value) {
        return Some(("expression", "a condition on a number"));
    }
    if is_list_of_words(value) {
        return Some(("prose", "a list of words"));
    }
    if is_json_web_token(value) {
        return Some(("identifier", "a JSON Web Token, which has a rule of its own"));
    }
    if checks::is_uuid(value) && makes_uuid(assigned.between) {
        return Some(("identifier", "a UUID in a variable of such"));
    }
    (head == Head::Key).then(|| no_key(assigned))?
}

/// Whether an account is named beside the value, or it is none that keys of maps and of products have: with both cases of letters
/// and digits, or a mark that joins no words. What is asked for before anything else is done (`!==`), or whose name says what it
/// opens (`central_clave`), may be long instead.
pub(super) fn is_of_account(assigned: &Assigned<'_>) -> bool {
    const LONG: usize = 12;
    let value = assigned.value;
    let has = |class: fn(&u8) -> bool| value.iter().any(class);
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let opens = || {
        memchr::memmem::find(assigned.between, b"!=").is_some()
            || [&b"_clave"[..], b"_kunci"].iter().any(|end| assigned.name.to_ascii_lowercase().ends_with(end))
    };
    mixed
        || has(|byte| b"!#$%&*+=?@^~".contains(byte))
        || value.len() >= LONG && has(u8::is_ascii_digit) && opens()
        || beside::account_and_labels(assigned).0
}

/// The same where a key or token would be.
fn no_key(assigned: &Assigned<'_>) -> Option<Refusal> {
    let value = assigned.value;
    let is_uuid = checks::is_uuid(value);
    // The words of the name are taken where they can matter only: most values are neither.
    if is_uuid || !value.is_ascii() || value.starts_with(b"/") {
        let names = name::words(assigned.name);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match names[..] {
            [.., "credentials"] if value.starts_with(b"/") => return Some(("identifier", "a path")),
            [.., "json"] if is_uuid => return Some(("reference", "where TeamCity keeps it")),
            [.., "integration", "key"] if is_uuid => return Some(("identifier", "the id of an app")),
            [.., "key"] if !value.is_ascii() && phrase::is_typed(assigned) => {}
            [.., "token" | "tokens" | "key" | "apikey"] if !value.is_ascii() => {
                return Some(("prose", "letters that no token has"));
            }
            _ => {}
        }
    }
    if is_fingerprint(value) {
        return Some(("hash", "a fingerprint"));
    }
    if value.strip_prefix(b"-").is_some_and(|number| number.iter().all(u8::is_ascii_digit)) {
        return Some(("identifier", "a number below zero: a place on a ring"));
    }
    let is_short_hex = value.len() == 16 && value.iter().all(u8::is_ascii_hexdigit);
    if is_short_hex && has_word(assigned.line_before(), &["publickeytoken"]) {
        return Some(("hash", "what tells the public key of an assembly"));
    }
    if is_half_of_application(assigned) {
        return Some(("identifier", "the half of an application's keys that is no secret"));
    }
    if is_name_of_object(assigned) || is_id_of_credential(assigned) || is_entry_of_object(assigned) {
        return Some(("reference", "the name of an object that holds it"));
    }
    if is_shortcut(value) {
        return Some(("identifier", "keys that are pressed together"));
    }
    if is_key_of_cache(assigned) {
        return Some(("identifier", "a key of a cache"));
    }
    if is_titled_by_name(assigned) {
        return Some(("identifier", "a number of a series, in words"));
    }
    if is_coordinate(value) {
        return Some(("identifier", "an artifact and its version"));
    }
    if is_begun(value) {
        return Some(("placeholder", "the beginning of a token, as logs of GitLab show it"));
    }
    if is_numbered_name(value) {
        return Some(("identifier", "a dotted name with a number"));
    }
    is_word(assigned).then_some(("word", "a word, where a token would be"))
}

/// Whether a value is its own name, or says it again.
pub(super) fn repeats_name(assigned: &Assigned<'_>) -> bool {
    assigned.value.eq_ignore_ascii_case(assigned.name)
        || is_in(assigned.value, assigned.name)
        || ends_in_name(assigned)
        || labels_itself(assigned)
}

/// `pw_col`, `password_field`.
fn is_name_of_column(value: &[u8]) -> bool {
    const ENDS: [&[u8]; 4] = [b"_col", b"_column", b"_field", b"_colname"];
    let lower = value.to_ascii_lowercase();
    let word = ENDS.iter().find_map(|end| lower.strip_suffix(*end));
    word.is_some_and(|word| matches!(word, b"pw" | b"pwd" | b"pass" | b"passwd" | b"password"))
}

/// `37:48:3a:ff`, shorter than a key written so.
fn is_fingerprint(value: &[u8]) -> bool {
    let pairs = value.split(|&byte| byte == b':');
    (4..16).contains(&pairs.clone().count())
        && pairs.into_iter().all(|pair| pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit))
}

/// The key of an application whose secret stands beside it: what tells it to a service, as its name.
fn is_half_of_application(assigned: &Assigned<'_>) -> bool {
    let name = assigned.name.to_ascii_lowercase();
    let is_key = [&b"application_key"[..], b"applicationkey", b"app_key"].iter().any(|end| name.ends_with(end));
    is_key
        && assigned.value.len() <= 20
        && [assigned.before, assigned.after]
            .iter()
            .any(|side| has_word(side, &["application_secret", "applicationsecret", "app_secret"]))
}

/// `secret: gitlab-pg` above or below `key: password`: an object of Kubernetes and the entry of it that is meant.
fn is_entry_of_object(assigned: &Assigned<'_>) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if !matches!(assigned.name, b"secret" | b"secretName")
        || assigned.between.trim_ascii_start() != b": "
        || !assigned.value.iter().all(is_name)
    {
        return false;
    }
    let line = assigned.line_before();
    let names_entry = |other: &[u8]| {
        let other = other.strip_prefix(line).unwrap_or_default();
        other.starts_with(b"key: ") && other.len() <= 64
    };
    let above =
        assigned.before[..assigned.before.len() - line.len()].trim_ascii_end().rsplit(|&byte| byte == b'\n').next();
    let below = assigned.after.split(|&byte| byte == b'\n').nth(1);
    [above, below].into_iter().flatten().any(names_entry)
}

/// `jjwt-api:0.12.3`: words with dashes, a colon and a version, as builds name what they need.
fn is_coordinate(value: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', value) else { return false };
    let (artifact, version) = (&value[..colon], &value[colon + 1..]);
    let is_part = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_');
    let numbers = version.split(|&byte| matches!(byte, b'.' | b'-')).take(2);
    !artifact.is_empty()
        && artifact.iter().all(is_part)
        && version.contains(&b'.')
        && numbers.into_iter().all(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

/// `AUTH-1002`, as errors are numbered.
fn is_number_of_message(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let number = value[letters..].strip_prefix(b"-").or_else(|| value[letters..].strip_prefix(b"_"));
    letters >= 2
        && number.is_some_and(|number| (2..=6).contains(&number.len()) && number.iter().all(u8::is_ascii_digit))
}

/// `p(95)<400`, `rate<=0.01`: what a measure must be below or above.
fn is_condition(value: &[u8]) -> bool {
    let Some(operator) = value.iter().position(|byte| matches!(byte, b'<' | b'>')) else { return false };
    let (measure, bound) = (&value[..operator], &value[operator + 1..]);
    let bound = bound.strip_prefix(b"=").unwrap_or(bound).trim_ascii();
    let is_measure = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'(' | b')' | b'_' | b'.' | b' ');
    measure.first().is_some_and(u8::is_ascii_lowercase)
        && measure.iter().all(is_measure)
        && !bound.is_empty()
        && bound.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// `tlsSecret: shop-tls-4d9f`: words in lower case and what a generator put behind them, as objects of Kubernetes are called. Of the
/// names whose value is a secret itself nobody is called so.
fn is_name_of_object(assigned: &Assigned<'_>) -> bool {
    const OWN: [&str; 17] = [
        "client",
        "app",
        "application",
        "jwt",
        "session",
        "cookie",
        "webhook",
        "signing",
        "shared",
        "hmac",
        "api",
        "consumer",
        "oauth",
        "access",
        "master",
        "encryption",
        "user",
    ];
    let value = assigned.value;
    if !assigned.between.trim_ascii_start().starts_with(b":") || memchr::memchr_iter(b'-', value).count() < 2 {
        return false;
    }
    let parts: Vec<&[u8]> = value.split(|&byte| byte == b'-').collect();
    let (last, words) = parts.split_last().unwrap_or((&value, &[]));
    let is_named = || {
        let names = name::words(assigned.name);
        matches!(&names[..], [.., owner, secret] if secret == "secret" && !OWN.contains(&owner.as_str()))
    };
    value.len() <= 63
        && words.iter().all(|word| !word.is_empty() && word.iter().all(u8::is_ascii_lowercase))
        && (2..=6).contains(&last.len())
        && last.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && is_named()
}

/// `sshagent(credentials: ['b7c0-deploy-key'])`: what Jenkins keeps it under.
fn is_id_of_credential(assigned: &Assigned<'_>) -> bool {
    const KINDS: &[&[u8]] = &[
        b"key",
        b"keys",
        b"token",
        b"creds",
        b"credential",
        b"credentials",
        b"ssh",
        b"user",
        b"account",
        b"password",
        b"bot",
        b"pat",
    ];
    let value = assigned.value;
    let kind = value.rsplit(|&byte| byte == b'-').next().unwrap_or(value);
    assigned.name.eq_ignore_ascii_case(b"credentials")
        && KINDS.contains(&kind)
        && value.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// `Alt+Shift+F12`.
fn is_shortcut(value: &[u8]) -> bool {
    const HELD: [&[u8]; 10] =
        [b"alt", b"ctrl", b"control", b"shift", b"cmd", b"command", b"meta", b"mod", b"option", b"super"];
    let first = value.split(|&byte| byte == b'+').next().unwrap_or_default();
    first.len() < value.len() && HELD.iter().any(|key| key.eq_ignore_ascii_case(first))
}

/// `sess:20931:mobile`: short words and numbers with colons between them.
fn is_key_of_cache(assigned: &Assigned<'_>) -> bool {
    let value = assigned.value;
    // The name may be the first of the words: `token:robin:v2`.
    let begins = usize::from(assigned.between == b":" && assigned.setting != Setting::Url);
    let is_number = |part: &[u8]| part.strip_prefix(b"v").unwrap_or(part).iter().all(u8::is_ascii_digit);
    memchr::memchr_iter(b':', value).count() + begins >= 2
        && value
            .split(|&byte| byte == b':')
            .all(|part| (1..=12).contains(&part.len()) && (is_number(part) || part.iter().all(u8::is_ascii_lowercase)))
}

/// `TOKEN("token_of_courage_02", …)`, `'cookie_key' => 'shop_sid_2'`: three words and more of lower case, the first of which is in
/// the name, or two short ones, and a short number.
fn is_titled_by_name(assigned: &Assigned<'_>) -> bool {
    let parts: Vec<&[u8]> = assigned.value.split(|&byte| byte == b'_').collect();
    let [first, words @ .., number] = &parts[..] else { return false };
    let is_word = |word: &[u8]| word.len() >= 2 && word.iter().all(u8::is_ascii_lowercase);
    let is_series = is_word(first)
        && words.iter().all(|word| is_word(word))
        && (1..=3).contains(&number.len())
        && number.iter().all(u8::is_ascii_digit);
    let is_short = || words.len() == 1 && number.len() == 1 && assigned.value.len() <= 16;
    is_series
        && (is_short() || words.len() >= 2 && name::words(assigned.name).iter().any(|word| word.as_bytes() == *first))
}

/// `glcbt-64`.
fn is_begun(value: &[u8]) -> bool {
    value.starts_with(b"gl")
        && value.len() <= 10
        && memchr::memchr(b'-', value).is_some_and(|dash| (4..=6).contains(&dash))
}

/// `color.brand.500`, `gw.api-key-attestation.2024q3`, `shop:ui:side-bar-v4`: three and more words and numbers in lower case, with dots
/// or colons between them.
fn is_numbered_name(value: &[u8]) -> bool {
    let is_label = |label: &[u8]| {
        !label.is_empty()
            && label
                .iter()
                .all(|&byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
    };
    let joint = if value.contains(&b':') { b':' } else { b'.' };
    memchr::memchr_iter(joint, value).count() >= 2
        && value.split(|&byte| byte == joint).all(is_label)
        && entropy::wordiness(value) > 0.3
}

/// `123456,password,qwerty,…`: passwords that are known to be bad.
fn is_list_of_words(value: &[u8]) -> bool {
    let mut words = value.split(|&byte| byte == b',');
    memchr::memchr_iter(b',', value).count() >= 6
        && words.all(|word| word.len() >= 3 && word.iter().all(u8::is_ascii_alphanumeric))
}

/// `token = "anticonstitutionnellement"`: what programs that read languages call a token, and no service does.
fn is_word(assigned: &Assigned<'_>) -> bool {
    let is_token = || name::words(assigned.name).last().is_some_and(|word| matches!(word.as_str(), "token" | "tokens"));
    assigned.value.iter().all(u8::is_ascii_lowercase) && entropy::wordiness(assigned.value) > 0.5 && is_token()
}

/// A header in base64 that begins with `{"`, and two dots behind it: one that goes on in the next literal has fewer.
fn is_json_web_token(value: &[u8]) -> bool {
    value.starts_with(b"eyJ") && memchr::memchr_iter(b'.', value).count() >= 2
}

/// `new Guid("`, `UUID.fromString("`, `uuid.UUID("`.
fn makes_uuid(between: &[u8]) -> bool {
    between.contains(&b'(') && has_word(between, &["guid", "uuid"])
}

/// `TYPE_APPKEY = "notify/html5/appkey"`: a path that ends in the last word of the name; `accountkey: base64encodedaccountkey`.
fn ends_in_name(assigned: &Assigned<'_>) -> bool {
    // `password` is shorter: passwords do end in that.
    const LONG: usize = 9;
    let (name, value) = (assigned.name, assigned.value);
    let tail = value.len().checked_sub(name.len()).map(|start| &value[start..]);
    if name.len() >= LONG && tail.is_some_and(|tail| tail.eq_ignore_ascii_case(name)) {
        return true;
    }
    // `PASSWORD_REUSED("auth.password.reused")`
    let is_joined = |byte: &u8| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'-' | b'_' | b'/');
    if name.len() >= LONG && value.iter().all(is_joined) && plain(value).ends_with(&plain(name)) {
        return true;
    }
    let Some(slash) = memchr::memrchr(b'/', assigned.value) else { return false };
    let last = &assigned.value[slash + 1..];
    name::words(assigned.name).last().is_some_and(|word| word.as_bytes().eq_ignore_ascii_case(last))
}

/// `PASSWORD = "&cPassword:&7"`: the name as a label, with a colon behind it.
fn labels_itself(assigned: &Assigned<'_>) -> bool {
    let (name, value) = (assigned.name.to_ascii_lowercase(), assigned.value.to_ascii_lowercase());
    memchr::memmem::find(&value, &name).is_some_and(|at| value.get(at + name.len()) == Some(&b':'))
}

fn is_in(value: &[u8], name: &[u8]) -> bool {
    let (value, name) = (plain(value), plain(name));
    // `sonar_token_2023` of `sonarToken`, `shadow-pass_4k` of `SHADOW_PASS`.
    let is_numbered = name.len() >= 8
        && value
            .strip_prefix(name.as_slice())
            .is_some_and(|rest| rest.len() <= 4 && rest.first().is_none_or(u8::is_ascii_digit));
    value.is_empty() || is_numbered || value.len() >= 4 && memchr::memmem::find(&name, &value).is_some()
}
