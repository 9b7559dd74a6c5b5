//! The one judge: matcher, decoders and score over a blob.
//!
//! A blob is judged whole where it is in memory and in overlapping parts where it is streamed; since a candidate is a
//! function of its window alone, both give the same result.

mod certificates;
mod coloured;
mod dense;
mod encoded;
mod found;
mod parts;
mod position;
mod precedence;
mod units;
mod version;

use std::cell::RefCell;
use std::io;
use std::ops::{ControlFlow, Range};

use crate::blob::{Blob, Content, Rendered, Texts, Version};
use crate::candidate::Candidate;
use crate::decode::runs::{self, Run, spots};
use crate::decode::{self, contents, sops, utf16};
use crate::matcher::Matcher;
use crate::matcher::effort::{self, Taken};
use crate::matcher::keywords::Word;
use crate::origin::{ObjectKind, Origin, Step};
use crate::score::{self, Verdict};
use crate::signature::{Rule, RuleSet, Severity};
use parts::Part;
use position::Lines;
pub use position::Position;

/// Judges blobs with one set of rules.
#[derive(Debug)]
pub struct Detector<'r> {
    rules: &'r RuleSet,
    text: Matcher<'r>,
    binary: Matcher<'r>,
    /// For each rule whether another one asks for it.
    is_companion: Vec<bool>,
    /// For each rule whether secrets of another one belong to its finds.
    is_id: Vec<bool>,
    /// The word `secret`, where it is one of the rules'.
    secret_word: Option<u16>,
    /// The least severity that is reported.
    least: Severity,
}

/// A candidate that was judged. Borrowed: what is to be kept is copied by the caller.
#[derive(Debug)]
pub struct Found<'a> {
    /// Its rule.
    pub rule: &'a Rule,
    /// The match; spans are into `text`.
    pub candidate: Candidate,
    /// The text the candidate was matched in: the file, a part of it, or what was decoded from it.
    pub text: &'a [u8],
    /// The file, or the part of it, around the find as stored; equal to `text` unless it was decoded.
    pub stored: &'a [u8],
    /// Where the secret, or the encoded run it was decoded from, stands in `stored`.
    pub stored_secret: Range<usize>,
    /// Where it lies in the file.
    pub position: Position,
    /// The judgement; dropped candidates (confidence `None`) are handed over too, for `explain` and for masking.
    pub verdict: Verdict,
    /// The decoder it went through; `None` for plain text.
    pub decoder: Option<&'static str>,
    /// Whether it is an id that a secret may belong to; one that is no secret by itself has no confidence.
    pub is_id: bool,
}

fn is_settled(verdict: &Verdict) -> bool {
    verdict.confidence.is_none() && verdict.reasons.iter().any(|why| precedence::SETTLED.contains(&why.name))
}

/// A candidate with its judgement, before positions are known.
struct Judged {
    candidate: Candidate,
    verdict: Verdict,
    /// Index of the decoded text the spans are into; `None`: the part itself.
    decoded: Option<usize>,
    /// Where it stands in the part.
    stored: Range<usize>,
    /// Whether it was dropped only since it is an identifier.
    is_identifier: bool,
}

impl Judged {
    fn new(candidate: Candidate, verdict: Verdict, decoded: Option<usize>, stored: Range<usize>) -> Self {
        Judged { candidate, verdict, decoded, stored, is_identifier: false }
    }
}

struct DecodedText {
    text: Vec<u8>,
    decoder: &'static str,
}

/// What a text may hold encoded.
#[derive(Debug)]
struct Holds {
    /// Kubernetes `Secret` manifests, as its words tell.
    manifest: bool,
    /// Contents of files in fields of configuration, as its words tell.
    contents: bool,
    /// Whatever else.
    runs: Vec<Run>,
}

impl Holds {
    /// `contents`: whether one of the marks stands in the text; `spots`: where something encoded may begin.
    fn of(text: &[u8], manifest: bool, contents: bool, spots: &[u32]) -> Self {
        let is_quoted = contents && memchr::memmem::find(text, runs::QUOTED_PRINTABLE.as_bytes()).is_some();
        Holds { manifest, contents, runs: runs::of(text, spots, is_quoted) }
    }
}

/// What is told of a text, or of a part of it: all its candidates. It may end the judging.
pub type Report<'a> = dyn FnMut(&[Found<'_>]) -> ControlFlow<()> + 'a;

/// Bytes of the beginning that tell what kind of content it is.
const BEGINNING: usize = 8_000;
/// UTF-16 and UTF-32 are decoded as a whole; streams above this many bytes are judged as raw bytes instead.
const UTF16_MOST: usize = 32 << 20;
/// Base64 values of assignments are decoded from this length on: shorter ones hold no token.
const BASE64_LEAST: usize = 24;
/// Those with padding from this length on.
const BASE64_PADDED_LEAST: usize = 8;

impl<'r> Detector<'r> {
    /// Builds the keyword tables.
    pub fn new(rules: &'r RuleSet) -> Self {
        Detector::with(rules, &|_| true)
    }

