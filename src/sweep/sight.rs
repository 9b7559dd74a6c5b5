//! Whether a sweep would have seen a secret that the last one knew: what is not looked for is not gone.

use super::known::Known;
use super::record::Record;
use crate::blob::Class;
use crate::origin::printable;
use crate::scan;

/// What a target was searched for, and where.
pub struct Sight<'o> {
    options: &'o scan::Options,
    /// What paths of a folder are shown below.
    root: String,
    /// Paths in it that were not asked for, printable.
    left_out: Vec<String>,
}

impl<'o> Sight<'o> {
    /// That of a target which was read as a whole.
    pub fn of(options: &'o scan::Options, record: &Record) -> Self {
        let not_asked = record.skips().into_iter().filter(|(class, _)| *class == Class::NotAsked);
        let paths = not_asked.map(|(_, skip)| printable(&skip.origin.joined_path()));
        let root = record.target.strip_prefix("./").unwrap_or(&record.target);
        let root = format!("{}/", root.trim_end_matches('/'));
        Sight { options, root, left_out: paths.filter(|path| !path.is_empty()).collect() }
    }

    /// Whether a known secret would have been found, were it still there: its rule was looked for, it is not below the
    /// thresholds, and none of its places was left out.
    pub fn takes_in(&self, known: &Known) -> bool {
        let mut rules = self.options.rules.rules.iter().map(|rule| &rule.signature);
        rules.any(|signature| !signature.identifier && signature.is_called(&known.rule))
            && known.severity >= self.options.min_severity
            && known.confidence >= self.options.min_confidence
            && !known.other_paths.iter().chain([&known.path]).any(|path| self.leaves_out(path))
    }

    fn leaves_out(&self, path: &str) -> bool {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        let is_below = |left_out: &String| {
            let rest = path.strip_prefix(left_out.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with("!/"))
        };
        let is_in_archive = path.contains("!/");
        (is_in_archive && self.options.unpack.is_none())
            || self.options.leave_out.as_ref().is_some_and(|leave_out| leave_out(path.as_bytes()))
            || self.left_out.iter().any(is_below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::tests::options_of;
    use crate::score::Confidence;
    use crate::signature::{RuleSet, Severity, embedded_lean};

    #[test]
    fn what_is_below_the_thresholds_or_left_out_is_not_in_sight() {
        let known = Known {
            fingerprint: "sj1:0".to_owned(),
            rule: "github-pat-classic".to_owned(),
            title: "T".to_owned(),
            severity: Severity::High,
            confidence: Confidence::Likely,
            shown: "****".to_owned(),
            path: "here/a/b.env".to_owned(),
            other_paths: vec!["here/lib/x.tgz!/c".to_owned()],
        };
        let takes_in = |change: &dyn Fn(&mut scan::Options), left_out: &[&str]| {
            let mut options = options_of(RuleSet::compile(&embedded_lean(), false).unwrap());
            options.unpack = Some(crate::unpack::Limits::default());
            change(&mut options);
            let left_out = left_out.iter().map(|&path| path.to_owned()).collect();
            Sight { options: &options, root: "here/".to_owned(), left_out }.takes_in(&known)
        };
        let nothing = |_: &mut scan::Options| {};
        assert!(takes_in(&nothing, &["lib/x", "a/b.en"]));
        for left_out in ["lib/x.tgz", "lib", "a/b.env"] {
            assert!(!takes_in(&nothing, &[left_out]), "{left_out}");
        }
        assert!(!takes_in(&|options| options.min_severity = Severity::Critical, &[]));
        assert!(!takes_in(&|options| options.min_confidence = Confidence::Proven, &[]));
        assert!(!takes_in(&|options| options.leave_out = Some(Box::new(|path| path.starts_with(b"lib/"))), &[]));
        assert!(!takes_in(&|options| options.rules.rules.clear(), &[]));
        assert!(!takes_in(&|options| options.unpack = None, &[]));
    }
}
