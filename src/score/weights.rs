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
    // The argument of a login is one of a call; too few were seen to fit a column of its own.
    let setting = if setting == Setting::Login { Setting::Call } else { setting };
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
    (Feature::Place,            [  26,  26,  24,  22,  15,  19,  26,  19,  17]),
    (Feature::PasswordName,     [  46,  43,  47,  45,  45,  46,  45,  45,  45]),
    (Feature::PasswordMaybe,    [  29,  29,  30,  30,  26,  26,  30,  26,  26]),
    (Feature::KeyName,          [  36,  37,  36,  37,  37,  36,  37,  37,  37]),
    (Feature::KeyMaybe,         [  24,  23,  23,  23,  23,  23,  23,  23,  23]),
    (Feature::WholeName,        [  10,   9,   9,   9,   9,   9,   9,   9,   9]),
    (Feature::Spaced,           [  -2, -12,  -2,  -2,  -2,  -2,  -2,  -2,  -2]),
    (Feature::Tight,            [  -1, -23,  -1,  -1,  -1,  -1,  -1,  -1,  -1]),
    (Feature::Compared,         [  -4,  -4,  -5,  -5,  -5,  -5,  -5,  -5,  -5]),
    (Feature::Fallback,         [  -5,  -4,  -4,  -4,  -4,  -4,  -4,  -4,  -4]),
    (Feature::NoOperator,       [  -8,  -5,  -3,  -3,  -3,  -3,  -3,   1,  -3]),
    (Feature::MapKey,           [  -5,  -4,  -5,  -4,  -4,  -4,  -4,  -4,  -4]),
    (Feature::Code,             [   1, -23,   1,   1,   1,   1,   1,   1,   1]),
    (Feature::AccountNear,      [   8,  10,   8,  10,   2,   3,   6,   8,  12]),
    (Feature::PlaceholderNear,  [   1,  -1,  -2,  -2,  -2,  -2,  -2,  -1,  -2]),
    (Feature::LabelsNear,       [  -9, -10, -10, -10, -10, -10, -10, -10, -10]),
    (Feature::Characters4,      [  -2,   0,  -2,  -1,  -7,  -7,   1,  -7,  -7]),
    (Feature::Characters6,      [   2,   3,   1,   1,  -3,  -3,   1,  -3,  -3]),
    (Feature::Characters8,      [   5,   5,   6,   5,   5,   5,   5,   6,   5]),
    (Feature::Characters12,     [  -1,  -1,  -1,  -1,  -1,   0,  -1,  -1,  -1]),
    (Feature::Characters16,     [   0,   0,   0,   0,   0,   0,   0,   0,   0]),
    (Feature::Characters24,     [   5,   5,   5,   5,   5,   5,   5,   5,   5]),
    (Feature::ShortKey,         [ -11, -10, -11, -10, -10, -11, -10, -10, -10]),
    (Feature::Digits,           [ -25, -25, -25, -25, -25, -25, -20, -25, -25]),
    (Feature::Known,            [ -31, -31, -32, -32, -32, -32, -17, -32, -32]),
    (Feature::KnownMixed,       [ -11, -10, -12, -12, -12, -12,  -6, -12, -12]),
    (Feature::KnownPart,        [ -17, -17, -17, -17, -17, -17, -13, -17, -17]),
    (Feature::Pronounced,       [ -11,  -9,  -9,  -9, -11, -10,  -5, -13, -12]),
    (Feature::Unpronounced,     [  12,  13,  13,  13,   9,   7,  13,   7,   7]),
    (Feature::CountedTail,      [  -5,  -5,  -6,  -6,  -6,  -6,  -6,  -6,  -6]),
    (Feature::CapitalWords,     [ -27, -26, -26, -26, -26, -26, -16, -26, -26]),
    (Feature::Joints,           [ -16, -15, -15, -15, -15, -15,  -7, -15, -15]),
    (Feature::Upper,            [ -17, -13, -17, -17, -17, -17, -13, -17, -17]),
    (Feature::Slug,             [ -26, -26, -27, -26, -26, -26, -20, -26, -27]),
    (Feature::LettersDigits,    [  20,  18,  18,  18,  18,  18,  18,  18,  18]),
    (Feature::BothCases,        [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::Marks,            [   9,   9,   9,   9,   9,   9,   9,   9,   9]),
    (Feature::Human,            [   7,   7,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::HexRun,           [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::Random,           [  26,  26,  26,  26,  26,  26,  26,  26,  26]),
    (Feature::SomewhatRandom,   [   9,  11,  10,  10,  10,  10,  10,  10,  10]),
    (Feature::LowEntropy,       [ -17, -18, -18, -18, -18, -18, -18, -18, -18]),
    (Feature::NamesSecret,      [ -12, -13, -12, -12, -12, -12, -12, -12, -12]),
    (Feature::NamesItself,      [ -17, -16, -16, -16, -16, -16, -16, -16, -16]),
    (Feature::TestWord,         [  -7,  -6,  -7,  -7,  -7,  -7,  -7,  -6,  -7]),
    (Feature::SharesName,       [  -8,  -9,  -9,  -8,  -8,  -8,  -8,  -8,  -9]),
    (Feature::Uuid,             [  15,  15,  15,  15,  15,  15,  15,  15,  15]),
    (Feature::Titled,           [ -15, -14, -14, -14, -14, -14, -14, -14, -14]),
    (Feature::NonAscii,         [ -34, -34, -33, -34, -34, -34, -34, -34, -34]),
    (Feature::Blank,            [ -24, -24, -24, -24, -24, -24, -24, -24, -24]),
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
