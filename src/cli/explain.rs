//! `explain` and `signatures test`: a file judged once more, with every candidate and the reasons for its judgement.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::args::ExplainArgs;
use super::failure::{Failure, code, without_tokens};
use super::flags::{ArchiveArgs, RuleArgs};
use super::scanned::Scanned;
use super::{rules, settings};
use crate::blob::{Blob, Class, Content, Item, Skip};
use crate::detect::{Detector, Found};
use crate::finding::explained::{Explained, Outcome};
use crate::finding::mask;
use crate::origin::{Origin, Step, printable, slashed};
use crate::report;
use crate::scan;
use crate::signature::{RuleSet, case_sensitive};
use crate::unpack;

/// The longest line that is searched for keywords to say why nothing was found in it.
const LONGEST_LINE: u64 = 1 << 20;

/// Says why something was found, or why not.
pub fn explain(args: ExplainArgs) -> Result<u8, Failure> {
    let (typed, line) = place(&args.place);
    let (path, member) = outermost(&typed);
    let rules = rules::of_flags(&args.rules)?;
    let limits = settings::limits(&args.archives, None);
    let scanned = Scanned::of(&path, &args)?;
    let mut telling =
        Telling { line, member, scanned, is_there: false, dropped_too: true, told: 0, exit: code::CLEAN, out: out() };
    telling.judge("explain", &path, &rules, limits.as_ref())?;
    if telling.member.is_some() && !telling.is_there {
        let name = String::from_utf8_lossy(&masked(&rules, &slashed(&typed))).into_owned();
        return Err(Failure::new(format!("explain: {}", printable(name.as_bytes())), "the archive has no such member")
            .or_try("name it as a report does: ARCHIVE!/MEMBER:LINE"));
    }
    if telling.told == 0 {
        let reason = match telling.member {
            Some(_) => {
                "no candidate: nothing there has a keyword of a signature with the shape that belongs to it".to_owned()
            }
            None => why_nothing(&path, line, &rules)?,
        };
        telling.say(&without_tokens(&reason));
    }
    telling.end()
}

/// Shows which signatures match a file, and where.
pub fn test(path: &Path, selection: &RuleArgs, archives: &ArchiveArgs) -> Result<u8, Failure> {
    let rules = rules::of_flags(selection)?;
    let limits = settings::limits(archives, None);
    let mut telling = Telling {
        line: None,
        member: None,
        scanned: Scanned::default(),
        is_there: false,
        dropped_too: false,
        told: 0,
        exit: code::CLEAN,
        out: out(),
    };
    telling.judge("signatures test", path, &rules, limits.as_ref())?;
    if telling.told == 0 {
        let text = format!("no signature of {} matches {}", rules.rules.len(), printable_path(path));
        telling.say(&without_tokens(&text));
    }
    telling.end()
}

/// A path and a line number, unless a file has the whole as its name.
fn place(typed: &Path) -> (PathBuf, Option<u64>) {
    let whole = (typed.to_owned(), None);
    if typed.exists() {
        return whole;
    }
    let Some((path, line)) = typed.to_str().and_then(|text| text.rsplit_once(':')) else { return whole };
    match line.parse::<u64>() {
        Ok(line) if line > 0 => (PathBuf::from(path), Some(line)),
        _ => whole,
    }
}

/// The file that is opened for a path as reports print it, and the path of what is in it: `app.tgz!/app/values.yaml`.
fn outermost(typed: &Path) -> (PathBuf, Option<Vec<u8>>) {
    let whole = slashed(typed);
    if !typed.exists() {
        let bytes = typed.as_os_str().as_encoded_bytes();
        for at in memchr::memmem::find_iter(bytes, b"!/") {
            let outer = typed.to_str().and_then(|text| text.get(..at)).map(PathBuf::from);
            if let Some(outer) = outer.filter(|outer| outer.is_file()) {
                return (outer, Some(whole));
            }
        }
    }
    (typed.to_owned(), None)
}

/// A name without the secrets in it.
fn masked(rules: &RuleSet, name: &[u8]) -> Vec<u8> {
    scan::masked_name(&Detector::new(rules), name)
}

fn out() -> io::BufWriter<io::Stdout> {
    io::BufWriter::with_capacity(64 << 10, io::stdout())
}

fn printable_path(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes())
}

