//! Nothing is green by accident: what was not read is told, and ends with 3, or with 2 where nothing could be done.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use common::complaint;

#[test]
fn of_another_owner() {
    let repository = Repository::new();
    repository.commit("a.env", line(1));
    repository.commit("a.env", "clean\n");
    let changed = Command::new("chown").args(["-R", "65534"]).arg(repository.path()).status().unwrap().success();
    // Who may not give files away has no repository of somebody else's; the one of this test is then read as it is.
    let refuses = Command::new("git")
        .args(["status"])
        .current_dir(repository.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert_eq!(refuses.status.success(), !changed, "git itself does not read it");
    repository.scan().assert_whole(&[(1, &["removed a.env"])]);
    assert_eq!(scan(&repository.path(), &["scan", "."]).places(1), ["removed a.env"]);
    let range = scan(&repository.path(), &["git", ".", "--range", "HEAD~1..HEAD"]);
    assert_eq!((range.exit, range.lost()), (0, Vec::new()));
}

#[test]
fn what_does_not_resolve() {
    let repository = Repository::new();
    repository.commit("a.env", line(1));
    let absent = format!("{}..HEAD", "1".repeat(40));
    for arguments in [
        &["git", ".", "--range", "nope..HEAD"][..],
        &["git", ".", "--range", "HEAD..nope"],
        &["git", ".", "--range", &absent],
        &["git", ".", "--branch", "nope"],
        &["git", ".", "--since", "no-such-day"],
        &["git", "./nowhere"],
        &["scan", "./nowhere"],
        &["image", "./nowhere.tar"],
        &["chart", "./nowhere"],
    ] {
        let output = command(&repository.path()).args(arguments).output().unwrap();
        complaint(&output);
        assert!(stdout(&output).is_empty(), "{arguments:?} calls nothing clean");
    }
}

#[test]
fn a_shallow_clone() {
    let repository = Repository::new();
    repository.commit("a.env", line(1));
    repository.commit("a.env", "clean\n");
    let url = format!("file://{}", repository.path().display());
    let clone = repository.beside("shallow");
    repository.git_in(repository.top.path(), &["clone", "-q", "--depth=1", &url, "shallow"]);
    let shallow = scan(&clone, &["git", "."]);
    assert_eq!((shallow.exit, shallow.lost(), shallow.has(1)), (3, vec!["shallow".to_owned()], false));
    assert_eq!(scan(&clone, &["git", ".", "--allow-incomplete"]).exit, 0);
    repository.git_in(&clone, &["fetch", "-q", "--unshallow"]);
    scan(&clone, &["git", "."]).assert_whole(&[(1, &["removed a.env"])]);
}

#[test]
fn a_partial_clone() {
    let repository = Repository::new();
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    repository.commit("a.env", line(1));
    repository.commit("a.env", format!("clean\n{}", "x\n".repeat(5_000)));
    let url = format!("file://{}", repository.path().display());
    for (name, filter) in [("blobless", "blob:none"), ("small", "blob:limit=1k"), ("treeless", "tree:0")] {
        let filter = format!("--filter={filter}");
        repository.git_in(repository.top.path(), &["clone", "-q", "--no-checkout", &filter, &url, name]);
        let clone = repository.beside(name);
        let partial = scan(&clone, &["git", "."]);
        assert_eq!(partial.lost(), ["missing"], "{name}");
        assert_eq!(partial.exit, if name == "small" { 1 } else { 3 }, "{name}");
        let told = partial.report["coverage"]["skipped"].to_string();
        assert!(told.contains("partial clone left"), "{told}");
        assert!(!repository_asked(&clone), "{name}: nothing is fetched behind one's back");
    }
}

/// Whether something was fetched since the clone.
fn repository_asked(clone: &Path) -> bool {
    let packs = fs::read_dir(clone.join(".git/objects/pack")).unwrap();
    packs.filter(|pack| pack.as_ref().unwrap().path().extension().is_some_and(|kind| kind == "pack")).count() > 1
}

/// The only pack, writable.
fn pack(repository: &Repository) -> PathBuf {
    repository.git(&["repack", "-adfq"]);
    let folder = repository.path().join(".git/objects/pack");
    let packs = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pack = packs.filter(|path| path.extension().is_some_and(|kind| kind == "pack")).last().unwrap();
    let copy = fs::read(&pack).unwrap();
    fs::remove_file(&pack).unwrap();
    fs::write(&pack, copy).unwrap();
    pack
}

#[test]
fn a_flipped_byte() {
    let repository = Repository::new();
    repository.commit("kept.env", line(1));
    let noise: String = (0..4_000_u64).map(|n| format!("{:x}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    repository.commit("noise.txt", noise);
    let pack = pack(&repository);
    let mut bytes = fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(&pack, bytes).unwrap();
    let damaged = repository.scan();
    assert_eq!((damaged.exit, damaged.lost()), (1, vec!["corrupt".to_owned()]));
    assert_eq!(damaged.places(1), ["live kept.env"], "the rest is read");
    assert_eq!(scan(&repository.path(), &["git", ".", "--without", "github-pat-classic"]).exit, 3);
}

/// A pack whose deltas have their base elsewhere, as they are sent over the wire and never stored by git.
#[test]
fn a_base_that_is_nowhere() {
    let repository = Repository::new();
    let text: String = (0..300).map(|number| format!("line {number}\n")).collect();
    repository.commit("a.txt", &text);
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.commit("a.txt", format!("{text}{}", line(1)));
    repository.commit("b.env", line(2));
    let thin = repository.beside("thin.pack");
    let script = format!(
        "printf '%s\\n' HEAD ^{first} | git pack-objects --thin --stdout --revs -q --delta-base-offset > '{}'",
        thin.display()
    );
    assert!(Command::new("sh").args(["-c", &script]).current_dir(repository.path()).status().unwrap().success());
    let other = Repository::new();
    let target = other.path().join(".git/objects/pack/pack-1111111111111111111111111111111111111111.pack");
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::copy(&thin, &target).unwrap();
    let scan = other.scan();
    assert_eq!(scan.exit, 1);
    assert!(scan.has(2), "what is whole is read");
    assert!(!scan.has(1));
    let told = scan.report["coverage"]["skipped"].to_string();
    assert_eq!(scan.lost(), ["corrupt"], "{told}");
    assert!(told.contains("after 5 of its 6 objects it does not decode"), "{told}");
}

/// Deltas that name their base by its id: an id that nothing has, and that of the delta itself.
#[test]
fn a_delta_of_nothing_and_one_of_itself() {
    for of_itself in [false, true] {
        let repository = Repository::new();
        let text: String = (0..300).map(|number| format!("line {number}\n")).collect();
        repository.commit("a.txt", &text);
        repository.commit("a.txt", format!("{text}{}", line(1)));
        repository.commit("b.env", line(2));
        repository.git(&["config", "repack.useDeltaBaseOffset", "false"]);
        let pack = pack(&repository);
        let listing = repository.git(&["verify-pack", "-v", pack.to_str().unwrap()]);
        let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let delta = listing.lines().map(fields).find(|fields| fields.len() == 7 && fields[1] == "blob").unwrap();
        let bytes_of = |id: &str| -> Vec<u8> {
            (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()).collect()
        };
        let (own, base) = (bytes_of(&delta[0]), bytes_of(&delta[6]));
        let mut bytes = fs::read(&pack).unwrap();
        let at: usize = delta[4].parse().unwrap();
        let named = (at..at + 8).find(|at| bytes[*at..].starts_with(&base)).unwrap();
        let wrong = if of_itself { own } else { vec![0x22; 20] };
        bytes[named..named + 20].copy_from_slice(&wrong);
        fs::write(&pack, bytes).unwrap();
        let scan = repository.scan();
        let told = scan.report["coverage"]["skipped"].to_string();
        assert!(scan.has(2), "the rest is read");
        assert!(!scan.lost().is_empty() && told.contains(&delta[0]), "of itself: {of_itself}: {told}");
    }
}

#[test]
fn an_archive_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    // What a zip tool writes for an encrypted member: bit 0 of the flags.
    let mut zip = Vec::new();
    zip.extend_from_slice(b"PK\x03\x04\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0\x04\0\0\0\x05\0\0\0a.env");
    zip.extend_from_slice(&[0x5a; 16]);
    let directory = zip.len() as u32;
    zip.extend_from_slice(b"PK\x01\x02\x14\0\x14\0\x01\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0\x04\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a.env");
    let size = zip.len() as u32 - directory;
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend_from_slice(&size.to_le_bytes());
    zip.extend_from_slice(&directory.to_le_bytes());
    zip.extend_from_slice(b"\0\0");
    write("locked.zip", &zip);
    let locked = scan(folder.path(), &["dir", "."]);
    assert_eq!((locked.exit, locked.lost()), (3, vec!["encrypted".to_owned()]));
    fs::remove_file(folder.path().join("locked.zip")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let noise: Vec<u8> = (0..200_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    std::io::Write::write_all(&mut gzip, line(1).as_bytes()).unwrap();
    std::io::Write::write_all(&mut gzip, &noise).unwrap();
    let gzip = gzip.finish().unwrap();
    write("cut.gz", &gzip[..gzip.len() / 2]);
    let cut = scan(folder.path(), &["dir", "."]);
    assert_eq!((cut.exit, cut.lost(), cut.has(1)), (1, vec!["truncated".to_owned()], true));
}

#[test]
fn limits_that_were_set() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("large.txt"), format!("{}{}", "x\n".repeat(10_000), line(1))).unwrap();
    fs::write(folder.path().join("small.txt"), line(2)).unwrap();
    let limited = scan(folder.path(), &["dir", ".", "--max-size", "1000"]);
    assert_eq!((limited.exit, limited.lost(), limited.has(2)), (1, vec!["too-large".to_owned()], true));
    fs::remove_file(folder.path().join("small.txt")).unwrap();
    assert_eq!(scan(folder.path(), &["dir", ".", "--max-size", "1000"]).exit, 3);
    assert!(scan(folder.path(), &["dir", "."]).has(1), "there is no limit unless one is set");
}

#[test]
fn nothing_to_read_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    symlink(format!("/nowhere/{}", token(1)), path.join("dangling")).unwrap();
    assert!(Command::new("mkfifo").arg(path.join("fifo")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(path.join("socket")).unwrap();
    symlink("/dev/zero", path.join("device")).unwrap();
    fs::write(path.join("not.zip"), line(2)).unwrap();
    fs::write(path.join("not.tar.gz"), line(3)).unwrap();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n", "ab".repeat(32));
    fs::write(path.join("pointer.bin"), pointer).unwrap();
    let scan = scan(path, &["dir", "."]);
    assert_eq!((scan.exit, scan.lost()), (1, Vec::new()));
    assert!(scan.places(1).contains(&"live dangling".to_owned()), "{:?}", scan.places(1));
    assert_eq!(scan.places(2), ["live not.zip"]);
    assert_eq!(scan.places(3), ["live not.tar.gz"]);
    let told = scan.report["coverage"]["skipped"].to_string();
    for name in ["dangling", "fifo", "socket", "device", "pointer.bin"] {
        assert!(told.contains(name), "{name}: {told}");
    }
}

#[test]
fn repositories_that_are_hardly_any() {
    let empty = Repository::new();
    assert_eq!((empty.scan().exit, empty.scan().lost()), (0, Vec::new()));
    empty.write("unborn.env", line(1));
    assert_eq!(scan(&empty.path(), &["scan", "."]).places(1), ["live unborn.env"]);
    empty.git(&["add", "-A"]);
    assert_eq!(scan(&empty.path(), &["git", ".", "--staged"]).places(1), ["introduced unborn.env"]);
    complaint(&command(&empty.path()).args(["git", ".", "--range", "HEAD~1..HEAD"]).output().unwrap());

    let none = tempfile::tempdir().unwrap();
    fs::create_dir_all(none.path().join("x.git/objects")).unwrap();
    fs::write(none.path().join("x.git/HEAD"), "ref: refs/heads/main\n").unwrap();
    complaint(&command(none.path()).args(["git", "x.git"]).output().unwrap());

    let broken = Repository::new();
    broken.commit("a.env", line(2));
    broken.write(".git/refs/heads/names-nothing", format!("{}\n", "2".repeat(40)));
    let scan_of_broken = broken.scan();
    assert_eq!((scan_of_broken.exit, scan_of_broken.lost()), (1, vec!["missing".to_owned()]));
    broken.write(".git/refs/heads/names-nothing", "no id at all\n");
    assert_eq!(broken.scan().exit, 1);
    assert!(!broken.scan().lost().is_empty());

    let tables = Repository::new();
    tables.commit("a.env", line(3));
    tables.git(&["config", "core.repositoryFormatVersion", "1"]);
    tables.git(&["config", "extensions.refStorage", "reftable"]);
    fs::create_dir(tables.path().join(".git/reftable")).unwrap();
    fs::write(tables.path().join(".git/reftable/tables.list"), "0x1-0x1-0.ref\n").unwrap();
    fs::remove_dir_all(tables.path().join(".git/refs/heads")).unwrap();
    let with_tables = tables.scan();
    assert!(with_tables.has(3), "all objects are read");
    assert_eq!(with_tables.lost(), ["corrupt"]);
    complaint(&command(&tables.path()).args(["git", ".", "--branch", "main"]).output().unwrap());
}

/// More than is held in memory of one object: it goes by as a stream, in a history and in a change.
#[test]
fn a_blob_too_large_for_memory() {
    let repository = Repository::new();
    repository.commit("a", "one\n");
    let file = fs::File::create(repository.path().join("large.bin")).unwrap();
    let size = 513 << 20;
    file.set_len(size).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, format!("\n{}", line(1)).as_bytes(), size - 100).unwrap();
    repository.git(&["-c", "core.compression=1", "add", "-A"]);
    let staged = scan(&repository.path(), &["git", ".", "--staged"]);
    assert_eq!((staged.places(1), staged.lost()), (vec!["introduced large.bin".to_owned()], Vec::new()));
    repository.git(&["commit", "-qm", "large"]);
    let range = scan(&repository.path(), &["git", ".", "--range", "HEAD~1..HEAD"]);
    assert_eq!((range.places(1), range.lost()), (vec!["introduced large.bin".to_owned()], Vec::new()));
    repository.scan().assert_whole(&[(1, &["live large.bin"])]);
}
