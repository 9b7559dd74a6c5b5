use std::collections::HashMap;

use super::*;
use crate::blob::{Blob, Item, Sink};
use crate::finding::{Commit, Fate};
use crate::origin::{ObjectKind, TextKind};
use crate::signature::{embedded, template};

/// Files, objects with their fates, and skips, all at hand.
#[derive(Default)]
struct Fixed {
    blobs: Vec<(Origin, Vec<u8>)>,
    fates: HashMap<Origin, Vec<Fate>>,
    skips: Vec<Skip>,
}

impl Source for Fixed {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        for (origin, bytes) in &self.blobs {
            sink.put(Item::Blob(Blob::bytes(origin.clone(), bytes)));
        }
        for skip in &self.skips {
            sink.put(Item::Skip(skip.clone()));
        }
        Ok(())
    }

    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        Ok(wanted.iter().map(|origin| self.fates.get(origin).cloned().unwrap_or_default()).collect())
    }
}

struct Quiet;

impl Progress for Quiet {
    fn expect(&self, _: u64, _: u64) {}
    fn done(&self, _: u64, _: u64) {}
    fn stopped(&self) -> bool {
        false
    }
}

/// Out of time as soon as all is read.
#[derive(Default)]
struct Late(std::sync::atomic::AtomicBool);

