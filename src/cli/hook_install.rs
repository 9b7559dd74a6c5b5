//! `hook install` and `hook uninstall`: a short script where git looks for a hook. What stood there before is kept, runs first,
//! and comes back.

use std::env;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum as _;

use super::args::{Hook, HookInstallArgs, HookUninstallArgs};
use super::failure::{Failure, code};
use super::output;
use crate::origin::{printable, slashed};

/// The line that tells our scripts from all others; the number changes with what is below it.
const MARK: &str = "# scrubjay hook 1: `scrubjay hook uninstall` takes it away, and puts back what was here before.";
/// What is added to the name of a hook that was there before.
const BEFORE: &str = ".before-scrubjay";
/// Largest hook that is looked into.
const LARGEST: u64 = 1 << 20;

/// Writes hooks into the repository that the user stands in.
pub fn install(args: HookInstallArgs) -> Result<u8, Failure> {
    let folder = hooks_folder("hook install", args.shared)?;
    let hooks = match &args.hooks[..] {
        [] if ask_git("hook install", &["rev-parse", "--is-bare-repository"])? == "true" => vec![Hook::PreReceive],
        [] => vec![Hook::PreCommit, Hook::PrePush],
        hooks => hooks.to_vec(),
    };
    let program = env::current_exe().map_err(|cause| Failure::new("hook install: this program", cause))?;
    fs::create_dir_all(&folder).map_err(|cause| fault("install", &folder, &cause))?;
    for hook in hooks {
        let done = install_one(&folder, &name(hook), &program)?;
        output::print(format!("{done}\n").as_bytes())?;
    }
    Ok(code::CLEAN)
}

/// Takes hooks away again.
pub fn uninstall(args: HookUninstallArgs) -> Result<u8, Failure> {
    let folder = hooks_folder("hook uninstall", true)?;
    let all = args.hooks.is_empty();
    let hooks = if all { Hook::value_variants() } else { &args.hooks };
    let mut gone = 0;
    for hook in hooks {
        let name = name(*hook);
        match uninstall_one(&folder, &name)? {
            Some(done) => {
                gone += 1;
                output::print(format!("{done}\n").as_bytes())?;
            }
            None if all => {}
            None => return Err(Failure::new(format!("hook uninstall: {name}"), "it is not installed here")),
        }
    }
    if gone == 0 {
        output::print(b"no hook of scrubjay is installed here\n")?;
    }
    Ok(code::CLEAN)
}

fn name(hook: Hook) -> String {
    hook.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// What git says in the repository that the user stands in. It is the user's own git, with all its settings: where hooks are is
/// one of them.
fn ask_git(command: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| Failure::new(format!("{command}: git"), cause).or_try("install git"))?;
    if !output.status.success() {
        let said = printable(output.stderr.trim_ascii()).replace("\\n", "; ");
        return Err(Failure::new(command, said).or_try("run it in the repository"));
    }
    String::from_utf8(output.stdout)
        .map(|text| text.trim_end_matches(['\n', '\r']).to_owned())
        .map_err(|_| Failure::new(command, "the path of the hooks is no text"))
}

/// Where git looks for the hooks of this repository.
fn hooks_folder(command: &str, may_be_shared: bool) -> Result<PathBuf, Failure> {
    let folder = PathBuf::from(ask_git(command, &["rev-parse", "--git-path", "hooks"])?);
    // Fails where nothing is configured.
    let scope = ask_git(command, &["config", "--show-scope", "--get", "core.hooksPath"]).unwrap_or_default();
    let is_shared = ["global", "system", "command"].iter().any(|scope_of| scope.starts_with(scope_of));
    if is_shared && !may_be_shared {
        let why = format!("core.hooksPath names a folder for all your repositories, {}", folder.display());
        return Err(Failure::new(command, why).or_try("--shared installs it there, for all of them"));
    }
    // That is how hooks are switched off.
    if folder.exists() && !folder.is_dir() {
        let why = format!("core.hooksPath names {}, which is no folder: hooks are switched off", folder.display());
        return Err(Failure::new(command, why).or_try("`git config --unset core.hooksPath`"));
    }
    if folder.ends_with(".husky/_") {
        return Err(Failure::new(command, "husky writes the hooks of this repository")
            .or_try("add the line `scrubjay hook run pre-commit` to .husky/pre-commit"));
    }
    Ok(folder)
}

fn fault(verb: &str, path: &Path, cause: &io::Error) -> Failure {
    Failure::new(format!("hook {verb}: {}", path.display()), cause)
}

