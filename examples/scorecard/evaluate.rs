//! What a fitted scorecard finds and how often it is wrong, on repositories and generators that it was not fitted to.

use std::collections::{BTreeMap, BTreeSet};

use scrubjay::score::{generic, weights};

use crate::fit::{Model, fit};
use crate::generate::{Family, Random};
use crate::vectors::{Data, Vector};

/// Draws for an interval.
const DRAWS: usize = 1_000;
/// What the kind of a path takes from the points at report time.
const CONTEXT: f64 = 12.0;
/// The precision at which recall is told.
const PRECISION: f64 = 0.9;
/// The unit of false alarms, in bytes.
const TEXT: f64 = 10e6;

/// Points of a vector and whether it is a secret, with its count.
struct Judged<'d> {
    vector: &'d Vector,
    count: f64,
    points: f64,
}

/// Prints all tables.
pub fn print(data: &Data) {
    let shipped = judged(data, &Model::shipped(), &|_| true);
    let repositories: Vec<&String> = data.sizes.keys().collect();
    println!("The weights as shipped\n");
    table(&shipped, data);
    println!("\nPoints of the kind of path taken off\n");
    let lowered: Vec<Judged<'_>> = shipped
        .iter()
        .map(|one| Judged { points: one.points - if one.vector.context { CONTEXT } else { 0.0 }, ..*one })
        .collect();
    line("all", &lowered.iter().collect::<Vec<_>>(), data.bytes());
    by_repository(&shipped, data);
    intervals(&shipped, data);
    thresholds(&shipped);
    if repositories.len() < 2 || !data.vectors.iter().any(|(vector, _)| vector.family.is_some()) {
        return;
    }
    let mut left_out = Vec::new();
    for repository in &repositories {
        let model = fit(&data.vectors, &|vector| vector.repository != **repository);
        left_out.extend(judged(data, &model, &|vector| vector.repository == **repository));
    }
    println!("\nFitted anew, each repository judged by a fit without it\n");
    table(&left_out, data);
    intervals(&left_out, data);
    thresholds(&left_out);
    println!("\n| family of generator | recall as shipped | fitted without it |\n| --- | --- | --- |");
    for (index, family) in Family::ALL.iter().enumerate() {
        let model = fit(&data.vectors, &|vector| vector.family != Some(index));
        let without = judged(data, &model, &|vector| vector.family == Some(index));
        let with: Vec<&Judged<'_>> = shipped.iter().filter(|one| one.vector.family == Some(index)).collect();
        println!(
            "| {family:?} | {} | {} |",
            Counts::of(&with, LIKELY).of_made(),
            Counts::of(&without.iter().collect::<Vec<_>>(), LIKELY).of_made()
        );
    }
}

impl Data {
    fn bytes(&self) -> f64 {
        self.sizes.values().sum::<u64>() as f64
    }
}

const LIKELY: f64 = generic::LIKELY as f64;

fn judged<'d>(data: &'d Data, model: &Model, wanted: &dyn Fn(&Vector) -> bool) -> Vec<Judged<'d>> {
    data.vectors
        .iter()
        .filter(|(vector, _)| wanted(vector))
        .map(|(vector, count)| Judged { vector, count: f64::from(*count), points: model.points(vector) })
        .collect()
}

/// How many there are, and how many reach a threshold.
#[derive(Default)]
struct Counts {
    made: f64,
    made_found: f64,
    natural: f64,
    written: f64,
    found: f64,
    right: f64,
}