impl Progress for Late {
    fn expect(&self, _: u64, _: u64) {}
    fn done(&self, _: u64, _: u64) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
    fn stopped(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

fn options() -> Options {
    Options {
        unpack: Some(unpack::Limits::default()),
        ..options_of(RuleSet::compile(&embedded().expect("parses"), false).expect("compiles"))
    }
}

/// Options as they are without a flag, but for archives, which are not opened.
pub(crate) fn options_of(rules: RuleSet) -> Options {
    Options {
        rules,
        name_rules: None,
        unpack: None,
        max_size: None,
        min_severity: Severity::Low,
        min_confidence: Confidence::Likely,
        fail_on: FailOn { severity: Severity::Low, confidence: Confidence::Likely, states: State::ALL.to_vec() },
        context_warn: Vec::new(),
        show_secrets: false,
        authors: true,
        salt: None,
        today: crate::date::Date::parse("2026-06-15").expect("a day"),
        allow: allow::Entries::default(),
        inline_marks: Marks::Everywhere,
        foreign_marks: false,
        accept: Vec::new(),
        all_allowed_is_read: true,
        changed_allow: ChangedAllow::Report,
        changed_entries: allow::Entries::default(),
        baseline: None,
        changed_baseline: None,
        owners: None,
        explain: Vec::new(),
        leave_out: None,
    }
}

fn scan(targets: Vec<Fixed>, options: &Options) -> Report {
    let targets: Vec<Target> = targets.into_iter().map(|source| -> Target { (".".into(), Box::new(source)) }).collect();
    run("scan", &targets, options, &Quiet).expect("reads")
}

fn github(seed: u64) -> Vec<u8> {
    template::expand("ghp_{b62:30}{crc32b62}", seed).expect("template").text
}

fn file(path: &str, bytes: Vec<u8>) -> (Origin, Vec<u8>) {
    (Origin::new(Step::Directory { path: ".".into() }).at_path(path), bytes)
}

fn object(id: &str, bytes: Vec<u8>) -> (Origin, Vec<u8>) {
    let repository = Origin::new(Step::Repository { location: ".".into() });
    (repository.with(Step::Object { id: id.into(), kind: ObjectKind::Blob }), bytes)
}

fn fate(state: State, path: &str, commit: &str, order: u64) -> Fate {
    let commit = Commit {
        id: commit.into(),
        author: Some("A".into()),
        email: Some("a@mail.example".into()),
        date: "2026-01-02T03:04:05Z".into(),
    };
    Fate { path: Some(path.into()), introduced: Some(commit), order, ..Fate::of(state) }
}

#[test]
fn one_secret_at_three_paths_is_one_finding() {
    let token = github(1);
    let mut config = b"token: ".to_vec();
    config.extend_from_slice(&token);
    let source = Fixed {
        blobs: vec![file("a.yml", config.clone()), file("b.txt", token.clone()), file("c/d.txt", config)],
        ..Fixed::default()
    };
    let report = scan(vec![source], &options());
    assert_eq!(report.findings.len(), 1);
    let finding = &report.findings[0];
    assert_eq!(finding.signature.id, "github-pat-classic");
    assert_eq!(finding.confidence, Confidence::Proven);
    assert!(finding.fails);
    let paths: Vec<&[u8]> = finding.places.iter().map(|place| place.path.as_slice()).collect();
    assert_eq!(paths, [&b"a.yml"[..], b"b.txt", b"c/d.txt"]);
    assert!(!finding.shown.contains(std::str::from_utf8(&token[8..30]).expect("ASCII")));
    assert_eq!(report.coverage.objects, 3);
}

#[test]
fn versions_of_a_path_and_the_file_itself_are_one_place_with_its_first_commit() {
    let token = github(2);
    let (old, new) = ([&token[..], b"\n"].concat(), [b"x\n", &token[..], b"\n"].concat());
    let blobs = vec![object("aa", old), object("bb", new.clone())];
    let fates = HashMap::from([
        (blobs[0].0.clone(), vec![fate(State::Removed, "k.txt", "c1", 1)]),
        (blobs[1].0.clone(), vec![fate(State::Live, "k.txt", "c2", 2), fate(State::Removed, "old.txt", "c3", 3)]),
    ]);
    let tree = Fixed { blobs: vec![file("k.txt", new)], ..Fixed::default() };
    let report = scan(vec![tree, Fixed { blobs, fates, ..Fixed::default() }], &options());
    assert_eq!(report.findings.len(), 1);
    let places = &report.findings[0].places;
    assert_eq!(places.len(), 2);
    assert_eq!((places[0].path.as_slice(), places[0].state, places[0].versions), (&b"k.txt"[..], State::Live, 2));
    assert_eq!(places[0].location.line, 2);
    let first = places[0].fate.as_ref().and_then(|fate| fate.introduced.as_ref()).expect("a commit");
    assert_eq!(first.id, "c1");
    assert_eq!((places[1].path.as_slice(), places[1].state), (&b"old.txt"[..], State::Removed));
}

#[test]
fn an_inline_mark_covers_its_line_and_only_with_a_reason() {
    let text = |token: &[u8], mark: &str| [token, b" # ", mark.as_bytes(), b"\n"].concat();
    let source = Fixed {
        blobs: vec![
            file("a", text(&github(3), "scrubjay:allow github-pat-classic reason=\"revoked in May\"")),
            file("b", text(&github(4), "scrubjay:allow github-pat-classic")),
        ],
        ..Fixed::default()
    };
    let report = scan(vec![source], &options());
    assert_eq!((report.findings.len(), report.allowed.len()), (1, 1));
    let allowed = report.allowed[0].places[0].allowed.as_ref().expect("allowed");
    assert_eq!((allowed.by, allowed.reason.as_str()), ("inline", "revoked in May"));
    assert_eq!(report.notes, ["b:1: scrubjay:allow does not count: it is written scrubjay:allow RULE reason=\"why\""]);
}

#[test]
fn a_mark_in_an_old_version_does_not_cover_what_is_live() {
    let token = github(5);
    let marked = [&token[..], b" # scrubjay:allow github-pat-classic reason=\"old\"\n"].concat();
    let blobs = vec![object("aa", marked), object("bb", token)];
    let fates = HashMap::from([
        (blobs[0].0.clone(), vec![fate(State::Removed, "k", "c1", 1)]),
        (blobs[1].0.clone(), vec![fate(State::Live, "k", "c2", 2)]),
    ]);
    let report = scan(vec![Fixed { blobs, fates, ..Fixed::default() }], &options());
    assert_eq!((report.findings.len(), report.allowed.len()), (1, 0));
}

#[test]
fn a_loss_counts_unless_it_is_accepted() {
    let origin = Origin::new(Step::Directory { path: ".".into() }).at_path("x.zip");
    let skips = vec![Skip::new(origin, Reason::Encrypted, "")];
    let mut options = options();
    let report = scan(vec![Fixed { skips: skips.clone(), ..Fixed::default() }], &options);
    assert!(report.is_incomplete());
    options.accept.push(Accept { covers: Box::new(|skip| skip.origin.path() == Some(b"x.zip")), reason: None });
    let report = scan(vec![Fixed { skips, ..Fixed::default() }], &options);
    assert!(!report.is_incomplete());
    assert_eq!(report.coverage.count(Class::Accepted), 1);
}

#[test]
fn what_is_too_large_is_a_skip() {
    let mut options = options();
    options.max_size = Some(10);
    let report = scan(vec![Fixed { blobs: vec![file("big", github(6))], ..Fixed::default() }], &options);
    assert_eq!(report.findings.len(), 0);
    assert_eq!(report.coverage.skips[0].1.reason, Reason::TooLarge);
    assert!(report.is_incomplete());
    // Names of a folder are no file that could be made smaller.
    let names = Origin::new(Step::Directory { path: ".".into() }).with(Step::Text { kind: TextKind::FileName });
    let report = scan(vec![Fixed { blobs: vec![(names, github(6))], ..Fixed::default() }], &options);
    assert_eq!((report.findings.len(), report.coverage.skips.len()), (1, 0));
}

#[test]
fn of_a_secret_on_each_line_of_a_file_so_many_places_are_listed() {
    let line = String::from_utf8(github(7)).expect("text");
    let log = |lines: usize| file("log", format!("{}\n", line.trim_end()).repeat(lines).into_bytes());
    let scanned = |blobs| {
        let report = scan(vec![Fixed { blobs, ..Fixed::default() }], &options());
        assert_eq!(report.findings.len(), 1);
        (report.findings[0].places.len(), report.findings[0].is_allowed(), report.allowed.len(), report.notes)
    };
    let (places, _, _, notes) = scanned(vec![log(999)]);
    assert_eq!((places, notes.len()), (999, 0));
    let (places, _, _, notes) = scanned(vec![log(3_000), file("app.env", github(7))]);
    assert_eq!(places, 1_001);
    assert!(notes[0].starts_with("log: no more than 1000 places of one secret"), "{notes:?}");
    // A mark beyond them counts as one before them does.
    let marked = format!("{} # scrubjay:allow github-pat-classic reason=\"a sample\"\n", line.trim_end());
    let log = file("log", format!("{}{marked}", format!("{}\n", line.trim_end()).repeat(3_000)).into_bytes());
    let report = scan(vec![Fixed { blobs: vec![log], ..Fixed::default() }], &options());
    assert_eq!((report.findings.len(), report.allowed.len()), (0, 1));
}

#[test]
fn of_a_file_with_nothing_but_secrets_so_many_are_kept_and_the_rest_is_told() {
    let lines = |from: u64, to: u64| (from..to).flat_map(|seed| [github(seed), b"\n".to_vec()].concat()).collect();
    let blobs = vec![file("dump", lines(0, 2_050)), file("other", lines(3_000, 3_010))];
    let report = scan(vec![Fixed { blobs, ..Fixed::default() }], &options());
    assert_eq!(report.findings.len(), 2_010);
    let lost: Vec<_> = report.coverage.skips.iter().map(|(_, skip)| (skip.reason, skip.origin.to_string())).collect();
    assert!(lost.len() == 1 && lost[0].0 == Reason::TooMuchMemory && lost[0].1.contains("dump"), "{lost:?}");
}

#[test]
fn thresholds_hide_and_count() {
    let mut options = options();
    options.min_confidence = Confidence::Proven;
    let text = b"password = \"kX9mQ2vLp4w!\"\n".to_vec();
    let report = scan(vec![Fixed { blobs: vec![file("a", text)], ..Fixed::default() }], &options);
    assert_eq!((report.findings.len(), report.below_threshold), (0, 1));
}

#[test]
fn only_what_its_name_alone_gives_away_may_be_a_label_in_many_files() {
    let confidence = |line: &str, files: usize| {
        let blobs = (0..files).map(|number| file(&format!("conf/{number}.py"), line.as_bytes().to_vec())).collect();
        let report = scan(vec![Fixed { blobs, ..Fixed::default() }], &options());
        report.findings.first().map(|finding| finding.confidence)
    };
    let (named, in_address) = ("db_password = \"sunset\"\n", "url = \"postgres://app:sunset@db.internal/app\"\n");
    for (line, in_many) in [(named, Confidence::Possible), (in_address, Confidence::Likely)] {
        assert_eq!(confidence(line, 7), Some(Confidence::Likely), "{line}");
        assert_eq!(confidence(line, 8), Some(in_many), "{line}");
    }
}

#[test]
fn what_has_expired_by_its_own_word_is_possible_at_most() {
    let token = |end: u64| {
        let template = format!("TOKEN={{jwt:{{{{\"sub\":\"svc\",\"exp\":{end}}}}}}}\n");
        template::expand(&template, 7).unwrap().text
    };
    // 14 and 15 June 2026, a second before midnight and at it.
    let yesterday = || vec![Fixed { blobs: vec![file("app.env", token(1_781_481_599))], ..Fixed::default() }];
    let today = || vec![Fixed { blobs: vec![file("app.env", token(1_781_481_600))], ..Fixed::default() }];
    assert!(scan(yesterday(), &options()).findings.is_empty());
    assert_eq!(scan(today(), &options()).findings.len(), 1);
    let all = Options { min_confidence: Confidence::Possible, ..options() };
    let found = scan(yesterday(), &all);
    let [finding] = &found.findings[..] else { panic!("{:?}", found.findings.len()) };
    assert_eq!(finding.confidence, Confidence::Possible);
    assert!(finding.reasons.iter().any(|why| why.text == "expired on 2026-06-14"), "{:?}", finding.reasons);
}

#[test]
fn a_checksum_that_fails_again_and_again_is_told() {
    let broken = |count: u64| -> Vec<u8> {
        let one = |seed| template::expand("GITHUB_TOKEN=ghp_{b62:36}\n", seed).expect("expands").text;
        (0..count).flat_map(one).collect()
    };
    let told = |count: u64| {
        let report =
            scan(vec![Fixed { blobs: vec![file("tokens.env", broken(count))], ..Fixed::default() }], &options());
        (report.findings.len(), report.notes)
    };
    assert_eq!(told(20), (0, Vec::new()));
    let (_, notes) = told(21);
    let expected =
        "github-pat-classic: 21 values have the shape of GitHub and not its checksum: its format may have changed";
    assert_eq!(notes, [expected]);
}

#[test]
fn paths_of_history_that_were_not_asked_for_are_left_out() {
    let (blob, bytes) = object("1", github(1));
    let at = |path: &str| Fate { path: Some(path.into()), ..Fate::of(State::Removed) };
    let source = |paths: &[&str]| Fixed {
        blobs: vec![(blob.clone(), bytes.clone())],
        fates: HashMap::from([(blob.clone(), paths.iter().map(|path| at(path)).collect())]),
        ..Fixed::default()
    };
    let mut options = options();
    options.leave_out = Some(Box::new(|path| path.starts_with(b"vendor/")));
    let report = scan(vec![source(&["src/a", "vendor/a"])], &options);
    let paths: Vec<_> = report.findings[0].places.iter().map(|place| place.path.clone()).collect();
    assert_eq!(paths, [b"src/a".to_vec()]);
    assert!(report.notes[0].contains("1 place in history"), "{:?}", report.notes);
    assert!(scan(vec![source(&["vendor/a"])], &options).findings.is_empty());
}

#[test]
fn what_is_out_of_time_before_it_has_a_fingerprint_is_lost() {
    let text = [b"db_password: \"Tannen-Zapfen-88x\"\n# ", &github(1)[..]].concat();
    let source = Fixed { blobs: vec![file("a.yml", text)], ..Fixed::default() };
    let targets: [Target; 1] = [(".".into(), Box::new(source))];
    let report = run("scan", &targets, &options(), &Late::default()).unwrap();
    // One that cannot be guessed costs nothing.
    assert_eq!(report.findings.iter().map(|one| &*one.signature.id).collect::<Vec<_>>(), ["github-pat-classic"]);
    let lost: Vec<&str> = report.coverage.skips.iter().map(|(_, skip)| &*skip.detail).collect();
    assert!(
        report.is_incomplete() && lost.iter().any(|detail| detail.starts_with("1 secret was found and is not told"))
    );
}

#[test]
fn a_mark_is_no_secret_itself_and_what_stands_beside_it_is() {
    let options = options();
    let found = |text: &str| {
        let source = Fixed { blobs: vec![file("m.env", text.as_bytes().to_vec())], ..Fixed::default() };
        let report = scan(vec![source], &options);
        assert_eq!(report.notes, [] as [String; 0], "{text}");
        (report.findings.len(), report.allowed.len())
    };
    for reason in ["ticket SEC-4711", "JIRA-1234: throwaway DB", "db01 is local", "account of the 2023 demo, gone"] {
        let mark = format!("scrubjay:allow generic-password reason=\"{reason}\"");
        assert_eq!(found(&format!("password: \"kR7vQz2mXp9LtW4n\" # {mark}\n")), (0, 1), "{reason}");
        assert_eq!(found(&format!("x = 1 # {mark}\n")), (0, 0), "{reason}");
        assert_eq!(found(&format!("# {mark} password: \"kR7vQz2mXp9LtW4n\" \n")), (0, 1), "{reason}");
    }
    let token = String::from_utf8(github(3)).unwrap();
    assert_eq!(
        found(&format!("x = 1 # scrubjay:allow url-password reason=\"{token}\"\n")),
        (1, 0),
        "a shape tells itself"
    );
}

/// In time that grows with the number of candidates, not with its square.
#[test]
fn a_dump_of_one_line_again_and_again_is_read_and_masked() {
    let line = b"password = \"hello\" other_password = \"kR7vQz2mXp9LtW4n\"\n";
    let report = scan(vec![Fixed { blobs: vec![file("q.txt", line.repeat(4_000))], ..Fixed::default() }], &options());
    assert_eq!(report.findings[0].places.len(), 1_000);
    for place in &report.findings[0].places {
        assert!(
            !place.excerpt.text.contains("hello") && !place.excerpt.text.contains("Xp9Lt"),
            "{}",
            place.excerpt.text
        );
    }
}

#[test]
fn a_stream_ends_when_the_time_is_over() {
    struct Endless;
    impl Source for Endless {
        fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
            let mut reader = std::io::repeat(b'\n');
            sink.put(Item::Blob(Blob::stream(Origin::new(Step::Stdin), &mut reader)));
            Ok(())
        }
    }
    struct Soon(std::time::Instant);
    impl Progress for Soon {
        fn expect(&self, _: u64, _: u64) {}
        fn done(&self, _: u64, _: u64) {}
        fn stopped(&self) -> bool {
            self.0.elapsed().as_millis() > 100
        }
    }
    let targets: [Target; 1] = [("-".into(), Box::new(Endless))];
    let report = run("stdin", &targets, &options(), &Soon(std::time::Instant::now())).unwrap();
    assert!(report.coverage.skips.iter().all(|(_, skip)| skip.reason == Reason::TimedOut) && report.is_incomplete());
}

#[test]
fn a_line_that_could_be_a_whole_file_elsewhere_is_masked_as_what_it_is_here() {
    let shown = |path: &str, text: &str| {
        let source = Fixed { blobs: vec![file(path, text.as_bytes().to_vec())], ..Fixed::default() };
        scan(vec![source], &options()).findings[0].places[0].excerpt.text.clone()
    };
    let one = shown("x.env", "password: \"kR7vQz2mXp9LtW4n\"\n");
    assert_eq!(one, "password: \"[16 to 31 characters]\"");
    let url = format!("url: postgres://appuser:{}@db.acme.io/x\n", ["kR7vQz2m", "Xp9LtW4m"].concat());
    let url = shown("z.txt", &url);
    assert!(url.contains("postgres:") && url.ends_with("@db.acme.io/x"), "{url}");
}
