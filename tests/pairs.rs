//! An id and its secret at different places of one target: joined when it is clear, with how sure that is.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::path::Path;

use common::{exit, git, scrubjay, stdout, write};
use scrubjay::signature::template;
use serde_json::Value;

/// A template expanded; the same seed gives the same text.
fn made(template: &str, seed: u64) -> String {
    String::from_utf8(template::expand(template, seed).unwrap().text).unwrap()
}

fn aws_id(seed: u64) -> String {
    made("{aws-id:AKIA}", seed)
}

fn aws_secret(seed: u64) -> String {
    made("{b64:40}", seed)
}

fn id_line(seed: u64) -> String {
    format!("aws_access_key_id = {}\n", aws_id(seed))
}

fn secret_line(seed: u64) -> String {
    format!("aws_secret_access_key = {}\n", aws_secret(seed))
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    folder
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", message]);
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let output = scrubjay(folder, &[arguments, &["--format", "json"]].concat());
    assert!(matches!(exit(&output), 0 | 1), "{}", common::stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Of all findings of a rule: half, relation, confidence and place of each pair.
fn pairs(report: &Value, rule: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    let pairs = findings.flat_map(|finding| finding["pairs"].as_array().cloned().unwrap_or_default());
    let word = |pair: &Value, key: &str| pair[key].as_str().unwrap().to_owned();
    let mut told: Vec<String> = pairs
        .map(|pair| {
            let words = ["half", "relation", "confidence", "path"].map(|key| word(&pair, key));
            format!("{}:{}", words.join(" "), pair["line"])
        })
        .collect();
    told.sort();
    told
}

const SECRET: &str = "aws-secret-access-key";
const ID: &str = "aws-access-key-id";

#[test]
fn an_id_in_one_commit_and_its_secret_in_another() {
    let folder = repository();
    write(folder.path(), "conf/aws.ini", &format!("[x]\n{}", id_line(1)));
    commit(folder.path(), "the id");
    write(folder.path(), "conf/aws.ini", &secret_line(1));
    commit(folder.path(), "the secret");
    let report = report(folder.path(), &["git", "."]);
    assert_eq!(pairs(&report, SECRET), ["id same-path likely conf/aws.ini:2"]);
    assert_eq!(pairs(&report, ID), ["secret same-path likely conf/aws.ini:1"]);
    let (id, secret) = (finding(&report, ID), finding(&report, SECRET));
    assert_eq!(secret["pairs"][0]["fingerprint"], id["fingerprint"]);
    assert_eq!(id["pairs"][0]["fingerprint"], secret["fingerprint"]);
    assert_eq!((&secret["pairs"][0]["state"], &id["pairs"][0]["state"]), (&"removed".into(), &"live".into()));
    assert_eq!(secret["pairs"][0]["value"], id["secret"], "as masked as the finding itself");
    assert!(!report.to_string().contains(&aws_id(1)[4..]));
}

fn finding<'a>(report: &'a Value, rule: &str) -> &'a Value {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == rule).unwrap()
}

#[test]
fn an_id_and_its_secret_in_two_files_of_one_commit() {
    let folder = repository();
    write(folder.path(), "a/id.txt", &id_line(2));
    write(folder.path(), "b/secret.txt", &secret_line(2));
    commit(folder.path(), "both");
    write(folder.path(), "c/id.txt", &id_line(3));
    commit(folder.path(), "another id");
    let report = report(folder.path(), &["git", "."]);
    assert_eq!(pairs(&report, SECRET), ["id same-commit likely a/id.txt:1"]);
    assert_eq!(pairs(&report, ID), ["secret same-commit likely b/secret.txt:1"]);
}

#[test]
fn the_only_pair_of_a_repository() {
    let folder = repository();
    write(folder.path(), "a/id.txt", &id_line(4));
    commit(folder.path(), "id");
    write(folder.path(), "b/secret.txt", &secret_line(4));
    commit(folder.path(), "secret");
    assert_eq!(pairs(&report(folder.path(), &["git", "."]), SECRET), ["id only-pair possible a/id.txt:1"]);
    // A second id anywhere, and nothing is clear any more.
    write(folder.path(), "c/other.txt", &id_line(5));
    commit(folder.path(), "other");
    assert_eq!(pairs(&report(folder.path(), &["git", "."]), SECRET), [""; 0]);
}

#[test]
fn two_ids_and_one_secret_are_not_joined_unless_it_is_clear() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.ini", &[id_line(6), id_line(7), secret_line(6)].concat());
    assert_eq!(pairs(&report(folder.path(), &["dir", "."]), SECRET), [""; 0]);
    let far = "# nothing\n".repeat(100);
    write(folder.path(), "a.ini", &[id_line(7), far, id_line(6), secret_line(6)].concat());
    assert_eq!(pairs(&report(folder.path(), &["dir", "."]), SECRET), ["id same-file likely a.ini:102"]);
}

