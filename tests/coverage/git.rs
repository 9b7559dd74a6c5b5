//! Where a secret can lie in a repository.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

#[test]
fn merges_and_renames() {
    let repository = Repository::new();
    repository.commit("a.txt", "one\n");
    repository.git(&["switch", "-q", "-c", "side"]);
    repository.commit("b.txt", "two\n");
    repository.git(&["switch", "-q", "main"]);
    repository.commit("c.txt", "three\n");
    repository.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    repository.write("only-in-merge.env", line(1));
    repository.write("b.txt", format!("two\n{}", line(2)));
    repository.commit_all("merge");
    fs::remove_file(repository.path().join("only-in-merge.env")).unwrap();
    repository.commit("b.txt", "two\n");
    // A rename with an edit, and the reverse.
    let text: String = (0..50).map(|number| format!("line {number}\n")).collect();
    repository.commit("old-name.txt", &text);
    repository.git(&["mv", "old-name.txt", "new-name.txt"]);
    repository.commit("new-name.txt", format!("{text}{}", line(3)));
    repository.git(&["mv", "new-name.txt", "old-name.txt"]);
    repository.commit("old-name.txt", text);
    // An octopus.
    for branch in ["x", "y"] {
        repository.git(&["switch", "-q", "-c", branch, "main"]);
        repository.commit(branch, branch);
    }
    repository.git(&["switch", "-q", "main"]);
    repository.git(&["merge", "-q", "--no-commit", "--no-ff", "x", "y"]);
    repository.commit("octopus.env", line(4));
    for packed in [false, true] {
        if packed {
            repository.git(&["repack", "-adfq"]);
        }
        repository.scan().assert_whole(&[
            (1, &["removed only-in-merge.env"]),
            (2, &["removed b.txt"]),
            (3, &["removed new-name.txt"]),
            (4, &["live octopus.env"]),
        ]);
    }
}

#[test]
fn type_changes() {
    let repository = Repository::new();
    let path = repository.path();
    symlink("nowhere", path.join("a.env")).unwrap();
    repository.commit_all("a link");
    fs::remove_file(path.join("a.env")).unwrap();
    repository.commit("a.env", line(1));
    fs::remove_file(path.join("a.env")).unwrap();
    symlink(format!("/srv/{}", token(2)), path.join("a.env")).unwrap();
    repository.commit_all("a link again, with a token in its target");
    fs::remove_file(path.join("a.env")).unwrap();
    repository.commit("a.env/inner.txt", line(3));
    fs::remove_dir_all(path.join("a.env")).unwrap();
    let head = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["rm", "-rq", "--cached", "a.env"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},a.env")]);
    repository.git(&["commit", "-qm", "a submodule"]);
    repository.git(&["rm", "-q", "--cached", "a.env"]);
    repository.write("a.env", line(4));
    repository.git(&["add", "a.env"]);
    repository.git(&["update-index", "--chmod=+x", "a.env"]);
    repository.git(&["commit", "-qm", "a program"]);
    repository.scan().assert_whole(&[
        (1, &["removed a.env"]),
        (2, &["removed a.env"]),
        (3, &["removed a.env/inner.txt"]),
        (4, &["live a.env"]),
    ]);
}

#[test]
fn references() {
    let repository = Repository::new();
    repository.commit("a", "one\n");
    let blob = |seed: u64| {
        repository.write("x", line(seed));
        let id = repository.git(&["hash-object", "-w", "x"]);
        fs::remove_file(repository.path().join("x")).unwrap();
        id
    };
    repository.git(&["tag", "blob", &blob(1)]);
    repository.git(&["tag", "-a", "annotated-blob", "-m", "x", &blob(2)]);
    let tree = repository.git(&["write-tree"]);
    repository.git(&["tag", "tree", &tree]);
    for (reference, seed) in
        [("refs/pull/1/head", 3), ("refs/merge-requests/2/head", 4), ("refs/changes/03/3/1", 5), ("refs/x", 6)]
    {
        repository.git(&["switch", "-q", "--detach", "main"]);
        repository.commit("pulled.env", line(seed));
        repository.git(&["update-ref", reference, "HEAD"]);
    }
    repository.git(&["switch", "-q", "main"]);
    let scan = repository.scan();
    scan.assert_whole(&[(1, &["removed (blob)"]), (2, &["removed (blob)"])]);
    for seed in 3..=6 {
        assert_eq!(scan.places(seed), ["removed pulled.env"], "a reference that is no branch keeps it");
    }
    let findings = scan.report["findings"].as_array().unwrap();
    let refs: Vec<&Value> = findings.iter().flat_map(|one| one["places"][0]["refs"].as_array().unwrap()).collect();
    assert!(refs.iter().any(|name| *name == "refs/pull/1/head"), "{refs:?}");
}

