//! Embeds every file of `signatures/` in the binary, by name and compressed, and a hash of the code that judges. Compressed,
//! for their examples and patterns look like secrets to whoever scans an image that has this program.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What decides what is found in given bytes with given signatures, and how that is told.
const JUDGES: &[&str] = &[
    "src/allow/inline.rs",
    "src/candidate.rs",
    "src/decode",
    "src/detect",
    "src/detect.rs",
    "src/finding",
    "src/matcher",
    "src/scan/excerpts.rs",
    "src/scan/gather.rs",
    "src/scan/hit.rs",
    "src/scan/told.rs",
    "src/score",
    "src/signature",
    "src/source/git",
    "src/source/image",
    "src/unpack",
    "Cargo.lock",
];

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut hasher = DefaultHasher::new();
    JUDGES.iter().for_each(|judge| add(&root.join(judge), &mut hasher));
    println!("cargo::rustc-env=SCRUBJAY_JUDGE={:016x}", hasher.finish());
    embed(&root.join("signatures"));
}

/// Adds the content of a file, or of all files below a folder, in order.
fn add(path: &Path, hasher: &mut DefaultHasher) {
    println!("cargo::rerun-if-changed={}", path.display());
    if let Ok(entries) = fs::read_dir(path) {
        let mut entries: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        entries.sort();
        entries.iter().for_each(|entry| add(entry, hasher));
    } else {
        fs::read(path).unwrap_or_default().hash(hasher);
    }
}

fn embed(directory: &Path) {
    println!("cargo::rerun-if-changed={}", directory.display());
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("signatures/ is part of the package")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let mut code = String::from("static EMBEDDED: &[Embedded] = &[\n");
    let mut lean = Vec::new();
    for name in &names {
        let path = directory.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("a signature file can be read");
        let whole = compress(&out.join(format!("{name}.zlib")), &text);
        writeln!(code, "    Embedded {{ name: {name:?}, text: include_bytes!({whole:?}) }},")
            .expect("writes to a string");
        lean.extend(without_examples(name, &text));
    }
    code.push_str("];\nstatic LEAN: &[&[u8]] = &[\n");
    for (number, part) in parts(&lean).into_iter().enumerate() {
        let part = compress(&out.join(format!("lean-{number}.zlib")), &format!("[{}]", part.join(",")));
        writeln!(code, "    include_bytes!({part:?}),").expect("writes to a string");
    }
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code).expect("OUT_DIR can be written");
}

/// Files in parts of about the same size, as many as threads read them.
fn parts(files: &[String]) -> Vec<&[String]> {
    const PARTS: usize = 4;
    let most = files.iter().map(String::len).sum::<usize>() / PARTS;
    let mut parts = Vec::new();
    let mut rest = files;
    while !rest.is_empty() {
        let mut size = 0;
        let end = rest.iter().position(|file| {
            size += file.len();
            size > most
        });
        let end = end.map_or(rest.len(), |end| end + 1);
        parts.push(&rest[..end]);
        rest = &rest[end..];
    }
    parts
}

/// Writes a text compressed; returns the path.
fn compress(path: &Path, text: &str) -> String {
    let file = fs::File::create(path).expect("OUT_DIR can be written");
    let mut encoder = flate2::write::ZlibEncoder::new(file, flate2::Compression::best());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("OUT_DIR can be written");
    path.display().to_string()
}

/// A signature file as JSON less its examples, which are three quarters of it and which no scan reads: to parse them took a
/// quarter of the time in which the program starts, and to parse TOML most of the rest. A file that does not parse is left out:
/// a test names the fault.
fn without_examples(name: &str, text: &str) -> Option<String> {
    let mut file = text.parse::<toml::Table>().ok()?;
    let provider = file.remove("provider");
    let signatures = file.get_mut("signature").and_then(toml::Value::as_array_mut);
    for signature in signatures.into_iter().flatten().filter_map(toml::Value::as_table_mut) {
        signature.remove("counterexamples");
        signature.insert("examples".to_owned(), toml::Value::Array(Vec::new()));
        if let Some(provider) = &provider {
            signature.entry("provider").or_insert_with(|| provider.clone());
        }
    }
    file.insert("name".to_owned(), name.into());
    Some(serde_json::to_string(&file).expect("what was parsed can be written"))
}
