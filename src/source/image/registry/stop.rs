//! When to give up, also in the middle of a request.

use std::time::Duration;

/// Time between two looks at whether to stop while a server is silent.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// Says when to give up, also in the middle of a request.
pub(in crate::source::image) type Stop<'s> = Box<dyn Fn() -> bool + Send + Sync + 's>;
