//! `[[accept]]` entries of the configuration, compiled: which losses they cover.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::config::AcceptEntry;
use super::failure::Failure;
use crate::allow::Written;
use crate::blob::{Reason, Skip};
use crate::date::Date;
use crate::origin::{Step, printable};
use crate::scan::Accept;

/// One entry.
struct Entry {
    paths: Option<Gitignore>,
    digest: Option<String>,
    reason: Option<Reason>,
}

/// One note for each entry that is past its end.
pub fn ended(entries: &[Written<AcceptEntry>], today: Date) -> Vec<String> {
    let ended = entries.iter().filter_map(|written| {
        let until = written.entry.until.filter(|until| *until < today)?;
        Some(format!(
            "{}: this accept entry ended on {until} and does not count any more (why: {})",
            written.written,
            printable(written.entry.why.trim().as_bytes())
        ))
    });
    ended.collect()
}

/// Compiles entries, less those past their end.
///
/// # Errors
/// A path that is no glob, with where it is written.
pub fn compile(entries: Vec<Written<AcceptEntry>>, today: Date) -> Result<Vec<Accept>, Failure> {
    entries
        .into_iter()
        .filter(|written| written.entry.until.is_none_or(|until| until >= today))
        .map(|written| {
            let fault = |cause: ignore::Error| Failure::new(format!("config: {}", written.written), cause);
            let reason = written.entry.reason.map(|loss| loss.0);
            let paths = match &written.entry.path {
                Some(glob) => {
                    let mut builder = GitignoreBuilder::new("");
                    builder.add_line(None, glob).map_err(fault)?;
                    Some(builder.build().map_err(fault)?)
                }
                None => None,
            };
            let entry = Entry { paths, digest: written.entry.digest, reason };
            Ok(Accept { covers: Box::new(move |skip| entry.covers(skip)), reason })
        })
        .collect()
}

impl Entry {
    fn covers(&self, skip: &Skip) -> bool {
        self.reason.is_none_or(|reason| reason == skip.reason)
            && self.paths.as_ref().is_none_or(|paths| matches(paths, skip))
            && self.digest.as_ref().is_none_or(|digest| names(digest, skip))
    }
}

/// Whether the file, or the archive member in it, is meant.
fn matches(paths: &Gitignore, skip: &Skip) -> bool {
    // What cannot be read may be a folder, and then a glob of folders means it.
    let may_be_folder = if skip.reason == Reason::Unreadable { &[false, true][..] } else { &[false] };
    let is_meant = |path: &[u8]| {
        let whole = skip.origin.from_top(path);
        let path = String::from_utf8_lossy(&whole);
        // A path that climbs is none that a glob of the configuration can mean; the matcher wants relative ones.
        let path = path.trim_start_matches('/');
        !path.is_empty()
            && !path.split('/').any(|part| part == "..")
            && may_be_folder.iter().any(|dir| paths.matched_path_or_any_parents(Path::new(path), *dir).is_ignore())
    };
    skip.origin.file_path().is_some_and(is_meant) || skip.origin.path().is_some_and(is_meant)
}

/// Whether a step on the way has this digest or object id.
fn names(digest: &str, skip: &Skip) -> bool {
    skip.origin.steps().into_iter().any(|step| match step {
        Step::Object { id, .. } | Step::Lfs { oid: id } => id == digest,
        Step::Image { digest: Some(known), .. }
        | Step::Config { digest: known }
        | Step::Layer { digest: known, .. } => known == digest,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    fn covers(toml: &str, skip: &Skip) -> bool {
        let entry: AcceptEntry = toml::from_str(toml).unwrap();
        let written = Written { entry, written: "c.toml:1".into(), by: "config" };
        compile(vec![written], Date::parse("2030-06-15").unwrap()).unwrap().iter().any(|accept| (accept.covers)(skip))
    }

    fn lost(path: &str, reason: Reason) -> Skip {
        Skip::new(Origin::new(Step::Directory { path: ".".into() }).at_path(path), reason, "")
    }

    #[test]
    fn by_path_and_reason() {
        let skip = lost("assets/pack.7z", Reason::UnknownCodec);
        assert!(covers("path = 'assets/*.7z'\nwhy = 'x'", &skip));
        assert!(covers("path = 'assets/'\nreason = 'unknown-codec'\nwhy = 'x'", &skip));
        assert!(!covers("path = 'assets/'\nreason = 'truncated'\nwhy = 'x'", &skip));
        assert!(!covers("path = 'src/'\nwhy = 'x'", &skip));
        assert!(
            covers("path = 'closed/'\nwhy = 'x'", &lost("closed", Reason::Unreadable)),
            "a folder that cannot be read"
        );
        assert!(!covers("path = 'closed/'\nwhy = 'x'", &lost("closed", Reason::UnknownCodec)));
        assert!(!covers("path = 'assets/'\nwhy = 'x'", &lost("../assets/pack.7z", Reason::UnknownCodec)));
    }

    #[test]
    fn by_digest() {
        let layer = Step::Layer { digest: "sha256:00".into(), index: 0, instruction: None };
        let skip = Skip::new(Origin::new(layer).at_path("x"), Reason::Truncated, "");
        assert!(covers("digest = 'sha256:00'\nwhy = 'x'", &skip));
        assert!(!covers("digest = 'sha256:01'\nwhy = 'x'", &skip));
    }

    #[test]
    fn the_end_of_an_entry_is_told() {
        let told = |until: &str| {
            let entry: AcceptEntry =
                toml::from_str(&format!("path = 'x'\nwhy = 'game assets'\nuntil = {until}")).unwrap();
            ended(&[Written { entry, written: "c.toml:1".into(), by: "config" }], Date::parse("2030-06-15").unwrap())
        };
        assert!(told("2030-06-15").is_empty());
        assert_eq!(
            told("2030-06-14"),
            ["c.toml:1: this accept entry ended on 2030-06-14 and does not count any more (why: game assets)"]
        );
    }

    #[test]
    fn until_its_last_day() {
        let skip = lost("x", Reason::Truncated);
        assert!(covers("path = 'x'\nwhy = 'x'\nuntil = 2030-06-15", &skip));
        assert!(!covers("path = 'x'\nwhy = 'x'\nuntil = 2030-06-14", &skip));
    }
}
