//! PuTTY's key files: named lines, two runs of base64, and a MAC that holds without a passphrase if there is none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::{Outcome, detail, known};
use super::{fingerprint, openssh};
use crate::signature::Severity;
use crate::signature::checksum::putty::Key;

const BROKEN: Outcome = Outcome::Failed { why: "it is no whole PuTTY key file" };
/// Lines of base64 in a section; the largest keys have about 50.
const MAX_LINES: usize = 1_000;

pub(in super::super) fn check(text: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(text).replace("\\r", "").replace("\\n", "\n");
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim().trim_matches(['"', '\'', ',', '\\']))
        .filter(|line| !line.is_empty())
        .collect();
    let named = |name: &str| {
        lines.iter().enumerate().find_map(|(at, line)| Some((at, line.split_once(name)?.1.strip_prefix(": ")?)))
    };
    let section = |name: &str| {
        let (at, count) = named(name)?;
        let count = count.parse::<usize>().ok().filter(|&count| count <= MAX_LINES)?;
        STANDARD.decode(lines.get(at + 1..at + 1 + count)?.concat()).ok()
    };
    let head = ["1", "2", "3"].into_iter().find_map(|version| {
        let (_, algorithm) = named(&format!("PuTTY-User-Key-File-{version}"))?;
        Some((version, algorithm))
    });
    let (Some((version, algorithm)), Some((_, encryption)), Some(public), Some(private)) =
        (head, named("Encryption"), section("Public-Lines"), section("Private-Lines"))
    else {
        return BROKEN;
    };
    let mut details = vec![detail("key_type", algorithm), detail("fingerprint", &fingerprint::of(&public))];
    let known = openssh::half(&public).and_then(known::public_key);
    details.extend(known.map(|owner| detail("known_key", owner)));
    if encryption != "none" {
        details.push(detail("encrypted", "yes"));
        return Outcome::Plausible { details, severity: Some(Severity::Medium) };
    }
    details.push(detail("encrypted", "no"));
    // The first version has a plain hash in place of the MAC.
    let Some((_, mac)) = named("Private-MAC") else {
        return Outcome::Plausible { details, severity: None };
    };
    let comment = named("Comment").map_or("", |(_, comment)| comment);
    let key = Key {
        version: if version == "3" { 3 } else { 2 },
        algorithm: algorithm.as_bytes(),
        comment: comment.as_bytes(),
        public: &public,
        private: &private,
    };
    if key.mac() == mac.trim() {
        Outcome::Passed { details, severity: known.map(|_| Severity::Low) }
    } else {
        Outcome::Failed { why: "its MAC does not hold" }
    }
}
