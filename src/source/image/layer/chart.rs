//! A layer that is a packaged Helm chart: its files are kept as they pass, to be rendered at the end.

use crate::blob::{Blob, Sink};
use crate::origin::Origin;
use crate::source::chart::rendering::Files;
use crate::unpack::Limits;

/// How the type of such a layer begins (Helm, "Use OCI-based registries").
const CHART: &str = "application/vnd.cncf.helm.chart.content.";

/// The files of a chart.
pub(super) struct Chart(Files);

impl Chart {
    /// That of a layer, if it is one.
    pub fn of(media_type: &str) -> Option<Self> {
        media_type.starts_with(CHART).then(|| Chart(Files::default()))
    }

    /// Adds a file: `name` is `CHART/values.yaml`, with the name of the chart.
    pub fn add(&mut self, name: &[u8], origin: &Origin, bytes: &[u8], sink: &dyn Sink) {
        let Some(slash) = memchr::memchr(b'/', name) else { return };
        let path = &name[slash + 1..];
        if Files::is_package(path) {
            self.0.add_package(path, Blob::bytes(origin.clone(), bytes), &Limits::default(), sink);
        } else if Files::is_wanted(path) {
            // Bytes are read without an error.
            let _ = self.0.add(path, origin, &mut &*bytes, sink);
        }
    }

    /// Hands over what its templates make of its values.
    pub fn render(self, sink: &dyn Sink) {
        if !sink.stopped() {
            self.0.render("", sink);
        }
    }
}
