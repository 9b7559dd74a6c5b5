//! What is in the final file system of an image, and what is hidden and pulled all the same.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use common::token;
use fake_registry::{Content, Fake};
use images::{image, line, report};
use serde_json::Value;

/// Entries of a layer, in the order in which they are written.
enum Entry {
    File(String, String),
    Directory(String),
    Symlink(String, String),
    HardLink(String, String),
}

fn file(name: &str, content: &str) -> Entry {
    Entry::File(name.to_owned(), content.to_owned())
}

fn hard_link(name: &str, target: &str) -> Entry {
    Entry::HardLink(name.to_owned(), target.to_owned())
}

fn symlink(name: &str, target: &str) -> Entry {
    Entry::Symlink(name.to_owned(), target.to_owned())
}

fn layer(entries: &[Entry]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_mode(0o644);
        match entry {
            Entry::File(name, content) => {
                header.set_size(content.len() as u64);
                builder.append_data(&mut header, name, content.as_bytes()).unwrap();
            }
            Entry::Directory(name) => {
                header.set_entry_type(tar::EntryType::Directory);
                builder.append_data(&mut header, name, std::io::empty()).unwrap();
            }
            Entry::Symlink(name, target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                builder.append_link(&mut header, name, target).unwrap();
            }
            Entry::HardLink(name, target) => {
                header.set_entry_type(tar::EntryType::Link);
                builder.append_link(&mut header, name, target).unwrap();
            }
        }
    }
    builder.into_inner().unwrap()
}

/// `PATH LAYER STATE`, with the layer that hides it where there is one, of each place of the token of a seed. A token in the path
/// itself is written as `@`.
fn places_of(report: &Value, seed: u64) -> Vec<String> {
    let token = token(seed);
    let is_of = |shown: &&str| shown.ends_with(&token[token.len() - 4..]);
    let mut places = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        let Some(shown) = finding["secret"].as_str().filter(is_of) else { continue };
        for place in finding["places"].as_array().unwrap() {
            let steps = place["origin"].as_array().unwrap();
            let layer = &steps.iter().find(|step| step["kind"] == "layer").unwrap()["index"];
            let path = place["path"].as_str().unwrap().replace(shown, "@");
            let hidden_by = place["hidden_by"]["index"].as_u64().map(|index| format!(" by {index}"));
            let state = place["state"].as_str().unwrap();
            assert!(!steps.iter().any(|step| step["kind"] == "entry"), "{place:#}");
            let is_name = steps.last().unwrap()["text"] == "file name";
            assert!(!is_name || place["file"].is_null(), "a mode is not of a name: {place:#}");
            places.push(format!("{path} {layer} {state}{}", hidden_by.unwrap_or_default()));
        }
    }
    places.sort();
    places
}

