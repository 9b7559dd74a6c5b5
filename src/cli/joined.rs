//! One configuration out of the policy's and the target's: a target can only make a policy stricter.

use std::collections::BTreeSet;

use super::config::{AcceptEntry, Config, ConfigFile, FailOn as ConfigFailOn};
use super::named::Named;
use crate::allow::{AllowEntry, POLICY, Written};
use crate::finding::State;
use crate::scan::FailOn;
use crate::score::Confidence;
use crate::signature::{self, Severity, Standing};
use crate::unpack;

/// What entries of a target's configuration are said to be by.
pub(super) const CONFIG: &str = "config";

/// What counts of both.
pub(super) struct Joined {
    /// All but what follows.
    pub config: Config,
    pub only: Vec<Named>,
    pub without: Vec<Named>,
    pub allow: Vec<Written<AllowEntry>>,
    pub accept: Vec<Written<AcceptEntry>>,
    pub signatures: Vec<signature::Entry>,
}

/// One configuration out of the policy's and the target's.
pub(super) fn join(policy: Option<ConfigFile>, target: Option<ConfigFile>, notes: &mut Vec<String>) -> Joined {
    let (mut allow, mut accept) = (Vec::new(), Vec::new());
    // New ones find more; those that take the place of others may find less.
    let may_replace = policy.as_ref().is_none_or(|policy| policy.config.target_may_allow);
    let mut signatures: Vec<signature::Entry> = policy.iter().flat_map(ConfigFile::signatures).collect();
    let of_target = target.iter().flat_map(ConfigFile::signatures).filter(|entry| may_replace || !entry.replaces());
    let standing = if may_replace { Standing::Own } else { Standing::Guest };
    signatures.extend(of_target.map(|entry| signature::Entry { standing, ..entry }));
    // `only` of a target that has a policy never counts.
    let speaker = policy.as_ref().or(target.as_ref());
    let only = speaker.map(|file| file.named("only", &file.config.only)).unwrap_or_default();
    let without_of = |file: &ConfigFile| file.named("without", &file.config.without);
    let mut without = speaker.map(without_of).unwrap_or_default();
    without.extend(target.iter().filter(|_| policy.is_some() && may_replace).flat_map(without_of));
    let mut take = |file: &ConfigFile, by: &'static str| {
        allow.extend(file.config.allow.iter().map(|spanned| file.entry(spanned, by)));
        accept.extend(file.config.accept.iter().map(|spanned| file.entry(spanned, by)));
    };
    let config = match (policy, target) {
        (None, None) => Config::default(),
        (None, Some(only)) => {
            take(&only, CONFIG);
            only.config
        }
        (Some(only), None) => {
            take(&only, POLICY);
            only.config
        }
        (Some(policy), Some(target)) => {
            take(&policy, POLICY);
            if policy.config.target_may_allow {
                take(&target, CONFIG);
            } else if loosens(&target.config) || target.signatures().any(|entry| entry.replaces()) {
                notes.push(format!(
                    "{}: its allow and accept entries, exclude, only, without and changes of signatures do not count: the policy {} does not let it",
                    target.path.display(),
                    policy.path.display()
                ));
            }
            tighten(policy.config, target.config)
        }
    };
    Joined { config, only, without, allow, accept, signatures }
}

fn loosens(target: &Config) -> bool {
    !target.allow.is_empty()
        || !target.accept.is_empty()
        || target.foreign_marks
        || !target.exclude.is_empty()
        || !target.only.is_empty()
        || !target.without.is_empty()
}

/// A policy made stricter by a target: lower thresholds, more that fails, deeper archives, fewer contexts let off. What
/// would read or report less counts only where the policy has `target-may-allow`; `max-size` and the salt of a target never count.
fn tighten(policy: Config, target: Config) -> Config {
    let stricter_context = match (policy.context_warn, target.context_warn) {
        (Some(policy), Some(target)) => Some(policy.into_iter().filter(|context| target.contains(context)).collect()),
        (policy, _) => policy,
    };
    let mut exclude = policy.exclude;
    if policy.target_may_allow {
        exclude.extend(target.exclude);
    }
    let default_depth = unpack::Limits::default().depth;
    // What is to fail a run is shown.
    let fails = target.fail_on.clone().unwrap_or_default();
    Config {
        min_severity: lower(policy.min_severity, least(target.min_severity, fails.severity), Severity::Low),
        min_confidence: lower(
            policy.min_confidence,
            least(target.min_confidence, fails.confidence),
            Confidence::Likely,
        ),
        fail_on: stricter_fail_on(policy.fail_on, target.fail_on),
        context_warn: stricter_context,
        exclude,
        without: policy.without,
        max_depth: target
            .max_depth
            .map_or(policy.max_depth, |depth| Some(depth.max(policy.max_depth.unwrap_or(default_depth)))),
        only: policy.only,
        signature: policy.signature,
        max_size: policy.max_size,
        salt: policy.salt,
        foreign_marks: policy.foreign_marks || (policy.target_may_allow && target.foreign_marks),
        target_may_allow: policy.target_may_allow,
        allow: policy.allow,
        accept: policy.accept,
    }
}

fn lower<T: Ord + Copy>(policy: Option<T>, target: Option<T>, default: T) -> Option<T> {
    target.map_or(policy, |target| Some(target.min(policy.unwrap_or(default))))
}

fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// As [`lower`], and says nothing where the default is said by nobody.
fn lower_fails<T: Ord + Copy>(policy: Option<T>, target: Option<T>, default: T) -> Option<T> {
    lower(policy, target.filter(|target| policy.is_some() || *target < default), default)
}

fn stricter_fail_on(policy: Option<ConfigFailOn>, target: Option<ConfigFailOn>) -> Option<ConfigFailOn> {
    let Some(target) = target else { return policy };
    let policy = policy.unwrap_or_default();
    let default = default_fail_on();
    let states = target.states.map_or(policy.states.clone(), |states| {
        let both: BTreeSet<State> = policy.states.unwrap_or(default.states).into_iter().chain(states).collect();
        Some(both.into_iter().collect())
    });
    Some(ConfigFailOn {
        severity: lower_fails(policy.severity, target.severity, default.severity),
        confidence: lower_fails(policy.confidence, target.confidence, default.confidence),
        states,
    })
}

/// What fails a run where nothing else is said: what is shown by default, in all states but those of what came from
/// elsewhere, with a base image or from before a change.
pub(super) fn default_fail_on() -> FailOn {
    FailOn {
        severity: Severity::Low,
        confidence: Confidence::Likely,
        states: State::ALL.iter().copied().filter(|state| state.fails_by_default()).collect(),
    }
}
