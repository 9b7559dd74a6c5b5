//! What is damaged is told, and nothing else is lost with it.

use super::*;

fn overwrite(path: &Path, content: impl AsRef<[u8]>) {
    let _ = fs::remove_file(path);
    fs::write(path, content).unwrap();
}

/// Twenty versions of a file and one other file, in one pack of deltas.
fn packed() -> TestRepository {
    let repository = TestRepository::new();
    for number in 0..20 {
        let lines: String =
            (0..300).map(|line| format!("{}\n", (line + 1) * (line + number * 7919 % 13) * 31)).collect();
        repository.commit("versions.txt", lines);
    }
    repository.commit("other.txt", "other\n");
    repository.git(&["repack", "-q", "-a", "-d"]);
    repository
}

#[test]
fn a_flipped_byte_costs_the_objects_built_on_it_and_no_others() {
    let repository = packed();
    let whole = repository.read();
    assert!(whole.skips.is_empty(), "{:?}", whole.skips);
    let pack = repository.pack();
    let mut bytes = fs::read(&pack).unwrap();
    // The newest version is stored whole and is the base of the others.
    let listing = repository.git(&["verify-pack", "-v", pack.with_extension("idx").to_str().unwrap()]);
    let id = repository.id("HEAD:other.txt");
    let line = listing.lines().find(|line| line.starts_with(&id)).unwrap();
    let offset: usize = line.split_whitespace().nth(4).unwrap().parse().unwrap();
    bytes[offset + 8] ^= 0xff;
    overwrite(&pack, &bytes);
    let read = repository.read();
    assert_eq!(read.skips.len(), 1, "{:?}", read.skips);
    assert_eq!(read.skips[0].reason, Reason::Corrupt);
    assert!(read.skips[0].origin.to_string().contains(&id));
    assert_eq!(read.blobs.len() + 1, whole.blobs.len());
}

#[test]
fn a_loose_copy_makes_up_for_a_damaged_one() {
    let repository = packed();
    let whole = repository.read();
    let pack = repository.pack();
    let kept = fs::read(&pack).unwrap();
    let mut bytes = kept.clone();
    for byte in &mut bytes[12..] {
        *byte ^= 0x5a;
    }
    overwrite(&pack, &bytes);
    let broken = repository.read();
    assert!(broken.contents().is_empty());
    assert!(broken.skips.len() >= 40, "{}", broken.skips.len());

    let elsewhere = TestRepository::new();
    overwrite(&elsewhere.path().join("kept.pack"), &kept);
    let unpack = Command::new("git")
        .current_dir(elsewhere.path())
        .args(["unpack-objects", "-q"])
        .stdin(fs::File::open(elsewhere.path().join("kept.pack")).unwrap())
        .status()
        .unwrap();
    assert!(unpack.success());
    fs::write(repository.dot_git("objects/info/alternates"), format!("{}\n", elsewhere.dot_git("objects").display()))
        .unwrap();
    let read = repository.read();
    assert_eq!(read.blobs, whole.blobs);
    assert!(read.skips.is_empty(), "{:?}", read.skips);
}

#[test]
fn of_a_truncated_pack_the_beginning_is_read() {
    let repository = packed();
    let whole = repository.read();
    let pack = repository.pack();
    let bytes = fs::read(&pack).unwrap();
    overwrite(&pack, &bytes[..bytes.len() * 2 / 3]);
    let read = repository.read();
    assert!(read.blobs.len() > 10 && read.blobs.len() < whole.blobs.len(), "{}", read.blobs.len());
    assert!(read.reasons().contains(&Reason::Truncated), "{:?}", read.skips);
    assert!(
        read.reasons().iter().all(|reason| matches!(reason, Reason::Truncated | Reason::Missing | Reason::Corrupt))
    );
    overwrite(&pack, &bytes[..20]);
    assert!(repository.read().reasons().contains(&Reason::Truncated));
}

#[test]
fn a_pack_without_index_is_read_whole() {
    let repository = packed();
    let whole = repository.read();
    let pack = repository.pack();
    fs::remove_file(pack.with_extension("idx")).unwrap();
    let read = repository.read();
    assert_eq!(read.blobs, whole.blobs);
    assert!(read.skips.is_empty(), "{:?}", read.skips);

    overwrite(&pack.with_extension("idx"), b"\xfftOc not an index");
    assert_eq!(repository.read().blobs, whole.blobs);

    let bytes = fs::read(&pack).unwrap();
    overwrite(&pack, &bytes[..bytes.len() / 2]);
    let read = repository.read();
    assert!(read.blobs.len() > 10 && read.blobs.len() < whole.blobs.len(), "{}", read.blobs.len());
    assert!(!read.skips.is_empty());
}

#[test]
fn an_index_without_pack_is_told() {
    let repository = packed();
    let head = repository.head();
    fs::remove_file(repository.pack()).unwrap();
    let read = repository.read();
    assert_eq!(read.reasons(), [Reason::Missing, Reason::Missing]);
    let told: Vec<_> = read.skips.iter().map(|skip| skip.origin.to_string()).collect();
    assert!(told.iter().any(|origin| origin.ends_with(".idx")), "{told:?}");
    assert!(told.iter().any(|origin| origin.ends_with(&head)), "{told:?}");
}

