//! What is found in a pack as it is stored against what is found in each of its blobs whole: sets of blob, rule, place, score
//! and reasons. Packs are written here, with every kind of copy; `benches/differential.sh` does the same on a real repository.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{TestRepository, open};
use crate::blob::{Blob, Content, Item, Sink, Version};
use crate::detect::{Detector, Found};
use crate::matcher::fault::{self, Fault};
use crate::origin::Origin;
use crate::signature::{RuleSet, embedded, template};
use crate::source::Source;

/// Judges every version both ways.
struct Comparison<'r> {
    detector: Detector<'r>,
    blobs: AtomicU64,
    with_finds: AtomicU64,
    carried: AtomicU64,
    differences: Mutex<Vec<String>>,
}

fn records(found: &[Found<'_>], into: &mut BTreeSet<String>) {
    // Of what was dropped only what a report masks is asked for.
    let matters = |one: &&Found<'_>| {
        one.verdict.confidence.is_some()
            || one.is_id
            || one.verdict.reasons.iter().any(|why| matches!(why.name, "overlap" | "shape-decides"))
                && one.verdict.points != 0
    };
    for one in found.iter().filter(matters) {
        into.insert(format!(
            "{} {} {:?} {:?} {:?} {:?} {:?} {:?}",
            one.rule.id(),
            one.is_id,
            one.candidate,
            one.stored_secret,
            one.position,
            one.decoder,
            one.verdict.confidence,
            one.verdict.reasons,
        ));
    }
}

impl Comparison<'_> {
    fn compare(&self, origin: &Origin, version: Version<'_>) {
        let bytes = version.bytes;
        let (mut whole, mut carried) = (BTreeSet::new(), BTreeSet::new());
        let has_base = version.base.is_some_and(|(base, runs)| base.length > 0 && !runs.is_empty());
        let blob = Blob { origin: origin.clone(), content: Content::Version(version) };
        self.detector.judge(blob, false, &mut |found| records(found, &mut carried)).unwrap();
        let blob = Blob::bytes(origin.clone(), bytes);
        self.detector.judge(blob, false, &mut |found| records(found, &mut whole)).unwrap();
        self.blobs.fetch_add(1, Ordering::Relaxed);
        self.with_finds.fetch_add(u64::from(!whole.is_empty()), Ordering::Relaxed);
        self.carried.fetch_add(u64::from(has_base && !whole.is_empty()), Ordering::Relaxed);
        for only in whole.symmetric_difference(&carried) {
            let side = if whole.contains(only) { "missed" } else { "invented" };
            self.differences.lock().unwrap().push(format!("{origin}: {side}: {only}"));
        }
    }
}

impl Sink for Comparison<'_> {
    fn put(&self, item: Item<'_>) {
        if let Item::Blob(Blob { origin, content: Content::Version(version) }) = item {
            self.compare(&origin, version);
        }
    }
}

fn compare(rules: &RuleSet, path: &std::path::Path) -> (Vec<String>, [u64; 3]) {
    let comparison = Comparison {
        detector: Detector::new(rules),
        blobs: AtomicU64::new(0),
        with_finds: AtomicU64::new(0),
        carried: AtomicU64::new(0),
        differences: Mutex::default(),
    };
    let mut git = open(path);
    // Faults are put in for this thread alone.
    git.threads = if fault::any() { 1 } else { 2 };
    git.read(&comparison).unwrap();
    let counts = [comparison.blobs, comparison.with_finds, comparison.carried].map(AtomicU64::into_inner);
    (comparison.differences.into_inner().unwrap(), counts)
}

fn rules() -> RuleSet {
    RuleSet::compile(&embedded().unwrap(), false).unwrap()
}

/// Numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Texts that rules find something in, and some that they nearly do.
fn fragments(seed: u64) -> Vec<Vec<u8>> {
    let mut fragments: Vec<Vec<u8>> = Vec::new();
    for located in embedded().unwrap() {
        let signature = &located.signature;
        for example in signature.examples.iter().chain(&signature.counterexamples) {
            fragments.extend(template::expand(example, seed).map(|expanded| expanded.text));
        }
    }
    fragments.extend([
        b"apiVersion: v1\nkind: Secret\ndata:\n  password: aHVudGVyMiEhYQ==\n".to_vec(),
        b"#cloud-config\nwrite_files:\n- encoding: b64\n  content: cGFzc3dvcmQ9aHVudGVyMiEhYQo=\n  path: /etc/app\n"
            .to_vec(),
        b"{\"source\": \"data:;base64,cGFzc3dvcmQ9aHVudGVyMiEhYQo=\"}\n".to_vec(),
        b"body: !binary |-\n  cGFzc3dvcmQ9aHVudGVy\n  MiEhYQo=\n".to_vec(),
        b"int main(void) { return key_length; }\n".to_vec(),
        b"\n".to_vec(),
        b" = ".to_vec(),
        b"password".to_vec(),
        b"'".to_vec(),
        b"abc".to_vec(),
        b"\0".to_vec(),
    ]);
    fragments
}

