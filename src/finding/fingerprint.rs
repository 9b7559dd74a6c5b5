//! Stable names for secrets that do not give them away.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::score::checks::is_machine_made;
use crate::score::entropy::shannon;
use crate::signature::{Proof, Rule, RuleSet};

/// The salt used where none is given. It is public: whoever holds a fingerprint made with it can test guesses against
/// it, as with any unsalted hash. An organisation that publishes fingerprints gives a salt of its own.
pub const PUBLIC_SALT: &[u8] = b"scrubjay fingerprint, version 1, no salt given";

/// Begins every fingerprint; its number changes with how they are made.
const PREFIX: &str = "sj1:";
/// Hexadecimal digits after it.
const DIGITS: usize = 64;
/// Of a guessable secret, the bits of its fingerprint that stand where others can read the salt, too. Of 10,000 common
/// passwords about 40 have the same, which is why this is not more; another secret at the same place passes for it by a
/// chance of 1 in 256, which is why it is not less.
pub const SHORT_BITS: usize = 8;
/// The same in hexadecimal digits.
const SHORT_DIGITS: usize = SHORT_BITS / 4;

/// Memory of one Argon2id pass over a weak secret, in KiB. This and [`STRETCH_PASSES`] are part of the fingerprint: they
/// change only with the `sj1` in front of it. Together they cost some milliseconds on one core.
const STRETCH_KIB: u32 = 8 * 1024;
/// Argon2id passes over that memory.
const STRETCH_PASSES: u32 = 2;
/// Distinct weak secrets remembered; at about 150 bytes each.
const STRETCHED_MAX: usize = 1 << 16;

/// Least bits of a secret that nobody can guess.
const STRONG_BITS: f32 = 80.0;
/// The same of a value without a shape: phrases reach the other, 24 random letters and digits and 30 hexadecimal digits reach
/// this.
const MADE_BITS: f32 = 100.0;

/// The family of all values that have no shape of their own.
pub const SHAPELESS: &str = "shapeless";

/// What a fingerprint is made of beside the secret and the salt. It is told from the bytes alone where they have no shape: one
/// password in an address, in an assignment and in a command line has one fingerprint, whichever of these a scan comes to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind<'a> {
    /// The family of the rule whose shape it has, or the one of all values without a shape.
    pub family: &'a str,
    /// Whether it could be guessed: people chose it, or it has too few bits. What is long and makes no words was not chosen by
    /// anybody.
    pub guessable: bool,
}

impl<'a> Kind<'a> {
    /// That of a secret which a rule found.
    pub fn of((rules, rule): (&'a RuleSet, &'a Rule), secret: &[u8]) -> Self {
        let bits = shannon(secret) * (secret.len() as f32);
        match shape_of((rules, rule), secret) {
            Some(shape) => Kind {
                family: shape.signature.family(),
                guessable: matches!(shape.signature.proof, Some(Proof::Password | Proof::EncodedPassword))
                    || bits < STRONG_BITS,
            },
            None => Kind { family: SHAPELESS, guessable: bits < MADE_BITS || !is_machine_made(secret) },
        }
    }
}

/// Whether a secret has so many bits that nobody made it up. `entropy` is in bits a character.
pub fn is_strong(secret: &[u8], entropy: f32) -> bool {
    entropy * (secret.len() as f32) >= STRONG_BITS
}

/// The rule whose shape a secret has: its own, or that of the family, where what stands beside it gave it away.
fn shape_of<'a>((rules, rule): (&'a RuleSet, &'a Rule), secret: &[u8]) -> Option<&'a Rule> {
    // A key is told by its public half, however it stands there.
    if rule.is_of_shape() || matches!(rule.signature.proof, Some(Proof::PrivateKey)) {
        return Some(rule);
    }
    let head = rules.get(rule.signature.family.as_deref()?)?;
    let has_shape =
        head.is_of_shape() && head.regex().find(secret).is_some_and(|found| found.range() == (0..secret.len()));
    has_shape.then_some(head)
}

/// `sj1:` and an HMAC-SHA-256 over a family and the secret, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Fingerprint(String);

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Fingerprint::parse(&text).ok_or("is no fingerprint")
    }
}

impl Fingerprint {
    /// Reads a fingerprint from text: `sj1:` and 64 hexadecimal digits, whose case does not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let whole = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        whole.then(|| Fingerprint(format!("{PREFIX}{}", digits.to_ascii_lowercase())))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a file keeps of a fingerprint: all of it, or its first [`SHORT_BITS`], where who reads the file could try guesses.
/// So many guesses fit these that none is confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kept(String);

impl Kept {
    /// All of it.
    pub fn whole(fingerprint: &Fingerprint) -> Self {
        Kept(fingerprint.0.clone())
    }

