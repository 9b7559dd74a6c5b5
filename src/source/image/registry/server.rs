//! Requests to one registry: authorised, tried again where that can help, stopped when the scan is, and with answers that
//! have a limit. No message of this module holds a credential, a token, a URL, or what a server sent as text.

use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, RANGE};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, Url};
use tokio::runtime::Runtime;

use super::endpoint::Endpoint;
use super::failure::{Failure, FailureKind, Tries, root_cause};
use super::login::{self, Challenge, Granted, Login};
use super::nearness::Nearness;
use super::stop::{LOOK, Stop};
use crate::source::image::Transport;
use crate::source::image::store::MAX_DOCUMENT;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest silence of a server.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

const MAX_REDIRECTS: usize = 10;

/// A registry that is asked.
pub(super) struct Server<'s> {
    stop: Stop<'s>,
    runtime: Runtime,
    client: Client,
    /// What asks the token server: where a redirect would repeat a login to another server, it follows none.
    token_client: Client,
    base: Url,
    /// Host and port, as references have them.
    pub host: String,
    pub is_plain: bool,
    pub login: Login,
    nearness: Nearness,
    granted: Granted,
    /// Whether the login was ever sent.
    is_login_sent: AtomicBool,
}

/// What became of a login where a registry refuses.
pub(super) enum Refusal {
    /// There is none; what to try.
    NoLogin(String),
    /// The registry, or its token server, had it.
    OfLogin,
    /// There is one, and it was not sent: nothing asked for it, or nothing that gets it.
    NotAskedFor,
}

/// What is asked for.
pub(super) struct Wanted<'a> {
    /// Below the registry's root.
    pub path: &'a str,
    /// Media types.
    pub accept: &'a str,
    /// What a token must allow.
    pub scope: &'a str,
}

/// An answer that is whole in memory.
pub(super) struct Document {
    pub bytes: Vec<u8>,
    pub headers: HeaderMap,
}

impl<'s> Server<'s> {
    /// Looks up the login of a registry, and asks nothing of it yet. `host` is as references have it, `address` where its
    /// API is; `threads` is the number of requests that will be made at once.
    pub fn new(
        (host, address): (&str, &str),
        threads: usize,
        transport: &Transport,
        stop: Stop<'s>,
    ) -> Result<Self, String> {
        let runtime = runtime(threads)?;
        let parse = |scheme: &str| Url::parse(&format!("{scheme}://{address}/v2/"));
        let secure = parse("https").map_err(|error| format!("is no registry: {error}"))?;
        let is_loopback = Nearness::of_url(&secure) == Some(Nearness::Loopback);
        // As all tools of this kind: what does not leave this machine needs no certificate, unless one is named.
        let is_plain = transport.plain_http || (is_loopback && !transport.wants_tls());
        let base = if is_plain { parse("http").map_err(|error| format!("is no registry: {error}"))? } else { secure };
        let client_that = |follows| client(transport, is_loopback, follows);
        let client = client_that(redirect)?;
        let nearness = runtime.block_on(nearness(&base)).unwrap_or(Nearness::Public);
        let login = Login::of_host(host, &transport.docker, &stop)?;
        // A password is in a header, which the client leaves behind; this one is in the body, which it repeats.
        let is_in_body = matches!(login, Login::Identity(_));
        let token_client = if is_in_body { client_that(redirect_to_same_server)? } else { client.clone() };
        let (host, granted, is_login_sent) = (host.to_owned(), Granted::default(), AtomicBool::new(false));
        Ok(Server {
            stop,
            runtime,
            client,
            token_client,
            base,
            host,
            is_plain,
            login,
            nearness,
            granted,
            is_login_sent,
        })
    }

    /// What answers in the same way on this machine: the daemon behind a socket or at an address.
    pub fn local(host: &str, endpoint: &Endpoint, stop: Stop<'s>) -> Result<Self, String> {
        let (builder, base) = match endpoint {
            #[cfg(unix)]
            Endpoint::Socket(path) => (Client::builder().unix_socket(path.as_path()), "http://localhost/".to_owned()),
            Endpoint::Address(address) => (Client::builder().no_proxy(), format!("http://{address}/")),
        };
        let client = builder.connect_timeout(CONNECT_TIMEOUT).redirect(Policy::none()).build();
        let client = client.map_err(|error| root_cause(&error))?;
        Ok(Server {
            stop,
            runtime: runtime(1)?,
            token_client: client.clone(),
            client,
            base: Url::parse(&base).map_err(|error| error.to_string())?,
            host: host.to_owned(),
            is_plain: true,
            login: Login::Anonymous(None),
            nearness: Nearness::Loopback,
            granted: Granted::default(),
            is_login_sent: AtomicBool::new(false),
        })
    }

    /// Where something below the registry's root is: never at another host, whatever the path says.
    pub fn url(&self, path: &str) -> Result<Url, Failure> {
        let url = self.base.join(path).ok().filter(|url| url.origin() == self.base.origin());
        url.ok_or_else(|| Failure::new(FailureKind::Other, "no valid path"))
    }

