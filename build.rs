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
    let mut code = String::from("static EMBEDDED: &[(&str, &[u8])] = &[\n");
    for name in &names {
        let path = directory.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        let compressed = out.join(format!("{name}.zlib"));
        let file = fs::File::create(&compressed).expect("OUT_DIR can be written");
        let mut encoder = flate2::write::ZlibEncoder::new(file, flate2::Compression::best());
        let text = fs::read(&path).expect("a signature file can be read");
        encoder.write_all(&text).and_then(|()| encoder.finish()).expect("OUT_DIR can be written");
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", compressed.display().to_string())
            .expect("writes to a string");
    }
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code).expect("OUT_DIR can be written");
}
