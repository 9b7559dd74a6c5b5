//! Repositories over smart HTTP on loopback, by git's own backend.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The password that the server asks for.
pub const PASSWORD: &str = "correct-horse-battery";
/// What a gateway says for the repositories behind it.
pub const INSTEAD: &str = "answer.json";
/// Those who may log in with it: one of ours, and whoever sends the token of a job.
const USERS: [&str; 2] = ["me", "x-access-token"];
/// Longest time that anything here may take.
pub const LONG: Duration = Duration::from_secs(60);

/// Smart HTTP by `git http-backend`: a thread a connection, a request a connection. Below `secret/` it wants
/// [`PASSWORD`]; below `denied/` nothing is right; below `slow/` it answers after a second. Where the folder has a file [`INSTEAD`], all
/// gets that for an answer.
pub struct Server {
    pub port: u16,
    pub requests: Arc<AtomicUsize>,
}

impl Server {
    pub fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let (folder, counter) = (folder.to_owned(), Arc::clone(&requests));
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, counter) = (folder.clone(), Arc::clone(&counter));
                std::thread::spawn(move || {
                    counter.fetch_add(1, Ordering::SeqCst);
                    // A client that went away is none of the server's business.
                    let _ = timeouts(&stream).and_then(|()| answer(&stream, &folder));
                });
            }
        });
        Server { port, requests }
    }
}

/// No connection is held longer than anything here may take.
pub fn timeouts(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(LONG))?;
    stream.set_write_timeout(Some(LONG))
}

/// Takes one request and answers it.
pub fn answer(stream: impl Read + Write, folder: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let words: Vec<&str> = first.split_whitespace().collect();
    let [method, target, _] = words[..] else { return Ok(()) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if headers.get("expect").is_some_and(|expect| expect == "100-continue") {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = body(&mut reader, &headers)?;
    let encode = |login: String| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, login);
    let is_in = headers.get("authorization").is_some_and(|given| {
        USERS.iter().any(|user| *given == format!("Basic {}", encode(format!("{user}:{PASSWORD}"))))
    });
    if path.starts_with("/denied/") || (path.starts_with("/secret/") && !is_in) {
        return reader.get_mut().write_all(
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    }
    if path.starts_with("/slow/") {
        std::thread::sleep(Duration::from_secs(1));
    }
    if let Ok(instead) = std::fs::read_to_string(folder.join(INSTEAD)) {
        let length = instead.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        return reader.get_mut().write_all((head + &instead).as_bytes());
    }
    let mut backend = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", headers.get("content-type").map_or("", String::as_str))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", headers.get("content-encoding").map_or("", String::as_str))
        .env("GIT_PROTOCOL", headers.get("git-protocol").map_or("", String::as_str))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut input = backend.stdin.take().unwrap();
    // Beside the reading, so that neither side waits for the other.
    let writing = std::thread::spawn(move || input.write_all(&body));
    let output = backend.wait_with_output()?;
    let _ = writing.join();
    let end = output.stdout.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
    let head = String::from_utf8_lossy(&output.stdout[..end]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let rest: Vec<&str> = head.lines().filter(|line| !line.starts_with("Status:")).collect();
    write!(reader.get_mut(), "HTTP/1.1 {status}\r\n{}\r\nConnection: close\r\n\r\n", rest.join("\r\n"))?;
    reader.get_mut().write_all(output.stdout.get(end + 4..).unwrap_or_default())
}

fn body(reader: &mut impl BufRead, headers: &BTreeMap<String, String>) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let length = u64::from_str_radix(line.trim(), 16).unwrap_or(0);
            reader.take(length).read_to_end(&mut body)?;
            reader.read_line(&mut line)?;
            if length == 0 {
                return Ok(body);
            }
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut body)?;
    Ok(body)
}

/// A listener that takes connections and never says a word.
pub fn hanging() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    port
}