#[test]
fn messages() {
    let repository = Repository::new();
    repository.commit("a", "one\n");
    repository.git(&["commit", "-q", "--allow-empty", "-m", &format!("empty, with {}", line(1))]);
    repository.git(&["tag", "-a", "v1", "-m", &line(2)]);
    repository.git(&["tag", "-a", "of-a-tag", "-m", &line(3), "v1"]);
    repository.git(&["notes", "add", "-m", &line(4)]);
    repository.git(&["notes", "--ref", "other", "add", "-m", &line(5)]);
    let author = format!("--author=A {} <a@example.com>", token(6));
    repository.git(&["commit", "-q", "--allow-empty", &author, "-m", "author"]);
    let scan = repository.scan();
    assert_eq!(scan.lost(), [""; 0]);
    assert!(scan.places(1).contains(&"live (commit)".to_owned()), "{:?}", scan.places(1));
    assert_eq!(scan.places(2), ["live (tag)"]);
    assert_eq!(scan.places(3), ["live (tag)"]);
    assert!(scan.has(4) && scan.has(5), "notes of any namespace");
    assert!(scan.places(6).contains(&"live (commit)".to_owned()), "{:?}", scan.places(6));
}

#[test]
fn stashes() {
    let repository = Repository::new();
    repository.commit("a.env", "one\n");
    repository.write("a.env", line(1));
    repository.write("untracked.env", line(2));
    repository.git(&["stash", "push", "-q", "--include-untracked", "-m", "lower"]);
    repository.write("a.env", line(3));
    repository.git(&["add", "a.env"]);
    repository.write("a.env", "work tree\n");
    repository.git(&["stash", "push", "-q"]);
    repository.write("a.env", line(4));
    repository.git(&["stash", "push", "-q"]);
    repository.git(&["stash", "drop", "-q"]);
    repository.git(&["repack", "-adfq"]);
    repository.scan().assert_whole(&[
        (1, &["removed a.env"]),
        (2, &["removed untracked.env"]),
        (3, &["removed a.env"]),
        (4, &["unreachable a.env"]),
    ]);
}

#[test]
fn replaced_and_grafted() {
    let repository = Repository::new();
    repository.commit("a.env", line(1));
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.commit("a.env", line(2));
    let second = repository.git(&["rev-parse", "HEAD"]);
    repository.commit("a.env", "clean\n");
    let replaced = repository.git(&["rev-parse", &format!("{first}:a.env")]);
    let clean = repository.git(&["rev-parse", "HEAD:a.env"]);
    repository.git(&["replace", &replaced, &clean]);
    repository.git(&["replace", "--graft", "HEAD"]);
    repository.scan().assert_whole(&[(1, &["removed a.env"]), (2, &["removed a.env"])]);
    // The old way, which git itself still honours: history seems to begin with the last commit.
    repository.git(&["replace", "-d", "HEAD"]);
    let head = repository.git(&["rev-parse", "HEAD"]);
    repository.write(".git/info/grafts", format!("{head}\n"));
    assert_eq!(repository.git(&["-c", "advice.graftFileDeprecated=false", "rev-list", "--count", "HEAD"]), "1");
    repository.scan().assert_whole(&[(1, &["removed a.env"]), (2, &["removed a.env"])]);
    let range = format!("{first}..HEAD");
    let scan = scan(&repository.path(), &["git", ".", "--range", &range]);
    assert_eq!(scan.places(2), ["transient a.env"], "{second} is a part of the range");
}

