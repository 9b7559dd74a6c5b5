//! The table of events.

use serde_json::json;

use crate::common::write;
use crate::job::{Ran, Scene, ZEROS, line};

/// What must hold for a job that finds nothing.
fn is_clean(ran: &Ran) {
    assert!(ran.passed, "{ran:#?}");
    assert_eq!((ran.findings(), &*ran.outputs["incomplete"]), ("0", "false"), "{ran:#?}");
    assert_eq!(ran.errors(), Vec::<String>::new(), "{ran:#?}");
    assert!(ran.summary.starts_with("### scrubjay: clean\n"), "{}", ran.summary);
    assert_eq!(ran.sarif()["runs"][0]["results"], json!([]));
    ran.sarif_is_valid();
}

/// What must hold for a job that finds secrets: their places, and the lines that they are shown beside.
fn finds(ran: &Ran, places: &[&str], errors: &[&str]) {
    assert!(!ran.passed, "{ran:#?}");
    assert_eq!(ran.places(), places, "{ran:#?}");
    assert_eq!(ran.errors(), errors, "{ran:#?}");
    let report = ran.report();
    let failing = report["findings"].as_array().unwrap().iter().filter(|finding| finding["fails"] == true).count();
    assert_eq!((ran.findings(), &*ran.outputs["incomplete"]), (&*failing.to_string(), "false"), "{ran:#?}");
    let sarif = ran.sarif();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.iter().filter(|result| result.get("suppressions").is_none()).count(), places.len());
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], true);
    ran.sarif_is_valid();
    assert!(ran.summary.contains("this run\n"), "{}", ran.summary);
    assert!(ran.log.contains("found: "), "{}", ran.log);
    // The report in the log is fenced in by one command, which ends with the word that it began with.
    let [begin, end] = &ran.commands[..] else { panic!("{ran:#?}") };
    assert!(begin == "stop-commands" && end.len() == 32, "{ran:#?}");
}

#[test]
fn pull_request_clean() {
    let scene = Scene::new();
    let base = scene.commit("old.env", &line(1));
    scene.branch("side");
    let head = scene.commit("app.py", "print(1)\n");
    scene.merge_into_main(&head);
    is_clean(&scene.job("pull_request", &scene.pull_request(&base, &head)).run());
}

#[test]
fn pull_request_leak() {
    let scene = Scene::new();
    let base = scene.head();
    scene.branch("side");
    let head = scene.commit("src/app.env", &format!("A=1\n{}", line(2)));
    scene.merge_into_main(&head);
    let ran = scene.job("pull_request", &scene.pull_request(&base, &head)).run();
    finds(&ran, &["introduced src/app.env"], &["src/app.env:2"]);
    let link = format!("https://github.com/octo/app/blob/{head}/src/app.env#L2");
    assert!(ran.summary.contains(&link), "{}", ran.summary);
    let (_, properties, message) = &ran.annotations[0];
    assert_eq!(properties["title"], "GitHub personal access token (classic) (critical, proven)");
    assert!(message.contains("introduced by this change, since commit"), "{message}");
}

#[test]
fn pull_request_leak_that_is_removed_again() {
    let scene = Scene::new();
    let base = scene.head();
    scene.branch("side");
    let leak = scene.commit("app.env", &line(3));
    let head = scene.commit("app.env", "clean\n");
    scene.merge_into_main(&head);
    let ran = scene.job("pull_request", &scene.pull_request(&base, &head)).run();
    finds(&ran, &["transient app.env"], &[""]);
    assert!(ran.annotations[0].2.contains(&leak[..12]), "the commit is named: {ran:#?}");
    assert!(ran.summary.contains(&format!("https://github.com/octo/app/commit/{leak}")), "{}", ran.summary);
}

#[test]
fn pull_request_of_a_fork_with_an_odd_branch() {
    let scene = Scene::new();
    let base = scene.head();
    scene.branch("side");
    let head = scene.commit("app.env", &line(4));
    scene.merge_into_main(&head);
    let mut event = scene.pull_request(&base, &head);
    event["pull_request"]["head"]["ref"] = json!("x';touch${IFS}pwned;`touch${IFS}pwned`;$(touch${IFS}pwned)");
    event["pull_request"]["head"]["repo"] = json!({"full_name": "stranger/app", "fork": true});
    event["pull_request"]["title"] = json!("\"; touch pwned; #\n::error::forged");
    let ran = scene.job("pull_request", &event).run();
    finds(&ran, &["introduced app.env"], &["app.env:1"]);
    assert!(!scene.work().join("pwned").exists());
}

