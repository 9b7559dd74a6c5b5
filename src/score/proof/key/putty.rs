//! PuTTY's key files: named lines, two runs of base64, and a MAC that holds without a passphrase if there is none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::{Outcome, detail, known};
use super::{armour, fingerprint, openssh};
use crate::signature::Severity;
use crate::signature::checksum::putty::Key;

const BROKEN: Outcome = Outcome::Failed { why: "it is no whole PuTTY key file" };
/// Lines of base64 in a section; the largest keys have about 50.
const MAX_LINES: usize = 1_000;

/// A key file as it is written.
struct File {
    lines: Vec<String>,
    version: &'static str,
    public: Vec<u8>,
    private: Vec<u8>,
}

impl File {
    fn read(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text).replace("\\r", "").replace("\\n", "\n");
        // What a comment, a quotation or a list has before its lines.
        let marks: &[char] = &['#', '>', '*', '|', ';', ' ', '\t'];
        let lines = text
            .lines()
            .map(|line| line.trim_start_matches(marks).trim_end().trim_matches(['"', '\'', ',', '\\']))
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        let mut file = File { lines, version: "", public: Vec::new(), private: Vec::new() };
        let is_named = |version: &&str| file.named(&format!("PuTTY-User-Key-File-{version}")).is_some();
        file.version = ["1", "2", "3"].into_iter().find(is_named)?;
        (file.public, file.private) = (file.section("Public-Lines")?, file.section("Private-Lines")?);
        file.named("Encryption").is_some().then_some(file)
    }

    fn placed(&self, name: &str) -> Option<(usize, &str)> {
        let value = |line: &'_ String| line.find(name).map(|at| at + name.len());
        let lines = self.lines.iter().enumerate();
        lines.filter_map(|(at, line)| Some((at, line[value(line)?..].strip_prefix(": ")?))).next()
    }

    fn named(&self, name: &str) -> Option<&str> {
        self.placed(name).map(|(_, value)| value)
    }

    fn section(&self, name: &str) -> Option<Vec<u8>> {
        let (at, count) = self.placed(name)?;
        let count = count.parse::<usize>().ok().filter(|&count| count <= MAX_LINES)?;
        STANDARD.decode(self.lines.get(at + 1..at + 1 + count)?.concat()).ok()
    }

    fn is_encrypted(&self) -> bool {
        self.named("Encryption") != Some("none")
    }
}

/// What tells a key from others: its public half, whatever version the file has.
pub(in super::super) fn identity(text: &[u8]) -> Vec<u8> {
    match File::read(text) {
        Some(file) => super::with_passphrase(file.is_encrypted(), fingerprint::of(&file.public).as_bytes()),
        None => armour::compact(text),
    }
}

pub(in super::super) fn check(text: &[u8]) -> Outcome {
    let Some(file) = File::read(text) else { return BROKEN };
    let File { version, public, private, .. } = &file;
    let algorithm = file.named(&format!("PuTTY-User-Key-File-{version}")).unwrap_or_default();
    let mut details = vec![detail("key_type", algorithm), detail("fingerprint", &fingerprint::of(public))];
    let known = openssh::half(public).and_then(known::public_key);
    details.extend(known.map(|owner| detail("known_key", owner)));
    if file.is_encrypted() {
        details.push(detail("encrypted", "yes"));
        return Outcome::Plausible { details, severity: Some(Severity::Medium) };
    }
    details.push(detail("encrypted", "no"));
    // The first version has a plain hash in place of the MAC.
    let Some(mac) = file.named("Private-MAC") else {
        return Outcome::Plausible { details, severity: None };
    };
    let key = Key {
        version: if *version == "3" { 3 } else { 2 },
        algorithm: algorithm.as_bytes(),
        comment: file.named("Comment").unwrap_or_default().as_bytes(),
        public,
        private,
    };
    if key.mac() == mac.trim() {
        Outcome::Passed { details, severity: known.map(|_| Severity::Low) }
    } else {
        Outcome::Failed { why: "its MAC does not hold" }
    }
}
