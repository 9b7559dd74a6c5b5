//! Which configuration counts for a target. A target cannot silence its own scan: its `.scrubjay.toml` and its inline
//! marks count where the user stands in it, or trusts it by flag.

use std::path::{Path, PathBuf};

use super::config::{ConfigFile, FILE_NAME};
use super::failure::Failure;
use super::known::{self, Stand, Unread};
use super::sides::{Sides, TwoSides};
use crate::allow::baseline::{self, Ground};
use crate::allow::marks::Marks;
use crate::owners::Owners;
use crate::scan::ChangedAllow;
use crate::source::git::range::SideFile;

/// What is scanned, as far as trust goes.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Files and folders of this machine.
    Paths(&'a [PathBuf]),
    /// The same, and an image among them: what was built elsewhere has no inline marks that count.
    PathsWithImage(&'a [PathBuf]),
    /// A stream: it holds no configuration, so that of the current folder counts; its inline marks do not.
    Stream,
    /// An image, or a repository that is cloned: neither counts, unless the target is trusted by flag.
    Elsewhere,
    /// A change: what counts is what its base has, for what it brings itself would silence its own scan.
    Change(Changed<'a>),
}

/// What is known of a change, as far as trust goes.
#[derive(Debug, Clone, Copy)]
pub struct Changed<'a> {
    /// Whose repository it is in.
    pub whose: Whose<'a>,
    /// The configurations of its two sides.
    pub sides: &'a Sides,
    /// What becomes of what it allows itself.
    pub allow: ChangedAllow,
}

/// Whose repository a change is in.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// The user's own: git runs a hook in it.
    Own,
    /// That of this folder: the user's own where the user stands in it.
    At(&'a Path),
    /// Somebody else's, who may have written the base as well: what is received, or a clone.
    Other,
}

/// The configuration of a run, by who wrote it.
#[derive(Debug, Default)]
pub struct Layers {
    /// The organisation's policy: `--config`.
    pub policy: Option<ConfigFile>,
    /// The `.scrubjay.toml` that counts.
    pub target: Option<ConfigFile>,
    /// What the change that is judged would leave as configuration.
    pub changed: Vec<ConfigFile>,
    /// What it would leave as policy, where the policy is a file of its repository.
    pub changed_policies: Vec<ConfigFile>,
    /// What becomes of what it adds there.
    pub changed_allow: ChangedAllow,
    /// The baseline that counts, unless another is named.
    pub baseline: Option<Unread>,
    /// What the change that is judged would leave as baseline.
    pub changed_baselines: Vec<Unread>,
    /// The baseline that a flag names, where it is a file of the repository of a change.
    pub named_baseline: Option<NamedBaseline>,
    /// Who answers for paths.
    pub owners: Option<(Ground, Owners)>,
    /// The current folder and the targets, where these are files of this machine.
    pub stand: Option<Stand>,
    /// Whether the user stands in all that is scanned, or trusts it.
    pub trusted: bool,
    /// Where the user stands, if that and no flag says which files are trusted.
    pub stands_at: Option<PathBuf>,
    /// What a reader of the report should know, such as a configuration that was not read.
    pub notes: Vec<String>,
}

/// A baseline that a flag names, as the two sides of a change have it.
#[derive(Debug)]
pub struct NamedBaseline {
    /// The one that counts: that of the base, if it has one.
    pub base: Option<Unread>,
    /// What the change would leave.
    pub after: Vec<Unread>,
}

impl Layers {
    /// Reads what counts.
    ///
    /// # Errors
    /// A file that cannot be read or does not parse; several targets with a configuration each, all trusted by flag.
    pub fn read(policy: Option<&Path>, trust: bool, scope: Scope<'_>) -> Result<Self, Failure> {
        Layers::read_from(&current_folder()?, policy, trust, scope)
    }

    /// The files that [`Layers::read`] would read, without trust by flag.
    ///
    /// # Errors
    /// When there is no current folder.
    pub fn find(policy: Option<&Path>, scope: Scope<'_>) -> Result<Vec<PathBuf>, Failure> {
        let found = Found::from(&current_folder()?, policy, false, scope)?;
        Ok(policy.map(Path::to_owned).into_iter().chain(found.target).collect())
    }

    fn read_from(here: &Path, policy: Option<&Path>, trust: bool, scope: Scope<'_>) -> Result<Self, Failure> {
        let found = Found::from(here, policy, trust, scope)?;
        let is_sided = matches!(scope, Scope::Change(changed) if changed.sides.named.policy.is_some());
        let mut layers = Layers {
            policy: policy.filter(|_| !is_sided).map(ConfigFile::read).transpose()?,
            target: found.target.as_deref().map(ConfigFile::read).transpose()?,
            changed: Vec::new(),
            changed_policies: Vec::new(),
            changed_allow: ChangedAllow::Honour,
            baseline: found.baseline,
            changed_baselines: Vec::new(),
            named_baseline: None,
            owners: found.owners,
            stand: found.stand,
            trusted: found.trusted,
            stands_at: found.stands_at,
            notes: found.notes,
        };
        if let Scope::Change(changed) = scope {
            layers.enter(changed)?;
        }
        Ok(layers)
    }

    /// Where inline marks count.
    pub fn marks(&self) -> Marks {
        let may_allow = self.policy.as_ref().is_none_or(|policy| policy.config.target_may_allow);
        match &self.stands_at {
            _ if !self.trusted || !may_allow => Marks::Nowhere,
            Some(here) => Marks::Around(here.clone()),
            None => Marks::Everywhere,
        }
    }

    /// Takes what the two sides of a change say.
    fn enter(&mut self, changed: Changed<'_>) -> Result<(), Failure> {
        self.changed_allow = changed.allow;
        self.owners = changed.sides.owners.as_ref().and_then(|(path, file)| {
            let owners = Owners::parse(path, file.content().ok()?);
            Some((Ground::default(), owners))
        });
        let Sides { config, baseline, named, .. } = changed.sides;
        self.notes.extend(named.notes.iter().cloned());
        if let Some(policy) = &named.policy {
            self.policy = self.of_base(policy, parse)?;
            self.changed_policies = self.of_change(policy);
        }
        if let Some(sides) = &named.baseline {
            self.named_baseline = Some(self.of_baseline(sides)?);
        }
        if !self.trusted {
            return Ok(());
        }
        // As elsewhere, what is named as the policy is not the configuration as well.
        if named.policy.as_ref().is_none_or(|policy| policy.path != config.path) {
            self.target = self.of_base(config, parse)?;
            self.changed = self.of_change(config);
        }
        let NamedBaseline { base, after } = self.of_baseline(baseline)?;
        (self.baseline, self.changed_baselines) = (base, after);
        Ok(())
    }

    /// What a configuration would be after the change.
    fn of_change(&mut self, sides: &TwoSides) -> Vec<ConfigFile> {
        // One that is broken does not count yet, and must not fail what does; its text is not quoted.
        let told =
            |fault: Failure| format!("{}: cannot be read, so what this change would allow is not known", fault.what);
        let parsed = sides.after.iter().map(parse);
        parsed.filter_map(|file| file.map_err(|fault| self.notes.push(told(fault))).ok()).collect()
    }

    fn of_baseline(&mut self, sides: &TwoSides) -> Result<NamedBaseline, Failure> {
        let whole = |file: &SideFile| Unread::Side(file.clone()).read().map(|_| Unread::Side(file.clone()));
        let base = self.of_base(sides, whole)?;
        Ok(NamedBaseline { base, after: sides.after.iter().cloned().map(Unread::Side).collect() })
    }

    /// What a file of the base says. One that is no such file is an error, unless the change mends it or takes it away: else nobody
    /// could. Then nothing of it counts.
    fn of_base<T>(
        &mut self,
        sides: &TwoSides,
        parse: impl Fn(&SideFile) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        match sides.base.as_ref().map(&parse).transpose() {
            Err(fault) if sides.after.iter().all(|file| parse(file).is_ok()) => {
                self.notes
                    .push(format!("{}: cannot be read, and this change mends it: nothing of it counts", fault.what));
                Ok(None)
            }
            parsed => parsed,
        }
    }
}

fn parse(file: &SideFile) -> Result<ConfigFile, Failure> {
    let fault = |cause: &dyn std::fmt::Display| Failure::new(format!("config: {}", file.name), cause);
    let content = file.content().map_err(|why| fault(&why))?;
    let text = std::str::from_utf8(content).map_err(|cause| fault(&cause))?;
    ConfigFile::parse(Path::new(&file.name), text.to_owned())
}

fn current_folder() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|cause| Failure::new("config: current folder", cause).or_try("run it from a folder that exists"))
}

