//! As much of Python as a list of patterns is written in: names, string literals, and marks; comments are none of them.

use std::collections::BTreeMap;

/// A token, and where it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub at: usize,
    pub kind: Kind<'t>,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// A name, a keyword or a number.
    Name(&'t str),
    /// What stands between quotes.
    Text { body: &'t str, is_raw: bool, is_formatted: bool },
    /// Any other character; a line end where a statement may end with it.
    Mark(char),
}

impl Token<'_> {
    /// Whether it is this character.
    pub fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// The tokens of a file.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut depth) = (0, 0usize);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (length, kind) = if first == '#' {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if let Some((length, kind)) = literal(rest) {
            (length, Some(kind))
        } else if is_of_name(first) {
            let length = rest.find(|letter| !is_of_name(letter)).unwrap_or(rest.len());
            (length, Some(Kind::Name(&rest[..length])))
        } else {
            match first {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let continues = first == '\\' && rest[1..].trim_start_matches('\r').starts_with('\n');
            let length = if continues { rest.find('\n').map_or(1, |end| end + 1) } else { first.len_utf8() };
            let is_nothing = continues || (first.is_whitespace() && (first != '\n' || depth > 0));
            (length, (!is_nothing).then_some(Kind::Mark(first)))
        };
        tokens.extend(kind.map(|kind| Token { at, kind }));
        at += length;
    }
    tokens
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The string literal that a text begins with, and its length.
fn literal(text: &str) -> Option<(usize, Kind<'_>)> {
    let prefix = text.bytes().take(3).take_while(u8::is_ascii_alphabetic).count();
    let letters = &text[..prefix];
    if prefix > 2 || !letters.chars().all(|letter| "rRbBuUfF".contains(letter)) {
        return None;
    }
    let body = &text[prefix..];
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| body.starts_with(quote))?;
    let body = &body[quote.len()..];
    let mut end = 0;
    // One that is not closed ends with its line.
    let mut closing = 0;
    while let Some(letter) = body[end..].chars().next() {
        if body[end..].starts_with(quote) {
            closing = quote.len();
            break;
        }
        if letter == '\n' && quote.len() == 1 {
            break;
        }
        let escaped = if letter == '\\' { body[end + 1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
        end += letter.len_utf8() + escaped;
    }
    let kind = Kind::Text {
        body: &body[..end],
        is_raw: letters.contains(['r', 'R']),
        is_formatted: letters.contains(['f', 'F']),
    };
    Some((prefix + quote.len() + end + closing, kind))
}

/// Texts by the names that they were given.
pub(super) type Names<'t> = BTreeMap<&'t str, String>;

/// The text that an expression is: literals beside each other or joined by `+`, names of such, formatted literals that hold names.
///
/// # Errors
/// What it is made of that is no text of the file.
pub(super) fn text(tokens: &[Token<'_>], names: &Names<'_>) -> Result<String, String> {
    let known = |name: &str| {
        names.get(name).cloned().ok_or_else(|| format!("its pattern is made of `{name}`, whose text is not known"))
    };
    let mut tokens = tokens;
    // Brackets around all of it say nothing.
    while let [first, inner @ .., last] = tokens
        && first.is('(')
        && last.is(')')
        && closes(inner)
    {
        tokens = inner;
    }
    let mut joined = String::new();
    let mut is_term_due = true;
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| tokens[before].kind);
        match token.kind {
            Kind::Text { body, is_raw, is_formatted } if is_term_due || matches!(before, Some(Kind::Text { .. })) => {
                let literal = if is_raw { body.to_owned() } else { unescaped(body) };
                joined.push_str(&if is_formatted { formatted(&literal, &known)? } else { literal });
                is_term_due = false;
            }
            Kind::Name(name) if is_term_due => {
                joined.push_str(&known(name)?);
                is_term_due = false;
            }
            Kind::Mark('+') if !is_term_due => is_term_due = true,
            // A comma at the end is that of the list around it.
            Kind::Mark(',') if !is_term_due && index + 1 == tokens.len() => {}
            _ => return Err("its pattern is made by a call or an operator, not written as text".to_owned()),
        }
    }
    if is_term_due { Err("it has no pattern".to_owned()) } else { Ok(joined) }
}

/// Whether no bracket closes in it that was not opened in it.
fn closes(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0i64;
    tokens.iter().all(|token| {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => depth += 1,
            Kind::Mark(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        depth >= 0
    }) && depth == 0
}

/// A literal as it is meant; escapes that are none stay as they are, for patterns have their own.
fn unescaped(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    let mut letters = body.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('\n') => {}
            Some(quoted @ ('\\' | '\'' | '"')) => text.push(quoted),
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

/// A formatted literal with the texts of the names in it.
fn formatted(literal: &str, known: &dyn Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut text = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..at + 1];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        let end = rest.find('}').filter(|_| brace == "{").ok_or("its pattern has a brace that nothing closes")?;
        text.push_str(&known(rest[..end].trim())?);
        rest = &rest[end + 1..];
    }
    Ok(text + rest)
}

/// An argument of a call: the name it is given, if any, and its tokens.
pub(super) type Argument<'a, 't> = (Option<&'t str>, &'a [Token<'t>]);

/// The arguments of a call whose opening bracket stands before these tokens.
pub(super) fn arguments<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<Argument<'a, 't>> {
    let mut arguments = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (index, token) in tokens.iter().enumerate() {
        let is_end = match token.kind {
            Kind::Mark('(' | '[' | '{') => {
                depth += 1;
                false
            }
            Kind::Mark(')' | ']' | '}') if depth == 0 => true,
            Kind::Mark(')' | ']' | '}') => {
                depth -= 1;
                false
            }
            Kind::Mark(',') => depth == 0,
            _ => false,
        };
        if !is_end {
            continue;
        }
        let argument = &tokens[start..index];
        start = index + 1;
        match argument {
            [] => {}
            [Token { kind: Kind::Name(name), .. }, mark, value @ ..] if mark.is('=') => {
                arguments.push((Some(*name), value));
            }
            value => arguments.push((None, value)),
        }
        if !token.is(',') {
            break;
        }
    }
    arguments
}