    pub fn stop(&self) -> &Stop<'s> {
        &self.stop
    }

    pub fn stopped(&self) -> bool {
        (self.stop)()
    }

    /// What became of the login where the registry refuses.
    pub fn refusal(&self) -> Refusal {
        match self.login.remedy(&self.host) {
            Some(remedy) => Refusal::NoLogin(remedy),
            None if self.is_login_sent.load(Ordering::Relaxed) => Refusal::OfLogin,
            None => Refusal::NotAskedFor,
        }
    }

    /// A successful answer, whose body is still to come; from an offset where one is given.
    pub fn get(&self, wanted: &Wanted<'_>, from: Option<u64>) -> Result<Response, Failure> {
        if self.stopped() {
            return Err(Failure::stopped());
        }
        let url = self.url(wanted.path)?;
        let mut tries = Tries::default();
        let mut is_renewed = false;
        loop {
            let failure = match self.send(self.request(&url, wanted, from)) {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED && !is_renewed => {
                    match self.authorise(response.headers(), wanted.scope) {
                        Ok(true) => {
                            is_renewed = true;
                            continue;
                        }
                        Ok(false) => Failure::of_answer(&response),
                        Err(failure) => failure,
                    }
                }
                Ok(response) => Failure::of_answer(&response),
                Err(failure) => failure,
            };
            if failure.kind != FailureKind::Transient {
                return Err(failure);
            }
            tries.pause(failure, &self.stop)?;
        }
    }

    /// A document; one that breaks off is asked for again.
    pub fn document(&self, wanted: &Wanted<'_>) -> Result<Document, Failure> {
        let mut tries = Tries::default();
        loop {
            let mut response = self.get(wanted, None)?;
            let headers = response.headers().clone();
            match self.body(&mut response) {
                Ok(bytes) => return Ok(Document { bytes, headers }),
                Err(failure) if failure.kind == FailureKind::Transient => tries.pause(failure, &self.stop)?,
                Err(failure) => return Err(failure),
            }
        }
    }

    /// An answer's body as it comes.
    pub fn body_reader(&self, response: Response) -> impl Read + Send + '_ {
        Body { server: self, response, chunk: Vec::new(), taken: 0 }
    }

    /// The next part of a body; `None` at its end.
    pub fn chunk(&self, response: &mut Response) -> Result<Option<impl AsRef<[u8]> + Send + use<>>, Failure> {
        self.wait(response.chunk())
    }

    fn body(&self, response: &mut Response) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk(response)? {
            bytes.extend_from_slice(chunk.as_ref());
            if bytes.len() as u64 > MAX_DOCUMENT {
                return Err(Failure::new(FailureKind::Other, "its answer is longer than 32 MiB"));
            }
        }
        Ok(bytes)
    }

    fn request(&self, url: &Url, wanted: &Wanted<'_>, from: Option<u64>) -> RequestBuilder {
        let mut request = self.client.get(url.clone()).header(ACCEPT, wanted.accept);
        if let Some(header) = self.granted.get(wanted.scope) {
            request = request.header(AUTHORIZATION, header);
        }
        match from {
            Some(from) => request.header(RANGE, format!("bytes={from}-")),
            None => request,
        }
    }

    fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        // Made inside: it takes its timers from the runtime.
        self.wait(async { request.send().await })
    }

    /// Waits for an answer, as long as nobody wants to stop.
    fn wait<T>(&self, answer: impl Future<Output = reqwest::Result<T>>) -> Result<T, Failure> {
        let answered = self.runtime.block_on(async {
            let mut answer = std::pin::pin!(answer);
            loop {
                match tokio::time::timeout(LOOK, &mut answer).await {
                    Ok(done) => return Some(done),
                    Err(_) if self.stopped() => return None,
                    Err(_) => {}
                }
            }
        });
        answered.map_or_else(|| Err(Failure::stopped()), |answer| answer.map_err(Failure::from))
    }

    /// Gets what the registry wants to see; false where there is nothing that it could want.
    fn authorise(&self, headers: &HeaderMap, scope: &str) -> Result<bool, Failure> {
        let header = match (Challenge::of(headers), &self.login) {
            (Some(Challenge::Bearer { .. }), Login::Token(token)) => login::bearer_header(token),
            (Some(Challenge::Bearer { realm, service }), login) => {
                self.token(&realm, service.as_deref(), scope, login)?
            }
            (Some(Challenge::Basic), Login::Basic(user, password)) => login::basic_header(user, password),
            _ => None,
        };
        let Some(header) = header else { return Ok(false) };
        self.is_login_sent.store(true, Ordering::Relaxed);
        self.granted.put(scope, header);
        Ok(true)
    }

    fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: &str,
        login: &Login,
    ) -> Result<Option<HeaderValue>, Failure> {
        let refused = |detail: &str| Failure::new(FailureKind::Refused, detail);
        let realm = self.base.join(realm).map_err(|_| refused("its token server has no valid address"))?;
        if realm.scheme() != "https" && !self.is_plain {
            return Err(refused("its token server has no https address, so it gets no login"));
        }
        let nearness = self.runtime.block_on(nearness(&realm)).unwrap_or(Nearness::Public);
        if !self.nearness.may_lead_to(nearness) {
            return Err(refused("its token server is at an internal address, which is not asked"));
        }
        let request = login::token_request(&self.token_client, realm, service, scope, login);
        self.is_login_sent.store(true, Ordering::Relaxed);
        let unreached = |failure: Failure| {
            let detail = format!("the registry's token server cannot be reached: {}", failure.detail);
            Failure { detail, ..failure }
        };
        let mut response = self.send(request).map_err(unreached)?;
        match response.status() {
            status if status.is_success() => {
                let token = login::token_header(&self.body(&mut response)?);
                token.map(Some).ok_or_else(|| refused("its token server gave no token"))
            }
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(refused("the registry's token server refuses the login"))
            }
            _ => {
                // What its token server does not have says nothing of what the registry has.
                let failure = Failure::of_answer(&response);
                let is_transient = failure.kind == FailureKind::Transient;
                let kind = if is_transient { FailureKind::Transient } else { FailureKind::Other };
                let status = response.status().as_u16();
                let detail = format!("the registry's token server answered with status {status}");
                Err(Failure { kind, detail, ..failure })
            }
        }
    }
}

