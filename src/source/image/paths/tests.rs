//! Which paths a layer writes, removes and hides.

use super::*;

fn layer(names: &[&str]) -> LayerPaths {
    let mut paths = LayerPaths::default();
    for name in names {
        paths.record(name.as_bytes(), name.ends_with('/'));
    }
    paths.seal();
    paths
}

#[test]
fn a_file_of_the_same_path_hides() {
    assert!(layer(&["./etc/passwd"]).hides(b"etc/passwd"));
    assert!(!layer(&["etc/passwd-"]).hides(b"etc/passwd"));
}

#[test]
fn a_directory_hides_a_file_and_not_what_is_in_a_directory() {
    assert!(layer(&["app/"]).hides(b"app"));
    assert!(!layer(&["app/"]).hides(b"app/key"));
}

#[test]
fn a_file_in_the_place_of_a_directory_hides_all_below() {
    assert!(layer(&["app"]).hides(b"app/conf/key"));
}

#[test]
fn whiteouts_remove_a_path_and_all_below() {
    let later = layer(&["app/.wh.conf"]);
    assert!(later.hides(b"app/conf"));
    assert!(later.hides(b"app/conf/deep/key"));
    assert!(!later.hides(b"app/config"));
}

#[test]
fn the_last_mode_and_owner_of_a_path_count() {
    let mut paths = LayerPaths::default();
    let facts = |mode| FileFacts { mode, user: 1, group: 2 };
    for (name, mode) in [("etc/key", 0o644), ("a", 0o755), ("./etc/key", 0o600)] {
        paths.record_facts(name.as_bytes(), facts(mode));
    }
    paths.seal();
    assert_eq!(paths.facts(b"etc/key"), Some(facts(0o600)));
    assert_eq!(paths.facts(b"etc/other"), None);
}

#[test]
fn further_names_of_a_file_are_known() {
    let mut paths = LayerPaths::default();
    for own in [b"a", b"d"] {
        paths.record(own, false);
    }
    for (name, target) in [("c", "./a"), ("b", "a"), ("e", "d"), ("b", "/a")] {
        paths.record_link(name.as_bytes(), target.as_bytes(), 1);
    }
    paths.seal();
    assert_eq!(paths.other_names(b"a", 1).collect::<Vec<_>>(), [(&b"b"[..], 1), (b"c", 1)]);
    assert_eq!(paths.other_names(b"b", 1).count(), 0);
    paths.keep_facts([&b"d"[..]].into_iter());
    assert_eq!(paths.all_other_names().collect::<Vec<_>>(), [b"e"]);
}

#[test]
fn the_last_entry_of_a_path_is_there_in_the_end() {
    let mut paths = LayerPaths::default();
    let mut record = |name: &str| paths.record(name.as_bytes(), name.ends_with('/'));
    assert_eq!(["a", "b", "./a", "d/", "d/", "e", "e/", "a"].map(&mut record), [1, 1, 2, 1, 1, 1, 2, 3]);
    paths.seal();
    assert_eq!([1, 2, 3].map(|entry| paths.hides_own(b"a", entry)), [true, true, false]);
    assert!(!paths.hides_own(b"b", 1) && !paths.hides_own(b"d", 1) && paths.hides_own(b"e", 1));
    // Names stand as long as one entry has them; what removes another is none.
    assert!(!paths.hides_own(b"a", 0) && paths.hides_own(b"x/.wh.y", 0) && paths.hides_own(b".wh..wh..opq", 0));
}

#[test]
fn a_file_in_the_place_of_a_directory_of_its_layer_hides_what_that_held() {
    let replaced = layer(&["app/", "app/key", "app", "srv", "srv/", "srv/key", "etc/", "etc/key"]);
    assert!(replaced.hides_own(b"app/key", 1) && replaced.hides_own(b"app/key", 0));
    assert!(!replaced.hides_own(b"app", 2), "the file itself is there");
    assert!(!replaced.hides_own(b"srv/key", 1), "the directory came last");
    assert!(!replaced.hides_own(b"etc/key", 1));
}

#[test]
fn a_further_name_is_that_of_the_entry_that_was_there() {
    let mut paths = LayerPaths::default();
    paths.record(b"a", false);
    paths.record_link(b"b", b"a", 1);
    paths.record(b"a", false);
    paths.record_link(b"c", b"a", 1);
    paths.seal();
    assert_eq!(paths.other_names(b"a", 1).collect::<Vec<_>>(), [(&b"b"[..], 1)]);
    assert_eq!(paths.other_names(b"a", 2).collect::<Vec<_>>(), [(&b"c"[..], 1)]);
}

#[test]
fn an_opaque_directory_hides_what_was_in_it() {
    let later = layer(&["app/.wh..wh..opq"]);
    assert!(later.hides(b"app/conf/key"));
    assert!(!later.hides(b"app"));
    assert!(layer(&[".wh..wh..opq"]).hides(b"anything"));
}

#[test]
fn a_folder_is_hidden_in_by_its_further_names() {
    let mut lower = LayerPaths::default();
    for name in ["usr/lib/", "usr/lib/a", "usr/bin/x"] {
        lower.record(name.as_bytes(), name.ends_with('/'));
    }
    for (name, target) in
        [("lib", "usr/lib"), ("./usr/lib64", "lib"), ("opt/l", "/usr/lib"), ("x", "usr/bin/x"), ("y", "z")]
    {
        lower.record(name.as_bytes(), false);
        lower.record_symlink(name.as_bytes(), target.as_bytes());
    }
    lower.seal();
    let aliases = |path: &[u8]| {
        let aliases = lower.aliases(path).into_iter();
        let mut aliases: Vec<_> = aliases.map(|(alias, _)| String::from_utf8(alias).unwrap()).collect();
        aliases.sort();
        aliases
    };
    assert_eq!(aliases(b"usr/lib/deep/a"), ["./usr/lib64/deep/a", "lib/deep/a", "opt/l/deep/a"]);
    assert_eq!((aliases(b"usr/lib"), aliases(b"usr/bin/x/y")), (vec![], vec![]), "no folder above it, and a file");
    assert!(layer(&["lib/.wh.a"]).hides_below(b"lib/a", b"lib"));
    assert!(layer(&["lib/a"]).hides_below(b"lib/a", b"lib"));
    assert!(layer(&["lib/.wh..wh..opq"]).hides_below(b"lib/a", b"lib"));
    // The link itself, once more.
    assert!(!layer(&["lib"]).hides_below(b"lib/a", b"lib"));
}

#[test]
fn a_further_name_of_a_file_of_another_layer_is_kept() {
    let mut later = LayerPaths::default();
    later.record(b"own", false);
    for (name, target) in [("b", "a"), ("c", "own")] {
        later.record(name.as_bytes(), false);
        later.record_link(name.as_bytes(), target.as_bytes(), 1);
    }
    later.seal();
    later.keep_facts([].into_iter());
    assert_eq!(later.names_of_earlier(b"./a").collect::<Vec<_>>(), [(&b"b"[..], 1)]);
    assert_eq!(later.names_of_earlier(b"own").count(), 0);
}
