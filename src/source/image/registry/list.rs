//! What a registry has: its repositories and their tags, page by page.

use std::collections::BTreeSet;

use oci_client::Reference;
use serde::Deserialize;
use serde_json::Value;

use super::failure::{Failure, FailureKind};
use super::pages::Pages;
use super::server::{Refusal, Server};
use super::stop::Stop;
use super::{Registry, pull_scope};
use crate::source::SourceError;
use crate::source::image::Transport;
use crate::source::image::config;
use crate::source::image::document::{Document, Root};
use crate::source::image::reference::NO_IPV6;
use crate::source::image::store::{Key, Loss, Store, read_document};

/// Names that a registry may list, at most.
const MAX_NAMES: usize = 1_000_000;

/// Bytes of names that a registry may list, at most.
const MAX_LENGTH: usize = 256 << 20;

/// Pages of a list, at most: as many as a million names have where a registry gives fifty at once.
const MAX_PAGES: usize = 20_000;

/// Names that are asked for at once.
const PAGE: usize = 1_000;

/// Indexes that are followed to the first image, at most.
const MAX_DEPTH: u32 = 16;

/// A registry whose content is listed.
pub struct Listing<'s> {
    server: Server<'s>,
}

/// What a registry lists.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    /// As far as they could be had, sorted.
    pub names: Vec<String>,
    /// Why there may be more of them, for a person.
    pub fault: Option<String>,
}

/// Repositories of a registry.
#[derive(Debug, PartialEq, Eq)]
pub enum Listed {
    /// Their names.
    Repositories(Names),
    /// It has no catalog, or not for this login; why, for a person.
    NoCatalog(String),
}

/// What is known of an image before it is read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// Digest of its manifest or index.
    pub digest: Option<String>,
    /// When it was built, in seconds since 1970, as the config of its first platform says; `None` where that does not.
    pub created: Option<i64>,
}

impl<'s> Listing<'s> {
    /// A registry by its host and port.
    ///
    /// # Errors
    /// When it is no host, or the login for it cannot be read.
    pub fn open(
        host: &str,
        transport: &Transport,
        stop: Box<dyn Fn() -> bool + Send + Sync + 's>,
    ) -> Result<Self, SourceError> {
        let failed = |message: String| SourceError::new(host, message);
        if host.starts_with('[') {
            return Err(failed(NO_IPV6.to_owned()));
        }
        // As a reference resolves it: the API of one well-known registry is not at its name.
        let reference: Reference = format!("{host}/x/x")
            .parse()
            .ok()
            .filter(|reference: &Reference| reference.registry() == host)
            .ok_or_else(|| failed("is no registry: write HOST[:PORT][/NAMESPACE]".to_owned()))?;
        let address = (reference.registry(), reference.resolve_registry());
        let stop: Stop<'s> = stop;
        Ok(Listing { server: Server::new(address, 1, transport, stop).map_err(failed)? })
    }

    /// All repositories.
    ///
    /// # Errors
    /// When the registry cannot be asked. What is wrong with a later page is told beside what the earlier ones have.
    pub fn repositories(&self) -> Result<Listed, SourceError> {
        #[derive(Deserialize)]
        struct Page {
            repositories: Option<Vec<Value>>,
        }
        let names = self.pages("_catalog", "registry:catalog:*", &|bytes| {
            serde_json::from_slice::<Page>(bytes).ok().map(|page| page.repositories.unwrap_or_default())
        });
        match names {
            Ok(names) => Ok(Listed::Repositories(names)),
            Err(failure)
                if matches!(failure.kind, FailureKind::NotFound | FailureKind::NotOffered | FailureKind::Refused) =>
            {
                let detail = failure.detail;
                if failure.kind != FailureKind::Refused {
                    return Ok(Listed::NoCatalog(detail));
                }
                Ok(Listed::NoCatalog(match self.server.refusal() {
                    Refusal::NoLogin(remedy) => format!("{detail}; {remedy}"),
                    Refusal::OfLogin => format!("{detail}; it refuses the login in Docker's config"),
                    Refusal::NotAskedFor => format!("{detail}; the login in Docker's config was not sent"),
                }))
            }
            Err(failure) => Err(self.error(&failure)),
        }
    }

