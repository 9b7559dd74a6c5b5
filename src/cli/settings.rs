//! What a scan is asked to do, built from flags and configuration. A flag is the user's own word and wins; a policy comes
//! next; a target's configuration can only tighten a policy.

use std::time::{SystemTime, UNIX_EPOCH};

use super::accept;
use super::config::{AcceptEntry, ConfigFile, FailOn as ConfigFailOn};
use super::failure::Failure;
use super::filter::{self, Paths};
use super::flags::{ArchiveArgs, CommonArgs, CountArgs, KnownArgs, OutputArgs, ReadArgs, RuleArgs};
use super::joined::{CONFIG, Joined, default_fail_on, join};
use super::known::{BaselineFile, Unread};
use super::named::Named;
use super::trust::{Layers, NamedBaseline};
use super::values::FailOnSpec;
use crate::allow::baseline::{Ground, InForce, Salt};
use crate::allow::marks::Marks;
use crate::allow::{self, AllowEntry, POLICY, Written};
use crate::date::Date;
use crate::finding::PathContext;
use crate::owners::Owners;
use crate::scan::{self, ChangedAllow, FailOn};
use crate::score::Confidence;
use crate::signature::{self, RuleSet, Severity};
use crate::unpack;

/// Environment variable with the salt: no flag, since flags can be read by other users of a machine.
pub const SALT_VARIABLE: &str = "SCRUBJAY_SALT";

/// What a scan is asked to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Findings below are counted, not shown.
    pub min_severity: Severity,
    /// Findings below are counted, not shown.
    pub min_confidence: Confidence,
    /// What fails the run.
    pub fail_on: FailOn,
    /// Contexts in which findings do not fail the run.
    pub context_warn: Vec<PathContext>,
    /// Only paths that match; empty: all.
    pub include: Vec<String>,
    /// No paths that match.
    pub exclude: Vec<String>,
    /// Only rules of these ids or tags; empty: all.
    pub only: Vec<Named>,
    /// No rules of these ids or tags.
    pub without: Vec<Named>,
    /// Signatures of the configuration.
    pub signatures: Vec<signature::Entry>,
    /// Blobs above this many bytes are not read.
    pub max_size: Option<u64>,
    /// Budget of archives; `None` with `--no-unpack`.
    pub unpack: Option<unpack::Limits>,
    /// Salt of the fingerprints.
    pub salt: Option<Vec<u8>>,
    /// Whether it stands in the configuration of the target, where who reads the target has it.
    pub salt_is_of_target: bool,
    /// Allow entries that count.
    pub allow: Vec<Written<AllowEntry>>,
    /// Allow entries that the change adds which is judged.
    pub changed_entries: Vec<Written<AllowEntry>>,
    /// From where the paths of both are counted.
    pub grounds: allow::Grounds,
    /// What becomes of them, and of the inline marks that it adds.
    pub changed_allow: ChangedAllow,
    /// The baseline that counts.
    pub baseline: Option<BaselineFile>,
    /// What the change adds to it.
    pub changed_baseline: Option<BaselineFile>,
    /// Who answers for paths, and from where these are counted.
    pub owners: Option<(Ground, Owners)>,
    /// Accept entries that count.
    pub accept: Vec<Written<AcceptEntry>>,
    /// Where inline marks count.
    pub inline_marks: Marks,
    /// Whether those of other scanners do, where inline marks count.
    pub foreign_marks: bool,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
}

impl Settings {
    /// From the flags of a scan.
    ///
    /// # Errors
    /// A baseline that cannot be read.
    pub fn of_scan(flags: &CommonArgs, mut layers: Layers) -> Result<Self, Failure> {
        let (named, mut changed) = (layers.baseline.take(), std::mem::take(&mut layers.changed_baselines));
        let sided = layers.named_baseline.take();
        let stand = layers.stand.take();
        let has_policy = layers.policy.is_some();
        let config = layers.target.as_ref().map(|file| file.path.clone());
        let mut settings = Settings::new(&flags.counts, &flags.reading, &flags.rules, layers);
        if let Some(stand) = &stand {
            settings.grounds = allow::Grounds {
                config: config.map(|path| stand.ground_of_config(&path)).unwrap_or_default(),
                policy: stand.ground_of_policy(),
            };
        }
        let KnownArgs { baseline, no_baseline, without_its_salt } = &flags.known;
        // What a flag names counts whosever the repository is.
        let has_changed = settings.inline_marks.any() || sided.is_some();
        let counted = match (sided, baseline.clone()) {
            (Some(NamedBaseline { base, after }), _) => {
                changed = after;
                base
            }
            (None, Some(path)) => {
                let ground = stand.map(|stand| stand.ground_of(&path)).unwrap_or_default();
                Some(Unread::File(path, ground))
            }
            (None, None) => named.filter(|_| settings.inline_marks.any()),
        };
        let file = match counted {
            // Its salt still makes the fingerprints that entries name. What is broken says nothing, and nothing of it counts.
            Some(unread) if *no_baseline => unread.read().ok(),
            unread => unread.map(Unread::read).transpose()?,
        };
        // A target has no say in the salt of a policy.
        if let (None, false, false, Some(Salt::Own(own))) =
            (&settings.salt, has_policy, without_its_salt, file.as_ref().map(|file| &file.baseline.salt))
        {
            settings.salt = Some(own.clone());
        }
        settings.baseline = file.filter(|_| !no_baseline);
        if has_changed && !no_baseline {
            settings.take_changed(changed);
        }
        Ok(settings)
    }

