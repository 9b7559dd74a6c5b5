//! Whether a value refers to where the secret is kept, or is filled in later: vaults, variables, templates, format holes.

use super::{ciphertext, is_machine_made};
use crate::score::entropy;

/// Whether a value names where the secret is kept, or is filled in later.
pub fn reference(value: &[u8]) -> Option<&'static str> {
    const VAULTS: &[&str] = &[
        "vault:",
        "vault://",
        "arn:aws",
        "projects/",
        "sm://",
        "gcp-sm://",
        "aws-sm://",
        "ssm://",
        "op://",
        "bws://",
        "doppler://",
        "keyring:",
        "pass:",
        "azkv://",
        "berglas://",
        "{cipher}",
        "enc[",
        "enc(",
        // Secure properties of Mule.
        "![",
        "$ansible_vault",
        // What AWX exports in the place of a secret.
        "$encrypted$",
        "!vault",
        "secret://",
        "secretref:",
        "awssm://",
        "@microsoft.keyvault",
        "(sensitive value)",
        "<computed>",
        "file:",
        "env:",
        "exec:",
        // What wpa_supplicant asks another program for.
        "ext:",
        "env.",
        "secrets.",
        "secretsmanager:",
        "credentialsjson:",
        // Vector asks a backend for it.
        "secret[",
        // Pipelines of Jenkins.
        "credentials(",
        "kms:",
        "ref+",
        "u2fsdgvkx1",
        "/run/secrets",
        "data.",
        "module.",
        "local.",
        "var.",
        "!ref",
        "!sub",
        "!getatt",
        "!env",
        "!secret",
        "$__",
        "process.env",
        "os.environ",
        "valuefrom",
    ];
    let lower = value[..value.len().min(24)].to_ascii_lowercase();
    if VAULTS.iter().any(|prefix| lower.starts_with(prefix.as_bytes())) {
        return Some("a reference to where the secret is kept, or ciphertext");
    }
    let has = |piece: &[u8]| memchr::memmem::find(value, piece).is_some();
    let is_random = is_of_all_kinds(value) || is_generated(value);
    // `Qa%sftp31`: no text goes on behind a hole with letters and has a digit.
    let is_within = |hole: &[u8]| {
        let behind = memchr::memmem::find(value, hole).and_then(|at| value.get(at + hole.len()));
        behind.is_some_and(u8::is_ascii_alphabetic) && value.last().is_some_and(u8::is_ascii_digit)
    };
    let is_hole = |hole: &[u8]| has(hole) && !is_within(hole);
    if !is_random && (is_hole(b"%s") || is_hole(b"%n") || has(b"%@")) || has_numbered_hole(value) || is_width(value) {
        return Some("a format hole");
    }
    if value.ends_with(b"()") {
        return Some("a call");
    }
    if ["&lt;", "&#x3c;", "&#60;"].iter().any(|open| lower.starts_with(open.as_bytes())) {
        return Some("a placeholder in brackets");
    }
    if matches!(value, [b'@', b'/' | b'.' | b'~' | b'-', ..]) {
        return Some("what a file holds");
    }
    if ciphertext(value) || has(b"=ENC(") {
        return Some("ciphertext");
    }
    // `$Prompt$`, `$PROJECT_DIR$`: what an editor asks for or fills in.
    if let [b'$', first, inside @ .., b'$'] = value
        && first.is_ascii_uppercase()
        && inside.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    {
        return Some("a variable");
    }
    if value.starts_with(b"\\$") || value.starts_with(b"\\&") {
        return Some("a variable");
    }
    // `$$POSTGRES_PASSWORD`, as Compose and Make hand a variable on to a shell.
    if let [b'$', b'$', first, inside @ ..] = value
        && first.is_ascii_uppercase()
        && inside.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
    {
        return Some("a variable");
    }
    // A page of the manual goes on in another font: `--password=-\fR`.
    if let Some(font) = memchr::memmem::find(value, b"\\f")
        && font < 4
        && matches!(value.get(font + 2), Some(b'B' | b'I' | b'R' | b'P' | b'(' | b'['))
    {
        return Some("markup of a page");
    }
    // The quote that ends a string was taken for one that begins a value: `'password='.$x.'…'`.
    if matches!(value, [b',' | b';' | b')' | b']' | b'}', ..]) && !is_generated(value)
        || matches!(value, [b'\'' | b'"', b'.' | b' ' | b'+', ..])
        || value.starts_with(b"+") && !is_machine_made(value) && !is_generated(value)
        || !is_random && value.starts_with(b".")
    {
        return Some("a part of an expression");
    }
    let is_pattern = has(b".*") || has(b".+");
    if value.starts_with(b"/^")
        || has(b"\\s")
        || has(b"\\S+")
        || has(b"\\S*")
        || has(b"\\w")
        || has(b"\\d")
        || has(b"\\K")
        || has(b"[^")
        || is_pattern && !is_random && !is_chosen(value)
    {
        return Some("a pattern");
    }
    if is_counted_class(value) || is_counted_from_end_to_end(value) {
        return Some("a pattern");
    }
    if is_address_of_store(value) {
        return Some("a reference to where the secret is kept, or ciphertext");
    }
    if has(b"${")
        || value.starts_with(b"{$")
        || has(b"{{")
        || has(b"<%")
        || has(b"#{")
        || has(b"{%")
        || value.starts_with(b"%{")
    {
        return Some("a template");
    }
    if has_command(value, b"$(") || has_command(value, b"%(") || !is_random && (has(b"$(") || has(b"%(")) {
        return Some("a template");
    }
    if has_hole(value) {
        return Some("a format hole");
    }
    if value.starts_with(b"$") && (has(b"://") || is_below_variable(value)) {
        return Some("a template");
    }
    match value {
        [b'$', next, ..] if next.is_ascii_alphabetic() || *next == b'_' => {
            let value = value.strip_suffix(b"\\r").or_else(|| value.strip_suffix(b"\\n")).unwrap_or(value);
            let name = value[1..].iter().all(|&b| {
                b.is_ascii_alphanumeric()
                    || matches!(b, b'_' | b'.' | b':' | b'-' | b'>' | b'[' | b']' | b'\'' | b'"' | b'(' | b')')
            });
            // `$2y$`, `$argon2id$` begin hashes; a second `$` is no variable.
            (name && !is_generated(value)).then_some("a variable")
        }
        // SQL*Plus asks for it; SAS ends the name of a macro's variable with a dot.
        [b'&', name @ ..] => {
            let name = name.strip_prefix(b"&").unwrap_or(name);
            let is_variable = is_name(name.strip_suffix(b".").unwrap_or(name)) && !is_generated(value);
            is_variable.then_some("a variable")
        }
        [b'%', .., b'%'] | [b'@', .., b'@'] if value.len() > 2 => Some("a variable"),
        // CFML: `#request.password#`, `#decrypt(x)#`.
        [b'#', inner @ .., b'#'] if inner.iter().any(|byte| matches!(byte, b'.' | b'(')) && is_name(&inner[..1]) => {
            Some("a variable")
        }
        [b'_', b'_', name @ .., b'_', b'_'] if is_name(name) => Some("a placeholder"),
        [b'_', name @ .., b'_'] if name.len() > 3 && name.iter().all(|b| b.is_ascii_uppercase() || *b == b'_') => {
            Some("a placeholder")
        }
        // A local macro of Stata.
        [b'`', name @ .., b'\''] if is_name(name) => Some("a variable"),
        // `@keyring:payroll`: a store, and what it has it under.
        [b'@', store @ ..] if is_entry_of_store(store) => Some("a reference"),
        // A macro of Erlang.
        [b'?', name @ ..] if name.len() > 3 && name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_') => {
            Some("a variable")
        }
        // `[FILTERED]` in a URL.
        [b'%', b'5', b'B' | b'b', .., b'%', b'5', b'D' | b'd'] => Some("a placeholder in brackets"),
        [b'<', .., b'>'] | [b'[', .., b']'] | [b'{', .., b'}'] | [b'(', .., b')'] => Some("a placeholder in brackets"),
        [b'@', b'@', ..] | [b'*', ..] if value.len() < 24 && !is_generated(value) && !has_mark_of_password(value) => {
            Some("a reference")
        }
        _ if matches!(value, b"%s" | b"%v" | b"%d" | b"{}" | b"%@" | b"?" | b":password" | b"@password") => {
            Some("a format hole")
        }
        _ => None,
    }
}