impl Counts {
    fn of(judged: &[&Judged<'_>], threshold: f64) -> Self {
        let mut counts = Counts::default();
        for Judged { vector, count, points } in judged {
            let found = if *points >= threshold { *count } else { 0.0 };
            if vector.family.is_some() {
                counts.made += count;
                counts.made_found += found;
                continue;
            }
            counts.natural += count;
            counts.found += found;
            if vector.secret {
                counts.written += count;
                counts.right += found;
            }
        }
        counts
    }

    fn of_made(&self) -> String {
        percent(self.made_found, self.made)
    }

    fn precision(&self) -> Option<f64> {
        (self.found > 0.0).then(|| self.right / self.found)
    }
}

fn percent(part: f64, of: f64) -> String {
    if of == 0.0 { "–".to_owned() } else { format!("{:.1}%", 100.0 * part / of) }
}

/// One line a kind of place, and one for short values.
fn table(all: &[Judged<'_>], data: &Data) {
    println!(
        "| | filled slots | recall | natural candidates | secrets among them | recall | found | right | precision | \
         false a 10 MB |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    );
    let of = |wanted: &dyn Fn(&Vector) -> bool| all.iter().filter(|one| wanted(one.vector)).collect::<Vec<_>>();
    line("all", &of(&|_| true), data.bytes());
    for (place, setting) in weights::PLACES.iter().enumerate() {
        line(&format!("{setting:?}").to_lowercase(), &of(&|vector| vector.place == place), data.bytes());
    }
    line("6 to 9 characters", &of(&|vector| vector.short), data.bytes());
}

fn line(name: &str, of: &[&Judged<'_>], bytes: f64) {
    let counts = Counts::of(of, LIKELY);
    let Counts { made, natural, written, found, right, .. } = counts;
    println!(
        "| {name} | {made} | {} | {natural} | {written} | {} | {found} | {right} | {} | {:.2} |",
        counts.of_made(),
        percent(right, written),
        percent(right, found),
        (found - right) / bytes * TEXT
    );
}

fn by_repository(all: &[Judged<'_>], data: &Data) {
    println!(
        "\n| repository | MB | natural candidates | secrets among them | found | right | false a 10 MB | recall of filled \
         slots |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
    );
    for (repository, counts) in each_repository(all) {
        let bytes = data.sizes.get(repository).map_or(0.0, |&bytes| bytes as f64);
        let Counts { natural, written, found, right, .. } = counts;
        println!(
            "| {repository} | {:.0} | {natural} | {written} | {found} | {right} | {:.2} | {} |",
            bytes / 1e6,
            (found - right) / bytes * TEXT,
            counts.of_made()
        );
    }
}

fn each_repository<'d>(all: &[Judged<'d>]) -> BTreeMap<&'d str, Counts> {
    let names: BTreeSet<&'d str> = all.iter().map(|one| one.vector.repository.as_str()).collect();
    let of = |name: &str| all.iter().filter(|one| one.vector.repository == name).collect::<Vec<_>>();
    names.into_iter().map(|name| (name, Counts::of(&of(name), LIKELY))).collect()
}

/// Means over repositories, with 95% intervals from drawing repositories again.
fn intervals(all: &[Judged<'_>], data: &Data) {
    let repositories = each_repository(all);
    let mut random = Random::new(1);
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
    let share = |part: f64, of: f64| (of > 0.0).then(|| part / of);
    let false_alarms = |name: &str, counts: &Counts| {
        data.sizes.get(name).map(|&bytes| (counts.found - counts.right) / bytes as f64 * TEXT)
    };
    let each = |value: &dyn Fn(&str, &Counts) -> Option<f64>| -> Vec<f64> {
        repositories.iter().filter_map(|(name, counts)| value(name, counts)).collect()
    };
    println!();
    for (name, values, scale, unit) in [
        ("recall of filled slots", each(&|_, counts| share(counts.made_found, counts.made)), 100.0, "%"),
        ("recall of secrets that people wrote", each(&|_, counts| share(counts.right, counts.written)), 100.0, "%"),
        ("precision", each(&|_, counts| counts.precision()), 100.0, "%"),
        ("false a 10 MB", each(&|name, counts| false_alarms(name, counts)), 1.0, ""),
    ] {
        if values.is_empty() {
            continue;
        }
        let mut means: Vec<f64> = (0..DRAWS)
            .map(|_| mean(&values.iter().map(|_| values[random.below(values.len())]).collect::<Vec<_>>()))
            .collect();
        means.sort_by(f64::total_cmp);
        let [low, middle, high] =
            [means[DRAWS / 40], mean(&values), means[DRAWS - 1 - DRAWS / 40]].map(|value| value * scale);
        println!("{name}, mean of repositories: {middle:.1}{unit} ({low:.1} to {high:.1})");
    }
}

/// What other thresholds would give, and the recall at a precision.
fn thresholds(all: &[Judged<'_>]) {
    let all: Vec<&Judged<'_>> = all.iter().collect();
    println!("\n| threshold | precision | recall of secrets | recall of filled slots |\n| --- | --- | --- | --- |");
    let row = |name: &str, threshold: f64| {
        let counts = Counts::of(&all, threshold);
        println!(
            "| {name} | {} | {} | {} |",
            percent(counts.right, counts.found),
            percent(counts.right, counts.written),
            counts.of_made()
        );
    };
    for threshold in [35, 40, 45, 50, 55, 60, 65, 70] {
        row(&threshold.to_string(), f64::from(threshold));
    }
    let enough = |threshold: &i32| Counts::of(&all, f64::from(*threshold)).precision() >= Some(PRECISION);
    if let Some(least) = (1..120).find(enough) {
        row(&format!("{least}: precision {:.0}%", 100.0 * PRECISION), f64::from(least));
    }
}