    /// Takes what the baselines of a change have and that of its base has not.
    fn take_changed(&mut self, changed: Vec<Unread>) {
        for file in changed {
            let file = match file.read() {
                Ok(file) => file,
                // It does not count yet, and must not fail what does.
                Err(fault) => {
                    self.notes.push(format!("{}: {}: what it adds is not known", fault.what, fault.why));
                    continue;
                }
            };
            let known = self.baseline.as_ref().map(|base| &base.baseline);
            if known.is_some_and(|base| base.salt != file.baseline.salt) {
                self.notes.push(format!("{}: has another salt than its base: what it adds is not known", file.name));
                continue;
            }
            let added = match known {
                Some(base) => file.baseline.without(base),
                None => file.baseline,
            };
            let earlier = self.changed_baseline.take().map(|file| file.baseline);
            let mut joined = added;
            earlier.iter().for_each(|earlier| joined.join(earlier));
            self.changed_baseline = Some(BaselineFile { name: file.name, baseline: joined, ground: file.ground });
        }
    }

    /// The options of the pipeline.
    ///
    /// # Errors
    /// An entry of the configuration that does not compile, with where it is written.
    pub fn into_options(self, rules: RuleSet, output: &OutputArgs) -> Result<scan::Options, Failure> {
        let today = today();
        let leave_out = Paths::new(&self.include, &self.exclude)?
            .map(|paths| -> scan::PathFilter { Box::new(move |path| paths.leave_out(path)) });
        // Names are masked whatever is looked for. What is in the binary compiles.
        let is_part = !self.only.is_empty() || !self.without.is_empty();
        let name_rules = is_part.then(|| RuleSet::compile(&signature::embedded_lean(), false).ok()).flatten();
        let compile = |entries| {
            allow::Entries::new(entries, today)
                .map(|entries| entries.counted_from(self.grounds.clone()))
                .map_err(|messages| Failure::new("config", messages.into_iter().next().unwrap_or_default()))
        };
        let in_force = |file: Option<BaselineFile>| {
            file.map(|BaselineFile { name, baseline, ground }| {
                let what = format!("baseline: {name}");
                InForce::new(baseline, name, ground, self.salt.as_deref()).map_err(|why| {
                    Failure::new(what, why).or_try("set the SCRUBJAY_SALT that it was made with, or make it anew")
                })
            })
            .transpose()
        };
        Ok(scan::Options {
            rules,
            name_rules,
            baseline: in_force(self.baseline)?,
            changed_baseline: in_force(self.changed_baseline)?,
            owners: self.owners,
            unpack: self.unpack,
            max_size: self.max_size,
            min_severity: self.min_severity,
            min_confidence: self.min_confidence,
            fail_on: self.fail_on,
            context_warn: self.context_warn,
            show_secrets: output.show_secrets,
            authors: !output.no_authors,
            salt: self.salt,
            today,
            allow: compile(self.allow)?,
            changed_allow: self.changed_allow,
            changed_entries: compile(self.changed_entries)?,
            all_allowed_is_read: false,
            inline_marks: self.inline_marks,
            foreign_marks: self.foreign_marks,
            accept: accept::compile(self.accept, today)?,
            explain: filter::explain(&output.explain)?,
            leave_out,
        })
    }

    /// From the configuration alone.
    pub fn of_config(layers: Layers) -> Self {
        Settings::new(&CountArgs::default(), &ReadArgs::default(), &RuleArgs::default(), layers)
    }

