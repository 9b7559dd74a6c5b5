//! Structural proofs: what can be said of a token without asking anybody.
//!
//! One file a family of formats. Nothing here knows a rule, a path or the time: an expiry is read out as text, and who has
//! a clock compares it.

mod checksums;
mod cloud;
mod json;
mod jwt;
mod key;
mod keytab;
mod known;
mod macaroon;
mod mnemonic;
mod password;
mod signed_url;
mod structure;
mod text;

use super::Detail;
use crate::signature::{Proof, Severity};

/// What a structural check says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The check passed: the candidate is proven.
    Passed {
        /// What was read out of it.
        details: Vec<Detail>,
        /// A severity that fits better than the signature's.
        severity: Option<Severity>,
    },
    /// It decodes as it should, but the format has no checksum: the confidence stays what it was.
    Plausible {
        /// What was read out of it.
        details: Vec<Detail>,
        /// A severity that fits better than the signature's.
        severity: Option<Severity>,
    },
    /// A certain check failed: at most `possible`.
    Failed {
        /// Why, without a byte of the secret.
        why: &'static str,
    },
    /// It is something else: not a finding.
    Drop {
        /// What it is.
        why: &'static str,
    },
}

impl Outcome {
    /// Passed, with nothing read out.
    fn passed() -> Self {
        Outcome::Passed { details: Vec::new(), severity: None }
    }

    /// Plausible, with nothing read out.
    fn plausible() -> Self {
        Outcome::Plausible { details: Vec::new(), severity: None }
    }

    /// A checksum that holds or does not.
    fn checksum(holds: bool) -> Self {
        if holds { Outcome::passed() } else { Outcome::Failed { why: "its checksum does not hold" } }
    }
}

/// Checks a password that stands where no code can.
pub fn literal(secret: &[u8], around: &[u8]) -> Outcome {
    password::in_place(secret, around, false)
}

/// Runs a check over a secret; `around` is the text of the candidate's window, for formats that span more than the secret.
pub fn check(proof: Proof, secret: &[u8], around: &[u8]) -> Outcome {
    match proof {
        Proof::GithubCrc32 => checksums::github(secret),
        Proof::GithubCrc32Hint => checksums::hint(checksums::github(secret)),
        Proof::VercelCrc32 => checksums::vercel(secret),
        Proof::GitlabRoutable => checksums::gitlab(secret),
        Proof::GrafanaCrc32 => checksums::grafana(secret),
        Proof::ZuploCrc32 => checksums::zuplo(secret),
        Proof::CloudflareCrc32 => checksums::hint(checksums::cloudflare(secret)),
        Proof::ConfluentCrc32 => checksums::confluent(secret),
        Proof::AtlassianCrc32 => checksums::atlassian(secret),
        Proof::CratesTrustedPublishing => checksums::crates(secret),
        Proof::AgeBech32 => checksums::age(secret),
        Proof::Base58Check => checksums::base58check(secret),
        Proof::StellarCrc16 => checksums::stellar(secret),
        Proof::NkeyCrc16 => checksums::nkey(secret),
        Proof::MatrixCrc32 => checksums::matrix(secret),
        Proof::SynapseCrc32 => checksums::hint(checksums::synapse(secret)),
        Proof::Bech32 => checksums::bech32(secret),
        Proof::AzureHisV1 => cloud::azure_first_generation(secret),
        Proof::AzureHisV2 => cloud::azure_second_generation(secret),
        Proof::AzureDevopsPat => cloud::azure_devops(secret),
        Proof::EntraClientSecret => cloud::entra(secret),
        Proof::GoogleApiKey => cloud::google_api_key(around),
        Proof::AwsKeyId => cloud::aws_key_id(secret, around),
        Proof::AwsEcr => cloud::aws_ecr(secret),
        Proof::AwsSesSmtp => cloud::aws_ses(secret),
        Proof::NugetV4 => structure::nuget(secret),
        Proof::PypiMacaroon => macaroon::pypi(secret),
        Proof::FlyMacaroon => macaroon::fly(secret),
        Proof::DiscordSnowflake => structure::discord(secret),
        Proof::JiraDataCenter => structure::jira(secret),
        Proof::ConjurKey => structure::conjur(secret),
        Proof::WireguardKey => structure::wireguard(secret),
        Proof::Jwt => jwt::check(secret),
        Proof::OnePasswordServiceAccount => json::onepassword(secret),
        Proof::SentryOrg => json::sentry(secret),
        Proof::Mapbox => json::mapbox(secret),
        Proof::GrafanaJson => json::grafana(secret),
        Proof::GoogleServiceAccount => json::google(secret, around),
        Proof::PrivateKey => key::check(secret, around),
        Proof::PrivateKeyDer => key::binary(secret, around),
        Proof::Keytab => keytab::check(secret, around),
        Proof::PuttyKey => key::putty(secret),
        Proof::BasicAuth => password::basic(secret),
        Proof::EncodedPassword => password::encoded(secret),
        Proof::Password => password::in_place(secret, around, true),
        Proof::SupabaseKey => checksums::supabase(secret, around),
        Proof::Bip39Mnemonic => mnemonic::check(secret),
        Proof::JwkPrime => json::jwk_prime(secret, around),
        Proof::SignedUrl => signed_url::check(secret, around),
    }
}

