//! Candidates of trees as vectors: natural ones, and slots that generated secrets fill.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use scrubjay::blob::Blob;
use scrubjay::detect::{Detector, Found};
use scrubjay::origin::{Origin, Step};
use scrubjay::scan::path_context;
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
/// Bytes to each side of a candidate that its labeller is shown.
const AROUND_LABEL: usize = 80;
/// Points to each side of the threshold that count as near it.
const NEAR: i32 = 15;
/// Lengths of passwords that are hardest to tell from words.
const SHORT: std::ops::RangeInclusive<usize> = 6..=9;
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
    /// Whether its path is that of a test, of documentation and the like.
    pub context: bool,
    /// Whether the value has 6 to 9 characters.
    pub short: bool,
}

/// Vectors with their counts, and the bytes of each repository.
pub struct Data {
    pub vectors: Vec<(Vector, u32)>,
    pub sizes: BTreeMap<String, u64>,
}

/// A natural candidate or a slot.
struct Seen<'a> {
    id: String,
    path: &'a str,
    text: &'a [u8],
    found: &'a Found<'a>,
}

/// A candidate that may be chosen to be labelled.
struct Listed {
    id: String,
    /// Kind of place, or the reason for which a check drops it.
    cell: String,
    /// `None`: a check drops it.
    points: Option<i32>,
    line: String,
}

/// Prints what is to be labelled, without its points: id, path, and the line with the value marked and what stands around
/// it. At most half of it lies near the threshold; the rest is spread evenly over kinds of places and points, and over the
/// reasons for which checks drop a candidate.
pub fn list(most: usize, trees: &[&str]) -> Result<(), String> {
    let mut all: BTreeMap<String, Listed> = BTreeMap::new();
    for tree in trees {
        each(tree, &mut |_, seen| {
            let assigned = Assigned::of(seen.found.text, &seen.found.candidate);
            let features = generic::features(&assigned);
            let reason = seen.found.verdict.reasons.first().map_or("", |why| why.name);
            let listed = Listed {
                cell: features.map_or_else(|| reason.to_owned(), |_| place(&assigned).to_string()),
                points: features.map(|features| weights::sum(features, assigned.setting)),
                line: shown(&seen, &assigned),
                id: seen.id,
            };
            all.entry(listed.id.clone()).or_insert(listed);
        })?;
    }
    // Ids are hashes, so their order is as good as chance.
    let near = |one: &&Listed| one.points.is_some_and(|points| (points - generic::LIKELY).abs() <= NEAR);
    let mut chosen: Vec<&Listed> = all.values().filter(near).take(most / 2).collect();
    let mut cells: BTreeMap<(&str, i32), Vec<&Listed>> = BTreeMap::new();
    for one in all.values().filter(|one| !near(one)) {
        let points = one.points.map_or(-9, |points| points.div_euclid(20).clamp(-1, 6));
        cells.entry((&one.cell, points)).or_default().push(one);
    }
    for round in 0.. {
        let row: Vec<&Listed> = cells.values().filter_map(|cell| cell.get(round).copied()).collect();
        if row.is_empty() || chosen.len() >= most {
            break;
        }
        chosen.extend(row.into_iter().take(most - chosen.len()));
    }
    chosen.sort_by(|a, b| a.id.cmp(&b.id));
    for one in chosen {
        println!("{}\t{}", one.id, one.line);
    }
    Ok(())
}

/// Prints what no check drops and nobody labelled, as [`list`] does: since the labels were made lexer and checks have changed.
pub fn unlabelled(labels: &str, trees: &[&str]) -> Result<(), String> {
    let labels = labelled(labels)?;
    let mut all = BTreeMap::new();
    for tree in trees {
        each(tree, &mut |_, seen| {
            let assigned = Assigned::of(seen.found.text, &seen.found.candidate);
            if generic::features(&assigned).is_some() && !labels.contains_key(&seen.id) {
                let line = shown(&seen, &assigned);
                all.entry(seen.id).or_insert(line);
            }
        })?;
    }
    for (id, line) in all {
        println!("{id}\t{line}");
    }
    Ok(())
}

/// Prints what is judged otherwise than it is labelled: points (`-`: a check drops it), label, path and line.
pub fn review(labels: &str, trees: &[&str]) -> Result<(), String> {
    let labels = labelled(labels)?;
    let mut seen_before = BTreeSet::new();
    for tree in trees {
        each(tree, &mut |_, seen| {
            let Some(label) = labels.get(&seen.id).filter(|label| *label != "-") else { return };
            let assigned = Assigned::of(seen.found.text, &seen.found.candidate);
            let points = generic::features(&assigned).map(|features| weights::sum(features, assigned.setting));
            let is_found = points.is_some_and(|points| points >= generic::LIKELY);
            if is_found != (label == "1") && seen_before.insert(seen.id.clone()) {
                let reason = seen.found.verdict.reasons.first().map_or("-", |why| why.name);
                let points = points.map_or_else(|| reason.to_owned(), |points| points.to_string());
                println!("{points}\t{label}\t{:?}\t{}/{}", assigned.setting, name_of(tree), shown(&seen, &assigned));
            }
        })?;
    }
    Ok(())
}

