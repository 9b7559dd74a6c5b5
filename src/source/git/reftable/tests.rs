use super::*;

fn kept(hash: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reftable").join(hash).join("repository")
}

fn read(hash: &str) -> Reftable {
    let kind = if hash == "sha1" { HashKind::Sha1 } else { HashKind::Sha256 };
    Reftable::read(&kept(hash), kind).unwrap()
}

#[test]
fn names_are_looked_for_where_git_looks() {
    for hash in ["sha1", "sha256"] {
        let tables = read(hash);
        let names: Vec<_> = tables.references.keys().map(|name| str::from_utf8(name).unwrap()).collect();
        let expected = [
            "HEAD",
            "ORIG_HEAD",
            "refs/heads/alias",
            "refs/heads/main",
            "refs/heads/side",
            "refs/stash",
            "refs/tags/v1",
        ];
        assert_eq!(names, expected);
        assert_eq!(tables.id(b"HEAD"), tables.id(b"refs/heads/main"));
        assert_eq!(tables.id(b"refs/heads/alias"), tables.id(b"refs/heads/side"));
        assert_eq!(
            (tables.full_name("side").as_deref(), tables.full_name("gone")),
            (Some(&b"refs/heads/side"[..]), None)
        );
        assert_eq!(tables.full_name("stash").as_deref(), Some(&b"refs/stash"[..]));
    }
}

#[test]
fn logs_begin_with_the_newest_change_and_name_who_made_it() {
    let tables = read("sha1");
    let texts: Vec<_> = tables.logs[&b"HEAD"[..]].iter().map(|change| String::from_utf8_lossy(&change.text)).collect();
    assert_eq!(texts[0], "A <a@example.com> 1767315845 +0200\treset: moving to HEAD~1");
    assert_eq!(texts[1], "A <a@example.com> 1767315845 +0200\tcommit: use word-in-a-log");
    assert_eq!(tables.logs[&b"refs/stash"[..]].len(), 2);
    assert!(!tables.logs.contains_key(&b"refs/heads/gone"[..]), "a table that came later took it away");
    assert!(!tables.has_more_logs);
}

#[test]
fn names_that_go_in_a_circle_stand_for_nothing() {
    let mut tables = Reftable::default();
    for (name, next) in [("a", "b"), ("b", "a"), ("c", "nothing")] {
        tables.references.insert(name.into(), Target::Name(next.into()));
        assert_eq!(tables.id(name.as_bytes()), None);
    }
}

#[test]
fn damage_is_told_and_nothing_panics() {
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        let name = if hash == HashKind::Sha1 { "sha1" } else { "sha256" };
        let list = fs::read_to_string(kept(name).join("tables.list")).unwrap();
        let whole = fs::read(kept(name).join(list.lines().next().unwrap())).unwrap();
        assert!(Stack::default().add(&whole, hash).is_ok());
        for length in 0..whole.len() {
            assert!(Stack::default().add(&whole[..length], hash).is_err(), "{length}");
        }
        // The sum is over the footer alone: damage elsewhere may pass, but does not stop anything.
        let footer = whole.len() - 72;
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << bit;
                let read = Stack::default().add(&damaged, hash);
                assert!(at < footer || read.is_err(), "{at}");
            }
        }
        let other = if hash == HashKind::Sha1 { HashKind::Sha256 } else { HashKind::Sha1 };
        assert_eq!(Stack::default().add(&whole, other), Err("its hash is another than the repository's"));
    }
}

#[test]
fn blocks_are_filled_up_or_follow_each_other() {
    // Three blocks of one reference each, of 64 bytes or as long as they are.
    for filled in [true, false] {
        let mut table = [&b"REFT\x01\0\0\x60"[..], &[0; 16]].concat();
        let header = table.clone();
        for name in ["refs/heads/a", "refs/heads/b", "refs/heads/c"] {
            let start = if name.ends_with('a') { 0 } else { table.len() };
            let at = table.len();
            table.extend_from_slice(b"r\0\0\0");
            table.extend_from_slice(&[0, (12 << 3) | 1]);
            table.extend_from_slice(name.as_bytes());
            table.push(0);
            table.extend_from_slice(&[7; 20]);
            let offset = u8::try_from(at + 4 - start).unwrap();
            table.extend_from_slice(&[0, 0, offset, 0, 1]);
            table[at + 3] = u8::try_from(table.len() - start).unwrap();
            if filled {
                table.resize(start + 0x60, 0);
            }
        }
        let mut footer = [&header[..], &[0; 40]].concat();
        let mut crc = Crc::new();
        crc.update(&footer);
        footer.extend_from_slice(&crc.sum().to_be_bytes());
        table.extend_from_slice(&footer);
        let mut stack = Stack::default();
        stack.add(&table, HashKind::Sha1).unwrap();
        assert_eq!(stack.references.len(), 3, "{filled}");
    }
}
