use std::process::Command;

use super::*;

#[test]
fn names_are_names_and_nothing_else() {
    let mut bytes = Vec::new();
    for name in ["../../etc/passwd", "/etc/shadow", "a\\b", "caf\u{e9}"] {
        let mut header = ::tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(1);
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&[b'x'; 1]);
        bytes.extend_from_slice(&[0; 511]);
    }
    bytes.extend_from_slice(&[0; 1024]);
    let walked = walked("a.tar", &bytes);
    let paths: Vec<&str> = walked.members().iter().map(|(path, _)| *path).collect();
    assert_eq!(paths, ["../../etc/passwd", "/etc/shadow", "a\\b", "caf\u{e9}"]);
}

#[test]
fn long_names_links_and_folders_of_each_kind() {
    let long = "long/".repeat(60) + "name";
    let mut gnu = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_size(4);
    gnu.append_data(&mut header, &long, &b"long"[..]).unwrap();
    let mut link = ::tar::Header::new_gnu();
    link.set_entry_type(::tar::EntryType::Symlink);
    link.set_size(0);
    gnu.append_link(&mut link, "link", "t".repeat(150)).unwrap();
    link.set_entry_type(::tar::EntryType::Link);
    gnu.append_link(&mut link, "hard", "long").unwrap();
    let mut folder = ::tar::Header::new_gnu();
    folder.set_entry_type(::tar::EntryType::Directory);
    folder.set_size(0);
    gnu.append_data(&mut folder, "folder/", &b""[..]).unwrap();
    let mut pax = gnu;
    pax.append_pax_extensions([("path", "pax-name".as_bytes()), ("comment", b"x")]).unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_size(3);
    header.set_path("overridden").unwrap();
    header.set_cksum();
    pax.append(&header, &b"pax"[..]).unwrap();
    let walked = walked("a.tar", &pax.into_inner().unwrap());
    let target = "t".repeat(150);
    assert_eq!(
        walked.members(),
        [
            (&*long, &b"long"[..]),
            ("link [link target]", target.as_bytes()),
            ("pax-name", b"pax"),
            ("[comment]", b"long\ncomment=x")
        ]
    );
    assert_eq!(walked.skips, []);
}

#[cfg(unix)]
#[test]
fn the_system_s_tar_is_read_in_all_its_formats() {
    let dir = tempfile::tempdir().unwrap();
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(90));
    std::fs::create_dir_all(dir.path().join("d".repeat(120))).unwrap();
    std::fs::write(dir.path().join(&long), "long").unwrap();
    std::fs::write(dir.path().join("short"), "short").unwrap();
    std::os::unix::fs::symlink("nowhere", dir.path().join("link")).unwrap();
    for format in ["gnu", "pax", "ustar"] {
        let output = Command::new("tar")
            .args([&format!("--format={format}"), "-cf", "-", "--", &long, "short", "link"])
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{format}");
        let walked = walked("a.tar", &output.stdout);
        assert_eq!(
            walked.members()[..3],
            [(&*long, &b"long"[..]), ("short", b"short"), ("link [link target]", b"nowhere")],
            "{format}"
        );
    }
}

#[test]
fn holes_of_a_sparse_file_are_not_filled_in() {
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::GNUSparse);
    header.set_path("sparse").unwrap();
    header.set_size(512);
    {
        let gnu = header.as_gnu_mut().unwrap();
        gnu.set_real_size(1 << 40);
        gnu.sparse[0].set_offset((1 << 40) - 512);
        gnu.sparse[0].set_length(512);
        gnu.set_is_extended(true);
    }
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(&[0; 512]);
    bytes.extend_from_slice(&[b's'; 512]);
    bytes.extend(tar(&[("after", b"x")]));
    let walked = walked("a.tar", &bytes);
    assert_eq!(walked.members(), [("sparse", &[b's'; 512][..]), ("after", b"x")]);
    assert_eq!(walked.skips, []);
}

