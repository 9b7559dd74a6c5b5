//! Work on many signatures, by all cores: it is most of the time that the program takes to start.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Most threads: each costs some tens of microseconds to start, and all the work is some milliseconds.
const MOST: usize = 4;

/// What `work` makes of each item and its place, in order.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else { return done };
            done.push((place, work(place, item)));
        }
    };
    let others = thread::available_parallelism().map_or(1, usize::from).min(MOST).min(items.len()).saturating_sub(1);
    let mut all = thread::scope(|scope| {
        // Where no thread can be had, this one does the work.
        let started: Vec<_> =
            (0..others).filter_map(|_| thread::Builder::new().spawn_scoped(scope, some).ok()).collect();
        let mut all = some();
        for thread in started {
            match thread.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_are_in_order() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(super::map(&items, |place, item| place + item), (0..1000).map(|item| 2 * item).collect::<Vec<_>>());
        assert_eq!(super::map(&[0; 0], |_, _| ()), []);
    }
}
