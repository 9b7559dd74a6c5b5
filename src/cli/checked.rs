//! Signatures of files, folders and configurations held to what they promise, beside all others that a scan would use with them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config::{self, ConfigFile, FILE_NAME};
use super::failure::Failure;
use crate::check;
use crate::signature::{self, Entry, Loaded, Located, Signature, Standing};

/// All signatures of a scan, and which of them are not as this binary has them.
pub struct Checked {
    loaded: Loaded,
    /// Whether those of the binary are tried, too.
    tries_built_in: bool,
    built_in: HashSet<*const Signature>,
    /// How many are tried.
    pub count: usize,
    /// What is wrong with them so far, a line each.
    pub faults: Vec<signature::Error>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
}

impl Checked {
    /// Those built in, which are tried themselves or only stand beside others.
    pub fn new(tries_built_in: bool) -> Self {
        let mut faults = Vec::new();
        let loaded = signature::embedded().unwrap_or_else(|fault| {
            faults.push(fault);
            Loaded::new()
        });
        let built_in = loaded.iter().map(|located| Arc::as_ptr(&located.signature)).collect();
        let count = if tries_built_in { loaded.len() } else { 0 };
        Checked { loaded, tries_built_in, built_in, count, faults, notes: Vec::new() }
    }

    /// Adds a signature file, a folder of such files, or a configuration.
    ///
    /// # Errors
    /// A configuration with a fault elsewhere than in its signatures; what cannot be read.
    pub fn add(&mut self, path: &Path) -> Result<(), Failure> {
        if path.is_dir() {
            match signature::files_of(path) {
                Ok(files) => files.iter().for_each(|file| self.add_file(file)),
                Err(fault) => self.faults.push(fault),
            }
            return Ok(());
        }
        std::fs::metadata(path)
            .map_err(|cause| Failure::new(format!("signatures check: {}", path.display()), cause))?;
        if is_config(path) {
            self.add_entries(ConfigFile::read(path)?.signatures());
        } else {
            self.add_file(path);
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) {
        let text = match signature::read_text(path) {
            Ok(text) => text,
            Err(fault) => return self.faults.push(fault),
        };
        let mut own = Loaded::new();
        let (count, _) = signature::add_all(&mut own, "", &text);
        self.stand_in_for(path, &own);
        let earlier = self.loaded.len();
        let (_, faults) = signature::add_all(&mut self.loaded, &path.display().to_string(), &text);
        self.loaded.iter_mut().skip(earlier).for_each(|one| one.standing = Standing::Own);
        self.count += count;
        self.faults.extend(faults);
    }

    /// A file of `signatures/` that is being written is checked in the place of what the binary has of it. It is one where it has
    /// the name of such a file and most of its signatures.
    fn stand_in_for(&mut self, path: &Path, own: &[Located]) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.canonicalize().ok().and_then(|path| Some(path.parent()?.file_name()?.to_owned()));
        if folder.as_deref() != Some("signatures".as_ref()) {
            return;
        }
        let name = format!("signatures/{name}");
        let is_of_it = |one: &Located| *one.file == *name && self.built_in.contains(&Arc::as_ptr(&one.signature));
        let has = |one: &Located| own.iter().any(|own| own.signature.id == one.signature.id);
        let all = self.loaded.iter().filter(|one| is_of_it(one)).count();
        if 2 * self.loaded.iter().filter(|one| is_of_it(one) && has(one)).count() > all {
            let built_in = &self.built_in;
            self.loaded.retain(|one| *one.file != *name || !built_in.contains(&Arc::as_ptr(&one.signature)));
            self.notes.push(format!("{}: checked in the place of the {name} that is built in", path.display()));
        }
    }

    /// Adds signatures of a configuration.
    pub fn add_entries(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            self.count += 1;
            self.faults.extend(signature::add_entry(&mut self.loaded, entry).err());
        }
    }

    /// Those that are tried.
    pub fn tried(&self) -> Loaded {
        self.loaded.iter().filter(|located| self.is_tried(located)).cloned().collect()
    }

    fn is_tried(&self, located: &Located) -> bool {
        self.tries_built_in || !self.built_in.contains(&Arc::as_ptr(&located.signature))
    }

    /// Every fault, by file and line.
    pub fn into_faults(self) -> Vec<signature::Error> {
        let mut faults = check::check_among(&self.loaded, &|located| self.is_tried(located));
        faults.extend(self.faults);
        faults.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        faults
    }
}

/// Those of `entries` that stand in none of `paths`, which are checked as they are.
pub fn elsewhere(entries: Vec<Entry>, paths: &[PathBuf]) -> Vec<Entry> {
    let named: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let is_named = |file: &str| Path::new(file).canonicalize().is_ok_and(|file| named.contains(&file));
    entries.into_iter().filter(|entry| !is_named(&entry.file)).collect()
}

/// Whether a file is a configuration: by its name, or by a key that only a configuration has.
fn is_config(path: &Path) -> bool {
    if path.file_name().is_some_and(|name| name == FILE_NAME) {
        return true;
    }
    let table = signature::read_text(path).ok().and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
    let schema: serde_json::Value = serde_json::from_str(&config::schema()).unwrap_or_default();
    table.keys().any(|key| key != "signature" && schema["properties"].get(key).is_some())
}