#[test]
fn the_profiles_of_one_file_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let profile = |seed: u64| format!("[p{seed}]\n{}{}\n", id_line(seed), secret_line(seed));
    write(folder.path(), "credentials", &[profile(8), profile(9), profile(10)].concat());
    let report = report(folder.path(), &["dir", "."]);
    let mut joined: Vec<(u64, u64)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == SECRET)
        .map(|finding| (&finding["places"][0]["line"], &finding["pairs"][0]["line"]))
        .map(|(secret, id)| (secret.as_u64().unwrap(), id.as_u64().unwrap()))
        .collect();
    joined.sort_unstable();
    assert_eq!(joined, [(3, 2), (7, 6), (11, 10)]);
}

#[test]
fn across_the_files_of_a_chart() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    write(folder.path(), "web/values.yaml", &format!("aws:\n  keyId: {}\n", aws_id(11)));
    let secret = format!("kind: ConfigMap\ndata:\n  AWS_SECRET_ACCESS_KEY: {}\n", aws_secret(11));
    write(folder.path(), "web/templates/deep/config.yaml", &secret);
    let chart = report(folder.path(), &["chart", "web"]);
    assert_eq!(pairs(&chart, SECRET).len(), 1, "{chart}");
    assert!(pairs(&chart, SECRET)[0].starts_with("id same-folder possible"), "{:?}", pairs(&chart, SECRET));
    // And where the chart is a part of a larger folder with other ids.
    write(folder.path(), "other/id.txt", &id_line(12));
    let all = report(folder.path(), &["dir", "."]);
    assert!(pairs(&all, SECRET)[0].starts_with("id same-folder possible"), "{:?}", pairs(&all, SECRET));
    assert!(pairs(&all, SECRET)[0].ends_with("web/values.yaml:2"));
}

#[test]
fn ids_that_only_their_names_tell_are_joined_by_their_names() {
    let folder = repository();
    let secret = |seed| made("{b62:32}", seed);
    write(folder.path(), "a/app.env", "GITLAB_CLIENT_ID=acme-gitlab-17\nOKTA_CLIENT_ID=acme-okta-9\n");
    write(folder.path(), "b/app.env", &format!("gitlab.client-secret={}\n", secret(13)));
    write(folder.path(), "c/app.env", &format!("COOKIE_SECRET={}\n", secret(14)));
    commit(folder.path(), "all");
    let report = report(folder.path(), &["git", "."]);
    assert_eq!(pairs(&report, "generic-secret"), ["id same-commit likely a/app.env:1"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 2, "ids are no findings: {report}");
    assert!(
        !stdout(&scrubjay(folder.path(), &["git", "."])).contains("acme-gitlab-17"),
        "it could be a secret after all"
    );
}

#[test]
fn an_id_by_its_name_is_that_of_the_service_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, seed| format!("{name}={}\n", made("{hex:32}", seed));
    let spotify = secret("SPOTIFY_CLIENT_SECRET", 30);
    write(folder.path(), "a.env", &format!("SPOTIFY_CLIENT_ID={}\n{spotify}", made("{hex:32}", 31)));
    let found = || pairs(&report(folder.path(), &["dir", "."]), "spotify-client-secret");
    assert_eq!(found(), ["id same-file likely a.env:1"]);
    write(
        folder.path(),
        "a.env",
        &format!("spotify:\n  client_id: acme-17\n  spotify_client_secret: {}\n", &spotify[22..]),
    );
    assert_eq!(found(), ["id same-file likely a.env:2"]);
    write(folder.path(), "a.env", &format!("GITLAB_CLIENT_ID=acme-gitlab-17\n{spotify}"));
    assert_eq!(found(), [""; 0], "that of another service");
    write(folder.path(), "a.env", "SPOTIFY_CLIENT_ID=acme-18\n");
    write(folder.path(), "b.env", &spotify);
    assert_eq!(found(), [""; 0], "only in one file");
}

#[test]
fn the_user_of_a_registry_and_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let password = made("{pass}", 15);
    write(
        folder.path(),
        "ci.env",
        &format!("REGISTRY_USER=robot-ci\nDB_PASSWORD={}\nREGISTRY_PASSWORD={password}\n", made("{pass}", 16)),
    );
    let report = report(folder.path(), &["dir", "."]);
    assert_eq!(pairs(&report, "generic-password"), ["id same-file likely ci.env:1"]);
}

#[test]
fn a_doubtful_secret_is_surer_when_its_id_is_known() {
    let folder = repository();
    let password = made("akamai_value = {b64:43}=\n", 17);
    write(folder.path(), "mail/secret.env", &password);
    commit(folder.path(), "alone");
    assert_eq!(report(folder.path(), &["git", "."])["findings"].as_array().unwrap().len(), 0, "possible alone");
    let folder = repository();
    write(folder.path(), "mail/secret.env", &password);
    write(folder.path(), "users/id.env", &made("id = akab-{an:16}-{an:16}\n", 18));
    commit(folder.path(), "with its id");
    let report = report(folder.path(), &["git", "."]);
    let found = finding(&report, "akamai-client-secret");
    assert_eq!(found["confidence"], "likely");
    let reasons = found["score"]["reasons"].as_array().unwrap();
    assert!(reasons.iter().any(|why| why["name"] == "pair" && why["points"] == 20), "{reasons:?}");
    assert!(reasons.iter().any(|why| why["name"] == "no-companion"), "{reasons:?}");
    let place = &found["places"][0]["excerpt"]["text"];
    assert!(place.as_str().unwrap().starts_with("akamai_value = "), "its line is shown: {place}");
}

