//! Faults that tests put into the carrying of candidates, to show that the differential test sees them. Not in the program.

use std::cell::Cell;

/// A fault in the carrying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The margin at the end of a run is one byte too small.
    Margin,
    /// What touches an end of the base is carried to where no end is.
    Edges,
    /// What was judged in another way is carried.
    Kind,
}

thread_local! {
    static PUT_IN: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Puts a fault in for this thread, until what is returned is dropped.
pub fn put_in(fault: Fault) -> impl Drop {
    PUT_IN.set(Some(fault));
    struct Mended;
    impl Drop for Mended {
        fn drop(&mut self) {
            PUT_IN.set(None);
        }
    }
    Mended
}

/// Whether this fault is in.
pub fn is(fault: Fault) -> bool {
    PUT_IN.get() == Some(fault)
}

/// Whether any fault is in.
pub fn any() -> bool {
    PUT_IN.get().is_some()
}
