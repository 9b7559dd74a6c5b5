//! What must be the same for a name to lead to the same image: looked up when it is read, and again before a command that
//! relies on what was found.

use std::path::Path;

use super::Options;
use super::archive::{Archive, Bytes};
use super::document::identities;
use super::kind::open_plain;
use super::layout::Layout;
use super::reference::Target;
use super::registry::{Daemon, NoImage, Registry, Stop};

/// The identity of what a name leads to now; `None` where it can be looked up only once.
pub(super) fn of(target: &Target, options: &Options, stop: Stop<'_>) -> Result<Option<String>, String> {
    Ok(match target {
        Target::Stdin | Target::Pipe(_) => None,
        Target::Layout(directory) => Some(identities(&Layout::open(directory)?.1).join(" ")),
        Target::Archive(path) => Some(of_file(path)?),
        Target::Registry(reference) => {
            Some(Registry::connect(reference, 1, &options.transport, stop)?.0.digest().to_owned())
        }
        Target::Daemon(name) => match Daemon::ask(name, &options.transport.docker, stop) {
            Ok(daemon) => Some(daemon.about().id.clone()),
            Err(NoImage::Unknown) => return Err("the daemon has it no longer".to_owned()),
            Err(NoImage::NoDaemon(why) | NoImage::Failed(why)) => return Err(why),
        },
    })
}

/// The digests in a tar, and the file as it is: names in old tars are not those of their bytes.
fn of_file(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
    let digests = match open_plain(path)? {
        Some(file) => {
            let (archive, _) = Archive::index(Bytes::of_file(file).map_err(|error| error.to_string())?);
            archive.roots().map(|roots| identities(&roots)).unwrap_or_default()
        }
        None => Vec::new(),
    };
    Ok(format!("{} {} {:?}", digests.join(" "), metadata.len(), metadata.modified().ok()))
}
