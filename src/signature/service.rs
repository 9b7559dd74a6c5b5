//! Services whose credentials have no shape of their own: rows of one table, and what every row promises.
//!
//! A row says which words stand near such a value, over which alphabet it is written and how long it is. Everything else,
//! examples in all settings among them, follows from that.

use serde::{Deserialize, Serialize};

use super::{ByteSet, Lifetime, Recogniser, Severity, Signature, settings};

/// The characters a value is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Alphabet {
    /// `0-9a-f`.
    #[serde(rename = "hex")]
    Hex,
    /// `0-9A-F`.
    #[serde(rename = "HEX")]
    UpperHex,
    /// `0-9a-z`.
    #[serde(rename = "an")]
    Lower,
    /// `0-9A-Z`.
    #[serde(rename = "AN")]
    Upper,
    /// `0-9A-Za-z`.
    #[serde(rename = "b62")]
    Base62,
    /// Base62 and `+ /`, with up to two `=` at the end.
    #[serde(rename = "b64")]
    Base64,
    /// Base62 and `- _`, with up to two `=` at the end.
    #[serde(rename = "b64u")]
    Base64Url,
    /// A UUID in lower or upper case.
    #[serde(rename = "uuid")]
    Uuid,
}

impl Alphabet {
    /// The characters, without padding.
    pub fn bytes(self) -> ByteSet {
        let more: &[u8] = match self {
            Alphabet::Hex => b"abcdef",
            Alphabet::UpperHex => b"ABCDEF",
            Alphabet::Lower => b"abcdefghijklmnopqrstuvwxyz",
            Alphabet::Upper => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Alphabet::Base62 | Alphabet::Base64 | Alphabet::Base64Url => {
                b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
            }
            Alphabet::Uuid => b"abcdefABCDEF-",
        };
        let marks: &[u8] = match self {
            Alphabet::Base64 => b"+/",
            Alphabet::Base64Url => b"-_",
            _ => b"",
        };
        let mut set = ByteSet::default();
        b"0123456789".iter().chain(more).chain(marks).for_each(|&byte| set.insert(byte));
        set
    }

    /// Whether `=` may fill up the last group.
    pub fn is_padded(self) -> bool {
        matches!(self, Alphabet::Base64 | Alphabet::Base64Url)
    }

    /// The least entropy of a value of this length, in bits a character: what nine in ten thousand random ones are above.
    fn entropy(self, length: u16) -> f32 {
        let size = match self {
            Alphabet::Hex | Alphabet::UpperHex | Alphabet::Uuid => 16.0,
            Alphabet::Lower | Alphabet::Upper => 36.0,
            _ => 62.0,
        };
        f32::from(length).min(size).log2() * 0.72
    }
}

/// What the recogniser `service` looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Value {
    /// Its characters.
    pub alphabet: Alphabet,
    /// Its lengths, in characters with the padding.
    pub lengths: Vec<u16>,
    /// How much of that is padding in examples.
    #[serde(default)]
    pub padding: u16,
    /// A name that documentation gives the value, in upper case with `_` between words; examples are made with it.
    pub name: String,
    /// Ends of names that this service gives its secret and that speak of none, in lower case without joints: `appid`.
    #[serde(default)]
    pub odd_names: Vec<String>,
    /// Whether an id that is no secret is written alike, so that the service's word alone does not tell which of the two a value is.
    #[serde(default)]
    pub id_alike: bool,
}

/// A row as written in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Row {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    family: Option<String>,
    title: String,
    provider: String,
    severity: Severity,
    #[serde(default = "lasting")]
    lifetime: Lifetime,
    opens: String,
    words: Vec<String>,
    name: String,
    #[serde(default)]
    odd_names: Vec<String>,
    #[serde(default)]
    id_alike: bool,
    alphabet: Alphabet,
    length: Lengths,
    #[serde(default)]
    padding: u16,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    rotate: String,
    #[serde(default)]
    revoke: String,
}