/// Labels by id, from lines of `id` and what each of two labellers said: 1, a secret; 0, none; `-`, it cannot be told, also
/// where they differ.
fn labelled(file: &str) -> Result<BTreeMap<String, String>, String> {
    let text = fs::read_to_string(file).map_err(|why| format!("{file}: {why}"))?;
    let label = |line: &str| {
        let [id, one, other] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
        Some((id.to_owned(), if one == other { one } else { "-" }.to_owned()))
    };
    text.lines().map(|line| label(line).ok_or_else(|| format!("{file}: not a label: {line}"))).collect()
}

/// The line of a candidate with its value marked, the lines beside it, and its path.
fn shown(seen: &Seen<'_>, assigned: &Assigned<'_>) -> String {
    let show = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.chars()
            .map(|c| {
                if c == '\n' {
                    '⏎'
                } else if c.is_control() {
                    ' '
                } else {
                    c
                }
            })
            .collect::<String>()
    };
    let before = &assigned.before[assigned.before.len().saturating_sub(AROUND_LABEL)..];
    let after = &assigned.after[..assigned.after.len().min(AROUND_LABEL)];
    let path = &seen.path[seen.path.char_indices().rev().nth(60).map_or(0, |(at, _)| at)..];
    format!(
        "{path}\t{}{}{}«{}»{}",
        show(before),
        show(assigned.name),
        show(assigned.between),
        show(assigned.value),
        show(after)
    )
}

/// Prints vectors with their labels.
pub fn print(labels: &str, trees: &[&str]) -> Result<(), String> {
    let labels = labelled(labels)?;
    let mut counts: BTreeMap<Vector, u32> = BTreeMap::new();
    let (mut slots, mut lexed) = (0u32, 0u32);
    let mut once = BTreeSet::new();
    for tree in trees {
        let mut random = Random::new(0x5eed);
        let bytes = each(tree, &mut |detector, seen| {
            let assigned = Assigned::of(seen.found.text, &seen.found.candidate);
            let repository = name_of(tree);
            let context = path_context(seen.path.as_bytes()).is_some();
            if let Some(features) = generic::features(&assigned) {
                let label = labels.get(&seen.id).map_or("0", String::as_str);
                // The same name and value again, as in translations, says nothing new.
                if label != "-" && once.insert(seen.id.clone()) {
                    let place = place(&assigned);
                    let short = SHORT.contains(&assigned.value.len());
                    let (features, secret) = (features.0, label == "1");
                    let vector = Vector { repository, place, features, secret, family: None, context, short };
                    *counts.entry(vector).or_default() += 1;
                }
            } else if is_slot(seen.found) && random.next().is_multiple_of(SLOTS) {
                slots += 1;
                let slot = Slot::fill(&seen, &mut random);
                if let Some((slot, (place, features))) =
                    slot.and_then(|slot| slot.read(detector).map(|read| (slot, read)))
                {
                    lexed += 1;
                    let short = SHORT.contains(&slot.secret.len());
                    let (features, family) = (features.0, Some(slot.family as usize));
                    let vector = Vector { repository, place, features, secret: true, family, context, short };
                    *counts.entry(vector).or_default() += 1;
                }
            }
        })?;
        println!("# bytes {} {bytes}", name_of(tree));
    }
    println!("# {slots} slots filled, {lexed} of them seen by lexer and checks");
    for (Vector { repository, place, features, secret, family, context, short }, count) in counts {
        let family = family.map_or_else(|| "-".to_owned(), |family| family.to_string());
        let [secret, context, short] = [secret, context, short].map(u8::from);
        println!("{repository} {place} {features:x} {secret} {family} {context}{short} {count}");
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
            context: false,
            short: false,
        };
        let flags = words.next()?;
        let vector = Vector { context: flags.starts_with('1'), short: flags.ends_with('1'), ..vector };
        Some((vector, words.next()?.parse().ok()?))
    };
    let size = |line: &str| {
        let (name, bytes) = line.strip_prefix("# bytes ")?.split_once(' ')?;
        Some((name.to_owned(), bytes.parse().ok()?))
    };
    let sizes = text.lines().filter_map(size).collect();
    let vectors: Result<_, String> = text
        .lines()
        .filter(|text| !text.starts_with('#'))
        .map(|text| line(text).ok_or_else(|| format!("{file}: not a vector: {text}")))
        .collect();
    Ok(Data { vectors: vectors?, sizes })
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