/// Which file counts, before it is read.
#[derive(Debug, Default)]
struct Found {
    target: Option<PathBuf>,
    baseline: Option<Unread>,
    owners: Option<(Ground, Owners)>,
    stand: Option<Stand>,
    stands_at: Option<PathBuf>,
    trusted: bool,
    notes: Vec<String>,
}

impl Found {
    fn from(here: &Path, policy: Option<&Path>, trust: bool, scope: Scope<'_>) -> Result<Self, Failure> {
        let here = here.canonicalize().unwrap_or_else(|_| here.to_owned());
        let mut found = Found { trusted: trust, ..Found::default() };
        found.target = match scope {
            Scope::Paths(targets) | Scope::PathsWithImage(targets) => {
                let roots: Vec<PathBuf> = targets.iter().map(|target| root_of(&here.join(target))).collect();
                let stands = roots.iter().all(|root| stands_in(&here, root));
                found.trusted = trust || (stands && matches!(scope, Scope::Paths(_)));
                found.stands_at = (!trust).then(|| here.clone());
                found.owners = known::owners(&here, targets);
                let stand = Stand { here: here.clone(), targets: targets.to_vec() };
                let mut of_name = |name: &str| {
                    let own = if stands { None } else { found.own_of_targets(name, &roots, trust)? };
                    Ok(own.or_else(|| nearest(name, &here, &roots)))
                };
                let baseline: Option<PathBuf> = of_name(baseline::FILE_NAME)?;
                let config = of_name(FILE_NAME)?;
                found.baseline = baseline.map(|path| {
                    let ground = stand.ground_of(&path);
                    Unread::File(path, ground)
                });
                found.stand = Some(stand);
                config
            }
            Scope::Stream => nearest(FILE_NAME, &here, &[]),
            Scope::Change(changed) => found.of_change(&here, changed, trust),
            Scope::Elsewhere => trust.then(|| nearest(FILE_NAME, &here, &[])).flatten(),
        };
        known::expect_files(found.target.as_deref(), found.baseline.as_ref())?;
        let policy = policy.and_then(|policy| policy.canonicalize().ok());
        found.target = found.target.filter(|path| policy.is_none() || path.canonicalize().ok() != policy);
        Ok(found)
    }