fn lasting() -> Lifetime {
    Lifetime::Static
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Lengths {
    One(u16),
    Several(Vec<u16>),
}

/// Signatures of the ids that a secret of this name has beside it, where the row names none of its own.
fn ids_of(name: &str) -> Vec<String> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let ids: &[&str] = if ends(&["CLIENT_SECRET", "CLIENTSECRET", "APP_SECRET"]) {
        &["client-id"]
    } else if ends(&["SECRET_ACCESS_KEY", "SECRET_KEY", "KEY_SECRET", "ACCESS_KEY"]) {
        &["key-id"]
    } else {
        &[]
    };
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// Bytes from the end of the word to the first of the value, where a row has other elements between.
const DISTANCE: u32 = 96;

impl Row {
    /// The signature that the row stands for, less its examples.
    pub(super) fn signature(self) -> Signature {
        let lengths = match self.length {
            Lengths::One(length) => vec![length],
            Lengths::Several(lengths) => lengths,
        };
        let shortest = lengths.iter().copied().min().unwrap_or(0);
        let value = Value {
            alphabet: self.alphabet,
            lengths,
            padding: self.padding,
            name: self.name,
            odd_names: self.odd_names,
            id_alike: self.id_alike,
        };
        Signature {
            id: self.id,
            aliases: self.aliases,
            family: self.family,
            title: self.title,
            provider: self.provider,
            severity: self.severity,
            lifetime: self.lifetime,
            opens: self.opens,
            keywords: self.words.iter().flat_map(|word| spellings(word)).collect(),
            case_sensitive: None,
            recogniser: Recogniser::Service,
            pattern: String::new(),
            group: None,
            context: DISTANCE,
            reach: 0,
            once: false,
            boundary: true,
            entropy: self.alphabet.entropy(shortest),
            proof: None,
            companions: Vec::new(),
            ids: if self.ids.is_empty() { ids_of(&value.name) } else { self.ids },
            paths: Vec::new(),
            identifier: false,
            tags: self.tags,
            revoke: if self.revoke.is_empty() { self.rotate.clone() } else { self.revoke },
            rotate: self.rotate,
            examples: Vec::new(),
            counterexamples: Vec::new(),
            value: Some(value),
            forms: Vec::new(),
        }
    }
}

/// `scraper_api` is written with `-`, with `.` and without a joint too.
fn spellings(word: &str) -> Vec<String> {
    let joints: &[&str] = if word.contains('_') { &["_", "-", ".", ""] } else { &["_"] };
    joints.iter().map(|joint| word.replace('_', joint)).collect()
}

impl Value {
    /// A value as an element of the template language.
    fn template(&self, length: u16) -> String {
        let name = match self.alphabet {
            Alphabet::Hex => "hex",
            Alphabet::UpperHex => "HEX",
            Alphabet::Lower => "an",
            Alphabet::Upper => "AN",
            Alphabet::Base62 => "b62",
            Alphabet::Base64 => "b64",
            Alphabet::Base64Url => "b64u",
            Alphabet::Uuid => return "{uuid}".to_owned(),
        };
        format!("{{{name}:{}}}{}", length.saturating_sub(self.padding), "=".repeat(usize::from(self.padding)))
    }

    /// An example in each setting that values stand in, each of the lengths in turn.
    pub(super) fn examples(&self) -> Vec<String> {
        let mut lengths = self.lengths.iter().cycle();
        settings::named(&self.name)
            .iter()
            .map(|text| text.replace("⟦V⟧", &format!("⟦{}⟧", self.template(*lengths.next().unwrap_or(&1)))))
            .collect()
    }

    /// Values with other names beside them, and one that is no secret.
    pub(super) fn counterexamples(&self) -> Vec<String> {
        let value = self.template(self.lengths.first().copied().unwrap_or(1));
        let word = self.name.split('_').next().unwrap_or_default();
        vec![
            format!("{word}_REQUEST_ID={value}\n"),
            format!("{word}_COMMIT={value}\n"),
            format!("{word} said {value}\n"),
            format!("OTHER_API_KEY={value}\n"),
            format!("{}={{rep:x:{}}}\n", self.name, self.lengths.first().copied().unwrap_or(1)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::load_text;

    #[test]
    fn a_row_becomes_a_signature_with_examples() {
        let loaded = load_text(
            "x.toml",
            "[[service]]\nid = \"acme-key\"\ntitle = \"Acme key\"\nprovider = \"Acme\"\nseverity = \"high\"\nopens = \"All.\"\n\
             words = [\"acme_api\"]\nname = \"ACME_API_KEY\"\nalphabet = \"hex\"\nlength = [32, 40]\nrotate = \"-\"\n",
        )
        .expect("parses");
        let signature = &loaded[0].signature;
        assert_eq!(signature.keywords, ["acme_api", "acme-api", "acme.api", "acmeapi"]);
        assert_eq!(signature.examples[0], "ACME_API_KEY=⟦{hex:32}⟧\n");
        assert_eq!(signature.examples[1], "  acme_api_key: \"⟦{hex:40}⟧\"\n");
        assert_eq!(signature.examples[3], "const acmeApiKey = '⟦{hex:40}⟧';");
        assert_eq!((signature.revoke.as_str(), loaded[0].line), ("-", 1));
    }
}
