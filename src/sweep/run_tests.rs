//! A target that does not stop when its time is over: it is left alone, and the others are read.

use std::sync::Mutex;
use std::sync::mpsc::Receiver;

use super::*;
use crate::scan::tests::options_of;
use crate::signature::RuleSet;

fn options() -> scan::Options {
    options_of(RuleSet::compile(&Vec::new(), false).unwrap())
}

fn target(name: &str) -> Target {
    let place = Place::Path(name.into());
    Target { name: name.to_owned(), owner: None, location: name.to_owned(), place }
}

/// Targets that are empty, but `hangs`, which ends when something is sent.
fn plan(folder: &std::path::Path, names: &[&str], jobs: usize, end: Receiver<()>) -> Arc<Plan> {
    let (options, end) = (Arc::new(options()), Mutex::new(end));
    let of_target = Arc::clone(&options);
    Arc::new(Plan {
        cache: None,
        shared: Arc::default(),
        targets: names.iter().map(|name| target(name)).collect(),
        last: None,
        mirrors: Some(Mirrors::open(&folder.join("mirrors")).unwrap()),
        jobs,
        threads: 1,
        target_timeout: Duration::from_millis(50),
        grace: Duration::from_millis(300),
        deadline: None,
        options: Arc::clone(&options),
        signatures: HashMap::new(),
        open: Box::new(move |target| {
            if target.name == "hangs" {
                let _ = end.lock().unwrap().recv();
            }
            Ok(Opened { sources: Vec::new(), options: Arc::clone(&of_target), notes: Vec::new() })
        }),
        interrupted: Box::new(|| false),
    })
}

#[test]
fn it_is_left_alone_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, receiver) = channel();
    // One job: the others come after it.
    let plan = plan(folder.path(), &["hangs", "a", "b"], 1, receiver);
    let mut state =
        StateFile::open(&folder.path().join("state"), Judged { settings: "settings", salt: "" }, false).unwrap().file;
    let mut told = Vec::new();
    let begun = Instant::now();
    let (records, end) = run(&plan, Vec::new(), &mut state, &mut |target, record, _| {
        told.push((target.name.clone(), record.outcome));
    })
    .unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(350));
    assert_eq!(end, End::All);
    let expected = [("hangs", Outcome::Failed), ("a", Outcome::Clean), ("b", Outcome::Clean)];
    assert_eq!(told, expected.map(|(name, outcome)| (name.to_owned(), outcome)));
    let hangs = &records[0];
    assert!(hangs.reason.contains("did not stop at its deadline of 50ms") && hangs.out_of_time, "{}", hangs.reason);
    assert!(hangs.milliseconds >= 350, "{}", hangs.milliseconds);
    let kept = std::fs::read_to_string(folder.path().join("state.part")).unwrap();
    assert_eq!(kept.lines().count(), 4, "the head and all three are kept: {kept}");
    drop(sender);
}

#[test]
fn what_comes_after_all_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, receiver) = channel();
    let plan = plan(folder.path(), &["hangs", "a"], 2, receiver);
    let mut state =
        StateFile::open(&folder.path().join("state"), Judged { settings: "settings", salt: "" }, false).unwrap().file;
    let mut times = 0;
    let (records, _) = run(&plan, Vec::new(), &mut state, &mut |target, _, _| {
        if target.name == "hangs" {
            times += 1;
            // It ends now, when nobody waits any more.
            sender.send(()).unwrap();
        }
    })
    .unwrap();
    assert_eq!((times, records[0].outcome, records[1].outcome), (1, Outcome::Failed, Outcome::Clean));
}
