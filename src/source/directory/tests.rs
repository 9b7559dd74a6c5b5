use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::source::collect::Collected;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(options: Options) -> Collected {
    let collected = Collected::default();
    Directory::new(options).unwrap().read(&collected).unwrap();
    collected
}

fn everything(root: &Path) -> Options {
    Options { roots: vec![root.to_path_buf()], ignored: true, ..Options::default() }
}

/// Paths of the files read below `root`, without the texts beside them.
fn files(collected: &Collected, root: &Path) -> Vec<String> {
    let prefix = format!("{} > ", root.display());
    let origins = collected.origins();
    let paths = origins.iter().filter_map(|origin| origin.strip_prefix(&prefix));
    paths.filter(|path| !path.ends_with("file name")).map(str::to_owned).collect()
}

fn skips(collected: &Collected, root: &Path) -> Vec<(String, Reason)> {
    let prefix = format!("{} > ", root.display());
    collected.skips().into_iter().map(|(origin, reason)| (origin.replace(&prefix, ""), reason)).collect()
}

#[test]
fn every_file_is_pushed_once_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..300 {
        write(dir.path(), &format!("wide/{number:03}.txt"), &format!("content {number}"));
        write(dir.path(), &format!("deep/{}/{number}/.hidden", number % 7), "x");
    }
    let first = read(Options { threads: 1, ..everything(dir.path()) });
    assert_eq!(files(&first, dir.path()).len(), 600);
    assert_eq!(first.expected(), 600);
    assert_eq!(first.skips(), []);
    let again = read(Options { threads: 4, ..everything(dir.path()) });
    assert_eq!(first.blobs(), again.blobs());
}

#[test]
fn names_of_entries_are_text_of_their_directory() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "sub/key-4711.txt", "");
    let collected = read(everything(dir.path()));
    let shown = |below: &str| format!("{}{below} > file name", dir.path().display());
    assert!(collected.blobs().contains(&(shown(""), b"sub".to_vec())));
    assert!(collected.blobs().contains(&(shown(" > sub"), b"key-4711.txt".to_vec())));
}

#[test]
fn names_that_are_no_utf8_keep_their_bytes() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    assert_eq!(files(&read(everything(dir.path())), dir.path()), ["caf\\xe9"]);
}

#[test]
fn a_link_is_not_followed_and_its_target_is_text() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    write(dir.path(), "real/file", "x");
    write(outside.path(), "file", "outside");
    symlink("real", dir.path().join("inside")).unwrap();
    symlink(outside.path(), dir.path().join("outside")).unwrap();
    symlink("nowhere", dir.path().join("dangling")).unwrap();
    symlink("cycle", dir.path().join("cycle")).unwrap();
    symlink("..", dir.path().join("real/up")).unwrap();
    let collected = read(everything(dir.path()));
    assert_eq!(
        files(&collected, dir.path()),
        [
            "cycle > link target",
            "dangling > link target",
            "inside > link target",
            "outside > link target",
            "real/file",
            "real/up > link target"
        ]
    );
    assert_eq!(
        skips(&collected, dir.path()),
        [
            ("cycle".into(), Reason::DanglingLink),
            ("dangling".into(), Reason::DanglingLink),
            ("outside".into(), Reason::LinkNotFollowed)
        ]
    );
}

#[test]
fn a_fifo_or_socket_is_named_and_never_opened() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Command::new("mkfifo").arg(dir.path().join("fifo")).status().unwrap().success());
    let _socket = UnixListener::bind(dir.path().join("socket")).unwrap();
    write(dir.path(), "file", "x");
    let collected = read(everything(dir.path()));
    assert_eq!(files(&collected, dir.path()), ["file"]);
    let special = |name: &str| (name.to_owned(), Reason::SpecialFile);
    assert_eq!(skips(&collected, dir.path()), [special("fifo"), special("socket")]);
    let root = read(everything(&dir.path().join("fifo")));
    assert_eq!(root.skips(), [(dir.path().join("fifo").display().to_string(), Reason::SpecialFile)]);
}

