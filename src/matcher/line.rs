//! The one recogniser of lines whose words stand in a given order: command lines and directives of configurations.
//!
//! A pure function of its window. It reads words as a shell does, with quotes and continued lines, or as the elements of a list
//! of arguments in JSON, YAML or code, and holds them against the rule's forms.

mod words;

use std::ops::Range;

use crate::candidate::{Candidate, Setting, Span};
use crate::signature::form::{Part, Place};
use crate::signature::{LineRule, Rule};
use words::{Word, Words};

/// Shortest and longest secret in a line.
const LENGTHS: Range<usize> = 4..129;
/// Longest name of a user.
const USER: usize = 64;
/// Steps that holding one line against one form may take.
const STEPS: usize = 4_096;

/// Adds the candidates of a word at `hit`: the secrets of the first form that fits.
pub(super) fn candidates(
    rule: &Rule,
    line: &LineRule,
    text: &[u8],
    hit: Range<usize>,
    out: &mut impl FnMut(Candidate),
) {
    let start = hit.start.saturating_sub(rule.traits().window.before as usize);
    let end = hit.end.saturating_add(rule.traits().window.after as usize).min(text.len());
    let window = start..end;
    let words = if line.is_command {
        Words::of_command(text, window.clone(), hit.clone())
    } else {
        Words::of_line(text, window.clone(), hit.clone())
    };
    let Some(words) = words else { return };
    let word = text[hit.clone()].to_ascii_lowercase();
    let forms = line.forms.iter().filter(|form| form.keywords.iter().any(|keyword| keyword.as_bytes() == word));
    for form in forms {
        let mut search = Search { text, words: &words, is_command: line.is_command, secrets: Vec::new(), steps: STEPS };
        if !search.fits(&form.parts, 0) {
            continue;
        }
        for secret in search.secrets {
            out(Candidate {
                span: Span::new(words.start().min(hit.start)..secret.end),
                secret: Span::new(secret),
                reach: Span::new(window.clone()),
                rule: rule.index,
                setting: if line.is_command { Setting::Argument } else { Setting::Bare },
            });
        }
        return;
    }
}

/// The words of a line held against a form.
struct Search<'t> {
    text: &'t [u8],
    words: &'t Words,
    is_command: bool,
    /// The secrets of the parts that fit so far.
    secrets: Vec<Range<usize>>,
    steps: usize,
}

