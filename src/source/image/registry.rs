//! An image in a registry: manifests by digest, blobs as streams that go on where a connection broke. Logs in with what
//! the user's own Docker config has. No message of this module holds a credential, a token, or what a server sent as text.

use std::error::Error;
use std::io::{self, Read};
use std::time::Duration;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use futures_util::StreamExt as _;
use oci_client::client::{BlobResponse, ClientConfig, ClientProtocol, SizedStream};
use oci_client::errors::{DigestError, OciDistributionError, OciErrorCode};
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE,
};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use tokio::runtime::Runtime;

use super::manifest::{Descriptor, Root};
use super::store::{Key, Loss, Store};
use crate::blob::{Reason, Sink};
use crate::origin::printable;

const MANIFEST_TYPES: &[&str] =
    &[IMAGE_MANIFEST_MEDIA_TYPE, IMAGE_MANIFEST_LIST_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE];

/// Pauses before the tries after the first.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// A connection that gave this many bytes since it last broke may break as often as a new one.
const PROGRESS: u64 = 8 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest silence of a server.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Time between two looks at whether to stop while a server is silent.
const LOOK: Duration = Duration::from_millis(100);

/// One image of a registry.
pub(super) struct Registry<'s> {
    /// Says when to give up, also in the middle of a request.
    sink: &'s dyn Sink,
    runtime: Runtime,
    client: Client,
    reference: Reference,
    auth: RegistryAuth,
    /// The manifest or index that the reference leads to.
    digest: String,
    manifest: Vec<u8>,
}

/// Why a request failed.
struct Failure {
    kind: FailureKind,
    detail: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FailureKind {
    NotFound,
    Refused,
    /// Another try could help.
    Transient,
    Other,
}

impl<'s> Registry<'s> {
    /// Logs in and resolves the reference. `threads` is the number of blobs that will be read at once.
    pub fn connect(
        reference: &Reference,
        threads: usize,
        plain_http: bool,
        sink: &'s dyn Sink,
    ) -> Result<(Self, Vec<Root>), String> {
        let host = reference.registry();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.clamp(1, 4))
            .thread_name("registry")
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start: {error}"))?;
        let is_plain = plain_http || is_loopback(host);
        let config = ClientConfig {
            protocol: if is_plain { ClientProtocol::Http } else { ClientProtocol::Https },
            connect_timeout: Some(CONNECT_TIMEOUT),
            read_timeout: Some(READ_TIMEOUT),
            user_agent: concat!("scrubjay/", env!("CARGO_PKG_VERSION")),
            platform_resolver: None,
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| format!("cannot set up TLS: {}", root_cause(&error)))?;
        let login = login(host)?;
        let first = retry(sink, || {
            wait(&runtime, sink, async {
                client.auth(reference, &login, RegistryOperation::Pull).await?;
                client.pull_manifest_raw(reference, &login, MANIFEST_TYPES).await
            })
        });
        let (manifest, digest) = first.map_err(|failure| advice(&failure, reference, &login, is_plain))?;
        let root = Root::Descriptor(Descriptor { digest: digest.clone(), ..Descriptor::default() });
        let manifest = manifest.to_vec();
        Ok((
            Registry { sink, runtime, client, reference: reference.clone(), auth: login, digest, manifest },
            vec![root],
        ))
    }
}

impl Store for Registry<'_> {
    fn open(&self, key: &Key) -> Result<Box<dyn Read + Send + '_>, Loss> {
        match key {
            Key::Digest(digest) if super::store::digest_parts(digest).is_some() => {
                let mut blob = Blob::new(self, digest);
                blob.connect().map_err(Failure::into_loss)?;
                Ok(Box::new(blob))
            }
            _ => Err(Loss::new(Reason::Missing, "no valid digest")),
        }
    }

    fn manifest(&self, digest: &str) -> Result<Vec<u8>, Loss> {
        if digest == self.digest {
            return Ok(self.manifest.clone());
        }
        if super::store::digest_parts(digest).is_none() {
            return Err(Loss::new(Reason::Missing, "no valid digest"));
        }
        let reference = self.reference.clone_with_digest(digest.to_owned());
        let pulled = retry(self.sink, || {
            wait(&self.runtime, self.sink, self.client.pull_manifest_raw(&reference, &self.auth, MANIFEST_TYPES))
        });
        pulled.map(|(bytes, _)| bytes.to_vec()).map_err(Failure::into_loss)
    }
}

