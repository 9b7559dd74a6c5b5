//! `registry`: what a registry has is listed, chosen from, and swept like a list of images.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use clap::ColorChoice;
use globset::{Glob, GlobSet, GlobSetBuilder};
use sha2::{Digest, Sha256};

use super::args::RegistryArgs;
use super::failure::{Failure, code};
use super::folders;
use super::output::complain;
use super::progress::{Interrupt, Stop};
use super::sweep::{Caches, Order, mirrors, read_text, refuse, state_in};
use crate::origin::printable;
use crate::source::SourceError;
use crate::source::image::{Built, Listed, Listing, Names, Transport};
use crate::sweep::{Place, Target};

/// The beginning of 2013, when there were no images yet, in seconds since 1970. An earlier time was put in by a tool that
/// builds the same bytes each time, and says nothing of the build.
const FIRST_IMAGES: i64 = 1_356_998_400;

/// Names that are asked for.
struct Wanted {
    include: Option<GlobSet>,
    exclude: GlobSet,
}

impl Wanted {
    fn new((flag, include): (&str, &[String]), (exclude_flag, exclude): (&str, &[String])) -> Result<Self, Failure> {
        let include = if include.is_empty() { None } else { Some(globs(flag, include)?) };
        Ok(Wanted { include, exclude: globs(exclude_flag, exclude)? })
    }

    fn has(&self, name: &str) -> bool {
        self.include.as_ref().is_none_or(|include| include.is_match(name)) && !self.exclude.is_match(name)
    }
}

fn globs(flag: &str, patterns: &[String]) -> Result<GlobSet, Failure> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|cause| Failure::new(format!("{flag}: {pattern}"), cause.kind()))?);
    }
    set.build().map_err(|cause| Failure::new(flag, cause))
}

/// Sweeps a registry.
pub fn registry(args: RegistryArgs, color: ColorChoice) -> Result<u8, Failure> {
    refuse(&args.common)?;
    let begun = Instant::now();
    let transport = Transport::from(&args.transport);
    let interrupt = Interrupt::listen()?;
    let listed = targets(&args, &transport, Stop::new(interrupt.clone(), args.common.reading.timeout));
    if interrupt.came() {
        complain("scrubjay: interrupted: no report was written");
        return Ok(code::INTERRUPTED);
    }
    let (targets, asked) = listed?;
    // The state's folder, where no other is named: images have no mirrors.
    let folder = args.state.is_none().then(|| mirrors("registry", None, false)).transpose()?;
    let is_none_new = targets.is_empty();
    let none_new = "--since: no image that is asked for was built since then, so none was read";
    let layers = Some(folders::layer_cache(args.cache.as_deref(), "registry")?);
    let order = Order {
        command: "registry",
        targets,
        notes: is_none_new.then(|| none_new.to_owned()).into_iter().collect(),
        state: state_in(args.state, folder.as_ref(), &state_name(&args.registry)),
        mirrors: None,
        stays: Box::new(move |location| asked.leaves_open(location)),
        begun,
        jobs: args.jobs.map_or(1, |jobs| usize::from(jobs.get())),
        target_timeout: args.target_timeout,
        resume: args.resume,
        caches: Caches { layers, ..Caches::default() },
        transport,
        common: args.common,
    };
    order.carry_out(interrupt, color)
}

/// What of a registry is asked for, and what it has of that.
struct Asked {
    host: String,
    namespace: String,
    repositories: Wanted,
    tags: Wanted,
    /// All tags of each repository that was asked; `None` where they cannot be listed.
    listed: HashMap<String, Option<HashSet<String>>>,
    /// Whether what is not among these is not there: not so where a file names them, or where not all are listed.
    is_all: bool,
    /// Whether there are images that would be targets if they had been built later.
    has_older: bool,
}

impl Asked {
    fn has_repository(&self, name: &str) -> bool {
        let rest = name.strip_prefix(self.namespace.as_str());
        let is_below = rest.is_some_and(|rest| self.namespace.is_empty() || rest.is_empty() || rest.starts_with('/'));
        is_below && self.repositories.has(name)
    }