#[test]
fn unreachable() {
    let repository = Repository::new();
    repository.commit("a.env", "one\n");
    repository.commit("a.env", line(1));
    repository.git(&["commit", "-q", "--amend", "-m", "amended", "--allow-empty"]);
    repository.write("a.env", "clean\n");
    repository.git(&["commit", "-q", "-a", "--amend", "-m", "amended again"]);
    repository.commit("b.env", line(2));
    repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repository.git(&["switch", "-q", "-c", "gone"]);
    repository.commit("c.env", line(3));
    repository.git(&["switch", "-q", "main"]);
    repository.git(&["branch", "-qD", "gone"]);
    repository.git(&["commit", "-q", "--allow-empty", "-m", &line(4)]);
    repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repository.write("d.env", line(5));
    repository.git(&["add", "d.env"]);
    repository.git(&["rm", "-q", "-f", "--cached", "d.env"]);
    fs::remove_file(repository.path().join("d.env")).unwrap();
    let scan = repository.scan();
    scan.assert_whole(&[
        (1, &["unreachable a.env"]),
        (2, &["unreachable b.env"]),
        (3, &["unreachable c.env"]),
        (5, &["unreachable (blob)"]),
    ]);
    let places = scan.places(4);
    assert!(places.contains(&"live .git/logs/HEAD".to_owned()), "{places:?}");
    assert!(places.contains(&"unreachable (commit)".to_owned()), "{places:?}");
    // As on a server: no reflog, all in one pack, what was dropped kept beside it.
    fs::remove_dir_all(repository.path().join(".git/logs")).unwrap();
    repository.git(&["repack", "-adkfq"]);
    for seed in 1..=5 {
        assert!(repository.scan().has(seed), "{seed}");
    }
}

#[test]
fn attributes_and_encodings() {
    let repository = Repository::new();
    repository.write(".gitattributes", "*.quiet -diff\n*.bin binary\n*.gen linguist-generated\n*.txt export-ignore\n");
    repository.write("a.quiet", line(1));
    repository.write("b.bin", line(2));
    repository.write("c.gen", line(3));
    repository.write("d.txt", line(4));
    let utf16 = |seed, order: fn(u16) -> [u8; 2], mark: bool| {
        let text = format!("name=value\r\n{}", line(seed));
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(order).collect::<Vec<u8>>()
    };
    repository.write("le.ps1", utf16(5, u16::to_le_bytes, true));
    repository.write("be.ps1", utf16(6, u16::to_be_bytes, true));
    repository.write("no-mark.reg", utf16(7, u16::to_le_bytes, false));
    repository.write("nul.dat", [b"\0\0\0binary\0", line(8).as_bytes(), b"\0\0"].concat());
    repository.write("utf8-mark.txt", [b"\xef\xbb\xbf", line(9).as_bytes()].concat());
    repository.write("latin.txt", [b"caf\xe9 ", line(10).as_bytes()].concat());
    repository.commit_all("all");
    repository.git(&["rm", "-rq", "."]);
    repository.commit_all("gone");
    repository.git(&["repack", "-adfq"]);
    let scan = repository.scan();
    assert_eq!(scan.lost(), [""; 0]);
    for seed in 1..=10 {
        assert!(scan.has(seed), "{seed}: {}", scan.report["findings"]);
    }
}

#[test]
fn names() {
    let repository = Repository::new();
    repository.commit(&format!("dump-{}.txt", token(1)), "one\n");
    repository.commit(&format!("{}/x", token(2)), "one\n");
    repository.git(&["branch", &format!("fix/{}", token(3))]);
    repository.git(&["tag", &token(4)]);
    symlink(format!("/srv/{}", token(5)), repository.path().join("link")).unwrap();
    let modules = format!("[submodule \"x\"]\n\tpath = x\n\turl = https://bot:{}@git.example/x.git\n", token(6));
    repository.commit(".gitmodules", modules);
    let scan = repository.scan();
    assert_eq!(scan.lost(), [""; 0]);
    for seed in 1..=6 {
        assert!(scan.has(seed), "{seed}");
    }
    assert_eq!(scan.places(6), ["live .gitmodules"]);
}