fn runtime(threads: usize) -> Result<Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.clamp(1, 4))
        .thread_name("registry")
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))
}

/// How near a URL's host is, looked up where it is a name.
async fn nearness(url: &Url) -> Option<Nearness> {
    if let Some(known) = Nearness::of_url(url) {
        return Some(known);
    }
    let host = url.host_str()?;
    // Behind a proxy names may have no address here.
    let addresses = tokio::net::lookup_host((host, url.port_or_known_default()?)).await.ok()?;
    addresses.map(|address| Nearness::of(address.ip())).max()
}

fn client(transport: &Transport, is_loopback: bool, follows: fn(Attempt<'_>) -> Action) -> Result<Client, String> {
    let mut builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .user_agent(concat!("scrubjay/", env!("CARGO_PKG_VERSION")))
        .tls_danger_accept_invalid_certs(transport.skip_tls_verify)
        .redirect(Policy::custom(follows));
    if is_loopback {
        builder = builder.no_proxy();
    }
    if let Some(file) = &transport.ca_file {
        builder = builder.tls_certs_merge(certificates(file)?);
    }
    builder.build().map_err(|error| format!("cannot set up TLS: {}", root_cause(&error)))
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, String> {
    let failed = |why: String| format!("--ca-file {}: {why}", file.display());
    let pem = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| failed(root_cause(&error)))?;
    if certificates.is_empty() { Err(failed("has no certificate".to_owned())) } else { Ok(certificates) }
}

/// Blobs often lie at another server, by a signed URL. The client leaves the login behind when it goes there.
fn redirect(attempt: Attempt<'_>) -> Action {
    let refusal = match attempt.previous().last() {
        _ if attempt.previous().len() > MAX_REDIRECTS => Some("it leads on more than 10 times"),
        Some(from) if from.scheme() == "https" && attempt.url().scheme() != "https" => {
            Some("it leads from https to a server without")
        }
        Some(from) => {
            let (near, next) = (Nearness::of_url(from), Nearness::of_url(attempt.url()));
            let may = near.unwrap_or(Nearness::Public).may_lead_to(next.unwrap_or(Nearness::Public));
            (!may).then_some("it leads to an internal address, which is not asked")
        }
        None => None,
    };
    match refusal {
        Some(refusal) => attempt.error(refusal),
        None => attempt.follow(),
    }
}

/// Follows no redirect of a request whose body has a login but to the server that it was meant for.
fn redirect_to_same_server(attempt: Attempt<'_>) -> Action {
    match attempt.previous().last() {
        Some(from) if from.origin() != attempt.url().origin() => {
            attempt.error("it leads the login to another server, which does not get it")
        }
        _ => redirect(attempt),
    }
}

struct Body<'a> {
    server: &'a Server<'a>,
    response: Response,
    chunk: Vec<u8>,
    taken: usize,
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.chunk.len() {
            match self.server.chunk(&mut self.response) {
                Ok(Some(chunk)) => {
                    self.chunk.clear();
                    self.chunk.extend_from_slice(chunk.as_ref());
                    self.taken = 0;
                }
                Ok(None) => return Ok(0),
                Err(failure) => return Err(io::Error::new(io::ErrorKind::ConnectionAborted, failure.detail)),
            }
        }
        let count = (self.chunk.len() - self.taken).min(buffer.len());
        buffer[..count].copy_from_slice(&self.chunk[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}
