//! Names in parts with dots between them: what stands before the last dot tells whose the secret is.

use super::{NOT, words};

/// Words that say in one name that it is no secret (`lookup_token`), and what it belongs to as a part of its own
/// (`auth.lookup.password`).
const SUBJECTS: [&str; 23] = [
    "lookup",
    "cache",
    "sort",
    "site",
    "group",
    "product",
    "item",
    "record",
    "tree",
    "node",
    "image",
    "job",
    "object",
    "file",
    "route",
    "list",
    "page",
    "trace",
    "translation",
    "recaptcha",
    "turnstile",
    "measurement",
    "output",
];

/// Whether one of the words before that for a secret says that it is none. `own` is the first of them that counts, `before` are
/// all up to the word, `is_any` is whether the word stands for anything that may be counted or looked up: a token, a key.
pub(super) fn is_denied(name: &[u8], before: &[&str], own: usize, is_any: bool) -> bool {
    if !before[own.min(before.len())..].iter().any(|word| NOT.contains(*word)) {
        return false;
    }
    let subject = subject(name, before.len());
    // `page.token` is a token of a page, `page.api_key` is not.
    let is_subject = |at: usize| at < subject && !(is_any && subject == before.len());
    let mut denied = before.iter().enumerate().skip(own).filter(|(_, word)| NOT.contains(**word));
    denied.any(|(at, word)| !(is_subject(at) && SUBJECTS.contains(word)))
}

/// How many of the first `most` words of a name stand before the last dot among them.
fn subject(name: &[u8], most: usize) -> usize {
    memchr::memrchr_iter(b'.', name)
        .map(|dot| words(&name[..dot]).iter().flat_map(|word| super::parts(word)).count())
        .find(|count| *count <= most)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::score::name::{Head, head};

    #[test]
    fn a_part_before_the_last_dot_tells_whose_it_is() {
        for (name, kind) in [
            ("auth.dn_lookup_bind.password", Head::Password),
            ("app.lookup.password", Head::Password),
            ("cache.redis.password", Head::Password),
            ("image.repository.password", Head::Password),
            ("group.tree.bind-password.value", Head::Password),
            ("sort.index.api-key", Head::Key),
            ("site.page.access_token", Head::Key),
        ] {
            assert_eq!(head(name.as_bytes()).map(|found| found.0), Some(kind), "{name}");
        }
        for name in [
            "list.page.token",
            "query.next.token",
            "cache.key",
            "login.forgot.password",
            "user.validate.password",
            "lookup_token",
            "app.lookup_token",
            "site.csrf.access_token",
        ] {
            assert_eq!(head(name.as_bytes()), None, "{name}");
        }
    }
}
