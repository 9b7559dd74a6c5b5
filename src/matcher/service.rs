//! The one recogniser of values that have no shape: a service's word, a name that speaks of a secret, and after it a run of
//! exactly the right characters and length. Where no name speaks, the word alone may tell ([`alone`]).
//!
//! A pure function of its window, like the assignment lexer; whether the value is random enough is for the score to say.

mod alone;

use std::ops::Range;

use super::window::{is_glue, is_left_boundary};
use crate::candidate::{Candidate, Setting, Span};
use crate::signature::service::{Alphabet, Value};
use crate::signature::{ByteSet, Rule, ServiceRule};
use alone::Spot;

/// Bytes from the end of the word to the first of a value that a name tells.
const NAMED: usize = 64;

/// The candidate of a service's word at `hit`.
pub(super) fn candidate(rule: &Rule, service: &ServiceRule, text: &[u8], hit: Range<usize>) -> Option<Candidate> {
    let value = rule.signature.value.as_ref()?;
    let start = hit.start.saturating_sub(rule.traits().window.before as usize);
    let end = hit.end.saturating_add(rule.traits().window.after as usize).min(text.len());
    if !stands_apart(&text[start..end], hit.start - start..hit.end - start) {
        return None;
    }
    // The value stands on the line of the word or on the next, or below in the same entry.
    let lines = &text[hit.end..end];
    let mut breaks = memchr::memchr_iter(b'\n', lines).skip(1).map(|at| hit.end + at);
    let near = breaks.next().unwrap_or(end).min(hit.end + NAMED);
    let stop = breaks.next().unwrap_or(end);
    let latest = stop.min(hit.end + service.distance as usize);
    let mut place = hit.end;
    while place < latest {
        if !service.alphabet.contains(text[place]) {
            place += 1;
            continue;
        }
        let run = place..run_end(&text[..stop], place, &service.alphabet);
        place = run.end;
        let Some(mut secret) = whole(text, run, service, value) else { continue };
        if !is_left_boundary(text, secret.start, &rule.traits().left) || !is_glue(&text[hit.end..secret.start]) {
            continue;
        }
        let (before, word) = (&text[start..secret.start], hit.start - start..hit.end - start);
        let is_named = secret.start < near
            && (names_a_secret(before, word.clone(), &value.odd_names) || makes_client(before, word.clone()));
        if !is_named {
            let place = secret.start - start..secret.end - start;
            let spot = Spot { window: &text[start..end], word, value: place, alphabet: value.alphabet };
            if !spot.is_told() {
                continue;
            }
            if value.id_alike {
                // Of two values that look alike the first is the other's id; one alone may be either.
                let second = next_element(&text[..stop], &secret).and_then(|next| {
                    whole(text, next..run_end(&text[..stop], next, &service.alphabet), service, value)
                });
                match second {
                    Some(second) => secret = second,
                    None if spot.follows_id() => {}
                    None => continue,
                }
            }
        }
        return Some(Candidate {
            span: Span::new(hit.start..secret.end),
            secret: Span::new(secret),
            reach: Span::new(start..end),
            rule: rule.index,
            setting: Setting::Token,
        });
    }
    None
}

/// Where the next element of a list begins, behind one in quotes.
fn next_element(text: &[u8], element: &Range<usize>) -> Option<usize> {
    let quote = *text.get(element.end).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let rest = text[element.end + 1..].strip_prefix(b",")?;
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (rest.get(blanks) == Some(&quote)).then_some(element.end + 3 + blanks)
}

fn run_end(text: &[u8], start: usize, alphabet: &ByteSet) -> usize {
    start + text[start..].iter().take_while(|&&byte| alphabet.contains(byte)).count()
}

/// The run with its padding, if it has one of the lengths, ends there, and shows the classes of its alphabet.
fn whole(text: &[u8], run: Range<usize>, service: &ServiceRule, value: &Value) -> Option<Range<usize>> {
    let padding =
        text[run.end..].iter().take(if service.is_padded { 2 } else { 0 }).take_while(|&&b| b == b'=').count();
    let secret = run.start..run.end + padding;
    let fits = value.lengths.iter().any(|&length| usize::from(length) == secret.len());
    if !fits || text.get(secret.end).is_some_and(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'=')) {
        return None;
    }
    shows_its_classes(value.alphabet, &text[run]).then_some(secret)
}