#[test]
fn a_truncated_tar_gives_what_it_has() {
    let bytes = tar(&[("first", b"1"), ("second", &noise(5000))]);
    let walked_cut = walked("a.tar", &bytes[..3000]);
    assert_eq!(walked_cut.members()[0], ("first", &b"1"[..]));
    assert_eq!(walked_cut.members()[1], ("second", &noise(5000)[..3000 - 1536]));
    assert_eq!(walked_cut.skips(), [("", Reason::Truncated)]);
    // The two empty blocks at the end are often left out, and so is the last padding.
    let end = 512 + 512 + 512 + 5000;
    assert_eq!(walked("a.tar", &bytes[..end]).skips, []);
}

#[test]
fn an_archive_in_a_truncated_one_is_read_as_far_as_it_goes() {
    let inner = gzip(&tar(&[("deep", b"1"), ("cut", &noise(50_000))]));
    let bytes = tar(&[("inner.tgz", &inner)]);
    let walked = walked("a.tar", &bytes[..20_000]);
    assert_eq!(walked.members()[0], ("inner.tgz!/deep", &b"1"[..]));
    assert_eq!(walked.members()[1].0, "inner.tgz!/cut");
    assert_eq!(walked.skips(), [("", Reason::Truncated)]);
}

#[test]
fn damage_between_members_is_told_and_the_rest_is_read_as_bytes() {
    let mut bytes = tar(&[("first", b"1"), ("second", b"2")]);
    bytes[1024 + 3] ^= 1;
    let walked_damaged = walked("a.tar", &bytes);
    assert_eq!(walked_damaged.paths(), ["first", "", "[file name]"]);
    assert!(walked_damaged.leaves[1].1[512..].starts_with(b"2"));
    assert_eq!(walked_damaged.skips(), [("", Reason::Corrupt)]);
    // Bytes behind a proper end are no damage, and are judged.
    let followed = [tar(&[("first", b"1")]), vec![b'#'; 700]].concat();
    let walked_followed = walked("a.tar", &followed);
    assert_eq!(walked_followed.paths(), ["first", "", "[file name]"]);
    assert_eq!(walked_followed.leaves[1].1, [b'#'; 700]);
    assert_eq!(walked_followed.skips, []);
}

#[test]
fn archives_that_follow_each_other_are_all_read() {
    let bytes = [tar(&[("first", b"1")]), tar(&[("second", b"2")])].concat();
    assert_eq!(walked("a.tar", &bytes).members(), [("first", &b"1"[..]), ("second", b"2")]);
}

#[test]
fn a_debian_package_is_opened() {
    let entry = |name: &str, bytes: &[u8]| {
        let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", bytes.len());
        [header.as_bytes(), bytes, if bytes.len() % 2 == 1 { b"\n" } else { b"" }].concat()
    };
    let deb = [
        b"!<arch>\n".to_vec(),
        entry("debian-binary", b"2.0\n"),
        entry("control.tar.gz/", &gzip(&tar(&[("control", b"Package: x")]))),
        entry("data.tar.xz", &xz(&tar(&[("usr/bin/x", b"#!")]))),
        entry("//", b"a-name-of-more-than-sixteen-bytes/\n"),
        entry("/0", b"gnu"),
        entry("#1/20", b"a-name-of-bsd-kind\0\0bsd"),
    ]
    .concat();
    let walked_all = walked("x.deb", &deb);
    assert_eq!(
        walked_all.members(),
        [
            ("debian-binary", &b"2.0\n"[..]),
            ("control.tar.gz!/control", b"Package: x"),
            ("data.tar.xz!/usr/bin/x", b"#!"),
            ("a-name-of-more-than-sixteen-bytes", b"gnu"),
            ("a-name-of-bsd-kind", b"bsd"),
        ]
    );
    assert_eq!(walked_all.skips, []);
    let cut = walked("x.deb", &deb[..deb.len() - 2]);
    assert_eq!(cut.skips(), [("", Reason::Truncated)]);
    assert_eq!(walked("x.deb", b"!<arch>\nno header of sixty bytes, but text that is as long as it").skips().len(), 1);
}

#[test]
fn a_library_of_objects_is_read_as_it_is() {
    let header = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, "100644");
    let library = format!("!<arch>\n{}1234{}object", header("/", 4), header("x.o/", 6));
    assert_eq!(walked("libx.a", library.as_bytes()).leaves, [(String::new(), library.clone().into_bytes())]);
}

