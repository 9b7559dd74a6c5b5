//! A directory tree or single files.