    /// Of some rules only: finds what they find where no other rule has a say.
    pub fn with(rules: &'r RuleSet, wanted: &dyn Fn(&Rule) -> bool) -> Self {
        use crate::matcher::WordClass::Generic;
        use crate::matcher::keywords::Engine::Filter;
        let mut is_companion = vec![false; rules.rules.len()];
        for companion in rules.rules.iter().flat_map(|rule| &rule.signature.companions) {
            if let Some(rule) = rules.get(companion) {
                is_companion[usize::from(rule.index)] = true;
            }
        }
        let mut is_id = vec![false; rules.rules.len()];
        for &id in rules.rules.iter().flat_map(|rule| &rule.ids) {
            is_id[usize::from(id)] = true;
        }
        let marks = [&contents::MARKS[..], &[runs::QUOTED_PRINTABLE, sops::MARK]].concat();
        let text = Matcher::with_marks(rules, &marks, Filter, &|_, rule| wanted(rule));
        let is_secret = |word: &Word| *word.text == *b"secret" && !word.case_sensitive;
        let secret_word = text.keywords().words().iter().position(is_secret).map(|word| word as u16);
        Detector {
            rules,
            text,
            is_companion,
            is_id,
            secret_word,
            least: Severity::Info,
            // In programs and other binary content names say nothing of the bytes that follow them.
            binary: Matcher::with(rules, Filter, &|class, rule| class != Generic && wanted(rule)).for_binary(),
        }
    }

    /// For a report of this severity and more: what a signature of a user finds takes the place of another find only where it is
    /// reported.
    #[must_use]
    pub fn reporting(self, least: Severity) -> Self {
        Detector { least, ..self }
    }