/// Whether a value has a class of characters and how often one of them comes: `^sk_[a-z0-9]{16,32}$`.
fn is_counted_class(value: &[u8]) -> bool {
    memchr::memmem::find_iter(value, b"]{").any(|close| {
        let is_class = memchr::memrchr(b'[', &value[..close]).is_some_and(|open| value[open..close].contains(&b'-'));
        let count = value[close + 2..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b',').count();
        is_class && count > 0 && value.get(close + 2 + count) == Some(&b'}')
    })
}

/// `^.{12,}$`: what begins and ends as patterns do, and says how often something comes.
fn is_counted_from_end_to_end(value: &[u8]) -> bool {
    let count = |open: usize| value[open + 1..].iter().take_while(|b| b.is_ascii_digit() || **b == b',').count();
    value.starts_with(b"^")
        && value.ends_with(b"$")
        && memchr::memchr_iter(b'{', value).any(|open| count(open) > 0 && value[open + 1 + count(open)] == b'}')
}

/// `akv:https://vault.example/secrets/name`: the name of a store before the address in it.
fn is_address_of_store(value: &[u8]) -> bool {
    let name = value.iter().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()).count();
    (2..=16).contains(&name) && value[name..].starts_with(b":https://")
}

/// Whether a value is the name of a store of secrets, a colon, and the name of an entry.
fn is_entry_of_store(value: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', value) else { return false };
    let in_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-./".contains(byte);
    let store = &value[..colon];
    let is_store = [&b"keyring"[..], b"keychain", b"vault", b"secret", b"store", b"env", b"file", b"pass"]
        .iter()
        .any(|word| memchr::memmem::find(store, word).is_some());
    is_store && store.iter().chain(&value[colon + 1..]).all(in_name)
}

