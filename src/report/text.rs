//! `text`: what a person wants to read. One entry a secret: where it is, its line with the secret masked and marked, why it
//! counts, what to do. Then what was read and what was not.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::names::Names;
use super::style::{BOLD, DIM, MARK, Setting, columns, count, of_severity, safe};
use super::sweep::{self, Change, Target};
use super::words::state_in_words;
use super::{Options, Report, advice, age, explained, summary, sweep_text};
use crate::finding::{Commit, Fate, FileFacts, Finding, Location, Place, ToldBy};
use crate::origin::{ObjectKind, Step, TextKind};
use crate::score::{Confidence, Why};

/// Places shown of one secret unless all are asked for.
const PLACES: usize = 5;
/// Reasons shown of one secret unless all are asked for.
const REASONS: usize = 3;
/// Other halves shown of one secret unless all are asked for.
const PAIRS: usize = 3;
/// Characters of an object id or digest: enough to find it again.
const SHORT_ID: usize = 12;
/// Columns of the names of rows.
const LABEL: usize = 10;

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::masked(report);
    let setting = Setting { color: options.color, width: options.width };
    let mut page = Page { report, out, names: &names, options, setting };
    for finding in &report.findings {
        page.finding(finding)?;
        writeln!(page.out)?;
    }
    if options.show_allowed {
        for finding in &report.allowed {
            page.finding(finding)?;
            writeln!(page.out)?;
        }
    }
    for one in &report.explained {
        explained::write(one, &names.bytes(&one.path), page.out)?;
    }
    if !report.explained.is_empty() {
        writeln!(page.out)?;
    }
    if options.quiet {
        return Ok(());
    }
    if let Some(sweep) = &report.sweep {
        sweep_text::write(sweep, options, setting, page.out)?;
    }
    summary::write(report, &names, options, setting, page.out)
}

struct Page<'a> {
    report: &'a Report,
    out: &'a mut dyn Write,
    names: &'a Names,
    options: &'a Options,
    setting: Setting,
}

