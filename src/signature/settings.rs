//! The settings that a value which has a name stands in: env files, YAML, JSON, code, command lines.

/// Texts in which a name is given a value, `⟦V⟧` at its place, as templates. The name is in upper case, with `_` between words.
pub fn named(name: &str) -> [String; 12] {
    let lower = |joint: &str| name.to_ascii_lowercase().replace('_', joint);
    [
        format!("{name}=⟦V⟧\n"),
        format!("  {}: \"⟦V⟧\"\n", lower("_")),
        format!("{{{{\"{}\": \"⟦V⟧\"}}}}", camel(name, false)),
        format!("const {} = '⟦V⟧';", camel(name, false)),
        format!("os.environ.setdefault(\"{name}\", \"⟦V⟧\")"),
        format!("\t{} := \"⟦V⟧\"\n", camel(name, false)),
        format!("private static final String {name} = \"⟦V⟧\";"),
        format!("export {name}='⟦V⟧'\n"),
        format!("{}=⟦V⟧\n", lower(".")),
        format!("- name: {name}\n  value: ⟦V⟧\n"),
        format!("<add key=\"{}\" value=\"⟦V⟧\" />", camel(name, true)),
        format!("run --{} ⟦V⟧ --verbose", lower("-")),
    ]
}

/// `API_KEY` as `apiKey`, or as `ApiKey` with a capital first.
fn camel(name: &str, capital: bool) -> String {
    let mut raised = capital;
    let mut camel = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '_' => raised = true,
            _ if raised => {
                camel.push(character);
                raised = false;
            }
            _ => camel.push(character.to_ascii_lowercase()),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelled_as_its_setting_has_it() {
        let texts = named("ACME_API_KEY");
        for (place, expected) in [
            (0, "ACME_API_KEY=⟦V⟧\n"),
            (1, "  acme_api_key: \"⟦V⟧\"\n"),
            (3, "const acmeApiKey = '⟦V⟧';"),
            (8, "acme.api.key=⟦V⟧\n"),
            (10, "<add key=\"AcmeApiKey\" value=\"⟦V⟧\" />"),
            (11, "run --acme-api-key ⟦V⟧ --verbose"),
        ] {
            assert_eq!(texts[place], expected);
        }
    }
}