impl Search<'_> {
    /// Whether the words from `place` on are what the parts say.
    fn fits(&mut self, parts: &[Part], place: usize) -> bool {
        let Some(steps) = self.steps.checked_sub(1) else { return false };
        self.steps = steps;
        let Some((part, rest)) = parts.split_first() else { return true };
        let words = self.words;
        let word = words.get(place);
        match (part, word) {
            (Part::Word(choices), Some(word)) => self.is_one_of(word, choices) && self.fits(rest, place + 1),
            (Part::Optional(choices), Some(word)) if self.is_one_of(word, choices) => {
                self.fits(rest, place + 1) || self.fits(rest, place)
            }
            (Part::Optional(_), _) => self.fits(rest, place),
            // `username and password …`: a sentence.
            (Part::Any, Some(word)) => {
                !matches!(&self.text[word.content.clone()], b"and" | b"or" | b"is" | b"are")
                    && self.fits(rest, place + 1)
            }
            (Part::Many, _) => (place..=self.words.len()).any(|next| self.fits(rest, next)),
            (Part::Value(value), Some(word)) => {
                let all = if value.is_rest { words.rest(place) } else { None };
                let next = if value.is_rest { words.len() } else { place + 1 };
                let Some(secret) = self.secret(all.as_ref().unwrap_or(word), value) else { return false };
                self.secrets.push(secret);
                let fits = self.fits(rest, next);
                if !fits {
                    self.secrets.pop();
                }
                fits
            }
            (Part::End, None) => self.words.is_whole() && self.fits(rest, place),
            (Part::End, Some(word)) => self.is_comment(word),
            _ => false,
        }
    }

    fn is_comment(&self, word: &Word) -> bool {
        let word = &self.text[word.whole.clone()];
        word.starts_with(b"#") || word.starts_with(b"//") || word.starts_with(b"!")
    }

    fn is_one_of(&self, word: &Word, choices: &[Box<str>]) -> bool {
        let word = &self.text[word.content.clone()];
        choices.iter().any(|choice| {
            let (choice, word) = match choice.as_bytes() {
                [begins @ .., b'*'] if !begins.is_empty() => (begins, &word[..word.len().min(begins.len())]),
                choice => (choice, word),
            };
            if choice.starts_with(b"-") { word == choice } else { word.eq_ignore_ascii_case(choice) }
        })
    }

    /// The secret in a word.
    fn secret(&self, word: &Word, place: &Place) -> Option<Range<usize>> {
        let before = place.before.as_bytes();
        let mut secret = word.content.clone();
        let mut is_quoted = word.is_quoted;
        if !before.is_empty() {
            let begins = self.text[secret.clone()].get(..before.len())?;
            let same = if before.starts_with(b"-") { begins == before } else { begins.eq_ignore_ascii_case(before) };
            if !same {
                return None;
            }
            secret.start += before.len();
        }
        if let Some(separator) = place.user {
            let user = self.text[secret.clone()].iter().take(USER + 1).position(|&byte| byte == separator)?;
            let is_user = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.@+\\/-*=,".contains(byte);
            let name = &self.text[secret.start..secret.start + user];
            let name = name.strip_prefix(b"\"").or_else(|| name.strip_prefix(b"'")).unwrap_or(name);
            // The user may be a variable: `lftp -u $USER,…`.
            let braced = name.strip_prefix(b"${").and_then(|name| name.strip_suffix(b"}"));
            let name = braced.or_else(|| name.strip_prefix(b"$")).unwrap_or(name);
            if !name.first().is_some_and(|byte| is_user(byte) && !matches!(byte, b'.' | b'@' | b'-'))
                || !name.iter().all(is_user)
            {
                return None;
            }
            secret.start += user + 1;
        }
        if let Some(until) = place.until {
            let value = &self.text[secret.clone()];
            let quoted = [&b"\""[..], b"\\\""].into_iter().find_map(|quote| {
                let close = memchr::memmem::find(value.strip_prefix(quote)?, quote)?;
                Some(close + 2 * quote.len())
            });
            let quoted = quoted.unwrap_or(0);
            secret.end = secret.start + quoted + memchr::memchr(until, value.get(quoted..)?)?;
        }
        let inner = words::unquoted(self.text, secret.clone());
        is_quoted |= inner != secret;
        secret = inner;
        self.is_value(secret.clone(), is_quoted).then_some(secret)
    }

    /// Whether it can be a literal secret: no option, variable, path or number of a port.
    fn is_value(&self, secret: Range<usize>, is_quoted: bool) -> bool {
        let value = &self.text[secret];
        let Some(&first) = value.first().filter(|_| LENGTHS.contains(&value.len())) else { return false };
        let is_variable = value
            .windows(2)
            .any(|pair| pair[0] == b'$' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'_' | b'{' | b'(')));
        let is_hash = first == b'$' && value[1..].contains(&b'$');
        let is_marker = matches!(first, b'<' | b'[' | b'{' | b'(' | b'*') && !is_quoted || first == b'<';
        // `\\host\share`: what a drive is mapped to.
        let is_share = value.starts_with(b"\\\\");
        // `--lock`, `%prompt`, `&&pw`: what says that there is none, or stands for it.
        let is_word = !is_quoted && (value.starts_with(b"--") || matches!(first, b'%' | b'&'));
        if is_word
            || self.is_command && (is_share || is_batch_variable(value))
            || value.contains(&b'\n')
            || is_variable && (self.is_command || first == b'$')
            || is_marker
            || is_hash
        {
            return false;
        }
        if !self.is_command || is_quoted && first != b'/' {
            return true;
        }
        let is_port = value.len() <= 5 && value.iter().all(|byte| byte.is_ascii_digit() || *byte == b':');
        let is_broken = !is_quoted && value.iter().any(|byte| matches!(byte, b'"' | b'\''));
        !matches!(first, b'-' | b'/' | b':' | b',' | b'@') && !is_port && !is_broken
    }
}

/// `%PW%`, `!PW!`: what a batch file fills in, also in quotes.
fn is_batch_variable(value: &[u8]) -> bool {
    match value {
        [b'%', name @ .., b'%'] => name.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)),
        [b'!', name @ .., b'!'] => name.iter().all(|&byte| byte.is_ascii_uppercase() || byte == b'_'),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