/// What is told while a file is judged.
struct Telling {
    line: Option<u64>,
    /// The path of what is told in an archive; `None`: all.
    member: Option<Vec<u8>>,
    /// What a scan makes of the file.
    scanned: Scanned,
    /// Whether that was seen.
    is_there: bool,
    dropped_too: bool,
    told: usize,
    exit: u8,
    out: io::BufWriter<io::Stdout>,
}

impl Telling {
    fn judge(
        &mut self,
        verb: &str,
        path: &Path,
        rules: &RuleSet,
        limits: Option<&unpack::Limits>,
    ) -> Result<(), Failure> {
        let fault = |cause: &dyn std::fmt::Display| Failure::new(format!("{verb}: {}", path.display()), cause);
        if path.is_dir() {
            return Err(fault(&"is a folder").or_try("name a file"));
        }
        let mut file = File::open(path).map_err(|cause| fault(&cause).or_try("name a file that can be read"))?;
        let detector = Detector::new(rules);
        let origin = Origin::new(Step::Path { path: slashed(path) });
        let blob = Blob::stream(origin, &mut file);
        match limits {
            Some(limits) => unpack::walk(blob, limits, &|| false, &mut |item| self.take(&detector, item)),
            None => self.take(&detector, Item::Blob(blob)),
        }
        Ok(())
    }

    fn take(&mut self, detector: &Detector<'_>, item: Item<'_>) {
        match item {
            Item::Blob(blob) => {
                let origin = blob.origin.clone();
                let path = origin.joined_path();
                // A name in an archive is text of the archive.
                let is_name = matches!(origin.last(), Step::Text { .. });
                if self.member.as_ref().is_some_and(|member| *member != path || is_name) {
                    return self.pass(blob);
                }
                self.is_there = true;
                let shown = scan::masked_name(detector, &path);
                if let Err(cause) = detector.judge(blob, self.dropped_too, &mut |found| {
                    for one in found {
                        self.tell(detector, (&path, &shown), one);
                    }
                }) {
                    self.say(&format!("{}: not read to its end: {cause}", printable(&shown)));
                    self.exit = code::INCOMPLETE;
                }
            }
            Item::Skip(skip) => self.tell_skip(detector, &skip),
            Item::Seen { .. } | Item::Expect { .. } => {}
        }
    }

    /// Reads what is not asked for, so that what comes behind it is right.
    fn pass(&mut self, blob: Blob<'_>) {
        if let Content::Stream(reader) = blob.content {
            // A fault in it is told with what is behind it.
            let _ = io::copy(reader, &mut io::sink());
        }
    }

    fn tell_skip(&mut self, detector: &Detector<'_>, skip: &Skip) {
        if self.member.as_ref().is_some_and(|member| !member.starts_with(&skip.origin.joined_path())) {
            return;
        }
        self.is_there = true;
        if skip.reason.class() == Class::Lost {
            self.exit = code::INCOMPLETE;
        }
        let detail = if skip.detail.is_empty() { String::new() } else { format!(": {}", skip.detail) };
        let text = format!("{}: not read: {}{detail}", skip.origin, skip.reason.name());
        self.say(&String::from_utf8_lossy(&scan::masked_name(detector, text.as_bytes())));
    }

    /// Tells of a candidate at a path, which is shown in another way where a secret is in it.
    fn tell(&mut self, detector: &Detector<'_>, (path, shown): (&[u8], &[u8]), found: &Found<'_>) {
        let line = found.position.start.0;
        let on_line = self.line.is_none_or(|wanted| (line..=found.position.end.0.max(line)).contains(&wanted));
        if !on_line || (found.verdict.confidence.is_none() && !self.dropped_too) || found.rule.is_silent_at(path) {
            return;
        }
        self.told += 1;
        let mut explained = explained(detector, path, found);
        if let Outcome::Judged(_) = explained.outcome
            && let Some(outcome) = self.scanned.outcome((path, explained.location), &explained.signature)
        {
            explained.outcome = outcome;
        }
        // As in `say`.
        let _ = report::explained::write(&explained, shown, &mut self.out);
    }

    fn say(&mut self, line: &str) {
        // A reader that has gone away is found out when the buffer is flushed.
        let _ = writeln!(self.out, "{line}");
    }

