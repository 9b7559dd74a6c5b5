//! Signatures of users: listed, shown, checked, imported and tried.

use super::*;

const OWN: &str = "[[signature]]\nid = \"x-key\"\nprovider = \"X\"\ntitle = \"X key\"\nseverity = \"high\"\nlifetime = \"static\"\nkeywords = [\"xkey_\"]\npattern = 'xkey_[a-z0-9]{8}'\nexamples = []\n";

/// Ids and severities of what a scan finds.
fn found(folder: &std::path::Path, arguments: &[&str]) -> Vec<(String, String)> {
    let output = scrubjay(folder, &[&["scan", "--format", "json"], arguments].concat());
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap().to_owned();
    report["findings"].as_array().unwrap().iter().map(|one| (text(one, "rule"), text(one, "severity"))).collect()
}

#[test]
fn those_of_the_configuration_count_and_a_policy_keeps_what_they_may_change() {
    let folder = tempfile::tempdir().unwrap();
    let pair = |rule: &str, severity: &str| (rule.to_owned(), severity.to_owned());
    write(folder.path(), "a.env", &format!("KEY=xkey_q7w2kd9f\nGITHUB_TOKEN={}\n", token(7)));
    let changes = format!("{OWN}[[signature]]\nextends = \"github-pat-classic\"\nseverity = \"info\"\n");
    write(folder.path(), ".scrubjay.toml", &changes);
    let both = [pair("x-key", "high")];
    assert_eq!(found(folder.path(), &[]), both, "what is changed to info is below the threshold");
    let listed = stdout(&scrubjay(folder.path(), &["signatures", "show", "x-key"]));
    assert!(listed.contains(".scrubjay.toml:1"), "{listed}");
    write(folder.path(), "policy.toml", "min-severity = \"low\"\n");
    let strict = [pair("github-pat-classic", "critical"), pair("x-key", "high")];
    assert_eq!(found(folder.path(), &["--config", "policy.toml"]), strict, "a target changes nothing of a policy's");
    write(folder.path(), "policy.toml", "target-may-allow = true\n");
    assert_eq!(found(folder.path(), &["--config", "policy.toml"]), both);
    write(folder.path(), ".scrubjay.toml", "\n[[signature]]\nextends = \"no-such\"\n");
    let failure = complaint(&scrubjay(folder.path(), &["scan"]));
    assert!(failure.contains(".scrubjay.toml:2: extends `no-such`"), "{failure}");
}

#[test]
fn an_own_signature_that_is_not_reported_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let value = format!("kX9!{}", &token(9)[10..24]);
    write(folder.path(), "a.env", &format!("DB_PASSWORD={value}\n"));
    write(folder.path(), "policy.toml", "min-severity = \"low\"\n");
    let own = "[[signature]]\nid = \"a-b\"\nprovider = \"X\"\ntitle = \"x\"\nlifetime = \"static\"\nexamples = []\n\
               keywords = [\"DB_PASSWORD\"]\npattern = 'DB_PASSWORD=(\\S{4,40})'\ngroup = 1\n";
    let password = [("generic-password".to_owned(), "high".to_owned())];
    let own_find = |severity: &str| ("a-b".to_owned(), severity.to_owned());
    for (more, quiet) in [
        ("severity = \"info\"\nidentifier = true\n", true),
        ("severity = \"info\"\n", true),
        ("severity = \"critical\"\nentropy = 5.9\n", true),
        ("severity = \"low\"\n", false),
    ] {
        write(folder.path(), ".scrubjay.toml", &format!("{own}{more}"));
        let found = |more: &[&str]| found(folder.path(), &[&["a.env"], more].concat());
        let expected = if quiet { password.to_vec() } else { vec![own_find("low")] };
        assert_eq!(found(&[]), expected, "{more}");
        assert_eq!(found(&["--config", "policy.toml"]), password, "a target makes nothing less severe: {more}");
    }
    write(folder.path(), ".scrubjay.toml", &format!("{own}severity = \"critical\"\n"));
    assert_eq!(found(folder.path(), &["a.env", "--config", "policy.toml"]), [own_find("critical")]);
}