/// A blob being read.
struct Blob<'a> {
    registry: &'a Registry<'a>,
    digest: String,
    stream: Option<SizedStream>,
    /// Bytes that came and were not yet handed on, from `taken`.
    chunk: Box<dyn AsRef<[u8]> + Send>,
    taken: usize,
    /// Bytes handed on.
    offset: u64,
    /// Bytes to pass over, where the server began again from the start.
    repeated: u64,
    /// Length of the whole, once known.
    length: Option<u64>,
    /// Tries that failed since `resumed_at`.
    failures: usize,
    resumed_at: u64,
}

impl<'a> Blob<'a> {
    fn new(registry: &'a Registry<'a>, digest: &str) -> Self {
        Blob {
            registry,
            digest: digest.to_owned(),
            stream: None,
            chunk: Box::new([]),
            taken: 0,
            offset: 0,
            repeated: 0,
            length: None,
            failures: 0,
            resumed_at: 0,
        }
    }

    /// Opens the stream at the present offset, with as many tries as are left.
    fn connect(&mut self) -> Result<(), Failure> {
        loop {
            match self.request() {
                Ok(()) => return Ok(()),
                Err(failure) if failure.kind == FailureKind::Transient => self.pause(failure)?,
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Waits before the next try, or gives up.
    fn pause(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.offset >= self.resumed_at + PROGRESS {
            self.failures = 0;
        }
        self.resumed_at = self.offset;
        let Some(pause) = PAUSES.get(self.failures) else {
            let detail = format!("after {} bytes and {} tries: {}", self.offset, self.failures + 1, failure.detail);
            return Err(Failure { detail, ..failure });
        };
        self.failures += 1;
        std::thread::sleep(*pause);
        Ok(())
    }

    fn request(&mut self) -> Result<(), Failure> {
        let Registry { sink, runtime, client, reference, .. } = self.registry;
        self.repeated = 0;
        let stream = if self.offset == 0 {
            wait(runtime, *sink, client.pull_blob_stream(reference, self.digest.as_str()))?
        } else {
            let response = client.pull_blob_stream_partial(reference, self.digest.as_str(), self.offset, None);
            match wait(runtime, *sink, response)? {
                BlobResponse::Partial(stream) => stream,
                BlobResponse::Full(stream) => {
                    self.repeated = self.offset;
                    stream
                }
            }
        };
        let begins_at = self.offset - self.repeated;
        self.length = stream.content_length.and_then(|length| length.checked_add(begins_at)).or(self.length);
        self.stream = Some(stream);
        Ok(())
    }

    /// The next chunk that is not empty; false at the end.
    fn advance(&mut self) -> Result<bool, Failure> {
        loop {
            if self.stream.is_none() {
                self.connect()?;
            }
            let Some(stream) = &mut self.stream else { continue };
            let Some(next) = unless_stopped(&self.registry.runtime, self.registry.sink, stream.next()) else {
                return Err(Failure::stopped());
            };
            let broken = match next {
                Some(Ok(bytes)) => {
                    let repeated = usize::try_from(self.repeated).unwrap_or(usize::MAX).min(bytes.len());
                    self.repeated -= repeated as u64;
                    if bytes.len() > repeated {
                        self.taken = repeated;
                        self.chunk = Box::new(bytes);
                        return Ok(true);
                    }
                    continue;
                }
                // Whoever reads the blob compares its digest, and says so of the layer.
                Some(Err(error)) if is_digest_error(&error) => return Ok(false),
                Some(Err(error)) => root_cause(&error),
                None if self.length.is_some_and(|length| self.offset < length) => "it was closed".to_owned(),
                None => return Ok(false),
            };
            self.stream = None;
            let detail = format!("the connection broke: {broken}");
            self.pause(Failure { kind: FailureKind::Transient, detail })?;
        }
    }
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.taken >= (*self.chunk).as_ref().len() {
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(failure) => return Err(io::Error::new(io::ErrorKind::ConnectionAborted, failure.detail)),
            }
        }
        let rest = &(*self.chunk).as_ref()[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        self.offset += count as u64;
        Ok(count)
    }
}

/// Runs a request until it succeeds, cannot succeed, or was tried often enough.
fn retry<T>(sink: &dyn Sink, request: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    for pause in PAUSES {
        match request() {
            Err(failure) if failure.kind == FailureKind::Transient && !sink.stopped() => std::thread::sleep(pause),
            other => return other,
        }
    }
    request()
}

/// Waits for an answer, as long as nobody wants to stop.
fn wait<T>(
    runtime: &Runtime,
    sink: &dyn Sink,
    answer: impl Future<Output = Result<T, OciDistributionError>>,
) -> Result<T, Failure> {
    unless_stopped(runtime, sink, answer)
        .map_or_else(|| Err(Failure::stopped()), |answer| answer.map_err(Failure::from))
}

/// What comes of a future, or `None` where it is to stop before.
fn unless_stopped<T>(runtime: &Runtime, sink: &dyn Sink, future: impl Future<Output = T>) -> Option<T> {
    runtime.block_on(async {
        let mut future = std::pin::pin!(future);
        loop {
            match tokio::time::timeout(LOOK, &mut future).await {
                Ok(done) => return Some(done),
                Err(_) if sink.stopped() => return None,
                Err(_) => {}
            }
        }
    })
}

impl Failure {
    fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Failure { kind, detail: detail.into() }
    }

    fn stopped() -> Self {
        Failure::new(FailureKind::Other, "it was stopped before there was an answer")
    }

    fn of_status(code: u16) -> Self {
        let kind = match code {
            401 | 403 => FailureKind::Refused,
            404 | 410 => FailureKind::NotFound,
            408 | 429 | 500..=599 => FailureKind::Transient,
            _ => FailureKind::Other,
        };
        Failure::new(kind, format!("the registry answered with status {code}"))
    }

    fn into_loss(self) -> Loss {
        let reason = if self.kind == FailureKind::NotFound { Reason::Missing } else { Reason::Unreadable };
        Loss::new(reason, self.detail)
    }
}

/// URLs can hold signatures and servers can answer with anything: neither is shown.
impl From<OciDistributionError> for Failure {
    fn from(error: OciDistributionError) -> Self {
        match &error {
            OciDistributionError::UnauthorizedError { .. } => Failure::of_status(401),
            OciDistributionError::AuthenticationFailure(_) => {
                Failure::new(FailureKind::Refused, "the registry's token server refuses the login")
            }
            OciDistributionError::ServerError { code, .. } => Failure::of_status(*code),
            OciDistributionError::ImageManifestNotFoundError(_) => {
                Failure::new(FailureKind::NotFound, "the registry does not have it")
            }
            OciDistributionError::RegistryError { envelope, .. } => {
                let code = envelope.errors.first().map(|error| &error.code);
                match code {
                    Some(OciErrorCode::Unauthorized) => Failure::of_status(401),
                    Some(OciErrorCode::Denied) => Failure::of_status(403),
                    Some(OciErrorCode::Toomanyrequests) => Failure::of_status(429),
                    Some(
                        OciErrorCode::ManifestUnknown
                        | OciErrorCode::NameUnknown
                        | OciErrorCode::NotFound
                        | OciErrorCode::BlobUnknown
                        | OciErrorCode::ManifestBlobUnknown,
                    ) => Failure::new(FailureKind::NotFound, "the registry does not have it"),
                    Some(OciErrorCode::Other(code)) => {
                        let code: String = printable(code.as_bytes()).chars().take(60).collect();
                        Failure::new(FailureKind::Other, format!("the registry answered with the error {code}"))
                    }
                    code => Failure::new(FailureKind::Other, format!("the registry answered with an error: {code:?}")),
                }
            }
            OciDistributionError::RequestError(_) | OciDistributionError::IoError(_) => {
                Failure::new(FailureKind::Transient, root_cause(&error))
            }
            OciDistributionError::DigestError(_) => {
                Failure::new(FailureKind::Other, "the digest of the answer is not the one asked for")
            }
            _ => Failure::new(FailureKind::Other, "the registry's answer is not what the protocol says"),
        }
    }
}

/// The innermost cause: outer ones name URLs, of which some hold a signature or token.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    let text = text.split(" for url (").next().unwrap_or_default();
    printable(text.as_bytes()).chars().take(200).collect()
}

