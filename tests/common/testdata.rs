//! Files of `testdata/`, written out with their templates expanded.

use std::fs;
use std::path::Path;

use scrubjay::signature::template;

/// Where a secret was planted: path below the folder, line, column, rule.
pub type Planted = (String, u64, u64, String);

/// Writes a folder of `testdata/` to `into`; what was planted, sorted. No two secrets are the same.
pub fn write_out(folder: &str, into: &Path) -> Vec<Planted> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(folder);
    let mut planted = Vec::new();
    write_folder(&from, into, "", &mut planted);
    planted.sort();
    planted
}

fn write_folder(from: &Path, into: &Path, below: &str, planted: &mut Vec<Planted>) {
    fs::create_dir_all(into).unwrap();
    let mut entries: Vec<_> = fs::read_dir(from).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{below}{name}");
        if entry.file_type().unwrap().is_dir() {
            write_folder(&entry.path(), &into.join(&name), &format!("{path}/"), planted);
        } else {
            let text = fs::read_to_string(entry.path()).unwrap();
            fs::write(into.join(&name), expand(&text, &path, planted)).unwrap();
        }
    }
}

fn expand(text: &str, path: &str, planted: &mut Vec<Planted>) -> Vec<u8> {
    let mut pieces = text.split('⟦');
    let mut out = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        let (marked, rest) = piece.split_once('⟧').unwrap_or_else(|| panic!("{path}: a mark without its end"));
        let (rule, written) = marked.split_once('|').unwrap_or_else(|| panic!("{path}: no rule in {marked}"));
        let line = 1 + out.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + out.iter().rev().take_while(|byte| **byte != b'\n').count();
        let seed =
            path.bytes().fold(planted.len() as u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let expanded = template::expand(written, seed).unwrap_or_else(|cause| panic!("{path}: {written}: {cause}"));
        planted.push((path.to_owned(), line as u64, column as u64, rule.to_owned()));
        out.extend_from_slice(&expanded.text);
        out.extend_from_slice(rest.as_bytes());
    }
    out
}