    /// Its first bits alone.
    pub fn short(fingerprint: &Fingerprint) -> Self {
        Kept(fingerprint.0[..PREFIX.len() + SHORT_DIGITS].to_owned())
    }

    /// Reads either from text, whatever the case of its digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_kept =
            matches!(digits.len(), SHORT_DIGITS | DIGITS) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_kept.then(|| Kept(format!("{PREFIX}{}", digits.to_ascii_lowercase())))
    }

    /// Whether it is the first bits alone: then other secrets have them, too.
    pub fn is_short(&self) -> bool {
        self.0.len() < PREFIX.len() + DIGITS
    }

    /// Whether it can be what was kept of a fingerprint. `guessable`: whether that is one of a secret of which first bits are kept.
    pub fn fits(&self, fingerprint: &Fingerprint, guessable: bool) -> bool {
        if self.is_short() { guessable && fingerprint.0.starts_with(&self.0) } else { self.0 == fingerprint.0 }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

type Digest = [u8; 32];

/// Makes fingerprints with one salt. Can be shared between threads.
pub struct Fingerprinter {
    keyed: Hmac<Sha256>,
    stretch_salt: Digest,
    /// Results of Argon2id, by a keyed hash of the secret, so that no secret is kept here.
    stretched: Mutex<HashMap<Digest, Arc<OnceLock<Digest>>>>,
    /// Memory of Argon2id that is not in use, of as many passes as were made at once: to have it from the system anew costs
    /// a third of a pass.
    memory: Mutex<Vec<Vec<Block>>>,
}

impl fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprinter").finish_non_exhaustive()
    }
}

impl Fingerprinter {
    /// With this salt, or with [`PUBLIC_SALT`].
    pub fn new(salt: Option<&[u8]>) -> Self {
        let keyed = Hmac::new_from_slice(salt.unwrap_or(PUBLIC_SALT)).expect("HMAC takes a key of any length");
        // Argon2 wants at least 8 bytes of salt, users may give fewer.
        let stretch_salt = digest(&keyed, &[b"argon2id salt"]);
        Fingerprinter { keyed, stretch_salt, stretched: Mutex::default(), memory: Mutex::default() }
    }

    /// The fingerprint of a secret. `strong`: the secret has a provider's structure or at least 80 bits, so that a
    /// plain HMAC is enough; others go through Argon2id first, once for each distinct value.
    pub fn of(&self, family: &str, secret: &[u8], strong: bool) -> Fingerprint {
        let sum = if strong {
            digest(&self.keyed, &[family.as_bytes(), b"\0", secret])
        } else {
            digest(&self.keyed, &[family.as_bytes(), b"\0", &self.stretch(secret)])
        };
        let mut text = String::with_capacity(PREFIX.len() + DIGITS);
        text.push_str(PREFIX);
        for byte in sum {
            write!(text, "{byte:02x}").expect("a string can be written to");
        }
        Fingerprint(text)
    }

    fn stretch(&self, secret: &[u8]) -> Digest {
        let key = digest(&self.keyed, &[b"stretched\0", secret]);
        let slot = {
            let mut stretched = self.stretched.lock().unwrap_or_else(PoisonError::into_inner);
            if stretched.len() >= STRETCHED_MAX && !stretched.contains_key(&key) {
                stretched.clear();
            }
            stretched.entry(key).or_default().clone()
        };
        // Outside the lock: other threads stretch other secrets meanwhile, and those with the same one wait here.
        *slot.get_or_init(|| {
            let params = Params::new(STRETCH_KIB, STRETCH_PASSES, 1, Some(32)).expect("the parameters are in range");
            let count = params.block_count();
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let mut sum = [0; 32];
            let mut memory = self.free_memory().pop().unwrap_or_else(|| vec![Block::new(); count]);
            let made = argon2.hash_password_into_with_memory(secret, &self.stretch_salt, &mut sum, &mut memory);
            self.free_memory().push(memory);
            match made {
                Ok(()) => sum,
                // Only a secret of 4 GiB is refused, and nobody guesses that one.
                Err(_) => key,
            }
        })
    }