    /// Whether the sides of a change count; where they do not, the user's own file that lies above the repository.
    fn of_change(&mut self, here: &Path, changed: Changed<'_>, trust: bool) -> Option<PathBuf> {
        let root = match changed.whose {
            Whose::Own => None,
            Whose::At(path) => Some(root_of(&here.join(path))).filter(|root| !stands_in(here, root)),
            Whose::Other => {
                self.trusted = trust;
                return None;
            }
        };
        self.trusted = trust || root.is_none();
        if self.trusted {
            return None;
        }
        let Sides { config, baseline, named, .. } = changed.sides;
        let is_named = |sides: &&TwoSides| {
            [&named.policy, &named.baseline].into_iter().flatten().any(|named| named.path == sides.path)
        };
        let unread = [config, baseline].into_iter().filter(|sides| !is_named(sides));
        self.notes.extend(unread.filter_map(|sides| sides.base.as_ref()).map(|file| not_read(&file.name)));
        nearest(FILE_NAME, here, &[root?])
    }

    /// The file of this name in targets that the user does not stand in.
    fn own_of_targets(&mut self, name: &str, roots: &[PathBuf], trust: bool) -> Result<Option<PathBuf>, Failure> {
        let mut own: Vec<PathBuf> =
            roots.iter().map(|root| root.join(name)).filter(|path| path.symlink_metadata().is_ok()).collect();
        own.sort();
        own.dedup();
        if !trust {
            self.notes.extend(own.iter().map(|path| not_read(&path.display())));
            return Ok(None);
        }
        if own.len() > 1 {
            return Err(Failure::new("config", format!("more than one target has its own {name}"))
                .or_try("scan the targets one at a time"));
        }
        Ok(own.pop())
    }
}

fn not_read(file: &dyn std::fmt::Display) -> String {
    format!("{file} was not read: it is in a target that you do not stand in (--trust-target-config reads it)")
}

