//! The whole program: what a person sees, and the exit code.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{command, complaint, exit, git, scrubjay, stderr, stdout, token, write};

mod usage {
    use super::*;

    #[test]
    fn unknown_flags_and_verbs_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for arguments in [&["scan", "--range", "a..b"][..], &["baseline"], &["scan", "--min-severity", "huge"], &[]] {
            assert_eq!(exit(&scrubjay(folder.path(), arguments)), 2, "{arguments:?}");
        }
        for (flag, value) in [("--max-size", "10XB"), ("--timeout", "5"), ("--fail-on", "x"), ("--output", "x.sarif")] {
            let output = scrubjay(folder.path(), &["scan", flag, value]);
            assert_eq!(exit(&output), 2);
            assert!(stderr(&output).contains(flag), "{}", stderr(&output));
        }
    }

    #[test]
    fn a_target_that_is_none_gets_a_guess() {
        let folder = tempfile::tempdir().unwrap();
        let missing = complaint(&scrubjay(folder.path(), &["scan", "./nowhere"]));
        assert_eq!(
            missing,
            "scrubjay: scan: ./nowhere: No such file or directory: name a file or folder that is there"
        );
        let image = complaint(&scrubjay(folder.path(), &["scan", "debian:12"]));
        assert!(image.ends_with("did you mean `scrubjay image debian:12`?"), "{image}");
    }

    #[test]
    fn no_repository_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let failure = complaint(&scrubjay(folder.path(), &["git", "."]));
        assert!(failure.starts_with("scrubjay: git: .: "), "{failure}");
        let url = format!("https://me:{}@git.example/app.git", token(1));
        let failure = complaint(&scrubjay(folder.path(), &["scan", &url]));
        assert!(failure.ends_with("`scrubjay git https://git.example/app.git` clones and scans it"), "{failure}");
        assert!(!failure.contains(&token(1)));
        let refused = complaint(&scrubjay(folder.path(), &["git", "ext::sh -c true"]));
        assert!(refused.starts_with("scrubjay: git: "), "{refused}");
    }

    /// What was typed is quoted in messages, and logs keep these.
    #[test]
    fn no_message_has_a_token_that_was_typed() {
        let folder = tempfile::tempdir().unwrap();
        let typed = token(31);
        write(folder.path(), &format!("{typed}/a.env"), "A=1\n");
        let inside = format!("{typed}/a.env");
        let nowhere = format!("oci:nowhere/{typed}");
        for arguments in [
            &["scan", &typed, "./nowhere"][..],
            &["scan", &format!("./{}", token(32)), "--max-size", &typed],
            &["scan", ".", "--config", &token(33)],
            &["image", &nowhere],
            &["explain", &inside],
            &["explain", &format!("{inside}:1")],
            &["signatures", "test", &inside],
            &["signatures", "check", &token(34)],
            &[&typed],
        ] {
            let output = scrubjay(folder.path(), arguments);
            let text = format!("{}{}", stdout(&output), stderr(&output));
            assert!(
                !text.contains(&typed) && (31..35).all(|seed| !text.contains(&token(seed))),
                "{arguments:?}: {text}"
            );
            assert!(text.contains("ghp_****") || arguments[0] == "scan" && arguments.contains(&"./nowhere"), "{text}");
        }
    }

    #[test]
    fn no_image_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["UPPER case", "docker:app:1", "https://h.example/app", "./nowhere.tar", "oci:nowhere"] {
            let failure = complaint(&scrubjay(folder.path(), &["image", name]));
            assert!(failure.starts_with("scrubjay: image: "), "{failure}");
        }
    }

    #[test]
    fn flags_can_be_variables() {
        let folder = tempfile::tempdir().unwrap();
        let output = command(folder.path()).arg("scan").env("SCRUBJAY_MIN_SEVERITY", "huge").output().unwrap();
        assert_eq!(exit(&output), 2);
        let told = stderr(&output);
        assert!(
            told.contains("huge") && told.contains("the variable SCRUBJAY_MIN_SEVERITY gives --min-severity"),
            "{told}"
        );
        let typed =
            command(folder.path()).args(["scan", "--min-severity", "wee"]).env("SCRUBJAY_MIN_SEVERITY", "low").output();
        assert!(!stderr(&typed.unwrap()).contains("the variable"));
        // One that is empty is not set, and a format of other verbs is none of this one.
        write(folder.path(), "a.env", "A=1\n");
        for (arguments, name, value) in [
            (&["scan", "a.env"][..], "SCRUBJAY_MIN_SEVERITY", ""),
            (&["scan", "a.env"], "SCRUBJAY_BASELINE", ""),
            (&["scan", "a.env"], "SCRUBJAY_QUIET", ""),
            (&["signatures", "show", "github-pat-classic"], "SCRUBJAY_FORMAT", "sarif"),
        ] {
            let output = command(folder.path()).args(arguments).env(name, value).output().unwrap();
            assert_eq!(exit(&output), 0, "{arguments:?} {name}: {}", stderr(&output));
        }
        let output = command(folder.path()).args(["scan", "a.env"]).env("SCRUBJAY_FORMAT", "sarif").output().unwrap();
        assert!(stdout(&output).starts_with('{'), "{}", stdout(&output));
    }

    #[test]
    fn completions_and_manual_pages() {
        let folder = tempfile::tempdir().unwrap();
        for shell in ["bash", "zsh", "fish"] {
            let output = scrubjay(folder.path(), &["completions", shell]);
            assert!(exit(&output) == 0 && stdout(&output).contains("signatures"), "{shell}");
        }
        assert!(stdout(&scrubjay(folder.path(), &["man"])).starts_with(".ie"));
        assert_eq!(exit(&scrubjay(folder.path(), &["man", "--dir", "pages"])), 0);
        assert!(folder.path().join("pages/scrubjay-signatures-list.1").is_file());
    }
}

