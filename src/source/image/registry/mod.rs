//! An image in a registry: manifests by digest, blobs as streams, and what else is attached to it. Logs in with what the
//! user's own Docker config has. No message of this module holds a credential, a token, or what a server sent as text.
//!
//! The requests are our own and not those of the `oci-client` crate: its answers have no limit, it follows a token server
//! wherever a registry sends it, and it does not tell how long a server wants to be left alone.

mod blob;
mod daemon;
mod docker_config;
mod endpoint;
mod failure;
mod helper;
mod list;
mod login;
mod nearness;
mod pages;
mod server;
mod stop;

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

use oci_client::Reference;
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};

use self::blob::Blob;
use self::failure::{Failure, FailureKind};
use self::pages::Pages;
use self::server::{Document, Refusal, Server, Wanted};
use super::Transport;
use super::digest::{Hasher, digest_parts, has_digest};
use super::document::{self, Descriptor, Root};
use super::store::{Key, Loss, Store};
use crate::blob::Reason;

pub use self::daemon::Nearest;
pub(super) use self::daemon::{Daemon, NoImage};
pub use self::list::{Built, Listed, Listing, Names};
pub(super) use self::stop::Stop;

/// A manifest that OCI has given up, and some registries still hold.
const ARTIFACT_MEDIA_TYPE: &str = "application/vnd.oci.artifact.manifest.v1+json";

/// What cosign attaches to an image by the name of a tag, where it does not use referrers.
const ATTACHED_TAGS: [&str; 3] = ["sig", "att", "sbom"];

/// Pages of referrers, at most.
const MAX_PAGES: usize = 1_000;

/// Attachments of one manifest, at most.
const MAX_REFERRERS: usize = 10_000;

fn manifest_types() -> String {
    [
        OCI_IMAGE_INDEX_MEDIA_TYPE,
        OCI_IMAGE_MEDIA_TYPE,
        IMAGE_MANIFEST_LIST_MEDIA_TYPE,
        IMAGE_MANIFEST_MEDIA_TYPE,
        ARTIFACT_MEDIA_TYPE,
    ]
    .join(", ")
}

/// What a token must allow to read a repository.
fn pull_scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// One image of a registry.
pub(super) struct Registry<'s> {
    server: Server<'s>,
    reference: Reference,
    scope: String,
    accept: String,
    /// The manifest or index that the reference leads to.
    digest: String,
    manifest: Vec<u8>,
    has_no_referrers: AtomicBool,
}

impl<'s> Registry<'s> {
    /// Logs in and resolves the reference. `threads` is the number of blobs that will be read at once.
    pub fn connect(
        reference: &Reference,
        threads: usize,
        transport: &Transport,
        stop: Stop<'s>,
    ) -> Result<(Self, Root), String> {
        let address = (reference.registry(), reference.resolve_registry());
        let server = Server::new(address, threads, transport, stop)?;
        let mut registry = Registry {
            server,
            reference: reference.clone(),
            scope: pull_scope(reference.repository()),
            accept: manifest_types(),
            digest: String::new(),
            manifest: Vec::new(),
            has_no_referrers: AtomicBool::new(false),
        };
        let name = reference.digest().or(reference.tag()).unwrap_or("latest");
        let first = registry.named_manifest(name);
        let (manifest, digest) = first
            .and_then(|(bytes, digest)| if is_html(&bytes) { Err(no_registry()) } else { Ok((bytes, digest)) })
            .map_err(|failure| advice(&failure, reference, &registry.server))?;
        let root = Root::Descriptor(Descriptor { digest: digest.clone(), ..Descriptor::default() });
        (registry.manifest, registry.digest) = (manifest, digest);
        Ok((registry, root))
    }

    fn repository(&self) -> &str {
        self.reference.repository()
    }

