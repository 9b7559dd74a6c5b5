//! What a file is as a whole: one line that is the secret, lines that each hold one, or bytes of a known form. There is no word to
//! begin with.

use std::ops::Range;

use super::Matcher;
use crate::candidate::{Candidate, Setting, Span};
use crate::signature::{Recogniser, Rule};

/// Bytes of a file that can be a secret as a whole.
const LONGEST_FILE: usize = 4_096;
/// Bytes of a file whose lines each hold a secret.
const LONGEST_LIST: usize = 16_384;

impl Matcher<'_> {
    /// Adds what a text is by the patterns of whole files and of their lines.
    pub fn file(&self, text: &[u8], is_binary: bool, out: &mut impl FnMut(Candidate)) {
        if text.is_empty() || text.len() > LONGEST_LIST {
            return;
        }
        for rule in self.files().filter(|rule| rule.signature.recogniser == Recogniser::Bytes) {
            if let Some(Some(secret)) = secret(rule, text) {
                out(candidate(rule, 0..text.len(), secret, text));
            }
        }
        if is_binary {
            return;
        }
        let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let content = text[blanks..].trim_ascii_end();
        if content.is_empty() {
            return;
        }
        let is_file = content.len() <= LONGEST_FILE
            && memchr::memchr_iter(b'\n', content).take(2).count() < 2
            && !is_assignment(content);
        for rule in self.files() {
            match rule.signature.recogniser {
                Recogniser::Lines => lines(rule, text, out),
                Recogniser::File if is_file => {
                    if let Some(Some(secret)) = secret(rule, content) {
                        let secret = blanks + secret.start..blanks + secret.end;
                        out(candidate(rule, blanks..blanks + content.len(), secret, text));
                    }
                }
                _ => {}
            }
        }
    }

    fn files(&self) -> impl Iterator<Item = &Rule> {
        self.files.iter().map(|&index| &self.rules.rules[usize::from(index)])
    }
}

/// What a file is as a whole.
fn candidate(rule: &Rule, span: Range<usize>, secret: Range<usize>, text: &[u8]) -> Candidate {
    let (span, secret, reach) = (Span::new(span), Span::new(secret), Span::new(0..text.len()));
    Candidate { span, secret, reach, rule: rule.index, setting: Setting::Token }
}

/// `TOKEN=…` is a file of another kind; `=` at the end is base64's.
fn is_assignment(content: &[u8]) -> bool {
    let name = content.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    content[name..].starts_with(b"=") && content[name..].iter().any(|byte| *byte != b'=')
}

/// Where the secret stands in what is all that the pattern says; `Some(None)` where that has none.
fn secret(rule: &Rule, content: &[u8]) -> Option<Option<Range<usize>>> {
    // Every file comes here, and nearly none is one: a few comparisons say so sooner than a pattern, which is compiled when first
    // asked for.
    let (least, most) = rule.traits().lengths;
    let has_length = content.len() >= least && most.is_none_or(|most| content.len() <= most);
    if !has_length || !rule.traits().glance.fits(content) {
        return None;
    }
    let regex = rule.regex();
    if !regex.is_match(content) {
        return None;
    }
    let mut captures = regex.create_captures();
    regex.captures(content, &mut captures);
    Some(captures.get_group(rule.traits().group).map(|group| group.range()))
}

/// The secrets of a file each line of which is what the pattern says: one other line, and it is another file.
fn lines(rule: &Rule, text: &[u8], out: &mut impl FnMut(Candidate)) {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let content = line.trim_ascii();
        let begin = start + line.len() - line.trim_ascii_start().len();
        start += line.len();
        if content.is_empty() || content.starts_with(b"#") || content.starts_with(b";") {
            continue;
        }
        let Some(secret) = secret(rule, content) else { return };
        if let Some(secret) = secret {
            found.push((begin..begin + content.len(), begin + secret.start..begin + secret.end));
        }
    }
    for (line, secret) in found {
        let (span, secret, reach) = (Span::new(line), Span::new(secret), Span::new(0..text.len()));
        out(Candidate { span, secret, reach, rule: rule.index, setting: Setting::Bare });
    }
}