impl Page<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let signature = &finding.signature;
        let severity = self.setting.paint(of_severity(finding.severity), finding.severity.name());
        let title = self.setting.paint(BOLD, safe(signature.title.as_bytes()));
        let rule = safe(signature.id.as_bytes());
        let change = self.report.sweep.as_ref().and_then(|sweep| sweep.change(finding));
        let change = change.filter(|change| *change == Change::New).map_or("", |_| ", new since the last sweep");
        writeln!(self.out, "{severity}: {title} [{rule}, {}{change}]", finding.confidence.name())?;

        let (allowed, open): (Vec<_>, Vec<_>) =
            sweep::places(self.report, finding).into_iter().partition(|(place, _)| place.allowed.is_some());
        let show_allowed = self.options.show_allowed || open.is_empty();
        let shown: Vec<_> = open.iter().chain(allowed.iter().filter(|_| show_allowed)).copied().collect();
        let most = if self.options.verbose { shown.len() } else { PLACES };
        let gutter = shown.iter().take(most).map(|(place, _)| digits(place.location.line)).max().unwrap_or(1);
        let mut last_line = None;
        for (place, target) in shown.iter().take(most) {
            // The same line at many places is shown once.
            let repeats = last_line.replace(&place.excerpt.text) == Some(&place.excerpt.text);
            self.place(place, gutter, repeats)?;
            if let Some((target, change)) = target {
                self.indented_row(gutter + 4, "target", &target_in_words(target, *change))?;
            }
        }
        if shown.len() > most {
            let more = count(shown.len() - most, "more place", "more places");
            writeln!(self.out, "{:gutter$} ... and {more} (--verbose lists all)", "")?;
        }
        if !show_allowed && !allowed.is_empty() {
            let more = count(allowed.len(), "more place is", "more places are");
            writeln!(self.out, "{:gutter$} ... and {more} allowed (--show-allowed lists all)", "")?;
        }
        self.reasons(finding)?;
        self.pairs(finding)?;
        self.knowledge(finding)?;
        self.row("stale", &age::told(self.report, finding).unwrap_or_default())?;
        if open.is_empty() {
            return Ok(());
        }
        let open_places = || open.iter().map(|(place, _)| *place);
        let targets: BTreeSet<&str> =
            open.iter().filter_map(|(_, target)| target.map(|(target, _)| target.name.as_str())).collect();
        let shared = advice::Shared::among(open_places(), targets.len());
        self.row("shared", &shared.map(|shared| shared.advice()).unwrap_or_default())?;
        self.row("to do", &advice::what_to_do(finding, open_places()))?;
        self.row("revoke", &safe(signature.revoke.as_bytes()))?;
        self.row("renew", &safe(signature.rotate.as_bytes()))?;
        self.row("id", finding.fingerprint.as_str())
    }

    /// A name and running text beside it; nothing where there is no text.
    fn row(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.indented_row(2, label, text)
    }

    fn indented_row(&mut self, indent: usize, label: &str, text: &str) -> io::Result<()> {
        for (index, line) in self.setting.wrap(text, indent + LABEL).into_iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            writeln!(self.out, "{:indent$}{}{line}", "", self.setting.paint(DIM, format_args!("{label:LABEL$}")))?;
        }
        Ok(())
    }

    fn place(&mut self, place: &Place, gutter: usize, repeats: bool) -> io::Result<()> {
        let arrow = self.setting.paint(DIM, "-->");
        let label = self.setting.paint(BOLD, where_it_is(place, self.names));
        let mut words = vec![state_in_words(place.state).to_owned()];
        words.extend(place.context.map(|context| format!("{} file", context.name())));
        if place.versions > 1 {
            words.push(format!("in {} versions", place.versions));
        }
        writeln!(self.out, "{:gutter$} {arrow} {label} ({})", "", words.join(", "))?;
        if !repeats {
            self.excerpt(place, gutter)?;
        }
        for (label, text) in origin_rows(place, self.names) {
            self.indented_row(gutter + 4, label, &text)?;
        }
        Ok(())
    }

    fn excerpt(&mut self, place: &Place, gutter: usize) -> io::Result<()> {
        let (text, mark) = (&place.excerpt.text, place.excerpt.mark);
        let (Some(before), Some(middle), Some(after)) =
            (text.get(..mark.0), text.get(mark.0..mark.1), text.get(mark.1..))
        else {
            return Ok(());
        };
        if text.is_empty() {
            return Ok(());
        }
        // An order to a build server may begin in one part and end in another.
        let has_order = safe(text.as_bytes()) != *text;
        let parts = [before, middle, after].map(|part| {
            let part = safe(part.as_bytes());
            if has_order { part.replace('#', "\\u{23}") } else { part }
        });
        let [before, middle, after] = self.setting.crop(parts.each_ref().map(String::as_str), gutter + 4);
        let bar = self.setting.paint(DIM, "|");
        let line = self.setting.paint(DIM, format!("{:gutter$}", place.location.line));
        writeln!(self.out, " {line} {bar} {before}{}{after}", self.setting.paint(MARK, &middle))?;
        let carets = "^".repeat(columns(&middle).max(1));
        writeln!(self.out, " {:gutter$} {bar} {:2$}{3}", "", "", columns(&before), self.setting.paint(MARK, carets))
    }

    fn reasons(&mut self, finding: &Finding) -> io::Result<()> {
        let told = |reasons: &[&Why]| {
            let told: Vec<String> =
                reasons.iter().map(|why| format!("{} ({:+})", safe(why.text.as_bytes()), why.points)).collect();
            told.join("; ")
        };
        let all: Vec<_> = finding.reasons.iter().collect();
        if self.options.verbose {
            return self.row("why", &told(&all));
        }
        let strongest = |sign: i32| {
            let mut reasons: Vec<_> = all.iter().copied().filter(|why| why.points * sign > 0).collect();
            reasons.sort_by_key(|why| -i64::from(why.points * sign));
            reasons.truncate(REASONS);
            reasons
        };
        self.row("why", &told(&strongest(1)))?;
        let against = strongest(-1);
        if finding.confidence == Confidence::Possible && !against.is_empty() {
            self.row("against", &told(&against))?;
        }
        Ok(())
    }

    fn pairs(&mut self, finding: &Finding) -> io::Result<()> {
        let most = if self.options.verbose { finding.pairs.len() } else { PAIRS };
        for pair in finding.pairs.iter().take(most) {
            let path = safe(&self.names.bytes(&pair.path));
            let place = if path.is_empty() { String::new() } else { format!(", {path}:{}", pair.location.line) };
            let (half, shown) = (pair.half.name(), safe(pair.shown.as_bytes()));
            let (relation, confidence) = (pair.relation.in_words(), pair.relation.confidence().name());
            self.row("pair", &format!("its {half} is {shown}, {relation}{place} ({confidence})"))?;
        }
        if finding.pairs.len() > most {
            self.row(
                "pair",
                &format!("and {} (--verbose lists all)", count(finding.pairs.len() - most, "more", "more")),
            )?;
        }
        Ok(())
    }

    fn knowledge(&mut self, finding: &Finding) -> io::Result<()> {
        let known: Vec<String> = finding
            .details
            .iter()
            .map(|detail| format!("{} {}", detail.name.replace('_', " "), safe(detail.value.as_bytes())))
            .collect();
        self.row("known", &known.join("; "))?;
        let opens = safe(finding.signature.opens.as_bytes());
        let lifetime = advice::lifetime(finding);
        self.row("opens", format!("{opens} {lifetime}").trim_start())
    }
}

