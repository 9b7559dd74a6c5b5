//! Candidates of trees as vectors: natural ones, and slots that generated secrets fill.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use scrubjay::blob::Blob;
use scrubjay::detect::{Detector, Found};
use scrubjay::origin::{Origin, Step};
use scrubjay::score::assigned::Assigned;
use scrubjay::score::features::{Feature, Features};
use scrubjay::score::{generic, weights};
use scrubjay::signature::{Matcher, RuleSet, embedded};
use sha2::{Digest, Sha256};

use crate::generate::{Family, KEYS, PASSWORDS, Random};

/// Bytes around a slot that are judged again with the secret in it.
const AROUND: usize = 700;
/// Files above this length are not text that people write.
const MOST: u64 = 1 << 20;
/// One slot in so many is filled: there are more of them than natural candidates.
const SLOTS: u64 = 2;

/// A vector, and how often it came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vector {
    /// Name of its tree.
    pub repository: String,
    /// Column of the table of weights.
    pub place: usize,
    /// Bits of the set of features.
    pub features: u64,
    /// Whether it is a secret.
    pub secret: bool,
    /// Index of the generator's family; `None`: a natural one.
    pub family: Option<usize>,
}

/// Vectors with their counts.
pub type Data = Vec<(Vector, u32)>;

/// A natural candidate or a slot.
struct Seen<'a> {
    id: String,
    path: &'a str,
    text: &'a [u8],
    found: &'a Found<'a>,
}

/// Prints what is to be labelled.
pub fn list(trees: &[&str]) -> Result<(), String> {
    for tree in trees {
        each(tree, &mut |_, seen| {
            let assigned = Assigned::of(seen.found.text, &seen.found.candidate);
            let Some(features) = generic::features(&assigned) else { return };
            let points = weights::sum(features, assigned.setting);
            if points >= generic::POSSIBLE {
                let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(['\n', '\r'], "⏎");
                let Seen { id, path, .. } = seen;
                println!(
                    "{id}\t{points}\t{path}\t{}{}{}",
                    show(assigned.name),
                    show(assigned.between),
                    show(assigned.value)
                );
            }
        })?;
    }
    Ok(())
}

/// Prints vectors with their labels.
pub fn print(labels: &str, trees: &[&str]) -> Result<(), String> {
    let labels = fs::read_to_string(labels).map_err(|why| format!("{labels}: {why}"))?;
    let labels: BTreeMap<&str, &str> = labels.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut counts: BTreeMap<Vector, u32> = BTreeMap::new();
    let (mut slots, mut lexed) = (0u32, 0u32);
    for tree in trees {
        let mut random = Random::new(0x5eed);
        each(tree, &mut |detector, seen| {
            let assigned = Assigned::of(seen.found.text, &seen.found.candidate);
            let repository = name_of(tree);
            if let Some(features) = generic::features(&assigned) {
                // 1: a secret; 0: none; `-`: cannot be told.
                let label = labels.get(seen.id.as_str()).copied().unwrap_or("0");
                if label != "-" {
                    let place = place(&assigned);
                    let vector = Vector { repository, place, features: features.0, secret: label == "1", family: None };
                    *counts.entry(vector).or_default() += 1;
                }
            } else if is_slot(seen.found) && random.next().is_multiple_of(SLOTS) {
                slots += 1;
                if let Some((place, features, family)) = filled(detector, &seen, &mut random) {
                    lexed += 1;
                    let vector =
                        Vector { repository, place, features: features.0, secret: true, family: Some(family as usize) };
                    *counts.entry(vector).or_default() += 1;
                }
            }
        })?;
    }
    println!("# {slots} slots filled, {lexed} of them seen by lexer and checks");
    for (Vector { repository, place, features, secret, family }, count) in counts {
        let family = family.map_or_else(|| "-".to_owned(), |family| family.to_string());
        println!("{repository} {place} {features:x} {} {family} {count}", u8::from(secret));
    }
    Ok(())
}

/// Reads what [`print`] wrote.
pub fn read(file: &str) -> Result<Data, String> {
    let text = fs::read_to_string(file).map_err(|why| format!("{file}: {why}"))?;
    let line = |line: &str| {
        let mut words = line.split(' ');
        let vector = Vector {
            repository: words.next()?.to_owned(),
            place: words.next()?.parse().ok()?,
            features: u64::from_str_radix(words.next()?, 16).ok()?,
            secret: words.next()? == "1",
            family: words.next()?.parse().ok(),
        };
        Some((vector, words.next()?.parse().ok()?))
    };
    text.lines()
        .filter(|text| !text.starts_with('#'))
        .map(|text| line(text).ok_or_else(|| format!("{file}: not a vector: {text}")))
        .collect()
}