#[test]
fn a_loose_object_that_is_gone_or_broken_is_told_by_its_id() {
    let repository = TestRepository::new();
    repository.commit("gone", "gone\n");
    repository.commit("broken", "broken\n");
    repository.commit("short", "short\n");
    let path = |id: &str| repository.dot_git(&format!("objects/{}/{}", &id[..2], &id[2..]));
    let (gone, broken, short) = (repository.id("HEAD:gone"), repository.id("HEAD:broken"), repository.id("HEAD:short"));
    fs::remove_file(path(&gone)).unwrap();
    overwrite(&path(&broken), b"no zlib at all");
    overwrite(&path(&short), b"");
    let read = repository.read();
    assert!(read.contents().is_empty());
    assert_eq!(read.objects(ObjectKind::Commit).len(), 3);
    let told: Vec<_> = read.skips.iter().map(|skip| (skip.origin.to_string(), skip.reason)).collect();
    for (id, reason) in [(gone, Reason::Missing), (broken, Reason::Corrupt), (short, Reason::Corrupt)] {
        assert!(told.contains(&(format!("repository > blob {id}"), reason)), "{told:?}");
    }
    assert_eq!(told.len(), 3);
}

#[test]
fn a_loose_object_with_the_content_of_another_is_told() {
    let repository = TestRepository::new();
    repository.write("a", "one\n");
    repository.commit("b", "two\n");
    let path = |id: &str| repository.dot_git(&format!("objects/{}/{}", &id[..2], &id[2..]));
    let (a, b) = (repository.id("HEAD:a"), repository.id("HEAD:b"));
    overwrite(&path(&a), fs::read(path(&b)).unwrap());
    let read = repository.read();
    assert_eq!(read.contents(), [b"two\n"]);
    let told: Vec<_> = read.skips.iter().map(|skip| (skip.origin.to_string(), skip.reason)).collect();
    assert_eq!(told, [(format!("repository > blob {a}"), Reason::Corrupt)]);
}

#[test]
fn a_commit_without_its_tree_is_told() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    let tree = repository.id("HEAD^{tree}");
    fs::remove_file(repository.dot_git(&format!("objects/{}/{}", &tree[..2], &tree[2..]))).unwrap();
    let read = repository.read();
    assert_eq!(read.contents(), [b"one\n"]);
    assert_eq!(read.reasons(), [Reason::Missing]);
    assert!(read.skips[0].origin.to_string().contains(&tree));
}

#[test]
fn what_only_garbage_refers_to_may_be_gone_but_not_what_a_reference_needs() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    let dropped = repository.commit("b", "two\n");
    let blob = repository.id("HEAD:b");
    let remove = |id: &str| fs::remove_file(repository.dot_git(&format!("objects/{}/{}", &id[..2], &id[2..]))).unwrap();
    repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    remove(&blob);
    assert_eq!(repository.read().reasons(), []);
    repository.git(&["update-ref", "refs/tags/kept", &dropped]);
    let read = repository.read();
    assert_eq!(read.reasons(), [Reason::Missing]);
    assert!(read.skips[0].origin.to_string().ends_with(&blob));

    remove(&dropped);
    let read = repository.read();
    assert_eq!(read.reasons(), [Reason::Missing]);
    assert!(read.skips[0].origin.to_string().ends_with(&dropped));
}

#[test]
fn a_shallow_clone_is_told_and_its_boundary_is_not_missing() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    repository.commit("a", "two\n");
    let clone = TestRepository::none();
    clone.git(&["clone", "-q", "--depth=1", &format!("file://{}", repository.path().display()), "."]);
    let read = clone.read();
    assert_eq!(read.contents(), [b"two\n"]);
    assert_eq!(read.reasons(), [Reason::Shallow]);
    assert!(read.skips[0].detail.contains("1 boundary") && read.skips[0].detail.contains("git fetch --unshallow"));
}

#[test]
fn a_partial_clone_tells_how_much_it_left_out() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    repository.commit("a", "two\n");
    repository.commit("b", "three\n");
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = TestRepository::none();
    let url = format!("file://{}", repository.path().display());
    clone.git(&["clone", "-q", "--bare", "--filter=blob:none", &url, "."]);
    let read = clone.read();
    assert!(read.contents().is_empty());
    assert_eq!(read.reasons(), [Reason::Missing]);
    assert!(read.skips[0].detail.contains("left 3 objects out"), "{}", read.skips[0].detail);
}

#[test]
fn bytes_that_only_claim_to_be_a_repository_cause_no_panic() {
    let repository = packed();
    let pack = repository.pack();
    let index = pack.with_extension("idx");
    let (pack_bytes, index_bytes) = (fs::read(&pack).unwrap(), fs::read(&index).unwrap());
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for round in 0..40 {
        let (mut pack_now, mut index_now) = (pack_bytes.clone(), index_bytes.clone());
        for _ in 0..=round % 5 {
            let (at, value) = (next(pack_now.len()), next(256) as u8);
            pack_now[at] = value;
            if round % 2 == 1 {
                let (at, value) = (next(index_now.len()), next(256) as u8);
                index_now[at] = value;
            }
        }
        overwrite(&pack, &pack_now);
        overwrite(&index, &index_now);
        let read = repository.read();
        assert!(read.blobs.len() + read.skips.len() > 3);
    }
}