fn target_in_words(target: &Target, change: Option<Change>) -> String {
    let owner = target.owner.as_deref().map(|owner| format!(" ({})", safe(owner.as_bytes())));
    let change = change.filter(|change| *change == Change::New).map_or("", |_| ", new there");
    format!("{}{}{change}", safe(target.name.as_bytes()), owner.unwrap_or_default())
}

fn digits(number: u64) -> usize {
    number.to_string().len()
}

/// Path, or what else there is a name of, with line and column.
pub(super) fn where_it_is(place: &Place, names: &Names) -> String {
    let Location { line, column, .. } = place.location;
    let name = if place.path.is_empty() {
        what_it_is(place, names).unwrap_or_else(|| "standard input".to_owned())
    } else {
        let path = safe(&names.bytes(&place.path));
        match place.origin.last() {
            Step::Text { kind } => format!("{} at {path}", kind.name()),
            _ => path,
        }
    };
    format!("{name}:{line}:{column}")
}

/// The innermost step that has a name, where there is no path.
fn what_it_is(place: &Place, names: &Names) -> Option<String> {
    let named = place.origin.steps().into_iter().rev().find_map(|step| match step {
        Step::Object { id, kind: ObjectKind::Commit } => Some(format!("message of commit {}", short(id))),
        Step::Object { id, kind } => Some(format!("{} {}", kind.name(), short(id))),
        Step::Lfs { oid } => Some(format!("LFS object {}", short(oid))),
        Step::Ref { name } => Some(format!("ref {}", safe(&names.bytes(name)))),
        Step::Config { .. } => Some("image config".to_owned()),
        Step::Layer { index, .. } => Some(format!("layer {index}")),
        Step::Chart { name, .. } => Some(format!("chart {}", safe(names.text(name).as_bytes()))),
        Step::Directory { path } => Some(safe(names.text(path).as_bytes())),
        Step::Repository { location } => Some(safe(names.text(location).as_bytes())),
        Step::Image { reference, .. } => Some(format!("image {}", safe(names.text(reference).as_bytes()))),
        _ => None,
    });
    match place.origin.last() {
        // A line after a tag looks like a part of it, and the image is told below.
        Step::Text { kind: kind @ TextKind::Annotation } => Some(kind.name().to_owned()),
        Step::Text { kind } => {
            let of = |named: String| if named == kind.name() { named } else { format!("{} of {named}", kind.name()) };
            Some(named.map_or(kind.name().to_owned(), of))
        }
        _ => named,
    }
}