    /// Digest of what the reference leads to.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    fn document(&self, path: &str) -> Result<Document, Failure> {
        self.server.document(&Wanted { path, accept: &self.accept, scope: &self.scope })
    }

    /// A manifest by its tag or digest, with its digest.
    fn named_manifest(&self, name: &str) -> Result<(Vec<u8>, String), Failure> {
        let Document { bytes, headers } = self.document(&format!("{}/manifests/{name}", self.repository()))?;
        let stated = headers.get("docker-content-digest").and_then(|digest| digest.to_str().ok());
        let wanted = if name.contains(':') { Some(name) } else { stated };
        if let Some(wanted) = wanted.filter(|wanted| !has_digest(&bytes, wanted)) {
            let known = Hasher::for_digest(wanted).is_some();
            let detail = if known {
                "the digest of the answer is not the one asked for"
            } else {
                "its digest is of no known kind"
            };
            return Err(Failure::new(FailureKind::Other, detail));
        }
        let digest = wanted.map_or_else(
            || {
                let mut hasher = Hasher::sha256();
                hasher.update(&bytes);
                hasher.finish()
            },
            str::to_owned,
        );
        Ok((bytes, digest))
    }

    /// Adds referrers by the API that registries have for it; false where this one has none.
    fn referrers_by_api(&self, digest: &str, found: &mut Vec<Descriptor>) -> Result<bool, Failure> {
        if self.has_no_referrers.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let first = format!("{}/referrers/{digest}", self.repository());
        let pages = Pages::new(&self.server, first, (&self.accept, &self.scope), MAX_PAGES);
        for (index, page) in pages.enumerate() {
            let page = match page {
                Err(failure)
                    if index == 0 && matches!(failure.kind, FailureKind::NotFound | FailureKind::NotOffered) =>
                {
                    self.has_no_referrers.store(true, Ordering::Relaxed);
                    return Ok(false);
                }
                page => page?,
            };
            match document::entries_of_index(&page.bytes) {
                Some(descriptors) => found.extend(descriptors),
                // A proxy's own page, say: as good as none.
                None if index == 0 => return Ok(false),
                None => return Err(Failure::new(FailureKind::Other, "a later page of it is no list")),
            }
            if found.len() > MAX_REFERRERS {
                return Err(Failure::new(FailureKind::Other, "more than 10,000 attachments"));
            }
        }
        Ok(true)
    }

    /// A manifest under a tag that may not be there.
    fn by_tag(&self, tag: &str) -> Result<Option<(Vec<u8>, String)>, Failure> {
        match self.named_manifest(tag) {
            Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::NotOffered) => Ok(None),
            found => found.map(Some),
        }
    }

    fn attached(&self, digest: &str, found: &mut Vec<Descriptor>) -> Result<(), Failure> {
        let tag = digest.replace(':', "-");
        if !self.referrers_by_api(digest, found)? {
            let index = self.by_tag(&tag)?;
            found.extend(index.and_then(|(bytes, _)| document::entries_of_index(&bytes)).unwrap_or_default());
        }
        if digest == self.digest {
            for kind in ATTACHED_TAGS {
                if let Some((_, digest)) = self.by_tag(&format!("{tag}.{kind}"))? {
                    found.push(Descriptor { digest, ..Descriptor::default() });
                }
            }
        }
        Ok(())
    }
}

impl Store for Registry<'_> {
    fn open(&self, key: &Key) -> Result<Box<dyn Read + Send + '_>, Loss> {
        match key {
            Key::Digest(digest) if digest_parts(digest).is_some() => {
                Ok(Box::new(Blob::open(self, digest).map_err(Failure::into_loss)?))
            }
            _ => Err(Loss::new(Reason::Missing, "no valid digest")),
        }
    }

    fn manifest(&self, digest: &str) -> Result<Vec<u8>, Loss> {
        if digest == self.digest {
            return Ok(self.manifest.clone());
        }
        if digest_parts(digest).is_none() {
            return Err(Loss::new(Reason::Missing, "no valid digest"));
        }
        // The digest is held against the bytes by whoever asks.
        self.document(&format!("{}/manifests/{digest}", self.repository()))
            .map(|document| document.bytes)
            .map_err(Failure::into_loss)
    }

    fn referrers(&self, digest: &str, found: &mut Vec<Descriptor>) -> Result<(), Loss> {
        if digest_parts(digest).is_none() {
            return Ok(());
        }
        self.attached(digest, found).map_err(Failure::into_loss)
    }
}

/// Whether an answer is a page for people: a manifest is JSON, which never begins so.
fn is_html(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.trim_ascii_start().starts_with(b"<")
}

fn no_registry() -> Failure {
    Failure::new(FailureKind::Other, "its answer is HTML and no manifest, so this may be no registry")
}

/// What failed and what to try, for a person.
fn advice(failure: &Failure, reference: &Reference, server: &Server<'_>) -> String {
    let host = &server.host;
    let detail = &failure.detail;
    let repository = reference.repository();
    match failure.kind {
        FailureKind::Refused => match server.refusal() {
            Refusal::NoLogin(remedy) => {
                format!("{host} wants a login for {repository}, or does not have it ({detail}); {remedy}")
            }
            Refusal::NotAskedFor => {
                format!("{host} refuses {repository} ({detail}); the login in Docker's config was not sent")
            }
            Refusal::OfLogin => format!(
                "{host} refuses {repository} to the login in Docker's config ({detail}); try `docker login {host}` with an \
                 account that may read it"
            ),
        },
        FailureKind::NotFound => {
            format!("{host} has no {reference}; check the name and the tag")
        }
        FailureKind::Transient if server.is_plain => format!("cannot be had from {host} over plain HTTP: {detail}"),
        FailureKind::Transient | FailureKind::Other | FailureKind::NotOffered => {
            format!("cannot be had from {host}: {detail}")
        }
    }
}
