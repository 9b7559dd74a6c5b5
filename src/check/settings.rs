//! The settings that a signature is tried in, made from its first example: whatever a token or a name stands in, it is found.

use crate::signature::{Matcher, Rule, Signature, settings};

/// Texts that a token of one line stands in.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("in an env file", "SERVICE_VALUE=", "\n"),
    ("in YAML", "service:\n  value: ", "\n"),
    ("in JSON", "{{\"value\": \"", "\"}}"),
    ("in JSON in a string", "\"{{\\\"value\\\": \\\"", "\\\"}}\""),
    ("in JavaScript", "const value = '", "';"),
    ("in Python", "client = Client(value=\"", "\")"),
    ("in Go", "\tvalue := `", "`\n"),
    ("in a shell", "export VALUE='", "'\n"),
    ("in a header", "curl -H \"X-Service-Value: ", "\" https://api.example.net/v1"),
    ("after a scheme", "Authorization: Bearer ", "\r\n"),
    ("in a URL", "https://api.example.net/v1?value=", "&page=1"),
    ("in a command line", "service login --value ", " --verbose"),
    ("in XML", "<value>", "</value>"),
    ("after an escape", "\"line\\n", "\\n\""),
];

/// Templates with the names of their settings. A token is tried in all texts; a value that needs a word beside it is given, in all
/// spellings, to the name that the first example gives it to.
pub(super) fn of(rule: &Rule) -> Vec<(String, String)> {
    let signature = &*rule.signature;
    if signature.identifier || rule.traits().group != 0 {
        return Vec::new();
    }
    match rule.matcher {
        Matcher::Pattern => SETTINGS
            .iter()
            .filter_map(|(name, before, after)| Some(((*name).to_owned(), in_text(signature, before, after)?)))
            .collect(),
        Matcher::Context(_) => by_name(signature).unwrap_or_default(),
        // A service's examples are these settings already.
        Matcher::Service(_) | Matcher::Line(_) | Matcher::Column | Matcher::Assignment | Matcher::File => Vec::new(),
    }
}

/// The text before the mark, the marked part, which is of one line.
fn marked(example: &str) -> Option<(&str, &str)> {
    let (before, rest) = example.split_once('⟦')?;
    let (token, _) = rest.split_once('⟧')?;
    let is_one_line = !token.contains(char::is_whitespace) && !token.starts_with("{pem:");
    is_one_line.then_some((before, token))
}

/// The marked part of the first example in another text; nothing where it has several lines or is part of a longer text.
fn in_text(signature: &Signature, before: &str, after: &str) -> Option<String> {
    let (_, token) = marked(signature.examples.first()?)?;
    // A host without its scheme begins with whatever stands before it.
    let is_cut = token.contains('/') && before.ends_with('n');
    (!is_cut).then(|| format!("{before}⟦{token}⟧{after}"))
}

/// The marked part of the first example that gives it to a name with one of the keywords, in all settings of named values.
fn by_name(signature: &Signature) -> Option<Vec<(String, String)>> {
    let (name, token) = signature.examples.iter().find_map(|example| {
        let (before, token) = marked(example)?;
        let name = name_before(before)?;
        let plain = |text: &str| text.replace(['_', '-', '.', ' '], "").to_ascii_lowercase();
        // A host is a keyword that is no name, and two joints in a row are how one tool writes a dot of it.
        let is_name = |keyword: &&String| !keyword.contains('.') && !keyword.contains("__");
        let has = |keyword: &String| plain(&name).contains(&plain(keyword));
        signature.keywords.iter().filter(is_name).any(has).then_some((name, token))
    })?;
    let of_text = |text: String| {
        let text = text.replace("⟦V⟧", &format!("⟦{token}⟧"));
        (format!("as {}", text.split('⟦').next().unwrap_or_default().trim()), text)
    };
    Some(settings::named(&name).into_iter().map(of_text).collect())
}

/// The name that ends a text but for an operator and quotes, in upper case with `_` between its words.
fn name_before(text: &str) -> Option<String> {
    let text = text.trim_end_matches(|character: char| " \t\"'`=:>(".contains(character));
    let start = text.rfind(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c)).map_or(0, |at| at + 1);
    let mut name = String::new();
    let mut last = '_';
    for character in text[start..].trim_start_matches('-').chars() {
        if character.is_ascii_uppercase() && last.is_ascii_lowercase() {
            name.push('_');
        }
        name.push(if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' });
        last = character;
    }
    name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_before_values() {
        for (text, name) in [
            ("ACME_KEY=", "ACME_KEY"),
            ("  acme_key: \"", "ACME_KEY"),
            ("const acmeApiKey = '", "ACME_API_KEY"),
            ("{{\"acme-key\": \"", "ACME_KEY"),
            ("run --acme-key ", "ACME_KEY"),
        ] {
            assert_eq!(name_before(text).as_deref(), Some(name), "{text}");
        }
        assert_eq!(name_before("123="), None);
    }
}
