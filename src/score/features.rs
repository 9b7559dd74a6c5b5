//! What can be seen of a value and of where it stands, as a set of yes-or-no features: what the scorecard adds up.

pub(super) mod beside;
mod words;

use super::assigned::Assigned;
use super::checks;
use super::entropy::{self, Alphabet, letter_runs};
use super::name::{self, Head, Strength};
use super::phrase;
use crate::candidate::Setting;

pub use beside::beside;

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident $key:literal $text:literal,)*) => {
        /// One thing that a value, its name or its place has or has not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Feature { $(#[doc = $text] $name,)* }

        impl Feature {
            /// All, in the order of the table of weights.
            pub const ALL: &'static [Feature] = &[$(Feature::$name,)*];

            /// Stable kebab-case name.
            pub fn name(self) -> &'static str {
                match self { $(Feature::$name => $key,)* }
            }

            /// What it says, in words.
            pub fn text(self) -> &'static str {
                match self { $(Feature::$name => $text,)* }
            }
        }
    };
}

features! {
    Place "place" "where it stands",
    PasswordName "name" "the name speaks of a password",
    PasswordMaybe "name-maybe" "the name may speak of a password",
    KeyName "name-key" "the name speaks of a key or token",
    KeyMaybe "name-key-maybe" "the name may speak of a key or token",
    WholeName "name-whole" "the name is that word and nothing else",
    Spaced "spaced" "blanks around the operator, as a variable would stand",
    Tight "tight" "right after a colon, as a tag or a port stands",
    Compared "compared" "a value to compare with",
    Fallback "fallback" "a default for when nothing is given",
    NoOperator "no-operator" "after a blank alone",
    MapKey "map-key" "the name is a key in quotes",
    Code "code" "in a line of code",
    AccountNear "account-near" "a user, host or database is named beside it",
    PlaceholderNear "placeholder-near" "placeholders stand beside it",
    LabelsNear "labels-near" "texts for people stand beside it",
    Characters4 "length-4" "four or five characters",
    Characters6 "length-6" "six or seven characters",
    Characters8 "length-8" "8 to 11 characters",
    Characters12 "length-12" "12 to 15 characters",
    Characters16 "length-16" "16 to 23 characters",
    Characters24 "length-24" "24 characters or more",
    ShortKey "short-key" "short for a key",
    Digits "digits" "digits alone",
    Known "known-words" "words of programs and nothing else",
    KnownMixed "known-words-mixed" "words of programs, with digits or punctuation",
    KnownPart "known-words-part" "half of it words of programs",
    Pronounced "pronounced" "reads like a word",
    Unpronounced "unpronounced" "letters that make no word",
    CountedTail "counted-tail" "ends in digits that count up",
    CapitalWords "capital-words" "words joined by capitals, as in names",
    Joints "joints" "words joined by `-`, `_` or `.`",
    Upper "upper" "capitals alone, as in names of constants",
    Slug "slug" "words and numbers joined by `-` or `_`, as in names of things",
    LettersDigits "mixed" "letters and digits",
    BothCases "both-cases" "letters of both cases and digits",
    Marks "marks" "punctuation, as passwords have",
    Human "human" "a word, digits and a mark, as people make passwords",
    HexRun "hex" "hexadecimal digits, as many as keys have",
    Random "random" "long and random",
    SomewhatRandom "random-short" "random for its length",
    LowEntropy "low-entropy" "little entropy for its length",
    NamesSecret "names-secret" "names a kind of secret itself",
    NamesItself "names-itself" "a word and the word for a secret, as examples have",
    TestWord "test-word" "has a word of tests and defaults",
    SharesName "shares-name" "shares a word with its name",
    Uuid "uuid" "a UUID, which may be a secret or an id",
    Titled "titled" "one word with a capital, as a label has",
    NonAscii "non-ascii" "letters beyond ASCII",
    Blank "blank" "has a blank in it",
}

const _: () = assert!(Feature::ALL.len() <= 64);

/// A set of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features(pub u64);

impl Features {
    fn add(&mut self, feature: Feature) {
        self.0 |= 1 << feature as u8;
    }

    fn set(&mut self, feature: Feature, holds: bool) {
        if holds {
            self.add(feature);
        }
    }

    fn unset(&mut self, feature: Feature) {
        self.0 &= !(1 << feature as u8);
    }

    /// Whether it is in the set.
    pub fn has(self, feature: Feature) -> bool {
        self.0 >> feature as u8 & 1 == 1
    }