    /// The rules.
    pub fn rules(&self) -> &'r RuleSet {
        self.rules
    }

    /// Judges a blob; calls `report` once for a blob, or a part of a streamed one, that holds a candidate which was not
    /// dropped, one that was dropped only for what another one is, or an id that secrets belong to (with `dropped`: any
    /// candidate), with all its candidates in the order of their places. Returns the number
    /// of bytes read.
    ///
    /// # Errors
    /// The read error of a stream; what was read before it has been judged.
    pub fn judge(&self, blob: Blob<'_>, dropped: bool, report: &mut dyn FnMut(&[Found<'_>])) -> io::Result<u64> {
        let mut report = |found: &[Found<'_>]| {
            report(found);
            ControlFlow::Continue(())
        };
        self.judge_with_effort(blob, dropped, &mut report).0
    }

    /// The same, and what it took: rules that were given up in it may have missed something there. `report` may end it after a
    /// part; the error says so where there are more.
    pub fn judge_with_effort(
        &self,
        blob: Blob<'_>,
        dropped: bool,
        report: &mut Report<'_>,
    ) -> (io::Result<u64>, Taken) {
        let Blob { origin, content } = blob;
        let Content::Version(Version { bytes, base, carry }) = content else {
            return effort::of_text(|| self.judge_content(Blob { origin, content }, dropped, report));
        };
        let (result, taken) = effort::of_text(|| {
            let content = Content::Version(Version { bytes, base, carry: &mut *carry });
            self.judge_content(Blob { origin, content }, dropped, report)
        });
        if !taken.given_up.is_empty() {
            // What was missed would be missed in all that is made from it, without a word.
            carry.clear();
        }
        (result, taken)
    }

    fn judge_content(&self, blob: Blob<'_>, dropped: bool, report: &mut Report<'_>) -> io::Result<u64> {
        // What is found in a rendered text is led back from the whole.
        let asked =
            Asked { is_file: is_file(&blob.origin), dropped, in_parts: !matches!(blob.content, Content::Rendered(_)) };
        let (size, lines) = (parts::SLICE, Lines::default());
        match blob.content {
            Content::Bytes(bytes)
            | Content::Texts(Texts { text: bytes, .. })
            | Content::Rendered(Rendered { text: bytes, .. }) => {
                parts::of_slice(bytes, size, lines, &mut |part| self.judge_part(part, asked, report))?;
                Ok(bytes.len() as u64)
            }
            Content::Stream(reader) => {
                parts::of_stream(reader, UTF16_MOST, &mut |part| self.judge_part(part, asked, report))
            }
            Content::Version(version) => {
                let bytes = version.bytes;
                effort::expect(bytes.len());
                if dropped || !self.judge_version(version, report) {
                    parts::of_slice(bytes, size, lines, &mut |part| self.judge_part(part, asked, report))?;
                }
                Ok(bytes.len() as u64)
            }
        }
    }

    fn judge_part(&self, part: &Part<'_>, asked: Asked, report: &mut Report<'_>) -> io::Result<ControlFlow<()>> {
        effort::expect(part.text.len());
        let beginning = &part.beginning[..part.beginning.len().min(BEGINNING)];
        if let Some(form) = utf16::detect(beginning).filter(|_| part.is_whole) {
            return self.judge_units(part, form, asked, report);
        }
        let is_binary = decode::is_binary(beginning);
        let asked = Asked { is_file: asked.is_file && part.is_whole, ..asked };
        self.judge_text((part.text, &part.reported), is_binary, part.lines, asked, report)
    }

    /// All candidates of a text, judged, those of what it holds encoded among them; `None` where there are more than `most`.
    fn judged(
        &self,
        text: &[u8],
        (is_binary, is_file): (bool, bool),
        most: usize,
        decoded: &mut Vec<DecodedText>,
    ) -> Option<Vec<Judged>> {
        thread_local! {
            static CANDIDATES: RefCell<Vec<Candidate>> = const { RefCell::new(Vec::new()) };
        }
        let matcher = if is_binary { &self.binary } else { &self.text };
        let (mut judged, marks) = CANDIDATES.with_borrow_mut(|candidates| {
            let counts = matcher.at_most(most, text, 0..text.len(), candidates)?;
            let mut judged = Vec::new();
            for candidate in candidates.iter() {
                let rule = self.rule(candidate);
                let verdict = score::judge(rule, text, candidate);
                judged.push(Judged::new(*candidate, verdict, None, candidate.secret.range()));
            }
            Some((judged, counts.marks))
        })?;
        if is_file {
            self.add_file(text, is_binary, &mut judged);
        }
        if is_binary {
            self.add_wide(text, &mut judged, decoded);
        }
        let holds = (!is_binary).then(|| {
            let manifest = memchr::memmem::find(text, b"Secret").is_some();
            let mut spots = Vec::new();
            spots::find(text, 0..text.len(), &mut spots);
            Holds::of(text, manifest, marks > 0, &spots)
        });
        self.settle(text, holds, &mut judged, decoded);
        Some(judged)
    }

    /// What a text is as a whole file.
    fn add_file(&self, text: &[u8], is_binary: bool, judged: &mut Vec<Judged>) {
        self.text.file(text, is_binary, &mut |candidate| {
            let verdict = score::judge(self.rule(&candidate), text, &candidate);
            judged.push(Judged::new(candidate, verdict, None, candidate.secret.range()));
        });
    }

    /// The steps that look at a whole text and all its candidates. `holds` is `None` for binary content, where nothing is
    /// decoded.
    fn settle(&self, text: &[u8], holds: Option<Holds>, judged: &mut Vec<Judged>, decoded: &mut Vec<DecodedText>) {
        if let Some(holds) = holds {
            self.add_encoded(text, judged, decoded);
            if holds.manifest {
                self.add_manifest(text, judged, decoded);
            }
            if holds.contents {
                self.add_contents(text, judged, decoded);
                self.add_sops(text, judged);
            }
            self.add_runs(text, holds.runs, judged, decoded);
            self.add_certificates(text, judged, decoded);
        }
        precedence::settle(self.rules, self.least, text, judged);
    }

    fn rule(&self, candidate: &Candidate) -> &'r Rule {
        &self.rules.rules[usize::from(candidate.rule)]
    }

    /// Whether this is an id that secrets belong to: kept, or dropped only since it is no secret.
    fn is_id(&self, one: &Judged) -> bool {
        self.is_id[usize::from(one.candidate.rule)] && (one.verdict.confidence.is_some() || one.is_identifier)
    }

    fn hand_over(
        &self,
        text: &[u8],
        mut judged: Vec<Judged>,
        decoded: &[DecodedText],
        lines: Lines,
        dropped: bool,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let counts = |one: &Judged| one.verdict.confidence.is_some() || is_settled(&one.verdict) || self.is_id(one);
        if judged.is_empty() || !dropped && !judged.iter().any(counts) {
            return ControlFlow::Continue(());
        }
        judged.sort_by_key(|one| (one.stored.start, one.stored.end, one.candidate.secret, one.candidate.rule));
        let mut counter = lines.counter(text);
        let found: Vec<Found<'_>> = judged
            .into_iter()
            .map(|one| {
                let (matched, decoder) = match one.decoded {
                    Some(index) => (decoded[index].text.as_slice(), Some(decoded[index].decoder)),
                    None => (text, None),
                };
                Found {
                    is_id: self.is_id(&one),
                    rule: self.rule(&one.candidate),
                    candidate: one.candidate,
                    text: matched,
                    stored: text,
                    position: counter.position(&one.stored),
                    stored_secret: one.stored,
                    verdict: one.verdict,
                    decoder,
                }
            })
            .collect();
        report(&found)
    }
}

/// What of a text is asked for.
#[derive(Clone, Copy)]
struct Asked {
    /// What it is as a whole file, too.
    is_file: bool,
    /// Candidates that were dropped, too.
    dropped: bool,
    /// Whether it may be judged in parts.
    in_parts: bool,
}

/// Whether it is what a file holds, and not a name, a message or another text.
fn is_file(origin: &Origin) -> bool {
    match origin.last() {
        Step::Text { .. } | Step::Rendered { .. } => false,
        Step::Object { kind, .. } => *kind == ObjectKind::Blob,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
