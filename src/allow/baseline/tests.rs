use proptest::prelude::*;

use super::*;
use crate::finding::Fingerprint;
use crate::finding::samples::place;
use crate::origin::{ObjectKind, Origin, Step, TextKind};
use crate::signature::Signature;

fn fingerprint(secret: &[u8]) -> Fingerprint {
    Fingerprinter::new(Some(b"pepper")).of("rule-a", secret, true)
}

/// What is known again of a secret, and owns it.
struct One {
    signature: Signature,
    fingerprint: Fingerprint,
    guessable: bool,
}

impl One {
    fn subject(&self) -> Subject<'_> {
        Subject { signature: &self.signature, own: &[], fingerprint: &self.fingerprint, guessable: self.guessable }
    }
}

fn signature(id: &str) -> Signature {
    toml::from_str(&format!(
        "id = '{id}'\naliases = ['old-a']\ntitle = 't'\nseverity = 'high'\nlifetime = 'static'\nkeywords = ['k']\nexamples = []"
    ))
    .unwrap()
}

fn strong(secret: &[u8]) -> One {
    One { signature: signature("rule-a"), fingerprint: fingerprint(secret), guessable: false }
}

fn weak(secret: &[u8]) -> One {
    One { guessable: true, ..strong(secret) }
}

fn named(path: &str) -> Name {
    Ground::default().name_of(&in_repository(path))
}

fn in_force(baseline: Baseline) -> InForce {
    InForce::new(baseline, "f".into(), Ground::default(), Some(b"pepper")).unwrap()
}

fn in_repository(path: impl AsRef<[u8]>) -> Place {
    let blob = Step::Object { id: "b1".repeat(20), kind: ObjectKind::Blob };
    place(Origin::new(Step::Repository { location: ".".into() }).with(blob), path)
}

fn in_folder(root: &str, path: &str) -> Place {
    place(Origin::new(Step::Directory { path: root.into() }).at_path("x"), path)
}

fn baseline(known: &[(&[u8], &str)]) -> Baseline {
    let mut baseline = Baseline::new(Salt::Own(b"pepper".to_vec()));
    for (secret, path) in known {
        baseline.add(&strong(secret).subject(), named(path), true);
    }
    baseline
}

fn fault(text: &str) -> (usize, &'static str) {
    let fault = Baseline::parse(text).unwrap_err();
    (fault.line, fault.message)
}

#[test]
fn what_is_written_is_read_again_and_is_the_same() {
    let made = baseline(&[(b"one", "a b/ü.env"), (b"two", "b"), (b"one", "a"), (b"one", "a")]);
    let text = made.text();
    assert!(text.starts_with("# scrubjay baseline 1\n"), "{text}");
    assert!(text.contains("\n# salt 706570706572\n"), "{text}");
    assert!(text.contains(" rule-a a a%20b/ü.env\n"), "{text}");
    assert_eq!(made.counts(), (2, 3));
    let read = Baseline::parse(&text).unwrap();
    assert_eq!(read.text(), text);
    assert_eq!(read.salt, made.salt);
    let crlf = Baseline::parse(&text.replace('\n', "\r\n")).unwrap();
    assert_eq!(crlf.text(), text);
}

#[test]
fn lines_in_any_order_and_twice_are_as_good() {
    let (ours, theirs) = (baseline(&[(b"one", "a"), (b"two", "b")]), baseline(&[(b"one", "c"), (b"three", "d")]));
    // What `merge=union` makes of two sides.
    let mut lines: Vec<String> = ours.text().lines().chain(theirs.text().lines()).map(str::to_owned).collect();
    lines[1..].reverse();
    let merged = Baseline::parse(&lines.join("\n")).unwrap();
    let expected = baseline(&[(b"one", "a"), (b"one", "c"), (b"two", "b"), (b"three", "d")]);
    assert_eq!(merged.text(), expected.text());
}

