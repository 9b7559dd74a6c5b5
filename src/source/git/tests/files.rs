//! Files of a repository's folder that are no objects.

use super::*;

impl Recorded {
    /// The content that was read at a path.
    fn at(&self, path: &str) -> Option<String> {
        let found = self.blobs.iter().find(|(origin, _)| origin.path() == Some(path.as_bytes()));
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    }
}

#[test]
fn reflogs_hooks_and_files_with_credentials_are_read() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    repository.git(&["commit", "-q", "--amend", "-m", "words that an amend took away"]);
    for (path, content) in [
        ("hooks/pre-push", "#!/bin/sh\nexport KEEP=1\n"),
        ("credentials", "https://user:word@example.com\n"),
        ("info/sparse-checkout", "/a\n"),
        ("modules/sub/config", "[core]\n"),
    ] {
        let path = repository.dot_git(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let read = repository.read();
    let log = read.at(".git/logs/HEAD").unwrap();
    assert!(log.contains("commit (amend): words that an amend took away"), "{log}");
    assert!(!log.contains(&repository.head()), "{log}");
    assert!(read.at(".git/hooks/pre-push").unwrap().contains("KEEP"));
    assert!(read.at(".git/credentials").unwrap().contains("user:word"));
    assert!(read.at(".git/info/sparse-checkout").is_some());
    assert!(read.at(".git/COMMIT_EDITMSG").is_some());
    // The index is binary and names what trees name; a submodule is a repository of its own.
    assert_eq!((read.at(".git/index"), read.at(".git/modules/sub/config")), (None, None));
    assert_eq!(read.skips, []);
}

#[test]
fn a_linked_work_tree_brings_its_own_log() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    let other = repository.path().join("other");
    repository.git(&["worktree", "add", "-q", "-b", "side", other.to_str().unwrap()]);
    fs::write(other.join("a"), "two\n").unwrap();
    repository.git_in(&other, &["commit", "-q", "-am", "words of the side"]);
    let read = read(&open(&other));
    assert!(read.at(".git/worktrees/other/logs/HEAD").unwrap().contains("words of the side"));
    assert_eq!(read.at(".git/worktrees/other/index"), None);
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_and_its_target_is_text() {
    let repository = TestRepository::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), "outside\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("file"), repository.dot_git("hooks/post-merge")).unwrap();
    let read = repository.read();
    assert!(read.at(".git/hooks/post-merge").unwrap().ends_with("/file"));
    assert!(read.blobs.iter().all(|(_, bytes)| bytes != b"outside\n"));
    assert_eq!(read.reasons(), [Reason::LinkNotFollowed]);
}

#[test]
fn an_lfs_object_that_was_fetched_is_read_and_its_pointer_is_no_loss() {
    let repository = TestRepository::new();
    let id = "cd".repeat(32);
    repository.commit("large.bin", format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize 6\n"));
    let keep = |id: &str, text: &str| {
        let path = repository.dot_git(&format!("lfs/objects/{}/{}/{id}", &id[..2], &id[2..4]));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    keep(&id, "large\n");
    let other = "ef".repeat(32);
    keep(&other, "of no pointer\n");
    let read = repository.read();
    let origin = format!("repository > blob {} > LFS object {id}", repository.id("HEAD:large.bin"));
    let told = read.blobs.iter().filter(|(_, bytes)| bytes == b"large\n").map(|(at, _)| at.to_string());
    assert_eq!(told.collect::<Vec<_>>(), [origin]);
    assert_eq!(read.at(&format!(".git/lfs/objects/ef/ef/{other}")).as_deref(), Some("of no pointer\n"));
    assert_eq!(read.skips, []);
}

#[test]
fn submodules_are_found_with_their_own() {
    let repository = TestRepository::new();
    for name in ["modules/lib/one", "modules/two", "modules/two/modules/three"] {
        repository.git_in(repository.path(), &["init", "-q", "--bare", repository.dot_git(name).to_str().unwrap()]);
    }
    let found = repository.open().submodules();
    let names: Vec<_> = found.iter().map(|one| (&*one.folder, std::str::from_utf8(&one.path).unwrap())).collect();
    // Nobody knows any more where these were.
    assert_eq!(names, [("lib/one", "lib/one"), ("two", "two"), ("two/modules/three", "two/three")]);
    assert!(found.iter().all(|one| one.repository.join("HEAD").is_file()));
    let module = |name: &str, work_tree: &str| {
        let folder = repository.dot_git(name);
        repository.git_in(&folder, &["config", "core.bare", "false"]);
        repository.git_in(&folder, &["config", "core.worktree", work_tree]);
    };
    module("modules/lib/one", "../../../../libraries/one");
    module("modules/two", "../../../../elsewhere");
    repository.commit(".gitmodules", "[submodule \"two\"]\n\tpath = second\n\turl = https://git.example/two.git\n");
    let found = repository.open().submodules();
    let paths: Vec<_> = found.iter().map(|one| std::str::from_utf8(&one.path).unwrap()).collect();
    assert_eq!(paths, ["libraries/one", "second", "second/three"]);
}