mod config {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), ".scrubjay.toml", "max-depth = 2\nmin-severty = \"low\"\n");
        for arguments in [&["scan"][..], &["config", "show"]] {
            let failure = complaint(&scrubjay(folder.path(), arguments));
            assert!(failure.contains(".scrubjay.toml:2:1: unknown field `min-severty`"), "{failure}");
        }
        assert_eq!(exit(&scrubjay(folder.path(), &["config", "check"])), 2);
        write(folder.path(), ".scrubjay.toml", "max-depth = 2\n");
        let fine = scrubjay(folder.path(), &["config", "check"]);
        assert!(exit(&fine) == 0 && stdout(&fine).trim_end().ends_with(".scrubjay.toml: fine"), "{}", stdout(&fine));
    }

    #[test]
    fn a_rule_that_is_none_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join(".scrubjay.toml").display().to_string();
        for key in ["only", "without"] {
            let text = format!("{key} = [\n  \"github-pat-classic\",\n  \"no-rule\",\n]\n");
            write(folder.path(), ".scrubjay.toml", &text);
            let failure = complaint(&scrubjay(folder.path(), &["scan", "."]));
            let expected = format!("scrubjay: config: {file}:3: {key}: no-rule: no signature has this id or tag");
            assert!(failure.starts_with(&expected), "{failure}");
            let checked = scrubjay(folder.path(), &["config", "check"]);
            let told = format!("scrubjay: config: {file}:3: {key}: `no-rule` is in no signature");
            assert!(
                exit(&checked) == 2 && stderr(&checked).starts_with(&told) && !stdout(&checked).ends_with("fine\n")
            );
        }
        let typed = complaint(&scrubjay(folder.path(), &["scan", "--only", "no-rule"]));
        assert!(typed.starts_with("scrubjay: --only: no-rule: no signature"), "{typed}");

        // Of an entry it is told whatever is scanned, and once.
        let entry = "[[allow]]\nrule = \"no-rule\"\nreason = \"was one\"\n";
        write(folder.path(), ".scrubjay.toml", &format!("max-depth = 3\n{entry}"));
        for arguments in [&["scan", "."][..], &["dir", "."], &["scan", ".", "--only", "github-pat-classic"]] {
            let text = stdout(&scrubjay(folder.path(), arguments));
            let note = format!("note: {file}:2: no rule is called `no-rule`, so this allow entry covers nothing");
            assert_eq!((text.matches(&note).count(), text.matches(&file).count()), (1, 1), "{text}");
        }
        let checked = stderr(&scrubjay(folder.path(), &["config", "check"]));
        assert!(checked.starts_with(&format!("scrubjay: config: {file}:2: allow: `no-rule`")), "{checked}");
    }

    #[test]
    fn what_an_entry_allows_is_not_shown_and_a_variable_without_a_flag_is_told() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), ".scrubjay.toml", "[[allow]]\nvalue = \"Kirschkern-41-Suppe\"\nreason = \"a sample\"\n");
        let mut show = command(folder.path());
        show.args(["config", "show"]).env("SCRUBJAY_MIN_SEVERTY", "high").env("SCRUBJAY_MIN_SEVERITY", "high");
        let shown = stdout(&show.output().unwrap());
        assert!(shown.contains("reason = \"a sample\"") && !shown.contains("Kirschkern"), "{shown}");
        assert!(shown.contains("# variables come before all this: SCRUBJAY_MIN_SEVERITY\n"), "{shown}");
        assert!(shown.contains("# variables that no flag has: SCRUBJAY_MIN_SEVERTY\n"), "{shown}");
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            ".scrubjay.toml",
            "min-severity = \"high\"\nmax-size = \"1MB\"\nsalt = \"pepper\"\n[[allow]]\npath = \"docs/\"\nreason = \"manual\"\nuntil = 2999-12-31\n",
        );
        let shown = stdout(&scrubjay(folder.path(), &["config", "show"]));
        assert!(shown.contains("min-severity = \"high\"") && shown.contains("2999-12-31"), "{shown}");
        assert!(!shown.contains("pepper"), "{shown}");
        write(folder.path(), "again.toml", &shown);
        let again = scrubjay(folder.path(), &["config", "check", "again.toml"]);
        assert_eq!(exit(&again), 0, "{}", stderr(&again));
    }

    #[test]
    fn a_policy_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let failure = complaint(&scrubjay(folder.path(), &["scan", "--config", "policy.toml"]));
        assert!(failure.starts_with("scrubjay: config: policy.toml: No such file"), "{failure}");
    }
}