#[test]
fn what_is_broken_is_told_with_its_line() {
    let text = baseline(&[(b"one", "a")]).text();
    assert_eq!(fault("").0, 1);
    assert!(fault("[]").1.contains("is no baseline"));
    assert!(fault("# scrubjay baseline 2\n").1.contains("later version"));
    assert_eq!(fault(&format!("{text}<<<<<<< HEAD\n")), (5, CONFLICT));
    assert_eq!(fault(&format!("<<<<<<< HEAD\n{text}")), (1, CONFLICT));
    assert_eq!(fault(&format!("{text}=======\n")).0, 5);
    assert_eq!(fault(&format!("{text}\n# salt 00ff\n")), (6, TWO_SALTS));
    for salt in ["", "0", "zz", "elsewhere", "elsewhere 12", &"00".repeat(LONGEST_SALT + 1)] {
        assert_eq!(
            fault(&format!("# scrubjay baseline 1\n# salt {salt}\n")).0,
            if salt.is_empty() { 1 } else { 2 },
            "{salt}"
        );
    }
    assert!(fault("# scrubjay baseline 1\n").1.contains("salt"));
    for line in [
        "sj1:123 rule-a x",
        "sj1:1g rule-a x",
        "nonsense",
        &format!("{} rule-a", fingerprint(b"x")),
        fingerprint(b"x").as_str(),
    ] {
        assert_eq!(fault(&format!("{text}{line}\n")), (5, NO_ENTRY), "{line}");
    }
}

#[test]
fn a_secret_is_known_at_its_paths_whatever_the_line() {
    let known = InForce::new(baseline(&[(b"one", "a"), (b"two", "b")]), "f".into(), Ground::default(), Some(b"pepper"));
    let known = known.unwrap();
    assert!(known.fingerprinter().is_none());
    let mut moved = in_repository("a");
    moved.location.line = 99;
    for there in [in_repository("a"), moved, in_folder(".", "a")] {
        assert!(
            matches!(known.look_up(&strong(b"one").subject(), &there), Known::Here(allowed) if allowed.is_baseline())
        );
    }
    assert_eq!(known.look_up(&strong(b"one").subject(), &in_repository("b")), Known::Elsewhere);
    assert_eq!(known.look_up(&strong(b"other").subject(), &in_repository("a")), Known::Not);
    assert!(known.unused().unwrap().contains("1 of its entries was not found ("));
    known.look_up(&strong(b"two").subject(), &in_repository("z"));
    assert_eq!(known.unused(), None);
}

#[test]
fn another_salt_is_noticed() {
    let own = baseline(&[(b"one", "a")]);
    assert!(InForce::new(own, "f".into(), Ground::default(), None).unwrap().fingerprinter().is_some());
    let elsewhere = Baseline::new(Salt::elsewhere(Some(b"s3")));
    assert_eq!(Baseline::parse(&elsewhere.text()).unwrap(), elsewhere);
    assert!(!elsewhere.text().contains("7333"), "the salt itself is not written");
    assert!(InForce::new(elsewhere.clone(), "f".into(), Ground::default(), Some(b"s3")).is_ok());
    assert!(InForce::new(elsewhere.clone(), "f".into(), Ground::default(), Some(b"s4")).is_err());
    assert!(InForce::new(elsewhere, "f".into(), Ground::default(), None).is_err());
}

#[test]
fn paths_are_counted_from_the_folder_of_the_baseline() {
    let ground = Ground {
        folders: Some(("/home/app".into(), "/home/app/sub".into())),
        linked: vec![(b"../alias/conf".to_vec(), b"/home/app/conf".to_vec())],
        repositories: BTreeMap::from([("../lib".to_owned(), b"lib".to_vec()), ("..".to_owned(), Vec::new())]),
    };
    let at = |root: &str, path: &str| ground.name_of(&in_folder(root, path)).to_string();
    assert_eq!(at(".", "x"), "sub/x");
    assert_eq!(at("..", "../x"), "x");
    assert_eq!(at("../lib", "../lib/./x"), "lib/x");
    assert_eq!(at("/home/app/lib", "/home/app/lib/x"), "lib/x");
    assert_eq!(at("/etc", "/etc/x"), "/etc/x");
    assert_eq!(at(".", "a.zip!/../../x"), "sub/a.zip!/../../x");
    let of = |location: &str| {
        let origin = Origin::new(Step::Repository { location: location.into() });
        ground.name_of(&place(origin, "x")).to_string()
    };
    assert_eq!((of("../lib").as_str(), of("..").as_str(), of("https://git.example/x").as_str()), ("lib/x", "x", "x"));
}

