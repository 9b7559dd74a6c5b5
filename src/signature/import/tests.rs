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

/// gitleaks takes the first group that is not empty.
#[test]
fn each_alternative_of_gitleaks_is_found() {
    let rule = |id: &str, regex: &str| format!("[[rules]]\nid = \"{id}\"\nregex = '''{regex}'''\n");
    let imported =
        import(&(rule("two", "zaa:([0-9a-f]{8})|zbb:([0-9a-f]{8})") + &rule("two-2", "corp_([a-z]{8})"))).unwrap();
    assert_eq!(imported.count, 3, "{:?}", imported.notes);
    assert_eq!(finds(&imported, "zaa:00112233 corp_abcdefgh"), ["gitleaks-two 00112233", "gitleaks-two-2-2 abcdefgh"]);
    assert_eq!(finds(&imported, "zbb:44556677"), ["gitleaks-two-2 44556677"]);
    assert!(imported.notes.iter().any(|note| note.starts_with("gitleaks-two: its secret is the first of its groups")));
    // The first is always there.
    let one = import(&rule("one", "zaa_([0-9a-f]{8})(_[a-z]{3})?")).unwrap();
    assert_eq!((one.count, one.notes.len()), (1, 0), "{:?}", one.notes);
    // Both may be there; or none.
    let both = import(&rule("both", "zaa_([0-9a-f]{8})?(_[a-z]{3})")).unwrap();
    assert!(both.count == 2 && both.notes.iter().any(|note| note.contains("each is told")), "{:?}", both.notes);
    let none = import(&rule("none", "zaa_(?:x|([0-9a-f]{8}))")).unwrap();
    assert!(none.notes.iter().any(|note| note.contains("not the whole match")), "{:?}", none.notes);
}

/// A keyword that is no part of the match stands before it.
#[test]
fn a_keyword_beside_a_bare_pattern_is_its_context() {
    for (text, id) in [
        ("[[rules]]\nid = 'bare'\nkeywords = ['Hog']\nregex = '[0-9a-f]{40}'\n", "gitleaks-bare"),
        (
            "detectors:\n- name: bare\n  keywords: [hog]\n  regex:\n    token: '([A-Za-z0-9+/]{40})'\n",
            "trufflehog-bare",
        ),
    ] {
        let imported = import(text).unwrap();
        assert_eq!(imported.count, 1, "{:?}", imported.notes);
        assert!(imported.toml.contains("context = 128") && imported.toml.contains("\"hog\""), "{}", imported.toml);
        assert_eq!(finds(&imported, &"0a".repeat(20)), [format!("{id} {}", "0a".repeat(20))]);
        assert!(imported.notes.iter().any(|note| note.contains("its keywords are no part of its match")));
    }
}

/// An id is an identifier, and its token is told with it.
#[test]
fn a_pair_of_trufflehog_is_a_pair() {
    let text = "detectors:\n- name: HogTokenDetector\n  keywords: [hog]\n  regex:\n    hogID: '\\b(HOG[0-9A-Z]{17})\\b'\n    \
                hogToken: '[^A-Za-z0-9+\\/]{0,1}([A-Za-z0-9+\\/]{40})[^A-Za-z0-9+\\/]{0,1}'\n- name: empty\n  keywords: [hog]\n";
    let imported = import(text).unwrap();
    assert_eq!(imported.count, 2, "{:?}", imported.notes);
    let loaded = load_text("own.toml", &imported.toml).unwrap();
    let (id, token) = (&loaded[0].signature, &loaded[1].signature);
    assert!(
        id.identifier
            && id.severity == crate::signature::Severity::Info
            && id.id == "trufflehog-hogtokendetector-hogid"
    );
    assert!(!token.identifier && token.context == 128);
    assert_eq!(token.ids, std::slice::from_ref(&id.id));
    let notes = imported.notes.join("\n");
    assert!(
        notes.contains("trufflehog-empty: left out: it has no pattern") && notes.contains("never reported alone"),
        "{notes}"
    );
    // What is left out is no id of another.
    let without = import(&text.replace("\\b(HOG[0-9A-Z]{17})\\b", "(?=HOG)x")).unwrap();
    assert_eq!(without.count, 1, "{:?}", without.notes);
    assert!(!without.toml.contains("ids ="), "{}", without.toml);
}

#[test]
fn a_plugin_of_detect_secrets_is_read_as_python() {
    let imported = import(
        r##"
# class Old(RegexBasedDetector):
#     secret_type = 'Old'
#     denylist = [re.compile(r'old_[a-z]{8}')]
P = r'acme_'
class A(RegexBasedDetector):
    """re.compile(r'doc_[a-z]{8}')"""
    secret_type = 'Acme'  # re.compile(r'note_[a-z]{8}')
    denylist = (
        re.compile(P + r'a[0-9]{8}'),
        re.compile(fr'{P}b[0-9]{{8}}'),
        re.compile(pattern=r'acme_c[0-9]{8}', flags=re.I),
        re.compile(r'''
            acme_d   # a comment
            [0-9# ]{8}\ e
        ''', re.VERBOSE | re.IGNORECASE),
        re.compile("(?x) acme _e [0-9]{8}"),
        RegexBasedDetector.build_assignment_regex('corp', prefix_of('key'), r'[0-9a-f]{16}'),
        RegexBasedDetector.build_assignment_regex(
            prefix_regex='corp', secret_keyword_regex=r'(?:key|token)', secret_regex=r'[0-9a-f]{16}',
        ),
        re.compile(UNKNOWN + r'[0-9]{8}'),
        re.compile(r'acme_%s' % P),
    )
"##,
    )
    .unwrap();
    let found = finds(
        &imported,
        "acme_a12345678 acme_b12345678 ACME_C12345678 acme_d1 3#5678 e acme_e12345678 CORP_TOKEN = \"00112233445566aa\" \
         old_abcdefgh doc_abcdefgh note_abcdefgh",
    );
    let id = |number: u32| {
        if number == 1 { "detect-secrets-acme".to_owned() } else { format!("detect-secrets-acme-{number}") }
    };
    let expected = [
        "acme_a12345678",
        "acme_b12345678",
        "ACME_C12345678",
        "acme_d1 3#5678 e",
        "acme_e12345678",
        "00112233445566aa",
    ];
    let expected: Vec<String> =
        (1..).zip(expected).map(|(number, secret)| format!("{} {secret}", id(number))).collect();
    assert_eq!(found, expected, "{:?}\n{}", imported.notes, imported.toml);
    let notes = imported.notes.join("\n");
    for part in [
        "Acme, line 18: left out: its pattern is made of `prefix_of`, whose text is not known",
        "Acme, line 22: left out: its pattern is made of `UNKNOWN`, whose text is not known",
        "Acme, line 23: left out: its pattern is made by a call or an operator",
    ] {
        assert!(notes.contains(part), "{part} in\n{notes}");
    }
}

#[test]
fn groups_of_detect_secrets_are_secrets_unless_they_are_words() {
    let imported = import("re.compile(r'(acme|corp)_key=([0-9a-f]{16})')").unwrap();
    assert_eq!(finds(&imported, "acme_key=00112233445566aa"), ["detect-secrets-custom 00112233445566aa"]);
}

#[test]
fn any_text_is_read_to_its_end() {
    for text in [
        "re.compile(",
        "re.compile('",
        "re.compile(f'{')",
        "re.compile(('a' 'b'",
        "re.compile)\\",
        "re.compile('\\",
        "P = (",
        "re.compile(f'}')",
    ] {
        assert!(import(text).is_err(), "{text}");
    }
}