/// Who answers for a path, and why an entry lets it pass, are words of people, and may hold anything.
#[test]
fn no_word_of_an_owner_or_of_an_entry_is_a_token() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.env", &format!("T={}\n", token(41)));
    write(folder.path(), "b.env", &format!("T={}\n", token(42)));
    write(folder.path(), "CODEOWNERS", &format!("* @{}\n", token(43)));
    let entry = format!("[[allow]]\npath = \"b.env\"\nreason = \"was {}\"\nowner = \"{}\"\n", token(44), token(45));
    write(folder.path(), ".scrubjay.toml", &entry);
    for format in ["json", "jsonl", "csv", "sarif", "junit", "text", "gitlab", "markdown"] {
        let output = scrubjay(folder.path(), &["scan", "a.env", "b.env", "--show-allowed", "--format", format]);
        let text = stdout(&output);
        assert!((41..46).all(|seed| !text.contains(&token(seed))), "{format}: {text}");
    }
}

/// What shall fail a run is shown and fails it.
#[test]
fn what_fails_a_run_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let broken = format!("{}A", &token(21)[..39]);
    let broken = if broken == token(21) { format!("{}B", &token(21)[..39]) } else { broken };
    write(folder.path(), "a.env", &format!("T={broken}\n"));
    assert_eq!(exit(&scrubjay(folder.path(), &["scan"])), 0);
    let output = scrubjay(folder.path(), &["scan", "--fail-on", "confidence=possible"]);
    assert!(exit(&output) == 1 && stdout(&output).contains("[github-pat-classic, possible]"), "{}", stdout(&output));
    write(folder.path(), ".scrubjay.toml", "[fail-on]\nconfidence = \"possible\"\n");
    assert_eq!(exit(&scrubjay(folder.path(), &["scan"])), 1);
    let twice = scrubjay(folder.path(), &["scan", "--fail-on", "severity=high,severity=low"]);
    assert!(exit(&twice) == 2 && stderr(&twice).contains("`severity` is given twice"), "{}", stderr(&twice));
}

#[path = "cli/signatures.rs"]
mod signatures;

mod explain {
    use super::*;