    /// Those in the set.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.iter().copied().filter(move |&feature| self.has(feature))
    }
}

/// The features of name, operator and value.
pub fn of(assigned: &Assigned<'_>, head: Head, strength: Strength) -> Features {
    let mut features = Features::default();
    features.add(Feature::Place);
    features.add(match (head, strength) {
        (Head::Password, Strength::Strong) => Feature::PasswordName,
        (Head::Password, Strength::Weak) => Feature::PasswordMaybe,
        (Head::Key, Strength::Strong) => Feature::KeyName,
        (Head::Key, Strength::Weak) => Feature::KeyMaybe,
    });
    features.set(Feature::WholeName, assigned.setting != Setting::Login && name::words(assigned.name).len() == 1);
    join(&mut features, assigned);
    if checks::is_uuid(assigned.value) {
        features.add(Feature::Uuid);
        return features;
    }
    length(&mut features, assigned.value, head);
    let is_phrase = phrase::is_one(assigned, head, strength);
    characters(&mut features, assigned.value, head, is_phrase);
    words::add(&mut features, assigned);
    if features.has(Feature::NonAscii) && phrase::is_typed(assigned) {
        features.unset(Feature::NonAscii);
    }
    // Names have no such marks, and are in ASCII.
    let has_mark = || !assigned.value.is_ascii() || assigned.value.iter().any(|byte| b"&!~".contains(byte));
    if head == Head::Key && (is_phrase || has_mark() && phrase::is_strung(assigned.value)) {
        for feature in [Feature::Pronounced, Feature::Joints, Feature::CapitalWords] {
            features.unset(feature);
        }
    }
    // What somebody chose for a token need not be long.
    if features.has(Feature::ShortKey) && assigned.value.contains(&b'-') && phrase::is_joined(assigned.value) {
        features.unset(Feature::ShortKey);
    }
    // Routers come with keys of many digits.
    if features.has(Feature::Digits) && features.has(Feature::Characters16) && name::is_of_network(assigned.name) {
        features.unset(Feature::Digits);
    }
    // A network has nothing that is called by words with dots between them.
    if features.has(Feature::Joints) && name::is_of_network(assigned.name) && phrase::is_dotted(assigned.value) {
        features.unset(Feature::Joints);
    }
    let is_name = features.has(Feature::Joints) || features.has(Feature::CapitalWords) || features.has(Feature::Code);
    // A dot without quotes is that of code, but on a line of its own.
    let is_literal = || {
        assigned.is_quoted()
            || assigned.setting == Setting::Bare && !assigned.value.contains(&b'.')
            || phrase::is_line(assigned)
    };
    // `pass` beside an account is the password of that.
    let is_strong = || strength == Strength::Strong || beside::account_and_labels(assigned).0;
    let is_chain = || is_literal() && phrase::is_chain(assigned.value) && is_strong();
    // Words in lower case, or joined by their capitals alone, that programs do not use: in a map of JSON they may be a label.
    let is_pair = || {
        assigned.is_quoted()
            && (phrase::strings_words(assigned.value) && strength == Strength::Strong
                || phrase::is_humped(assigned.value) && is_strong())
            && !features.has(Feature::MapKey)
    };
    let is_set = || assigned.is_in_settings() || assigned.is_among_pairs() || phrase::is_line(assigned);
    if head == Head::Password && (assigned.is_in_environment() || is_name && (is_set() || is_chain() || is_pair())) {
        without_names(&mut features, assigned.value);
    }
    features
}

/// Takes away what says that a value is a name, where a name would refer to nothing; what is called by a word is in one case.
fn without_names(features: &mut Features, value: &[u8]) {
    for feature in [Feature::Joints, Feature::CapitalWords, Feature::Code, Feature::Spaced] {
        features.unset(feature);
    }
    if value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase) {
        features.unset(Feature::Pronounced);
    }
}

