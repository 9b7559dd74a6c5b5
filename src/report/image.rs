//! The end of a `text` report of an image: what was read, whether it is fit to be pushed, and what to do about each cause.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::names::Names;
use super::style::{BAD, BOLD, GOOD, Setting, count, safe};
use super::{Options, Report, ScannedImage};
use crate::blob::Class;
use crate::finding::{Place, State, ToldBy};
use crate::origin::{Step, TextKind};

/// How a secret came into an image, the commonest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Copied,
    Run,
    File,
    Chart,
    Removed,
    Config,
    Attached,
    Inherited,
    /// The history looks as if it came with a base image.
    Guessed,
}

impl Cause {
    fn of(place: &Place, is_chart: bool) -> Self {
        let steps = place.origin.steps();
        let is_text = |wanted: &[TextKind]| matches!(steps.last(), Some(Step::Text { kind }) if wanted.contains(kind));
        let instruction = steps.iter().find_map(|step| match step {
            Step::Layer { instruction, .. } => instruction.as_deref(),
            _ => None,
        });
        let instruction = instruction.unwrap_or_default();
        let begins_with = |words: &[&str]| words.iter().any(|word| instruction.starts_with(word));
        if place.state == State::Inherited {
            Cause::Inherited
        } else if place.fate.as_ref().is_some_and(|fate| fate.base == Some(ToldBy::History)) {
            Cause::Guessed
        } else if is_text(&[TextKind::ImageConfig]) {
            Cause::Config
        } else if is_text(&[TextKind::Annotation, TextKind::Attestation]) {
            Cause::Attached
        } else if place.state == State::Hidden {
            Cause::Removed
        } else if begins_with(&["COPY ", "ADD "]) {
            Cause::Copied
        } else if begins_with(&["RUN "]) {
            Cause::Run
        } else if is_chart {
            Cause::Chart
        } else {
            Cause::File
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Cause::Copied => "in files that COPY or ADD put there",
            Cause::Run => "in files that a RUN left behind",
            Cause::File => "in files of its layers",
            Cause::Chart => "in files of the chart",
            Cause::Removed => "in files that are removed or replaced later on",
            Cause::Config => "in its config: ENV, LABEL, ARG, or a command in its history",
            Cause::Attached => "in annotations or attestations",
            Cause::Inherited => "from the base image",
            Cause::Guessed => "from the base image, as its history looks",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Cause::Copied => {
                "leave them out by .dockerignore or copy only what is needed, from a build stage; the program gets its secret \
                 when it runs"
            }
            Cause::Run => {
                "mount what the command needs, RUN --mount=type=secret,id=NAME, or remove the file in the same RUN; a later \
                 RUN that removes it does not"
            }
            Cause::File => "build again without the layer that has them; the program gets its secret when it runs",
            Cause::Chart => {
                "take them out of its values and templates: have these name a Secret of the cluster, which a secret store or \
                 whoever installs the chart fills, and package it again"
            }
            Cause::Removed => {
                "the layer that has them is pulled all the same: remove them in the instruction that makes them, or make \
                 them in a build stage of which only the result is copied"
            }
            Cause::Config => {
                "everyone who can pull it can read that: a build gets it by RUN --mount=type=secret,id=NAME, the program when \
                 it runs"
            }
            Cause::Attached => {
                "build arguments stand in its provenance: give the build a secret mount, not an argument, or less provenance \
                 (--provenance=mode=min)"
            }
            Cause::Inherited => "take a version of it without them, or tell those who build it",
            Cause::Guessed => {
                "if so, name it with --base, take a version of it without them, or tell those who build it"
            }
        }
    }
}

pub(super) fn write(
    report: &Report,
    image: &ScannedImage,
    names: &Names,
    (options, setting): (&Options, Setting),
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "image: {}", safe(names.text(&image.name).as_bytes()))?;
    for digest in &image.digests {
        writeln!(out, "digest: {}", safe(names.text(digest).as_bytes()))?;
    }
    let mut causes: BTreeMap<Cause, usize> = BTreeMap::new();
    for finding in &report.findings {
        let open = finding.places.iter().filter(|place| place.allowed.is_none());
        let mut of_one: Vec<Cause> = open.map(|place| Cause::of(place, image.is_chart)).collect();
        of_one.sort();
        of_one.dedup();
        of_one.into_iter().for_each(|cause| *causes.entry(cause).or_default() += 1);
    }
    let is_part = report.coverage.count(Class::NotAsked) + report.coverage.count(Class::Accepted) > 0;
    let verdict = match (report.failing(), report.is_incomplete()) {
        (0, false) if !is_part => setting.paint(GOOD, "fit to be pushed"),
        (0, true) if !options.accepts_loss => {
            setting.paint(BAD, "not fit to be pushed: nobody knows what is in the part that was not read")
        }
        (0, _) => setting.paint(GOOD, "fit to be pushed, of what was read"),
        _ => setting.paint(BAD, "not fit to be pushed: whoever can pull it gets what was found"),
    };
    let from = image.read_from.as_ref();
    let from = from.map(|from| format!(" (read from {})", safe(names.text(from).as_bytes()))).unwrap_or_default();
    writeln!(out, "{}: {verdict}{from}", setting.paint(BOLD, "verdict"))?;
    for (cause, secrets) in &causes {
        let text = format!("{} {}: {}", count(*secrets, "secret", "secrets"), cause.in_words(), cause.advice());
        bullet(&text, setting, out)?;
    }
    if report.failing() > 0 {
        // An old tar, or one that was cut, does not say by which digest it is pulled.
        let digest =
            image.digests.first().map_or_else(|| "an image".into(), |digest| safe(names.text(digest).as_bytes()));
        let text = format!(
            "was it pushed before? A registry keeps serving {digest} by its digest: revoke the secrets first, push what is \
             built anew, then delete that manifest"
        );
        bullet(&text, setting, out)?;
    }
    Ok(())
}

fn bullet(text: &str, setting: Setting, out: &mut dyn Write) -> io::Result<()> {
    for (number, line) in setting.wrap(text, 4).into_iter().enumerate() {
        writeln!(out, "  {} {line}", if number == 0 { "-" } else { " " })?;
    }
    Ok(())
}
