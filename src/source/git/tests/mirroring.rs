//! Mirrors: incremental, complete, private, and never trusted blindly.

use super::*;
use crate::source::git::remote::Transports;
use crate::source::git::{Mirrors, Remote, Trouble};

struct Setting {
    repository: TestRepository,
    folder: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        let repository = TestRepository::new();
        repository.commit("a", "first\n");
        Setting { repository, folder: tempfile::tempdir().unwrap() }
    }

    fn remote(&self) -> Remote {
        Remote::parse(&format!("file://{}", self.repository.path().display()), Transports::AlsoLocal).unwrap()
    }

    fn mirrors(&self) -> Mirrors {
        Mirrors::open(&self.folder.path().join("mirrors")).unwrap()
    }

    /// Path of the mirror after a fetch, whether it was cloned anew, and the contents it has.
    fn fetch(&self) -> (PathBuf, bool, Vec<Vec<u8>>) {
        let mirror = self.mirrors().fetch(&self.remote(), &|| false).unwrap();
        let read = read(&open(mirror.path()));
        assert_eq!(read.reasons(), []);
        (mirror.path().to_owned(), mirror.is_new(), read.contents().into_iter().map(<[u8]>::to_vec).collect())
    }
}

#[test]
fn all_references_are_fetched_and_those_that_are_gone_go() {
    let setting = Setting::new();
    setting.repository.git(&["update-ref", "refs/pull/1/head", "HEAD"]);
    let (path, is_new, contents) = setting.fetch();
    assert!(is_new && contents == [b"first\n"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
    let references = || setting.repository.git_in(&path, &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(references(), "refs/heads/main\nrefs/pull/1/head");
    setting.repository.commit("b", "second\n");
    setting.repository.git(&["update-ref", "refs/pull/2/head", "HEAD"]);
    setting.repository.git(&["update-ref", "-d", "refs/pull/1/head"]);
    setting.repository.git(&["commit", "-q", "--amend", "-m", "forced"]);
    let (_, is_new, contents) = setting.fetch();
    assert!(!is_new, "what was there is fetched into");
    assert_eq!(contents, [&b"first\n"[..], b"second\n"]);
    assert_eq!(references(), "refs/heads/main\nrefs/pull/2/head");
}

#[test]
fn what_a_killed_process_left_is_cleared_and_fetched_again() {
    let setting = Setting::new();
    let (path, ..) = setting.fetch();
    fs::remove_file(path.join("scrubjay-whole")).unwrap();
    fs::write(path.join("refs/heads/main.lock"), "").unwrap();
    fs::write(path.join("packed-refs.lock"), "").unwrap();
    let stem = path.file_stem().unwrap().to_string_lossy();
    let leftover = path.with_file_name("unfinished").join(format!("{stem}.new-1-1"));
    let of_another = path.with_file_name("unfinished").join("other.new-1-1");
    fs::create_dir_all(&leftover).unwrap();
    fs::create_dir_all(&of_another).unwrap();
    setting.repository.commit("b", "second\n");
    let (_, is_new, contents) = setting.fetch();
    assert!(!is_new && contents.len() == 2);
    assert!(!leftover.exists() && of_another.exists() && path.join("scrubjay-whole").exists());
}

#[test]
fn what_lost_objects_is_cloned_anew() {
    let setting = Setting::new();
    let (path, ..) = setting.fetch();
    fs::remove_file(path.join("scrubjay-whole")).unwrap();
    // The tips are there, so that a fetch has nothing to do; a file is not.
    let blob = setting.repository.id("HEAD:a");
    let pack = files_with(&path.join("objects/pack"), "pack").remove(0);
    let apart = setting.folder.path().join("apart");
    fs::rename(path.join("objects/pack"), &apart).unwrap();
    fs::create_dir(path.join("objects/pack")).unwrap();
    let pack = apart.join(pack.file_name().unwrap());
    setting
        .repository
        .git_in(&path, &["-c", "alias.u=!git unpack-objects -q <\"$1\" && :", "u", pack.to_str().unwrap()]);
    fs::remove_file(path.join("objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    let (_, is_new, contents) = setting.fetch();
    assert!(is_new && contents == [b"first\n"]);
    fs::write(path.join("HEAD"), "nonsense").unwrap();
    assert!(setting.fetch().1, "no repository at all");
}

#[test]
fn faults_are_looked_into_once() {
    let setting = Setting::new();
    let mut mirror = setting.mirrors().fetch(&setting.remote(), &|| false).unwrap();
    assert!(mirror.is_sound(&|| false).unwrap() && !mirror.knows_faults("x"));
    mirror.note_faults("x").unwrap();
    mirror.tidy(&|| false).unwrap();
    assert!(mirror.knows_faults("x") && !mirror.knows_faults("y"));
    let pack = files_with(&mirror.path().join("objects/pack"), "pack").remove(0);
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, bytes).unwrap();
    assert!(!mirror.is_sound(&|| false).unwrap());
    mirror.renew(&setting.remote(), &|| false).unwrap();
    assert!(mirror.is_new() && mirror.is_sound(&|| false).unwrap());
}

#[test]
fn a_repository_that_is_gone_costs_no_mirror() {
    let setting = Setting::new();
    let (path, ..) = setting.fetch();
    let hidden = setting.repository.path().join("hidden");
    fs::rename(setting.repository.path().join(".git"), &hidden).unwrap();
    let told = setting.mirrors().fetch(&setting.remote(), &|| false).unwrap_err();
    assert!(matches!(told, Trouble::Failed(_)), "{told:?}");
    assert!(path.join("HEAD").exists());
    fs::rename(hidden, setting.repository.path().join(".git")).unwrap();
    assert!(!setting.fetch().1);
    let told = setting.mirrors().fetch(&setting.remote(), &|| true).unwrap_err();
    assert_eq!(told, Trouble::Stopped);
}
