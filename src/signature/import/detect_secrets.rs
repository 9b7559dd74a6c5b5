//! detect-secrets: plugins in Python, which derive from `RegexBasedDetector` and have a `secret_type` and a `denylist` of
//! compiled patterns. Nothing of them is run: what is written as text is read, and what is not is told.

use super::python::{self, Argument, Kind, Names, Token};
use super::{Foreign, Secret, line_of, one_line};

/// What makes a pattern out of parts of an assignment.
const BUILDER: &str = "build_assignment_regex";

/// Whether it is a plugin.
pub(super) fn is_plugin(text: &str) -> bool {
    ["re.compile", BUILDER, "RegexBasedDetector"].iter().any(|word| text.contains(word))
}

/// The rules, and what could not be read.
pub(super) fn read(text: &str) -> (Vec<Foreign>, Vec<String>) {
    let tokens = python::tokens(text);
    let mut names = Names::new();
    let (mut rules, mut notes) = (Vec::new(), Vec::new());
    let mut title = "Custom".to_owned();
    let mut is_title_due = false;
    let mut is_start = true;
    for (index, token) in tokens.iter().enumerate() {
        let (starts, rest) = (std::mem::replace(&mut is_start, token.is('\n') || token.is(';')), &tokens[index..]);
        let statement = || &rest[..rest.iter().position(|token| token.is('\n')).unwrap_or(rest.len())];
        match rest {
            [Token { kind: Kind::Name("class"), .. }, Token { kind: Kind::Name(name), .. }, ..] => {
                title = (*name).to_owned();
            }
            [Token { kind: Kind::Name("def"), .. }, Token { kind: Kind::Name(name), .. }, ..] => {
                is_title_due = *name == "secret_type";
            }
            [Token { kind: Kind::Name("return"), .. }, ..] if is_title_due => {
                is_title_due = false;
                if let Ok(text) = python::text(&statement()[1..], &names) {
                    title = one_line(&text);
                }
            }
            [Token { kind: Kind::Name(name), .. }, ..] if starts => {
                if let Some(value) = assigned(statement()) {
                    match python::text(value, &names) {
                        Ok(text) => {
                            if *name == "secret_type" {
                                title = one_line(&text);
                            }
                            names.insert(*name, text);
                        }
                        Err(_) => _ = names.remove(name),
                    }
                }
            }
            _ => {}
        }
        let made = match rest {
            [
                Token { kind: Kind::Name("re" | "regex"), .. },
                dot,
                Token { kind: Kind::Name("compile"), .. },
                bracket,
                arguments @ ..,
            ] if dot.is('.') && bracket.is('(') => Some(compiled(&python::arguments(arguments), &names)),
            [Token { kind: Kind::Name(BUILDER), .. }, bracket, arguments @ ..]
                if bracket.is('(') && !matches!(previous(&tokens, index), Some(Kind::Name("def"))) =>
            {
                Some(built(&python::arguments(arguments), &names).map(|pattern| (pattern, Vec::new())))
            }
            _ => None,
        };
        match made {
            Some(Ok((pattern, lost))) => rules.push(Foreign {
                name: title.clone(),
                title: title.clone(),
                pattern,
                secret: Secret::EachGroup,
                lost,
                ..Foreign::default()
            }),
            Some(Err(cause)) => {
                notes.push(format!("{title}, line {}: left out: {cause}", line_of(text, token.at)));
            }
            None => {}
        }
    }
    (rules, notes)
}

fn previous<'t>(tokens: &[Token<'t>], index: usize) -> Option<Kind<'t>> {
    index.checked_sub(1).map(|before| tokens[before].kind)
}

/// What a statement gives to the one name that it begins with: `NAME = …`, `NAME: str = …`.
fn assigned<'a, 't>(statement: &'a [Token<'t>]) -> Option<&'a [Token<'t>]> {
    match statement {
        [_, is, value @ ..] if is.is('=') && !value.first().is_some_and(|token| token.is('=')) => Some(value),
        [_, colon, Token { kind: Kind::Name(_), .. }, is, value @ ..] if colon.is(':') && is.is('=') => Some(value),
        _ => None,
    }
}

