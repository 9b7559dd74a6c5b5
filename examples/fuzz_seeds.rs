//! Writes what a fuzzer begins with: each signature's examples, expanded, and a dictionary of their words.
//!
//! ```text
//! cargo run --example fuzz_seeds -- FOLDER
//! ```
//!
//! `FOLDER` gets a folder of files for each target and `words.dict`. The targets take numbers off the beginning of their
//! input; here these are zero, which stands for the rest of the input as it is.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use scrubjay::signature::{embedded, template};

/// Targets, and bytes of numbers at the beginning of their input.
const TARGETS: &[(&str, usize)] = &[("lexer", 2), ("matcher", 6), ("proofs", 2), ("scorer", 2)];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: fuzz_seeds FOLDER")?;
    let folder = Path::new(&folder);
    let mut words = BTreeSet::new();
    let mut place = 0;
    for (target, _) in TARGETS {
        fs::create_dir_all(folder.join(target))?;
    }
    for located in embedded()? {
        let signature = &located.signature;
        words.extend(signature.keywords.iter().cloned());
        for (index, example) in signature.examples.iter().enumerate() {
            let expanded = template::expand(example, index as u64)?;
            for (target, numbers) in TARGETS {
                let text = match &expanded.secret {
                    Some(secret) if *target == "proofs" => &expanded.text[secret.clone()],
                    _ => &expanded.text,
                };
                let seed = [&vec![0; *numbers], text].concat();
                fs::write(folder.join(target).join(format!("{}-{index}", signature.id)), seed)?;
            }
            for quarter in 1..=4 {
                let seed = repeated(place, expanded.text.len() * quarter / 4);
                fs::write(folder.join("matcher").join(format!("{}-{index}-{quarter}", signature.id)), seed)?;
            }
            place += 1;
        }
    }
    let dictionary: String = words.iter().map(|word| format!("\"{}\"\n", escaped(word))).collect();
    fs::write(folder.join("words.dict"), dictionary)?;
    Ok(())
}

/// The matcher's input for a text that has the beginning of an example again and again: its fourth kind.
fn repeated(example: u16, length: usize) -> Vec<u8> {
    [0, 3, example, 0, length.min(usize::from(u16::MAX)) as u16]
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// A word as a dictionary has it.
fn escaped(word: &str) -> String {
    let escape = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    word.bytes().map(escape).collect()
}