    fn new(counts: &CountArgs, reading: &ReadArgs, rules: &RuleArgs, layers: Layers) -> Self {
        let inline_marks = layers.marks();
        let mut changed_entries = added(layers.policy.as_ref(), &layers.changed_policies, POLICY);
        if inline_marks.any() {
            changed_entries.extend(added(layers.target.as_ref(), &layers.changed, CONFIG));
        }
        let changed_allow = layers.changed_allow;
        let has_policy = layers.policy.is_some();
        let mut notes = layers.notes;
        let Joined { config, only, without, allow, accept, signatures } =
            join(layers.policy, layers.target, &mut notes);
        notes.extend(accept::ended(&accept, today()));
        let salt = std::env::var(SALT_VARIABLE).ok().filter(|salt| !salt.is_empty());
        let (typed, configured) = (counts.fail_on.as_ref(), config.fail_on.as_ref());
        Settings {
            salt_is_of_target: !has_policy && salt.is_none() && config.salt.is_some(),
            min_severity: least(
                (counts.thresholds.min_severity, config.min_severity, Severity::Low),
                typed.and_then(|spec| spec.severity),
                configured.and_then(|fail_on| fail_on.severity),
            ),
            min_confidence: least(
                (counts.thresholds.min_confidence, config.min_confidence, Confidence::Likely),
                typed.and_then(|spec| spec.confidence),
                configured.and_then(|fail_on| fail_on.confidence),
            ),
            fail_on: fail_on(typed, configured),
            context_warn: if counts.context_warn.is_empty() {
                config.context_warn.unwrap_or_default()
            } else {
                counts.context_warn.clone()
            },
            include: reading.include.clone(),
            exclude: reading.exclude.iter().cloned().chain(config.exclude).collect(),
            only: if rules.only.is_empty() { only } else { Named::typed("--only", &rules.only) },
            without: Named::typed("--without", &rules.without).into_iter().chain(without).collect(),
            signatures,
            max_size: reading.max_size.or(config.max_size.map(|size| size.0)),
            unpack: limits(&reading.archives, config.max_depth),
            salt: salt.or(config.salt.map(|salt| salt.0)).map(String::into_bytes),
            allow,
            changed_entries,
            grounds: allow::Grounds::default(),
            changed_allow,
            baseline: None,
            changed_baseline: None,
            owners: layers.owners,
            accept,
            inline_marks,
            foreign_marks: counts.foreign_marks || config.foreign_marks,
            notes,
        }
    }
}

/// The budget of archives that these flags ask for.
pub fn limits(flags: &ArchiveArgs, configured_depth: Option<u32>) -> Option<unpack::Limits> {
    let limits = unpack::Limits::default();
    let depth = flags.max_depth.or(configured_depth).unwrap_or(limits.depth);
    (!flags.no_unpack).then_some(unpack::Limits { depth, ..limits })
}

/// From where on is shown: what is to fail a run is shown, or it could not. A threshold that was typed stands before what a
/// configuration says of either.
fn least<T: Ord + Copy>(
    (typed, configured, default): (Option<T>, Option<T>, T),
    fails: Option<T>,
    fails_of_config: Option<T>,
) -> T {
    let of_config = configured.unwrap_or(default);
    let shown = typed.unwrap_or_else(|| fails_of_config.map_or(of_config, |fails| fails.min(of_config)));
    fails.map_or(shown, |fails| fails.min(shown))
}

fn fail_on(typed: Option<&FailOnSpec>, configured: Option<&ConfigFailOn>) -> FailOn {
    let default = default_fail_on();
    FailOn {
        severity: typed
            .and_then(|spec| spec.severity)
            .or(configured.and_then(|config| config.severity))
            .unwrap_or(default.severity),
        confidence: typed
            .and_then(|spec| spec.confidence)
            .or(configured.and_then(|config| config.confidence))
            .unwrap_or(default.confidence),
        states: typed
            .and_then(|spec| spec.states.clone())
            .or(configured.and_then(|config| config.states.clone()))
            .unwrap_or(default.states),
    }
}

fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Date::from_unix_seconds(since.as_secs())
}

/// Allow entries that a change would leave, and its base does not have.
fn added(base: Option<&ConfigFile>, after: &[ConfigFile], by: &'static str) -> Vec<Written<AllowEntry>> {
    let before = base.into_iter().flat_map(|file| &file.config.allow);
    let before: Vec<&AllowEntry> = before.map(|spanned| spanned.get_ref()).collect();
    let entries_of = |file: &ConfigFile| -> Vec<Written<AllowEntry>> {
        let new = file.config.allow.iter().filter(|spanned| !before.contains(&spanned.get_ref()));
        new.map(|spanned| file.entry(spanned, by)).collect()
    };
    after.iter().flat_map(entries_of).collect()
}

#[cfg(test)]
mod tests;
