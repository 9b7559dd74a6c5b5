//! Forms of lines: the words of a command line or of a directive in their order, and where among them the secret stands.
//!
//! A form is words between blanks:
//!
//! | written | stands for |
//! | --- | --- |
//! | `secret`, `mysql\|mariadb` | this word, or one of these; `/user:*` is any that begins so. Options that begin with `-` are compared with their case, other words without |
//! | `?0`, `?level\|lvl` | the word, which may be missing |
//! | `WORD` | any one word |
//! | `...` | any number of words |
//! | `VALUE` | the secret; `-pVALUE`, `pass:VALUE`: what follows these characters; `USER%VALUE`: what follows a user and this character; `VALUE@`: up to that character; `VALUE...`: with all that follows on the line |
//! | `$` | the end of the line |

use super::Recogniser;

/// Most words of a form.
const PARTS: usize = 24;

/// One word of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// One of these words.
    Word(Box<[Box<str>]>),
    /// One of these words, or none.
    Optional(Box<[Box<str>]>),
    /// Any one word.
    Any,
    /// Any number of words.
    Many,
    /// The secret.
    Value(Place),
    /// The end of the line.
    End,
}

/// Where in a word the secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What the word begins with.
    pub before: Box<str>,
    /// The character that ends the user's name before the secret, where there is one.
    pub user: Option<u8>,
    /// The character that ends the secret.
    pub until: Option<u8>,
    /// Whether the rest of the line belongs to it.
    pub is_rest: bool,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its words.
    pub parts: Box<[Part]>,
    /// The words that are looked for in a text, in lower case: each line of this form holds one.
    pub keywords: Vec<String>,
}

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, recogniser: Recogniser) -> Result<Form, String> {
        let parts: Box<[Part]> = text.split(' ').map(part).collect::<Result<_, _>>()?;
        let fault = |what: &str| Err(format!("the form `{text}` {what}"));
        if parts.len() > PARTS {
            return fault("has too many words");
        }
        if !parts.iter().any(|part| matches!(part, Part::Value(_))) {
            return fault("has no VALUE");
        }
        let keywords = match recogniser {
            Recogniser::Command => literals(&parts),
            _ => (0..parts.len()).map(|start| literals(&parts[start..])).max_by_key(shortest).flatten(),
        };
        match keywords {
            Some(keywords) => Ok(Form { parts, keywords }),
            None if recogniser == Recogniser::Command => fault("begins with no word"),
            None => fault("has no word"),
        }
    }
}

fn shortest(words: &Option<Vec<String>>) -> usize {
    words.iter().flatten().map(String::len).min().unwrap_or(0)
}

/// The words that these parts begin with, joined by a blank, up to the first that is not given.
fn literals(parts: &[Part]) -> Option<Vec<String>> {
    let mut all = vec![String::new()];
    for part in parts {
        let Part::Word(words) = part else { break };
        if words.iter().any(|word| word.starts_with(['-', '/'])) {
            break;
        }
        all = all
            .iter()
            .flat_map(|before| words.iter().map(move |word| format!("{before} {}", word.to_ascii_lowercase())))
            .collect();
    }
    let all: Vec<String> = all.iter().map(|words| words.trim_start().to_owned()).collect();
    (!all[0].is_empty()).then_some(all)
}

fn part(word: &str) -> Result<Part, String> {
    let choices = |word: &str| word.split('|').map(Into::into).collect();
    Ok(match word {
        "" => return Err("a form has one blank between its words".to_owned()),
        "WORD" => Part::Any,
        "..." => Part::Many,
        "$" => Part::End,
        _ => match (word.split_once("VALUE"), word.strip_prefix('?')) {
            (Some((before, after)), _) => Part::Value(place(before, after)?),
            (None, Some(optional)) => Part::Optional(choices(optional)),
            (None, None) => Part::Word(choices(word)),
        },
    })
}

fn place(before: &str, after: &str) -> Result<Place, String> {
    let one = |text: &str| match text.as_bytes() {
        [] => Ok(None),
        [byte] => Ok(Some(*byte)),
        _ => Err(format!("one character may stand at `{text}`")),
    };
    let is_rest = after == "...";
    let until = if is_rest { None } else { one(after)? };
    Ok(match before.split_once("USER") {
        Some((before, user)) => Place { before: before.into(), user: one(user)?, until, is_rest },
        None => Place { before: before.into(), user: None, until, is_rest },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(form: &str, recogniser: Recogniser) -> Vec<String> {
        Form::parse(form, recogniser).expect(form).keywords
    }

    #[test]
    fn the_words_of_a_form_are_looked_for() {
        assert_eq!(keywords("mysql|mariadb ... -pVALUE", Recogniser::Command), ["mysql", "mariadb"]);
        assert_eq!(keywords("docker|podman login ... -p VALUE", Recogniser::Command), ["docker login", "podman login"]);
        assert_eq!(keywords("user WORD insecure-password VALUE", Recogniser::Directive), ["insecure-password"]);
        assert_eq!(keywords("enable secret ?0 VALUE", Recogniser::Directive), ["enable secret"]);
    }

    #[test]
    fn the_place_of_the_secret_is_read() {
        let Ok(form) = Form::parse("lftp -uUSER,VALUE@ $", Recogniser::Command) else { panic!() };
        let place = Place { before: "-u".into(), user: Some(b','), until: Some(b'@'), is_rest: false };
        assert_eq!(form.parts[1..], [Part::Value(place), Part::End]);
    }

    #[test]
    fn what_is_no_form_is_told() {
        for (form, message) in [
            ("mysql -p", "has no VALUE"),
            ("... VALUE", "begins with no word"),
            ("mysql  VALUE", "one blank"),
            ("mysql USER::VALUE", "one character"),
        ] {
            let error = Form::parse(form, Recogniser::Command).expect_err(form);
            assert!(error.contains(message), "{form}: {error}");
        }
    }
}
