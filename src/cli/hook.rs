//! `hook run`: what git calls, in the environment that git gives its hooks. A non-zero exit refuses what comes in.

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ColorChoice;

use super::args::{Hook, HookRunArgs};
use super::change::Opened;
use super::failure::Failure;
use super::output;
use super::scan::{Asked, Publish};
use super::trust::{Scope, Whose};
use crate::report::Report;
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
        Hook::PreCommit => match framework::range() {
            Some(selection) => selection,
            None if framework::judges_all(&repository, index()) => return all_files(&args, color),
            None => Selection::Staged { index: index() },
        },
        Hook::PrePush => Selection::Updates { updates: updates(of_push)?, known: known_to(args.arguments.first()) },
        Hook::PreReceive => {
            object_directories = quarantine();
            Selection::Updates { updates: updates(of_receive)?, known: b"refs/".to_vec() }
        }
    };
    // What is received is somebody else's, and so may be what was received before; what is committed or pushed is the user's own.
    let whose = if args.hook == Hook::PreReceive { Whose::Other } else { Whose::Own };
    let allow = args.changed_allow.unwrap_or(ChangedAllow::Report);
    let mends = |report: &Report| tell_how_to_mend(report, &args, matches!(selection, Selection::Staged { .. }));
    let publish: Option<Publish<'_>> = if args.common.output.quiet { None } else { Some(&mends) };
    let asked = Asked { kind: "hook", command: "hook", flags: &args.common, color, publish };
    asked.run_change(whose, allow, |threads, stop| {
        let location = repository.to_string_lossy().into_owned();
        let git = git::Options { path: repository, location, threads };
        Opened::here(
            "hook",
            &ChangeOptions { git, selection: selection.clone(), object_directories, deepen: None },
            (&args.common, stop),
        )
    })
}

/// The index that git makes for a commit of some paths.
fn index() -> Option<PathBuf> {
    env::var_os("GIT_INDEX_FILE").map(PathBuf::from)
}

/// Judges the files as they are, for a framework that asks for all of them.
fn all_files(args: &HookRunArgs, color: ColorChoice) -> Result<u8, Failure> {
    let asked = Asked { kind: "hook", command: "hook", flags: &args.common, color, publish: None };
    let here = [PathBuf::from(".")];
    asked.run_own(Scope::Paths(&here), |reading| reading.files(&here[0]))
}

/// Says what somebody whom a hook stopped can do now. To standard error, as all that is said to the one who runs git.
fn tell_how_to_mend(report: &Report, args: &HookRunArgs, is_staged: bool) -> Result<(), Failure> {
    let counts = &args.common.counts;
    let is_incomplete = report.is_incomplete() && !counts.exit.allow_incomplete;
    let is_refused = report.failing() > 0 && !counts.exit.exit_zero;
    let mut lines = Vec::new();
    if is_refused {
        let what = match args.hook {
            Hook::PreCommit if is_staged => "the commit",
            Hook::PreCommit | Hook::PrePush => "the push",
            Hook::PreReceive => "what was pushed",
        };
        lines.push(format!("scrubjay: {what} is refused. What helps:"));
        if is_staged {
            lines.push("  unstage   git restore --staged FILE, or git rm --cached FILE for one that is new".to_owned());
        } else {
            lines.push("  take out  git commit --amend or git rebase -i the commits that have it: a later commit does not help".to_owned());
        }
        lines.push(
            "  move      put the value into the environment or a vault, and let the program read it from there"
                .to_owned(),
        );
        lines.push(match args.hook {
            Hook::PreReceive => {
                "  allow     where it is no secret: an entry with a reason in the server's policy".to_owned()
            }
            _ => format!(
                "  allow     where it is no secret: scrubjay:allow RULE reason=\"why\" on its line, and {}=honour",
                "SCRUBJAY_CHANGED_ALLOW"
            ),
        });
    } else if is_incomplete {
        lines.push("scrubjay: refused, since something could not be read. What helps:".to_owned());
        lines.push(match args.hook {
            // The environment is that of the server, and so is what counts.
            Hook::PreReceive => {
                "  push what can be read, or ask who keeps the server: its policy may accept it".to_owned()
            }
            _ => "  mend it, or accept it in .scrubjay.toml, or for this once SCRUBJAY_ALLOW_INCOMPLETE=1".to_owned(),
        });
    }
    lines.iter().for_each(|line| output::complain(line));
    Ok(())
}

/// The pre-commit framework runs one command for all its hooks, and says in variables what for.
mod framework {
    use std::env;
    use std::path::{Path, PathBuf};

    use crate::source::git::has_staged;
    use crate::source::git::range::{Base, Selection};

    fn variable(name: &str) -> Option<String> {
        env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// What is pushed, or the range that somebody named.
    pub(super) fn range() -> Option<Selection> {
        match (variable("PRE_COMMIT_FROM_REF"), variable("PRE_COMMIT_TO_REF")) {
            (Some(from), Some(to)) => Some(Selection::Range(format!("{from}..{to}"))),
            // A first push of all that there is: it names no commit to begin at.
            _ => {
                variable("PRE_COMMIT_REMOTE_BRANCH")?;
                let head = variable("PRE_COMMIT_LOCAL_BRANCH").unwrap_or_else(|| "HEAD".to_owned());
                Some(Selection::Between { head, bases: Vec::<Base>::new(), made: None })
            }
        }
    }

    /// Whether it was asked for all files: where nothing is staged it runs no hook else.
    pub(super) fn judges_all(repository: &Path, index: Option<PathBuf>) -> bool {
        variable("PRE_COMMIT").is_some() && !has_staged(repository, index)
    }
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