fn is_digest_error(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<DigestError>())
}

/// Whether a registry, with or without port, is on this machine.
fn is_loopback(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The login that Docker's config has for a registry, by helper programs where it names some.
fn login(host: &str) -> Result<RegistryAuth, String> {
    let server = if host == "docker.io" { "https://index.docker.io/v1/" } else { host };
    match docker_credential::get_credential(server) {
        Ok(DockerCredential::UsernamePassword(user, password)) if !user.is_empty() => {
            Ok(RegistryAuth::Basic(user, password))
        }
        Ok(DockerCredential::UsernamePassword(..)) => Ok(RegistryAuth::Anonymous),
        // Azure's registries take their identity tokens as the password of this user.
        Ok(DockerCredential::IdentityToken(token)) if host.ends_with(".azurecr.io") => {
            Ok(RegistryAuth::Basic("00000000-0000-0000-0000-000000000000".to_owned(), token))
        }
        Ok(DockerCredential::IdentityToken(_)) => Err(format!(
            "Docker's config has an identity token for {host}, which is not supported; log in with a user and an access \
             token: `docker login -u USER {host}`"
        )),
        // Helpers answer so, too, for a registry they know nothing of; the registry says whether a login is needed.
        Err(
            CredentialRetrievalError::ConfigNotFound
            | CredentialRetrievalError::ConfigReadError
            | CredentialRetrievalError::NoCredentialConfigured
            | CredentialRetrievalError::HelperFailure { .. }
            | CredentialRetrievalError::HelperCommunicationError,
        ) => Ok(RegistryAuth::Anonymous),
        // Its own text can hold what a helper printed.
        Err(_) => Err(format!("the login for {host} in Docker's config cannot be read; try `docker login {host}`")),
    }
}

/// What failed and what to try, for a person.
fn advice(failure: &Failure, reference: &Reference, login: &RegistryAuth, is_plain: bool) -> String {
    let host = reference.registry();
    let detail = &failure.detail;
    match failure.kind {
        FailureKind::Refused if *login == RegistryAuth::Anonymous => format!(
            "{host} wants a login for {}, or does not have it ({detail}); try `docker login {host}`",
            reference.repository()
        ),
        FailureKind::Refused => format!(
            "{host} refuses {} to the login in Docker's config ({detail}); try `docker login {host}` with an account that \
             may read it",
            reference.repository()
        ),
        FailureKind::NotFound => {
            format!("{host} has no {reference}; check the name and the tag. If it is a file or folder, check its path")
        }
        FailureKind::Transient if is_plain => format!("cannot be had from {host} over plain HTTP: {detail}"),
        FailureKind::Transient => {
            format!("cannot be had from {host}: {detail}. If it is a file or folder, check its path")
        }
        FailureKind::Other => format!("cannot be had from {host}: {detail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.8.9.1", "reg.localhost:80"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["docker.io", "localhost.example", "127.0.0.1.example:5000", "10.0.0.1:5000"] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn failures_show_no_urls() {
        let error = OciDistributionError::ServerError {
            code: 503,
            url: "https://user:pass@h.example/v2/".into(),
            message: "token=abc".into(),
        };
        let failure = Failure::from(error);
        assert!(failure.kind == FailureKind::Transient);
        assert_eq!(failure.detail, "the registry answered with status 503");
        let url = io::Error::other("error sending request for url (https://h.example/?sig=abc)");
        assert_eq!(root_cause(&url), "error sending request");
    }
}