    /// All tags of a repository.
    ///
    /// # Errors
    /// When the first of them cannot be had.
    pub fn tags(&self, repository: &str) -> Result<Names, SourceError> {
        #[derive(Deserialize)]
        struct Page {
            tags: Option<Vec<Value>>,
        }
        let path = format!("{repository}/tags/list");
        let tags = self.pages(&path, &pull_scope(repository), &|bytes| {
            serde_json::from_slice::<Page>(bytes).ok().map(|page| page.tags.unwrap_or_default())
        });
        tags.map_err(|failure| {
            let of = SourceError::new(format!("{}/{repository}", self.server.host), failure.detail.clone());
            let host = &self.server.host;
            match self.server.login.remedy(host).filter(|_| failure.kind == FailureKind::Refused) {
                Some(remedy) => {
                    let message = format!("{host} wants a login for it ({}); {remedy}", failure.detail);
                    SourceError { message, ..of }
                }
                None => of,
            }
        })
    }

    /// Which image a tag has now, and when that was built.
    ///
    /// # Errors
    /// When its manifest or config cannot be had.
    pub fn built(&self, reference: &str, transport: &Transport) -> Result<Built, SourceError> {
        let failed = |message: String| SourceError::new(reference, message);
        let parsed: Reference = reference.parse().map_err(|_| failed("is no reference".to_owned()))?;
        let stop = || self.server.stopped();
        let (registry, root) = Registry::connect(&parsed, 1, transport, Box::new(stop)).map_err(failed)?;
        let created = created(&registry, &root).map_err(|loss| failed(loss.detail))?;
        let digest = match root {
            Root::Descriptor(descriptor) => Some(descriptor.digest),
            Root::Saved(_) => None,
        };
        Ok(Built { digest, created })
    }

    fn error(&self, failure: &Failure) -> SourceError {
        SourceError::new(&self.server.host, format!("cannot be listed: {}", failure.detail))
    }

    fn pages(&self, path: &str, scope: &str, names_of: &dyn Fn(&[u8]) -> Option<Vec<Value>>) -> Result<Names, Failure> {
        let (mut names, mut length) = (BTreeSet::new(), 0);
        let pages = Pages::new(&self.server, format!("{path}?n={PAGE}"), ("application/json", scope), MAX_PAGES);
        let (mut fault, mut no_names) = (None, false);
        for (index, page) in pages.enumerate() {
            let new = page.and_then(|page| {
                let no_list = || Failure::new(FailureKind::NotOffered, "its answer is no list of names");
                names_of(&page.bytes).ok_or_else(no_list)
            });
            match new {
                Ok(new) => {
                    let listed = new.len();
                    let new: Vec<String> = new.into_iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
                    // One entry that is no name loses none of the others.
                    if new.len() < listed {
                        no_names = true;
                    }
                    length += new.iter().map(String::len).sum::<usize>();
                    names.extend(new);
                }
                Err(failure) if index == 0 => return Err(failure),
                Err(failure) => fault = Some(failure.detail),
            }
            if names.len() > MAX_NAMES || length > MAX_LENGTH {
                fault = Some("it lists more than 1,000,000 names or 256 MiB of them".to_owned());
            }
            if fault.is_some() {
                break;
            }
        }
        let fault = fault.or_else(|| no_names.then(|| "some of what it lists are no names".to_owned()));
        Ok(Names { names: names.into_iter().collect(), fault })
    }
}

/// When an image was built, in seconds since 1970, as the config of its first platform says.
fn created(store: &dyn Store, root: &Root) -> Result<Option<i64>, Loss> {
    let Root::Descriptor(descriptor) = root else { return Ok(None) };
    let mut digest = descriptor.digest.clone();
    for _ in 0..MAX_DEPTH {
        let bytes = store.manifest(&digest)?;
        let Ok(document) = serde_json::from_slice::<Document>(&bytes) else { return Ok(None) };
        if let Some(first) = document.manifests.as_ref().and_then(|entries| entries.first()) {
            digest.clone_from(&first.digest);
            continue;
        }
        let Some(config) = document.config else { return Ok(None) };
        return Ok(config::created(&read_document(&mut *store.open(&Key::Digest(config.digest))?)?));
    }
    Ok(None)
}