#[test]
fn what_is_no_file_is_named_by_its_kind_without_a_commit() {
    let of = |step: Step, path: &str| {
        let origin = Origin::new(Step::Repository { location: ".".into() }).with(step);
        Ground::default().name_of(&place(origin, path)).to_string()
    };
    let object = |kind| Step::Object { id: "c0".repeat(20), kind };
    assert_eq!(of(object(ObjectKind::Commit), ""), "<commit>");
    assert_eq!(of(object(ObjectKind::Tag), ""), "<tag>");
    assert_eq!(of(object(ObjectKind::Blob), ""), "<content>");
    assert_eq!(of(Step::Text { kind: TextKind::FileName }, "a/b"), "<file-name>a/b");
    assert_eq!(of(object(ObjectKind::Blob), "<commit>"), "%3Ccommit>");
}

#[test]
fn a_secret_in_a_path_is_not_written_and_found_again() {
    let ground = Ground::default();
    let whole = in_repository("keys/hunter2/x y");
    let masked = ground.masked_name_of(&whole, b"keys/****/x y");
    assert_eq!(masked.to_string(), "keys/****/x%20y");
    assert!(masked.covers(&ground.name_of(&whole)));
    assert!(!masked.covers(&ground.name_of(&in_repository("keys/hunter2/z"))));
    assert!(!masked.covers(&ground.name_of(&in_repository("keys/x y"))));
    // Stars of a path of its own stand for themselves.
    assert_eq!(ground.name_of(&in_repository("a****b")).to_string(), "a%2A%2A%2A%2Ab");
    let known = Baseline::parse(&{
        let mut baseline = baseline(&[]);
        baseline.add(&strong(b"hunter2").subject(), masked, true);
        baseline.text()
    });
    let known = InForce::new(known.unwrap(), "f".into(), ground, Some(b"pepper")).unwrap();
    assert!(matches!(known.look_up(&strong(b"hunter2").subject(), &whole), Known::Here(_)));
}

#[test]
fn what_is_not_found_any_more_is_taken_out() {
    let mut kept = baseline(&[(b"one", "a"), (b"one", "b"), (b"two", "c")]);
    let (one, two) = (strong(b"one"), strong(b"two"));
    kept.keep([(one.subject(), named("b")), (two.subject(), named("elsewhere"))]);
    assert_eq!(kept.text(), baseline(&[(b"one", "b")]).text());
    let added =
        baseline(&[(b"one", "a"), (b"one", "b"), (b"two", "c")]).without(&baseline(&[(b"one", "a"), (b"two", "c")]));
    assert_eq!(added.text(), baseline(&[(b"one", "b")]).text());
}

