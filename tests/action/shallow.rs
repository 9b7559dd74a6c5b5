//! Checkouts as `actions/checkout` makes them: one commit deep, without credentials, and of another owner.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::common::git;
use crate::https::{certificates, serve};
use crate::job::{Job, Ran, Scene, ZEROS, line};
use crate::smart_http::PASSWORD;

/// A private repository on a server, and a checkout of it that is one commit deep.
struct Private {
    scene: Scene,
    port: u16,
}

impl Private {
    /// Serves what the scene has now.
    fn of(scene: Scene) -> Self {
        let folder = scene.folder.path();
        certificates(folder);
        let bare = folder.join("served/secret/octo/app.git");
        fs::create_dir_all(bare.parent().unwrap()).unwrap();
        // Without what no reference leads to.
        git(folder, &["clone", "-q", "--bare", "--no-local", "work", bare.to_str().unwrap()]);
        // As GitHub does.
        git(&bare, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        git(&bare, &["config", "uploadpack.allowFilter", "true"]);
        let port = serve(&folder.join("served"), folder);
        Private { scene, port }
    }

    fn bare(&self) -> PathBuf {
        self.scene.folder.path().join("served/secret/octo/app.git")
    }

    /// Checks a commit out, that many commits deep, and leaves no way to log in there.
    fn checkout(&self, commit: &str, depth: &str) -> PathBuf {
        let folder = self.scene.folder.path().join("checkout");
        fs::create_dir_all(&folder).unwrap();
        git(&folder, &["init", "-q", "-b", "main"]);
        let local = format!("file://{}", self.bare().display());
        let url = format!("https://127.0.0.1:{}/secret/octo/app.git", self.port);
        git(
            &folder,
            &["fetch", "-q", "--no-tags", "--depth", depth, &local, &format!("+{commit}:refs/remotes/pull/7/merge")],
        );
        git(&folder, &["checkout", "-q", "--detach", commit]);
        git(&folder, &["remote", "add", "origin", &url]);
        folder
    }

    fn job(&self, event_name: &str, event: &Value, checkout: &Path) -> Job {
        let mut job = self.scene.job(event_name, event);
        job.checkout = checkout.to_owned();
        job.token = Some(PASSWORD);
        let ca = self.scene.folder.path().join("ca.pem");
        job.environment.insert("GIT_SSL_CAINFO", ca.display().to_string());
        job.environment.insert("GITHUB_SERVER_URL", format!("https://127.0.0.1:{}", self.port));
        job
    }
}

/// Sixty commits back: further than the first fetch goes.
fn long_pull_request() -> (Scene, String, String, String) {
    let scene = Scene::new();
    let base = scene.commit("old.env", &line(50));
    scene.branch("side");
    scene.commit("app.env", &line(51));
    for number in 0..60 {
        scene.git(&["commit", "-q", "--allow-empty", "-m", &number.to_string()]);
    }
    let head = scene.commit("app.env", "clean\n");
    let merge = scene.merge_into_main(&head);
    scene.git(&["update-ref", "refs/pull/7/merge", &merge]);
    (scene, base, head, merge)
}

fn is_transient(ran: &Ran) {
    assert!(!ran.passed, "{ran:#?}");
    assert_eq!(ran.places(), ["transient app.env"], "{ran:#?}");
    assert_eq!(ran.outputs["incomplete"], "false", "{ran:#?}");
}

#[test]
fn a_shallow_pull_request_is_deepened_with_the_token_that_is_not_on_disk() {
    let (scene, base, head, merge) = long_pull_request();
    let private = Private::of(scene);
    git(&private.bare(), &["fetch", "-q", "../../../../work", "+refs/pull/*:refs/pull/*"]);
    let checkout = private.checkout(&merge, "1");
    let event = private.scene.pull_request(&base, &head);
    is_transient(&private.job("pull_request", &event, &checkout).run());
    let shallow = fs::read_to_string(checkout.join(".git/shallow")).unwrap();
    assert_eq!(shallow.lines().count(), 1, "the checkout is as it was");
    let config = fs::read_to_string(checkout.join(".git/config")).unwrap();
    assert!(!config.contains(PASSWORD) && !config.contains("extraheader"), "{config}");
    // Whoever has no token gets an error, and no green.
    let mut without = private.job("pull_request", &event, &checkout);
    without.token = None;
    let ran = without.run();
    assert!(!ran.passed && ran.findings().is_empty(), "{ran:#?}");
    let told = ran.annotations.iter().any(|(_, _, message)| message.contains("what the shallow clone left out"));
    assert!(told, "{ran:#?}");
    // The head of the pull request instead of GitHub's merge.
    fs::remove_dir_all(&checkout).unwrap();
    let checkout = private.checkout(&head, "1");
    is_transient(&private.job("pull_request", &event, &checkout).run());
}

#[test]
fn a_checkout_of_another_owner_is_deepened_too() {
    let (scene, base, head, merge) = long_pull_request();
    let private = Private::of(scene);
    git(&private.bare(), &["fetch", "-q", "../../../../work", "+refs/pull/*:refs/pull/*"]);
    let checkout = private.checkout(&merge, "1");
    let mut job = private.job("pull_request", &private.scene.pull_request(&base, &head), &checkout);
    // Only root can give files away; then git itself refuses to read them, as in a container with a mounted checkout.
    job.before = "if [ $(id -u) = 0 ]; then chown -R 12345:12345 .; if git status; then exit 1; fi; fi";
    is_transient(&job.run());
}

#[test]
fn a_shallow_push_of_a_new_branch_is_judged_against_the_default_branch() {
    let scene = Scene::new();
    scene.commit("old.env", &line(52));
    scene.branch("topic");
    scene.commit("new.env", &line(53));
    let after = scene.commit("more", "more\n");
    let private = Private::of(scene);
    let checkout = private.checkout(&after, "1");
    let event = private.scene.push("refs/heads/topic", ZEROS, &after);
    let ran = private.job("push", &event, &checkout).run();
    assert_eq!(ran.places(), ["introduced new.env"], "{ran:#?}");
    assert_eq!(ran.errors(), ["new.env:1"]);
}

#[test]
fn a_push_with_force_is_judged_where_what_it_overwrote_is_gone() {
    let scene = Scene::new();
    let kept = scene.head();
    scene.branch("topic");
    let before = scene.commit("old.env", &line(54));
    scene.git(&["reset", "-q", "--hard", &kept]);
    let after = scene.commit("new.env", &line(55));
    let private = Private::of(scene);
    let mut event = private.scene.push("refs/heads/topic", &before, &after);
    event["forced"] = true.into();
    for depth in ["1", "100"] {
        let checkout = private.checkout(&after, depth);
        let ran = private.job("push", &event, &checkout).run();
        assert_eq!(ran.places(), ["introduced new.env"], "{ran:#?}");
        assert_eq!(ran.outputs["incomplete"], "false", "{ran:#?}");
        let noted =
            ran.annotations.iter().any(|(_, _, message)| message.contains("what the default branch does not have"));
        assert!(noted, "{ran:#?}");
        fs::remove_dir_all(&checkout).unwrap();
    }
}

#[test]
fn a_schedule_with_a_shallow_checkout_has_the_whole_history() {
    let scene = Scene::new();
    scene.commit("old.env", &line(56));
    let head = scene.commit("old.env", "clean\n");
    let private = Private::of(scene);
    let checkout = private.checkout(&head, "1");
    let ran = private.job("schedule", &serde_json::json!({}), &checkout).run();
    assert_eq!(ran.places(), ["removed old.env"], "{ran:#?}");
    assert_eq!(ran.outputs["incomplete"], "false", "{ran:#?}");
    // Where it cannot be had, that is told.
    let mut without = private.job("schedule", &serde_json::json!({}), &checkout);
    without.token = None;
    let ran = without.run();
    assert!(!ran.passed && ran.outputs["incomplete"] == "true", "{ran:#?}");
    assert!(ran.annotations[0].1["title"].contains("incomplete"), "{ran:#?}");
    let mut accepted = private.job("schedule", &serde_json::json!({}), &checkout).with("allow-incomplete", "true");
    accepted.token = None;
    assert!(accepted.run().passed);
}