/// Scans an image of these layers from a registry, and says where each of so many tokens is.
fn scan<const N: usize>(layers: &[Vec<u8>]) -> [Vec<String>; N] {
    let scratch = tempfile::tempdir().unwrap();
    let mut content = Content::default();
    content.image("team/app", "1", "", &layers.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let fake = Fake::start(move |request| content.answer(request));
    let name = format!("{}/team/app:1", fake.host());
    let whole = report(&image(scratch.path(), &name).output().unwrap());
    // What is remembered says the same.
    for run in ["first", "second"] {
        let output = image(scratch.path(), &name).args(["--incremental", "--cache", "kept"]).output().unwrap();
        assert_eq!(report(&output), whole, "{run}");
    }
    std::array::from_fn(|seed| places_of(&whole, seed as u64 + 1))
}

#[test]
fn names_of_what_is_deleted_are_hidden() {
    let name = |seed| format!("srv/{}.txt", token(seed));
    let first = layer(&[
        file(&name(1), "x"),
        file(&name(2), "x"),
        file(&name(3), "x"),
        file(&format!("opt/{}.txt", token(4)), "x"),
        symlink("srv/link", &format!("/run/{}", token(5))),
        symlink("srv/kept", &format!("/run/{}", token(6))),
    ]);
    let second = layer(&[
        file(&format!("srv/.wh.{}.txt", token(1)), ""),
        // Overwritten: another file, under the same name.
        file(&name(2), "y"),
        // A directory has the name now.
        Entry::Directory(name(3)),
        file("opt/.wh..wh..opq", ""),
        file("srv/link", "no link"),
    ]);
    // What was deleted comes back, so that its name is there.
    let third = layer(&[file(&format!("opt/{}.txt", token(4)), "z")]);
    let [deleted, overwritten, replaced, back, target, kept] = scan(&[first, second, third]);
    assert_eq!(deleted, ["srv/.wh.@.txt 1 hidden by 1", "srv/@.txt 0 hidden by 1"]);
    assert_eq!(overwritten, ["srv/@.txt 0 live", "srv/@.txt 1 live"]);
    assert_eq!(replaced, ["srv/@.txt 0 live", "srv/@.txt 1 live"]);
    assert_eq!(back, ["opt/@.txt 0 live", "opt/@.txt 2 live"]);
    assert_eq!(target, ["srv/link 0 hidden by 1"]);
    assert_eq!(kept, ["srv/kept 0 live"]);
}

#[test]
fn of_entries_with_one_name_the_last_is_live() {
    let only = layer(&[
        file("app/.env", &line(1)),
        file("app/.env", &line(2)),
        file("./app/.env", &line(3)),
        file("one.env", &line(4)),
        // The same bytes again: there in the end.
        file("one.env", &line(4)),
        file("two.env", &line(5)),
        hard_link("of-two.env", "two.env"),
        file("two.env", "nothing\n"),
        file("three.env", &line(6)),
        symlink("three.env", "two.env"),
        symlink("link", &format!("/run/{}", token(7))),
        symlink("link", "/run/x"),
    ]);
    let [first, second, third, again, linked, replaced, target] = scan(&[only]);
    assert_eq!(first, ["app/.env 0 hidden by 0"]);
    assert_eq!(second, ["app/.env 0 hidden by 0"]);
    assert_eq!(third, ["app/.env 0 live"]);
    assert_eq!(again, ["one.env 0 live"]);
    assert_eq!(linked, ["of-two.env 0 live", "two.env 0 hidden by 0"]);
    assert_eq!(replaced, ["three.env 0 hidden by 0"]);
    assert_eq!(target, ["link 0 hidden by 0"]);
}

#[test]
fn what_later_layers_do() {
    let first = layer(&[
        file("a/opaque.env", &line(1)),
        file("b/below.env", &line(2)),
        file("c/target.env", &line(3)),
        hard_link("c/other.env", "c/target.env"),
        file("d/old.env", &line(4)),
        file("e/kept.env", &line(5)),
        file("f/key.env", &line(6)),
        file("f/key.env", &line(7)),
    ]);
    let second = layer(&[
        // What the layer itself has in an opaque directory is there.
        file("a/own.env", &line(1)),
        file("a/.wh..wh..opq", ""),
        // A file in the place of a directory.
        file("b", "no directory\n"),
        // The file is gone under one of its names.
        file("c/.wh.target.env", ""),
        // Renamed.
        file("d/.wh.old.env", ""),
        file("d/new.env", &line(4)),
        // A directory that is there already.
        Entry::Directory("e".to_owned()),
        file("f/.wh.key.env", ""),
    ]);
    let [opaque, below, linked, renamed, kept, overwritten, deleted] = scan(&[first, second]);
    assert_eq!(opaque, ["a/opaque.env 0 hidden by 1", "a/own.env 1 live"]);
    assert_eq!(below, ["b/below.env 0 hidden by 1"]);
    assert_eq!(linked, ["c/other.env 0 live", "c/target.env 0 hidden by 1"]);
    assert_eq!(renamed, ["d/new.env 1 live", "d/old.env 0 hidden by 1"]);
    assert_eq!(kept, ["e/kept.env 0 live"]);
    assert_eq!(overwritten, ["f/key.env 0 hidden by 0"]);
    assert_eq!(deleted, ["f/key.env 0 hidden by 1"]);
}

#[test]
fn a_file_that_a_later_layer_links_to_stays_under_that_name() {
    let first = layer(&[file("a/old.env", &line(1)), file("a/kept.env", &line(2)), file("a/own.env", &line(3))]);
    let second = layer(&[
        hard_link("b/new.env", "a/old.env"),
        file("a/.wh.old.env", ""),
        hard_link("b/kept.env", "a/kept.env"),
        // A file of its own under that name.
        file("a/own.env", "nothing\n"),
        hard_link("b/own.env", "a/own.env"),
    ]);
    // The file is gone by then, and this names nothing.
    let third = layer(&[hard_link("c/late.env", "a/old.env"), file("b/.wh.kept.env", "")]);
    let [moved, kept, own] = scan(&[first, second, third]);
    assert_eq!(moved, ["a/old.env 0 hidden by 1", "b/new.env 1 live"]);
    assert_eq!(kept, ["a/kept.env 0 live", "b/kept.env 1 hidden by 2"]);
    assert_eq!(own, ["a/own.env 0 hidden by 1"]);
}

#[test]
fn what_is_removed_or_replaced_by_way_of_a_linked_folder_is_hidden() {
    let names = ["usr/lib/removed", "usr/lib/replaced", "usr/lib/kept", "usr/bin/tool", "usr/sbin/emptied"];
    let mut first: Vec<Entry> = (1..).zip(names).map(|(seed, name)| file(name, &line(seed))).collect();
    first.extend([symlink("lib", "usr/lib"), symlink("bin", "/usr/bin"), symlink("sbin", "usr/sbin")]);
    let second = layer(&[
        file("lib/.wh.removed", ""),
        file("lib/replaced", "nothing\n"),
        // The link again.
        symlink("lib", "usr/lib"),
        // A folder in the place of the link.
        Entry::Directory("bin".to_owned()),
        file("bin/.wh.tool", ""),
        file("sbin/.wh..wh..opq", ""),
    ]);
    let [removed, replaced, kept, tool, emptied] = scan(&[layer(&first), second]);
    assert_eq!(removed, ["usr/lib/removed 0 hidden by 1"]);
    assert_eq!(replaced, ["usr/lib/replaced 0 hidden by 1"]);
    assert_eq!(kept, ["usr/lib/kept 0 live"]);
    assert_eq!(tool, ["usr/bin/tool 0 live"]);
    assert_eq!(emptied, ["usr/sbin/emptied 0 hidden by 1"]);
}