enum Step {
    Copy(usize, usize),
    Insert(Vec<u8>),
}

/// Steps that make a text of a base, and the text.
fn derive(random: &mut Random, base: &[u8], fragments: &[Vec<u8>]) -> (Vec<Step>, Vec<u8>) {
    let mut steps = Vec::new();
    let mut place = 0;
    match random.below(12) {
        // Nothing at all, the base as it is, the base with something behind it, or before it.
        0 => return (steps, Vec::new()),
        1 => steps.push(Step::Copy(0, base.len())),
        2 => steps.extend([Step::Copy(0, base.len()), Step::Insert(random.of(fragments).clone())]),
        3 => steps.extend([Step::Insert(random.of(fragments).clone()), Step::Copy(0, base.len())]),
        // What is text in the base is a program here.
        4 => steps.extend([Step::Insert([&b"\0"[..], &[1; 200]].concat()), Step::Copy(0, base.len())]),
        _ => {
            for _ in 0..1 + random.below(8) {
                let length = match random.below(4) {
                    0 => 1,
                    1 => random.below(24),
                    _ => random.below(base.len().max(2)),
                };
                let from = match random.below(3) {
                    // Anywhere: backwards, and again what was copied before.
                    0 => random.below(base.len().max(1)),
                    // From where the last ended, or a little after it.
                    1 => place,
                    _ => place + random.below(6),
                };
                let from = from.min(base.len());
                let length = length.min(base.len() - from);
                // In two contiguous ones.
                let cut = random.below(length + 1);
                steps.extend([Step::Copy(from, cut), Step::Copy(from + cut, length - cut)]);
                place = from + length;
                if random.below(2) == 0 {
                    let text = random.of(fragments);
                    let cut = random.below(text.len() + 1);
                    steps.push(Step::Insert(if random.below(2) == 0 {
                        text[..cut].into()
                    } else {
                        text[cut..].into()
                    }));
                }
            }
        }
    }
    let mut text = Vec::new();
    for step in &steps {
        match step {
            Step::Copy(from, length) => text.extend_from_slice(&base[*from..from + length]),
            Step::Insert(bytes) => text.extend_from_slice(bytes),
        }
    }
    (steps, text)
}

fn varint(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn delta(base: usize, length: usize, steps: &[Step]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(base, &mut out);
    varint(length, &mut out);
    // Git takes no delta of fewer than four bytes; a length may be written longer than it has to be.
    while length == 0 && out.len() < 4 {
        out.insert(out.len() - 1, 0x80);
    }
    for step in steps {
        match step {
            Step::Copy(_, 0) => {}
            Step::Copy(from, length) => {
                for start in (0..*length).step_by(0xffff) {
                    let (from, length) = (from + start, (length - start).min(0xffff));
                    out.push(0x80 | 0x0f | 0x30);
                    out.extend_from_slice(&(from as u32).to_le_bytes());
                    out.extend_from_slice(&(length as u16).to_le_bytes());
                }
            }
            Step::Insert(bytes) => {
                for chunk in bytes.chunks(127) {
                    out.push(chunk.len() as u8);
                    out.extend_from_slice(chunk);
                }
            }
        }
    }
    out
}

/// A pack, as git's `gitformat-pack` describes it.
struct Pack {
    bytes: Vec<u8>,
    entries: u32,
}

impl Pack {
    fn new() -> Self {
        Pack { bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(), entries: 0 }
    }

    /// Adds an entry; with `base`, the offset of another entry, as a delta. Returns its offset.
    fn add(&mut self, base: Option<usize>, content: &[u8]) -> usize {
        let offset = self.bytes.len();
        let kind = if base.is_some() { 6 } else { 3 };
        let mut size = content.len() >> 4;
        self.bytes.push(kind << 4 | content.len() as u8 & 0x0f | if size > 0 { 0x80 } else { 0 });
        while size > 0 {
            self.bytes.push(size as u8 & 0x7f | if size > 0x7f { 0x80 } else { 0 });
            size >>= 7;
        }
        if let Some(base) = base {
            let mut distance = offset - base;
            let mut encoded = vec![distance as u8 & 0x7f];
            while distance > 0x7f {
                distance = (distance >> 7) - 1;
                encoded.push(0x80 | distance as u8 & 0x7f);
            }
            self.bytes.extend(encoded.iter().rev());
        }
        let mut deflate = flate2::write::ZlibEncoder::new(&mut self.bytes, flate2::Compression::fast());
        deflate.write_all(content).unwrap();
        deflate.finish().unwrap();
        self.entries += 1;
        offset
    }

    /// Puts the pack into a repository, with the index that git makes of it.
    fn store(mut self) -> TestRepository {
        let repository = TestRepository::new();
        self.bytes[8..12].copy_from_slice(&self.entries.to_be_bytes());
        let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
        hasher.update(&self.bytes);
        let checksum = hasher.try_finalize().unwrap();
        self.bytes.extend_from_slice(checksum.as_slice());
        let path = repository.dot_git("objects/pack/pack-1.pack");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &self.bytes).unwrap();
        repository.git(&["index-pack", path.to_str().unwrap()]);
        repository
    }
}

