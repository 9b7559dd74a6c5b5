use super::*;
use crate::blob::Reason;
use crate::finding::State;
use crate::origin::{Origin, Step};
use crate::report::samples::{directory, finding, incomplete, place, removed, report, token};
use crate::report::{Format, Options};

fn options() -> SummaryOptions {
    SummaryOptions { most_bytes: 1 << 20, pages: None, accepts_loss: false }
}

fn pages() -> Pages {
    Pages { repository: "https://github.com/o/r".to_owned(), commit: "ab".repeat(20) }
}

/// What is printed, and the commands that a runner would take from it.
fn printed(report: &crate::report::Report, accepts_loss: bool) -> (String, Vec<String>) {
    let mut out = Vec::new();
    let options = Options { fence: "f3nce".to_owned(), accepts_loss, ..Options::default() };
    Format::Github.write(report, &options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let (mut stopped, mut commands) = (false, Vec::new());
    for line in text.lines() {
        match line {
            "::stop-commands::f3nce" => stopped = true,
            "::f3nce::" => stopped = false,
            line if !stopped && line.starts_with("::") => commands.push(line.to_owned()),
            line => assert!(stopped, "{line}"),
        }
    }
    assert!(!stopped);
    (text, commands)
}

#[test]
fn a_finding_stands_beside_its_line() {
    let (text, commands) = printed(&report(vec![finding("rule-a", &token())]), false);
    assert!(text.contains("found: 1 secret in 1 place"), "the log has the report too");
    let [command] = &commands[..] else { panic!("{commands:?}") };
    let begin = "::error file=src/app.py,line=3,endLine=3,col=9,endColumn=41,title=Example token (high%2C likely)::tok_****wxyz%0A";
    assert!(command.starts_with(begin), "{command}");
    assert!(command.contains("Revoke: https://example.com/revoke%0AId: sj1:"), "{command}");
    let mut touched = finding("rule-a", &token());
    touched.fails = false;
    assert!(printed(&report(vec![touched]), false).1[0].starts_with("::warning file=src/app.py,line=3,"));
    assert!(printed(&report(Vec::new()), false).1.is_empty());
}

#[test]
fn what_is_in_an_older_commit_only_names_the_commit_and_no_file() {
    let mut found = finding("rule-a", &token());
    found.places = vec![removed("old/app.py")];
    let (_, commands) = printed(&report(vec![found.clone()]), false);
    assert!(commands[0].starts_with("::error title=Example token (high%2C likely)::"), "{commands:?}");
    assert!(commands[0].contains("old/app.py:3:9, in history only, since commit c0c0c0c0c0c0 by Ann Example"));
    let told = summary(&report(vec![found]), &SummaryOptions { pages: Some(pages()), ..options() });
    assert!(told.contains(&format!("(https://github.com/o/r/commit/{})", "c0".repeat(20))), "{told}");
    assert!(!told.contains("/blob/"), "{told}");
}

#[test]
fn a_step_shows_ten_the_worst_first_and_the_last_counts_the_rest() {
    let many: Vec<Finding> = (0..23)
        .map(|number| {
            let mut found = finding("rule-a", &format!("{}{number:02}", token()));
            found.fails = number >= 11;
            found.severity = if number == 22 { crate::signature::Severity::Critical } else { found.severity };
            found.places[0].location.line = number + 1;
            found
        })
        .collect();
    let mut report = report(many);
    report.coverage.skips = incomplete().coverage.skips;
    report.notes = (0..11).map(|number| format!("note {number}")).collect();
    let (_, commands) = printed(&report, false);
    let of = |level: &str| commands.iter().filter(|line| line.starts_with(level)).cloned().collect::<Vec<_>>();
    let errors = of("::error ");
    assert_eq!((errors.len(), of("::warning ").len(), of("::notice ").len()), (10, 10, 10));
    assert!(errors[0].contains("incomplete") && errors[1].contains("line=23,"), "{errors:?}");
    assert!(
        errors[9].ends_with(
            "title=scrubjay::4 more are in the log of this run; its summary has as many as there is room for"
        ),
        "{errors:?}"
    );
    assert!(of("::notice ")[9].contains("2 more are"));
    let accepted = printed(&report, true).1;
    assert!(accepted.iter().any(|line| line.starts_with("::warning ") && line.contains("incomplete")));
    assert!(!accepted.iter().any(|line| line.starts_with("::error ") && line.contains("incomplete")));
}

#[test]
fn columns_are_those_of_editors() {
    let mut wide = finding("rule-a", &token());
    let at = &mut wide.places[0].location;
    (at.utf16_column, at.utf16_end_column) = (Some(7), Some(39));
    let (_, commands) = printed(&report(vec![wide]), false);
    assert!(commands[0].contains(",line=3,endLine=3,col=7,endColumn=39,"), "{commands:?}");
}

#[test]
fn secrets_on_one_line_are_one_annotation() {
    let mut other = finding("rule-b", &format!("{}x", token()));
    other.places[0].location.column = 60;
    let (_, commands) = printed(&report(vec![finding("rule-a", &token()), other]), false);
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert_eq!(commands[0].matches("Id: sj1:").count(), 2);
}

/// Names that would be commands, markup or calls.
const HOSTILE: &[&str] = &[
    "a\n::error file=x::forged",
    "::error::forged",
    "x,line=1,title=forged::y",
    "a%0A::error::forged",
    "##[error]forged",
    "a\r::set-output name=x::forged",
    "::f3nce::",
    "| x | [y](https://evil.example) @octocat #1 <img src=x> `a` **b** ![c](d) \\",
    "</code><script>",
    "x\u{202e}y",
];

#[test]
fn nothing_that_was_scanned_is_a_command() {
    for name in HOSTILE {
        let mut found = finding("rule-a", &token());
        found.places[0] = place(directory().at_path(*name), name);
        found.places.push(place(Origin::new(Step::Stdin).at_path(*name), name));
        found.places[0].excerpt.text = format!("{name}****");
        let mut report = report(vec![found]);
        report.notes = vec![format!("note {name}")];
        let skip = Skip::new(directory().at_path(*name), Reason::Truncated, *name);
        report.coverage.skips = vec![(Class::Lost, skip)];
        let (text, commands) = printed(&report, false);
        assert_eq!(commands.len(), 3, "{name}: {commands:?}");
        assert!(text.lines().all(|line| !line.starts_with("##[") && !line.contains('\r')), "{text}");
        for command in &commands {
            let (_, message) = command[2..].split_once("::").unwrap();
            assert!(!command[2..].split_once("::").unwrap().0.contains("forged::"), "{command}");
            assert!(
                !message.contains("%0A::error"),
                "what is unescaped is not read again, and is broken still: {command}"
            );
        }
        let told = summary(&report, &SummaryOptions { pages: Some(pages()), ..options() });
        for markup in ["<img", "<script", "@octocat", "](https://evil", "**b**", "![c]", "`a`", "</code></code>"] {
            assert!(!told.contains(markup), "{name}: {told}");
        }
        assert!(told.lines().all(|line| !line.starts_with("::")), "{told}");
    }
}

#[test]
fn a_name_that_cannot_be_written_names_no_file() {
    let mut found = finding("rule-a", &token());
    found.places[0] = place(directory().at_path(*b"a\xff"), "");
    found.places[0].path = b"a\xff".to_vec();
    let (_, commands) = printed(&report(vec![found]), false);
    assert!(commands[0].starts_with("::error title="), "{commands:?}");
}

#[test]
fn a_summary_says_what_was_found_and_where() {
    let mut found = finding("rule-a", &token());
    found.places[0].state = State::Introduced;
    let told = summary(&report(vec![found]), &SummaryOptions { pages: Some(pages()), ..options() });
    assert!(told.starts_with("### scrubjay: 1 secret fails this run\n"), "{told}");
    let link = format!("](https://github.com/o/r/blob/{}/src/app.py#L3)", "ab".repeat(20));
    assert!(told.contains(&link) && told.contains("introduced by this change"), "{told}");
    assert!(told.contains("Revoke: <https://example.com/revoke>"), "{told}");
    assert!(summary(&report(Vec::new()), &options()).starts_with("### scrubjay: clean\n"));
    let lost = summary(&incomplete(), &options());
    assert!(lost.starts_with("### scrubjay: no secret in what could be read; incomplete\n"), "{lost}");
    assert!(lost.contains("not read: <code>x/broken.tar.gz</code> truncated"), "{lost}");
}

#[test]
fn a_summary_keeps_its_size() {
    let many: Vec<Finding> = (0..3_000)
        .map(|number| {
            let mut found = finding("rule-a", &format!("{}{number:04}", token()));
            let path = format!("{}/{number}.py", "long".repeat(60));
            found.places[0] = place(directory().at_path(&*path), &path);
            found
        })
        .collect();
    let mut report = report(many);
    // Every character of them takes six bytes.
    let name = "#".repeat(4_000);
    let skip = Skip::new(directory().at_path(&*name), Reason::Truncated, &*name);
    report.coverage.skips = vec![(Class::Lost, skip); 100];
    report.notes = vec![name; 100];
    for most_bytes in [60_000, 1 << 20] {
        let told = summary(&report, &SummaryOptions { most_bytes, ..options() });
        assert!(told.len() <= most_bytes && told.len() > most_bytes / 2, "{}", told.len());
        assert!(told.contains("more secrets are in the report and in the log of this run."));
        assert!(told.starts_with("### scrubjay: 3,000 secrets fail this run; incomplete\n"));
        assert!(told.contains("\nread: 1,234 objects"), "the end is there too");
    }
}
