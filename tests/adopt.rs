//! `docs/adopt.md`, played: its commands run in their order on an old repository with 500 findings, and end as the page says.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{git, scrubjay, stdout, token, write};
use serde_json::Value;

/// A command of the page, and the exit that it is said to have.
struct Step {
    command: String,
    exit: i32,
}

/// The commands of the page: what follows `$ ` in its blocks, with the lines of a here-document.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut in_block = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_block = line == "```console";
        } else if in_block {
            match line.strip_prefix("$ ") {
                Some(command) => {
                    let exit = command.rsplit_once("# exit ").map_or(0, |(_, code)| code.trim().parse().unwrap());
                    steps.push(Step { command: command.to_owned(), exit });
                }
                None => {
                    let last = steps.last_mut().unwrap();
                    last.command.push('\n');
                    last.command.push_str(line);
                }
            }
        }
    }
    steps
}

/// A password as a person chooses it.
fn password(number: u64) -> String {
    let word = ["Granite", "Willow", "Harbor", "Copper", "Meadow"][(number % 5) as usize];
    format!("{word}{}{}", 1_000 + 37 * number, ["!", "#", "?x"][(number % 3) as usize])
}

/// 150 tokens of samples, 225 tokens and 25 passwords in settings (some of them in two files), 100 tokens that only the
/// history has.
fn old_repository(at: &Path) {
    git(at, &["init", "-q", "-b", "main"]);
    let lines = |seeds: std::ops::Range<u64>| {
        seeds.map(|seed| format!("KEY_{seed}_TOKEN={}\n", token(seed))).collect::<String>()
    };
    write(at, ".github/CODEOWNERS", "/config/ @acme/platform\n");
    write(at, "legacy/keys.env", &lines(0..100));
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", "the old days"]);
    git(at, &["rm", "-q", "legacy/keys.env"]);
    let settings = |file: u64| {
        let start = 100 + 10 * file;
        format!("{}DATABASE_PASSWORD=\"{}\"\n", lines(start..start + 9), password(file))
    };
    (0..25).for_each(|file| write(at, &format!("config/service-{file}.env"), &settings(file)));
    write(at, "config/all.env", &(settings(0) + &settings(1)));
    write(at, "testdata/session.log", &lines(350..500));
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", "settings and samples"]);
}

#[test]
fn the_page_leads_from_500_findings_to_zero() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("old");
    fs::create_dir_all(&at).unwrap();
    old_repository(&at);
    let saved = folder.path().join("saved");
    fs::create_dir_all(&saved).unwrap();

    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/adopt.md")).unwrap();
    let steps = steps(&page);
    assert!(steps.len() > 30, "{}", steps.len());
    let binary = Path::new(env!("CARGO_BIN_EXE_scrubjay")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut told = Vec::new();
    for step in &steps {
        let command = step.command.replace("/tmp/", &format!("{}/", saved.display()));
        let mut shell = Command::new("sh");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SCRUBJAY_")) {
            shell.env_remove(name);
        }
        let output = shell
            .args(["-c", &command])
            .current_dir(&at)
            .env("PATH", &path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
            .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.com")])
            .output()
            .unwrap();
        let text = format!("{}{}", stdout(&output), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(step.exit), "{}\n{text}", step.command);
        assert!((0..500).all(|seed| !text.contains(&token(seed))), "{}", step.command);
        told.push((step.command.lines().next().unwrap().to_owned(), text));
    }
    let of = |command: &str| -> Vec<&str> {
        told.iter().filter(|(line, _)| line.starts_with(command)).map(|(_, text)| text.as_str()).collect()
    };
    let first: Value = serde_json::from_slice(&fs::read(saved.join("first.json")).unwrap()).unwrap();
    assert_eq!(first["counts"]["findings"], 500);
    let table = fs::read_to_string(saved.join("first.csv")).unwrap();
    assert_eq!(table.matches("'@acme/platform").count(), 270);
    assert!(
        of("scrubjay baseline create")[0].contains("350 secrets at 370 paths added (150 places are allowed otherwise")
    );
    let scans = of("scrubjay scan");
    let green = scans.iter().find(|text| text.contains("in the baseline")).unwrap();
    assert!(green.contains("allowed: 150 secrets\nin the baseline, still to be dealt with: 350 secrets\n"), "{green}");
    assert!(of("scrubjay hook run pre-commit")[0].contains("copied.env"), "{}", of("scrubjay hook")[0]);
    assert!(of("scrubjay git --range")[1].contains("allowed by this change only"), "{}", of("scrubjay git --range")[1]);
    let pruned = of("scrubjay baseline prune");
    assert!(pruned[0].contains("0 entries at 0 paths taken out"), "the history has them: {}", pruned[0]);
    assert!(pruned[1].contains("it has 0 entries at 0 paths now"), "{}", pruned[1]);
    let compared = of("scrubjay report diff")[0];
    assert!(compared.ends_with("0 places new, 0 gone, 370 allowed now, 0 still there\n"), "{compared}");

    let output = scrubjay(&at, &["scan", "--format", "json"]);
    let last: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    let counts = &last["counts"];
    assert_eq!(
        (&counts["findings"], &counts["allowed_findings"], &counts["baselined_findings"]),
        (&0.into(), &500.into(), &0.into())
    );
}