/// Its entropy is less than the imported rule asks for.
#[test]
fn an_imported_rule_hides_nothing_that_it_does_not_find() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "[[rules]]\nid = \"pw\"\nsecretGroup = 1\nentropy = 3.7\nkeywords = [\"password\"]\n\
                regex = '''(?i)password\\s*=\\s*[\"']?([^\\s\"']{6,40})'''\n";
    write(folder.path(), "rules.toml", rule);
    write(folder.path(), "code/a.env", "db_password = \"Kerberos77!x\"\n");
    write(folder.path(), "own/pw.toml", &stdout(&scrubjay(folder.path(), &["signatures", "import", "rules.toml"])));
    let password = [("generic-password".to_owned(), "high".to_owned())];
    assert_eq!(found(folder.path(), &["code"]), password);
    assert_eq!(found(folder.path(), &["code", "--signatures", "own"]), password);
}

#[test]
fn imported_rules_find_what_they_found() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "[[rules]]\nid = \"acme\"\ndescription = \"Acme\"\nregex = '''acme_([0-9a-f]{16})'''\nkeywords = [\"acme_\"]\n[allowlist]\npaths = ['x']\n";
    write(folder.path(), "rules.toml", rules);
    let output = scrubjay(folder.path(), &["signatures", "import", "rules.toml"]);
    assert_eq!(exit(&output), 0);
    assert!(stderr(&output).contains("[allowlist] is not carried over"), "{}", stderr(&output));
    write(folder.path(), "own/acme.toml", &stdout(&output));
    write(folder.path(), "code/a.py", "call('acme_00aa11bb22cc33dd')\n");
    let is_fine = stdout(&scrubjay(folder.path(), &["signatures", "check", "own"]));
    assert_eq!(is_fine, "1 signature: fine\n");
    let finds = found(folder.path(), &["code", "--signatures", "own"]);
    assert_eq!(finds, [("gitleaks-acme".to_owned(), "high".to_owned())]);
    write(folder.path(), "rules.toml", "a = 1\n");
    let failure = complaint(&scrubjay(folder.path(), &["signatures", "import", "rules.toml"]));
    assert!(failure.starts_with("scrubjay: signatures import: rules.toml: has no rule"), "{failure}");
}

#[test]
fn the_variable_of_a_repeatable_flag_has_a_value_a_line() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "one/x.toml", OWN);
    write(folder.path(), "two/y.toml", &OWN.replace("x-key", "y-key").replace("xkey_", "ykey_"));
    for verb in [&["signatures", "list"][..], &["signatures", "show", "y-key"]] {
        let output = command(folder.path()).args(verb).env("SCRUBJAY_SIGNATURES", "one\ntwo").output().unwrap();
        assert!(output.status.success() && stdout(&output).contains("y-key"), "{}", stderr(&output));
    }
    write(folder.path(), "code/a,b", "key = xkey_abcd1234\n");
    write(folder.path(), "code/c", "key = ykey_abcd1234\n");
    let exits = |exclude: &str| {
        let mut scan = command(folder.path());
        scan.args(["scan", "code", "--signatures", "one", "--signatures", "two"]).env("SCRUBJAY_EXCLUDE", exclude);
        exit(&scan.output().unwrap())
    };
    assert_eq!((exits("a,b\nc"), exits("a,b"), exits("a,b,c")), (0, 1, 1));
}

#[test]
fn a_bad_pattern_names_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = "provider = \"X\"\n\n[[signature]]\nid = \"x-key\"\ntitle = \"X key\"\nseverity = \"high\"\nlifetime = \"static\"\nkeywords = [\"xkey_\"]\npattern = 'xkey_[a-z{8}'\nexamples = []\n";
    write(folder.path(), "own/x.toml", text);
    let failure = complaint(&scrubjay(folder.path(), &["scan", "--signatures", "own"]));
    assert!(failure.contains("own/x.toml:3: x-key: the pattern does not parse"), "{failure}");
    let output = scrubjay(folder.path(), &["signatures", "check", "own"]);
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("own/x.toml:3"), "{}", stderr(&output));
    write(folder.path(), "own/x.toml", &text.replace("lifetime", "lifetme"));
    let failure = complaint(&scrubjay(folder.path(), &["scan", "--signatures", "own"]));
    assert!(failure.contains("own/x.toml:7: unknown field `lifetme`"), "{failure}");
}

