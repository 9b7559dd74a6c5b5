//! The time that one target of a sweep has. While it waits for what another target reads, its own time stands still.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A year is as good as no limit, and can be added to any time.
const FOR_EVER: Duration = Duration::from_secs(365 * 86_400);

/// The time of one target.
pub(super) struct Clock {
    /// When all must end.
    end_of_all: Option<Instant>,
    own: Mutex<Own>,
}

struct Own {
    until: Instant,
    /// Threads that wait now, and since when one does.
    waiting: usize,
    since: Instant,
    /// How long it may still wait without counting that: whoever is waited for may never end.
    patience: Duration,
}

impl Own {
    /// Time of the present waiting that does not count.
    fn pause(&self, now: Instant) -> Duration {
        if self.waiting == 0 { Duration::ZERO } else { now.saturating_duration_since(self.since).min(self.patience) }
    }
}

impl Clock {
    /// For a target that begins now and has `time`; it may wait for others as long as `patience`.
    pub fn new(time: Duration, patience: Duration, end_of_all: Option<Instant>) -> Self {
        let now = Instant::now();
        let (until, patience) = (now + time.min(FOR_EVER), patience.min(FOR_EVER));
        Clock { end_of_all, own: Mutex::new(Own { until, waiting: 0, since: now, patience }) }
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When it must end, as far as is known now.
    pub fn until(&self) -> Instant {
        let own = self.own();
        let until = own.until + own.pause(Instant::now());
        self.end_of_all.map_or(until, |end| end.min(until))
    }

    /// Whether its time is over.
    pub fn is_over(&self) -> bool {
        self.until() <= Instant::now()
    }

    /// Waits without counting that. `wait` must return once what it is given says so.
    pub fn wait(&self, wait: &mut dyn FnMut(&dyn Fn() -> bool)) {
        let mut own = self.own();
        if own.waiting == 0 {
            own.since = Instant::now();
        }
        own.waiting += 1;
        drop(own);
        wait(&|| self.is_over() || self.has_waited_enough());
        let mut own = self.own();
        let pause = own.pause(Instant::now());
        own.waiting -= 1;
        if own.waiting == 0 {
            own.until += pause;
            own.patience -= pause;
        }
    }

    fn has_waited_enough(&self) -> bool {
        let own = self.own();
        own.pause(Instant::now()) >= own.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(40);

    fn sleep_until(done: &dyn Fn() -> bool) {
        while !done() {
            std::thread::sleep(MOMENT / 20);
        }
    }

    #[test]
    fn waiting_does_not_count() {
        let clock = Clock::new(MOMENT * 2, MOMENT * 50, None);
        clock.wait(&mut |done| {
            std::thread::sleep(MOMENT * 3);
            assert!(!done());
        });
        assert!(!clock.is_over());
        sleep_until(&|| clock.is_over());
    }

    #[test]
    fn whoever_waits_has_patience_and_time_of_all() {
        let clock = Clock::new(MOMENT * 50, MOMENT, None);
        let begun = Instant::now();
        clock.wait(&mut |done| sleep_until(done));
        assert!(!clock.is_over() && begun.elapsed() >= MOMENT);
        // It has none left.
        clock.wait(&mut |done| assert!(done()));
        let clock = Clock::new(MOMENT, MOMENT * 50, Some(Instant::now() + MOMENT * 2));
        clock.wait(&mut |done| sleep_until(done));
        assert!(clock.is_over());
    }

    #[test]
    fn several_threads_wait_at_once() {
        let clock = Clock::new(MOMENT * 2, MOMENT * 50, None);
        std::thread::scope(|scope| {
            for times in 1..=3 {
                let clock = &clock;
                scope.spawn(move || clock.wait(&mut |_| std::thread::sleep(MOMENT * times)));
            }
        });
        assert!(!clock.is_over());
        assert!(clock.until() <= Instant::now() + MOMENT * 2);
    }
}