    fn end(mut self) -> Result<u8, Failure> {
        match self.out.flush() {
            Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new("standard output", cause)),
            _ => Ok(self.exit),
        }
    }
}

fn explained(detector: &Detector<'_>, path: &[u8], found: &Found<'_>) -> Explained {
    let verdict = scan::explained_verdict(found, Some(detector));
    let outcome = match verdict.confidence {
        None => Outcome::Dropped,
        Some(_) if found.rule.signature.identifier => Outcome::Identifier,
        Some(_) if !found.rule.at_path(path) => Outcome::OtherPaths,
        Some(confidence) => Outcome::Judged(confidence),
    };
    Explained {
        signature: found.rule.signature.clone(),
        path: path.to_vec(),
        location: found.position.into(),
        versions: 1,
        shown: mask::mask(&found.value(), found.public_prefix()),
        decoder: found.decoder,
        verdict,
        afterwards: Vec::new(),
        outcome,
    }
}

/// Why no rule had a candidate: no keyword, or a keyword without the shape that belongs to it.
fn why_nothing(path: &Path, line: Option<u64>, rules: &RuleSet) -> Result<String, Failure> {
    let place = line.map_or_else(|| printable_path(path), |line| format!("{}:{line}", printable_path(path)));
    let Some(number) = line else {
        return Ok(format!(
            "{place}: no candidate: no text in it has a keyword of a signature with the shape that belongs to it"
        ));
    };
    let Some(text) = nth_line(path, number).map_err(|cause| Failure::new(format!("explain: {place}"), cause))? else {
        return Ok(format!("{place}: the file has fewer lines"));
    };
    let folded = text.to_ascii_lowercase();
    let hits: Vec<String> = rules
        .rules
        .iter()
        .filter_map(|rule| {
            let keyword = rule.signature.keywords.iter().find(|keyword| {
                if case_sensitive(&rule.signature) {
                    memchr::memmem::find(&text, keyword.as_bytes()).is_some()
                } else {
                    memchr::memmem::find(&folded, keyword.to_ascii_lowercase().as_bytes()).is_some()
                }
            })?;
            Some(format!("  {}: has the keyword `{keyword}`, but not the shape that belongs to it", rule.id()))
        })
        .collect();
    if hits.is_empty() {
        return Ok(format!("{place}: no candidate: the line has no keyword of the {} signatures", rules.rules.len()));
    }
    Ok(format!("{place}: no candidate:\n{}", hits.join("\n")))
}

/// A line by number, from 1, cut at [`LONGEST_LINE`] bytes; `None` past the end of the file.
fn nth_line(path: &Path, number: u64) -> io::Result<Option<Vec<u8>>> {
    let mut reader = BufReader::new(File::open(path)?);
    for _ in 1..number {
        if reader.skip_until(b'\n')? == 0 {
            return Ok(None);
        }
    }
    let mut text = Vec::new();
    let read = reader.take(LONGEST_LINE).read_until(b'\n', &mut text)?;
    Ok((read > 0).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_number_is_told_from_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("odd:7");
        std::fs::write(&odd, "x").unwrap();
        assert_eq!(place(&odd), (odd.clone(), None));
        assert_eq!(place(Path::new("src/app.env:12")), ("src/app.env".into(), Some(12)));
        assert_eq!(place(Path::new("src/app.env:0")), ("src/app.env:0".into(), None));
        assert_eq!(place(Path::new("src/app.env")), ("src/app.env".into(), None));
    }

    #[test]
    fn a_path_into_an_archive_names_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.zip");
        std::fs::write(&archive, "x").unwrap();
        let typed = folder.path().join("a.zip!/b.tar!/c");
        assert_eq!(outermost(&typed), (archive.clone(), Some(slashed(&typed))));
        assert_eq!(outermost(&archive), (archive, None));
        let nowhere = folder.path().join("b.zip!/c");
        assert_eq!(outermost(&nowhere), (nowhere.clone(), None));
    }

    #[test]
    fn lines_are_counted_from_one() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "one\ntwo\n").unwrap();
        assert_eq!(nth_line(file.path(), 1).unwrap().as_deref(), Some(&b"one\n"[..]));
        assert_eq!(nth_line(file.path(), 2).unwrap().as_deref(), Some(&b"two\n"[..]));
        assert_eq!(nth_line(file.path(), 3).unwrap(), None);
    }
}