/// What tells a private key from others: its public half where that is known, else what its armour holds.
pub fn key_identity(secret: &[u8]) -> Vec<u8> {
    key::identity(secret)
}

/// The same of a key in DER, as far as a pattern took it; `None` where that does not show it.
pub fn binary_key_identity(beginning: &[u8]) -> Option<Vec<u8>> {
    key::binary_identity(beginning)
}

/// The same of a key file of PuTTY.
pub fn putty_identity(secret: &[u8]) -> Vec<u8> {
    key::putty_identity(secret)
}

/// The detail that says until when the certificate of a key is good.
pub const CERTIFICATE_EXPIRES: &str = "certificate_expires";

/// What the certificates in a text say that belongs to a private key; nothing where none does.
pub fn certificate(key: &[u8], text: &[u8]) -> Vec<Detail> {
    key::certificate(key, text)
}

/// How much a checksum says when it does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// The token is broken.
    Certain,
    /// Nothing: the formula is not published, or not for every kind.
    Hint,
}

/// Whether a check is a checksum over every character of the secret, so that a changed one always shows. `None` for checks
/// of structure.
pub fn checksum(proof: Proof) -> Option<Strength> {
    match proof {
        Proof::GithubCrc32Hint | Proof::CloudflareCrc32 | Proof::SynapseCrc32 => Some(Strength::Hint),
        Proof::GithubCrc32
        | Proof::VercelCrc32
        | Proof::GitlabRoutable
        | Proof::GrafanaCrc32
        | Proof::ZuploCrc32
        | Proof::ConfluentCrc32
        | Proof::AtlassianCrc32
        | Proof::AzureHisV1
        | Proof::AzureHisV2
        | Proof::AzureDevopsPat
        | Proof::EntraClientSecret
        | Proof::CratesTrustedPublishing
        | Proof::PuttyKey
        | Proof::AgeBech32
        | Proof::Base58Check
        | Proof::StellarCrc16
        | Proof::NkeyCrc16
        | Proof::MatrixCrc32
        | Proof::Bech32 => Some(Strength::Certain),
        _ => None,
    }
}

/// The longest value of a detail, in characters.
const MAX_DETAIL: usize = 160;

/// A detail with a printable value: control characters become `?`, and long values are cut, before the word that is too long: of a
/// token nobody would know the beginning for one. Who made the secret may have written anything there.
fn detail(name: &'static str, value: &str) -> Detail {
    let value = text::public_address(value);
    let printable = |character: char| if character.is_control() { '?' } else { character };
    let mut shown: String = value.chars().take(MAX_DETAIL).map(printable).collect();
    if value.chars().nth(MAX_DETAIL).is_some() {
        let is_word = |character: char| character.is_alphanumeric() || "_-+/=.~%".contains(character);
        shown.truncate(shown.trim_end_matches(is_word).len());
        shown.push('…');
    }
    Detail { name, value: shown }
}

#[cfg(test)]
mod tests;