/// Whether a run has characters of every class that a random one has but once in ten thousand: a digest is no value of
/// a larger alphabet.
fn shows_its_classes(alphabet: Alphabet, run: &[u8]) -> bool {
    let has = |wanted: fn(&u8) -> bool| run.iter().any(wanted);
    match alphabet {
        Alphabet::Uuid => {
            run.len() == 36
                && run.iter().enumerate().all(|(place, &byte)| matches!(place, 8 | 13 | 18 | 23) == (byte == b'-'))
        }
        Alphabet::Hex | Alphabet::UpperHex => has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic),
        Alphabet::Lower | Alphabet::Upper => {
            (run.len() < 24 || has(u8::is_ascii_digit))
                && has(|byte| byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit())
        }
        _ if run.len() < 20 => has(u8::is_ascii_lowercase) && (has(u8::is_ascii_uppercase) || has(u8::is_ascii_digit)),
        _ => has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase),
    }
}

/// What may follow a service's word without a joint: `plextoken` is Plex's, `plexus_token` is not.
const JOINED: &[&[u8]] = &[
    b"api",
    b"key",
    b"token",
    b"secret",
    b"access",
    b"auth",
    b"client",
    b"app",
    b"pass",
    b"cred",
    b"user",
    b"account",
    b"admin",
    b"private",
    b"master",
    b"rest",
    b"webhook",
    b"sdk",
    b"cli",
    b"bot",
    b"project",
    b"server",
    b"personal",
];

/// Whether the word stands apart in its name: at its start, after a joint or as a hump, and not as the beginning of a
/// longer word.
fn stands_apart(window: &[u8], hit: Range<usize>) -> bool {
    let (first, last) = (window[hit.start], window[hit.end - 1]);
    if let Some(&before) = hit.start.checked_sub(1).and_then(|place| window.get(place))
        && before.is_ascii_alphanumeric()
        && first.is_ascii_alphabetic()
        && !((before.is_ascii_lowercase() || before.is_ascii_digit()) && first.is_ascii_uppercase())
    {
        return false;
    }
    let rest = &window[hit.end..];
    match rest.first() {
        Some(next) if next.is_ascii_alphabetic() && last.is_ascii_alphabetic() => {
            last.is_ascii_lowercase() && next.is_ascii_uppercase()
                || JOINED.iter().any(|word| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word))
        }
        _ => true,
    }
}

/// Words of names whose value is a secret.
const SECRET: &[&[u8]] =
    &[b"key", b"token", b"secret", b"pass", b"pwd", b"auth", b"cred", b"bearer", b"signature", b"encrypt"];
/// Words of names whose value is published.
const PUBLIC: &[&[u8]] =
    &[b"public", b"publish", b"site", b"anon", b"client_token", b"hash", b"digest", b"fingerprint"];
/// Names that only say that a value follows.
const NEUTRAL: &[&[u8]] = &[
    b"value",
    b"default",
    b"defaultvalue",
    b"val",
    b"v",
    b"string",
    b"str",
    b"text",
    b"char",
    b"const",
    b"data",
    b"export",
];

/// Whether the last name before the value speaks of a secret, or is what the service calls its own. The service's word does not
/// count: `auth0_domain`.
fn names_a_secret(before: &[u8], hit: Range<usize>, odd_names: &[String]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let mut end = before.len();
    for _ in 0..3 {
        let Some(last) = before[..end].iter().rposition(is_name) else { return false };
        let start = before[..last].iter().rposition(|byte| !is_name(byte)).map_or(0, |place| place + 1);
        if last < hit.start {
            return false;
        }
        let name = &before[start..=last];
        if start >= hit.end && NEUTRAL.iter().any(|word| name.eq_ignore_ascii_case(word)) {
            end = start;
            continue;
        }
        let mut own = name.to_ascii_lowercase();
        if start < hit.end
            && hit.start >= start
            && !SECRET.iter().any(|word| before[..hit.end].to_ascii_lowercase().ends_with(word))
        {
            own.drain(hit.start - start..(hit.end - start).min(own.len()));
        }
        let ends_in = |name: &String| {
            let mut plain = own.iter().rev().filter(|byte| byte.is_ascii_alphanumeric());
            name.bytes().rev().all(|byte| plain.next() == Some(&byte))
        };
        if odd_names.iter().any(ends_in) {
            return true;
        }
        let has = |words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(&own, word).is_some());
        // `huawei.obs.sk`, `srht_pat`: short for a secret key and a personal access token.
        let last = own.rsplit(|byte| matches!(byte, b'_' | b'-' | b'.')).next().unwrap_or(&own);
        let is_short = matches!(last, b"sk" | b"pat");
        return (has(SECRET) || is_short) && !has(PUBLIC) && !own.ends_with(b"id") && !own.ends_with(b"ids");
    }
    false
}