/// What is known of how it came there: rows of a name and a text.
fn origin_rows(place: &Place, names: &Names) -> Vec<(&'static str, String)> {
    let text = |text: &str| safe(names.text(text).as_bytes());
    let mut rows = Vec::new();
    for step in place.origin.steps() {
        match step {
            Step::Lfs { oid } => rows.push(("content", format!("LFS object {}", short(oid)))),
            Step::Image { reference, .. } => rows.push(("image", text(reference))),
            Step::Platform { name } => rows.push(("platform", text(name))),
            Step::Layer { digest, index, instruction } => {
                let made_by = instruction.as_deref().map(|instruction| format!(", made by {}", text(instruction)));
                rows.push(("layer", format!("{index}, {}{}", text(short(digest)), made_by.unwrap_or_default())));
            }
            Step::Chart { name, version } => {
                let version = version.as_deref().map(|version| format!(" {}", text(version)));
                rows.push(("chart", format!("{}{}", text(name), version.unwrap_or_default())));
            }
            Step::Rendered { template, values } => {
                let [template, values] = [template, values].map(|path| safe(&names.bytes(path)));
                rows.push(("rendered", format!("by {template} with {values}")));
            }
            _ => {}
        }
    }
    if let Some(fate) = &place.fate {
        let is_tag = matches!(place.origin.last(), Step::Object { kind: ObjectKind::Tag, .. });
        rows.extend(fate.introduced.as_ref().map(|commit| match commit_in_words(commit, names) {
            // The tag itself: it has a tagger and a day as a commit has.
            words if is_tag => ("since", words.replacen("commit", "tag", 1)),
            words => ("since", words),
        }));
        rows.extend(fate.made.map(|day| ("since", format!("{day}, when its layer was made"))));
        rows.extend(fate.removed.as_ref().map(|commit| ("until", commit_in_words(commit, names))));
        if let Some(first) = fate.refs.first() {
            let more = match fate.refs.len() {
                1 => String::new(),
                named if named < Fate::MOST_REFS => format!(" and {} more", named - 1),
                named => format!(" and at least {} more", named - 1),
            };
            rows.push(("still in", format!("{}{more}", text(first))));
        }
        rows.extend(fate.base.and_then(base_in_words).map(|words| ("base", words.to_owned())));
        rows.extend(fate.file.map(|file| ("file", file_in_words(file))));
        rows.extend(
            fate.hidden_by
                .as_ref()
                .map(|(index, digest)| ("hidden by", format!("layer {index}, {}", text(short(digest))))),
        );
    }
    if !place.owners.is_empty() {
        rows.push(("owner", text(&place.owners.join(" "))));
    }
    rows.extend(place.allowed.as_ref().map(|allowed| {
        ("allowed", format!("{} ({} at {})", text(&allowed.in_words()), allowed.by, text(&allowed.written)))
    }));
    rows.extend(place.allowed_by_change.as_ref().map(|allowed| {
        let (reason, written) = (text(&allowed.in_words()), text(&allowed.written));
        ("allowed", format!("by this change only, which does not count: {reason} ({} at {written})", allowed.by))
    }));
    rows
}

/// How a base image is known that the user did not name.
fn base_in_words(told_by: ToldBy) -> Option<&'static str> {
    match told_by {
        ToldBy::User => None,
        ToldBy::Label => Some("named by a label, and its layers are in the image"),
        ToldBy::History => Some("inherited (guessed from history), which changes nothing: --base says what it is"),
    }
}

fn file_in_words(file: FileFacts) -> String {
    let who = if file.mode & 0o004 != 0 { ", every user of a container can read it" } else { "" };
    format!("mode {:04o}, owner {}:{}{who}", file.mode, file.user, file.group)
}

pub(super) fn commit_in_words(commit: &Commit, names: &Names) -> String {
    let author = commit.author.as_deref().map(|author| format!(" by {}", safe(names.text(author).as_bytes())));
    let day = commit.date.get(..10).unwrap_or(&commit.date);
    format!("commit {}{}, {}", short(&commit.id), author.unwrap_or_default(), safe(day.as_bytes()))
}

/// The beginning of an object id or digest.
pub(super) fn short(id: &str) -> &str {
    let start = id.find(':').map_or(0, |colon| colon + 1);
    id.get(..start + SHORT_ID).unwrap_or(id)
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
