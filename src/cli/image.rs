//! `image`: one image, its verdict, and a command that runs only when it is clean.

use std::cell::{Cell, RefCell};
use std::process::Command;
use std::sync::Arc;

use clap::ColorChoice;

use super::args::ImageArgs;
use super::failure::{Failure, code};
use super::folders;
use super::output;
use super::progress::{Interrupt, Stop};
use super::scan::Asked;
use super::trust::Scope;
use crate::finding::Fate;
use crate::origin::{Origin, printable};
use crate::report::{Report, ScannedImage};
use crate::source::image::{self, DockerFlags, Image, Nearest};
use crate::source::memory::Memory;
use crate::source::{Source, SourceError};

/// An image that is asked again after it was read.
struct Shared(Arc<Image>);

impl Source for Shared {
    fn read(&self, sink: &dyn crate::blob::Sink) -> Result<(), SourceError> {
        self.0.read(sink)
    }

    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        self.0.fates(wanted)
    }

    fn memory(&self) -> Option<&dyn Memory> {
        self.0.memory()
    }
}

/// What is read, which may be known only after the daemon was asked.
#[derive(Default)]
struct Chosen {
    name: String,
    /// Where it is read from, where the name alone does not say it.
    read_from: Option<String>,
    note: Option<String>,
}

impl Chosen {
    /// What Docker's plugin reads by a name.
    fn nearest(name: &str, docker: &DockerFlags, stop: &Stop) -> Result<Self, SourceError> {
        Ok(match Nearest::of(name, docker, &|| stop.now())? {
            Nearest::AsNamed => Chosen { name: name.to_owned(), read_from: None, note: None },
            Nearest::Daemon { called } => {
                Chosen { name: format!("docker:{name}"), read_from: Some(called), note: None }
            }
            Nearest::Registry { host, note } => {
                Chosen { name: name.to_owned(), read_from: Some(format!("the registry {host}")), note }
            }
        })
    }
}

/// Scans an image. As Docker's plugin, with the flags that Docker was given, it looks for a name at the daemon before it asks a
/// registry.
pub fn image(args: ImageArgs, color: ColorChoice, plugin: Option<DockerFlags>) -> Result<u8, Failure> {
    if !args.then.is_empty() && image::is_read_once(&args.image) {
        return Err(Failure::new("--then", "standard input or a pipe cannot be looked up again")
            .or_try("name the image: docker:NAME, a reference or a path"));
    }
    let cache = args.incremental.then(|| folders::layer_cache(args.cache.as_deref(), "--incremental")).transpose()?;
    let fault = |cause: SourceError| Failure::new(format!("image: {}", cause.target), cause.message);
    let opened: Cell<Option<Arc<Image>>> = Cell::new(None);
    let chosen: RefCell<Chosen> = RefCell::new(Chosen { name: args.image.clone(), read_from: None, note: None });
    let is_clean = Cell::new(false);
    let asked = Asked { kind: "image", command: "image", flags: &args.common, color, publish: None };
    let exit = asked.run_and(
        Scope::Elsewhere,
        |reading| {
            if let Some(docker) = &plugin {
                *chosen.borrow_mut() = Chosen::nearest(&args.image, docker, reading.stop).map_err(fault)?;
            }
            let name = chosen.borrow().name.clone();
            let transport = image::Transport::from(&args.transport);
            let options = image::Options {
                threads: reading.threads,
                platforms: args.platform.clone(),
                transport: image::Transport { docker: plugin.clone().unwrap_or_default(), ..transport },
                base: args.base.clone(),
            };
            let image = Image::new(&name, options).map_err(fault)?;
            let image = Arc::new(match &cache {
                Some(cache) => image.with_memory(Arc::clone(cache)),
                None => image,
            });
            opened.set(Some(Arc::clone(&image)));
            Ok(vec![reading.filtered(name.clone(), Shared(image))?])
        },
        |report| {
            let image = opened.take();
            if let Some(image) = &image {
                let about = image.about();
                let Chosen { name, read_from, note } = chosen.take();
                report.notes.extend(note.into_iter().chain(about.notes));
                report.image = Some(ScannedImage { name, digests: about.digests, is_chart: about.is_chart, read_from });
            }
            is_clean.set(is_fit(report, args.common.counts.exit.allow_incomplete));
            opened.set(image);
        },
    )?;
    match args.then.split_first() {
        Some((program, arguments)) if is_clean.get() => {
            let image = opened.take().ok_or_else(|| Failure::new("--then", "no image was read"))?;
            // Whoever pushes an index pushes what is in it.
            let left_out = image.about().left_out;
            if !left_out.is_empty() {
                let left_out: Vec<String> = left_out.iter().map(|name| printable(name.as_bytes())).collect();
                return Err(Failure::new("--then", format!("not run: --platform left out {}", left_out.join(", ")))
                    .or_try("read all platforms, or name the image by the digest of the one that is pushed"));
            }
            if !image.is_unchanged(&|| false).map_err(fault)? {
                return Err(Failure::new(
                    "--then",
                    "not run: the name leads to another image than the one that was read",
                )
                .or_try("scan again, or name the image by its digest"));
            }
            run(Command::new(program).args(arguments))
        }
        Some(_) => {
            output::complain("scrubjay: --then: not run, since the image is not clean");
            Ok(exit)
        }
        None => Ok(exit),
    }
}

/// Whether nothing fails the run and nothing was lost.
fn is_fit(report: &Report, allow_incomplete: bool) -> bool {
    report.failing() == 0 && (allow_incomplete || !report.is_incomplete())
}

/// Runs a command to its end; its exit code.
fn run(command: &mut Command) -> Result<u8, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    Interrupt::waits_for_another();
    let status =
        command.status().map_err(|cause| Failure::new(format!("--then: {program}: cannot be started"), cause))?;
    if status.success() {
        return Ok(code::CLEAN);
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    #[cfg(unix)]
    let code = code.or_else(|| {
        let signal = std::os::unix::process::ExitStatusExt::signal(&status)?;
        u8::try_from(128 + signal).ok()
    });
    Ok(code.unwrap_or(code::ERROR))
}
