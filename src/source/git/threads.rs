//! Work that is shared by some threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `work` with each number below `count` from some threads, in runs of `run`; `start` makes what a thread keeps.
pub(super) fn in_threads<T>(
    count: usize,
    run: usize,
    threads: usize,
    start: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, usize) + Sync,
) {
    let next = AtomicUsize::new(0);
    let one = || {
        let mut kept = start();
        loop {
            let from = next.fetch_add(run, Ordering::Relaxed);
            if from >= count {
                return;
            }
            for number in from..count.min(from + run) {
                work(&mut kept, number);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(count.div_ceil(run)) {
            scope.spawn(one);
        }
        one();
    });
}
