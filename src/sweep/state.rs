//! The state of a sweep: what is done of the one that runs, and what the last one found. One file of JSON lines each, a
//! line a target, put on disk as the target is done. The file of a sweep that runs stands beside that of the last one, and
//! takes its place when it ends; so a process that is killed at any time loses the line that it was writing, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::known::Known;
use super::list::Target;
use super::record::Record;
use crate::report::Outcome;

const SCHEMA: &str = "scrubjay/sweep-state/1";
/// Longest line that is read, in bytes: a target with findings at a million places.
const LONGEST_LINE: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
struct Header {
    schema: String,
    /// Says with which rules and settings targets were judged; records of others are not taken over.
    settings: String,
    /// Says with which salt fingerprints were made; those of another cannot be held against them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Footer {
    /// Seconds since 1970.
    ended: u64,
}

/// What is read of a record of the last sweep: it may have been written by another version.
#[derive(Deserialize)]
struct LastRecord {
    target: String,
    outcome: Outcome,
    findings: Vec<Known>,
    carried: Vec<Known>,
}

/// What the last sweep found.
#[derive(Debug, Default)]
pub struct Last {
    /// When it ended, in seconds since 1970.
    pub ended: u64,
    /// Whether it judged with the same rules and settings.
    pub same_settings: bool,
    /// The secrets that it knew, by target and fingerprint. Targets that it failed to read are here with what was known
    /// of them before.
    pub targets: BTreeMap<String, BTreeMap<String, Known>>,
    /// Targets that it never read as a whole, so that what is new there may only be newly read.
    pub partial: Vec<String>,
    /// Targets that this sweep was not asked for: what is known of them stays known.
    pub kept: BTreeSet<String>,
}

impl Last {
    /// Keeps those of its targets that are none of this sweep's and of which `stays` holds.
    pub fn keep(&mut self, targets: &[Target], stays: &dyn Fn(&str) -> bool) {
        let asked: BTreeSet<&str> = targets.iter().map(|target| target.location.as_str()).collect();
        let others = self.targets.keys().filter(|location| !asked.contains(location.as_str()));
        self.kept = others.filter(|location| stays(location)).cloned().collect();
    }
}

/// What tells how targets are judged.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// Stands for rules and settings.
    pub settings: &'a str,
    /// Stands for the salt of the fingerprints, and tells nothing of it.
    pub salt: &'a str,
}

/// The state, for as long as a sweep runs; no two sweeps have the same.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    running: File,
    _lock: File,
}

/// What was found when a state was opened.
#[derive(Debug)]
pub struct Opened {
    /// To write to.
    pub file: StateFile,
    /// The last sweep that came to its end.
    pub last: Option<Last>,
    /// What an interrupted sweep had done, where it is to be resumed.
    pub done: Vec<Record>,
    /// Whether an interrupted sweep was found whose records are not taken over.
    pub discarded: bool,
    /// Whether there was a last sweep whose fingerprints have another salt, so that nothing can be said beside it.
    pub other_salt: bool,
}

impl StateFile {
    /// Opens the state in a file, which need not be there. With `resume` an interrupted sweep goes on, if it ran with
    /// the same settings.
    ///
    /// # Errors
    /// When the file is none of a sweep's, another sweep has it, or it cannot be read or written.
    pub fn open(path: &Path, judged: Judged<'_>, resume: bool) -> io::Result<Opened> {
        let lock = beside(path, "lock");
        expect_file(&lock)?;
        let lock = private(OpenOptions::new().write(true).create(true).truncate(false)).open(lock)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(ErrorKind::ResourceBusy, "another sweep is using it"));
            }
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
        let last = match open_file(path) {
            Ok(file) => Some(read_last(file, judged)?),
            Err(cause) if cause.kind() == ErrorKind::NotFound => None,
            Err(cause) => return Err(cause),
        };
        let other_salt = matches!(last, Some(None));
        let last = last.flatten();
        let part = beside(path, "part");
        let found = match open_file(&part) {
            Ok(file) => Some(read_running(file, judged.settings)?),
            Err(cause) if cause.kind() == ErrorKind::NotFound => None,
            Err(cause) => return Err(cause),
        };
        let discarded = found.as_ref().is_some_and(|found| !resume || found.is_none());
        let (running, done) = match found.flatten().filter(|_| resume) {
            Some((length, done)) => {
                let mut running = OpenOptions::new().write(true).open(&part)?;
                // The line that was being written when the process was killed.
                running.set_len(length)?;
                running.seek(SeekFrom::End(0))?;
                (running, done)
            }
            None => (begin(&part, judged)?, Vec::new()),
        };
        let file = StateFile { path: path.to_owned(), running, _lock: lock };
        Ok(Opened { file, last, done, discarded, other_salt })
    }

    /// Adds a target that is done; it is on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, record: &Record) -> io::Result<()> {
        write_line(&mut self.running, record)
    }

    /// Adds many, which are on disk when the sweep has ended.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn add_all(&mut self, records: impl Iterator<Item = Record>) -> io::Result<()> {
        let mut running = BufWriter::new(&mut self.running);
        for record in records {
            serde_json::to_writer(&mut running, &record)?;
            running.write_all(b"\n")?;
        }
        running.flush()
    }

    /// Ends the sweep: it is now the last one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(mut self, ended: u64) -> io::Result<()> {
        write_line(&mut self.running, &Footer { ended })?;
        fs::rename(beside(&self.path, "part"), &self.path)?;
        sync_folder_of(&self.path);
        Ok(())
    }
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(what);
    path.with_file_name(name)
}

