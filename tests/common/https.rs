//! Repositories over https on loopback, with a certificate authority of one's own.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::common::{stderr, write};
use crate::smart_http::{answer, timeouts};

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", stderr(&output));
}

/// An authority `ca.pem` and a certificate of 127.0.0.1 that it signed.
pub fn certificates(folder: &Path) {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let of = |rest: &[&'static str]| [&["req"][..], &key, rest].concat();
    openssl(folder, &of(&["-x509", "-days", "2", "-subj", "/CN=Our CA", "-keyout", "ca.key", "-out", "ca.pem"]));
    openssl(folder, &of(&["-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr"]));
    write(folder, "names", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n");
    let sign = ["x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key"];
    openssl(folder, &[&sign[..], &["-CAcreateserial", "-extfile", "names", "-out", "server.pem"]].concat());
}

/// A certificate `server.pem` of 127.0.0.1 that signed itself, as one of an authority.
pub fn self_signed(folder: &Path) {
    let key = ["req", "-x509", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    openssl(folder, &[&key[..], &names, &["-keyout", "server.key", "-out", "server.pem"]].concat());
}

/// Serves the repositories below `folder` over TLS; the port.
pub fn serve(folder: &Path, certificates: &Path) -> u16 {
    let folder = folder.to_owned();
    serve_with(certificates, move |stream| drop(answer(stream, &folder)))
}

/// A connection that is taken.
pub type Stream = StreamOwned<ServerConnection, TcpStream>;

/// Answers each connection over TLS; the port.
pub fn serve_with(certificates: &Path, answer: impl Fn(&mut Stream) + Send + Sync + 'static) -> u16 {
    let chain = CertificateDer::pem_file_iter(certificates.join("server.pem")).unwrap();
    let chain: Vec<_> = chain.collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(certificates.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, answer) = (Arc::clone(&config), Arc::clone(&answer));
            std::thread::spawn(move || serve_one(stream, config, &*answer));
        }
    });
    port
}

/// A client that went away, or trusts nobody, is none of the server's business.
fn serve_one(stream: TcpStream, config: Arc<ServerConfig>, answer: &dyn Fn(&mut Stream)) {
    if timeouts(&stream).is_ok() {
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        answer(&mut stream);
        stream.conn.send_close_notify();
        let _ = stream.conn.complete_io(&mut stream.sock);
    }
}
