//! Whether a value is all that its name is given, or a part of more: an expression, a sentence, an interpolated string.

use super::place;
use crate::candidate::Setting;
use crate::score::assigned::Assigned;

/// Whether a literal is one part of a larger expression, or an interpolated string.
pub(super) fn is_joined(assigned: &Assigned<'_>, quoted: bool) -> bool {
    let line = assigned.line_after();
    let after = line.trim_ascii_start();
    if assigned.setting == Setting::Prose && !quoted {
        // What is told by a verb (`password is now x7-kite`) has a form of its own.
        if assigned.between.trim_ascii().last().is_some_and(u8::is_ascii_alphabetic) {
            return false;
        }
        // The value is a whole cell, or ends the sentence; `&reg;` ends nothing.
        let has_all = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, u8::is_ascii_punctuation]
            .iter()
            .all(|class| assigned.value.iter().any(class));
        let is_shaped = assigned.value.iter().any(|byte| byte.is_ascii_digit() || b"!#$%&*+^=".contains(byte));
        let ends = matches!(after.first(), Some(b'|' | b'.' | b',' | b')' | b'*'))
            || is_shaped && is_remark(after)
            || line.starts_with(b"&lt;")
            || after.starts_with(b";") && !assigned.value.contains(&b'&');
        return !(after.is_empty() || ends || has_all && assigned.value.len() >= 8);
    }
    if !quoted {
        // `password: foo bar baz` is prose or code; a comment may follow.
        let rest = after.strip_prefix(b";").unwrap_or(after).trim_ascii_start();
        // In a message: `password: x7!Kite  - please change it`.
        let has = |wanted: fn(&u8) -> bool| assigned.value.iter().any(wanted);
        let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        let is_chosen = has(u8::is_ascii_digit)
            && (has(u8::is_ascii_punctuation) && has(u8::is_ascii_alphabetic) || is_mixed && assigned.value.len() >= 8);
        let ends = rest.is_empty()
            || is_chosen && is_remark(rest)
            // The end of an escaped element.
            || rest.starts_with(b"&lt;/")
            || is_echoed(assigned.line_before(), rest)
            || rest.starts_with(b"#")
            || rest.starts_with(b"//")
            // The comment of an INI file.
            || assigned.setting == Setting::Bare && line.first().is_some_and(u8::is_ascii_whitespace) && after.starts_with(b"; ")
            || [&b"}"[..], b"*/", b"-->", b"#}"].iter().any(|end| rest.starts_with(end))
            || line.first().is_some_and(|b| !b.is_ascii_whitespace())
            || assigned.name.eq_ignore_ascii_case(b"identified") && follows_identified(rest);
        let before = assigned.line_before().trim_ascii();
        // A text of a program: `Confirm\ password=Confirmar a senha`. `PASSWORD=x command` is none, nor `password=x host=y`.
        let text = (before.is_empty() || before.ends_with(b"\\"))
            && assigned.name.iter().any(u8::is_ascii_lowercase)
            && rest.first().is_some_and(|&byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
            && !rest.contains(&b'=');
        return !ends
            && matches!(assigned.setting, Setting::Bare | Setting::Header)
            && (text || !assigned.between.ends_with(b"="));
    }
    let rest = after.strip_prefix(b"\\").unwrap_or(after);
    let Some((quote, rest)) = rest.split_first() else { return false };
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return false;
    }
    let rest = rest.trim_ascii_start();
    let interpolated =
        assigned.between.ends_with(b"f\"") || assigned.between.ends_with(b"f'") || assigned.between.ends_with(b"$\"");
    // `"…" + "…"` is still a literal; `"…" + name` is not.
    let joined = rest.strip_prefix(b"+").or_else(|| rest.strip_prefix(b".")).is_some_and(|more| {
        let more = more.trim_ascii_start();
        !more.is_empty() && !matches!(more.first(), Some(b'"' | b'\'' | b'`')) && rest.starts_with(b"+")
            || more.starts_with(b"$")
    });
    interpolated && assigned.value.contains(&b'{')
        || joined
        || rest.starts_with(b"% ")
        || rest.starts_with(b".format")
        || rest.starts_with(b"..")
        // `password == "…" ? x : y` gives the literal to nothing.
        || rest.starts_with(b"?") && !place::is_compared(assigned)
        || rest.starts_with(b"in ")
}

/// Whether a text behind a value is a remark about it.
fn is_remark(text: &[u8]) -> bool {
    [&b"- "[..], b"(", b"<-", b"<=", "←".as_bytes(), "–".as_bytes(), "— ".as_bytes()]
        .iter()
        .any(|end| text.starts_with(end))
}

/// Whether what follows a password is the rest of its statement: `IDENTIFIED BY … DEFAULT TABLESPACE users`.
fn follows_identified(rest: &[u8]) -> bool {
    const WORDS: &[&str] =
        &["using", "default", "account", "require", "with", "quota", "temporary", "profile", "container", "replace"];
    let word = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    WORDS.iter().any(|one| rest[..word].eq_ignore_ascii_case(one.as_bytes()))
}

/// Whether a shell writes it into a file or hands it on: `echo password: x7kite >> f`.
fn is_echoed(before: &[u8], after: &[u8]) -> bool {
    matches!(after.first(), Some(b'>' | b'|' | b'&')) && memchr::memmem::find(before, b"echo ").is_some()
}