/// The folder that a target is or lies in.
fn root_of(target: &Path) -> PathBuf {
    let target = target.canonicalize().unwrap_or_else(|_| target.to_owned());
    if target.is_dir() { target } else { target.parent().map_or_else(|| target.clone(), Path::to_owned) }
}

/// Whether a user in `here` stands in a target: below it, or anywhere in the repository that it is a part of.
fn stands_in(here: &Path, root: &Path) -> bool {
    let repository = |path: &Path| path.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    here.starts_with(root) || repository(here).is_some_and(|top| repository(root) == Some(top))
}

/// The folders whose configuration is the user's own: from `here` up to the top of the repository, innermost first; `here` alone
/// where there is none.
fn grounds(here: &Path) -> Vec<&Path> {
    let above: Vec<&Path> = here.ancestors().collect();
    let top = above.iter().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    above[..=top].to_vec()
}

/// The innermost file of this name of the user's own that lies above all of `roots`.
fn nearest(name: &str, here: &Path, roots: &[PathBuf]) -> Option<PathBuf> {
    grounds(here)
        .into_iter()
        .filter(|ground| roots.iter().all(|root| root.starts_with(ground)))
        .map(|ground| ground.join(name))
        // What is there and cannot be read is told, and not passed over.
        .find(|path| path.symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let top = tempfile::tempdir().unwrap();
        for folder in ["mine/.git", "mine/src", "mine/sub", "other/.git"] {
            std::fs::create_dir_all(top.path().join(folder)).unwrap();
        }
        for (file, text) in [("mine", "max-depth = 1"), ("mine/sub", "max-depth = 2"), ("other", "max-depth = 3")] {
            std::fs::write(top.path().join(file).join(FILE_NAME), text).unwrap();
        }
        top
    }

    fn depth(here: &Path, target: &str, trust: bool) -> (Option<u32>, bool, usize) {
        let layers = Layers::read_from(here, None, trust, Scope::Paths(&[target.into()])).unwrap();
        (layers.target.and_then(|file| file.config.max_depth), layers.trusted, layers.notes.len())
    }

    #[test]
    fn a_target_counts_where_the_user_stands_in_it() {
        let top = tree();
        let mine = top.path().join("mine");
        assert_eq!(depth(&mine, ".", false), (Some(1), true, 0));
        assert_eq!(depth(&mine, "src", false), (Some(1), true, 0));
        assert_eq!(depth(&mine.join("src"), "..", false), (Some(1), true, 0));
        assert_eq!(depth(&mine.join("sub"), ".", false), (Some(2), true, 0));
        assert_eq!(depth(&mine.join("sub"), "..", false), (Some(1), true, 0));
    }

    #[test]
    fn a_target_elsewhere_does_not_count_unless_trusted() {
        let top = tree();
        assert_eq!(depth(&top.path().join("mine"), "../other", false), (None, false, 1));
        assert_eq!(depth(&top.path().join("mine"), "../other", true), (Some(3), true, 0));
        assert_eq!(depth(top.path(), "other", false), (None, false, 1), "above a target is not in it");
        std::fs::write(top.path().join(FILE_NAME), "max-depth = 9").unwrap();
        assert_eq!(depth(top.path(), "other", false), (Some(9), false, 1));
        assert_eq!(depth(top.path(), "other", true), (Some(3), true, 0));
    }

    #[test]
    fn an_image_has_no_say() {
        let top = tree();
        let mine = top.path().join("mine");
        let layers = Layers::read_from(&mine, None, false, Scope::Elsewhere).unwrap();
        assert!(layers.target.is_none() && !layers.trusted);
        let layers = Layers::read_from(&mine, None, true, Scope::Elsewhere).unwrap();
        assert!(layers.target.is_some() && layers.trusted);
        let layers = Layers::read_from(&mine, None, false, Scope::PathsWithImage(&["image.tar".into()])).unwrap();
        assert!(layers.target.is_some() && !layers.trusted);
    }

    #[test]
    fn the_policy_is_not_read_twice() {
        let top = tree();
        let mine = top.path().join("mine");
        let policy = mine.join(FILE_NAME);
        let layers = Layers::read_from(&mine, Some(&policy), false, Scope::Stream).unwrap();
        assert!(layers.policy.is_some() && layers.target.is_none());
    }
}