/// What a scan would refuse is told by each check of it.
#[test]
fn a_faulty_signature_of_the_configuration_fails_every_check() {
    let changed = |from: &str, to: &str| OWN.replace(from, to);
    let without = changed("examples = []\n", "");
    for (text, told) in [
        (changed("xkey_[a-z0-9]{8}", "xkey_(?=a)[a-z0-9]{8}"), "look-around"),
        (without, "missing field `examples`"),
        (changed("x-key", "github-pat-classic"), "is the name of an earlier signature too"),
        (format!("{OWN}companions = [\"nobody\"]\n"), "companion `nobody` is no signature"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), ".scrubjay.toml", &format!("min-severity = \"low\"\n{text}"));
        for arguments in [
            &["config", "check"][..],
            &["config", "check", ".scrubjay.toml"],
            &["signatures", "check", ".scrubjay.toml"],
            &["scan"],
        ] {
            let output = scrubjay(folder.path(), arguments);
            assert_eq!(exit(&output), 2, "{arguments:?}: {}", stdout(&output));
            assert!(
                stderr(&output).contains(told) && stderr(&output).contains(".scrubjay.toml:2"),
                "{arguments:?}: {}",
                stderr(&output)
            );
        }
    }
}

#[test]
fn a_check_has_all_signatures_that_a_scan_has() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let built_in = OWN.replace("x-key", "github-pat-classic");
    write(root, "own/a.toml", &built_in);
    for named in ["own", "own/a.toml"] {
        let output = scrubjay(root, &["signatures", "check", named]);
        assert_eq!(exit(&output), 2, "{}", stdout(&output));
        assert!(stderr(&output).contains("own/a.toml:1: github-pat-classic: `github-pat-classic` is the name of"));
    }
    // The configuration in force counts, and a companion of it is one.
    write(root, ".scrubjay.toml", OWN);
    write(root, "own/a.toml", &OWN.replace("x-key", "y-key"));
    write(
        root,
        "own/b.toml",
        &format!("{}companions = [\"x-key\"]\n", OWN.replace("x-key", "z-key").replace("xkey_", "zkey_")),
    );
    let fine = scrubjay(root, &["signatures", "check", "own"]);
    assert_eq!((exit(&fine), &*stdout(&fine)), (0, "3 signatures: fine\n"), "{}", stderr(&fine));
    let fine = scrubjay(root, &["signatures", "check", ".scrubjay.toml"]);
    assert_eq!((exit(&fine), &*stdout(&fine)), (0, "1 signature: fine\n"), "{}", stderr(&fine));
    // What a folder has is known to a check of the configuration that is told of it.
    write(root, ".scrubjay.toml", &format!("{OWN}companions = [\"y-key\"]\n"));
    assert_eq!(exit(&scrubjay(root, &["config", "check"])), 2);
    let fine = scrubjay(root, &["config", "check", "--signatures", "own"]);
    assert_eq!(exit(&fine), 0, "{}", stderr(&fine));
    // The command that a scan names shows it.
    write(root, ".scrubjay.toml", "");
    write(root, "own/a.toml", &OWN.replace("{8}", "{8"));
    let failure = complaint(&scrubjay(root, &["scan", "--signatures", "own"]));
    assert!(failure.contains("`scrubjay signatures check own` shows every fault"), "{failure}");
}

#[test]
fn a_folder_without_signatures_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "own/notes.txt", "x\n");
    for arguments in [&["scan"][..], &["signatures", "list"], &["explain", "own/notes.txt"]] {
        let failure = complaint(&scrubjay(folder.path(), &[arguments, &["--signatures", "own"]].concat()));
        assert!(failure.starts_with("scrubjay: signatures: own: there is no signature in what was named"), "{failure}");
    }
}

#[test]
fn a_file_that_is_no_text_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("own")).unwrap();
    std::fs::write(folder.path().join("own/x.toml"), b"# one\n# \xff\n").unwrap();
    std::fs::write(folder.path().join("c.toml"), b"# one\n# \xff\n").unwrap();
    for arguments in [&["signatures", "check", "own"][..], &["scan", "--signatures", "own"]] {
        let text = stderr(&scrubjay(folder.path(), arguments));
        assert!(text.contains("own/x.toml:2: ") && text.contains("no UTF-8"), "{text}");
    }
    let failure = complaint(&scrubjay(folder.path(), &["scan", "--config", "c.toml"]));
    assert!(failure.starts_with("scrubjay: config: c.toml:2: ") && failure.contains("no UTF-8"), "{failure}");
}

