use super::*;

#[test]
fn paths_are_read_from_the_chain() {
    let jar = Origin::new(Step::Directory { path: ".".into() }).at_path("lib/app.jar");
    let member = jar.with(Step::Member { path: b"db.properties".to_vec() });
    assert_eq!(member.path(), Some(&b"db.properties"[..]));
    assert_eq!(member.file_path(), Some(&b"lib/app.jar"[..]));
    assert_eq!(member.joined_path(), b"lib/app.jar!/db.properties");
    assert_eq!(member.to_string(), ". > lib/app.jar > db.properties");
}

#[test]
fn paths_of_a_submodule_count_from_the_top() {
    let repository = Origin::new(Step::Repository { location: ".".into() });
    assert_eq!((repository.submodule(), &*repository.from_top(b"a/b")), (&b""[..], &b"a/b"[..]));
    let submodule = repository.with(Step::Submodule { path: b"lib/x".to_vec() });
    let blob = submodule.with(Step::Object { id: "b1".repeat(20), kind: ObjectKind::Blob });
    assert_eq!((blob.submodule(), &*blob.from_top(b"a/b")), (&b"lib/x"[..], &b"lib/x/a/b"[..]));
    assert!(blob.to_string().starts_with(". > lib/x > blob b1b1"));
}

#[test]
fn order_follows_the_steps_and_not_the_allocation() {
    let root = Origin::new(Step::Stdin);
    assert!(root.at_path("a") < root.at_path("b"));
    assert_eq!(root.at_path("a"), Origin::new(Step::Stdin).at_path("a"));
}

#[test]
fn a_deep_chain_is_dropped_without_recursion() {
    let mut origin = Origin::new(Step::Stdin);
    for _ in 0..200_000 {
        origin = origin.with(Step::Member { path: Vec::new() });
    }
    drop(origin);
}

#[test]
fn what_could_deceive_a_terminal_is_escaped() {
    assert_eq!(printable(b"a\x1b[31m\xff"), "a\\u{1b}[31m\\xff");
    assert_eq!(printable("x\u{202e}y".as_bytes()), "x\\u{202e}y");
}
