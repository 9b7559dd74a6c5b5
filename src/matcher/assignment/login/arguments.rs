//! What the arguments of a login are that are no strings.

use super::holds_any;

/// Whether an argument is a variable or a look-up that speaks of a user.
pub(super) fn is_user(text: &[u8]) -> bool {
    holds_any(text, &[b"user", b"usr", b"login", b"uid", b"name", b"none", b"account"])
}

/// Whether an argument is a variable or a look-up that speaks of a mail address.
pub(super) fn is_mail(text: &[u8]) -> bool {
    holds_any(text, &[b"mail"]) && !holds_any(text, &[b"pass", b"pw", b"secret", b"token"])
}

/// Whether an argument is a number, as ports are.
pub(super) fn is_number(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}