    fn free_memory(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> Digest {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strong_secret_is_a_plain_hmac() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what\0 do ya want for nothing?");
        let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let made = Fingerprinter::new(Some(b"Jefe")).of("what", b" do ya want for nothing?", true);
        assert_eq!(made.as_str(), format!("sj1:{expected}"));
        assert_eq!(Fingerprint::parse(&made.as_str().to_uppercase().replace("SJ1", "sj1")), Some(made));
    }

    #[test]
    fn salt_family_secret_and_strength_each_matter_and_nothing_else_does() {
        let public = Fingerprinter::new(None);
        let all = [
            public.of("a", b"secret", true),
            public.of("b", b"secret", true),
            public.of("a", b"secrets", true),
            public.of("a", b"secret", false),
            public.of("b", b"secret", false),
            Fingerprinter::new(Some(b"x")).of("a", b"secret", true),
            Fingerprinter::new(Some(b"x")).of("a", b"secret", false),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(Fingerprint::parse(one.as_str()).is_some(), "{one}");
            assert!(!all[..index].contains(one), "{index}");
        }
        assert_eq!(Fingerprinter::new(None).of("a", b"secret", false), all[3]);
        assert_eq!(public.of("a", b"secret", false), all[3]);
    }

    // The values are a promise: baselines and allow entries hold them. The second is HMAC-SHA-256 as any other tool makes it.
    #[test]
    fn fingerprints_never_change() {
        let public = Fingerprinter::new(None);
        assert_eq!(
            public.of("password", b"hunter2", false).as_str(),
            "sj1:ebd6a38a2165fa5ac4fed9278b358c3a6a42c28e40a74765691c12fbc7addb9e"
        );
        assert_eq!(
            public.of("password", b"hunter2", true).as_str(),
            "sj1:d22334f5eae989f97692f170ec88d7c3b1179ec021e1e736083170f4569b0c09"
        );
    }

    #[test]
    fn a_weak_secret_is_stretched_once_whoever_asks() {
        let public = Fingerprinter::new(None);
        let made: Vec<Fingerprint> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| public.of("password", b"correct horse", false))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(public.stretched.lock().unwrap().len(), 1);
    }

    fn rules() -> RuleSet {
        RuleSet::compile(&crate::signature::embedded().unwrap(), false).unwrap()
    }

    #[test]
    fn what_people_chose_can_be_guessed_and_what_machines_made_cannot() {
        let all = rules();
        let is = |rule: &str, secret: &[u8]| Kind::of((&all, all.get(rule).unwrap()), secret).guessable;
        let made = b"7f3a90c41be25d8861f0a97c3e42b5d8";
        assert!(!is("generic-secret", made) && !is("generic-api-key", b"qV3nT8xR1zLp6Wk9Jb2Hs7Gd"));
        for chosen in
            ["correct-horse-battery-staple-1984", "ThisIsTheSecretOfOurCompany2024", "7f3a90c41be25d88", "Tr0ub4dor&3"]
        {
            assert!(is("generic-secret", chosen.as_bytes()), "{chosen}");
        }
    }

    #[test]
    fn what_has_no_shape_is_of_one_kind_whatever_gave_it_away() {
        let all = rules();
        let kind = |rule: &str, secret: &[u8]| Kind::of((&all, all.get(rule).unwrap()), secret);
        for value in [&b"Tannen-Zapfen-88x"[..], b"qV3nT8xR1zLp6Wk9Jb2Hs7Gd"] {
            let first = kind("generic-password", value);
            for rule in [
                "generic-api-key",
                "url-password",
                "login-arguments-password",
                "curl-user-password",
                "mysql-command-password",
            ] {
                assert_eq!(kind(rule, value), first, "{rule}");
            }
        }
        let of_family = |rule: &str, template: &str| {
            let secret = crate::signature::template::expand(template, 5).unwrap().text;
            kind(rule, &secret).family.to_owned()
        };
        let token = "{dig:9}:AA{b64u:33}";
        assert_eq!(of_family("telegram-bot-token", token), "telegram-bot-token");
        assert_eq!(of_family("telegram-bot-url", token), "telegram-bot-token", "its bytes have the shape");
        assert_eq!(of_family("telegram-bot-url", "{dig:9}:BB{b64u:33}"), SHAPELESS);
    }

    #[test]
    fn debug_and_parse_give_nothing_away() {
        assert_eq!(format!("{:?}", Fingerprinter::new(Some(b"salt"))), "Fingerprinter { .. }");
        for wrong in ["", "sj1:", "sj2:00", "sj1:xyz", &format!("sj1:{}g", "0".repeat(63))] {
            assert_eq!(Fingerprint::parse(wrong), None, "{wrong}");
        }
    }
}