fn place(assigned: &Assigned<'_>) -> usize {
    weights::PLACES.iter().position(|&place| place == assigned.setting).unwrap_or(0)
}

fn name_of(tree: &str) -> String {
    Path::new(tree).file_name().map_or_else(|| tree.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Whether a dropped candidate stands where a secret could.
fn is_slot(found: &Found<'_>) -> bool {
    let reason = found.verdict.reasons.first().map_or("", |why| why.name);
    matches!(reason, "placeholder" | "reference" | "expression" | "echo") && found.decoder.is_none()
}

/// Puts a secret where the candidate's value stands, and judges the text around it again.
fn filled(detector: &Detector<'_>, seen: &Seen<'_>, random: &mut Random) -> Option<(usize, Features, Family)> {
    let value = seen.found.candidate.secret.range();
    let name = scrubjay::score::name::head(Assigned::of(seen.text, &seen.found.candidate).name)?;
    let families = if name.0 == scrubjay::score::name::Head::Password { PASSWORDS } else { KEYS };
    let family = families[random.below(families.len())];
    let secret = family.secret(random);
    let before = &seen.text[value.start.saturating_sub(AROUND)..value.start];
    let after = &seen.text[value.end..seen.text.len().min(value.end + AROUND)];
    // A variable or call in code gives way to a literal in quotes.
    let in_code = seen.found.verdict.reasons.first().is_some_and(|why| why.name == "expression")
        && !matches!(before.last(), Some(b'"' | b'\'' | b'`' | b'>'));
    let quote: &[u8] = if in_code { b"\"" } else { b"" };
    let text = [before, quote, secret.as_bytes(), quote, after].concat();
    let start = before.len() + quote.len();
    let mut out = None;
    let blob = Blob::bytes(Origin::new(Step::Stdin), &text);
    detector
        .judge(blob, true, &mut |found| {
            for one in found.iter().filter(|one| matches!(one.rule.matcher, Matcher::Assignment)) {
                if one.candidate.secret.range() == (start..start + secret.len()) && one.decoder.is_none() {
                    let assigned = Assigned::of(one.text, &one.candidate);
                    out = out.or(generic::features(&assigned).map(|features| (place(&assigned), features, family)));
                }
            }
        })
        .ok()?;
    out
}

/// Every candidate of the assignment rules in a tree, once a place.
fn each(tree: &str, out: &mut dyn FnMut(&Detector<'_>, Seen<'_>)) -> Result<(), String> {
    let loaded = embedded().map_err(|why| why.to_string())?;
    let rules = RuleSet::compile(&loaded, false).map_err(|_| "the shipped signatures do not compile".to_owned())?;
    let detector = Detector::new(&rules);
    let mut files: Vec<_> = ignore::WalkBuilder::new(tree)
        .standard_filters(false)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.metadata().is_ok_and(|meta| meta.is_file() && meta.len() < MOST))
        .map(ignore::DirEntry::into_path)
        .collect();
    files.sort();
    for file in files {
        let Ok(bytes) = fs::read(&file) else { continue };
        if bytes[..bytes.len().min(8_000)].contains(&0) {
            continue;
        }
        let path = file.strip_prefix(tree).unwrap_or(&file).to_string_lossy().into_owned();
        let mut last = None;
        let blob = Blob::bytes(Origin::new(Step::Stdin), &bytes);
        detector
            .judge(blob, true, &mut |found| {
                for one in found.iter().filter(|one| matches!(one.rule.matcher, Matcher::Assignment)) {
                    let place = one.candidate.secret;
                    if one.decoder.is_some() || last.replace(place) == Some(place) {
                        continue;
                    }
                    let hash = Sha256::digest(format!("{}\0{path}\0{}", name_of(tree), one.position.offset));
                    let id: String = hash[..6].iter().map(|byte| format!("{byte:02x}")).collect();
                    out(&detector, Seen { id, path: &path, text: &bytes, found: one });
                }
            })
            .map_err(|why| format!("{path}: {why}"))?;
    }
    Ok(())
}

/// The features of a vector.
pub fn features(vector: &Vector) -> impl Iterator<Item = Feature> {
    Features(vector.features).iter()
}