#[test]
fn of_what_could_be_guessed_the_first_bits_are_kept_for_a_path() {
    let mut made = baseline(&[(b"strong", "a")]);
    made.add(&weak(b"hunter2").subject(), named("a"), true);
    made.add(&weak(b"hunter2").subject(), named("b"), true);
    let text = made.text();
    let (hunter, whole) = (fingerprint(b"hunter2"), fingerprint(b"strong"));
    let first = &hunter.as_str()[..6];
    assert!(
        text.contains(&format!("\n{first} rule-a a b\n")) && text.contains(&format!("\n{whole} rule-a a\n")),
        "{text}"
    );
    assert_eq!((Baseline::parse(&text).unwrap().text(), made.counts()), (text, (2, 3)));

    let other = (0..).map(|number: u32| number.to_string().into_bytes());
    let twin = other.clone().find(|secret| fingerprint(secret).as_str().starts_with(first)).unwrap();
    let another = other.clone().find(|secret| !fingerprint(secret).as_str().starts_with(first)).unwrap();
    let known = in_force(made.clone());
    let at = |path: &str, one: &One| known.look_up(&one.subject(), &in_repository(path));
    assert_eq!(at("c", &weak(b"hunter2")), Known::Perhaps);
    assert!(known.unused().unwrap().contains("none of its 2 entries"), "what may be another is not found");
    assert!(matches!(at("b", &weak(b"hunter2")), Known::Here(_)));
    assert!(matches!(at("b", &weak(&twin)), Known::Here(_)), "the price of it");
    assert_eq!(at("b", &weak(&another)), Known::Not);
    assert_eq!(at("b", &strong(&twin)), Known::Not, "no strong value passes for it");
    let elsewhere = One { signature: signature("rule-b"), ..weak(b"hunter2") };
    assert!(matches!(at("b", &elsewhere), Known::Here(_)), "what else is scanned decides which rule names it");
    assert_eq!(at("strong", &weak(b"strong")), Known::Elsewhere, "one that is whole counts as such");

    let mut kept = made.clone();
    kept.keep([(weak(b"hunter2").subject(), named("b"))]);
    assert!(kept.text().ends_with(&format!("\n{first} rule-a b\n")), "{}", kept.text());
    let mut joined = kept.clone();
    joined.join(&made);
    assert_eq!(joined.text(), made.text());
    assert_eq!(made.clone().without(&kept).counts(), (2, 2));
    // With a salt that nobody who reads the file has, all is kept.
    let mut closed = Baseline::new(Salt::elsewhere(Some(b"s3")));
    assert!(!closed.salt.is_open() && made.salt.is_open() && Salt::elsewhere(None).is_open());
    closed.add(&weak(b"hunter2").subject(), named("a"), false);
    assert!(closed.text().contains(fingerprint(b"hunter2").as_str()));
}

/// The property that the length of a short entry is chosen for. Made without Argon2id, which makes no difference to how
/// often first bits are the same; `tests/baseline/guesses.rs` attacks a file that the program made.
#[test]
fn of_ten_thousand_guesses_ten_and_more_fit_every_entry() {
    let guesses: Vec<One> = (0..10_000).map(|number: u32| weak(format!("Summer{number}!").as_bytes())).collect();
    let mut made = baseline(&[]);
    guesses.iter().step_by(200).for_each(|known| made.add(&known.subject(), named("config.yaml"), true));
    for (kept, _) in made.entries() {
        let fits = guesses.iter().filter(|guess| kept.fits(&guess.fingerprint, true)).count();
        assert!(kept.is_short() && fits >= 10, "{kept}: {fits}");
    }
}

#[test]
fn a_name_is_a_glob_for_itself() {
    let glob = |path: &str| named(path).as_glob();
    assert_eq!((glob("a b/c").as_str(), glob("a[1]*").as_str()), ("/a b/c", "/a[[]1[]][*]"));
    assert_eq!(Name::parse("<commit>").as_glob(), "**");
    assert_eq!(Name::parse("<file-name>keys/****/x%20y").as_glob(), "/keys/*/x y");
    assert_eq!(Name::parse("a%FFb%2").as_glob(), "/a?b%2");
}

proptest! {
    #[test]
    fn any_path_is_one_word_that_means_itself(path in prop::collection::vec(any::<u8>(), 1..40), other in prop::collection::vec(any::<u8>(), 1..40)) {
        let name = Ground::default().name_of(&in_repository(path.clone()));
        let text = name.to_string();
        prop_assert_eq!(text.split_whitespace().count(), 1);
        prop_assert!(text.chars().all(crate::origin::is_printable) && !text.starts_with(['<', '#']), "{}", text);
        prop_assert_eq!(Name::parse(&text), name.clone());
        prop_assert_eq!(name == Ground::default().name_of(&in_repository(other.clone())), path == other);
    }

    #[test]
    fn any_text_is_read_or_refused(lines in prop::collection::vec(prop_oneof![
        Just("# scrubjay baseline 1".to_owned()), Just("# salt 00".to_owned()), Just("# salt elsewhere 0123abcd".to_owned()),
        Just(format!("sj1:{} r p", "0".repeat(64))), Just("sj1:00 r p".to_owned()), Just("sj1:00 s p".to_owned()), ".{0,20}"], 0..8)) {
        if let Ok(read) = Baseline::parse(&lines.join("\n")) {
            prop_assert_eq!(Baseline::parse(&read.text()).unwrap().text(), read.text());
        }
    }
}
