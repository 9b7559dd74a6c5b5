//! Folders of the user's that are used where none is named.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::Failure;
use crate::cache::Cache;
use crate::source::image::KnownLayers;

/// The current folder, by its real name.
///
/// # Errors
/// When it is gone.
pub fn current() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|cause| Failure::new("current folder", cause).or_try("run it from a folder that exists"))?;
    Ok(here.canonicalize().unwrap_or(here))
}

/// A folder in the user's cache folder.
fn in_cache(name: &str) -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = |folder: &str| variable("HOME").map(|home| home.join(folder));
    let cache = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else {
        let default = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        variable("XDG_CACHE_HOME").or_else(|| home(default))
    };
    cache.map(|cache| cache.join("scrubjay").join(name))
}

/// The folder of mirrors; `None` where the user has no cache folder.
pub fn mirrors() -> Option<PathBuf> {
    in_cache("mirrors")
}

/// What is known of histories.
///
/// # Errors
/// When the folder cannot be used, or the user has none.
pub fn history_cache(named: Option<&Path>) -> Result<Arc<Cache>, Failure> {
    cache(named, "history", "--incremental")
}

/// What is known of layers of images.
///
/// # Errors
/// When the folder cannot be used, or the user has none.
pub fn layer_cache(named: Option<&Path>, what: &str) -> Result<Arc<KnownLayers>, Failure> {
    Ok(Arc::new(KnownLayers::new(cache(named, "layers", what)?)))
}

fn cache(named: Option<&Path>, name: &str, what: &str) -> Result<Arc<Cache>, Failure> {
    let folder = named
        .map(Path::to_path_buf)
        .or_else(|| in_cache(name))
        .ok_or_else(|| Failure::new(what, "there is no cache folder").or_try("name a folder with --cache"))?;
    let failure = |cause| Failure::new(format!("{what}: {}", folder.display()), cause);
    Cache::open(&folder).map(Arc::new).map_err(failure)
}
