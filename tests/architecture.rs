//! Who may import whom: the `use crate::` lines of every room, held against the order that ARCHITECTURE.md gives.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from left to right; those of one group do not import each other.
const ORDER: &[&[&str]] = &[
    &["date", "origin", "secret", "signature"],
    &["candidate", "cache"],
    &["blob"],
    &["matcher", "decode", "score", "unpack"],
    &["detect"],
    &["finding"],
    &["source", "allow", "report", "owners"],
    &["scan", "check"],
    &["sweep"],
    &["cli"],
];

fn group(room: &str) -> usize {
    ORDER
        .iter()
        .position(|group| group.contains(&room))
        .unwrap_or_else(|| panic!("room `{room}` has no place in the order"))
}

fn sources(directory: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("src/ can be read") {
        let path = entry.expect("src/ can be read").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn rooms_import_towards_the_left_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut wrong, mut seen) = (Vec::new(), Vec::new(), 0);
    sources(&root, &mut files);
    for file in files {
        let inside = file.strip_prefix(&root).expect("below src/");
        let room =
            inside.iter().next().and_then(|part| part.to_str()).expect("UTF-8").trim_end_matches(".rs").to_owned();
        if matches!(room.as_str(), "lib" | "main") || inside.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for piece in code.split("crate::").skip(1) {
            let other: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if other == room || other.is_empty() {
                continue;
            }
            seen += 1;
            if group(&other) >= group(&room) {
                wrong.push(format!("{}: {room} must not import {other}", inside.display()));
            }
        }
    }
    assert!(seen > 50, "the test reads the imports");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
