//! What names speak of that no word for a secret says alone: `key` and its kin, and constants that name a setting.

use super::place;
use crate::candidate::Setting;
use crate::score::assigned::{Assigned, has_word};
use crate::score::checks;
use crate::score::features::beside;
use crate::score::name::{self, Head, Strength};

/// What gives the text of a field, or compares it.
const GETTERS: [&[u8]; 18] = [
    b".Text",
    b".text",
    b".Value",
    b".value",
    b".getText",
    b".getValue",
    b".val",
    b".toString",
    b".ToString",
    b".trim",
    b".Trim",
    b".strip",
    b".equals",
    b".Equals",
    b".equalsIgnoreCase",
    b".contentEquals",
    b".compareTo",
    b".localeCompare",
];
/// How the names of fields end.
const FIELDS: [&[u8]; 7] = [b"TextField", b"Field", b"TextBox", b"Box", b"EditText", b"Edit", b"Input"];

/// The name of a value; of a field that is compared less what it holds: `If txtPassword.Text = "…"`,
/// `passwordField.getText().equals("…")`.
pub(super) fn of_field<'a>(assigned: &Assigned<'a>) -> &'a [u8] {
    if assigned.is_quoted() && place::is_compared(assigned) {
        let mut field = assigned.name;
        while let Some(shorter) = GETTERS.iter().find_map(|end| field.strip_suffix(*end)) {
            field = shorter;
        }
        let last = field.iter().rposition(|&byte| byte == b'.').map_or(field, |dot| &field[dot + 1..]);
        if let Some(got) = last.strip_prefix(b"get").filter(|got| !got.is_empty()) {
            field = got;
        }
        if field.len() < assigned.name.len() {
            field = FIELDS.iter().find_map(|end| field.strip_suffix(*end)).unwrap_or(field);
            // A parser's token has a text, too.
            if matches!(name::head(field), Some((Head::Password, _))) {
                return field;
            }
        }
    }
    // `isEqual(password.getBytes(), "…".getBytes())`
    if assigned.between.starts_with(b"(), ")
        && let Some(name) = assigned.name.strip_suffix(b".getBytes")
    {
        return name;
    }
    let ends = [&b".Text"[..], b".text", b".Value", b".value"];
    let Some(field) = ends.iter().find_map(|end| assigned.name.strip_suffix(*end)) else { return assigned.name };
    let line = assigned.line_before().trim_ascii_start();
    let is_condition = [&b"if "[..], b"if(", b"elseif ", b"else if "]
        .iter()
        .any(|word| line.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word)));
    if is_condition && assigned.is_quoted() { field } else { assigned.name }
}

/// What stands behind a user and a colon where the name asks for both: `BASIC_AUTH=robin:…`.
pub(super) fn password_of_login<'a>(assigned: &Assigned<'a>) -> Option<&'a [u8]> {
    const SHORTEST: usize = 6;
    let colon = memchr::memchr(b':', assigned.value)?;
    let (user, password) = (&assigned.value[..colon], &assigned.value[colon + 1..]);
    let is_user = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@');
    if user.is_empty() || !user.iter().all(is_user) || password.len() < SHORTEST || password.contains(&b':') {
        return None;
    }
    let words = name::words(assigned.name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asks = matches!(words[..], [.., "basic" | "http", "auth"] | [.., "auth", "string"] | [.., "basicauth"]);
    asks.then_some(password)
}

/// What the name of a key says that no known word qualifies: `deltaKey`, or `key` in a map of keys.
pub(super) fn without_qualifier(assigned: &Assigned<'_>) -> Option<(Head, Strength)> {
    // What opens a database of SQLCipher.
    let is_pragma = assigned.line_before().trim_ascii().eq_ignore_ascii_case(b"pragma");
    if is_pragma && assigned.name.eq_ignore_ascii_case(b"key") {
        return Some((Head::Password, Strength::Strong));
    }
    if place::names_password(assigned) {
        return Some((Head::Password, Strength::Weak));
    }
    if is_header_compared(assigned) {
        return Some((Head::Key, Strength::Strong));
    }
    if is_pin_compared(assigned) {
        return Some((Head::Password, Strength::Strong));
    }
    let is_made = || checks::is_machine_made(behind_kind(assigned.value));
    let is_key = match assigned.name {
        b"key" | b"Key" | b"KEY" if assigned.setting == Setting::Url => is_made(),
        b"key" | b"Key" | b"KEY" => {
            made_in_list(assigned)
                || assigned.parent().is_some_and(|parent| {
                    name::is_about_keys(parent) || (is_query(parent) || parent == b"api") && is_made()
                })
                || is_cipher_key(assigned)
                || is_id_and_secret(assigned.value)
                || is_made_for_service(assigned)
                || is_of_tunnel(assigned)
        }
        // What agents of a cluster speak with: 16 or 32 bytes in base64.
        b"encrypt" => matches!(assigned.value.len(), 24 | 44) && assigned.value.ends_with(b"=") && is_made(),
        // Several in hexadecimal may be fingerprints.
        _ => {
            let is_several = assigned.name.last().is_some_and(|last| last | 0x20 == b's');
            (name::is_some_key(assigned.name) || name::is_access_token(assigned.name))
                && (is_made() && !(is_several && assigned.value.iter().all(u8::is_ascii_hexdigit))
                    || is_constant_of_bytes(assigned))
        }
    };
    is_key.then_some((Head::Key, Strength::Weak))
}