fn join(features: &mut Features, assigned: &Assigned<'_>) {
    let between = assigned.between;
    let operator: &[u8] = {
        let end = between.iter().rposition(|&byte| !matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'N' | b'@' | b'('));
        &between[..end.map_or(0, |end| end + 1)]
    };
    let has = |word: &[u8]| memchr::memmem::find(between, word).is_some();
    let bare = matches!(assigned.setting, Setting::Bare);
    let fallback =
        has(b"||") || has(b"??") || has(b" or ") || has(b"default") || has(b":-") || assigned.before.ends_with(b"${");
    // Where the look-up and what it is given to speak of a secret, what is used instead is one.
    let twice = features.has(Feature::PasswordName) && is_named_twice(assigned);
    features.set(Feature::Fallback, fallback && !twice);
    features.set(Feature::Compared, has(b"==") || has(b"!=") || has(b"<>"));
    // No name has hyphens in it.
    let is_name = || !(assigned.value.contains(&b'-') && phrase::is_joined(assigned.value) && assigned.is_whole_line());
    let spaced = bare && operator.ends_with(b" ") && operator.starts_with(b" ") && has(b"=");
    features.set(Feature::Spaced, spaced && is_name());
    features.set(Feature::Tight, bare && operator.ends_with(b":") && between.len() == operator.len() && !fallback);
    let blank =
        !between.is_empty() && between.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'N'));
    features.set(Feature::NoOperator, blank && assigned.setting != Setting::Argument);
    features.set(Feature::MapKey, matches!(between.first(), Some(b'"' | b'\'' | b'\\')));
    // In JSON a value without quotes is no string.
    let in_map = features.has(Feature::MapKey) && !between.contains(&b'=');
    features.set(Feature::Code, bare && (in_map || is_code(assigned)));
}

/// Whether a name stands before the look-up or in it, too: `DB_PASSWORD=${DB_PASSWORD:-x}`, `PASS = getenv("DB_PASS") or "x"`.
fn is_named_twice(assigned: &Assigned<'_>) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let line = assigned.line_before();
    [line, assigned.between]
        .into_iter()
        .any(|part| part.split(|byte| !is_name(byte)).any(|word| word.len() > 3 && name::head(word).is_some()))
}

/// Whether a value without quotes stands in a statement rather than in a configuration.
fn is_code(assigned: &Assigned<'_>) -> bool {
    let before = assigned.line_before();
    let after = assigned.line_after();
    let statement =
        [&b"let "[..], b"var ", b"const ", b"val ", b"return ", b"self.", b"this.", b"def ", b"if ", b"fn ", b"func "];
    let start = before.trim_ascii_start();
    if before.ends_with(b"${") {
        return false; // Of strings of all kinds.
    }
    if statement.iter().any(|word| start.starts_with(word)) || before.contains(&b'(') || before.ends_with(b"->") {
        return true;
    }
    let sigil = matches!(before.last(), Some(b'$' | b'@' | b'*' | b'&' | b'>'));
    sigil && !before.ends_with(b"&")
        || matches!(after.first(), Some(b')' | b';' | b'.'))
        || after.starts_with(b",") && (assigned.between.contains(&b'=') || is_field(before, after))
}

/// Whether a line is a field of a literal in code: it begins with the name and ends with a comma.
fn is_field(before: &[u8], after: &[u8]) -> bool {
    before.trim_ascii().is_empty() && after[1..].trim_ascii().is_empty()
}

fn length(features: &mut Features, value: &[u8], head: Head) {
    features.add(match value.len() {
        0..=5 => Feature::Characters4,
        6..=7 => Feature::Characters6,
        8..=11 => Feature::Characters8,
        12..=15 => Feature::Characters12,
        16..=23 => Feature::Characters16,
        _ => Feature::Characters24,
    });
    features.set(Feature::ShortKey, head == Head::Key && value.len() < 16);
}