#[test]
fn what_cannot_be_opened_is_named_with_its_cause_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "closed", "x");
    write(dir.path(), "folder/file", "x");
    write(dir.path(), "open", "x");
    for name in ["closed", "folder"] {
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    // The system's administrator reads it all the same.
    let administrator = fs::File::open(dir.path().join("closed")).is_ok();
    let collected = read(everything(dir.path()));
    fs::set_permissions(dir.path().join("folder"), fs::Permissions::from_mode(0o700)).unwrap();
    if administrator {
        assert_eq!(files(&collected, dir.path()), ["closed", "folder/file", "open"]);
    } else {
        assert_eq!(files(&collected, dir.path()), ["open"]);
        let unreadable = |name: &str| (name.to_owned(), Reason::Unreadable);
        assert_eq!(skips(&collected, dir.path()), [unreadable("closed"), unreadable("folder")]);
        assert!(collected.details(Reason::Unreadable)[0].contains("ermission denied"));
    }
}

#[test]
fn a_path_too_long_for_the_system_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let name = "d".repeat(250);
    let script = "for i in $(seq 20); do mkdir \"$1\" && cd \"$1\" 2>/dev/null || exit 0; done";
    assert!(Command::new("sh").args(["-c", script, "sh", &name]).current_dir(dir.path()).status().unwrap().success());
    write(dir.path(), "file", "x");
    let collected = read(everything(dir.path()));
    assert_eq!(files(&collected, dir.path()), ["file"].map(String::from));
    let reasons: Vec<Reason> = collected.skips().into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons, [Reason::Unreadable]);
    assert!(Command::new("rm").arg("-rf").arg(dir.path().join(name)).status().unwrap().success());
}

#[test]
fn an_lfs_pointer_is_text_and_named() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n");
    let collected = read(everything(dir.path()));
    assert_eq!(files(&collected, dir.path()), ["big.bin"]);
    assert_eq!(skips(&collected, dir.path()), [("big.bin".into(), Reason::LfsPointer)]);
}

#[test]
fn ignored_entries_are_left_out_with_one_skip_each() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, ".git/info/exclude", "private\n");
    write(root, ".gitignore", "/target/\n*.log\n");
    write(root, "sub/.gitignore", "!keep.log\n");
    for path in ["target/a", "target/b/c", "x.log", "sub/keep.log", "sub/y.log", "sub/target/z", "private", "file"] {
        write(root, path, "x");
    }
    let asked = Options { ignored: false, skip_git: true, ..everything(root) };
    let collected = read(asked.clone());
    assert_eq!(files(&collected, root), [".gitignore", "file", "sub/.gitignore", "sub/keep.log", "sub/target/z"]);
    let ignored = |name: &str| (name.to_owned(), Reason::Ignored);
    assert_eq!(
        skips(&collected, root),
        [ignored("private"), ignored("sub/y.log"), ignored("target"), ignored("x.log")]
    );
    // The same rules hold where the user stands below the top, but not for what was asked for by name.
    let below = read(Options { roots: vec![root.join("sub"), root.join("target")], ..asked });
    assert_eq!(files(&below, &root.join("sub")), [".gitignore", "keep.log", "target/z"]);
    assert_eq!(files(&below, &root.join("target")), ["a", "b/c"]);
    assert_eq!(files(&read(everything(root)), root).len(), 11);
}

#[test]
fn outside_of_a_repository_nothing_is_ignored() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), ".gitignore", "*\n");
    write(dir.path(), "file", "x");
    let collected = read(Options { ignored: false, ..everything(dir.path()) });
    assert_eq!(files(&collected, dir.path()), [".gitignore", "file"]);
}

