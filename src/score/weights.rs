//! The scorecard: what each feature adds, for each kind of place. Ten points are a factor of e in the odds. The rows are what
//! `examples/scorecard fit` prints; they are not edited by hand.

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
    //                            quoted bare call mark  url head conn  arg prose
    (Feature::Place,            [  20,  21,  18,  17,   9,  13,  20,  13,  12]),
    (Feature::PasswordName,     [  43,  41,  42,  42,  42,  42,  42,  42,  42]),
    (Feature::PasswordMaybe,    [  28,  27,  28,  28,  24,  24,  28,  24,  24]),
    (Feature::KeyName,          [  37,  38,  38,  38,  38,  38,  38,  38,  38]),
    (Feature::KeyMaybe,         [  22,  22,  22,  22,  22,  22,  22,  22,  22]),
    (Feature::WholeName,        [   1,   2,   2,   2,   2,   2,   2,   2,   2]),
    (Feature::Spaced,           [   1,  -8,   1,   1,   1,   1,   1,   1,   1]),
    (Feature::Tight,            [  -2, -25,  -2,  -2,  -2,  -2,  -2,  -2,  -2]),
    (Feature::Compared,         [  -5,  -5,  -5,  -5,  -5,  -5,  -5,  -5,  -5]),
    (Feature::Fallback,         [  -4,  -4,  -4,  -4,  -4,  -4,  -4,  -4,  -4]),
    (Feature::NoOperator,       [  -7,  -4,  -3,  -3,  -3,  -3,  -3,   1,  -3]),
    (Feature::MapKey,           [   2,   2,   2,   2,   2,   2,   2,   2,   2]),
    (Feature::Code,             [   3, -20,   3,   3,   3,   3,   3,   3,   3]),
    (Feature::AccountNear,      [   7,   8,   7,   9,   1,   1,   5,   7,  11]),
    (Feature::PlaceholderNear,  [  -8,  -8,  -8,  -8,  -8,  -8,  -8,  -8,  -8]),
    (Feature::Characters4,      [  -9,  -6, -10,  -8, -14, -14,  -6, -14, -14]),
    (Feature::Characters6,      [   1,   2,   1,   1,  -3,  -3,   1,  -3,  -3]),
    (Feature::Characters8,      [   4,   3,   3,   3,   3,   3,   3,   3,   3]),
    (Feature::Characters12,     [   1,   1,   2,   1,   2,   1,   2,   2,   2]),
    (Feature::Characters16,     [   3,   4,   4,   4,   4,   4,   4,   4,   4]),
    (Feature::Characters24,     [   5,   5,   5,   5,   5,   5,   5,   5,   5]),
    (Feature::ShortKey,         [ -12, -11, -11, -11, -11, -11, -11, -11, -11]),
    (Feature::Digits,           [ -25, -25, -25, -25, -25, -25, -20, -25, -25]),
    (Feature::Known,            [ -45, -45, -45, -45, -45, -45, -30, -45, -45]),
    (Feature::KnownMixed,       [ -16, -14, -15, -15, -15, -16,  -9, -15, -15]),
    (Feature::KnownPart,        [ -14, -14, -14, -14, -14, -14, -10, -14, -14]),
    (Feature::Pronounced,       [  -9,  -8,  -9,  -8, -10, -10,  -4, -12, -12]),
    (Feature::Unpronounced,     [  16,  17,  16,  16,  12,  10,  16,  10,  10]),
    (Feature::CountedTail,      [  -9,  -8,  -8,  -8,  -8,  -8,  -8,  -8,  -8]),
    (Feature::CapitalWords,     [ -25, -25, -25, -25, -25, -25, -15, -25, -25]),
    (Feature::Joints,           [ -21, -21, -20, -20, -20, -20, -12, -20, -20]),
    (Feature::Upper,            [ -17, -13, -17, -17, -17, -17, -13, -17, -17]),
    (Feature::Slug,             [ -27, -26, -26, -26, -26, -26, -20, -26, -26]),
    (Feature::LettersDigits,    [  14,  13,  13,  13,  13,  13,  13,  13,  13]),
    (Feature::BothCases,        [   5,   6,   5,   5,   5,   5,   5,   5,   5]),
    (Feature::Marks,            [  10,   8,  10,  10,  10,  10,  10,  10,  10]),
    (Feature::Human,            [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::HexRun,           [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::Random,           [  27,  27,  27,  27,  27,  27,  27,  27,  27]),
    (Feature::SomewhatRandom,   [  15,  16,  16,  16,  16,  16,  16,  16,  16]),
    (Feature::LowEntropy,       [ -18, -18, -18, -18, -18, -18, -18, -18, -18]),
    (Feature::NamesSecret,      [ -18, -19, -18, -18, -18, -18, -18, -18, -18]),
    (Feature::TestWord,         [ -11, -11, -11, -11, -11, -11, -11, -11, -11]),
    (Feature::SharesName,       [ -15, -15, -15, -15, -15, -15, -15, -15, -15]),
    (Feature::Uuid,             [  14,  14,  13,  13,  13,  13,  13,  13,  13]),
    (Feature::NonAscii,         [ -35, -35, -35, -35, -35, -35, -35, -35, -35]),
    (Feature::Blank,            [ -22, -22, -22, -22, -22, -22, -22, -22, -22]),
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
