//! How long the pattern of a rule has run in one text. One that takes far too long is given up there, and told: a pattern that a user
//! wrote may be tried thousands of times on thousands of bytes each, and no scan should hang for it.
//!
//! The clock is looked at after each 64 KiB that patterns were given, which costs next to nothing; only in a text that
//! has taken a second already every run is timed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Bytes given to patterns between two looks at the clock.
const STEP: usize = 64 << 10;
/// How long a text takes before each run is timed.
const SLOW: Duration = Duration::from_secs(1);
/// How long a rule may run in any text.
const MOST: Duration = Duration::from_secs(10);
/// And more for each MiB of it.
const PER_MIB: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Effort {
    /// Since when patterns run in the text.
    since: Option<Instant>,
    is_timed: bool,
    /// MiB of the text.
    size: u32,
    /// By rule.
    spent: HashMap<u16, Duration>,
    given_up: Vec<u16>,
    /// Bytes given to patterns.
    bytes: u64,
}

thread_local! {
    /// Bytes until the next look; nothing where each run is timed.
    static LEFT: Cell<usize> = const { Cell::new(STEP) };
    static EFFORT: RefCell<Effort> = RefCell::default();
    #[cfg(test)]
    static LIMIT: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// What matching a text took.
#[derive(Debug, Default)]
pub struct Taken {
    /// Indices of the rules that were given up in it.
    pub given_up: Vec<u16>,
    /// Bytes given to patterns, in steps of 64 KiB.
    pub bytes: u64,
}

/// Matches one text; what is matched within it, for the reader that it comes from, is a text of its own.
pub fn of_text<T>(run: impl FnOnce() -> T) -> (T, Taken) {
    let outer = (LEFT.replace(STEP), EFFORT.take());
    let result = run();
    LEFT.set(outer.0);
    let Effort { given_up, bytes, .. } = EFFORT.replace(outer.1);
    (result, Taken { given_up, bytes })
}

/// Says that so many bytes of the text are to be matched.
pub fn expect(bytes: usize) {
    if bytes >= 1 << 20 {
        EFFORT.with_borrow_mut(|effort| effort.size += (bytes >> 20) as u32);
    }
}

/// Runs a rule's pattern on so many bytes; `None` where it was given up.
#[inline]
pub(super) fn charged<T>(rule: u16, bytes: usize, run: impl FnOnce() -> T) -> Option<T> {
    let left = LEFT.get();
    if bytes < left {
        LEFT.set(left - bytes);
        return Some(run());
    }
    slowly(rule, bytes, run)
}

#[cold]
#[inline(never)]
fn slowly<T>(rule: u16, bytes: usize, run: impl FnOnce() -> T) -> Option<T> {
    let now = Instant::now();
    let may_run = EFFORT.with_borrow_mut(|effort| {
        effort.bytes += (bytes as u64).max(if effort.is_timed { 0 } else { STEP as u64 });
        let since = *effort.since.get_or_insert(now);
        effort.is_timed |= now.duration_since(since) > slow();
        LEFT.set(if effort.is_timed { 0 } else { STEP });
        !effort.given_up.contains(&rule)
    });
    if !may_run {
        return None;
    }
    let result = run();
    EFFORT.with_borrow_mut(|effort| {
        let spent = effort.spent.entry(rule).or_default();
        *spent += now.elapsed();
        if effort.is_timed && *spent > most() + PER_MIB * effort.size {
            effort.given_up.push(rule);
        }
    });
    Some(result)
}

#[cfg(not(test))]
fn slow() -> Duration {
    SLOW
}

#[cfg(not(test))]
fn most() -> Duration {
    MOST
}

#[cfg(test)]
fn slow() -> Duration {
    LIMIT.get().unwrap_or(SLOW)
}

#[cfg(test)]
fn most() -> Duration {
    LIMIT.get().unwrap_or(MOST)
}

/// Has rules given up after this time, on this thread, until what is returned is dropped.
#[cfg(test)]
pub fn limited(limit: Duration) -> impl Drop {
    LIMIT.set(Some(limit));
    struct Unlimited;
    impl Drop for Unlimited {
        fn drop(&mut self) {
            LIMIT.set(None);
        }
    }
    Unlimited
}
