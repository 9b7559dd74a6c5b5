//! Names of what looks a value up, and of what gives it one to use instead.

use super::holds_any;

/// Methods that give a look-up what to use instead; their names in lower case and without `_`.
const FALLBACKS: &[&[u8]] = &[
    b"default",
    b"defaultvalue",
    b"getorelse",
    b"ifblank",
    b"ifempty",
    b"mapor",
    b"maporelse",
    b"orelse",
    b"orelseget",
    b"unwrapor",
    b"unwraporelse",
    b"valueor",
    b"withdefault",
];
/// Parts of the names of look-ups in a store of secrets: what they take besides is whose secret it is.
const STORES: &[&[u8]] = &[b"key", b"pass", b"secret", b"vault", b"cred"];
/// Words in the name of a call that looks a value up and takes what to use instead.
const LOOKUPS: &[&[u8]] =
    &[b"env", b"get", b"fetch", b"default", b"prop", b"conf", b"setting", b"option", b"param", b"coalesce", b"input"];

/// Whether a call of this name looks up what its first argument names and takes what to use instead.
pub(super) fn takes_default(name: &[u8]) -> bool {
    holds_any(name, LOOKUPS) && (!holds_any(name, STORES) || holds_any(name, &[b"env", b"default", b"option"]))
}

/// Whether a method is given what to use instead of what it is called on.
pub(super) fn is_fallback(last: &[u8]) -> bool {
    FALLBACKS.contains(&last)
}

/// The last part of the name of a call, in lower case and without `_`: `frombase64string` of `Convert.FromBase64String`.
pub(super) fn last_part(name: &[u8]) -> Vec<u8> {
    let name = name.strip_suffix(b"!").unwrap_or(name);
    let last = name.rsplit(|&byte| matches!(byte, b'.' | b':' | b'>' | b'\\' | b'$')).next().unwrap_or(name);
    last.iter().filter(|&&byte| byte != b'_').map(u8::to_ascii_lowercase).collect()
}
