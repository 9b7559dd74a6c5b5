//! Names that have a word of a secret and are those of other things: public halves, ids of keys, tokens that open nothing.

use super::words;
use crate::score::words::{NOT, OTHER_KEYS};

/// Whether a name with the words of a secret is that of another thing: a number for one request each, what pages send
/// events with, the public half of what signs push messages, a file or a program in which secrets are kept.
pub(super) fn is_of_something_else(segments: &[&str]) -> bool {
    matches!(
        segments,
        [.., "socket" | "write" | "vapid", "key"]
            | [.., "postman", "token"]
            | [.., "ovh" | "pusher", "app" | "application", "key"]
            | [.., "key", "pub" | "pubkey" | "public"]
            // What a site is searched with, and what a browser keeps something under.
            | [.., "search", "only", "key" | "apikey"]
            | [.., "search", "only", "api", "key"]
            | [.., "local" | "session", "storage", "key"]
            | [.., "add", "user", "secrets"]
            | [.., "kee", "pass"]
            | [.., "keepass"]
            // What Talend writes before ciphertext.
            | ["routine", "encryption", "key", ..]
    ) || is_token_of_request(segments)
}

/// Whether a name is that of a token which opens nothing: against forged requests, for the next page of a list, for a lock, the
/// address of a device.
fn is_token_of_request(segments: &[&str]) -> bool {
    const WHAT: [&str; 9] = ["form", "delta", "change", "starting", "marker", "lock", "fcm", "gcm", "apns"];
    match segments {
        [.., what, "token"] => WHAT.contains(what),
        [.., compound] => compound
            .strip_suffix("token")
            .is_some_and(|what| WHAT.contains(&what) || what == "sync" || NOT.contains(what)),
        [] => false,
    }
}

/// Whether a value names the key that its name speaks of: the id of an OpenPGP key, as the name or its line tells, or an
/// integration key of Duo.
pub(in crate::score) fn is_key_id(name: &[u8], line: &[u8], value: &[u8]) -> bool {
    let is_hex = value.iter().all(u8::is_ascii_hexdigit);
    let has = |word: &str| words(name).iter().any(|one| one == word);
    if is_hex && matches!(value.len(), 16 | 40) {
        let line = line.to_ascii_lowercase();
        if ["gpg", "pgp", "keyserver", "apt-key", "--recv"]
            .iter()
            .any(|word| memchr::memmem::find(&line, word.as_bytes()).is_some())
        {
            return true;
        }
    }
    is_hex && matches!(value.len(), 8 | 16 | 40) && (has("pgp") || has("gpg"))
        || value.len() == 20
            && value.starts_with(b"DI")
            && value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && has("integration")
}

/// Whether a name ends with `key` and says with no known word what that is for: a secret only where a machine made it.
pub(in crate::score) fn is_some_key(name: &[u8]) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [before @ .., what, last] = &words[..] else { return false };
    // `--b2-key`
    let is_numbered = || {
        let letter = what.as_bytes()[0];
        name.windows(2).any(|pair| pair[0].to_ascii_lowercase() == letter && pair[1].is_ascii_digit())
    };
    let is_word = what.len() > 1 || is_numbered();
    let is_key = (last.trim_end_matches('s') == "key" || OTHER_KEYS.contains(*last)) && is_word;
    is_key && !is_of_something_else(&words) && !before.iter().chain([what]).any(|word| NOT.contains(*word))
}

/// Whether a name is that of the community which an agent of SNMP answers to, and says so.
pub(in crate::score) fn is_of_agent(name: &[u8]) -> bool {
    matches!(&words(name)[..], [.., agent, last] if agent == "snmp" && last == "community")
}
