//! The scorecard: what each feature adds, for each kind of place. Ten points are a factor of e in the odds.

use super::features::{Feature, Features};
use crate::candidate::Setting;

/// Columns of the table: the kinds of places.
pub const PLACES: &[Setting] = &[
    Setting::Quoted,
    Setting::Bare,
    Setting::Call,
    Setting::Markup,
    Setting::Url,
    Setting::Header,
    Setting::Connection,
    Setting::Argument,
    Setting::Prose,
];

/// What a feature adds where a value stands so.
pub fn of(feature: Feature, setting: Setting) -> i32 {
    let column = PLACES.iter().position(|&place| place == setting).unwrap_or(0);
    WEIGHTS.get(feature as usize).map_or(0, |(_, row)| i32::from(row[column]))
}

/// The sum of all in a set.
pub fn sum(features: Features, setting: Setting) -> i32 {
    features.iter().map(|feature| of(feature, setting)).sum()
}

#[rustfmt::skip]
const WEIGHTS: [(Feature, [i8; 9]); Feature::ALL.len()] = [
    //                          quoted bare call mark  url  head conn  arg prose
    (Feature::Place,           [  14,  15,  12,  12,   4,   8,  15,   8,   6]),
    (Feature::PasswordName,    [  40,  40,  40,  40,  40,  40,  40,  40,  40]),
    (Feature::PasswordMaybe,   [  26,  24,  26,  26,  22,  22,  26,  22,  22]),
    (Feature::KeyName,         [  38,  38,  38,  38,  38,  38,  38,  38,  38]),
    (Feature::KeyMaybe,        [  20,  20,  20,  20,  20,  20,  20,  20,  20]),
    (Feature::WholeName,       [   3,   3,   3,   3,   3,   3,   3,   3,   3]),
    (Feature::Spaced,          [   0, -10,   0,   0,   0,   0,   0,   0,   0]),
    (Feature::Tight,           [   0, -22,   0,   0,   0,   0,   0,   0,   0]),
    (Feature::Compared,        [  -6,  -6,  -6,  -6,  -6,  -6,  -6,  -6,  -6]),
    (Feature::Fallback,        [  -4,  -4,  -4,  -4,  -4,  -4,  -4,  -4,  -4]),
    (Feature::NoOperator,      [  -8,  -6,  -4,  -4,  -4,  -4,  -4,   0,  -4]),
    (Feature::MapKey,          [   2,   2,   2,   2,   2,   2,   2,   2,   2]),
    (Feature::Code,            [   0, -25,   0,   0,   0,   0,   0,   0,   0]),
    (Feature::AccountNear,     [  10,  12,  10,  12,   4,   4,   8,  10,  14]),
    (Feature::PlaceholderNear, [  -8,  -8,  -8,  -8,  -8,  -8,  -8,  -8,  -8]),
    (Feature::Characters4,     [ -10,  -6, -10,  -8, -14, -14,  -6, -14, -14]),
    (Feature::Characters6,     [  -4,  -4,  -4,  -4,  -8,  -8,  -4,  -8,  -8]),
    (Feature::Characters8,     [   0,   0,   0,   0,   0,   0,   0,   0,   0]),
    (Feature::Characters12,    [   4,   4,   4,   4,   4,   4,   4,   4,   4]),
    (Feature::Characters16,    [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::Characters24,    [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::ShortKey,        [ -10, -10, -10, -10, -10, -10, -10, -10, -10]),
    (Feature::Digits,          [ -25, -25, -25, -25, -25, -25, -20, -25, -25]),
    (Feature::Known,           [ -45, -45, -45, -45, -45, -45, -30, -45, -45]),
    (Feature::KnownMixed,      [ -14, -12, -14, -14, -14, -14,  -8, -14, -14]),
    (Feature::KnownPart,       [ -12, -12, -12, -12, -12, -12,  -8, -12, -12]),
    (Feature::Pronounced,      [ -10,  -8, -10,  -8, -10, -10,  -4, -12, -12]),
    (Feature::Unpronounced,    [  14,  14,  14,  14,  10,   8,  14,   8,   8]),
    (Feature::CountedTail,     [  -8,  -8,  -8,  -8,  -8,  -8,  -8,  -8,  -8]),
    (Feature::CapitalWords,    [ -25, -25, -25, -25, -25, -25, -15, -25, -25]),
    (Feature::Joints,          [ -18, -18, -18, -18, -18, -18, -10, -18, -18]),
    (Feature::Upper,           [ -16, -12, -16, -16, -16, -16, -12, -16, -16]),
    (Feature::Slug,            [ -26, -26, -26, -26, -26, -26, -20, -26, -26]),
    (Feature::LettersDigits,   [  10,  10,  10,  10,  10,  10,  10,  10,  10]),
    (Feature::BothCases,       [   4,   4,   4,   4,   4,   4,   4,   4,   4]),
    (Feature::Marks,           [  12,  12,  12,  12,  12,  12,  12,  12,  12]),
    (Feature::Human,           [   4,   4,   4,   4,   4,   4,   4,   4,   4]),
    (Feature::HexRun,          [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::Random,          [  26,  26,  26,  26,  26,  26,  26,  26,  26]),
    (Feature::SomewhatRandom,  [  14,  14,  14,  14,  14,  14,  14,  14,  14]),
    (Feature::LowEntropy,      [ -18, -18, -18, -18, -18, -18, -18, -18, -18]),
    (Feature::NamesSecret,     [ -14, -14, -14, -14, -14, -14, -14, -14, -14]),
    (Feature::TestWord,        [ -10, -10, -10, -10, -10, -10, -10, -10, -10]),
    (Feature::SharesName,      [ -12, -12, -12, -12, -12, -12, -12, -12, -12]),
    (Feature::Uuid,            [  10,  10,  10,  10,  10,  10,  10,  10,  10]),
    (Feature::NonAscii,        [ -35, -35, -35, -35, -35, -35, -35, -35, -35]),
    (Feature::Blank,           [ -22, -22, -22, -22, -22, -22, -22, -22, -22]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_feature_in_their_order() {
        for (place, feature) in Feature::ALL.iter().enumerate() {
            assert_eq!(WEIGHTS[place].0, *feature);
        }
    }
}