#[test]
fn lists_and_shows() {
    let folder = tempfile::tempdir().unwrap();
    let list = stdout(&scrubjay(folder.path(), &["signatures", "list"]));
    assert!(list.lines().any(|line| line.starts_with("github-pat-classic ")), "{list}");
    let json: serde_json::Value =
        serde_json::from_slice(&scrubjay(folder.path(), &["signatures", "list", "--format", "json"]).stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), list.lines().count());
    let shown = stdout(&scrubjay(folder.path(), &["signatures", "show", "github-pat-classic"]));
    assert!(shown.contains("pattern = ") && shown.contains("{crc32b62}"), "{shown}");
    let unknown = complaint(&scrubjay(folder.path(), &["signatures", "show", "nothing"]));
    assert!(unknown.ends_with("`scrubjay signatures list` shows all"), "{unknown}");
}

#[test]
fn a_file_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "app.env", &format!("A=1\nGITHUB_TOKEN={}\n", token(2)));
    let output = scrubjay(folder.path(), &["signatures", "test", "app.env"]);
    let text = stdout(&output);
    assert!(text.contains("app.env:2:14: github-pat-classic: proven"), "{text}");
    assert!(exit(&output) == 0 && !text.contains(&token(2)), "{text}");
}

#[test]
fn a_list_of_signatures_obeys_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let own = "[[signature]]\nid = \"x-key\"\nprovider = \"X\\u001b[31m\"\ntitle = \"x\\u001b[2J\\u202ey\"\nseverity = \"high\"\n\
               lifetime = \"static\"\nkeywords = [\"xkey_\"]\npattern = 'xkey_[a-z0-9]{8}'\nexamples = []\n";
    write(folder.path(), ".scrubjay.toml", own);
    for arguments in
        [&["list"][..], &["list", "--format", "json"], &["show", "x-key"], &["show", "x-key", "--format", "json"]]
    {
        let output = scrubjay(folder.path(), &[&["signatures"], arguments].concat());
        let text = stdout(&output);
        assert!(exit(&output) == 0 && text.contains("x-key"), "{}", stderr(&output));
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{arguments:?}");
    }
}

#[test]
fn signatures_are_tried_on_ordinary_source() {
    let folder = tempfile::tempdir().unwrap();
    let shape = "provider = \"Acme\"\n[[signature]]\nid = \"acme-key\"\ntitle = \"Acme key\"\nseverity = \"high\"\n\
                 lifetime = \"static\"\nkeywords = [\"acme_\"]\npattern = 'acme_[0-9a-z]{16}'\nrotate = \"-\"\n\
                 examples = [\"KEY=⟦acme_{an:16}⟧\"]\n";
    write(folder.path(), "own/acme.toml", shape);
    let values = |count: u64| -> String {
        let one = |seed| {
            String::from_utf8(scrubjay::signature::template::expand("acme_{an:16}\n", seed).unwrap().text).unwrap()
        };
        (1..=count).map(one).collect()
    };
    write(folder.path(), "few/notes.txt", &values(3));
    write(folder.path(), "many/notes.txt", &values(4));
    let few = scrubjay(folder.path(), &["signatures", "check", "own", "--corpus", "few"]);
    assert_eq!((exit(&few), stdout(&few).as_str()), (0, "1 signature: fine\n"), "{}", stderr(&few));
    let many = scrubjay(folder.path(), &["signatures", "check", "own", "--corpus", "many"]);
    assert_eq!(exit(&many), 2, "{}", stdout(&many));
    assert!(
        stderr(&many).contains("acme-key: finds 4 values in ordinary source, and has no proof"),
        "{}",
        stderr(&many)
    );
    let nowhere = complaint(&scrubjay(folder.path(), &["signatures", "check", "own", "--corpus", "nowhere"]));
    assert!(nowhere.contains("is no folder"), "{nowhere}");
}

#[test]
fn a_check_of_no_signature_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let output = scrubjay(folder.path(), &["signatures", "check", "."]);
    assert_eq!(exit(&output), 2, "{}", stdout(&output));
    assert!(stderr(&output).contains("there is no signature in what was named"), "{}", stderr(&output));
}
