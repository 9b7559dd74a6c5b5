//! Examples as templates with a seed, so that no live-looking token is ever in a repository.
//!
//! A template is text with elements in braces; the same seed gives the same text. `{{` and `}}` are literal braces
//! (inside an element's argument they must come in pairs), `⟦` and `⟧` stand around the secret and are removed.
//!
//! | element | becomes |
//! | --- | --- |
//! | `{b62:36}`, `{hex:20-40}` | a *run*: so many random characters. Alphabets: `dig hex HEX an AN b62 b64 b64u b32 b32l alpha lower upper crock` (Crockford's base 32). No character stands three times in a row; runs of 12 and more over mixed alphabets have lower case, upper case and digits |
//! | `{uuid}` | a run: a UUID of version 4 |
//! | `{word}`, `{pass}` | a run: a lower-case word; a strong password as people make them, without quotes and without `\ @ : / # % $ < > { }` |
//! | `{rep:x:36}` | one character, repeated |
//! | `{raw:2a8648}` | these bytes, in hexadecimal digits |
//! | `{crc32b62}`, `{crc32b62:ghp_$1}` | checksum of the last run, or of a text in which `$1` to `$9` are the first nine runs |
//! | `{crc32hex}` `{crc32HEX}` `{crc32hexle}` `{crc32b36}` `{crc32b64le}` | the same in 8 digits (lower case, upper case, of little-endian bytes), 7 digits, 6 characters |
//! | `{sha256b64u8:$1}` | the first 8 characters of SHA-256 in URL-safe base64 |
//! | `{base64:T}`, `{base64url:T}` | the template `T`, encoded; standard with padding, URL-safe without |
//! | `{json:T}` | the template `T` with JSON's escapes: newlines become `\n` |
//! | `{pem:rsa}` `{pem:pkcs8}` `{pem:ec}` `{pem:dsa}` `{pem:openssh}` `{pem:encrypted}` `{pem:pgp}` `{pem:putty}` | a private key of random numbers that parses, with real line breaks and none at the end |
//! | `{pem:ec-pkcs8}` `{pem:ed25519}` | the same of other kinds, in PKCS #8 |
//! | `{der:rsa}` `{der:pkcs8}` `{der:ec}` `{der:dsa}` | the base64 of such a key alone, in one line |
//! | `{binary:rsa}` `{binary:encrypted}` | such a key alone, as bytes |
//! | `{jwt:{{"sub":"{an:12}"}}}` | a JWT with these claims, header `HS256` |
//! | `{aws-id:AKIA}` `{azure-his1:+ASt:Default0:64}` `{azure-his2:AZDO}` `{azdo-pat}` `{entra-secret}` `{nuget-v5}` | cloud keys whose checks hold; 64 is the number of bytes |
//! | `{gitlab-routable:glpat-}` `{atlassian:ATATT3xFfGF0:160}` `{pypi:pypi}` `{pypi:testpypi}` `{crates-tp}` `{nuget-v4}` | hosts and registries |
//! | `{matrix:mat}` `{nkey:U}` `{bech32:nsec:32}` `{base58check:0488ade4:74}` | formats with a checksum: what stands after the colon is a prefix, a kind, a number of bytes |
//! | `{bip39:12}` | a mnemonic of so many words |
//! | `{fly:fm2_}` `{onepassword-sa}` `{sentry-org}` `{discord}` `{mapbox:sk}` `{conjur-key}` `{age-key}` `{stellar-seed}` `{wif}` `{wireguard}` | others, whole |

mod keys;
mod random;
mod tokens;

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::checksum;
use random::Random;

/// Deepest nesting of elements.
const MAX_DEPTH: usize = 8;
/// Longest run, in characters.
const MAX_RUN: usize = 1 << 16;
/// Longest expanded text, in bytes.
const MAX_TEXT: usize = 4 << 20;

