//! The whole program: what a person sees, and the exit code.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{command, complaint, exit, scrubjay, stderr, stdout, token, write};

mod usage {
    use super::*;

    #[test]
    fn unknown_flags_and_verbs_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for arguments in [&["scan", "--range", "a..b"][..], &["sweep"], &["scan", "--min-severity", "huge"], &[]] {
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
        assert!(stderr(&output).contains("huge"), "{}", stderr(&output));
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

mod signatures {
    use super::*;

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

    #[test]
    fn lists_and_shows() {
        let folder = tempfile::tempdir().unwrap();
        let list = stdout(&scrubjay(folder.path(), &["signatures", "list"]));
        assert!(list.lines().any(|line| line.starts_with("github-pat-classic ")), "{list}");
        let json: serde_json::Value =
            serde_json::from_slice(&scrubjay(folder.path(), &["signatures", "list", "--format", "json"]).stdout)
                .unwrap();
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
}

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
}
