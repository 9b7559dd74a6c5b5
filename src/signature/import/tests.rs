use super::*;

fn finds(imported: &Imported, text: &str) -> Vec<String> {
    let loaded = load_text("own.toml", &imported.toml).expect("parses");
    let rules = RuleSet::compile(&loaded, true).expect("compiles");
    let mut found = Vec::new();
    for rule in &rules.rules {
        let mut captures = rule.regex().create_captures();
        rule.regex().search_captures(&regex_automata::Input::new(text), &mut captures);
        if let Some(secret) = captures.get_group(rule.traits().group) {
            found.push(format!("{} {}", rule.id(), &text[secret.range()]));
        }
    }
    found
}

#[test]
fn rules_of_gitleaks() {
    let imported = import(
        r#"
        title = "ours"
        [extend]
        useDefault = true
        [[rules]]
        id = "Acme_Key"
        description = "An Acme key"
        regex = '''(?i)acme[_-]?key\s{0,3}[:=]\s{0,3}['"]?([0-9a-f]{16})\b'''
        keywords = ["Acme"]
        entropy = 3
        tags = ["acme"]
        [[rules.allowlists]]
        regexes = ["0000"]
        [[rules]]
        id = "open-ended"
        regex = "corp_[a-z]+"
        [[rules]]
        id = "look"
        regex = "(?<=corp)[a-z]{8}"
        [[rules]]
        id = "wordless"
        regex = "[0-9a-f]{32}"
        "#,
    )
    .unwrap();
    assert_eq!(imported.count, 2, "{:?}", imported.notes);
    assert_eq!(
        finds(&imported, "ACME_KEY = '00112233445566aa' corp_abc"),
        ["gitleaks-acme-key 00112233445566aa", "gitleaks-open-ended corp_abc"]
    );
    let notes = imported.notes.join("\n");
    for part in [
        "[extend] is not carried over",
        "gitleaks-acme-key: its allowlist",
        "gitleaks-open-ended: its pattern has no longest match",
        "gitleaks-look: left out: its pattern is not one of ours",
        "gitleaks-wordless: left out: no word of three letters",
    ] {
        assert!(notes.contains(part), "{part} in\n{notes}");
    }
}

#[test]
fn detectors_of_trufflehog() {
    let imported = import(
        "detectors:\n- name: Acme pair\n  keywords:\n  - acme\n  regex:\n    id: 'acme-id-([0-9]{6})'\n    \
         key: '\\bacme-key-([0-9a-z]{20})\\b'\n  verify:\n  - endpoint: http://127.0.0.1/\n",
    )
    .unwrap();
    assert_eq!(imported.count, 2, "{:?}", imported.notes);
    assert_eq!(
        finds(&imported, "acme-id-123456 acme-key-0123456789abcdefghij"),
        ["trufflehog-acme-pair-id 123456", "trufflehog-acme-pair-key 0123456789abcdefghij"]
    );
    let notes = imported.notes.join("\n");
    assert!(notes.contains("its `verify` is not carried over") && notes.contains("counts alone"), "{notes}");
}

#[test]
fn plugins_of_detect_secrets() {
    let imported = import(
        "class A(RegexBasedDetector):\n    secret_type = 'Acme token'\n    denylist = [\n        re.compile(\n            \
         r'acme_tok_[0-9a-z]{12}'\n            r'[0-9a-z]{4}',\n        ),\n        re.compile(\"(?:x)acme2\\\\w{8}\", re.IGNORECASE),\n    ]\n",
    )
    .unwrap();
    assert_eq!(imported.count, 2, "{:?}", imported.notes);
    assert_eq!(
        finds(&imported, "acme_tok_0123456789abcdef XACME2aaaaaaaa"),
        ["detect-secrets-acme-token acme_tok_0123456789abcdef", "detect-secrets-acme-token-2 XACME2aaaaaaaa"]
    );
}

#[test]
fn what_is_none_of_them_is_an_error() {
    for text in ["", "a = 1\n", "just: yaml\n", "[[rules]]\nregex = 3\n", "re.compile(name)", "a: [", "detectors: 3\n"]
    {
        assert!(import(text).is_err(), "{text}");
    }
}

#[test]
fn a_fault_names_its_line_and_quotes_nothing() {
    let header = format!("Authorization: Bearer {}", "9aKx2".repeat(4));
    let yaml = format!(
        "detectors:\n  - name: x\n    keywords: [x]\n    regex:\n      a: 'x[0-9]{{20}}'\n    verify:\n      - endpoint: https://x\n        headers: [\"{header}\"]\n        x: [unclosed\n"
    );
    let typed = format!("detectors:\n  - name: x\n    keywords: \"{header}\"\n");
    for text in [&yaml, &typed] {
        let cause = import(text).unwrap_err();
        assert!(!cause.contains("9aKx2") && !cause.contains('\n'), "{cause}");
        assert!(cause.starts_with("is no YAML of trufflehog's") && cause.contains("line "), "{cause}");
    }
    let nameless = "title = \"x\"\n[[rules]]\nid = \"a\"\nregex = 'acme_[a-z]{9}'\n\n[[rules]]\nregex = 'x'\n";
    let cause = import(nameless).unwrap_err();
    assert!(cause.starts_with("the rule at line 6: missing field `id`"), "{cause}");
    for broken in ["title = \"x\"\n[[rules]]\nid = \"a\n", "# ours\n[[rules]\n"] {
        let cause = import(broken).unwrap_err();
        assert!(cause.starts_with("is no TOML of gitleaks': line "), "{cause}");
    }
}

#[test]
fn what_gitleaks_says_and_is_not_carried_over_is_told() {
    let imported = import(
        "[extend]\npath = 'base.toml'\nuseDefault = true\ndisabledRules = ['x']\n[[rules]]\nid = 'part'\nregex = 'acme_[a-z]{9}'\n\
         skipReport = true\nvalidate = 'x'\n",
    )
    .unwrap();
    assert!(imported.toml.contains("identifier = true"), "{}", imported.toml);
    let notes = imported.notes.join("\n");
    for part in [
        "[extend] is not carried over: import what it names, too; the signatures built in take the place of its defaults; give",
        "gitleaks-part: it has `skipReport`",
        "gitleaks-part: its `validate` is not carried over",
    ] {
        assert!(notes.contains(part), "{part} in\n{notes}");
    }
    assert!(!notes.contains("[[allow]]"), "{notes}");
}
