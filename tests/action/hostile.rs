//! What a stranger can put into an event or a file is data, and forges nothing.

use serde_json::json;

use crate::common::write;
use crate::job::{Scene, line};

#[test]
fn pull_request_target_is_refused() {
    let scene = Scene::new();
    let base = scene.head();
    let ran = scene.job("pull_request_target", &scene.pull_request(&base, &base)).run();
    assert!(!ran.passed && ran.findings().is_empty(), "{ran:#?}");
    assert!(ran.annotations[0].2.contains("run it on pull_request"), "{ran:#?}");
}

#[test]
fn payloads_that_lack_what_is_needed_are_errors() {
    let scene = Scene::new();
    let head = scene.head();
    for (name, event, told) in [
        ("pull_request", json!({"pull_request": {"number": 7}}).to_string(), "no pull_request.head.sha"),
        ("push", json!({"ref": "refs/heads/x", "before": "main", "after": head}).to_string(), "no before"),
        ("push", json!({"ref": "refs/heads/x", "before": "$(id)", "after": "`id`"}).to_string(), "no after"),
        ("merge_group", json!({"merge_group": {"head_sha": head}}).to_string(), "no merge_group.base_sha"),
    ] {
        let mut job = scene.job(name, &json!({}));
        job.event = event;
        let ran = job.run();
        assert!(!ran.passed && ran.findings().is_empty(), "{name}: {ran:#?}");
        assert!(ran.annotations.iter().any(|(_, _, message)| message.contains(told)), "{name}: {ran:#?}");
    }
}

#[test]
fn names_of_files_forge_no_command() {
    let scene = Scene::new();
    let before = scene.head();
    // A comma is not among them: act, other than GitHub's runner, turns escapes back before it parts the properties.
    let names = [
        "a\n::error file=readme,line=1::forged",
        "::set-output name=findings::0",
        "b line=9 title=forged::x.env",
        "c%0A::error::forged",
        "##[error]forged",
        "d\n::stop-commands::x",
    ];
    for (seed, name) in (30..).zip(names) {
        write(&scene.work(), name, &format!("{}::error::forged in the text\n", line(seed)));
    }
    let after = scene.commit_all("::error::forged\n::set-output name=findings::0");
    let ran = scene.job("push", &scene.push("refs/heads/main", &before, &after)).run();
    assert!(!ran.passed && ran.findings() == "6", "{ran:#?}");
    assert_eq!(ran.annotations.len(), 6, "{ran:#?}");
    assert!(ran.commands.len() == 2, "only the fence: {ran:#?}");
    ran.sarif_is_valid();
    for (_, properties, _) in &ran.annotations {
        assert!(properties.values().all(|value| value != "readme" && value != "forged"), "{properties:?}");
    }
}

#[test]
fn thousands_of_findings_keep_every_limit() {
    let scene = Scene::new();
    let before = scene.head();
    for seed in 0..2_000 {
        write(&scene.work(), &format!("{}/{seed}.env", "f".repeat(200)), &line(1_000 + seed));
    }
    let after = scene.commit_all("many");
    let ran = scene.job("push", &scene.push("refs/heads/main", &before, &after)).run();
    assert!(!ran.passed && ran.findings() == "2000", "{}", ran.findings());
    assert_eq!(ran.annotations.len(), 10);
    assert_eq!(
        ran.annotations[9].2,
        "1,991 more are in the log of this run; its summary has as many as there is room for"
    );
    assert!(ran.summary.len() < 1 << 20, "{}", ran.summary.len());
    assert!(ran.summary.contains("more secrets are in the report"));
    ran.sarif_is_valid();
}
