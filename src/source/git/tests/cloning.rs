//! Clones of local repositories: what is cloned, and that nothing stays behind.

use super::*;
use crate::source::git::{Transports, clone_bare};

#[test]
fn a_clone_has_every_reference_and_is_gone_in_the_end() {
    let repository = TestRepository::new();
    repository.commit("a", "on main\n");
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.commit("b", "in a pull request\n");
    repository.git(&["update-ref", "refs/pull/1/head", "HEAD"]);
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["branch", "-q", "-D", "side"]);
    let url = format!("file://{}", repository.path().display());
    let cloned = clone_bare(&url, Transports::AlsoLocal, &|| false).unwrap();
    let folder = cloned.path().to_path_buf();
    assert_eq!(cloned.location(), url);
    assert_eq!(read(&open(&folder)).contents(), [&b"in a pull request\n"[..], b"on main\n"]);
    drop(cloned);
    assert!(!folder.exists());
    assert!(clone_bare(&url, Transports::Remote, &|| false).is_err());
}

#[test]
fn what_cannot_be_cloned_is_an_error_that_says_why() {
    let nothing = TestRepository::none();
    let url = format!("file://{}/none", nothing.path().display());
    let error = clone_bare(&url, Transports::AlsoLocal, &|| false).unwrap_err();
    assert_eq!(error.target, url);
    assert!(error.message.starts_with("git cannot clone it: ") && error.message.contains("none"), "{error}");
    assert!(!error.message.contains('\n'));
}

#[test]
fn a_clone_that_is_to_stop_is_no_clone() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    let url = format!("file://{}", repository.path().display());
    let error = clone_bare(&url, Transports::AlsoLocal, &|| true).unwrap_err();
    assert!(error.message.contains("stopped"), "{error}");
}