#[test]
fn pull_request_that_has_merged_its_base() {
    let scene = Scene::new();
    let old_base = scene.head();
    scene.branch("side");
    scene.commit("mine.py", "print(1)\n");
    scene.git(&["checkout", "-q", "main"]);
    let base = scene.commit("theirs.env", &line(5));
    scene.git(&["checkout", "-q", "side"]);
    scene.git(&["merge", "-q", "--no-edit", "main"]);
    let head = scene.head();
    scene.merge_into_main(&head);
    // Whether the event knows of the newer base or not.
    for told in [&base, &old_base] {
        is_clean(&scene.job("pull_request", &scene.pull_request(told, &head)).run());
    }
    // Without GitHub's merge, what is known of the remote's branch counts.
    scene.git(&["checkout", "-q", &head]);
    scene.git(&["update-ref", "refs/remotes/origin/main", &base]);
    is_clean(&scene.job("pull_request", &scene.pull_request(&old_base, &head)).run());
}

#[test]
fn pull_request_that_would_allow_itself() {
    let scene = Scene::new();
    let base = scene.head();
    scene.branch("side");
    write(&scene.work(), ".scrubjay.toml", "[[allow]]\npath = \"**\"\nreason = \"trust me\"\n");
    let head = scene.commit("app.env", &line(6));
    scene.merge_into_main(&head);
    let ran = scene.job("pull_request", &scene.pull_request(&base, &head)).run();
    finds(&ran, &["introduced app.env"], &["app.env:1"]);
    assert!(ran.annotations[0].2.contains("does not count for the change itself"), "{ran:#?}");
}

#[test]
fn push_adds_to_a_branch() {
    let scene = Scene::new();
    scene.commit("old.env", &line(7));
    let before = scene.head();
    let after = scene.commit("new.env", &line(8));
    let ran = scene.job("push", &scene.push("refs/heads/main", &before, &after)).run();
    finds(&ran, &["introduced new.env"], &["new.env:1"]);
}

#[test]
fn push_of_a_new_branch() {
    let scene = Scene::new();
    let main = scene.commit("old.env", &line(9));
    scene.git(&["update-ref", "refs/remotes/origin/main", &main]);
    scene.branch("topic");
    let after = scene.commit("new.env", &line(10));
    let ran = scene.job("push", &scene.push("refs/heads/topic", ZEROS, &after)).run();
    finds(&ran, &["introduced new.env"], &["new.env:1"]);
    // The first branch of all: everything is new.
    let ran = scene.job("push", &scene.push("refs/heads/main", ZEROS, &main)).run();
    finds(&ran, &["introduced old.env"], &["old.env:1"]);
}

#[test]
fn push_with_force() {
    let scene = Scene::new();
    let kept = scene.head();
    let before = scene.commit("old.env", &line(11));
    scene.git(&["reset", "-q", "--hard", &kept]);
    let after = scene.commit("new.env", &line(12));
    let mut event = scene.push("refs/heads/main", &before, &after);
    event["forced"] = json!(true);
    let ran = scene.job("push", &event).run();
    finds(&ran, &["introduced new.env"], &["new.env:1"]);
}

#[test]
fn push_that_takes_a_branch_away() {
    let scene = Scene::new();
    scene.commit("old.env", &line(13));
    let before = scene.head();
    let ran = scene.job("push", &scene.push("refs/heads/gone", &before, ZEROS)).run();
    assert!(ran.passed && ran.findings() == "0" && ran.outputs["incomplete"] == "false", "{ran:#?}");
    assert!(ran.summary.contains("nothing to judge"), "{}", ran.summary);
}

#[test]
fn push_of_a_tag() {
    let scene = Scene::new();
    let main = scene.head();
    scene.git(&["update-ref", "refs/remotes/origin/main", &main]);
    scene.git(&["tag", "-a", "v1", "-m", &line(14)]);
    let tag = scene.says(&["rev-parse", "v1"]);
    let ran = scene.job("push", &scene.push("refs/tags/v1", ZEROS, &tag)).run();
    finds(&ran, &["introduced "], &[""]);
}

#[test]
fn merge_group() {
    let scene = Scene::new();
    let base = scene.commit("old.env", &line(15));
    scene.branch("queue");
    let head = scene.commit("new.env", &line(16));
    let event = json!({"action": "checks_requested", "merge_group": {
        "head_sha": head, "base_sha": base, "head_ref": "refs/heads/queue", "base_ref": "refs/heads/main"},
        "repository": {"full_name": "octo/app", "default_branch": "main"}});
    finds(&scene.job("merge_group", &event).run(), &["introduced new.env"], &["new.env:1"]);
}

#[test]
fn schedule_and_dispatch_judge_everything() {
    let scene = Scene::new();
    scene.commit("old.env", &line(17));
    scene.commit("old.env", "clean\n");
    scene.commit("live.env", &line(18));
    for event in ["schedule", "workflow_dispatch"] {
        let ran = scene.job(event, &json!({"repository": {"full_name": "octo/app"}})).run();
        finds(&ran, &["live live.env", "removed old.env"], &["live.env:1", ""]);
    }
}