/// A place in a file where a generated secret stands instead of a placeholder, a reference or an expression.
struct Slot {
    family: Family,
    secret: String,
    /// The text around it, with the secret in it.
    text: Vec<u8>,
    /// Where in the text the secret begins.
    start: usize,
}

impl Slot {
    /// Puts a secret where the candidate's value stands; `None` where its name speaks of none.
    fn fill(seen: &Seen<'_>, random: &mut Random) -> Option<Slot> {
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
        Some(Slot { family, start: before.len() + quote.len(), secret, text })
    }

    /// Judges the text; `None` where lexer and checks do not give back exactly the secret.
    fn read(&self, detector: &Detector<'_>) -> Option<(usize, Features)> {
        let mut out = None;
        let blob = Blob::bytes(Origin::new(Step::Stdin), &self.text);
        detector
            .judge(blob, true, &mut |found| {
                for one in found.iter().filter(|one| matches!(one.rule.matcher, Matcher::Assignment)) {
                    let exact = self.start..self.start + self.secret.len();
                    if one.candidate.secret.range() == exact && one.decoder.is_none() {
                        let assigned = Assigned::of(one.text, &one.candidate);
                        out = out.or(generic::features(&assigned).map(|features| (place(&assigned), features)));
                    }
                }
            })
            .ok()?;
        out
    }
}

/// Writes files with one filled slot each below `folder`, at most `most` from each tree, for scanners of all kinds; prints
/// a line a file: its name and the line of the secret.
pub fn fill(folder: &str, most: usize, trees: &[&str]) -> Result<(), String> {
    for tree in trees {
        let mut random = Random::new(0xf111);
        let mut slots: Vec<(String, Vec<u8>, usize)> = Vec::new();
        each(tree, &mut |_, seen| {
            if !is_slot(seen.found) {
                return;
            }
            if let Some(slot) = Slot::fill(&seen, &mut random) {
                let name = seen.path.rsplit('/').next().unwrap_or_default();
                let line = 1 + memchr::memchr_iter(b'\n', &slot.text[..slot.start]).count();
                slots.push((format!("{}/{}/{name}", name_of(tree), seen.id), slot.text, line));
            }
        })?;
        // Ids are hashes: sorted by them, any number from the front is a fair draw.
        slots.sort();
        slots.dedup_by(|a, b| a.0 == b.0);
        for (name, text, line) in slots.into_iter().take(most) {
            let path = Path::new(folder).join(&name);
            let parent = path.parent().unwrap_or(Path::new(folder));
            fs::create_dir_all(parent).and_then(|()| fs::write(&path, text)).map_err(|why| format!("{name}: {why}"))?;
            println!("{name}\t{line}");
        }
    }
    Ok(())
}

/// Prints where labelled candidates stand: path, line and label; of a name and value that come again the first place.
pub fn places(labels: &str, trees: &[&str]) -> Result<(), String> {
    let labels = labelled(labels)?;
    let mut once = BTreeSet::new();
    for tree in trees {
        each(tree, &mut |_, seen| {
            if let Some(label) = labels.get(&seen.id).filter(|label| *label != "-" && once.insert(seen.id.clone())) {
                let line =
                    1 + memchr::memchr_iter(b'\n', &seen.text[..seen.found.candidate.secret.range().start]).count();
                println!("{}/{}\t{line}\t{label}", name_of(tree), seen.path);
            }
        })?;
    }
    Ok(())
}

/// Every candidate of the assignment rules in a tree, once a place. Gives the bytes that were read.
fn each(tree: &str, out: &mut dyn FnMut(&Detector<'_>, Seen<'_>)) -> Result<u64, String> {
    let mut read = 0;
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
        read += bytes.len() as u64;
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
                    let assigned = Assigned::of(one.text, &one.candidate);
                    let mut hash = Sha256::new();
                    for part in [name_of(tree).as_bytes(), assigned.name, assigned.value] {
                        hash.update(part);
                        hash.update(b"\0");
                    }
                    let hash = hash.finalize();
                    let id: String = hash[..6].iter().map(|byte| format!("{byte:02x}")).collect();
                    out(&detector, Seen { id, path: &path, text: &bytes, found: one });
                }
            })
            .map_err(|why| format!("{path}: {why}"))?;
    }
    Ok(read)
}

/// The features of a vector.
pub fn features(vector: &Vector) -> impl Iterator<Item = Feature> {
    Features(vector.features).iter()
}