#[test]
fn an_id_in_a_part_that_a_version_has_from_its_base_is_seen() {
    let folder = repository();
    let filler: String = (0..2_000).map(|line| format!("setting_{line} = {}\n", line * 7919 % 10_007)).collect();
    let head = "GITLAB_CLIENT_ID=acme-gitlab-21\n";
    write(folder.path(), "app.env", &format!("{head}{filler}"));
    commit(folder.path(), "without");
    let secret = format!("GITLAB_CLIENT_SECRET={}\n", made("{b62:32}", 19));
    write(folder.path(), "app.env", &format!("{head}{filler}{secret}"));
    commit(folder.path(), "with");
    write(folder.path(), "app.env", &format!("{filler}{secret}"));
    commit(folder.path(), "the id is gone");
    git(folder.path(), &["repack", "-adfq", "--depth=50", "--window=50"]);
    let report = report(folder.path(), &["git", "."]);
    assert_eq!(pairs(&report, "generic-secret"), ["id same-file likely app.env:1"]);
}

#[test]
fn targets_are_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "one/id.txt", &id_line(20));
    write(folder.path(), "two/secret.txt", &secret_line(20));
    let apart = report(folder.path(), &["dir", "one", "two"]);
    assert_eq!(pairs(&apart, SECRET), [""; 0]);
    let together = report(folder.path(), &["dir", "."]);
    assert_eq!(pairs(&together, SECRET), ["id only-pair possible one/id.txt:1"]);
}

#[test]
fn an_id_in_the_working_tree_and_its_secret_in_history() {
    let folder = repository();
    write(folder.path(), "x/aws.ini", &secret_line(21));
    commit(folder.path(), "secret");
    write(folder.path(), "x/aws.ini", &id_line(21));
    let report = report(folder.path(), &["scan", "."]);
    assert_eq!(pairs(&report, SECRET), ["id same-path likely x/aws.ini:1"]);
}

#[test]
fn all_formats_say_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "id.txt", &id_line(22));
    write(folder.path(), "secret.txt", &secret_line(22));
    let text = stdout(&scrubjay(folder.path(), &["dir", "."]));
    assert!(text.contains("pair      its id is AKIA****, in the same folder, id.txt:1 (possible)"), "{text}");
    let sarif = stdout(&scrubjay(folder.path(), &["dir", ".", "--format", "sarif"]));
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let secret = results.iter().find(|result| result["ruleId"] == SECRET).unwrap();
    assert_eq!(secret["properties"]["pairs"][0]["relation"], "same-folder");
    assert_eq!(secret["properties"]["pairs"][0].get("value"), None, "nothing of a secret is in SARIF");
    assert!(
        secret["message"]["text"].as_str().unwrap().ends_with("; its id is in the same folder: id.txt:1 (possible)")
    );
    let lines = stdout(&scrubjay(folder.path(), &["dir", ".", "--format", "jsonl"]));
    assert_eq!(lines.lines().filter(|line| line.contains("\"pairs\":[{\"half\":")).count(), 2, "{lines}");
    write(folder.path(), "list", "secrets\n");
    std::fs::create_dir(folder.path().join("secrets")).unwrap();
    write(folder.path(), "secrets/id.txt", &id_line(22));
    write(folder.path(), "secrets/secret.txt", &secret_line(22));
    let swept = report(folder.path(), &["sweep", "list", "--state", "state"]);
    assert!(pairs(&swept, SECRET)[0].starts_with("id same-folder possible"), "{swept}");
}

#[test]
fn more_ids_than_are_kept_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let scan = |count: usize| {
        let ids: String = (0..count).map(|number| format!("CLIENT_ID=\"acme-{number}-x\"\n")).collect();
        write(folder.path(), "ids.txt", &ids);
        let report = report(folder.path(), &["dir", "."]);
        assert_eq!(report["findings"].as_array().unwrap().len(), 0);
        report["notes"].as_array().unwrap().clone()
    };
    assert_eq!(scan(1_000), [Value::Null; 0]);
    let notes = scan(17_000);
    let is_told = |note: &Value| note.as_str().unwrap().starts_with("Client or application id: so many different ones");
    assert!(notes.iter().any(is_told), "{notes:?}");
}

#[test]
fn a_rule_alone_still_knows_its_ids() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "aws.ini", &[id_line(23), secret_line(23)].concat());
    let report = report(folder.path(), &["dir", ".", "--only", SECRET]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(pairs(&report, SECRET), ["id same-file likely aws.ini:1"]);
}