/// `user == "root" and pin == "…"`: the digits that somebody types to be let in, where the line says so. Others are of addresses, of
/// cards or of a chip.
fn is_pin_compared(assigned: &Assigned<'_>) -> bool {
    const OPENS: [&str; 7] = ["user", "login", "unlock", "admin", "disarm", "access", "door"];
    name::words(assigned.name).last().is_some_and(|last| last == "pin")
        && assigned.value.len() >= 4
        && assigned.value.iter().all(u8::is_ascii_digit)
        && place::is_compared(assigned)
        && (has_word(assigned.line_before(), &OPENS) || has_word(assigned.line_after(), &OPENS))
}

/// `static final byte[] LINK_KEY = "…".getBytes(…)`: what is signed or encrypted with, where names of entries are short or words alone.
fn is_constant_of_bytes(assigned: &Assigned<'_>) -> bool {
    const LEAST: usize = 16;
    assigned.value.len() >= LEAST
        && assigned.value.iter().any(u8::is_ascii_digit)
        && !assigned.value.iter().any(|byte| matches!(byte, b':' | b'/'))
        && assigned.after.starts_with(b"\".getBytes(")
        && assigned.line_before().trim_ascii_end().ends_with(b"byte[]")
}

/// What a name speaks of that says that it holds a hash, where what it is given is hashed there: `hashedSecret: await hash("…")`.
pub(super) fn before_hash(assigned: &Assigned<'_>) -> Option<(Head, Strength)> {
    let is_hashed = assigned.is_quoted() && has_word(assigned.between, &["hash(", "hashsync("]);
    let name = assigned.name;
    let (begin, end) = (b"hashed".len(), name.len().checked_sub(b"hash".len())?);
    let plain = match () {
        () if !is_hashed => return None,
        () if name.get(..begin).is_some_and(|word| word.eq_ignore_ascii_case(b"hashed")) => &name[begin..],
        () if name[end..].eq_ignore_ascii_case(b"hash") => &name[..end],
        () => return None,
    };
    name::head(plain)
}

/// What a constant speaks of that has the name of a setting: `getProperty(SECRET_PROPERTY, "…")`.
pub(super) fn of_constant(assigned: &Assigned<'_>) -> Option<(Head, Strength)> {
    const WHAT: [&[u8]; 6] = [b"PROPERTY", b"VAR", b"VARIABLE", b"ENV", b"SETTING", b"NAME"];
    let is_constant = |name: &[u8]| name.iter().all(|byte| !byte.is_ascii_lowercase());
    let is_first = assigned.before.ends_with(b"(") && assigned.between.trim_ascii_start().starts_with(b",");
    let end =
        assigned.name.iter().rposition(|&byte| byte == b'_').filter(|_| is_first && is_constant(assigned.name))?;
    WHAT.contains(&&assigned.name[end + 1..]).then(|| name::head(&assigned.name[..end]))?
}

/// `db.api_keys.insertOne({ owner: "x", key: "…" })`; an item of `api_keys:` in YAML.
fn made_in_list(assigned: &Assigned<'_>) -> bool {
    const LISTS: [&[u8]; 3] = [b"api_keys", b"apikeys", b"api-keys"];
    let is_listed =
        has_word(assigned.line_before(), &LISTS) || name_of_list(assigned).is_some_and(|name| has_word(name, &LISTS));
    is_listed && checks::is_machine_made(behind_kind(assigned.value))
}

