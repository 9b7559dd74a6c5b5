//! Logistic regression with a prior: the weights of a feature are those written down in `prior.txt`, moved as far as the data
//! ask for; those of one kind of place are held to the mean of all.

use scrubjay::score::features::Feature;
use scrubjay::score::weights;

use crate::vectors::{Vector, features};

const PLACES: usize = weights::PLACES.len();
const FEATURES: usize = Feature::ALL.len();
/// Points a unit of log odds.
const POINTS: f64 = 10.0;
/// Points at which the odds are even: what is `likely` has better ones.
const EVEN: f64 = 55.0;
/// How strongly the common part of a weight is held to the one written down.
const PRIOR: f64 = 8.0;
/// How strongly what is particular to a place is held to the common part.
const PARTICULAR: f64 = 25.0;
/// What all generated secrets weigh together, of what all those weigh that people wrote and labellers found.
const GENERATED: f64 = 1.0;
const STEPS: usize = 1_500;
const RATE: f64 = 0.05;

/// Weights in log odds.
#[derive(Clone)]
pub struct Model {
    weights: Vec<[f64; PLACES]>,
}

impl Model {
    /// The table as it is.
    pub fn shipped() -> Self {
        let row = |&feature: &Feature| {
            std::array::from_fn(|place| f64::from(weights::of(feature, weights::PLACES[place])) / POINTS)
        };
        Model { weights: Feature::ALL.iter().map(row).collect() }
    }

    /// The weights as they were thought out before any fit.
    fn prior() -> Self {
        let mut weights = vec![[0.0; PLACES]; FEATURES];
        for line in include_str!("prior.txt").lines() {
            let mut words = line.split_ascii_whitespace();
            let name = words.next().unwrap_or_default();
            let Some(feature) = Feature::ALL.iter().find(|feature| format!("{feature:?}") == name) else { continue };
            for (cell, word) in weights[*feature as usize].iter_mut().zip(words) {
                *cell = word.parse().unwrap_or(0.0) / POINTS;
            }
        }
        Model { weights }
    }

    /// Points as the scorecard would add them up.
    pub fn points(&self, vector: &Vector) -> f64 {
        features(vector).map(|feature| (self.weights[feature as usize][vector.place] * POINTS).round()).sum()
    }

    fn log_odds(&self, vector: &Vector) -> f64 {
        features(vector).map(|feature| self.weights[feature as usize][vector.place]).sum::<f64>() - EVEN / POINTS
    }
}

/// Fits a model to the vectors that `wanted` chooses.
pub fn fit(data: &[(Vector, u32)], wanted: &dyn Fn(&Vector) -> bool) -> Model {
    let prior = Model::prior();
    let chosen: Vec<&(Vector, u32)> = data.iter().filter(|(vector, _)| wanted(vector)).collect();
    let count = |wanted: &dyn Fn(&Vector) -> bool| -> f64 {
        chosen.iter().filter(|(vector, _)| wanted(vector)).map(|(_, count)| f64::from(*count).sqrt()).sum()
    };
    let generated = count(&|vector| vector.family.is_some());
    let written = count(&|vector| vector.family.is_none() && vector.secret);
    let made = GENERATED * written / generated.max(1.0);
    let (mut common, mut own) = (vec![0.0; FEATURES], vec![[0.0; PLACES]; FEATURES]);
    let mut model = prior.clone();
    // Adam, on the whole of the data.
    let mut moments = vec![(0.0, 0.0); FEATURES * (PLACES + 1)];
    for step in 1..=STEPS {
        let mut slope = vec![[0.0; PLACES + 1]; FEATURES];
        for (vector, count) in &chosen {
            let weight = f64::from(*count).sqrt() * if vector.family.is_some() { made } else { 1.0 };
            let target = f64::from(u8::from(vector.secret));
            let error = weight * (1.0 / (1.0 + (-model.log_odds(vector)).exp()) - target);
            for feature in features(vector) {
                slope[feature as usize][vector.place] += error;
                slope[feature as usize][PLACES] += error;
            }
        }
        for feature in 0..FEATURES {
            for column in 0..=PLACES {
                let (value, hold) = if column == PLACES {
                    (&mut common[feature], PRIOR)
                } else {
                    (&mut own[feature][column], PARTICULAR)
                };
                let gradient = slope[feature][column] + hold * *value;
                let (mean, square) = &mut moments[feature * (PLACES + 1) + column];
                *mean = 0.9 * *mean + 0.1 * gradient;
                *square = 0.999 * *square + 0.001 * gradient * gradient;
                let unbiased = *mean / (1.0 - 0.9f64.powi(step as i32));
                let scale = (*square / (1.0 - 0.999f64.powi(step as i32))).sqrt();
                *value -= RATE * unbiased / (scale + 1e-8);
            }
            for (place, own) in own[feature].iter().enumerate() {
                model.weights[feature][place] = prior.weights[feature][place] + common[feature] + own;
            }
        }
    }
    model
}

/// Prints the fitted table as it stands in `src/score/weights.rs`.
pub fn print(data: &[(Vector, u32)]) {
    let model = fit(data, &|_| true);
    for (feature, row) in Feature::ALL.iter().zip(&model.weights) {
        let cells: Vec<String> =
            row.iter().map(|weight| format!("{:3}", (weight * POINTS).round().clamp(-128.0, 127.0) as i32)).collect();
        let name = format!("Feature::{feature:?},");
        println!("    ({name:<26} [ {}]),", cells.join(", "));
    }
}