fn argument<'a, 't>(arguments: &[Argument<'a, 't>], place: usize, name: &str) -> Option<&'a [Token<'t>]> {
    let named = arguments.iter().find(|(given, _)| *given == Some(name));
    named.or_else(|| arguments.get(place).filter(|(given, _)| given.is_none())).map(|(_, value)| *value)
}

/// The pattern of `re.compile(…)` with its flags in it, and what is not carried over.
fn compiled(arguments: &[Argument<'_, '_>], names: &Names<'_>) -> Result<(String, Vec<String>), String> {
    let pattern = python::text(argument(arguments, 0, "pattern").unwrap_or_default(), names)?;
    let mut lost = Vec::new();
    let (mut flags, pattern) = leading_flags(&pattern);
    for token in argument(arguments, 1, "flags").unwrap_or_default() {
        let Kind::Name(name) = token.kind else { continue };
        match name {
            "I" | "IGNORECASE" => flags.push('i'),
            "X" | "VERBOSE" => flags.push('x'),
            "S" | "DOTALL" => flags.push('s'),
            "M" | "MULTILINE" => flags.push('m'),
            "re" | "regex" | "A" | "ASCII" | "U" | "UNICODE" | "L" | "LOCALE" | "NOFLAG" | "DEBUG" => {}
            other => lost.push(format!("its flag `{other}` is not carried over")),
        }
    }
    let pattern = if flags.contains(&'x') { without_layout(pattern) } else { pattern.to_owned() };
    let mut kept: Vec<char> = flags.into_iter().filter(|flag| "ism".contains(*flag)).collect();
    kept.sort_unstable();
    kept.dedup();
    let kept: String = kept.into_iter().collect();
    Ok((if kept.is_empty() { pattern } else { format!("(?{kept}){pattern}") }, lost))
}

/// The flags that a pattern begins with, `(?ix)`, and the rest of it.
fn leading_flags(pattern: &str) -> (Vec<char>, &str) {
    let flags = pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')'));
    match flags {
        Some((flags, rest)) if !flags.is_empty() && flags.chars().all(|flag| "aiLmsux".contains(flag)) => {
            (flags.chars().collect(), rest)
        }
        _ => (Vec::new(), pattern),
    }
}

/// A verbose pattern as it is meant: blanks and comments outside of classes say nothing. What is called verbose elsewhere leaves
/// them out in classes, too.
fn without_layout(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut letters = pattern.chars().peekable();
    let mut is_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped) if escaped.is_whitespace() => text.push(escaped),
                Some(escaped) => text.extend(['\\', escaped]),
                None => text.push('\\'),
            },
            '[' if !is_class => {
                is_class = true;
                text.push('[');
                text.extend(letters.next_if_eq(&'^'));
                // A bracket that comes first is one of the class.
                if letters.next_if_eq(&']').is_some() {
                    text.push_str("\\]");
                }
            }
            ']' => {
                is_class = false;
                text.push(']');
            }
            '#' if !is_class => while letters.next_if(|letter| *letter != '\n').is_some() {},
            blank if blank.is_whitespace() && !is_class => {}
            other => text.push(other),
        }
    }
    text
}

/// The pattern that `build_assignment_regex(prefix, keyword, secret)` makes: a name of these two words, an operator, and the secret.
fn built(arguments: &[Argument<'_, '_>], names: &Names<'_>) -> Result<String, String> {
    let part = |place, name| python::text(argument(arguments, place, name).unwrap_or_default(), names);
    let prefix = part(0, "prefix_regex")?;
    let keyword = part(1, "secret_keyword_regex")?;
    let secret = part(2, "secret_regex")?;
    // What stands before the name is looked at there, and read here; without a group it would be of the secret.
    let has_group = regex_syntax::parse(&secret).is_ok_and(|hir| hir.properties().explicit_captures_len() > 0);
    let secret = if has_group { secret } else { format!("({secret})") };
    Ok(format!(r#"(?i)(?:^|\W)\[?["']?{prefix}[_-]?{keyword}["']?\]? *(?:=|:|:=|=>| +|::) *["']?{secret}["']?"#))
}
