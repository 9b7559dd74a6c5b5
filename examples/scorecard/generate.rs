//! Secrets as people and machines make them, from a seed.

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn within(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    fn of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }

    fn run(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

/// Words that people put into passwords: names, animals, seasons, teams, things.
const WORDS: &[&str] = &[
    "dragon",
    "monkey",
    "shadow",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "michael",
    "jennifer",
    "jordan",
    "hunter",
    "buster",
    "soccer",
    "harley",
    "batman",
    "andrew",
    "tigger",
    "charlie",
    "robert",
    "thomas",
    "hockey",
    "ranger",
    "daniel",
    "starwars",
    "klaster",
    "george",
    "computer",
    "michelle",
    "jessica",
    "pepper",
    "zxcvbn",
    "freedom",
    "maggie",
    "ginger",
    "joshua",
    "cheese",
    "amanda",
    "summer",
    "ashley",
    "nicole",
    "chelsea",
    "biteme",
    "matthew",
    "access",
    "yankees",
    "dallas",
    "austin",
    "thunder",
    "taylor",
    "matrix",
    "william",
    "corvette",
    "martin",
    "heather",
    "secretly",
    "merlin",
    "diamond",
    "hammer",
    "silver",
    "anthony",
    "justin",
    "bailey",
    "patrick",
    "internet",
    "scooter",
    "orange",
    "golfer",
    "cookie",
    "richard",
    "samantha",
    "bigdog",
    "guitar",
    "jackson",
    "whatever",
    "mickey",
    "chicken",
    "sparky",
    "snoopy",
    "maverick",
    "phoenix",
    "camaro",
    "peanut",
    "morgan",
    "falcon",
    "cowboy",
    "ferrari",
    "andrea",
    "smokey",
    "steelers",
    "joseph",
    "mercedes",
    "dakota",
    "arsenal",
    "eagles",
    "melissa",
    "boomer",
    "booboo",
    "spider",
    "nascar",
    "monster",
    "tigers",
    "yellow",
    "gateway",
    "marina",
    "diablo",
    "bulldog",
    "compaq",
    "purple",
    "hardcore",
    "banana",
    "junior",
    "hannah",
    "porsche",
    "lakers",
    "iceman",
    "cowboys",
    "london",
    "tennis",
    "coffee",
    "scooby",
    "miller",
    "boston",
    "rabbit",
    "winter",
    "spring",
    "autumn",
    "herbst",
    "sommer",
    "fruehling",
    "schatz",
    "passion",
    "soleil",
    "bonjour",
    "chouchou",
    "estrella",
    "princesa",
    "mariposa",
    "carolina",
    "alejandro",
    "kombat",
    "samurai",
    "godzilla",
    "pokemon",
    "naruto",
    "slipknot",
    "metallica",
    "nirvana",
    "liverpool",
    "barcelona",
    "juventus",
    "kolibri",
    "zebra",
    "giraffe",
    "lobster",
    "turtle",
];
const WALKS: &[&str] = &[
    "1qaz2wsx", "zaq12wsx", "qazwsx12", "1q2w3e4r", "q1w2e3r4", "asdf4567", "zxcv7890", "poiu0987", "1qazxsw2",
    "wsxedc34", "!QAZ2wsx", "1Qaz2Wsx", "mnbv5678", "qweasd77", "xsw23edc",
];
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const PRINTABLE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!@#%^*+=?.~-_";
const HEX: &[u8] = b"0123456789abcdef";

/// A family of generators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    WordDigits,
    SeasonYear,
    Leet,
    Walk,
    Word,
    Letters,
    Short,
    Mixed,
    Printable,
    Pronounced,
    Hex,
    Base64,
    Base62,
    Uuid,
}

/// Families for passwords.
pub const PASSWORDS: &[Family] = &[
    Family::WordDigits,
    Family::WordDigits,
    Family::SeasonYear,
    Family::Leet,
    Family::Walk,
    Family::Word,
    Family::Letters,
    Family::Short,
    Family::Mixed,
    Family::Mixed,
    Family::Printable,
    Family::Pronounced,
    Family::Hex,
    Family::Base62,
];
/// Families for keys.
pub const KEYS: &[Family] = &[Family::Mixed, Family::Hex, Family::Base64, Family::Base62, Family::Base62, Family::Uuid];

impl Family {
    pub const ALL: &'static [Family] = &[
        Family::WordDigits,
        Family::SeasonYear,
        Family::Leet,
        Family::Walk,
        Family::Word,
        Family::Letters,
        Family::Short,
        Family::Mixed,
        Family::Printable,
        Family::Pronounced,
        Family::Hex,
        Family::Base64,
        Family::Base62,
        Family::Uuid,
    ];

    /// One secret.
    pub fn secret(self, random: &mut Random) -> String {
        match self {
            Family::WordDigits => {
                let length = random.within(1, 4);
                let digits = random.run(b"0123456789", length);
                let word = capital(random.of(WORDS), random.below(3) == 0);
                let mark = if random.below(4) == 0 { random.run(b"!#@*.", 1) } else { String::new() };
                format!("{word}{digits}{mark}")
            }
            Family::SeasonYear => {
                let year = random.within(1975, 2026);
                format!("{}{year}{}", capital(random.of(WORDS), true), random.of(&["", "!", "#", "!!", "@", "$"]))
            }
            Family::Leet => {
                let word = random.of(WORDS).replace('a', "4").replace('e', "3").replace('o', "0").replace('i', "1");
                let digits = random.within(1, 99);
                format!("{}{digits}", capital(&word, random.below(2) == 0))
            }
            Family::Walk => random.of(WALKS).to_owned(),
            Family::Word => random.of(WORDS).to_owned(),
            Family::Letters => {
                let length = random.within(4, 9);
                random.run(LOWER, length)
            }
            Family::Short => {
                let length = random.within(5, 7);
                random.run(b"abcdefghijklmnopqrstuvwxyz0123456789", length)
            }
            Family::Mixed => {
                let length = random.within(8, 16);
                random.run(BASE62, length)
            }
            Family::Printable => {
                let length = random.within(8, 20);
                // A mark first would often be syntax.
                format!("{}{}", random.run(BASE62, 1), random.run(PRINTABLE, length))
            }
            Family::Pronounced => pronounced(random),
            Family::Hex => {
                let length = [32, 32, 40, 64][random.below(4)];
                random.run(HEX, length)
            }
            Family::Base64 => format!("{}=", random.run(BASE64, 43)),
            Family::Base62 => {
                let length = random.within(20, 48);
                let alphabet = if random.below(3) == 0 { URL_SAFE } else { BASE62 };
                random.run(alphabet, length)
            }
            Family::Uuid => {
                let mut part = |length| random.run(HEX, length);
                format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12))
            }
        }
    }
}

fn capital(word: &str, wanted: bool) -> String {
    let mut letters = word.chars();
    match letters.next().filter(|_| wanted) {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => word.to_owned(),
    }
}

/// What password generators make for people to say: syllables, a digit.
fn pronounced(random: &mut Random) -> String {
    let mut out = String::new();
    while out.len() < 8 {
        out.push_str(&random.run(b"bcdfghjklmnprstvwz", 1));
        out.push_str(&random.run(b"aeiou", 1));
    }
    let digit = random.run(b"0123456789", 1);
    let at = random.within(2, out.len() - 1);
    out.insert_str(at, &digit);
    if random.below(2) == 0 { capital(&out, true) } else { out }
}
