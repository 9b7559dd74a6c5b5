//! What stands between a chart and whoever takes its items: names of charts are put before its files, packages are opened.

use std::collections::HashMap;

use super::{Chart, Charts};
use crate::blob::{Blob, Content, Item, Reason, Sink, Skip};
use crate::origin::{Origin, Step};
use crate::source::directory::NOT_RENDERED_WITH;

const LEADS_OUT: &str =
    "helm packs what this link leads to; it lies outside of the chart and was not read: scan it, too";

/// Takes what is rendered of a package.
pub(super) struct Placing<'a> {
    pub charts: &'a Charts<'a>,
    pub sink: &'a dyn Sink,
}

impl Sink for Placing<'_> {
    fn put(&self, item: Item<'_>) {
        self.charts.put(item, self.sink);
    }

    fn leaves_out(&self, origin: &Origin) -> bool {
        self.sink.leaves_out(origin)
    }

    fn stopped(&self) -> bool {
        self.sink.stopped()
    }
}

/// Takes what the directory pushes: names its charts, and opens packaged ones.
pub(super) struct FolderSink<'a> {
    pub chart: &'a Chart,
    pub charts: &'a Charts<'a>,
    pub sink: &'a dyn Sink,
}

impl Sink for FolderSink<'_> {
    fn put(&self, item: Item<'_>) {
        let (origin, bytes) = match item {
            Item::Blob(Blob { origin, content: Content::Bytes(bytes) }) => (origin, bytes),
            Item::Blob(Blob { content: Content::Rendered(_), .. }) => return self.charts.put(item, self.sink),
            Item::Blob(blob) if self.chart.open_all => return self.chart.walk(blob, self.charts, self.sink),
            Item::Skip(skip) if skip.reason == Reason::LinkNotFollowed && skip.detail != NOT_RENDERED_WITH => {
                // It is a part of the chart: `helm package` and `helm install` follow it.
                let told = Skip::new(skip.origin, Reason::Missing, LEADS_OUT);
                return self.charts.put(Item::Skip(told), self.sink);
            }
            item => return self.charts.put(item, self.sink),
        };
        let is_package = matches!(origin.last(), Step::Path { path } if path.ends_with(b".tgz"));
        if is_package {
            let base = self.charts.base;
            let mut charts = Charts { base, known: HashMap::new(), outer: Some(self.charts) };
            let stopped = || self.sink.stopped();
            charts.collect(Blob::bytes(origin.clone(), bytes), &self.chart.limits, &stopped, None);
            if !charts.known.is_empty() {
                return self.chart.walk(Blob::bytes(origin, bytes), &charts, self.sink);
            }
        }
        let blob = Blob::bytes(origin, bytes);
        if self.chart.open_all {
            self.chart.walk(blob, self.charts, self.sink);
        } else {
            self.charts.put(Item::Blob(blob), self.sink);
        }
    }

    fn leaves_out(&self, origin: &Origin) -> bool {
        self.sink.leaves_out(origin)
    }

    fn stopped(&self) -> bool {
        self.sink.stopped()
    }
}
