//! Keywords, then a rule in its window.
