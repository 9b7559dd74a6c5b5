//! What happens while a scan runs: the bar on a terminal, and when to stop.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::{Failure, code};
use crate::scan;

/// A flag that SIGINT sets, and what else asks a program to end.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes over SIGINT, SIGTERM and SIGHUP: the first asks the scan to stop, the second ends the program at once.
    ///
    /// # Errors
    /// When the system refuses the handler.
    pub fn listen() -> Result<Self, Failure> {
        use signal_hook::flag::{register, register_conditional_shutdown};
        let interrupt = Interrupt::default();
        let exit = i32::from(code::INTERRUPTED);
        for (signal, name) in signals() {
            // In this order: at the second signal the flag is set before it is looked at.
            let taken = register_conditional_shutdown(signal, exit, interrupt.0.clone())
                .and_then(|_| register(signal, interrupt.0.clone()));
            let taken = match signal {
                signal_hook::consts::SIGINT => taken,
                signal => taken.and_then(|_| register_conditional_shutdown(signal, exit, WAITS.clone())),
            };
            taken.map_err(|cause| Failure::new(format!("{name} handler"), cause))?;
        }
        Ok(interrupt)
    }

    /// Says that all there is left to do is to wait for another program: SIGTERM and SIGHUP end this one at once. Of SIGINT both
    /// hear, where it comes from the terminal.
    pub fn waits_for_another() {
        WAITS.store(true, Ordering::Relaxed);
    }

    /// Whether one of them came.
    pub fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Whether nothing is under way that would have to be ended.
static WAITS: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The signals that are taken over, and their names.
fn signals() -> Vec<(i32, &'static str)> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = vec![(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")];
    #[cfg(target_os = "linux")]
    if !ignores(signal_hook::consts::SIGHUP) {
        signals.push((signal_hook::consts::SIGHUP, "SIGHUP"));
    }
    signals
}

/// Whether whoever started this program said that it does not hear of a signal, as `nohup` does. Elsewhere than on Linux that
/// cannot be told without `unsafe`, and SIGHUP does what it does to any program.
#[cfg(target_os = "linux")]
fn ignores(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}

/// Says when to stop: at the user's wish, or when the time is over. Time is counted from when it is made.
#[derive(Debug, Clone)]
pub struct Stop {
    interrupt: Interrupt,
    deadline: Option<Instant>,
}

impl Stop {
    /// Stops after `timeout` at the latest, if one is given.
    pub fn new(interrupt: Interrupt, timeout: Option<Duration>) -> Self {
        Stop { interrupt, deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)) }
    }

    /// Whether the user wants it to.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.came()
    }

    /// Whether the time is over.
    pub fn is_out_of_time(&self) -> bool {
        !self.is_interrupted() && self.now()
    }

    /// Whether to stop.
    pub fn now(&self) -> bool {
        self.is_interrupted() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Progress of one scan.
#[derive(Debug)]
pub struct Watch {
    stop: Stop,
    bar: Option<Bar>,
}

impl Watch {
    /// A watch that stops the scan. The bar is drawn on standard error, if that is a terminal and `bar` is set.
    pub fn start(stop: Stop, bar: bool) -> Self {
        Watch { stop, bar: (bar && io::stderr().is_terminal()).then(Bar::new) }
    }

    /// Takes the bar away, so that nothing is printed into it.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.drawn.finish_and_clear();
        }
    }
}

impl scan::Progress for Watch {
    fn expect(&self, objects: u64, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.expected.add(objects, bytes);
        }
    }

    fn done(&self, objects: u64, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.done.add(objects, bytes);
            // Messages cost an allocation: not for each of a million objects.
            if bar.done.objects() % REDRAWN_EVERY < objects || bytes > LARGE {
                bar.redraw();
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.now()
    }
}

/// The message is made anew after this many objects, and after each of more than [`LARGE`] bytes.
const REDRAWN_EVERY: u64 = 64;
const LARGE: u64 = 1 << 20;
/// The length of the bar: thousandths of what is to be done.
const WHOLE: u64 = 1_000;

#[derive(Debug, Default)]
struct Work {
    objects: AtomicU64,
    bytes: AtomicU64,
}

impl Work {
    fn add(&self, objects: u64, bytes: u64) {
        self.objects.fetch_add(objects, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn objects(&self) -> u64 {
        self.objects.load(Ordering::Relaxed)
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct Bar {
    drawn: ProgressBar,
    expected: Work,
    done: Work,
}

impl Bar {
    fn new() -> Self {
        let drawn = ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::stderr_with_hz(8));
        let style = ProgressStyle::with_template("{bar:20} {msg}{eta} left").expect("the template is a constant");
        drawn.set_style(style);
        drawn.enable_steady_tick(Duration::from_millis(250));
        Bar { drawn, expected: Work::default(), done: Work::default() }
    }

    fn redraw(&self) {
        let (objects, bytes) = (self.done.objects(), self.done.bytes());
        let expected = self.expected.objects().max(objects);
        let seconds = self.drawn.elapsed().as_secs_f64().max(0.001);
        let rate = (bytes as f64 / seconds) as u64;
        self.drawn.set_position(thousandths(&self.done, &self.expected));
        self.drawn.set_message(format!(
            "{objects}/{expected} objects, {} at {}/s, ",
            HumanBytes(bytes),
            HumanBytes(rate)
        ));
    }
}

/// How much is done: by bytes where sources know how many will come, else by objects.
fn thousandths(done: &Work, expected: &Work) -> u64 {
    let (done, expected) = match expected.bytes() {
        0 => (done.objects(), expected.objects()),
        bytes => (done.bytes(), bytes),
    };
    let part = u128::from(done) * u128::from(WHOLE) / u128::from(expected.max(1));
    u64::try_from(part).unwrap_or(WHOLE).min(WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Progress as _;

    #[test]
    fn time_runs_out() {
        let watch = |timeout| Watch::start(Stop::new(Interrupt::default(), timeout), false);
        assert!(watch(Some(Duration::ZERO)).stopped());
        assert!(!watch(Some(Duration::from_secs(3_600))).stopped());
        assert!(!watch(None).stopped());
    }

    #[test]
    fn an_interrupt_stops_every_clone() {
        let interrupt = Interrupt::default();
        let watch = Watch::start(Stop::new(interrupt.clone(), None), false);
        interrupt.0.store(true, Ordering::Relaxed);
        assert!(watch.stopped());
    }

    #[test]
    fn work_is_measured_in_what_is_known() {
        let work = |objects, bytes| {
            let work = Work::default();
            work.add(objects, bytes);
            work
        };
        assert_eq!(thousandths(&work(0, 0), &work(0, 0)), 0);
        assert_eq!(thousandths(&work(5, 999), &work(10, 0)), 500);
        assert_eq!(thousandths(&work(5, 250), &work(10, 1_000)), 250);
        assert_eq!(thousandths(&work(50, u64::MAX), &work(10, 1)), WHOLE, "more came than was told");
    }
}
