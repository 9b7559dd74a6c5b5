//! The score of any candidate: of one that a pattern matched by its shape, of one that a name gave away by
//! [`super::generic`].

use super::assigned::Assigned;
use super::proof::{self, Outcome};
use super::words::VOCABULARY;
use super::{Confidence, MIXED, REFUTED, Verdict, Why, checks, column, entropy, generic, identifier, published};
use crate::candidate::{Candidate, Setting};
use crate::signature::{Matcher, Proof, Recogniser, Rule};

/// Words of passwords that are made up for a test or a page.
const SAMPLES: [&[u8]; 10] =
    [b"pass", b"pwd", b"secret", b"word", b"test", b"demo", b"example", b"sample", b"fake", b"foo"];
/// Points of a candidate whose shape is a provider's.
const SHAPE: i32 = 65;
/// Points of a value that a word nearby gives its meaning.
const CONTEXT: i32 = 62;
/// Points of what is all that a file of its path holds.
const FILE: i32 = 62;
/// Points of what stands at the secret's place in a line of a known form.
const LINE: i32 = 65;
/// What such a value has more when it is no word, and a password at its place in a URL or a command: a page of documentation or a
/// test alone does not take it from the report.
const MIXED_POINTS: i32 = 8;
/// What a passed structural check adds.
const PROOF: i32 = 35;
/// The longest secret that is judged as one opaque run, in bytes; longer ones have a structure.
const MAX_TOKEN: usize = 256;
/// Points of a candidate whose structural check failed.
const FAILED: i32 = 20;

/// Judges a candidate of `rule` in `text`. Reads nothing beyond the candidate's reach and one byte on each side.
pub fn judge(rule: &Rule, text: &[u8], candidate: &Candidate) -> Verdict {
    let secret = &text[candidate.secret.range()];
    if let Matcher::Assignment = rule.matcher {
        let assigned = Assigned::of(text, candidate);
        return if rule.signature.identifier { identifier::judge(&assigned) } else { generic::judge(&assigned) };
    }
    if let Matcher::Column = rule.matcher {
        return column::judge(text, candidate);
    }
    let body = &secret[common_prefix(secret, &rule.traits().public_prefix)..];
    let entropy = entropy::shannon(secret);
    // Key files have runs of zeros: OpenSSH's begins with lengths of four bytes.
    // A shape that demands much entropy may have a run of its own: Dropbox's old tokens have ten `A`.
    let varied = rule.signature.entropy >= 4.0 && entropy >= rule.signature.entropy;
    if let Some(what) = checks::monotonous(body).filter(|_| secret.len() <= MAX_TOKEN && !varied) {
        return Verdict::dropped("placeholder", what, secret);
    }
    // Words in a body of 24 and more random characters come by chance less than once in ten thousand.
    let is_placeholder = || is_documentation(body) || rule.is_of_any_provider() && checks::placeholder(body).is_some();
    if is_token(candidate, secret) && is_placeholder() {
        return Verdict::dropped("placeholder", "has a word that placeholders have", secret);
    }
    // Jasypt's mark, in properties of Spring.
    let is_marked = || text[..candidate.secret.start as usize].ends_with(b"ENC(");
    if is_marked() || !rule.is_of_shape() && checks::ciphertext(secret) {
        return Verdict::dropped("reference", "ciphertext", secret);
    }
    if rule.signature.proof.is_none() && is_token(candidate, secret) && is_in_data(text, candidate) {
        return Verdict::dropped("embedded", "a part of longer data in base64", secret);
    }
    if let Some(what) = published::name(secret).filter(|_| secret.len() <= MAX_TOKEN) {
        return Verdict::dropped("published", what, secret);
    }
    // A bar that no hexadecimal digits pass is there to tell them from the secret.
    let reached = if rule.signature.entropy < 4.0 { entropy::reached(secret) } else { f32::INFINITY };
    if entropy < rule.signature.entropy.min(reached) {
        return Verdict::dropped("entropy", "less entropy than such a secret has", secret);
    }
    let provider = &rule.signature.provider;
    let (name, points, why) = match rule.matcher {
        Matcher::Context(_) | Matcher::Service(_) => ("context", CONTEXT, format!("stands by a word of {provider}")),
        Matcher::Line(_) => ("line", LINE, "stands where this line has its secret".to_owned()),
        Matcher::File => ("file", FILE, "stands where files of this name have their secret".to_owned()),
        Matcher::Pattern if !rule.is_of_shape() => ("shape", SHAPE, "stands where such a secret stands".to_owned()),
        // The name of a group of rules names no provider.
        _ if provider == "Private keys" || provider == "Generic" => ("shape", SHAPE, "has the shape of one".to_owned()),
        _ => ("shape", SHAPE, format!("has the shape of {provider}")),
    };
    let mut verdict = Verdict {
        confidence: Some(Confidence::Likely),
        points,
        reasons: vec![Why { name, points, text: why.into() }],
        details: Vec::new(),
        entropy,
        severity: None,
    };
    let is_password = rule.signature.proof == Some(Proof::Password);
    let is_file = rule.signature.recogniser == Recogniser::File && rule.traits().group == 0;
    if is_password && is_file && is_name(secret) {
        return Verdict::dropped("name", "is a word, a path, a file's name or a version", secret);
    }
    if rule.signature.recogniser == Recogniser::Lines
        && let Some(what) = checks::hashed(secret)
    {
        return Verdict::dropped("hash", what, secret);
    }
    let is_commented = is_password && text[candidate.span.range()].trim_ascii_start().starts_with(b"#");
    if is_commented && checks::describes(secret) {
        return Verdict::dropped("placeholder", "says what belongs there", secret);
    }
    if (name == "line" || is_commented) && is_word(secret) {
        let why = Why { name: "words", points: -30, text: "a word that texts about it are full of".into() };
        verdict.lower(Some(Confidence::Possible), why);
    } else if name == "line" && is_mixed(secret) || name == "shape" && is_password && is_varied(secret) {
        verdict.points += MIXED_POINTS;
        let text = "letters with digits or punctuation".to_owned();
        verdict.reasons.push(Why { name: MIXED, points: MIXED_POINTS, text: text.into() });
    }
    // Bytes are no words.
    let is_bytes = rule.signature.recogniser == Recogniser::Bytes;
    if !matches!(name, "shape" | "line") && !is_password && !is_bytes {
        by_context(&mut verdict, secret, body);
    } else if !is_password
        && is_token(candidate, secret)
        && body.len() >= 16
        && entropy::wordiness_of_token(body) > 0.65
    {
        verdict.lower(Some(Confidence::Possible), Why { name: "words", points: -30, text: "reads like words".into() });
    }
    // What a header or a setting has may be one, too: a sample, or expired.
    if rule.signature.proof.is_none() && secret.starts_with(b"eyJ") && memchr::memchr_iter(b'.', secret).count() == 2 {
        prove(&mut verdict, proof::check(Proof::Jwt, secret, secret));
    }
    if let Some(check) = rule.signature.proof {
        let around = &text[candidate.reach.range()];
        // In a line of a configuration or of a list no code can stand.
        let is_line = matches!(rule.matcher, Matcher::Line(_) | Matcher::File) && candidate.setting == Setting::Bare;
        let outcome =
            if is_password && is_line { proof::literal(secret, around) } else { proof::check(check, secret, around) };
        prove(&mut verdict, outcome);
    }
    let has_failed = verdict.confidence.is_some() && verdict.is_refuted();
    if has_failed && is_within_word(rule, text, candidate) {
        return Verdict::dropped("embedded", "a part of a longer word, and not what its checksum would prove", secret);
    }
    verdict
}

