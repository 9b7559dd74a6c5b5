//! What is read from repositories in which all is well.

use super::*;

#[test]
fn loose_objects_are_read_once_with_all_text_around_them() {
    let repository = TestRepository::new();
    repository.commit("folder/first.txt", "one\n");
    repository.commit("same.txt", "one\n");
    repository.git(&["tag", "-a", "v1", "-m", "words of a tag"]);
    repository.git(&["config", "remote.origin.url", "https://user:word@example.com/x.git"]);
    let read = repository.read();
    assert_eq!(read.contents(), [b"one\n"]);
    assert_eq!(read.trees, 3);
    assert_eq!(read.expected, 7);
    assert_eq!(read.texts("file name"), [&b"first.txt"[..], b"folder", b"same.txt"]);
    assert_eq!(read.texts("ref name"), [&b"HEAD"[..], b"refs/heads/main", b"refs/tags/v1"]);
    let config = String::from_utf8_lossy(read.texts("repository config")[0]).into_owned();
    assert!(config.contains("user:word@example.com"), "{config}");
    let commits = read.objects(ObjectKind::Commit);
    assert_eq!(commits.len(), 2);
    let text = String::from_utf8_lossy(commits.iter().min_by_key(|commit| commit.len()).unwrap());
    assert!(text.contains("Ann Author") && text.contains("change folder/first.txt"), "{text}");
    assert!(!text.contains(&repository.id("HEAD~1^{tree}")), "{text}");
    let tags = read.objects(ObjectKind::Tag);
    assert!(String::from_utf8_lossy(tags[0]).contains("words of a tag"));
    assert!(read.skips.is_empty(), "{:?}", read.skips);
}

#[test]
fn an_object_that_is_loose_and_in_several_packs_is_read_once() {
    let repository = TestRepository::new();
    for number in 0..30 {
        let lines: String =
            (0..200).map(|line| format!("line {} {line}\n", if line == number { number } else { 0 })).collect();
        repository.commit("long.txt", lines);
    }
    let loose = repository.read();
    assert_eq!(loose.contents().len(), 30);
    repository.git(&["repack", "-q", "-a", "-d"]);
    assert_eq!(repository.read().stored(), loose.stored());

    repository.commit("long.txt", "other\n");
    repository.git(&["repack", "-q"]);
    repository.git(&["-c", "pack.packSizeLimit=0", "repack", "-q", "-a"]);
    assert!(files_with(&repository.dot_git("objects/pack"), "pack").len() >= 2);
    let read = repository.read();
    assert_eq!(read.contents().len(), 31);
    assert_eq!(read.objects(ObjectKind::Commit).len(), 31);
    assert!(read.skips.is_empty(), "{:?}", read.skips);
}

#[test]
fn what_nothing_refers_to_any_more_is_read() {
    let repository = TestRepository::new();
    repository.commit("a", "kept\n");
    repository.commit("a", "dropped by a reset\n");
    repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repository.write("staged", "staged only\n");
    repository.git(&["add", "staged"]);
    assert_eq!(repository.read().contents(), [&b"dropped by a reset\n"[..], b"kept\n", b"staged only\n"]);
}

#[test]
fn objects_are_borrowed_from_alternates_even_in_a_cycle() {
    let lender = TestRepository::new();
    lender.commit("a", "lent\n");
    lender.git(&["repack", "-q", "-a", "-d"]);
    let borrower = TestRepository::none();
    borrower.git(&["clone", "-q", "--shared", lender.path().to_str().unwrap(), "."]);
    borrower.commit("b", "own\n");
    assert_eq!(borrower.read().contents(), [&b"lent\n"[..], b"own\n"]);

    fs::write(lender.dot_git("objects/info/alternates"), format!("{}\n", borrower.dot_git("objects").display()))
        .unwrap();
    let read = borrower.read();
    assert_eq!(read.contents(), [&b"lent\n"[..], b"own\n"]);
    assert!(read.skips.is_empty(), "{:?}", read.skips);

    fs::write(lender.dot_git("objects/info/alternates"), "/nowhere/to/be/found\n").unwrap();
    let read = borrower.read();
    assert_eq!((read.contents().len(), read.reasons()), (2, vec![Reason::Missing]));
}

#[test]
fn a_repository_with_sha256_is_read() {
    let repository = TestRepository::with(&["--object-format=sha256"]);
    repository.commit("folder/a", "one\n");
    repository.commit("folder/a", "two\n");
    let loose = repository.read();
    assert_eq!(loose.contents(), [b"one\n", b"two\n"]);
    repository.git(&["repack", "-q", "-a", "-d"]);
    assert_eq!(repository.read().stored(), loose.stored());
    assert!(loose.skips.is_empty(), "{:?}", loose.skips);
}

