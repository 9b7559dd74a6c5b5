use super::*;

fn git(folder: &std::path::Path, arguments: &[&str]) {
    let mut command = std::process::Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=A", "-c", "user.email=a@example.net"]).args(arguments);
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a file that is only in its history, packed or loose.
fn repository(packed: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    git(path, &["init", "-q", "-b", "main"]);
    std::fs::create_dir(path.join("config")).unwrap();
    std::fs::write(path.join("config/app.env"), "gone").unwrap();
    git(path, &["add", "-A"]);
    git(path, &["commit", "-q", "-m", "first"]);
    git(path, &["rm", "-q", "config/app.env"]);
    git(path, &["commit", "-q", "-m", "second"]);
    if packed {
        git(path, &["gc", "-q"]);
    }
    folder
}

fn tar_of(folder: &std::path::Path, prefix: &str) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    builder.append_dir_all(prefix, folder).unwrap();
    builder.into_inner().unwrap()
}

fn zip_of(folder: &std::path::Path) -> Vec<u8> {
    let tar = tar_of(folder, "");
    let mut archive = ::tar::Archive::new(&tar[..]);
    let files = archive.entries().unwrap().filter_map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        entry.header().entry_type().is_file().then_some((path, bytes))
    });
    let files: Vec<(String, Vec<u8>)> = files.collect();
    zip(&files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect::<Vec<_>>())
}

fn has(walked: &Walked, path: &str, text: &str) -> bool {
    walked.leaves.iter().any(|(at, bytes)| at == path && bytes == text.as_bytes())
}

#[test]
fn the_history_in_an_archive_is_read() {
    for packed in [false, true] {
        let folder = repository(packed);
        let walked = walked("r.tar", &tar_of(folder.path(), "repo"));
        assert!(has(&walked, "repo/.git!/config/app.env", "gone"), "{:?}", walked.paths());
        assert!(has(&walked, "repo/.git", "second\n"), "{:?}", walked.paths());
        assert_eq!(walked.skips, []);
        let walked = super::walked("r.zip", &zip_of(folder.path()));
        assert!(has(&walked, ".git!/config/app.env", "gone"), "{:?}", walked.paths());
        assert_eq!(walked.skips, []);
        let bare = super::walked("r.zip", &zip_of(&folder.path().join(".git")));
        assert!(has(&bare, "config/app.env", "gone"), "{:?}", bare.paths());
        // One archive in another, each with its own.
        let nested = super::walked("r.tgz", &gzip(&tar(&[("x/objects/r.zip", &zip_of(folder.path()))])));
        assert!(has(&nested, "x/objects/r.zip!/.git!/config/app.env", "gone"), "{:?}", nested.paths());
    }
}

#[test]
fn packs_bundles_and_objects_that_lie_alone_are_read() {
    let folder = repository(true);
    let packs = folder.path().join(".git/objects/pack");
    let mut packs = std::fs::read_dir(packs).unwrap().map(|entry| entry.unwrap().path());
    let pack = packs.find(|path| path.extension().is_some_and(|extension| extension == "pack")).unwrap();
    let pack = std::fs::read(pack).unwrap();
    let walked = walked("left.pack", &pack);
    assert!(has(&walked, "config/app.env", "gone"), "{:?}", walked.paths());
    assert_eq!(walked.skips, []);
    git(folder.path(), &["bundle", "create", "-q", "r.bundle", "--all"]);
    let bundle = super::walked("r.bundle", &std::fs::read(folder.path().join("r.bundle")).unwrap());
    assert!(has(&bundle, "config/app.env", "gone"), "{:?}", bundle.paths());
    assert_eq!(bundle.skips, []);
    let cut = super::walked("left.pack", &pack[..pack.len() - 60]);
    assert!(!cut.skips.is_empty());
    let mut object = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    object.write_all(b"blob 4\0gone").unwrap();
    let object = super::walked("0123", &object.finish().unwrap());
    assert_eq!(object.members(), [("content", &b"blob 4\0gone"[..])]);
}

#[test]
fn a_repository_above_the_budget_is_told() {
    let folder = repository(true);
    let limits = Limits { memory: 400, ..Limits::default() };
    let walked = walk_with("r.tar", Content::Bytes(&tar_of(folder.path(), "repo")), &limits);
    assert!(walked.skips.iter().any(|(_, reason)| *reason == Reason::TooMuchMemory), "{:?}", walked.skips);
}
