//! Signatures: what a credential looks like, as written in TOML ([`Signature`]) and as compiled ([`Rule`]).
//!
//! This room knows shapes and facts; it neither searches nor judges.

pub mod checksum;
mod compile;
mod file;
pub mod form;
mod glance;
pub mod import;
pub mod page;
pub mod service;
pub mod settings;
mod shape;
pub mod template;
mod threads;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use compile::{
    ContextRule, LEFT_CONTEXT, LineRule, Matcher, RIGHT_CONTEXT, Rule, RuleSet, ServiceRule, Window, case_sensitive,
};
pub use file::{
    Entry, Error, Loaded, Located, Standing, add_all, add_directory, add_entry, add_text, embedded, embedded_lean,
    files_of, lines_of_keys, load_text, read_text, text_of,
};
pub use shape::ByteSet;

/// What a secret opens, from the most to the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Publishable by design, or harmless alone.
    Info,
    /// Little: test environments, write-only keys.
    Low,
    /// One service, limited rights, or short-lived.
    Medium,
    /// One service with wide rights.
    High,
    /// Whole accounts, production data, supply chain.
    Critical,
}

impl Severity {
    /// All, most severe first.
    pub const ALL: &'static [Severity] =
        &[Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How long a credential of this kind works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifetime {
    /// Until somebody revokes it.
    Static,
    /// Hours or days by design.
    Temporary,
    /// The owner chooses an expiry.
    Owner,
    /// For ever: what it opens is bound to it, as coins are to the key of a wallet.
    Permanent,
    /// No more: its provider takes none of this kind any longer.
    Ended,
}

impl Lifetime {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Lifetime::Static => "static",
            Lifetime::Temporary => "temporary",
            Lifetime::Owner => "owner",
            Lifetime::Permanent => "permanent",
            Lifetime::Ended => "ended",
        }
    }
}

/// How a rule's secret is recognised after a keyword was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recogniser {
    /// By the pattern.
    #[default]
    Pattern,
    /// By the assignment lexer: `name = "value"` in code, config, YAML, JSON, XML, env and command lines. The keywords
    /// are words in names; there is no pattern.
    Assignment,
    /// By the assignment lexer: the password among the arguments of a call that logs in, `connect(host, "user", "…")`. The
    /// keywords are the ends of names of such calls; there is no pattern.
    Login,
    /// A value of a given alphabet and length after a service's word and a name that speaks of a secret: see
    /// [`service`]. Rows of `[[service]]` are read by it; there is no pattern.
    Service,
    /// By one of the [`form`]s of a command line, wherever it stands: in a shell, a script, a list of arguments.
    Command,
    /// By one of the [`form`]s of a line of a configuration.
    Directive,
    /// The cells of a table's column, or the entries of a section, whose name holds one of the keywords; there is no pattern.
    Column,
    /// By the pattern, which all that a small file holds must be, less blanks around it: files whose whole content is the
    /// secret (`config/master.key`). It has no keywords, and counts at its `paths` only.
    File,
    /// By the pattern, which each line of a small file must be that is neither blank nor a comment: lists of users and
    /// passwords that nothing but their path names (`rsyncd.secrets`). It has no keywords, and counts at its `paths` only.
    Lines,
    /// By the pattern, which a small file must be byte for byte, whether it is text or not: what a program writes under one name and
    /// without a magic (`.mylogin.cnf`). It has no keywords, and counts at its `paths` only.
    Bytes,
}

