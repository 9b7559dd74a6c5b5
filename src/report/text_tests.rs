//! What a person sees, as it is seen.

use super::*;
use crate::finding::{Allowed, Excerpt, PathContext};
use crate::origin::{Origin, is_printable};
use crate::report::samples::{directory, finding, hidden, incomplete, place, removed, report, token};

fn text(report: &Report, edit: impl FnOnce(&mut Options)) -> String {
    let mut options = Options::default();
    edit(&mut options);
    let mut out = Vec::new();
    write(report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn one_secret_at_one_place() {
    let report = report(vec![finding("rule-a", &token())]);
    let id = &report.findings[0].fingerprint;
    assert_eq!(
        text(&report, |_| ()),
        format!(
            "high: Example token [rule-a, likely]
  --> src/app.py:3:9 (live)
 3 | token = tok_****wxyz # x
   |         ^^^^^^^^^^^^
  why       as random as a token (+50); the provider's prefix (+25)
  known     account 123456789012
  opens     Everything at Example. Works until it is revoked.
  to do     Take it out of the file and load it from a secret store. If it was ever pushed or
            shipped, revoke it first.
  revoke    https://example.com/revoke
  renew     https://example.com/new
  id        {id}

found: 1 secret in 1 place (1 high); 1 fails this run
read: 1,234 objects, 12.3 MB
"
        )
    );
    assert_eq!(text(&report, |options| options.quiet = true).lines().last(), Some(""));
    assert!(text(&report, |options| options.verbose = true).contains("shorter than most (-5); the provider's"));
}

#[test]
fn one_secret_in_a_tree_a_history_and_a_layer() {
    let mut found = finding("rule-a", &token());
    found.places.extend([removed("old/app.py"), hidden("app/.env")]);
    found.places[0].context = Some(PathContext::Test);
    found.places[2].location.line = 120;
    let shown = text(&report(vec![found]), |options| options.width = Some(66));
    let places = shown.split_once("  why").unwrap().0;
    assert_eq!(
        places,
        "high: Example token [rule-a, likely]
    --> src/app.py:3:9 (live, test file)
   3 | token = tok_****wxyz # x
     |         ^^^^^^^^^^^^
    --> old/app.py:3:9 (in history only, in 4 versions)
   3 | k: ****
     |    ^^^^
       since     commit c0c0c0c0c0c0 by Ann Example, 2026-01-02
       until     commit d0d0d0d0d0d0 by Ann Example, 2026-01-02
    --> app/.env:120:9 (removed or replaced later on, still in the image)
       image     example/app:1
       platform  linux/amd64
       layer     2, sha256:a1a1a1a1a1a1, made by COPY .env
                 /app/.env
       hidden by layer 5, sha256:e5e5e5e5e5e5
"
    );
    assert!(shown.contains("found: 1 secret in 3 places (1 high)"));
}

#[test]
fn what_several_share_is_told() {
    let shared = |paths: &[&str]| {
        let mut found = finding("rule-a", &token());
        found.places = paths.iter().map(|path| place(directory().at_path(*path), *path)).collect();
        let shown = text(&report(vec![found]), |_| ());
        shown
            .lines()
            .find_map(|line| line.trim_start().strip_prefix("shared "))
            .map(|line| line.trim_start().to_owned())
    };
    let told = shared(&["deploy/values-prod.yaml", "envs/STAGING/app.env", "envs/dev/a.env", "prod/b"]).unwrap();
    assert!(told.starts_with("production, staging and development share it: "), "{told}");
    assert_eq!(shared(&["deploy/values-prod.yaml", "prod/dev-tools/values-prod.yaml", "product/a", "devise/b"]), None);
}

/// Names in one file speak of environments as paths do; a word alone does not.
#[test]
fn what_names_of_one_file_share_is_told() {
    let shared = |lines: &[&str]| {
        let mut found = finding("rule-a", &token());
        found.places = lines
            .iter()
            .map(|line| {
                let mut place = place(directory().at_path("app.env"), "app.env");
                place.excerpt = Excerpt { text: format!("{line}****"), mark: (line.len(), line.len() + 4) };
                place
            })
            .collect();
        advice::Shared::of(&report(vec![found.clone()]), &found).map(|shared| shared.in_words())
    };
    assert_eq!(
        shared(&["PROD_DB_PASSWORD=", "export DEV_DB_PASSWORD='"]).as_deref(),
        Some("production and development")
    );
    assert_eq!(shared(&["db.staging.password: ", "db.prod.password: "]).as_deref(), Some("production and staging"));
    assert_eq!(shared(&["stage = ", "PROD_PASSWORD=", "ACC_PASSWORD=", "device_key="]), None);
}

#[test]
fn advice_fits_the_most_urgent_state() {
    let advice = |place: Place| {
        let mut found = finding("rule-a", &token());
        found.places = vec![place];
        text(&report(vec![found]), |_| ())
    };
    assert!(advice(removed("a")).contains("every clone has it"));
    assert!(advice(hidden("a")).contains("can pull this layer"));
    let mut both = finding("rule-a", &token());
    both.places = vec![removed("a"), place(directory().at_path("b"), "b")];
    assert!(text(&report(vec![both]), |_| ()).contains("Take it out of the file"));
    let config = advice(of_image(TextKind::ImageConfig));
    assert!(config.contains("Build the image without it") && !config.contains("out of the file"), "{config}");
}

/// A place in what an image says of itself.
fn of_image(kind: TextKind) -> Place {
    let image = Origin::new(Step::Image { reference: "example/app:1".to_owned(), digest: None });
    place(image.with(Step::Text { kind }), "")
}

#[test]
fn the_place_of_an_annotation_is_not_read_as_a_tag() {
    let mut found = finding("rule-a", &token());
    found.places = vec![of_image(TextKind::Annotation)];
    let shown = text(&report(vec![found]), |_| ());
    assert!(shown.contains("--> annotation:3:9 ") && shown.contains("image     example/app:1\n"), "{shown}");
}

#[test]
fn of_many_places_the_first_are_shown() {
    let mut found = finding("rule-a", &token());
    found.places =
        (0..8).map(|number| place(directory().at_path(format!("f{number}")), format!("f{number}"))).collect();
    found.places[7].allowed =
        Some(Allowed { by: "config", reason: "sample".to_owned(), written: "c:1".to_owned(), ..Allowed::default() });
    let report = report(vec![found]);
    let short = text(&report, |_| ());
    assert_eq!(short.matches("-->").count(), 5);
    assert_eq!(short.matches("k: ****").count(), 1, "the same line is not shown again");
    assert!(short.contains("... and 2 more places (--verbose lists all)"), "{short}");
    assert!(short.contains("... and 1 more place is allowed (--show-allowed lists all)"), "{short}");
    let whole = text(&report, |options| {
        options.verbose = true;
        options.show_allowed = true;
    });
    assert_eq!(whole.matches("-->").count(), 8);
    assert!(whole.contains("allowed   sample (config at c:1)"), "{whole}");
}

#[test]
fn allowed_findings_are_counted_and_shown_when_asked_for() {
    let mut allowed = finding("rule-a", &token());
    allowed.fails = false;
    allowed.places[0].allowed = Some(Allowed {
        by: "inline",
        reason: "a sample".to_owned(),
        written: "src/app.py:3".to_owned(),
        ..Allowed::default()
    });
    let mut report = report(Vec::new());
    report.allowed = vec![allowed];
    report.below_threshold = 2;
    assert_eq!(
        text(&report, |_| ()),
        "allowed: 1 secret
below the thresholds, not shown: 2
read: 1,234 objects, 12.3 MB
clean: no secret found, and all that was asked for was read
"
    );
    assert!(
        text(&report, |options| options.show_allowed = true).contains("allowed   a sample (inline at src/app.py:3)")
    );
}

#[test]
fn an_incomplete_scan_is_never_clean() {
    let mut incomplete = incomplete();
    incomplete.notes = vec!["c:1: an entry ended".to_owned()];
    assert_eq!(
        text(&incomplete, |_| ()),
        "read: 1,234 objects, 12.3 MB
not read, not asked for: 1 excluded, 3 ignored
  - a.log: ignored
  - b.log: ignored
  - c.log: ignored
  - and 1 more (--verbose lists all)
nothing to read: 1 special-file
  - fifo: special-file
not read, accepted by the config: 1 encrypted
  - old.zip: encrypted
not read, lost: 1 truncated
  - x/broken.tar.gz: truncated (unexpected end of stream)
note: c:1: an entry ended
incomplete: 1 thing that was asked for was not read; nobody knows what is in there
"
    );
    assert!(text(&incomplete, |options| options.verbose = true).contains("  - d.log: excluded\n"));
    assert_eq!(text(&incomplete, |options| options.quiet = true), "");
}

#[test]
fn text_of_others_cannot_act() {
    let path = "::error::x\u{1b}[31m\r\n::warning::##[error]\u{202e}";
    let mut found = finding("rule-a", &token());
    found.places = vec![removed(path), place(directory().at_path(path), path)];
    found.places[0].excerpt = Excerpt { text: "##vso[task.x]::error::\u{7}".to_owned(), mark: (0, 5) };
    let commit = found.places[0].fate.as_mut().unwrap().introduced.as_mut().unwrap();
    commit.author = Some(format!("{} ::error::x", "word ".repeat(14)));
    commit.date = "::error\u{1b}".to_owned();
    found.details[0].value = "\u{1b}]0;x".to_owned();
    let mut report = report(vec![found]);
    report.notes = vec!["##[group]".to_owned()];
    let skip = crate::blob::Skip::new(directory().at_path(path), crate::blob::Reason::Unreadable, "a\nb");
    report.coverage.skips = vec![(crate::blob::Class::Lost, skip)];
    for width in [None, Some(0), Some(50), Some(80)] {
        let shown = text(&report, |options| {
            options.verbose = true;
            options.width = width;
        });
        assert!(shown.chars().all(|c| c == '\n' || is_printable(c)), "{shown}");
        assert!(shown.lines().all(|line| !line.trim_start().starts_with("::")), "{shown}");
        assert!(!shown.contains("##"), "{shown}");
    }
}

#[test]
fn paths_that_are_no_text_and_places_without_a_path() {
    let name = |origin: Origin, path: &[u8]| {
        let mut place = place(origin, "");
        place.path = path.to_vec();
        let mut found = finding("rule-a", &token());
        found.places = vec![place];
        let shown = text(&report(vec![found]), |_| ());
        shown.lines().nth(1).unwrap().trim_start_matches("  --> ").to_owned()
    };
    assert_eq!(name(directory().at_path(*b"a\xff"), b"a\xff"), "a\\xff:3:9 (live)");
    let repository = Origin::new(Step::Repository { location: ".".to_owned() });
    let commit = repository.with(Step::Object { id: "c0".repeat(20), kind: ObjectKind::Commit });
    assert_eq!(name(commit, b""), "message of commit c0c0c0c0c0c0:3:9 (live)");
    let reference = repository.with(Step::Ref { name: b"refs/heads/x".to_vec() });
    assert_eq!(
        name(reference.with(Step::Text { kind: TextKind::RefName }), b""),
        "ref name of ref refs/heads/x:3:9 (live)"
    );
    let folder = directory().at_path("a").with(Step::Text { kind: TextKind::FileName });
    assert_eq!(name(folder, b"a"), "file name at a:3:9 (live)");
    assert_eq!(name(Origin::new(Step::Stdin), b""), "standard input:3:9 (live)");
}

#[test]
fn a_long_line_is_cut_to_the_terminal() {
    let mut found = finding("rule-a", &token());
    let side = "x".repeat(60);
    found.places[0].excerpt = Excerpt { text: format!("{side} **** {side}"), mark: (61, 65) };
    let shown = text(&report(vec![found]), |options| options.width = Some(45));
    let lines: Vec<&str> = shown.lines().collect();
    let (line, carets) = (lines[2], lines[3]);
    assert!(columns(line) <= 45 && line.starts_with(" 3 | …xx") && line.ends_with("xx…"), "{line}");
    let at = columns(line.split_once("****").unwrap().0);
    assert_eq!(carets, format!("   |{}^^^^", " ".repeat(at - 4)));
}

#[test]
fn colours_only_when_wanted() {
    let report = report(vec![finding("rule-a", &token())]);
    let colored = text(&report, |options| options.color = true);
    assert!(colored.contains("\u{1b}[1m\u{1b}[31mhigh\u{1b}[0m: "), "{colored:?}");
    assert!(colored.contains("tok_****wxyz\u{1b}[0m # x"));
    let mut plain = String::new();
    let mut rest = &*colored;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, text(&report, |_| ()));
}

#[test]
fn an_image_config_is_named_once() {
    let config = Origin::new(Step::Image { reference: "app".to_owned(), digest: None })
        .with(Step::Config { digest: format!("sha256:{}", "a1".repeat(32)) })
        .with(Step::Text { kind: TextKind::ImageConfig });
    let mut found = finding("rule-a", &token());
    found.places = vec![place(config, "")];
    let shown = text(&report(vec![found]), |_| ());
    assert!(shown.contains("--> image config:3:9 (live)"), "{shown}");
}

#[test]
fn of_many_references_it_is_said_that_there_may_be_more() {
    let mut found = finding("rule-a", &token());
    found.places = vec![removed("old/app.py")];
    let told = |count: usize, found: &mut Finding| {
        let fate = found.places[0].fate.as_mut().unwrap();
        fate.refs = (0..count).map(|number| format!("refs/tags/{number:02}")).collect();
        text(&report(vec![found.clone()]), |_| ())
    };
    assert!(told(2, &mut found).contains("still in  refs/tags/00 and 1 more"));
    assert!(told(Fate::MOST_REFS, &mut found).contains("still in  refs/tags/00 and at least 31 more"));
}

#[test]
fn a_tag_is_there_since_itself() {
    let mut found = finding("rule-a", &token());
    let mut tagged = removed("");
    tagged.origin = Origin::new(Step::Repository { location: ".".to_owned() })
        .with(Step::Object { id: "c0".repeat(20), kind: ObjectKind::Tag });
    found.places = vec![tagged];
    let told = text(&report(vec![found]), |_| ());
    assert!(told.contains("since     tag c0c0c0c0c0c0 by Ann Example"), "{told}");
}
