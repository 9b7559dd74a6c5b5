//! scrubjay finds hard-coded credentials in git history, Helm charts, OCI images, directories and streams.
//!
//! A byte enters at a [`source`], is unpacked ([`unpack`]), passes one matcher ([`matcher`]) and one judge ([`score`],
//! [`detect`]), and leaves as a line of a [`report`]. [`scan`] is the pipeline; `ARCHITECTURE.md` is the map.

pub mod allow;
pub mod blob;
pub mod cache;
pub mod candidate;
pub mod check;
pub mod cli;
pub mod date;
pub mod decode;
pub mod detect;
pub mod finding;
pub mod matcher;
pub mod origin;
pub mod owners;
pub mod report;
pub mod scan;
pub mod score;
pub mod secret;
pub mod signature;
pub mod source;
pub mod sweep;
pub mod unpack;