/// Whether a token stands within a word, as binary content may have it: a name of a program that has the same letters.
fn is_within_word(rule: &Rule, text: &[u8], candidate: &Candidate) -> bool {
    let token = candidate.span.range();
    let traits = rule.traits();
    let before = &text[token.start.saturating_sub(2)..token.start];
    // What ends an escape is no word.
    let begins = before.last().is_none_or(|&byte| !traits.left.contains(byte)) || before.starts_with(b"\\");
    !begins || text.get(token.end).is_some_and(|&byte| traits.right.contains(byte))
}

/// Whether it is one of the words that programs and texts about them are full of.
fn is_word(secret: &[u8]) -> bool {
    std::str::from_utf8(secret).is_ok_and(|word| VOCABULARY.contains(word.to_ascii_lowercase().as_str()))
}

/// Whether a value is letters with digits or punctuation, as passwords are and words are not.
fn is_mixed(secret: &[u8]) -> bool {
    let digits = secret.iter().filter(|byte| byte.is_ascii_digit()).count();
    let marks = secret.iter().filter(|byte| byte.is_ascii_punctuation() && **byte != b'-' && **byte != b'_').count();
    secret.iter().any(u8::is_ascii_alphabetic) && digits + marks > 0
}

/// Whether a password is of three classes of bytes and more, digits among them, and has no word that samples have: `S3cretP@ss1`.
fn is_varied(secret: &[u8]) -> bool {
    let secret: Vec<u8> = percent_encoding::percent_decode(secret).collect();
    let has = |class: fn(&u8) -> bool| secret.iter().any(class);
    let classes = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_punctuation];
    let letter = |byte: &u8| match byte {
        b'@' | b'4' => b'a',
        b'0' => b'o',
        b'1' | b'!' => b'i',
        b'3' => b'e',
        b'5' | b'$' => b's',
        byte => byte.to_ascii_lowercase(),
    };
    let letters: Vec<u8> = secret.iter().map(letter).collect();
    secret.len() >= 9
        && has(u8::is_ascii_digit)
        && classes.into_iter().filter(|class| has(*class)).count() >= 2
        && checks::hashed(&secret).is_none()
        && !SAMPLES.iter().any(|word| memchr::memmem::find(&letters, word).is_some())
}