/// A structural check that can be made without asking anybody. Implemented in `score::proof`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// GitHub: last 6 of 36 characters are the CRC-32 of the 30 before them in base 62.
    GithubCrc32,
    /// The same layout as GitHub's, as a hint alone: a failure proves nothing (npm).
    GithubCrc32Hint,
    /// Vercel: last 6 of 56 characters are the CRC-32 of the 50 before them in base 62.
    VercelCrc32,
    /// GitLab routable tokens: length, CRC-32 in base 36, routing payload.
    GitlabRoutable,
    /// Grafana service accounts: CRC-32, little-endian, in hexadecimal.
    GrafanaCrc32,
    /// Zuplo: CRC-32 of the 32 characters, in hexadecimal.
    ZuploCrc32,
    /// Cloudflare `cfut_`, `cfat_`, `cfk_`: CRC-32 of the 40 characters; passes prove, failures do not drop.
    CloudflareCrc32,
    /// Confluent `cflt`: CRC-32, little-endian, base64, 6 characters.
    ConfluentCrc32,
    /// Atlassian `ATATT3`, `ATCTT3`, `ATOA`: CRC-32 of all before the last 8 characters.
    AtlassianCrc32,
    /// Azure identifiable keys, first generation: Marvin32 with a seed for each service.
    AzureHisV1,
    /// Microsoft common annotated keys (`JQQJ9`).
    AzureHisV2,
    /// Azure DevOps personal access tokens of 52 characters.
    AzureDevopsPat,
    /// Entra client secrets with `8Q~`.
    EntraClientSecret,
    /// Google API keys: published where the configuration of an app of Firebase stands beside, or a script of Maps takes it.
    GoogleApiKey,
    /// AWS access key ids: the account is in the id. Structure, no checksum.
    AwsKeyId,
    /// Amazon ECR's authorization tokens: a login of which the password is JSON in base64, with a time at which it ends.
    AwsEcr,
    /// AWS SES SMTP passwords: 33 bytes, the first 0x04.
    AwsSesSmtp,
    /// The Rust registry's trusted-publishing tokens: XOR of the characters.
    CratesTrustedPublishing,
    /// NuGet v4 keys: base32 of bytes that begin "v4".
    NugetV4,
    /// PyPI and TestPyPI: a macaroon.
    PypiMacaroon,
    /// JSON web tokens: header and claims.
    Jwt,
    /// 1Password service accounts: JSON with known keys.
    OnePasswordServiceAccount,
    /// Sentry organisation tokens: JSON with known keys.
    SentryOrg,
    /// Fly.io macaroons: MessagePack of a nonce, a location, caveats and a tail.
    FlyMacaroon,
    /// Discord: the first part is a user id.
    DiscordSnowflake,
    /// A Google service-account JSON object.
    GoogleServiceAccount,
    /// PEM private keys of every armour: base64 and structure; encrypted or not.
    PrivateKey,
    /// Private keys in DER: parsed as far as they go, whatever the pattern takes of them; not those in a keystore that has a rule of
    /// its own.
    PrivateKeyDer,
    /// Kerberos keytabs: their entries.
    Keytab,
    /// PuTTY private keys.
    PuttyKey,
    /// Age secret keys: bech32 checksum.
    AgeBech32,
    /// Mapbox: JSON with `u` and `a`.
    Mapbox,
    /// Base64 that decodes to `user:password`.
    BasicAuth,
    /// Grafana Cloud and old Grafana keys: base64 JSON with known keys.
    GrafanaJson,
    /// URL userinfo or connection string: what stands at the password's place is judged as a password.
    Password,
    /// Base64 of a password, or of one after the name of its scheme in braces (`{CLEARTEXT}`); `{xor}` and what WebSphere makes of
    /// one.
    EncodedPassword,
    /// Base58Check, as in WIF keys and extended private keys.
    Base58Check,
    /// Stellar seeds: CRC-16.
    StellarCrc16,
    /// NATS seeds: CRC-16.
    NkeyCrc16,
    /// Tokens of Matrix's authentication service: CRC-32 in base 62, least significant digit first.
    MatrixCrc32,
    /// Access tokens of Synapse, CRC-32 over the whole token in base 62; a hint, since other homeservers may write the same shape.
    SynapseCrc32,
    /// Bech32 with any human-readable part: Nostr, Sui.
    Bech32,
    /// Jira and Confluence Data Center tokens: base64 of digits, a colon and bytes.
    JiraDataCenter,
    /// Conjur API keys: eight numbers in Crockford base 32.
    ConjurKey,
    /// WireGuard private keys: 32 clamped bytes.
    WireguardKey,
    /// Supabase's secret and publishable keys: a hash over the project that is named nearby.
    SupabaseKey,
    /// BIP 39 mnemonics: words of the English list, with a checksum.
    Bip39Mnemonic,
    /// A prime or exponent of a JSON web key that has no private exponent `d`.
    JwkPrime,
    /// When a signed URL expires.
    SignedUrl,
}

impl Proof {
    /// Whether it is a checksum over a token of one length, which chance passes once in thousands of millions: what passes it is a
    /// token, too, where a `_` joins it to a name (`backup_ghp_….tar`).
    pub fn is_checksum(self) -> bool {
        matches!(
            self,
            Proof::GithubCrc32
                | Proof::VercelCrc32
                | Proof::GrafanaCrc32
                | Proof::ZuploCrc32
                | Proof::ConfluentCrc32
                | Proof::CratesTrustedPublishing
        )
    }

    /// Bytes before and after the word that the check reads beyond the match: what belongs to the secret may stand there.
    pub fn sight(self) -> Window {
        match self {
            // A chain of certificates before the key.
            Proof::PrivateKey => Window { before: 16_384, after: 0 },
            // What a keystore has before the key, and the rest of the key.
            Proof::PrivateKeyDer => Window { before: 2_200, after: 12_288 },
            // The entries after the first.
            Proof::Keytab => Window { before: 0, after: 4_096 },
            Proof::JwkPrime => Window { before: 4_096, after: 0 },
            Proof::SupabaseKey => Window { before: 1_024, after: 1_024 },
            Proof::GoogleApiKey => Window { before: 512, after: 512 },
            Proof::AwsKeyId => Window { before: 24, after: 0 },
            Proof::SignedUrl => Window { before: 512, after: 1_024 },
            _ => Window { before: 0, after: 0 },
        }
    }
}

