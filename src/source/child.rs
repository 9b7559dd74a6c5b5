//! Programs that are run: in a process group of their own, waited for as long as nobody wants to stop, then killed with all
//! that they started.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// Pause between two looks at whether a program has ended.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(25));

/// Whether a variable is one of this program's own, which may hold a salt or tokens.
pub(super) fn is_own_variable(name: &str) -> bool {
    name.starts_with("SCRUBJAY_")
}

/// Starts a program in a group of its own.
pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command.spawn()
}

/// Waits until it ends; asks again and again whether it is to stop. `None` when it was killed because it was to stop.
pub(super) fn wait(child: &mut Child, stopped: &dyn Fn() -> bool) -> io::Result<Option<ExitStatus>> {
    let mut pause = PAUSES.0;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if stopped() {
            kill(child);
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Kills a child that was not waited for yet, so that its id is still its own, and all of its process group.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    {
        // The standard library cannot signal a group; every system with git has a shell that can.
        let group = child.id().to_string();
        let _ = Command::new("sh")
            .args(["-c", "kill -s KILL -- \"-$1\"", "sh", &group])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
    // Of no use if it is dead already, and that is fine.
    let _ = child.kill();
    let _ = child.wait();
}
