//! The hot path: finding the shipped signatures' words and judging their windows, beside aho-corasick and memchr.
//!
//! Prints, once, the words of each class and what they cost in hits, windows and candidates a megabyte.

mod corpus;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use scrubjay::blob::Blob;
use scrubjay::detect::Detector;
use scrubjay::matcher::keywords::Engine;
use scrubjay::matcher::{Matcher, WordClass};
use scrubjay::origin::{Origin, Step};
use scrubjay::signature::{Recogniser, Rule, RuleSet, embedded};
use std::hint::black_box;
use std::time::{Duration, Instant};

const CLASSES: [(&str, WordClass); 3] =
    [("long words", WordClass::Long), ("short words", WordClass::Short), ("generic names", WordClass::Generic)];

/// Most of the names that are hit and go on from the lexer to the score.
const GO_ON: f64 = 0.10;
/// Most windows that a pattern is run in, a megabyte.
const WINDOWS: f64 = 50.0;
/// What reading all names may cost, as a share of finding all words in the same text: a ratio, since nanoseconds are another machine's.
/// The aim of 50 ns a name is a hundredth.
const READING: f64 = 0.08;

fn rules() -> RuleSet {
    RuleSet::compile(&embedded().expect("shipped signatures parse"), false).expect("shipped signatures compile")
}

fn words(c: &mut Criterion) {
    let rules = rules();
    let parts = corpus::parts();
    let mixed: Vec<u8> = parts.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    let megabytes = mixed.len() as f64 / 1e6;

    let mut candidates = Vec::new();
    let mut windows = 0.0;
    for (name, class) in CLASSES {
        let matcher = Matcher::with(&rules, Engine::Filter, &|of, _| of == class);
        let counts = matcher.candidates(&mixed, 0..mixed.len(), &mut candidates);
        let per = |count: u64| count as f64 / megabytes;
        windows += per(counts.windows);
        #[allow(clippy::print_stdout)]
        {
            println!(
                "{name}: {} words; a MB: {:.1} hits, {:.1} windows, {:.1} assignments looked at, {:.1} candidates",
                matcher.keywords().words().len(),
                per(counts.hits),
                per(counts.windows),
                per(counts.assignments),
                per(counts.candidates)
            );
        }
    }
    assert!(windows <= WINDOWS, "patterns are run in too many windows: {windows:.1} a MB");
    let all = Matcher::new(&rules);
    let finding = least(10, || {
        all.keywords().find(&mixed, 0..mixed.len(), &mut |hit| {
            black_box(hit);
        });
    });
    names(&rules, &mixed, finding);

    let mut group = c.benchmark_group("words");
    group.throughput(Throughput::Bytes(mixed.len() as u64)).sample_size(10);
    let count = |matcher: &Matcher<'_>| {
        let mut hits = 0u64;
        matcher.keywords().find(&mixed, 0..mixed.len(), &mut |_| hits += 1);
        hits
    };
    group.bench_function("filter, all words", |b| b.iter(|| black_box(count(&all))));
    for (name, class) in CLASSES {
        let one = Matcher::with(&rules, Engine::Filter, &|of, _| of == class);
        group.bench_function(format!("filter, {name}"), |b| b.iter(|| black_box(count(&one))));
    }
    let automaton = Matcher::with(&rules, Engine::Automaton, &|_, _| true);
    group.bench_function("aho-corasick, contiguous NFA", |b| b.iter(|| black_box(count(&automaton))));
    let patterns: Vec<&[u8]> = all.keywords().words().iter().map(|word| &*word.text).collect();
    let dfa = aho_corasick::AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(aho_corasick::AhoCorasickKind::DFA))
        .build(patterns)
        .expect("builds");
    group.bench_function("aho-corasick, DFA", |b| b.iter(|| black_box(dfa.find_overlapping_iter(&mixed).count())));
    group.bench_function("memchr of one byte", |b| b.iter(|| black_box(memchr::memchr_iter(b'\x01', &mixed).count())));
    group.finish();

    let mut group = c.benchmark_group("judging");
    group.sample_size(10);
    let detector = Detector::new(&rules);
    for (name, bytes) in parts.iter().map(|(name, bytes)| (*name, bytes)).chain([("mixed", &mixed)]) {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), bytes, |b, bytes| {
            b.iter(|| {
                let blob = Blob::bytes(Origin::new(Step::Stdin), bytes);
                let mut found = 0;
                detector.judge(blob, false, &mut |some| found += some.len()).expect("memory does not fail");
                black_box(found)
            });
        });
    }
    group.finish();
}

/// Holds what reads names to its limits. Finding all words takes `finding`.
fn names(rules: &RuleSet, text: &[u8], finding: Duration) {
    let recognisers = [
        ("assignments", Some(Recogniser::Assignment)),
        ("columns", Some(Recogniser::Column)),
        ("logins", Some(Recogniser::Login)),
        ("all", None),
    ];
    for (name, recogniser) in recognisers {
        let wanted = |of: WordClass, rule: &Rule| {
            of == WordClass::Generic && recogniser.is_none_or(|recogniser| rule.signature.recogniser == recogniser)
        };
        let matcher = Matcher::with(rules, Engine::Filter, &wanted);
        let (share, each, hits) = reading(&matcher, text);
        let of_finding = each * hits as f64 / finding.as_nanos() as f64;
        #[allow(clippy::print_stdout)]
        {
            println!(
                "names read as {name}: {each:.0} ns a hit, {:.1}% of finding all words; {:.1}% go on",
                100.0 * of_finding,
                100.0 * share
            );
        }
        if recogniser.is_none() {
            assert!(share <= GO_ON, "too many names go on to the score");
            assert!(of_finding <= READING, "reading names is slow");
        }
    }
}

/// The least time of several runs: a busy machine makes some of them longer.
fn least(runs: usize, mut work: impl FnMut()) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..runs).map(timed).min().expect("a run is timed")
}

/// The share of hits that are candidates, nanoseconds for each hit but for finding it, and the hits. It is timed where names stand
/// close, cut out of the text: between them the filter would take all the time.
fn reading(matcher: &Matcher<'_>, text: &[u8]) -> (f64, f64, u64) {
    let mut candidates = Vec::new();
    let counts = matcher.candidates(text, 0..text.len(), &mut candidates);
    let share = counts.candidates as f64 / counts.hits as f64;
    let mut dense = Vec::new();
    matcher.keywords().find(text, 0..text.len(), &mut |hit| {
        dense.extend_from_slice(&text[hit.start.saturating_sub(64)..text.len().min(hit.start + 128)]);
        dense.push(b'\n');
    });
    let words = least(30, || {
        matcher.keywords().find(&dense, 0..dense.len(), &mut |hit| {
            black_box(hit);
        });
    });
    let mut hits = 0;
    let all = least(30, || hits = matcher.candidates(&dense, 0..dense.len(), &mut candidates).hits);
    (share, all.saturating_sub(words).as_nanos() as f64 / hits as f64, counts.hits)
}

criterion_group!(benches, words);
criterion_main!(benches);
