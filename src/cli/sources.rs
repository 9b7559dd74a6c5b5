//! Verbs turned into sources: each room gets its own options, built from what was typed.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::settings::Settings;
use crate::source::Source;

/// Sources with the name each goes by in the report.
pub type Named = Vec<(String, Box<dyn Source>)>;

/// How paths are read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// Number of threads.
    pub threads: usize,
}

impl Reading<'_> {
    /// `scan`: each target read as what it is.
    pub fn look(&self, targets: &[PathBuf], ignored: bool) -> Result<Named, Failure> {
        let _ = (targets, ignored);
        Err(unbuilt("scan"))
    }

    /// `dir`.
    pub fn directory(&self, targets: &[PathBuf]) -> Result<Named, Failure> {
        let _ = targets;
        Err(unbuilt("dir"))
    }

    /// `git`.
    pub fn git(&self, repository: &Path) -> Result<Named, Failure> {
        let _ = repository;
        Err(unbuilt("git"))
    }

    /// `chart`.
    pub fn chart(&self, chart: &Path) -> Result<Named, Failure> {
        let _ = chart;
        Err(unbuilt("chart"))
    }

    /// `image`.
    pub fn image(&self, image: &str, platforms: &[String]) -> Result<Named, Failure> {
        let _ = (image, platforms);
        Err(unbuilt("image"))
    }

    /// `stdin`.
    pub fn stdin(&self, name: Option<String>) -> Result<Named, Failure> {
        let _ = name;
        Err(unbuilt("stdin"))
    }
}

fn unbuilt(verb: &str) -> Failure {
    Failure::new(verb, "its source is not wired yet")
}