/// An expanded template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: Vec<u8>,
    /// Where the secret must be found, if the template marks it with `⟦` and `⟧`.
    pub secret: Option<Range<usize>>,
}

/// Expands a template; the same seed gives the same text.
///
/// # Errors
/// What is wrong with the template.
pub fn expand(template: &str, seed: u64) -> Result<Expanded, String> {
    let mut expansion = Expansion { random: Random::new(seed), runs: Vec::new() };
    let mut text = Vec::new();
    let mut marks = Marks::default();
    expansion.write(template, 0, &mut text, &mut marks)?;
    let secret = match (marks.open, marks.close) {
        (Some(start), Some(end)) if start < end => Some(start..end),
        (None, None) => None,
        _ => return Err("`⟦` and `⟧` must stand once each, around the secret".to_owned()),
    };
    Ok(Expanded { text, secret })
}

/// Where the secret's marks stood, as offsets in the expanded text.
#[derive(Default)]
struct Marks {
    open: Option<usize>,
    close: Option<usize>,
}

struct Expansion {
    random: Random,
    runs: Vec<String>,
}

impl Expansion {
    fn write(&mut self, template: &str, depth: usize, out: &mut Vec<u8>, marks: &mut Marks) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("elements are nested more than {MAX_DEPTH} deep"));
        }
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}', '⟦', '⟧']) {
            out.extend_from_slice(&rest.as_bytes()[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{{") {
                out.push(b'{');
                rest = after;
            } else if let Some(after) = rest.strip_prefix("}}") {
                out.push(b'}');
                rest = after;
            } else if let Some(after) = rest.strip_prefix('⟦') {
                set_mark(&mut marks.open, out.len(), depth)?;
                rest = after;
            } else if let Some(after) = rest.strip_prefix('⟧') {
                set_mark(&mut marks.close, out.len(), depth)?;
                rest = after;
            } else if rest.starts_with('{') {
                let end = element_end(rest)?;
                self.element(&rest[1..end], depth, out)?;
                rest = &rest[end + 1..];
            } else {
                return Err("a `}` without its `{`; a literal brace is written `}}`".to_owned());
            }
            if out.len() > MAX_TEXT {
                return Err(format!("the text is longer than {MAX_TEXT} bytes"));
            }
        }
        out.extend_from_slice(rest.as_bytes());
        Ok(())
    }

    fn element(&mut self, element: &str, depth: usize, out: &mut Vec<u8>) -> Result<(), String> {
        let (name, argument) = element.split_once(':').unwrap_or((element, ""));
        if let Some(alphabet) = random::alphabet(name) {
            let length = self.length(argument).map_err(|cause| format!("`{{{element}}}`: {cause}"))?;
            let run = self.random.run(alphabet, length);
            out.extend_from_slice(run.as_bytes());
            self.runs.push(run);
            return Ok(());
        }
        if let Some(checksum) = checksum_by_name(name) {
            let covered = self.covered(argument).map_err(|cause| format!("`{{{element}}}`: {cause}"))?;
            out.extend_from_slice(checksum(covered.as_bytes()).as_bytes());
            return Ok(());
        }
        match name {
            "uuid" | "word" | "pass" => {
                let run = match name {
                    "uuid" => self.random.uuid(),
                    "word" => self.random.word().to_owned(),
                    _ => self.random.password(),
                };
                out.extend_from_slice(run.as_bytes());
                self.runs.push(run);
            }
            "rep" => {
                let (unit, count) = argument.rsplit_once(':').ok_or("`{rep}` is written `{rep:x:36}`")?;
                let count = self.length(count)?;
                if unit.is_empty() || unit.len() > 16 {
                    return Err("`{rep}` repeats one character".to_owned());
                }
                out.extend(unit.bytes().cycle().take(unit.len() * count));
            }
            "raw" => {
                let digits = argument.as_bytes().chunks(2);
                for pair in digits {
                    let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2);
                    let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
                    out.push(byte.ok_or("`{raw}` has hexadecimal digits, two a byte")?);
                }
            }
            "base64" | "base64url" | "json" | "jwt" => {
                let mut inner = Vec::new();
                let mut marks = Marks::default();
                self.write(argument, depth + 1, &mut inner, &mut marks)?;
                let text = match name {
                    "base64" => STANDARD.encode(inner),
                    "base64url" => URL_SAFE_NO_PAD.encode(inner),
                    "json" => json_escaped(&inner)?,
                    _ => tokens::jwt(&mut self.random, &inner),
                };
                out.extend_from_slice(text.as_bytes());
            }
            "pem" => out.extend_from_slice(keys::armoured(&mut self.random, argument)?.as_bytes()),
            "der" | "binary" => {
                let armoured = keys::armoured(&mut self.random, argument)?;
                let body: String = armoured.lines().filter(|line| !line.starts_with('-')).collect();
                match name {
                    "der" => out.extend_from_slice(body.as_bytes()),
                    _ => out.extend(STANDARD.decode(body).map_err(|_| "`{binary}` takes a key in DER".to_owned())?),
                }
            }
            _ => out.extend_from_slice(tokens::token(&mut self.random, name, argument)?.as_bytes()),
        }
        Ok(())
    }

    fn length(&mut self, text: &str) -> Result<usize, String> {
        let number = |text: &str| {
            text.parse::<usize>()
                .ok()
                .filter(|length| (1..=MAX_RUN).contains(length))
                .ok_or_else(|| format!("`{text}` is no length from 1 to {MAX_RUN}"))
        };
        match text.split_once('-') {
            None => number(text),
            Some((least, most)) => {
                let (least, most) = (number(least)?, number(most)?);
                if least > most {
                    return Err(format!("`{least}-{most}` is an empty range"));
                }
                Ok(self.random.within(least, most))
            }
        }
    }

    /// The text that a checksum covers.
    fn covered(&self, argument: &str) -> Result<String, String> {
        if argument.is_empty() {
            return self.runs.last().cloned().ok_or_else(|| "no run stands before the checksum".to_owned());
        }
        let mut text = String::new();
        let mut characters = argument.chars().peekable();
        while let Some(character) = characters.next() {
            let digit = characters.peek().filter(|_| character == '$').and_then(|next| next.to_digit(10));
            match digit {
                Some(digit) => {
                    characters.next();
                    let run = (digit as usize).checked_sub(1).and_then(|index| self.runs.get(index));
                    text.push_str(run.ok_or_else(|| format!("there is no run ${digit}"))?);
                }
                None => text.push(character),
            }
        }
        Ok(text)
    }
}

