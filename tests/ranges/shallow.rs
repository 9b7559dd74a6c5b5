//! Where a shallow clone ends nobody knows who brought in what is there.

use super::{Repository, line, report, says};

#[test]
fn what_is_found_where_history_ends_has_no_author_and_no_age() {
    let repository = Repository::new();
    repository.commit("old.env", &line(51));
    repository.commit("end", "1\n");
    let added = repository.commit("new.env", &line(52));
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", repository.path().display());
    says(folder.path(), &["clone", "-q", "--depth", "2", &url, "."]);
    let (_, found) = report(folder.path(), &[]);
    let findings = found["findings"].as_array().unwrap();
    let of = |path: &str| findings.iter().find(|finding| finding["places"][0]["path"] == path).unwrap();
    let (old, new) = (of("old.env"), of("new.env"));
    assert!(old["places"][0]["commit"].is_null() && old["places"][0]["author"].is_null(), "{old}");
    assert!(old["age_days"].is_null(), "{old}");
    assert_eq!((&new["places"][0]["commit"], &new["age_days"]), (&added.into(), &0.into()));
    let (_, part) = report(folder.path(), &["--branch", "main"]);
    let old = part["findings"].as_array().unwrap().iter().find(|one| one["places"][0]["path"] == "old.env").unwrap();
    assert!(old["places"][0]["commit"].is_null(), "{old}");
}
