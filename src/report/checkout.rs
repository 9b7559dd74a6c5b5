//! Which places are files of the checkout, and by what path below it: what a build server, or a service that shows files, can
//! point at.

use crate::finding::{Place, State};
use crate::origin::{ObjectKind, Step};

/// Whether the path is that of a file that is there now, and the lines are the file's own.
pub(super) fn is_file_of_checkout(place: &Place, steps: &[&Step]) -> bool {
    let in_files = !place.path.is_empty() && is_there_now(place.state);
    let mut paths = 0;
    in_files
        && paths_of_checkout(steps)
        && steps.iter().all(|step| match step {
            Step::Path { .. } => {
                paths += 1;
                paths == 1
            }
            Step::Object { kind, .. } => *kind == ObjectKind::Blob,
            Step::Directory { .. } | Step::Repository { .. } | Step::Submodule { .. } | Step::Chart { .. } => true,
            Step::Rendered { .. } => true,
            _ => false,
        })
}

/// Whether the file is in the checkout; that of a change is its end.
pub(super) fn is_there_now(state: State) -> bool {
    matches!(state, State::Live | State::Introduced | State::Spread | State::Touched)
}

pub(super) fn paths_of_checkout(steps: &[&Step]) -> bool {
    matches!(
        steps.first(),
        Some(Step::Directory { .. } | Step::Repository { .. } | Step::Chart { .. } | Step::Path { .. })
    )
}

/// A path below the directory that the scan ran in. Paths below a directory that was named begin with its name;
/// where that is in another place, what comes after it is all that can be relative. Paths in a repository are its own.
pub(super) fn relative(path: &[u8], first: &Step) -> Vec<u8> {
    let is_below = |target: &str| !target.starts_with('/') && !target.split('/').any(|part| part == "..");
    match first {
        Step::Directory { path: target } if !is_below(target) => {
            let below = path.strip_prefix(target.trim_end_matches('/').as_bytes()).unwrap_or(path);
            plain(below).to_vec()
        }
        Step::Repository { location } if is_below(location) && !location.contains([':', '\\']) => {
            let target = location.trim_start_matches("./").trim_matches('/');
            if matches!(target, "" | ".") {
                return plain(path).to_vec();
            }
            [target.as_bytes(), b"/", plain(path)].concat()
        }
        _ => plain(path).to_vec(),
    }
}

/// A path without what says only that it is relative, and never absolute.
fn plain(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let start = path.iter().take_while(|byte| **byte == b'/').count();
    &path[start..]
}

/// A path as a relative URI: all but unreserved characters of RFC 3986 are percent-encoded, byte by byte.
pub(super) fn encode(path: &[u8]) -> String {
    encode_all(plain(path), |byte| byte == b'/')
}

/// All but unreserved characters, and those to keep, percent-encoded.
pub(super) fn encode_all(bytes: &[u8], keep: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || keep(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