#[test]
fn the_folder_itself() {
    let repository = Repository::new();
    repository.commit("a", "one\n");
    repository.git(&["config", "remote.origin.url", &format!("https://bot:{}@git.example/x.git", token(1))]);
    repository.git(&["config", "http.https://git.example/.extraHeader", &format!("Authorization: token {}", token(2))]);
    repository.write(".git/.git-credentials", format!("https://bot:{}@git.example\n", token(3)));
    repository.write(".git/hooks/pre-push", format!("#!/bin/sh\n{}", line(4)));
    repository.write(
        ".git/FETCH_HEAD",
        format!("{}\t\tbranch 'main' of https://bot:{}@git.example/x\n", "1".repeat(40), token(5)),
    );
    repository.write(
        ".git/worktrees/x/config.worktree",
        format!("[remote \"o\"]\n\turl = https://bot:{}@git.example/x.git\n", token(6)),
    );
    let scan = repository.scan();
    for seed in 1..=6 {
        assert!(scan.has(seed), "{seed}");
    }
    assert_eq!(scan.lost(), [""; 0]);
}

/// A repository with a token that lives, one that was removed, and one in a message.
fn three(repository: &Repository) {
    repository.commit("removed.env", line(1));
    fs::remove_file(repository.path().join("removed.env")).unwrap();
    repository.commit("live.env", line(2));
    repository.git(&["tag", "-a", "v1", "-m", &line(3)]);
}

const THREE: &[(u64, &[&str])] = &[(1, &["removed removed.env"]), (2, &["live live.env"]), (3, &["live (tag)"])];

#[test]
fn layouts() {
    let repository = Repository::new();
    three(&repository);
    let at = |name: &str, arguments: &[&str]| {
        let path = repository.beside(name);
        let target = path.to_str().unwrap().to_owned();
        repository.git_in(repository.top.path(), &[arguments, &["repository", &target]].concat());
        path
    };
    scan(&at("bare", &["clone", "-q", "--bare"]), &["git", "."]).assert_whole(THREE);
    scan(&at("mirror", &["clone", "-q", "--mirror"]), &["scan", "."]).assert_whole(&THREE[..1]);
    scan(&at("borrows", &["clone", "-q", "--shared", "--bare"]), &["git", "."]).assert_whole(THREE);
    let linked = repository.beside("linked");
    repository.git(&["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
    scan(&linked, &["git", "."]).assert_whole(THREE);

    // Several packs, with a multi-pack index over them; then one pack kept, its objects loose as well.
    for number in 4..8 {
        repository.commit(&format!("{number}.env"), line(number));
        repository.git(&["repack", "-q"]);
    }
    repository.git(&["multi-pack-index", "write"]);
    let all = |scan: &Scan| {
        scan.assert_whole(THREE);
        (4..8).for_each(|seed| assert!(scan.has(seed), "{seed}"));
    };
    all(&repository.scan());
    for pack in fs::read_dir(repository.path().join(".git/objects/pack")).unwrap() {
        let pack = pack.unwrap().path();
        if pack.extension().is_some_and(|extension| extension == "idx") {
            fs::remove_file(pack).unwrap();
        }
    }
    all(&repository.scan());
}

#[test]
fn a_repository_with_sha256() {
    let repository = Repository::with(&["--object-format=sha256"]);
    three(&repository);
    repository.scan().assert_whole(THREE);
    repository.git(&["repack", "-adfq"]);
    repository.scan().assert_whole(THREE);
    let range = scan(&repository.path(), &["git", ".", "--range", "HEAD~1..HEAD"]);
    assert_eq!(range.places(2), ["introduced live.env"]);
}

#[test]
fn the_working_tree() {
    let repository = Repository::new();
    repository.write(".gitignore", "ignored/\n*.log\n");
    repository.commit("tracked.env", line(1));
    repository.write("untracked.env", line(2));
    repository.write("ignored/x.env", line(3));
    repository.write("debug.log", line(4));
    repository.write("tracked-but-ignored.log", line(5));
    repository.git(&["add", "-f", "tracked-but-ignored.log"]);
    repository.git(&["commit", "-qm", "forced"]);
    let some = scan(&repository.path(), &["scan", "."]);
    assert_eq!((1..=5).map(|seed| some.has(seed)).collect::<Vec<_>>(), [true, true, false, false, true]);
    let all = scan(&repository.path(), &["scan", ".", "--ignored"]);
    assert!((1..=5).all(|seed| all.has(seed)));
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n", "ab".repeat(32));
    repository.commit("large.bin", pointer);
    let with_pointer = scan(&repository.path(), &["scan", "."]);
    let skipped = with_pointer.report["coverage"]["skipped"].to_string();
    assert!(skipped.contains("lfs-pointer") && with_pointer.lost().is_empty(), "{skipped}");
}