/// Families of random shape over random texts.
fn random_pack(seed: u64) -> TestRepository {
    let mut random = Random(seed | 1);
    let fragments = &fragments(seed)[..];
    let mut pack = Pack::new();
    let mut texts: Vec<(usize, Vec<u8>)> = Vec::new();
    for number in 0..400 {
        if number < 12 || random.below(10) == 0 {
            let mut text = Vec::new();
            if random.below(6) == 0 {
                text.push(0);
            }
            for _ in 0..1 + random.below(12) {
                text.extend_from_slice(random.of::<Vec<u8>>(fragments));
                text.extend_from_slice(random.of::<&[u8]>(&[b"\n", b"", b" ", b"\n\n"]));
            }
            // What makes each object one of its own, at an end that some of them lose.
            text.extend_from_slice(format!("\n{number}").as_bytes());
            texts.push((pack.add(None, &text), text));
        } else {
            let (offset, base) = random.of(&texts).clone();
            let (steps, text) = derive(&mut random, &base, fragments);
            // An empty object, or one that is there already, would be stored twice.
            if texts.iter().any(|(_, other)| *other == text) {
                continue;
            }
            texts.push((pack.add(Some(offset), &delta(base.len(), text.len(), &steps)), text));
        }
    }
    pack.store()
}

/// Texts whose seam cuts the longest word at each place, and the end of a text that a secret stands at.
fn pack_of_cuts() -> TestRepository {
    let mut longest: Option<(usize, Vec<u8>)> = None;
    let loaded = embedded().unwrap();
    for located in &loaded {
        for word in &located.signature.keywords {
            if longest.as_ref().is_none_or(|(length, _)| *length < word.len()) {
                let holds = |text: &Vec<u8>| memchr::memmem::find(text, word.as_bytes()).is_some();
                let expand = |example: &String| template::expand(example, 5).ok().map(|expanded| expanded.text);
                if let Some(text) = located.signature.examples.iter().filter_map(expand).find(holds) {
                    longest = Some((word.len(), text));
                }
            }
        }
    }
    let (_, text) = longest.unwrap();
    let token = template::expand("token: ghp_{b62:30}{crc32b62}", 9).unwrap().text;
    let mut pack = Pack::new();
    for cut in 1..text.len().min(400) {
        let base = [&text[..cut], b"#", cut.to_string().as_bytes()].concat();
        let offset = pack.add(None, &base);
        let steps = [Step::Copy(0, cut), Step::Insert(text[cut..].to_vec()), Step::Insert(vec![b'\n'; cut])];
        pack.add(Some(offset), &delta(base.len(), text.len() + cut, &steps));
    }
    let offset = pack.add(None, &token);
    for behind in [&b"a"[..], b"9", b"_", b" ", b"\n", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let steps = [Step::Copy(0, token.len()), Step::Insert(behind.to_vec())];
        pack.add(Some(offset), &delta(token.len(), token.len() + behind.len(), &steps));
    }
    pack.store()
}

fn differences(rules: &RuleSet, repositories: &[TestRepository]) -> Vec<String> {
    repositories.iter().flat_map(|repository| compare(rules, repository.path()).0).collect()
}

#[test]
fn what_is_carried_is_what_judging_whole_finds() {
    let rules = rules();
    let mut all = [0; 3];
    for seed in 1..=6 {
        let repository = random_pack(seed * 7_919);
        let (differences, counts) = compare(&rules, repository.path());
        assert_eq!(differences, [] as [String; 0], "seed {seed}");
        all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let (differences, _) = compare(&rules, pack_of_cuts().path());
    assert_eq!(differences, [] as [String; 0]);
    let [blobs, with_finds, carried] = all;
    assert!(blobs > 1_500 && with_finds > 500 && carried > 300, "too little was compared: {all:?}");
}

#[test]
fn each_fault_in_the_carrying_is_seen() {
    let rules = rules();
    let repositories = [random_pack(7_919), random_pack(104_729), pack_of_cuts()];
    for put_in in [Fault::Margin, Fault::Edges, Fault::Kind] {
        let _fault = fault::put_in(put_in);
        assert!(!differences(&rules, &repositories).is_empty(), "{put_in:?} was not seen");
    }
    assert!(differences(&rules, &repositories).is_empty());
}

/// Every blob of the repository that `SCRUBJAY_DIFFERENTIAL` names.
#[test]
#[ignore = "for a real repository: benches/differential.sh"]
#[allow(clippy::print_stdout)]
fn a_real_repository() {
    let path = std::env::var_os("SCRUBJAY_DIFFERENTIAL").expect("SCRUBJAY_DIFFERENTIAL names a repository");
    let (differences, counts) = compare(&rules(), path.as_ref());
    let [blobs, with_finds, carried] = counts;
    println!("{blobs} blobs compared, {with_finds} with finds, {carried} of these made from another");
    for difference in differences.iter().take(50) {
        println!("{difference}");
    }
    assert!(differences.is_empty(), "{} differences", differences.len());
}