/// The line above the items of a list in YAML of which one has the name, as far as the window goes.
fn name_of_list<'a>(assigned: &Assigned<'a>) -> Option<&'a [u8]> {
    let depth = |line: &[u8]| line.iter().take_while(|&&byte| byte == b' ').count();
    let own = assigned.line_before();
    if assigned.between != b": " || own.trim_ascii().iter().any(|&byte| byte != b'-') {
        return None;
    }
    let is_within = |line: &&[u8]| depth(line) >= depth(own) || line.trim_ascii_start().starts_with(b"- ");
    let above = assigned.before[..assigned.before.len() - own.len()].rsplit(|&byte| byte == b'\n');
    let line = above.map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty()).find(|line| !is_within(line))?;
    line.ends_with(b":").then_some(line)
}

/// Whether a map holds the parameters of a request.
fn is_query(name: &[u8]) -> bool {
    matches!(name.to_ascii_lowercase().as_slice(), b"params" | b"query" | b"qs" | b"searchparams" | b"queryparams")
}

/// `if headers.get("X-Internal-Key") != "…"`, where what must come is a UUID.
fn is_header_compared(assigned: &Assigned<'_>) -> bool {
    checks::is_uuid(assigned.value)
        && place::is_compared(assigned)
        && name::is_some_key(assigned.name)
        && has_word(assigned.line_before(), &["header"])
}

/// A long value without the word by which services show what a key is: `live_…`, `crm-…`, `hk1.…`.
fn behind_kind(value: &[u8]) -> &[u8] {
    const LEAST: usize = 24;
    let kind = value.iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()).count();
    let is_word = || value[..kind].iter().all(u8::is_ascii_lowercase);
    match value.get(kind) {
        // Groups of a UUID and its like have digits.
        Some(b'-') if !is_word() => value,
        Some(b'_' | b'.' | b'-') if (2..=8).contains(&kind) && value.len() - kind > LEAST => &value[kind + 1..],
        _ => value,
    }
}

/// The private key of a tunnel of WireGuard in a configuration of netplan: 32 bytes in base64.
fn is_of_tunnel(assigned: &Assigned<'_>) -> bool {
    assigned.value.len() == 44
        && assigned.value.ends_with(b"=")
        && checks::is_machine_made(assigned.value)
        && beside::has_word(assigned, &["wireguard"])
}

/// `24 hexadecimal digits:64 of them`, as Ghost writes a key: its id and what tokens are signed with.
fn is_id_and_secret(value: &[u8]) -> bool {
    value.len() == 89
        && value[24] == b':'
        && [&value[..24], &value[25..]].iter().all(|half| half.iter().all(u8::is_ascii_hexdigit))
}

/// A long value of letters of both cases and digits beside the address or the account of what it opens:
/// `{ "Endpoint": "https://…", "Key": "…" }`. Those of maps and tables are shorter, or words.
fn is_made_for_service(assigned: &Assigned<'_>) -> bool {
    const ADDRESSES: [&str; 4] = ["endpoint", "://", "base_url", "baseurl"];
    let has = |wanted: fn(&u8) -> bool| assigned.value.iter().any(wanted);
    let is_near = || beside::account_and_labels(assigned).0 || beside::has_word(assigned, &ADDRESSES);
    assigned.value.len() >= 32
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && checks::is_machine_made(assigned.value)
        && !place::is_test_vector(assigned)
        && is_near()
}

/// A name that is `key` alone, of 16, 24 or 32 bytes, beside a cipher: `KEY = Base64.getDecoder().decode("…")`, and what a constant
/// or a variable has as it is, `KEY = "…"`.
fn is_cipher_key(assigned: &Assigned<'_>) -> bool {
    const CIPHERS: [&[u8]; 9] =
        [b"aes", b"cipher", b"encrypt", b"decrypt", b"crypto", b"secretkeyspec", b"fernet", b"chacha", b"hmac"];
    // In JSON it is data: of tests of ciphers, more often than not.
    if assigned.between.starts_with(b"\"") || place::is_test_vector(assigned) {
        return false;
    }
    let value = assigned.value;
    let is_hex = value.iter().all(u8::is_ascii_hexdigit);
    let hexadecimal = is_hex && matches!(value.len(), 32 | 48 | 64);
    let base64 = value.ends_with(b"=") && matches!(value.len(), 24 | 44) || value.len() == 32 && !hexadecimal;
    let as_it_is = matches!(value.len(), 16 | 24) && assigned.between.trim_ascii_start().starts_with(b"=");
    (hexadecimal || (base64 || as_it_is && !is_hex) && checks::is_machine_made(value))
        && [assigned.before, assigned.after].iter().any(|side| has_word(side, &CIPHERS))
}
