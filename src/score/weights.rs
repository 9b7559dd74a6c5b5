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
    (Feature::Place,            [  27,  27,  25,  23,  15,  20,  26,  19,  17]),
    (Feature::PasswordName,     [  48,  44,  48,  46,  46,  47,  46,  46,  46]),
    (Feature::PasswordMaybe,    [  29,  29,  29,  29,  25,  25,  29,  25,  25]),
    (Feature::KeyName,          [  36,  37,  36,  37,  36,  36,  36,  37,  36]),
    (Feature::KeyMaybe,         [  25,  24,  23,  24,  24,  23,  24,  24,  24]),
    (Feature::WholeName,        [   8,   8,   8,   7,   7,   7,   7,   8,   7]),
    (Feature::Spaced,           [  -2, -13,  -2,  -2,  -2,  -2,  -2,  -2,  -2]),
    (Feature::Tight,            [  -1, -23,  -1,  -1,  -1,  -1,  -1,  -1,  -1]),
    (Feature::Compared,         [  -5,  -5,  -5,  -5,  -5,  -5,  -5,  -5,  -5]),
    (Feature::Fallback,         [  -4,  -4,  -4,  -4,  -4,  -4,  -4,  -4,  -4]),
    (Feature::NoOperator,       [  -9,  -4,  -4,  -4,  -4,  -4,  -4,   0,  -4]),
    (Feature::MapKey,           [  -5,  -4,  -4,  -4,  -4,  -4,  -4,  -4,  -4]),
    (Feature::Code,             [   2, -23,   2,   2,   2,   2,   2,   2,   2]),
    (Feature::AccountNear,      [   8,  11,   9,  11,   3,   3,   7,   9,  13]),
    (Feature::PlaceholderNear,  [   0,  -2,  -3,  -2,  -2,  -2,  -2,  -2,  -2]),
    (Feature::LabelsNear,       [ -10, -11, -11, -11, -11, -11, -11, -11, -11]),
    (Feature::Characters4,      [  -1,   2,  -1,   0,  -6,  -6,   2,  -6,  -6]),
    (Feature::Characters6,      [   2,   3,   1,   1,  -3,  -3,   1,  -3,  -3]),
    (Feature::Characters8,      [   4,   5,   6,   4,   4,   4,   4,   5,   4]),
    (Feature::Characters12,     [  -1,  -2,  -1,  -1,  -1,  -1,  -1,  -1,  -1]),
    (Feature::Characters16,     [  -1,  -1,  -1,   0,   0,   0,   0,   0,   0]),
    (Feature::Characters24,     [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::ShortKey,         [ -11, -10, -11, -11, -11, -11, -11, -10, -11]),
    (Feature::Digits,           [ -25, -25, -25, -25, -25, -25, -20, -25, -25]),
    (Feature::Known,            [ -30, -31, -31, -32, -32, -31, -17, -32, -32]),
    (Feature::KnownMixed,       [ -10, -10, -12, -12, -12, -12,  -6, -12, -12]),
    (Feature::KnownPart,        [ -19, -18, -18, -18, -18, -18, -14, -18, -18]),
    (Feature::Pronounced,       [ -11,  -9,  -9,  -9, -10, -10,  -4, -13, -12]),
    (Feature::Unpronounced,     [  11,  12,  12,  12,   8,   6,  12,   6,   6]),
    (Feature::CountedTail,      [  -4,  -5,  -5,  -5,  -5,  -5,  -5,  -5,  -5]),
    (Feature::CapitalWords,     [ -27, -26, -26, -26, -26, -26, -16, -26, -26]),
    (Feature::Joints,           [ -16, -16, -15, -16, -16, -16,  -8, -16, -16]),
    (Feature::Upper,            [ -16, -12, -16, -16, -16, -16, -12, -16, -16]),
    (Feature::Slug,             [ -26, -25, -26, -26, -26, -26, -20, -26, -26]),
    (Feature::LettersDigits,    [  20,  18,  18,  18,  18,  18,  18,  18,  17]),
    (Feature::BothCases,        [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::Marks,            [   8,   7,   8,   8,   8,   8,   8,   8,   8]),
    (Feature::Human,            [   7,   7,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::HexRun,           [   6,   6,   6,   6,   6,   6,   6,   6,   6]),
    (Feature::Random,           [  26,  26,  26,  26,  26,  25,  26,  26,  26]),
    (Feature::SomewhatRandom,   [   9,  11,  11,  11,  11,  11,  11,  11,  11]),
    (Feature::LowEntropy,       [ -17, -17, -17, -17, -17, -17, -17, -17, -17]),
    (Feature::NamesSecret,      [ -11, -12, -11, -12, -12, -12, -12, -11, -12]),
    (Feature::NamesItself,      [ -17, -16, -16, -16, -16, -16, -16, -16, -16]),
    (Feature::TestWord,         [  -3,  -3,  -4,  -4,  -4,  -4,  -4,  -3,  -4]),
    (Feature::SharesName,       [  -7,  -9,  -8,  -8,  -8,  -8,  -8,  -8,  -8]),
    (Feature::Uuid,             [  15,  15,  15,  15,  15,  15,  15,  15,  15]),
    (Feature::Titled,           [ -13, -13, -12, -13, -13, -13, -13, -13, -13]),
    (Feature::NonAscii,         [ -33, -33, -32, -33, -33, -33, -33, -33, -33]),
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
