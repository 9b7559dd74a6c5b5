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
    "src/scan/gather.rs",
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
    for name in &names {
        let path = directory.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("a signature file can be read");
        let whole = compress(&out.join(format!("{name}.zlib")), &text);
        let lean = compress(&out.join(format!("{name}.lean.zlib")), &without_examples(&text));
        writeln!(
            code,
            "    Embedded {{ name: {name:?}, whole: include_bytes!({whole:?}), lean: include_bytes!({lean:?}) }},"
        )
        .expect("writes to a string");
    }
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code).expect("OUT_DIR can be written");
}

/// Writes a text compressed; returns the path.
fn compress(path: &Path, text: &str) -> String {
    let file = fs::File::create(path).expect("OUT_DIR can be written");
    let mut encoder = flate2::write::ZlibEncoder::new(file, flate2::Compression::best());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("OUT_DIR can be written");
    path.display().to_string()
}

/// A signature file less its examples, which are three quarters of it and which no scan reads: to parse them took a quarter of
/// the time in which the program starts. A file that does not parse is left as it is: a test names the fault.
fn without_examples(text: &str) -> String {
    let Ok(mut file) = text.parse::<toml::Table>() else { return text.to_owned() };
    let signatures = file.get_mut("signature").and_then(toml::Value::as_array_mut);
    for signature in signatures.into_iter().flatten().filter_map(toml::Value::as_table_mut) {
        signature.remove("counterexamples");
        signature.insert("examples".to_owned(), toml::Value::Array(Vec::new()));
    }
    toml::to_string(&file).expect("what was parsed can be written")
}