fn set_mark(mark: &mut Option<usize>, at: usize, depth: usize) -> Result<(), String> {
    if depth > 0 || mark.replace(at).is_some() {
        return Err("`⟦` and `⟧` must stand once each, outside of elements".to_owned());
    }
    Ok(())
}

/// The `}` that ends the element which begins `text`. Literal braces in its argument come in pairs, so that `{a:{b:1}}`
/// ends two elements and `{a:{{"x":1}}}` one.
fn element_end(text: &str) -> Result<usize, String> {
    let bytes = text.as_bytes();
    let mut literal: Vec<bool> = vec![false];
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        let doubled = bytes.get(at + 1) == Some(&byte);
        match (byte, literal.last()) {
            (b'{', _) => {
                literal.push(doubled);
                at += usize::from(doubled);
            }
            (b'}', Some(true)) if !doubled => break,
            (b'}', Some(&pair)) => {
                literal.pop();
                at += usize::from(pair);
                if literal.is_empty() {
                    return Ok(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    let shown: String = text.chars().take(24).collect();
    Err(format!("`{shown}` has no end; a literal brace is written `{{{{`, and in an argument paired with `}}}}`"))
}

fn json_escaped(text: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(text).map_err(|_| "`{json}` takes text".to_owned())?;
    let quoted = serde_json::to_string(text).map_err(|cause| cause.to_string())?;
    Ok(quoted[1..quoted.len() - 1].to_owned())
}

fn checksum_by_name(name: &str) -> Option<fn(&[u8]) -> String> {
    Some(match name {
        "crc32b62" => checksum::crc32_base62,
        "crc32b36" => checksum::crc32_base36,
        "crc32hex" => checksum::crc32_hex,
        "crc32HEX" => |bytes| checksum::crc32_hex(bytes).to_uppercase(),
        "crc32hexle" => checksum::crc32_hex_little_endian,
        "crc32b64le" => checksum::crc32_base64_little_endian,
        "sha256b64u8" => checksum::sha256_base64url_8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(template: &str, seed: u64) -> String {
        String::from_utf8(expand(template, seed).expect(template).text).expect("text")
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(text("{b62:40}", 7), text("{b62:40}", 7));
        assert_ne!(text("{b62:40}", 7), text("{b62:40}", 8));
    }

    #[test]
    fn the_secret_is_where_it_was_marked() {
        let expanded = expand("TOKEN=⟦ab_{dig:6}⟧;", 1).expect("template");
        let secret = expanded.secret.expect("marked");
        assert_eq!(secret, 6..15);
        assert!(expanded.text[secret].starts_with(b"ab_"));
        assert_eq!(expand("no mark", 1).expect("template").secret, None);
    }

    #[test]
    fn braces() {
        assert_eq!(text("{{}}", 1), "{}");
        assert_eq!(text(r#"{{"a":{{"b":"{rep:x:3}"}}}}"#, 1), r#"{"a":{"b":"xxx"}}"#);
        assert_eq!(text("{base64:{rep:a:3}}", 1), "YWFh");
        assert_eq!(text(r#"{base64url:{{"a":"{rep:x:1}"}}}|"#, 1), "eyJhIjoieCJ9|");
        assert_eq!(text("{{{{ .Values.x }}}}", 1), "{{ .Values.x }}");
        assert_eq!(text("{json:a\"\nb}", 1), "a\\\"\\nb");
    }

    #[test]
    fn checksums_cover_the_last_run_or_what_is_named() {
        let token = text("{b62:30}{crc32b62}", 3);
        assert_eq!(checksum::crc32_base62(&token.as_bytes()[..30]), token[30..]);
        let token = text("glsa_{b62:32}_{crc32hexle:glsa_$1}", 3);
        assert_eq!(checksum::crc32_hex_little_endian(&token.as_bytes()[..37]), token[38..]);
        let token = text("{dig:3}-{dig:4}-{crc32HEX:$2$1}", 3);
        let swapped = format!("{}{}", &token[4..8], &token[..3]);
        assert_eq!(checksum::crc32_hex(swapped.as_bytes()).to_uppercase(), token[9..]);
    }

    #[test]
    fn faults_are_told() {
        for template in [
            "{b62}",
            "{b62:0}",
            "{b62:9-3}",
            "{b62:99999999}",
            "{nothing}",
            "{b62:3",
            "}",
            "⟦x",
            "x⟧",
            "⟦⟧",
            "{crc32b62}",
            "{crc32b62:$3}",
            "{base64:⟦x⟧}",
            "{rep:x}",
            "{pem:tin}",
            "{aws-id:A}",
            "{azure-his1:+ASt}",
            "{pypi:x}",
        ] {
            assert!(expand(template, 1).is_err(), "{template}");
        }
        let deep = format!("{}x{}", "{base64:".repeat(40), "}".repeat(40));
        assert!(expand(&deep, 1).expect_err("too deep").contains("nested"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_expanded_or_refused(template in "[{}⟦⟧a-z0-9:$\"-]{0,40}", seed: u64) {
            let _ = expand(&template, seed);
        }
    }
}
