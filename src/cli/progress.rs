//! What happens while a scan runs: the bar on a terminal, and when to stop.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::{Failure, code};
use crate::scan;

/// A flag that SIGINT sets.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes over SIGINT: the first asks the scan to stop, the second ends the program at once.
    ///
    /// # Errors
    /// When the system refuses the handler.
    pub fn listen() -> Result<Self, Failure> {
        let interrupt = Interrupt::default();
        let signal = signal_hook::consts::SIGINT;
        // In this order: at the second signal the flag is set before it is looked at.
        signal_hook::flag::register_conditional_shutdown(signal, i32::from(code::INTERRUPTED), interrupt.0.clone())
            .and_then(|_| signal_hook::flag::register(signal, interrupt.0.clone()))
            .map_err(|cause| Failure::new("SIGINT handler", cause))?;
        Ok(interrupt)
    }

    /// Whether SIGINT came.
    pub fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Progress of one scan.
#[derive(Debug)]
pub struct Watch {
    interrupt: Interrupt,
    deadline: Option<Instant>,
    bar: Option<ProgressBar>,
    objects: AtomicU64,
    expected_objects: AtomicU64,
}

impl Watch {
    /// A watch that stops the scan after `timeout`. The bar is drawn on standard error, if that is a terminal and `bar` is set.
    pub fn start(interrupt: Interrupt, timeout: Option<Duration>, bar: bool) -> Self {
        Watch {
            interrupt,
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            bar: (bar && io::stderr().is_terminal()).then(new_bar),
            objects: AtomicU64::new(0),
            expected_objects: AtomicU64::new(0),
        }
    }

    /// Takes the bar away, so that nothing is printed into it.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl scan::Progress for Watch {
    fn expect(&self, objects: u64, bytes: u64) {
        if let Some(bar) = &self.bar {
            self.expected_objects.fetch_add(objects, Ordering::Relaxed);
            bar.inc_length(bytes);
        }
    }

    fn done(&self, objects: u64, bytes: u64) {
        if let Some(bar) = &self.bar {
            let done = self.objects.fetch_add(objects, Ordering::Relaxed) + objects;
            bar.inc(bytes);
            // Messages cost an allocation: not for each of a million objects.
            if done % 64 < objects {
                let expected = self.expected_objects.load(Ordering::Relaxed).max(done);
                bar.set_message(format!("{done}/{expected}"));
            }
        }
    }

    fn stopped(&self) -> bool {
        self.interrupt.came() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(8));
    let style =
        ProgressStyle::with_template("{bar:32} {bytes}/{total_bytes} at {bytes_per_sec}, {msg} objects, {eta} left")
            .expect("the template is a constant");
    bar.set_style(style);
    bar.set_message("0/0");
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Progress as _;

    #[test]
    fn time_runs_out() {
        assert!(Watch::start(Interrupt::default(), Some(Duration::ZERO), false).stopped());
        assert!(!Watch::start(Interrupt::default(), Some(Duration::from_secs(3_600)), false).stopped());
        assert!(!Watch::start(Interrupt::default(), None, false).stopped());
    }

    #[test]
    fn an_interrupt_stops_every_clone() {
        let interrupt = Interrupt::default();
        let watch = Watch::start(interrupt.clone(), None, false);
        interrupt.0.store(true, Ordering::Relaxed);
        assert!(watch.stopped());
    }
}