fn characters(features: &mut Features, value: &[u8], head: Head, is_phrase: bool) {
    let has = |wanted: fn(&u8) -> bool| value.iter().any(wanted);
    let letters = has(u8::is_ascii_alphabetic);
    let digits = has(u8::is_ascii_digit);
    let both = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let joint = |byte: &u8| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':');
    let words = entropy::wordiness(value);
    // In base64 `+` is a letter; between words it is a mark.
    let is_plus = !digits && words > 0.4 && value.windows(3).any(is_plus_between_letters);
    let marks = is_plus
        || has(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'+' | b'='));
    let relative = entropy::relative(value);
    features.set(Feature::Digits, Alphabet::of(value) == Alphabet::Digits);
    features.set(Feature::LettersDigits, letters && digits);
    features.set(Feature::BothCases, both && digits);
    features.set(Feature::Marks, marks && head == Head::Password && letters);
    let is_joined = value.iter().any(joint) && !is_grouped(value) && !phrase::is_joined(value);
    features.set(Feature::Joints, !digits && !marks && letters && is_joined);
    // Text for people has neither digits nor marks, no words joined by `_`, and where hyphens join them, one has a capital.
    let is_run = !value.contains(&b' ');
    let is_joined_by_hand = value.contains(&b'_') || value.contains(&b'-') && !value.iter().any(u8::is_ascii_uppercase);
    let is_chosen = digits && (marks || is_run) || is_run && (is_joined_by_hand || has_mark_within(value));
    let is_text = !value.is_ascii() && !is_chosen;
    features.set(Feature::NonAscii, is_text && !is_phrase);
    features.set(Feature::Blank, has(u8::is_ascii_whitespace) && !is_phrase);
    features.set(Feature::Human, is_human(value));
    features.set(Feature::HexRun, Alphabet::of(value) == Alphabet::Hex && digits && value.len() >= 16);
    let mixed = digits && letters || both;
    if value.len() >= 16 && words < 0.35 && relative > 0.8 && mixed {
        features.add(Feature::Random);
    } else if value.len() >= 8 && words < 0.5 && relative > 0.75 && mixed {
        features.add(Feature::SomewhatRandom);
    }
    features.set(Feature::LowEntropy, value.len() >= 12 && relative < 0.65 && !is_phrase);
    let hump = value.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    // Labels are joined by hyphens (`Wi-Fi-Kennwort`), and have no digits.
    let joined = value.iter().any(|byte| *byte == b'_' || digits && matches!(byte, b'-' | b'.'));
    let named = hump || !joined;
    // What follows a digit is a word of a name, not the rest of one that has a digit for a letter: `Sha256Hash`, `Vorlagengl4s`.
    let is_word = |run: &[u8]| run.len() >= 4 || run.len() >= 2 && run[0].is_ascii_uppercase();
    let follows = || letter_runs(value).skip(1).any(is_word);
    let capitals = few_digits(value) && !marks && both && named && (hump || follows());
    let constant = !digits || few_digits(value) && value.contains(&b'_');
    let upper = letters && constant && !marks && !has(u8::is_ascii_lowercase);
    features.set(Feature::Upper, upper);
    let titled = value.first().is_some_and(u8::is_ascii_uppercase) && value[1..].iter().all(u8::is_ascii_lowercase);
    features.set(Feature::Titled, titled);
    features.set(Feature::CapitalWords, capitals && words > 0.4 && !is_phrase);
}

fn is_plus_between_letters(three: &[u8]) -> bool {
    three[1] == b'+' && three[0].is_ascii_alphabetic() && three[2].is_ascii_alphabetic()
}

/// Whether a mark that no text has there stands between two letters: `Été&Pastis`. Only before a capital is `&` one: that of a
/// label for a menu stands in its word, `Schl&üssel`. What is written without an alphabet has no blanks either.
fn has_mark_within(value: &[u8]) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    std::str::from_utf8(value).is_ok_and(|text| text.chars().all(|letter| letter < '\u{530}'))
        && value.windows(3).any(|part| {
            is_letter(part[0])
                && match part[1] {
                    b'&' => part[2].is_ascii_uppercase(),
                    mark => b"!#$%*+=@^~".contains(&mark) && is_letter(part[2]),
                }
        })
}

/// Three and more groups of letters, as long as each other, as services write what they generate: `qwhx-tzop-mvka-rudl`.
fn is_grouped(value: &[u8]) -> bool {
    let groups: Vec<&[u8]> = value.split(|&byte| byte == b'-').collect();
    groups.len() >= 3 && groups[0].len() >= 4 && groups.iter().all(|group| group.len() == groups[0].len())
}

/// Letters, one to four digits, and up to two marks: `Summer2024!`, `tigger12`.
fn is_human(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let rest = &value[letters..];
    let first = rest.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'@' | b'_' | b'#')).count();
    let marks = &rest[first..];
    let digits = rest[..first].iter().filter(|byte| byte.is_ascii_digit()).count();
    (3..=12).contains(&letters)
        && value[1..letters].iter().all(u8::is_ascii_lowercase)
        && (1..=4).contains(&digits)
        && first <= digits + 1
        && marks.len() <= 2
        && marks.iter().all(u8::is_ascii_punctuation)
}

/// Whether digits are at most an eighth of a value, as in names.
fn few_digits(value: &[u8]) -> bool {
    value.iter().filter(|byte| byte.is_ascii_digit()).count() * 8 <= value.len()
}