#[test]
fn it_is_found_from_wherever_one_stands() {
    let repository = TestRepository::new();
    repository.commit("deep/er/a", "one\n");
    let bare = TestRepository::none();
    bare.git(&["clone", "-q", "--bare", repository.path().to_str().unwrap(), "."]);
    let linked = TestRepository::none();
    let work_tree = linked.path().join("linked");
    repository.git(&["worktree", "add", "-q", "--detach", work_tree.to_str().unwrap()]);
    let places = [
        repository.path().to_path_buf(),
        repository.path().join("deep/er"),
        repository.path().join(".git"),
        bare.path().to_path_buf(),
        work_tree.clone(),
        work_tree.join("deep"),
        work_tree.join(".git"),
    ];
    for place in places {
        assert!(Git::is_at(&place), "{}", place.display());
        assert_eq!(read(&open(&place)).contents(), [b"one\n"], "{}", place.display());
    }
    assert_eq!(
        open(&repository.path().join("deep")).work_dir().unwrap().canonicalize().unwrap(),
        repository.path().canonicalize().unwrap()
    );
    assert_eq!(open(bare.path()).work_dir(), None);
    assert!(repository.read().texts("ref name").contains(&&b"worktrees/linked/HEAD"[..]));
}

#[test]
fn a_folder_without_repository_is_an_error_that_names_it() {
    let folder = TestRepository::none();
    let options = Options { path: folder.path().to_path_buf(), location: "here".into(), threads: 1 };
    let error = Git::open(&options).err().unwrap().to_string();
    assert!(error.starts_with("here: no git repository"), "{error}");
    let options = Options { path: folder.path().join("none"), location: "there".into(), threads: 1 };
    assert!(Git::open(&options).err().unwrap().to_string().starts_with("there: "));
}

#[test]
fn a_config_that_wants_to_run_something_runs_nothing() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    let mark = repository.path().join("was-run");
    let command = format!("touch {}", mark.display());
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "filter.x.clean",
        "filter.x.smudge",
        "diff.external",
        "core.pager",
        "core.hooksPath",
    ] {
        repository.git(&["config", key, &command]);
    }
    fs::write(repository.dot_git("info/attributes"), "* filter=x\n").unwrap();
    assert_eq!(repository.read().contents(), [b"one\n"]);
    assert!(!mark.exists());
}

#[test]
fn an_empty_repository_has_nothing_but_its_config_and_refs() {
    let repository = TestRepository::new();
    let read = repository.read();
    assert_eq!((read.contents().len(), read.trees, read.skips.len()), (0, 0, 0), "{read:?}");
    assert_eq!((read.texts("repository config").len(), read.texts("ref name")), (1, vec![&b"HEAD"[..]]));
}

#[test]
fn replace_refs_do_not_hide_what_they_replace() {
    let repository = TestRepository::new();
    repository.commit("a", "hidden\n");
    let hidden = repository.id("HEAD:a");
    repository.write("b", "shown\n");
    let shown = repository.git(&["hash-object", "-w", "b"]);
    repository.git(&["replace", &hidden, &shown]);
    assert_eq!(repository.read().contents(), [&b"hidden\n"[..], b"shown\n"]);
}

#[test]
fn submodules_and_lfs_pointers_are_told() {
    let repository = TestRepository::new();
    let inner = repository.commit("a", "one\n");
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n", "ab".repeat(32));
    repository.commit("large.bin", &pointer);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{inner},lib/sub")]);
    repository.git(&["commit", "-q", "-m", "submodule"]);
    let read = repository.read();
    assert_eq!(read.reasons(), [Reason::LfsPointer, Reason::UninitialisedSubmodule]);
    assert_eq!(read.skips[1].origin.path(), Some(&b"lib/sub"[..]));
    assert!(read.contents().contains(&pointer.as_bytes()));
}

#[test]
fn reading_ends_when_the_sink_says_so() {
    struct Stopped(Mutex<usize>);
    impl Sink for Stopped {
        fn put(&self, item: Item<'_>) {
            if let Item::Blob(blob) = item
                && matches!(blob.origin.last(), Step::Object { .. })
            {
                *self.0.lock().unwrap() += 1;
            }
        }
        fn stopped(&self) -> bool {
            true
        }
    }
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    repository.git(&["repack", "-q", "-a", "-d"]);
    repository.commit("b", "two\n");
    let sink = Stopped(Mutex::new(0));
    repository.open().read(&sink).unwrap();
    assert_eq!(*sink.0.lock().unwrap(), 0);
}
