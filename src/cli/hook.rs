//! `hook run`: what git calls, in the environment that git gives its hooks. A non-zero exit refuses what comes in.

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ColorChoice;

use super::args::{Hook, HookRunArgs};
use super::change::Opened;
use super::failure::Failure;
use super::scan::Asked;
use super::trust::Whose;
use crate::scan::ChangedAllow;
use crate::source::git::range::{ChangeOptions, Selection, Update};
use crate::source::git::{self};

/// Most bytes of git's lines: more than a million references.
const MOST_INPUT: u64 = 256 << 20;

/// Judges what a hook is about.
pub fn run(args: HookRunArgs, color: ColorChoice) -> Result<u8, Failure> {
    let repository = git_folder();
    let mut object_directories = Vec::new();
    let selection = match args.hook {
        Hook::PreCommit => Selection::Staged { index: env::var_os("GIT_INDEX_FILE").map(PathBuf::from) },
        Hook::PrePush => Selection::Updates { updates: updates(of_push)?, known: known_to(args.arguments.first()) },
        Hook::PreReceive => {
            object_directories = quarantine();
            Selection::Updates { updates: updates(of_receive)?, known: b"refs/".to_vec() }
        }
    };
    // What is received is somebody else's, and so may be what was received before; what is committed or pushed is the user's own.
    let whose = if args.hook == Hook::PreReceive { Whose::Other } else { Whose::Own };
    let allow = args.changed_allow.unwrap_or(ChangedAllow::Report);
    let asked = Asked { kind: "hook", command: "hook", flags: &args.common, color, publish: None };
    asked.run_change(whose, allow, |threads, stop| {
        let location = repository.to_string_lossy().into_owned();
        let git = git::Options { path: repository, location, threads };
        Opened::here("hook", &ChangeOptions { git, selection, object_directories, deepen: None }, stop)
    })
}

/// The repository that git runs the hook for.
fn git_folder() -> PathBuf {
    match env::var_os("GIT_DIR") {
        Some(folder) if !folder.is_empty() && Path::new(&folder) != Path::new(".git") => PathBuf::from(folder),
        _ => PathBuf::from("."),
    }
}

/// Where the objects of a push lie until it is accepted. These variables are looked at in this hook and nowhere else.
fn quarantine() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for name in ["GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY"] {
        folders.extend(env::var_os(name).filter(|folder| !folder.is_empty()).map(PathBuf::from));
    }
    if let Some(more) = env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
        folders.extend(env::split_paths(&more).filter(|folder| !folder.as_os_str().is_empty()));
    }
    folders.dedup();
    folders
}

/// The references here that tell what a remote has.
fn known_to(remote: Option<&String>) -> Vec<u8> {
    // One that is named by its URL has none: what is pushed there is judged from the beginning, for what another remote has
    // may be meant for fewer eyes.
    let name = remote.map_or("origin", |remote| remote.as_str());
    format!("refs/remotes/{name}/").into_bytes()
}

/// Git's lines on standard input.
fn updates(of_line: fn(&[&[u8]]) -> Option<Update>) -> Result<Vec<Update>, Failure> {
    let fault = |why: &dyn std::fmt::Display| Failure::new("hook: standard input", why);
    let mut input = Vec::new();
    std::io::stdin().lock().take(MOST_INPUT + 1).read_to_end(&mut input).map_err(|cause| fault(&cause))?;
    if input.len() as u64 > MOST_INPUT {
        return Err(fault(&"it is larger than 256 MiB"));
    }
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .enumerate()
        .map(|(number, line)| {
            let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
            of_line(&words).ok_or_else(|| {
                fault(&format_args!("line {} is none that git writes for this hook", number + 1))
                    .or_try("run it as a hook, or give it the lines of githooks(5)")
            })
        })
        .collect()
}

fn id(word: &[u8]) -> Option<String> {
    let is_id = matches!(word.len(), 40 | 64) && word.iter().all(u8::is_ascii_hexdigit);
    is_id.then(|| String::from_utf8_lossy(word).into_owned())
}

/// `old new ref`.
fn of_receive(words: &[&[u8]]) -> Option<Update> {
    let [old, new, name] = words else { return None };
    Some(Update { name: name.to_vec(), old: id(old)?, new: id(new)? })
}

/// `local-ref local-id remote-ref remote-id`.
fn of_push(words: &[&[u8]]) -> Option<Update> {
    let [_, new, name, old] = words else { return None };
    of_receive(&[old, new, name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_git() {
        let (old, new) = ("0".repeat(40), "a".repeat(40));
        let update = Update { name: b"refs/heads/x".to_vec(), old: old.clone(), new: new.clone() };
        let (old, new) = (old.as_bytes(), new.as_bytes());
        assert_eq!(of_receive(&[old, new, b"refs/heads/x"]), Some(update.clone()));
        assert_eq!(of_push(&[b"refs/heads/y", new, b"refs/heads/x", old]), Some(update));
        assert_eq!(of_receive(&[old, b"abc", b"refs/heads/x"]), None);
        assert_eq!(of_push(&[old, new, b"refs/heads/x"]), None);
    }

    #[test]
    fn what_a_remote_has_is_told_by_its_own_references() {
        assert_eq!(known_to(Some(&"origin".to_owned())), b"refs/remotes/origin/");
        assert!(!known_to(Some(&"https://example.com/x".to_owned())).starts_with(b"refs/remotes/origin/"));
        assert_eq!(known_to(None), b"refs/remotes/origin/");
    }
}