    /// Whether an image that is no target now may still be there: it was not asked for, or could not be listed.
    fn leaves_open(&self, location: &str) -> bool {
        let name = location.strip_prefix(self.host.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let Some((repository, tag)) = name.map(|name| name.rsplit_once(':').unwrap_or((name, ""))) else { return true };
        match self.listed.get(repository) {
            // A repository by itself is a target only where its tags cannot be listed.
            Some(Some(tags)) => !tag.is_empty() && (tags.contains(tag) || !self.tags.has(tag)),
            Some(None) => true,
            None => !(self.is_all && self.has_repository(repository) && self.tags.has(tag)),
        }
    }
}

/// The images that are asked for.
fn targets(args: &RegistryArgs, transport: &Transport, stop: Stop) -> Result<(Vec<Target>, Asked), Failure> {
    // A URL may hold a password: it is not repeated.
    if args.registry.contains("://") {
        return Err(Failure::new("registry", "a registry has no scheme").or_try("write HOST[:PORT][/NAMESPACE]"));
    }
    if let Some((_, host)) = args.registry.rsplit_once('@') {
        let host = printable(host.split('/').next().unwrap_or_default().as_bytes());
        return Err(Failure::new("registry", "a registry is named without a login")
            .or_try(format!("`docker login {host}`, and name it by its host")));
    }
    let (host, namespace) = args.registry.split_once('/').unwrap_or((&args.registry, ""));
    let failed = |cause: SourceError| Failure::new(format!("registry: {}", cause.target), cause.message);
    let repositories =
        Wanted::new(("--repository", &args.repository), ("--exclude-repository", &args.exclude_repository))?;
    let tags = Wanted::new(("--tag", &args.tag), ("--exclude-tag", &args.exclude_tag))?;
    let is_all = args.repositories.is_none();
    let namespace = namespace.trim_end_matches('/').to_owned();
    let mut asked = Asked {
        host: host.to_owned(),
        namespace,
        repositories,
        tags,
        listed: HashMap::new(),
        is_all,
        has_older: false,
    };
    let listing = Listing::open(host, transport, Box::new(move || stop.now())).map_err(failed)?;
    let mut targets = Vec::new();
    let repositories = match &args.repositories {
        Some(file) => named(file)?,
        None => match listing.repositories().map_err(failed)? {
            Listed::Repositories(Names { names, fault }) => {
                if let Some(fault) = fault {
                    asked.is_all = false;
                    let why = format!("not all of its repositories were listed: {fault}");
                    let location = args.registry.trim_end_matches('/').to_owned();
                    targets.push(unlisted(location, why, true));
                }
                names
            }
            Listed::NoCatalog(why) => {
                return Err(Failure::new(
                    format!("registry: {host}"),
                    format!("does not list its repositories ({why})"),
                )
                .or_try("name them, one a line, with --repositories FILE"));
            }
        },
    };
    for repository in repositories {
        if !asked.has_repository(&repository) {
            continue;
        }
        let listed = listing.tags(&repository);
        let fault = match &listed {
            Ok(Names { names, fault }) => {
                let images = images(&listing, (host, &repository), (names, &asked.tags), args, transport);
                asked.has_older |= images.are_some_older;
                targets.extend(images.targets);
                fault.as_ref().map(|fault| format!("not all of its tags were listed: {fault}"))
            }
            Err(cause) => Some(format!("its tags cannot be listed: {}", cause.message)),
        };
        let is_whole = fault.is_none();
        // One that cannot be listed loses no other: it is a target that fails, and the report says so.
        targets.extend(fault.map(|why| unlisted(format!("{host}/{repository}"), why, false)));
        let tags = listed.ok().filter(|_| is_whole).map(|tags| HashSet::from_iter(tags.names));
        asked.listed.insert(repository, tags);
    }
    if targets.is_empty() && !asked.has_older {
        return Err(Failure::new(format!("registry: {}", args.registry), "has no image that is asked for")
            .or_try("check the namespace and the globs"));
    }
    Ok((targets, asked))
}

/// A part of the registry that does not tell all that it has.
fn unlisted(location: String, why: String, has_repositories: bool) -> Target {
    Target { place: Place::Unlisted { why, has_repositories }, ..target(location) }
}

fn target(location: String) -> Target {
    Target { name: location.clone(), owner: None, place: Place::Image(location.clone()), location }
}

/// The images of a repository that are asked for.
struct Images {
    targets: Vec<Target>,
    /// Whether there are some that were built before the time that is asked for.
    are_some_older: bool,
}

/// The images of a repository that are asked for, by their tags.
fn images(
    listing: &Listing<'_>,
    (host, repository): (&str, &str),
    (all, tags): (&[String], &Wanted),
    args: &RegistryArgs,
    transport: &Transport,
) -> Images {
    // Signatures and attestations have tags, too; they are read with what they are attached to.
    let is_attached = |tag: &str| {
        tag.strip_prefix("sha256-").is_some_and(|rest| {
            let digits = rest.split('.').next().unwrap_or_default();
            digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    let found = all.iter().filter(|tag| tags.has(tag) && !is_attached(tag));
    let found = found.map(|tag| format!("{host}/{repository}:{tag}"));
    if args.newest.is_none() && args.since.is_none() {
        return Images { targets: found.map(target).collect(), are_some_older: false };
    }
    let (mut dated, mut are_some_older) = (Vec::new(), false);
    for reference in found {
        let Built { digest, created } = listing.built(&reference, transport).unwrap_or_default();
        // What does not say when it was built may be the newest of all.
        let created = created.filter(|time| *time >= FIRST_IMAGES).unwrap_or(i64::MAX);
        if args.since.is_none_or(|since| created >= since) {
            dated.push((created, digest, reference));
        } else {
            are_some_older = true;
        }
    }
    dated.sort_by(|a, b| b.cmp(a));
    // All tags of an image count as one.
    let most = args.newest.map_or(usize::MAX, NonZeroUsize::get);
    let mut images = HashSet::new();
    dated.retain(|(_, digest, reference)| {
        let image = digest.as_ref().unwrap_or(reference);
        images.contains(image) || images.len() < most && images.insert(image.clone())
    });
    Images { targets: dated.into_iter().map(|(.., reference)| target(reference)).collect(), are_some_older }
}

/// The repositories that a file names.
fn named(file: &PathBuf) -> Result<Vec<String>, Failure> {
    let what = || format!("--repositories: {}", file.display());
    let text = if file.as_os_str() == "-" {
        read_text(&mut io::stdin().lock())
    } else {
        File::open(file).and_then(|mut file| read_text(&mut file))
    };
    let text = text.map_err(|cause| Failure::new(what(), cause))?;
    let mut names: Vec<String> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let name = line.split('#').next().unwrap_or_default().trim();
        if name.is_empty() {
            continue;
        }
        let is_name = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        };
        if !name.split('/').all(is_name) {
            return Err(Failure::new(format!("{}:{number}", what()), "is no name of a repository")
                .or_try("write NAMESPACE/NAME, without host and tag"));
        }
        names.push(name.to_owned());
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// The name of the state of a registry.
fn state_name(registry: &str) -> String {
    let sum = Sha256::digest(registry.as_bytes());
    let digits: String = sum.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("registry-{digits}.jsonl")
}