/// What lies at the place of a hook.
enum There {
    Nothing,
    /// Ours, as it was written.
    Ours,
    /// Ours, and changed by hand.
    Changed,
    Theirs,
}

fn look(path: &Path, name: &str) -> io::Result<There> {
    let metadata = match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(There::Nothing),
        metadata => metadata?,
    };
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Ok(There::Theirs);
    }
    let text = fs::read(path)?;
    let text = String::from_utf8_lossy(&text);
    if text.lines().nth(1) != Some(MARK) {
        return Ok(There::Theirs);
    }
    // The path of the program is another one with each machine and version.
    let rest =
        |text: &str| text.lines().filter(|line| !line.starts_with("scrubjay=")).map(str::to_owned).collect::<Vec<_>>();
    Ok(if rest(&text) == rest(&script(name, "")) { There::Ours } else { There::Changed })
}

fn install_one(folder: &Path, name: &str, program: &Path) -> Result<String, Failure> {
    let path = folder.join(name);
    let before = folder.join(format!("{name}{BEFORE}"));
    let fault = |cause: io::Error| fault("install", &path, &cause);
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let mut kept = is_there(&before);
    match look(&path, name).map_err(fault)? {
        There::Nothing | There::Ours => {}
        There::Changed => {
            return Err(Failure::new(
                format!("hook install: {}", path.display()),
                "was changed since it was installed",
            )
            .or_try("take it away first"));
        }
        There::Theirs if kept => {
            return Err(Failure::new(format!("hook install: {}", before.display()), "is there already")
                .or_try("another program replaced the hook: put one of the two away"));
        }
        There::Theirs => {
            fs::rename(&path, &before).map_err(fault)?;
            kept = true;
        }
    }
    let program = String::from_utf8_lossy(&slashed(program)).into_owned();
    let written = write_script(&path, &script(name, &program));
    if let Err(cause) = written {
        if kept && !is_there(&path) {
            // What was there before must go on working.
            let _ = fs::rename(&before, &path);
        }
        return Err(fault(cause));
    }
    let and = if kept { ", after the hook that was there before" } else { "" };
    Ok(format!("installed: {}{and}", path.display()))
}

fn uninstall_one(folder: &Path, name: &str) -> Result<Option<String>, Failure> {
    let path = folder.join(name);
    let before = folder.join(format!("{name}{BEFORE}"));
    let fault = |cause: io::Error| fault("uninstall", &path, &cause);
    match look(&path, name).map_err(fault)? {
        There::Nothing | There::Theirs => return Ok(None),
        There::Changed => {
            return Err(Failure::new(
                format!("hook uninstall: {}", path.display()),
                "was changed since it was installed",
            )
            .or_try("take it away by hand"));
        }
        There::Ours => {}
    }
    // One step where there is something to put back: at no time is there no hook.
    match fs::rename(&before, &path) {
        Ok(()) => Ok(Some(format!("uninstalled: {}, and what was there before is back", path.display()))),
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            fs::remove_file(&path).map_err(fault)?;
            Ok(Some(format!("uninstalled: {}", path.display())))
        }
        Err(cause) => Err(fault(cause)),
    }
}

fn write_script(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

/// The script for git: it runs what was there before, then scrubjay. Where that is gone, the hook fails, for a hook that lets all
/// pass is none.
fn script(name: &str, program: &str) -> String {
    let program = program.replace('\'', "'\\''");
    let mut text = format!(
        "#!/bin/sh\n{MARK}\nscrubjay='{program}'\n\
         [ -x \"$scrubjay\" ] || scrubjay=$(command -v scrubjay) || {{\n    \
         echo 'scrubjay: the {name} hook finds no scrubjay: install it, or delete the hook' >&2\n    exit 1\n}}\n\
         before=\"$(dirname \"$0\")/{name}{BEFORE}\"\n"
    );
    text.push_str(if name == "pre-commit" {
        "if [ -x \"$before\" ]; then \"$before\" \"$@\" || exit; fi\n"
    } else {
        // Both read the lines that git writes.
        "input=$(cat; echo .)\ninput=${input%.}\n\
         if [ -x \"$before\" ]; then printf '%s' \"$input\" | \"$before\" \"$@\" || exit; fi\n"
    });
    text.push_str(&if name == "pre-commit" {
        format!("exec \"$scrubjay\" hook run {name}\n")
    } else {
        format!("printf '%s' \"$input\" | \"$scrubjay\" hook run {name} -- \"$@\"\n")
    });
    text
}