    #[test]
    fn says_why_and_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let placeholder = format!("ghp_{}", "x".repeat(36));
        write(folder.path(), "app.env", &format!("A=1\nT={}\nU={placeholder}\n", token(3)));
        let found = stdout(&scrubjay(folder.path(), &["explain", "app.env:2"]));
        assert!(found.contains("app.env:2:3: github-pat-classic: proven") && !found.contains(&token(3)), "{found}");
        let dropped = stdout(&scrubjay(folder.path(), &["explain", "app.env:3"]));
        assert!(dropped.contains("app.env:3:3: github-pat-classic: dropped"), "{dropped}");
        let nothing = stdout(&scrubjay(folder.path(), &["explain", "app.env:1"]));
        assert!(nothing.contains("app.env:1: no candidate: the line has no keyword"), "{nothing}");
        assert!(stdout(&scrubjay(folder.path(), &["explain", "app.env:99"])).contains("the file has fewer lines"));
        complaint(&scrubjay(folder.path(), &["explain", "nowhere:3"]));
    }

    #[test]
    fn a_member_is_named_as_reports_name_it_and_names_are_masked() {
        let folder = tempfile::tempdir().unwrap();
        let named = token(13);
        let mut archive = tar::Builder::new(Vec::new());
        for (name, content) in
            [("app/values.yaml", format!("a: 1\nT: {}\n", token(12))), (&*format!("{named}/l"), token(14))]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        std::fs::write(folder.path().join("app.tar"), archive.into_inner().unwrap()).unwrap();
        let found = stdout(&scrubjay(folder.path(), &["explain", "app.tar!/app/values.yaml:2"]));
        assert!(found.starts_with("app.tar!/app/values.yaml:2:4: github-pat-classic: proven\n"), "{found}");
        assert_eq!(found.matches("github-pat-classic").count(), 1, "{found}");
        let nothing = stdout(&scrubjay(folder.path(), &["explain", "app.tar!/app/values.yaml:1"]));
        assert!(nothing.starts_with("no candidate: "), "{nothing}");
        let failure = complaint(&scrubjay(folder.path(), &["explain", &format!("app.tar!/{}/x:1", token(15))]));
        assert!(failure.contains("has no such member") && !failure.contains(&token(15)), "{failure}");
        for verb in [&["explain"][..], &["signatures", "test"]] {
            let told = stdout(&scrubjay(folder.path(), &[verb, &["app.tar"]].concat()));
            let masked = format!("app.tar!/ghp_****{}/l:1:1: ", &named[36..]);
            assert!(told.contains(&masked) && !told.contains(&named), "{told}");
        }
    }

    /// A tree with a find, a placeholder and an allowed find, whose find was in another place before.
    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "-q"]);
        write(root, "conf/app.env", &format!("T={}\n", token(4)));
        write(root, "other.env", &format!("T={}\n", token(5)));
        git(root, &["add", "."]);
        git(root, &["commit", "-qm", "one"]);
        let placeholder = format!("ghp_{}", "x".repeat(36));
        write(root, "conf/app.env", &format!("A=1\nU={placeholder}\npassword = \"changeme\"\n"));
        git(root, &["add", "."]);
        git(root, &["commit", "-qm", "two"]);
        folder
    }

    #[test]
    fn a_scan_explains_the_files_that_are_named() {
        let folder = repository();
        let text = stdout(&scrubjay(folder.path(), &["scan", "--explain", "conf/app.env", "--quiet"]));
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("conf/app.env:")).collect();
        assert_eq!(
            lines,
            [
                "conf/app.env:1:3: github-pat-classic: proven, reported",
                "conf/app.env:2:3: github-pat-classic: dropped",
                "conf/app.env:3:13: generic-password: dropped",
            ],
            "{text}"
        );
        assert!(!text.contains("other.env:1:3: github-pat-classic") && !text.contains(&token(4)), "{text}");
        let only = |explain: &str| {
            let text = stdout(&scrubjay(folder.path(), &["scan", "--explain", explain, "--quiet"]));
            text.lines().filter(|line| line.contains(": generic-") || line.contains(": github-")).count()
        };
        assert_eq!([only("app.env:3"), only("conf/"), only("*.env:2:7"), only("./conf/app.env:2")], [1, 3, 1, 1]);
        let dropped = scrubjay(folder.path(), &["dir", "conf", "--explain", "conf/app.env"]);
        assert_eq!(exit(&dropped), 0, "what is explained does not fail a run");
        assert!(stdout(&dropped).contains("conf/app.env:2:3: github-pat-classic: dropped"), "{}", stdout(&dropped));
    }

    #[test]
    fn history_is_explained_by_its_paths() {
        let folder = repository();
        let text = stdout(&scrubjay(folder.path(), &["git", ".", "--explain", "conf/*", "--quiet"]));
        assert!(text.contains("conf/app.env:1:3: github-pat-classic: proven, reported"), "{text}");
        assert!(text.contains("conf/app.env:3:13: generic-password: dropped"), "{text}");
        assert!(!text.contains("other.env:1:3: github"), "{text}");
    }

    #[test]
    fn what_came_of_it_and_what_names_nothing() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.env", &format!("T={}\nU={}\n", token(6), token(7)));
        write(folder.path(), ".scrubjay.toml", "[[allow]]\npath = \"a.env\"\nreason = \"sample\"\n");
        let run = |arguments: &[&str]| stdout(&scrubjay(folder.path(), arguments));
        let allowed = run(&["scan", "--explain", "a.env:1"]);
        assert!(allowed.contains("a.env:1:3: github-pat-classic: allowed: sample (config at "), "{allowed}");
        let below = run(&["scan", "--explain", "a.env:1", "--fail-on", "severity=low", "--min-severity", "critical"]);
        assert!(below.contains("a.env:1:3: github-pat-classic: "), "{below}");
        let nothing = run(&["scan", "--explain", "a.env:9", "--explain", "b.env"]);
        assert!(nothing.contains("note: --explain a.env:9: no candidate: nothing there has a keyword"), "{nothing}");
        assert!(nothing.contains("note: --explain b.env: no candidate at such a path, or no such path"), "{nothing}");
        let json: serde_json::Value =
            serde_json::from_str(&run(&["scan", "--explain", "a.env:2", "--format", "json"])).unwrap();
        assert_eq!(json["explained"][0]["line"], 2);
        assert_eq!(
            json["explained"][0]["outcome"],
            format!(
                "allowed: sample (config at {})",
                json["allowed"][0]["places"][0]["allowed"]["written"].as_str().unwrap()
            )
        );
        assert!(json["explained"][0]["score"]["points"].as_i64().unwrap() >= 100);
        let lines = run(&["scan", "--explain", "a.env", "--format", "jsonl"]);
        assert_eq!(lines.lines().filter(|line| line.contains("\"kind\":\"explained\"")).count(), 2, "{lines}");
        let bad = complaint(&scrubjay(folder.path(), &["scan", "--explain", "a["]));
        assert!(bad.starts_with("scrubjay: --explain: a[: is no glob"), "{bad}");
    }

    #[test]
    fn archives_and_standard_input_are_explained() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "in.env", "password = \"changeme\"\n");
        let tar =
            std::process::Command::new("tar").args(["czf", "all.tgz", "in.env"]).current_dir(folder.path()).status();
        assert!(tar.unwrap().success());
        let text = stdout(&scrubjay(folder.path(), &["dir", "all.tgz", "--explain", "all.tgz"]));
        assert!(text.contains("!/in.env:1:13: generic-password: dropped"), "{text}");
        let mut stdin = command(folder.path());
        stdin.args(["stdin", "--explain", "-"]).stdin(std::fs::File::open(folder.path().join("in.env")).unwrap());
        let text = stdout(&stdin.output().unwrap());
        assert!(text.contains("standard input:1:13: generic-password: dropped"), "{text}");
    }
}

/// A rule for some paths counts for little where there is no path: it must not take a find with it.
#[test]
fn what_a_name_tells_counts_where_no_path_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{{\"user\":\"bob\",\"password\":\"kX9!{}\"}}\n", &token(9)[10..24]);
    write(folder.path(), "in.json", &text);
    for name in [&[][..], &["--name", "x.json"]] {
        let mut stdin = command(folder.path());
        stdin.arg("stdin").args(name).stdin(std::fs::File::open(folder.path().join("in.json")).unwrap());
        let output = stdin.output().unwrap();
        assert_eq!(exit(&output), 1, "{}", stdout(&output));
        assert!(stdout(&output).contains("[generic-password, likely]"), "{}", stdout(&output));
    }
}
