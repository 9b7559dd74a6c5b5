use std::collections::BTreeMap;

use super::*;
use crate::finding::Fingerprinter;
use crate::finding::mask::mask;
use crate::finding::samples::place;
use crate::score::Confidence;
use crate::secret::Secret;
use crate::source::git::Transports;
use crate::sweep::{Known, parse};

fn signatures() -> Signatures {
    let all = crate::signature::embedded().unwrap();
    all.into_iter().map(|located| (located.signature.id.clone(), located.signature)).collect()
}

fn finding(secret: &str, target: &str, confidence: Confidence) -> Finding {
    let origin = Origin::new(Step::Repository { location: target.to_owned() }).at_path("app.env");
    let place = place(origin, "app.env");
    let signature = signatures()["generic-password"].clone();
    Finding {
        severity: signature.severity,
        signature,
        confidence,
        points: 7,
        reasons: vec![crate::score::Why { name: "entropy", points: 7, text: "random".into() }],
        details: Vec::new(),
        entropy: 3.3,
        secret: Secret::new(secret.as_bytes()),
        shown: mask(secret.as_bytes(), 0),
        fingerprint: Fingerprinter::new(None).of("password", secret.as_bytes(), true),
        guessable: false,
        places: vec![place],
        pairs: Vec::new(),
        fails: confidence == Confidence::Proven,
    }
}

fn record(target: &str, findings: Vec<Finding>) -> Record {
    let report = Report {
        command: "sweep".to_owned(),
        targets: vec![target.to_owned()],
        shows_secrets: false,
        findings,
        allowed: Vec::new(),
        below_threshold: 1,
        explained: Vec::new(),
        coverage: Coverage { objects: 2, bytes: 3, skips: Vec::new() },
        notes: vec!["a note".to_owned()],
        day: None,
        in_names: Vec::new(),
        sweep: None,
        image: None,
    };
    let record = Record::of(target, &crate::report::sealed(report));
    // As it is after a restart.
    let text = serde_json::to_string(&record).unwrap();
    assert!(!text.contains("secret-"), "{text}");
    serde_json::from_str(&text).unwrap()
}

fn targets() -> Vec<Target> {
    parse("./a\n./b owner=team\n./c\n", Transports::Remote).unwrap()
}

#[test]
fn the_same_secret_in_two_targets_is_one_entry_as_sure_as_the_surer() {
    let records = [
        record("./a", vec![finding("secret-one", "./a", Confidence::Likely)]),
        record(
            "./b",
            vec![finding("secret-one", "./b", Confidence::Proven), finding("secret-two", "./b", Confidence::Likely)],
        ),
        Record::failed("./c", "no answer".to_owned(), true),
    ];
    let report = report(&targets(), &records, None, None, &signatures());
    assert_eq!(report.findings.len(), 2);
    let both = &report.findings[0];
    assert!(both.confidence == Confidence::Proven && both.fails && both.places.len() == 2);
    let whose: Vec<String> = both.places.iter().map(|place| place.origin.to_string()).collect();
    assert_eq!(whose, ["./a > app.env", "./b > app.env"]);
    let sweep = report.sweep.as_ref().unwrap();
    let shares = &sweep.standings[&both.fingerprint].shares;
    assert_eq!(shares.iter().map(|share| (share.target, share.places)).collect::<Vec<_>>(), [(0, 1), (1, 1)]);
    assert_eq!(sweep.change(both), None, "there was no last sweep");
    let outcomes: Vec<Outcome> = sweep.targets.iter().map(|target| target.outcome).collect();
    assert_eq!(outcomes, [Outcome::Findings, Outcome::Findings, Outcome::Failed]);
    assert!(report.is_incomplete());
    let (_, lost) = &report.coverage.skips[0];
    assert_eq!(
        (lost.origin.to_string(), lost.reason, lost.detail.as_str()),
        ("./c".into(), Reason::TimedOut, "no answer")
    );
    assert_eq!((report.coverage.objects, report.below_threshold, report.notes.len()), (4, 2, 1));
    assert_eq!(format!("{:?}", both.reasons), format!("{:?}", finding("x", "y", Confidence::Likely).reasons));
}

#[test]
fn what_is_new_still_there_gone_and_unknown() {
    let known = |secrets: &[&str]| -> BTreeMap<String, Known> {
        secrets
            .iter()
            .flat_map(|secret| record("./x", vec![finding(secret, "./x", Confidence::Likely)]).known())
            .collect()
    };
    let last = Last {
        ended: 0,
        same_settings: true,
        targets: BTreeMap::from([
            ("./a".to_owned(), known(&["secret-one", "secret-lost"])),
            ("./c".to_owned(), known(&["secret-three"])),
            ("./old".to_owned(), known(&["secret-old"])),
        ]),
        partial: vec!["./b".to_owned(), "./c".to_owned()],
        kept: BTreeSet::new(),
    };
    let records = [
        record("./a", vec![finding("secret-one", "./a", Confidence::Likely)]),
        record(
            "./b",
            vec![finding("secret-one", "./b", Confidence::Likely), finding("secret-two", "./b", Confidence::Likely)],
        ),
        Record::failed("./c", "no answer".to_owned(), false),
    ];
    let report = report(&targets(), &records, Some(&last), Some("then".to_owned()), &signatures());
    let sweep = report.sweep.as_ref().unwrap();
    let change = |secret: &str| {
        let fingerprint = finding(secret, "", Confidence::Likely).fingerprint;
        let standing = &sweep.standings[&fingerprint];
        (standing.change, standing.shares.iter().map(|share| share.change).collect::<Vec<_>>())
    };
    let (new, still) = (Some(Change::New), Some(Change::Still));
    assert_eq!(change("secret-one"), (still, vec![still, new]));
    assert_eq!(change("secret-two"), (new, vec![new]));
    let gone: Vec<_> = sweep.gone.iter().map(|gone| (gone.target, gone.is_certain, gone.path.as_str())).collect();
    assert_eq!(gone, [(0, true, "app.env"), (2, false, "app.env")]);
    let summary: Vec<_> =
        sweep.targets.iter().map(|target| (target.new, target.still, target.gone, target.unknown)).collect();
    assert_eq!(summary, [(0, 1, 1, 0), (2, 0, 0, 0), (0, 0, 0, 1)]);
    assert_eq!(report.notes.len(), 3, "{:?}", report.notes);
}