#[test]
fn a_fifo_in_the_place_of_gitignore_does_not_hang() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    assert!(Command::new("mkfifo").arg(dir.path().join(".gitignore")).status().unwrap().success());
    write(dir.path(), "file", "x");
    let collected = read(Options { ignored: false, skip_git: true, ..everything(dir.path()) });
    assert_eq!(files(&collected, dir.path()), ["file"]);
}

#[test]
fn globs_choose_relative_to_the_root() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["src/a.rs", "src/b.txt", "vendor/deep/c.rs", "d.rs"] {
        write(dir.path(), path, "x");
    }
    let exclude = vec!["vendor".to_owned(), "/d.rs".to_owned()];
    let collected = read(Options { exclude: exclude.clone(), ..everything(dir.path()) });
    assert_eq!(files(&collected, dir.path()), ["src/a.rs", "src/b.txt"]);
    let excluded = |name: &str| (name.to_owned(), Reason::Excluded);
    assert_eq!(skips(&collected, dir.path()), [excluded("d.rs"), excluded("vendor")]);

    let include = vec!["*.rs".to_owned()];
    let collected = read(Options { include, exclude, ..everything(dir.path()) });
    assert_eq!(files(&collected, dir.path()), ["src/a.rs"]);
    assert_eq!(collected.details(Reason::Excluded).iter().filter(|text| text.starts_with("1 of its files")).count(), 1);

    let broken = Directory::new(Options { exclude: vec!["a[".into()], ..everything(dir.path()) }).unwrap_err();
    assert!(broken.to_string().starts_with("a[: is no glob"), "{broken}");
}

#[test]
fn roots_that_overlap_are_read_once() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "sub/a", "x");
    write(dir.path(), "b", "x");
    let roots = vec![dir.path().into(), dir.path().join("sub"), dir.path().join("sub/."), dir.path().join("b")];
    let collected = read(Options { roots, ..everything(dir.path()) });
    let origins = collected.origins();
    let read: Vec<&String> = origins.iter().filter(|origin| !origin.ends_with("file name")).collect();
    let shown = dir.path().display();
    assert_eq!(read, [&format!("{shown}/b"), &format!("{shown}/sub > a")]);
}

#[test]
fn git_folders_are_left_out_where_history_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), ".git/config", "x");
    write(dir.path(), "nested/.git/config", "x");
    write(dir.path(), "worktree/.git", "gitdir: elsewhere");
    let collected = read(Options { skip_git: true, ..everything(dir.path()) });
    assert_eq!(files(&collected, dir.path()), ["worktree/.git"]);
    assert_eq!(skips(&collected, dir.path()), [("nested/.git".into(), Reason::Excluded)]);
    assert_eq!(files(&read(everything(dir.path())), dir.path()).len(), 3);
}

#[test]
fn a_root_that_is_not_there_is_an_error_that_names_it() {
    let error = Directory::new(everything(Path::new("no-such-place"))).unwrap().read(&Collected::default());
    assert_eq!(error.unwrap_err().to_string(), "no-such-place: no such file or directory");
}

#[test]
fn the_history_of_a_repository_below_is_told_as_not_read() {
    let dir = tempfile::tempdir().unwrap();
    for (folder, name) in [("billing/.git", "billing"), ("mirror.git", "mirror.git")] {
        for (file, text) in
            [("HEAD", "ref: refs/heads/main"), ("refs/heads/main", "00"), ("objects/00/11", "zlib"), ("config", "x")]
        {
            write(dir.path(), &format!("{folder}/{file}"), text);
        }
        let collected = read(everything(dir.path()));
        assert!(files(&collected, dir.path()).contains(&format!("{folder}/config")), "credentials may lie there");
        let told = collected.details(Reason::Excluded);
        assert!(told.iter().any(|detail| detail.contains(&format!("/{name}` reads it"))), "{told:?}");
    }
    // What only looks a little like one is read.
    write(dir.path(), "game/objects/a.txt", "x");
    assert!(files(&read(everything(dir.path())), dir.path()).contains(&"game/objects/a.txt".to_owned()));
}