#[test]
fn a_range_that_is_given_counts_for_what_the_event_says() {
    let scene = Scene::new();
    let base = scene.head();
    scene.commit("app.env", &line(19));
    let range = format!("{base}..HEAD");
    let ran = scene.job("workflow_dispatch", &json!({})).with("range", &range).run();
    finds(&ran, &["introduced app.env"], &["app.env:1"]);
}

#[test]
fn what_fails_can_be_chosen() {
    let scene = Scene::new();
    let before = scene.head();
    let after = scene.commit("app.env", &line(20));
    let event = scene.push("refs/heads/main", &before, &after);
    let ran = scene.job("push", &event).with("fail-on", "state=live").with("annotations", "true").run();
    assert!(ran.passed && ran.findings() == "0", "{ran:#?}");
    assert_eq!(ran.annotations[0].0, "warning", "{ran:#?}");
    let ran = scene.job("push", &event).with("annotations", "false").with("summary", "false").run();
    assert!(!ran.passed && ran.annotations.is_empty() && ran.summary.is_empty(), "{ran:#?}");
    for (input, value) in [("fail-on", "severity=huge"), ("annotations", "yes"), ("path", "no/such/folder")] {
        let ran = scene.job("push", &event).with(input, value).run();
        assert!(!ran.passed && ran.findings().is_empty(), "{input}: {ran:#?}");
        assert!(!ran.errors().is_empty(), "{input}: {ran:#?}");
    }
    let junit = scene.folder.path().join("junit.xml");
    let mut job = scene.job("push", &event);
    job.environment.insert("SCRUBJAY_OUTPUT", format!("junit={}", junit.display()));
    let ran = job.run();
    assert!(!ran.passed && junit.is_file(), "an output that a variable asks for comes beside its own: {ran:#?}");
}

#[test]
fn a_repository_in_a_folder_of_the_workspace() {
    let scene = Scene::new();
    let outer = scene.folder.path().join("outer");
    std::fs::create_dir_all(&outer).unwrap();
    crate::common::git(&outer, &["init", "-q", "-b", "main"]);
    crate::common::git(&outer, &["commit", "-q", "--allow-empty", "-m", "x"]);
    let before = scene.head();
    write(&scene.work(), ".scrubjay.toml", "[[allow]]\npath = \"known.env\"\nreason = \"a sample\"\n");
    let before = if scene.commit_all("config") == before { before } else { scene.head() };
    scene.commit("known.env", &line(21));
    let after = scene.commit("app.env", &line(22));
    crate::common::git(&outer, &["clone", "-q", scene.work().to_str().unwrap(), "sub dir"]);
    let mut job = scene.job("push", &scene.push("refs/heads/main", &before, &after)).with("path", "sub dir");
    job.checkout = outer;
    let ran = job.run();
    finds(&ran, &["introduced app.env"], &["sub dir/app.env:1"]);
    assert!(ran.summary.contains("/app.env#L1") && !ran.summary.contains("/sub"), "{}", ran.summary);
}

#[test]
fn what_the_baseline_of_the_base_knows_does_not_fail() {
    let scene = Scene::new();
    scene.commit("old.env", &line(23));
    let made = crate::common::scrubjay(&scene.work(), &["baseline", "create"]);
    assert!(made.status.success(), "{}", crate::common::stderr(&made));
    let base = scene.commit_all("baseline");
    let ran = scene.job("schedule", &json!({})).run();
    assert!(ran.passed && ran.findings() == "0", "{ran:#?}");
    assert!(ran.summary.contains("in the baseline"), "{}", ran.summary);
    // A change that writes what it brings into the baseline is judged all the same.
    scene.branch("side");
    scene.commit("new.env", &line(24));
    let made = crate::common::scrubjay(&scene.work(), &["baseline", "update"]);
    assert!(made.status.success(), "{}", crate::common::stderr(&made));
    let head = scene.commit_all("baseline");
    scene.merge_into_main(&head);
    let event = scene.pull_request(&base, &head);
    let ran = scene.job("pull_request", &event).run();
    assert_eq!((ran.passed, ran.errors()), (false, vec!["new.env:1".to_owned()]), "{ran:#?}");
    let ran = scene.job("pull_request", &event).with("baseline", ".scrubjay.baseline").run();
    assert_eq!((ran.passed, ran.errors()), (false, vec!["new.env:1".to_owned()]), "{ran:#?}");
    // One that is kept elsewhere and named is the organisation's word.
    let named = scene.folder.path().join("known.baseline");
    std::fs::copy(scene.work().join(".scrubjay.baseline"), &named).unwrap();
    let ran = scene.job("pull_request", &event).with("baseline", named.to_str().unwrap()).run();
    assert!(ran.passed, "{ran:#?}");
}