/// Refuses what is there and is no file: a fifo would be waited for.
fn expect_file(path: &Path) -> io::Result<()> {
    match path.metadata() {
        Ok(found) if !found.is_file() => Err(io::Error::other(format!("{} is no regular file", path.display()))),
        _ => Ok(()),
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    expect_file(path)?;
    File::open(path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Where the system can: a new name is on disk only when its folder is.
fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// A new file with its header, in place of what is there.
fn begin(part: &Path, judged: Judged<'_>) -> io::Result<File> {
    let temporary = beside(part, "new");
    let _ = fs::remove_file(&temporary);
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&temporary)?;
    let (settings, salt) = (judged.settings.to_owned(), Some(judged.salt.to_owned()));
    write_line(&mut file, &Header { schema: SCHEMA.to_owned(), settings, salt })?;
    fs::rename(temporary, part)?;
    sync_folder_of(part);
    Ok(file)
}

fn write_line(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_data()
}

/// The next line, where it is whole.
fn line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    Ok(line.ends_with(b"\n").then_some(line))
}

fn header(reader: &mut impl BufRead) -> io::Result<Header> {
    line(reader)?
        .and_then(|line| serde_json::from_slice::<Header>(&line).ok())
        .filter(|header| header.schema == SCHEMA)
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "is no state of a sweep"))
}

/// What the last sweep knew; `None` where its fingerprints have another salt.
fn read_last(file: File, judged: Judged<'_>) -> io::Result<Option<Last>> {
    let mut reader = BufReader::new(file);
    let header = header(&mut reader)?;
    if header.salt.is_some_and(|salt| salt != judged.salt) {
        return Ok(None);
    }
    let mut last = Last { same_settings: header.settings == judged.settings, ..Last::default() };
    while let Some(line) = line(&mut reader)? {
        if let Ok(Footer { ended }) = serde_json::from_slice(&line) {
            last.ended = ended;
            return Ok(Some(last));
        }
        let record: LastRecord = serde_json::from_slice(&line).map_err(damaged)?;
        if !record.outcome.is_whole() {
            last.partial.push(record.target.clone());
        }
        let known = record.carried.into_iter().chain(record.findings);
        last.targets.insert(record.target, known.map(|known| (known.fingerprint.clone(), known)).collect());
    }
    Err(damaged("it has no end"))
}

fn damaged(cause: impl std::fmt::Display) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("is damaged: {cause}"))
}

/// The whole lines of a sweep that did not come to its end, and their length; `None` where it ran with other settings.
type Running = Option<(u64, Vec<Record>)>;

fn read_running(file: File, settings: &str) -> io::Result<Running> {
    let mut reader = BufReader::new(file);
    let mut length = 0;
    let mut done = Vec::new();
    // The header is there before the file has its name.
    if header(&mut reader)?.settings != settings {
        return Ok(None);
    }
    length += reader.stream_position()?;
    while let Some(line) = line(&mut reader)? {
        let Ok(record) = serde_json::from_slice(&line) else { break };
        done.push(record);
        length += line.len() as u64;
    }
    Ok(Some((length, done)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, settings: &str, resume: bool) -> Opened {
        StateFile::open(path, Judged { settings, salt: "" }, resume).unwrap()
    }

    fn record(target: &str) -> Record {
        Record::failed(target, "no answer".to_owned(), false)
    }

    #[test]
    fn what_was_done_before_a_kill_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut opened = open(&path, "s", false);
        assert!(opened.last.is_none() && opened.done.is_empty() && !opened.discarded);
        opened.file.add(&record("a")).unwrap();
        assert!(StateFile::open(&path, Judged { settings: "s", salt: "" }, true).is_err(), "one sweep at a time");
        opened.file.add(&record("b")).unwrap();
        drop(opened);
        // Killed in the middle of a line.
        let part = folder.path().join("state.part");
        OpenOptions::new().append(true).open(&part).unwrap().write_all(b"{\"target\":\"c\",\"outc").unwrap();
        let mut opened = open(&path, "s", true);
        let targets = |opened: &Opened| opened.done.iter().map(|done| done.target.clone()).collect::<Vec<_>>();
        assert_eq!(targets(&opened), ["a", "b"]);
        opened.file.add(&record("c")).unwrap();
        drop(opened);
        assert_eq!(targets(&open(&path, "s", true)), ["a", "b", "c"]);
        let opened = open(&path, "other settings", true);
        assert!(opened.done.is_empty() && opened.discarded);
    }

    #[test]
    fn the_end_makes_it_the_last_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut opened = open(&path, "s", false);
        let known = Known {
            fingerprint: "sj1:0".into(),
            rule: "r".into(),
            title: "T".into(),
            severity: crate::signature::Severity::High,
            confidence: crate::score::Confidence::Likely,
            shown: "****".into(),
            path: "p".into(),
            other_paths: Vec::new(),
        };
        let mut carrying = record("a");
        carrying.carried.push(known);
        opened.file.add(&carrying).unwrap();
        opened.file.end(7).unwrap();
        let other = StateFile::open(&path, Judged { settings: "s", salt: "another" }, true).unwrap();
        assert!(other.last.is_none() && other.other_salt);
        drop(other);
        let opened = open(&path, "s", false);
        let last = opened.last.unwrap();
        assert!(last.ended == 7 && last.same_settings && opened.done.is_empty());
        assert!(last.targets["a"].contains_key("sj1:0") && last.partial == ["a"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        for text in ["my notes\n", "", "{\"schema\":\"scrubjay/sweep-state/1\",\"settings\":\"s\"}\n{\"target\":1}\n"] {
            fs::write(&path, text).unwrap();
            assert!(StateFile::open(&path, Judged { settings: "s", salt: "" }, true).is_err(), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