/// Whether the one line of a file is what such files mostly have: the target of a link, a pattern of paths, a version, a word.
fn is_name(line: &[u8]) -> bool {
    let is_version = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_version = is_version > 0 && line[is_version..].starts_with(b".");
    let (stem, ending) = line.iter().rposition(|byte| *byte == b'.').map_or((line, &b""[..]), |dot| line.split_at(dot));
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.');
    let has_ending = (2..=5).contains(&ending.len()) && stem.iter().chain(ending).all(is_plain);
    let is_word = line.iter().all(u8::is_ascii_lowercase) || line.iter().all(u8::is_ascii_uppercase);
    line.contains(&b'/')
        || matches!(line.first(), Some(b'*' | b'!'))
        || memchr::memmem::find(line, b"==").is_some()
        || is_version
        || has_ending
        || is_word && (line.len() < 8 || entropy::wordiness(line) > 0.5)
}

fn prove(verdict: &mut Verdict, outcome: Outcome) {
    match outcome {
        Outcome::Passed { details, severity } => {
            verdict.points += PROOF;
            verdict.reasons.push(Why {
                name: "proof",
                points: PROOF,
                text: "its structure or checksum is right".into(),
            });
            verdict.confidence = Some(Confidence::Proven);
            verdict.details = details;
            verdict.severity = severity;
        }
        Outcome::Plausible { details, severity } => {
            verdict.details = details;
            verdict.severity = severity;
        }
        Outcome::Failed { why } => {
            let points = FAILED - verdict.points;
            verdict.lower(Some(Confidence::Possible), Why { name: REFUTED, points, text: why.into() });
        }
        Outcome::Drop { why } => {
            verdict.reasons.push(Why { name: "known", points: 0, text: why.into() });
            verdict.confidence = None;
        }
    }
}

/// A value whose shape says little is held against what else has that shape; `body` is it without a fixed beginning.
fn by_context(verdict: &mut Verdict, secret: &[u8], body: &[u8]) {
    let drop = |verdict: &mut Verdict, name: &'static str, text: &'static str| {
        verdict.reasons.push(Why { name, points: 0, text: text.into() });
        verdict.confidence = None;
    };
    if let Some(what) = checks::placeholder(secret).or_else(|| checks::reference(secret)) {
        return drop(verdict, "placeholder", what);
    }
    if let Some(what) = checks::embedded(secret) {
        return drop(verdict, "embedded", what);
    }
    if !checks::is_uuid(secret) {
        if let Some(what) = checks::identifier(secret) {
            return drop(verdict, "identifier", what);
        }
        let words = entropy::wordiness_of_token(secret);
        if words > 0.5 {
            return drop(verdict, "words", "reads like words");
        }
        // `-`, `:` and the like between runs of hexadecimal digits make no larger alphabet.
        let characters: Vec<u8> = body.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
        if words > 0.3 || entropy::relative(&characters) < 0.7 {
            verdict.lower(Some(Confidence::Possible), Why { name: "words", points: -25, text: "hardly random".into() });
        }
    }
}

/// Whether the secret is one opaque run, as tokens are and key files and URLs are not.
fn is_token(candidate: &Candidate, secret: &[u8]) -> bool {
    candidate.setting == Setting::Token
        && secret.len() <= MAX_TOKEN
        && secret.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'{' | b'}' | b'"' | b'<' | b'>'))
}

/// Bytes beside a secret that show whether it was cut out of longer data.
const BESIDE: usize = 8;

/// Whether base64 goes on before or behind the secret, joined to it by `+` or `/`: any short shape comes about in an image.
fn is_in_data(text: &[u8], candidate: &Candidate) -> bool {
    let (secret, reach) = (candidate.secret.range(), candidate.reach.range());
    let before = &text[reach.start.max(secret.start.saturating_sub(BESIDE)).min(secret.start)..secret.start];
    let after = &text[secret.end..(secret.end + BESIDE).min(reach.end).max(secret.end)];
    let joint = |byte: Option<&u8>| matches!(byte, Some(b'+' | b'/'));
    let is_data = |side: &[u8]| {
        let has = |wanted: fn(&u8) -> bool| side.iter().any(wanted);
        side.len() == BESIDE
            && side.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && (has(u8::is_ascii_digit) || has(|byte| *byte == b'+'))
    };
    joint(before.last()) && is_data(before) || joint(after.first()) && is_data(after)
}

/// Words that only documentation puts into tokens, each of at least seven letters so that chance does not.
fn is_documentation(body: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "placeholder",
        "redacted",
        "changeme",
        "notreal",
        "xxxxxx",
        "yourtoken",
        "your-",
        "your_",
        "dummytoken",
        "......",
    ];
    let lower = body.to_ascii_lowercase();
    WORDS.iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

fn common_prefix(secret: &[u8], prefix: &[u8]) -> usize {
    secret.iter().zip(prefix).take_while(|(a, b)| a == b).count()
}
