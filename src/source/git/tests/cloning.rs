//! Clones of local repositories: what is cloned, and that nothing stays behind.

use super::*;
use crate::source::git::{Access, Tokens, Transports, clone_bare};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

const LOCAL: Transports = Transports::AlsoLocal;

fn by(transports: Transports) -> Access {
    Access { transports, tokens: Arc::default() }
}

#[test]
fn a_clone_has_every_reference_and_is_gone_in_the_end() {
    let repository = TestRepository::new();
    repository.commit("a", "on main\n");
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.commit("b", "in a pull request\n");
    repository.git(&["update-ref", "refs/pull/1/head", "HEAD"]);
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["branch", "-q", "-D", "side"]);
    let url = format!("file://{}", repository.path().display());
    let cloned = clone_bare(&url, &by(LOCAL), &|| false).unwrap();
    let folder = cloned.path().to_path_buf();
    assert_eq!(cloned.location(), url);
    assert_eq!(read(&open(&folder)).contents(), [&b"in a pull request\n"[..], b"on main\n"]);
    drop(cloned);
    assert!(!folder.exists());
    assert!(clone_bare(&url, &by(Transports::Remote), &|| false).is_err());
}

#[test]
fn what_cannot_be_cloned_is_an_error_that_says_why() {
    let nothing = TestRepository::none();
    let url = format!("file://{}/none", nothing.path().display());
    let error = clone_bare(&url, &by(LOCAL), &|| false).unwrap_err();
    assert_eq!(error.target, url);
    assert!(error.message.starts_with("git cannot clone it: ") && error.message.contains("none"), "{error}");
    assert!(!error.message.contains('\n'));
}

#[test]
fn a_clone_that_is_to_stop_is_no_clone() {
    let repository = TestRepository::new();
    repository.commit("a", "one\n");
    let url = format!("file://{}", repository.path().display());
    let error = clone_bare(&url, &by(LOCAL), &|| true).unwrap_err();
    assert!(error.message.contains("stopped"), "{error}");
}

#[test]
fn a_clone_sends_the_token_for_its_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let lines = BufReader::new(connection.try_clone().unwrap()).lines().map_while(Result::ok);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        connection.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        head
    });
    let mut tokens = Tokens::default();
    tokens.add(&format!("{host}=me:s3cret")).unwrap();
    let access = Access { transports: Transports::AlsoLoopback, tokens: Arc::new(tokens) };
    let error = clone_bare(&format!("http://{host}/a.git"), &access, &|| false).unwrap_err();
    assert!(error.message.contains("git cannot clone it"), "{error}");
    let head = server.join().unwrap();
    assert!(head.iter().any(|line| line == "Authorization: Basic bWU6czNjcmV0"), "{head:?}");
}