/// A cpio of the form that initial ramdisks have.
fn cpio(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (path, content) in files.iter().chain([&("TRAILER!!!", &b""[..])]) {
        let fields = [1, 0o100_644, 0, 0, 1, 0, content.len(), 0, 0, 0, 0, path.len() + 1, 0];
        bytes.extend(b"070701");
        fields.iter().for_each(|field| bytes.extend(format!("{field:08X}").into_bytes()));
        bytes.extend(path.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(*content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

#[test]
fn a_cpio_is_opened_with_what_is_in_it_and_behind_it() {
    let first = cpio(&[("etc/a.env", b"A=1"), ("etc/b.gz", &gzip(b"packed"))]);
    let both = [&first[..], &[0; 300], &gzip(&cpio(&[("init", b"last")]))].concat();
    let walked = walked("initrd", &both);
    let members = [("etc/a.env", &b"A=1"[..]), ("etc/b.gz!/b", b"packed"), ("content!/init", b"last")];
    assert_eq!((walked.members(), walked.skips.len()), (members.to_vec(), 0));
    let cut = super::walked("initrd", &first[..first.len() - 130]);
    assert_eq!(cut.skips(), [("", Reason::Truncated)]);
    let old = |mode: u32, path: &str, content: &str| {
        let (name, size) = (path.len() + 1, content.len());
        format!("070707{:012o}{mode:06o}{:024o}{:011o}{name:06o}{size:011o}{path}\0{content}", 1, 1, 0)
    };
    let both = old(0o120_777, "link", "etc/") + &old(0, "TRAILER!!!", "");
    assert_eq!(super::walked("old", both.as_bytes()).members(), [("link [link target]", &b"etc/"[..])]);
}

#[test]
fn remarks_in_extended_headers_are_text() {
    let mut builder = ::tar::Builder::new(Vec::new());
    let record = |text: &str| format!("{} {text}\n", text.len() + 4).into_bytes();
    for (kind, text) in
        [(::tar::EntryType::XGlobalHeader, "comment=of all"), (::tar::EntryType::XHeader, "comment=of one")]
    {
        let mut header = ::tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(record(text).len() as u64);
        builder.append_data(&mut header, "pax", &record(text)[..]).unwrap();
    }
    let mut header = ::tar::Header::new_ustar();
    header.set_size(1);
    builder.append_data(&mut header, "a", &b"1"[..]).unwrap();
    let walked = walked("a.tar", &builder.into_inner().unwrap());
    assert_eq!(walked.members(), [("a", &b"1"[..]), ("[comment]", b"comment=of all\ncomment=of one")]);
}

#[test]
fn what_fills_up_blocks_and_who_owns_a_file_is_judged() {
    let mut bytes = tar(&[("a", b"1"), ("b", b"2")]);
    bytes[512 + 1..512 + 10].copy_from_slice(b"behind it");
    let mut header = ::tar::Header::new_ustar();
    header.set_path("c").unwrap();
    header.set_size(0);
    header.set_username("an owner").unwrap();
    header.as_mut_bytes()[500..508].copy_from_slice(b"no field");
    header.set_cksum();
    bytes.splice(0..0, header.as_bytes().iter().copied());
    let read = walked("a.tar", &bytes);
    let expected: [(&str, &[u8]); 4] =
        [("c", b""), ("a", b"1"), ("b", b"2"), ("[comment]", b"an owner\nno field\nbehind it")];
    assert_eq!(read.members(), expected);
}

#[test]
fn what_extended_headers_say_beside_numbers_is_judged() {
    let mut pax = ::tar::Builder::new(Vec::new());
    pax.append_pax_extensions([("mtime", &b"1700000000.5"[..]), ("uname", b"an owner"), ("SCHILY.ino", b"17")])
        .unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_size(1);
    header.set_path("a").unwrap();
    header.set_cksum();
    pax.append(&header, &b"1"[..]).unwrap();
    let read = walked("a.tar", &pax.into_inner().unwrap());
    assert_eq!(read.members(), [("a", &b"1"[..]), ("[comment]", b"uname=an owner")]);
}