/// Whether a value is a path below a variable: `$BASE_URL/users`.
fn is_below_variable(value: &[u8]) -> bool {
    let name = value[1..].iter().take_while(|&&byte| byte.is_ascii_uppercase() || byte == b'_').count();
    name >= 2 && value.get(1 + name) == Some(&b'/') && entropy::wordiness(&value[1 + name..]) > 0.3
}

/// Whether a value is random over letters of both cases, digits and many marks, as generators of passwords with all of these
/// write it: any syntax may come about in it by chance.
fn is_of_all_kinds(value: &[u8]) -> bool {
    let marks = value.iter().filter(|byte| byte.is_ascii_punctuation()).count();
    value.len() >= 16
        && !value.iter().any(|byte| matches!(byte, b' ' | b'\\'))
        && marks >= 3
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_lowercase)
        && entropy::wordiness(value) < 0.25
        && entropy::shannon(value) > 3.5
}

/// Whether `open` begins a command or a name in brackets: `$(cat file)`, `%(name)s`.
fn has_command(value: &[u8], open: &[u8]) -> bool {
    memchr::memmem::find_iter(value, open).any(|at| {
        let inside = &value[at + open.len()..];
        let is_plain = |byte: &u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b' ' | b'_' | b'-' | b'.' | b'/' | b'$' | b'"' | b'\'' | b'|')
        };
        let length = inside.iter().take_while(|byte| is_plain(byte)).count();
        length > 0 && inside.get(length) == Some(&b')')
    })
}

fn is_name(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `%127s`, what is read of at most that many characters.
fn is_width(value: &[u8]) -> bool {
    matches!(value, [b'%', digits @ .., b's'] if digits.iter().all(u8::is_ascii_digit))
}

/// Whether what stands behind a value's first mark is a password as generators write them: letters of both cases and digits that
/// make no words, and nothing that code or a template needs.
fn is_generated(value: &[u8]) -> bool {
    let Some((_, rest)) = value.split_first().filter(|(first, _)| first.is_ascii_punctuation()) else { return false };
    let code = |byte: &u8| !byte.is_ascii_graphic() || b"\"'`(){}[]<>,;$\\".contains(byte);
    let count = |class: fn(&u8) -> bool| rest.iter().filter(|byte| class(byte)).count();
    rest.len() >= 9
        && !rest.iter().any(code)
        && rest.last().is_some_and(|last| !matches!(last, b'.' | b'+' | b'=' | b':' | b'&' | b'|'))
        && count(u8::is_ascii_digit) >= 2
        && count(u8::is_ascii_lowercase) >= 2
        && count(u8::is_ascii_uppercase) >= 2
        && entropy::wordiness(rest) < 0.4
}

/// `w9_!kqR.+Lm`: `.+` within letters of both cases and digits, and another mark of passwords; none of what else patterns have.
fn is_chosen(value: &[u8]) -> bool {
    let has = |wanted: fn(&u8) -> bool| value.iter().any(wanted);
    has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && has(|byte| b"!#%&=@~,;:".contains(byte))
        && value
            .first()
            .zip(value.last())
            .is_some_and(|(first, last)| first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric())
        && !has(|byte| b"()[]{}^$|?\\".contains(byte))
}

/// Whether a value has a hole with the number of its argument: `%1$s`.
fn has_numbered_hole(value: &[u8]) -> bool {
    memchr::memchr_iter(b'%', value).any(|mark| {
        let digits = value[mark + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        (1..=2).contains(&digits) && matches!(value[mark + 1 + digits..], [b'$', b's' | b'd' | b'u' | b'x' | b'f', ..])
    })
}

/// Whether a value has a hole that a format fills in: `{name}`, `{0}`, `{user.token}`, `{b62:40}`.
fn has_hole(value: &[u8]) -> bool {
    memchr::memchr_iter(b'{', value).any(|open| {
        let inside = &value[open + 1..];
        let Some(close) = memchr::memchr(b'}', inside) else { return false };
        let name = &inside[..close];
        // Spring's mark of a password in clear text is no hole.
        name != b"noop"
            && name.len() <= 40
            && name.first().is_none_or(u8::is_ascii_alphanumeric)
            && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'|' | b'='))
    })
}

/// A mark that no name has, but for what is masked: `*Kelp!7` is not what `*kelp` refers to, `****rds!` is hidden.
fn has_mark_of_password(value: &[u8]) -> bool {
    !value.starts_with(b"**") && value.iter().any(|byte| b"!#%^~?".contains(byte))
}
