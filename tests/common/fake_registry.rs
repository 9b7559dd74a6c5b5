//! A small registry on loopback that answers as a test wants it, and images to put into it.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    /// By lower-case names.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Goes on for ever with the last byte.
    pub is_endless: bool,
    /// Closes after so many bytes of the body, whose length it said.
    pub breaks_after: Option<usize>,
}

impl Answer {
    pub fn of(status: u16) -> Self {
        Answer { status, ..Answer::default() }
    }

    pub fn json(value: &Value) -> Self {
        Answer { body: value.to_string().into_bytes(), ..Answer::of(200) }.with("Content-Type", "application/json")
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A server for as long as the test runs.
pub struct Fake {
    pub port: u16,
    pub log: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    pub fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let log: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (answer, noted) = (Arc::new(answer), Arc::clone(&log));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
                std::thread::spawn(move || serve(stream, &*answer, &noted));
            }
        });
        Fake { port, log }
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Paths that were asked for and contain a word.
    pub fn asked(&self, word: &str) -> Vec<String> {
        let log = self.log.lock().unwrap();
        log.iter().map(|request| request.path.clone()).filter(|path| path.contains(word)).collect()
    }
}

/// Answers one request and closes. Whoever asked may be gone.
pub fn serve(stream: impl Read + Write, answer: &dyn Fn(&Request) -> Answer, log: &Mutex<Vec<Request>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let request = Request { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() };
    log.lock().unwrap().push(request.clone());
    let Answer { status, headers, body, is_endless, breaks_after } = answer(&request);
    let stream = reader.get_mut();
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !is_endless {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    if request.method != "HEAD" {
        stream.write_all(&body[..breaks_after.unwrap_or(body.len())]).ok()?;
    }
    let more = [body.last().copied().unwrap_or(b' '); 65_536];
    if is_endless {
        loop {
            stream.write_all(&more).ok()?;
        }
    }
    stream.flush().ok()
}

pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// What a registry holds.
#[derive(Default, Clone)]
pub struct Content {
    /// By digest.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// By `REPOSITORY` and tag or digest.
    pub manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    /// Referrers by the digest they refer to; `None`: the registry has no such API.
    pub referrers: Option<BTreeMap<String, Vec<Value>>>,
    /// Names on one page of a list.
    pub page: usize,
}

impl Content {
    pub fn blob(&mut self, bytes: &[u8]) -> Value {
        self.blobs.insert(digest(bytes), bytes.to_vec());
        json!({"mediaType": LAYER, "digest": digest(bytes), "size": bytes.len()})
    }

    /// A manifest under its digest, and under a tag if one is given; its descriptor.
    pub fn manifest(&mut self, repository: &str, tag: Option<&str>, media_type: &str, manifest: &Value) -> Value {
        let bytes = manifest.to_string().into_bytes();
        let found = digest(&bytes);
        for name in tag.into_iter().chain([&*found]) {
            let key = (repository.to_owned(), name.to_owned());
            self.manifests.insert(key, (media_type.to_owned(), bytes.clone()));
        }
        json!({"mediaType": media_type, "digest": found, "size": bytes.len()})
    }

    /// An image of layers.
    pub fn image(&mut self, repository: &str, tag: &str, created: &str, layers: &[&[u8]]) -> Value {
        let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({"os": "linux", "architecture": "amd64", "created": created,
            "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        let mut config = self.blob(config.to_string().as_bytes());
        config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
        let layers: Vec<Value> = layers.iter().map(|layer| self.blob(layer)).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        self.manifest(repository, Some(tag), MANIFEST, &manifest)
    }

    /// Answers as a registry.
    pub fn answer(&self, request: &Request) -> Answer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let Some(path) = path.strip_prefix("/v2/") else { return Answer::of(404) };
        let page = |names: Vec<String>, key: &str, path: &str| {
            let last = query.split('&').find_map(|part| part.strip_prefix("last=")).unwrap_or_default();
            let rest: Vec<String> = names.into_iter().filter(|name| last.is_empty() || name.as_str() > last).collect();
            let shown = &rest[..rest.len().min(self.page.max(1))];
            let answer = Answer::json(&json!({ key: shown }));
            match shown.last().filter(|_| shown.len() < rest.len()) {
                Some(last) => answer.with("Link", format!("</v2/{path}?last={last}&n=1>; rel=\"next\"")),
                None => answer,
            }
        };
        if path == "_catalog" {
            let mut names: Vec<String> = self.manifests.keys().map(|(name, _)| name.clone()).collect();
            names.dedup();
            return page(names, "repositories", path);
        }
        if let Some(repository) = path.strip_suffix("/tags/list") {
            let of = self.manifests.keys().filter(|(name, tag)| name == repository && !tag.contains(':'));
            return page(of.map(|(_, tag)| tag.clone()).collect(), "tags", path);
        }
        if let Some((repository, name)) = path.split_once("/manifests/") {
            return match self.manifests.get(&(repository.to_owned(), name.to_owned())) {
                Some((media_type, bytes)) => Answer { body: bytes.clone(), ..Answer::of(200) }
                    .with("Content-Type", media_type)
                    .with("Docker-Content-Digest", digest(bytes)),
                None => Answer::of(404),
            };
        }
        if let Some((_, name)) = path.split_once("/blobs/") {
            return match self.blobs.get(name) {
                Some(bytes) => Answer { body: bytes.clone(), ..Answer::of(200) },
                None => Answer::of(404),
            };
        }
        match (path.split_once("/referrers/"), &self.referrers) {
            (Some((_, subject)), Some(referrers)) => {
                let manifests = referrers.get(subject).cloned().unwrap_or_default();
                Answer::json(&json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}))
            }
            _ => Answer::of(404),
        }
    }
}
