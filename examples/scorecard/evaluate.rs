//! What a fitted scorecard finds and how often it is wrong, on repositories and generators that it was not fitted to.

use std::collections::BTreeSet;

use scrubjay::score::features::{Feature, Features};
use scrubjay::score::{generic, weights};

use crate::fit::{Model, fit};
use crate::generate::{Family, Random};
use crate::vectors::{Data, Vector};

/// Draws for an interval.
const DRAWS: usize = 1_000;

/// Points of a vector and whether it is a secret, with its count.
struct Judged<'d> {
    vector: &'d Vector,
    count: f64,
    points: f64,
}

/// Prints all tables.
pub fn print(data: &Data) {
    let shipped = Model::shipped();
    let all: Vec<Judged<'_>> = judged(data, &shipped, &|_| true);
    println!("Scorecard as shipped, all repositories\n");
    table(&all);
    let repositories: BTreeSet<&str> = data.iter().map(|(vector, _)| vector.repository.as_str()).collect();
    let mut left_out = Vec::new();
    for repository in &repositories {
        let model = fit(data, &|vector| vector.repository != *repository);
        left_out.extend(judged(data, &model, &|vector| vector.repository == *repository));
    }
    println!("\nFitted anew, each repository judged by a fit without it\n");
    table(&left_out);
    println!(
        "\n| repository | natural candidates | found | right | recall of filled slots |\n| --- | --- | --- | --- | --- |"
    );
    for repository in &repositories {
        let of: Vec<&Judged<'_>> = all.iter().filter(|one| one.vector.repository == **repository).collect();
        let natural = sum(&of, |one| one.vector.family.is_none());
        let found = sum(&of, |one| one.vector.family.is_none() && is_found(one));
        let right = sum(&of, |one| one.vector.family.is_none() && is_found(one) && one.vector.secret);
        println!("| {repository} | {natural} | {found} | {right} | {} |", recall(&of));
    }
    println!("\n| family of generator | recall as shipped | fitted without it |\n| --- | --- | --- |");
    for (index, family) in Family::ALL.iter().enumerate() {
        let model = fit(data, &|vector| vector.family != Some(index));
        let without = judged(data, &model, &|vector| vector.family == Some(index));
        let with: Vec<&Judged<'_>> = all.iter().filter(|one| one.vector.family == Some(index)).collect();
        println!("| {family:?} | {} | {} |", recall(&with), recall(&without.iter().collect::<Vec<_>>()));
    }
}

fn judged<'d>(data: &'d Data, model: &Model, wanted: &dyn Fn(&Vector) -> bool) -> Vec<Judged<'d>> {
    data.iter()
        .filter(|(vector, _)| wanted(vector))
        .map(|(vector, count)| Judged { vector, count: f64::from(*count), points: model.points(vector) })
        .collect()
}

fn is_found(one: &Judged<'_>) -> bool {
    one.points >= f64::from(generic::LIKELY)
}

fn sum(of: &[&Judged<'_>], wanted: impl Fn(&Judged<'_>) -> bool) -> f64 {
    of.iter().filter(|one| wanted(one)).map(|one| one.count).sum()
}

fn recall(of: &[&Judged<'_>]) -> String {
    let made = sum(of, |one| one.vector.family.is_some());
    if made == 0.0 {
        return "–".to_owned();
    }
    format!("{:.1}%", 100.0 * sum(of, |one| one.vector.family.is_some() && is_found(one)) / made)
}

/// One line a kind of place, and one for short values.
fn table(all: &[Judged<'_>]) {
    println!("| | filled slots | recall | natural candidates | found | right |\n| --- | --- | --- | --- | --- | --- |");
    let line = |name: &str, wanted: &dyn Fn(&Vector) -> bool| {
        let of: Vec<&Judged<'_>> = all.iter().filter(|one| wanted(one.vector)).collect();
        let made = sum(&of, |one| one.vector.family.is_some());
        let natural = sum(&of, |one| one.vector.family.is_none());
        let found = sum(&of, |one| one.vector.family.is_none() && is_found(one));
        let right = sum(&of, |one| one.vector.family.is_none() && is_found(one) && one.vector.secret);
        println!("| {name} | {made} | {} | {natural} | {found} | {right} |", recall(&of));
    };
    line("all", &|_| true);
    for (place, setting) in weights::PLACES.iter().enumerate() {
        line(&format!("{setting:?}").to_lowercase(), &|vector| vector.place == place);
    }
    let short = |vector: &Vector| {
        let features = Features(vector.features);
        features.has(Feature::Characters4) || features.has(Feature::Characters6) || features.has(Feature::Characters8)
    };
    line("4 to 11 characters", &short);
    intervals(all);
}

/// Macro means over repositories, with 95% intervals from drawing repositories again.
fn intervals(all: &[Judged<'_>]) {
    let repositories: Vec<&str> =
        all.iter().map(|one| one.vector.repository.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let shares: Vec<(f64, Option<f64>)> = repositories
        .iter()
        .map(|repository| {
            let of: Vec<&Judged<'_>> = all.iter().filter(|one| one.vector.repository == *repository).collect();
            let made = sum(&of, |one| one.vector.family.is_some());
            let recall = sum(&of, |one| one.vector.family.is_some() && is_found(one)) / made.max(1.0);
            let found = sum(&of, |one| one.vector.family.is_none() && is_found(one));
            let right = sum(&of, |one| one.vector.family.is_none() && is_found(one) && one.vector.secret);
            (recall, (found > 0.0).then(|| right / found))
        })
        .collect();
    let mut random = Random::new(1);
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
    let interval = |of: &[f64], random: &mut Random| {
        let mut means: Vec<f64> =
            (0..DRAWS).map(|_| mean(&of.iter().map(|_| of[random.below(of.len())]).collect::<Vec<_>>())).collect();
        means.sort_by(f64::total_cmp);
        (means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40])
    };
    for (name, of) in [
        ("recall of filled slots", shares.iter().map(|share| share.0).collect::<Vec<_>>()),
        ("precision on natural text", shares.iter().filter_map(|share| share.1).collect()),
    ] {
        if of.is_empty() {
            continue;
        }
        let (low, high) = interval(&of, &mut random);
        println!(
            "\n{name}, mean of repositories: {:.1}% ({:.1} to {:.1})",
            100.0 * mean(&of),
            100.0 * low,
            100.0 * high
        );
    }
}