/// A signature as written in a file under `signatures/`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Signature {
    /// Stable kebab-case id; never changes and is never used again.
    pub id: String,
    /// Former ids, honoured wherever an id can be written.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Fingerprints are made over this name and the secret, so that rules which split one kind keep one fingerprint.
    /// Default: the id. Values that only what stands around them gives away are all of one family, whatever this says.
    #[serde(default)]
    pub family: Option<String>,
    /// One line for people: what was found.
    pub title: String,
    /// Name of the provider; the file's, where the signature has none.
    #[serde(default)]
    pub provider: String,
    /// What the secret opens.
    pub severity: Severity,
    /// How long it works.
    pub lifetime: Lifetime,
    /// What somebody who holds it can do, in a sentence; empty where the title says it.
    #[serde(default)]
    pub opens: String,
    /// Words that must be in the text for the pattern to be tried. Matched without regard to the case of ASCII letters unless
    /// `case-sensitive` is set. Only `recogniser = "file"`, `"lines"` and `"bytes"` have none.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Whether the keywords are matched with their case. Default: true without `context`, false with it.
    #[serde(default)]
    pub case_sensitive: Option<bool>,
    /// How the secret is recognised.
    #[serde(default)]
    pub recogniser: Recogniser,
    /// The shape, as a regular expression over bytes, without Unicode. With `context`: of the value alone.
    #[serde(default)]
    pub pattern: String,
    /// Name or number of the capture group that is the secret. Default: the group named `secret`, else the whole match.
    #[serde(default)]
    pub group: Option<toml::Value>,
    /// Bytes within which the value must begin after the end of a keyword, on the same or the next line: for shapes that
    /// mean nothing without the word. 0 or absent: the keyword is part of every match.
    #[serde(default)]
    pub context: u32,
    /// For patterns without a longest match (`*`, `+`): the bytes after the keyword that are looked at. At most 65,536.
    #[serde(default)]
    pub reach: u32,
    /// For patterns that look far: whether every match holds one keyword once, apart from other words. The next keyword of the
    /// same kind then ends the search, so that no text of keywords makes it slow.
    #[serde(default)]
    pub once: bool,
    /// Whether the bytes beside a match must not continue it: see [`Rule`]. Default true.
    #[serde(default = "yes")]
    pub boundary: bool,
    /// Least Shannon entropy of the secret, in bits a character; 0 to 6. Below 4 no more is asked of hexadecimal digits than random ones have.
    #[serde(default)]
    pub entropy: f32,
    /// The structural check.
    #[serde(default)]
    pub proof: Option<Proof>,
    /// Ids of signatures one of which must stand within 1,024 bytes for this one to count as more than `possible`.
    #[serde(default)]
    pub companions: Vec<String>,
    /// Ids of signatures whose finds are the id that a secret of this one belongs to. In a report the two are joined, wherever
    /// in a target they lie, when one clearly belongs to the other.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Globs of paths; where present the rule counts only there.
    #[serde(default)]
    pub paths: Vec<String>,
    /// An identifier: never reported alone, only read beside a secret.
    #[serde(default)]
    pub identifier: bool,
    /// Free words for `--only` and `--without`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Where to make a new one: a link, or a sentence.
    #[serde(default)]
    pub rotate: String,
    /// Where to make this one useless: a link, or a sentence.
    #[serde(default)]
    pub revoke: String,
    /// What the recogniser `service` looks for; none else has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<service::Value>,
    /// What the recognisers `command` and `directive` look for: see [`form`]. Their keywords are read from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<String>,
    /// Templates (see [`template`]) each of which must be found, and found with exactly the secret that
    /// stands between `⟦` and `⟧` where these are given.
    pub examples: Vec<String>,
    /// Templates that must not be found by this signature.
    #[serde(default)]
    pub counterexamples: Vec<String>,
}

impl Signature {
    /// What fingerprints of its secrets are made with: the family, or else the oldest name, which is the first of the former ones.
    pub fn family(&self) -> &str {
        self.family.as_deref().or(self.aliases.first().map(String::as_str)).unwrap_or(&self.id)
    }

    /// Whether this is its id or a former one.
    pub fn is_called(&self, name: &str) -> bool {
        self.id == name || self.aliases.iter().any(|alias| alias == name)
    }
}

fn yes() -> bool {
    true
}