/// Whether the value is what a client of the service is made with: `new DeepgramClient("…")`, `shodan.Shodan("…")`,
/// `deepgram = createClient("…")`.
fn makes_client(before: &[u8], hit: Range<usize>) -> bool {
    const PARTS: [&[u8]; 11] =
        [b"client", b"api", b"sdk", b"create", b"new", b"init", b"make", b"connect", b"configure", b"v2", b"v3"];
    let Some(call) = before.strip_suffix(b"(\"").or_else(|| before.strip_suffix(b"('")) else { return false };
    let start = call.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    // A word may have the bracket of the call: `exa(`.
    let word = before[hit.clone()].strip_suffix(b"(").unwrap_or(&before[hit.clone()]).to_ascii_lowercase();
    let mut name = call[start..].to_ascii_lowercase();
    let length = name.len();
    for part in PARTS.iter().copied().chain([&word[..]]) {
        if let Some(at) = memchr::memmem::find(&name, part) {
            name.drain(at..at + part.len());
        }
    }
    // A call of another name belongs to the service only where its result does.
    let is_of_service = hit.end > start
        || before[hit.end..start].iter().all(|byte| b" =:.\t".contains(byte) || byte.is_ascii_alphanumeric());
    length > 0 && name.is_empty() && is_of_service
}

#[cfg(test)]
mod tests {
    use crate::matcher::Matcher;
    use crate::signature::{RuleSet, load_text};

    fn found(text: &str) -> bool {
        let row = "[[service]]\nid = \"plex\"\ntitle = \"Plex\"\nprovider = \"Plex\"\nseverity = \"high\"\nopens = \"All.\"\n\
                   words = [\"plex\"]\nname = \"PLEX_TOKEN\"\nalphabet = \"b62\"\nlength = 20\nrotate = \"-\"\n";
        let rules = RuleSet::compile(&load_text("x.toml", row).expect("parses"), true).expect("compiles");
        let mut out = Vec::new();
        Matcher::new(&rules).candidates(text.as_bytes(), 0..text.len(), &mut out);
        !out.is_empty()
    }

    #[test]
    fn the_word_the_name_and_the_value_are_all_needed() {
        let value = "k7Qm2VxW9bT4nR8zLp3D";
        for text in [
            format!("PLEX_TOKEN={value}"),
            format!("plextoken: {value}"),
            format!("myPlexToken = '{value}'"),
            format!("plex:\n  token: {value}\n"),
            format!("token_plex={value}"),
            format!("const plexToken: string = \"{value}\""),
            format!("define('PLEX_TOKEN', '{value}');"),
            format!("https://plex.example.net/library?X-Plex-Token={value}"),
            format!("- name: PLEX_TOKEN\n  value: {value}\n"),
        ] {
            assert!(found(&text), "{text}");
        }
        for text in [
            format!("PLEXUS_TOKEN={value}"),
            format!("complex_token={value}"),
            format!("PLEX_ID={value}"),
            format!("plexTokenId={value}"),
            format!("PLEX_PUBLIC_KEY={value}"),
            format!("plex {value}"),
            format!("PLEX_TOKEN={value}a"),
            format!("PLEX_TOKEN={}", &value[1..]),
            format!("plex_token = compute()\nrequest:\n  id: {value}\n"),
            format!("plex_token: \"x\", request: \"{value}\""),
            "PLEX_TOKEN=0a1b2c3d4e5f60718293".to_owned(),
        ] {
            assert!(!found(&text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_harm(before in "[ -~\n]{0,80}", after in "[ -~\n]{0,120}") {
            let _ = found(&format!("{before}plex{after}"));
        }
    }
}
