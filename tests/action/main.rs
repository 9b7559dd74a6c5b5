//! The GitHub Action, run by act on this machine: for each kind of event the verdict, the annotations, the reports and the
//! outputs. `actions/checkout` is served by act from the folder that it is started in.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/https.rs"]
mod https;
#[path = "../common/release.rs"]
mod release;
#[path = "../common/smart_http.rs"]
mod smart_http;

mod comment;
mod events;
mod hostile;
mod install;
mod job;
mod shallow;
