//! Where a result lies, in SARIF's terms: a file of the checkout where there is one, else a stable file name that stands
//! for it and a logical location.

use serde::Serialize;

use super::checkout::{encode, encode_all, is_file_of_checkout, is_there_now, paths_of_checkout, relative};
use super::names::Names;
use crate::finding::Place;
use crate::origin::{ObjectKind, Step, printable};

/// What a column is in all regions: what code-scanning services take it for where a file says nothing.
pub(super) const COLUMN_KIND: &str = "utf16CodeUnits";

/// Folder of the file names that stand for what is in no checkout.
const ANCHORS: &str = ".scrubjay";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[LogicalLocation; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    #[serde(flatten)]
    rest: Option<RestOfRegion>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RestOfRegion {
    start_column: u64,
    end_line: u64,
    end_column: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

/// A place as SARIF has it.
pub(super) struct Whereabouts {
    pub location: Location,
    /// Whether it is a file of the checkout, with its own lines.
    pub is_in_checkout: bool,
    uri: String,
    /// For a message: path or logical name, with the line.
    pub name: String,
    /// What stays the same when lines, commits and digests change.
    pub identity: String,
}

impl Whereabouts {
    pub(super) fn new(place: &Place, names: &Names) -> Self {
        let steps = place.origin.steps();
        let path = names.bytes(&place.path);
        let line = place.location.line;
        if is_file_of_checkout(place, &steps) {
            let uri = encode(&relative(&path, steps[0]));
            let name = format!("{}:{line}", printable(&path));
            let location = physical(uri.clone(), region(place));
            return Whereabouts { location, is_in_checkout: true, uri: uri.clone(), name, identity: uri };
        }
        let anchor = anchor(place, &steps, names);
        let (qualified, kind) = qualified_name(place, &steps, names);
        let identity = format!("{anchor}\0{}", encode(&path));
        let mut location = physical(anchor.clone(), Region { start_line: 1, rest: None });
        let name = format!("{qualified}:{line}");
        location.logical_locations = Some([LogicalLocation { fully_qualified_name: name.clone(), kind }]);
        Whereabouts { location, is_in_checkout: false, uri: anchor, name, identity }
    }

    /// The path that the URI stands for, as it may be printed.
    pub(super) fn path(&self) -> String {
        printable(&decode(&self.uri))
    }
}

fn physical(uri: String, region: Region) -> Location {
    let artifact_location = ArtifactLocation { uri, uri_base_id: "%SRCROOT%" };
    Location { physical_location: PhysicalLocation { artifact_location, region }, logical_locations: None }
}

/// Columns are counted as [`COLUMN_KIND`] says.
fn region(place: &Place) -> Region {
    let at = place.location;
    let (start_column, end_column) = at.utf16_columns();
    let rest = RestOfRegion { start_column, end_line: at.end_line, end_column };
    Region { start_line: at.line, rest: Some(rest) }
}

/// A relative URI that stays the same from scan to scan: the archive for its members; else a name that says which kind of
/// place it is, and the path there.
fn anchor(place: &Place, steps: &[&Step], names: &Names) -> String {
    let path = names.bytes(&place.path);
    let outer = match memchr::memmem::find(&path, b"!/") {
        Some(end) if steps.iter().any(|step| matches!(step, Step::Member { .. })) => &path[..end],
        _ => &path[..],
    };
    let is_live_archive = is_there_now(place.state)
        && paths_of_checkout(steps)
        && matches!(steps.last(), Some(Step::Member { .. } | Step::Path { .. } | Step::Rendered { .. }))
        && !outer.is_empty();
    if is_live_archive {
        return encode(&relative(outer, steps[0]));
    }
    let mut anchor = ANCHORS.to_owned();
    let mut kind = "content";
    for step in steps {
        match step {
            Step::Repository { .. } => kind = "history",
            Step::Image { reference, .. } => {
                anchor.push_str("/image/");
                anchor.push_str(&encode_name(names.text(reference).as_bytes()));
                kind = "config";
            }
            Step::Layer { .. } => kind = "layers",
            Step::Stdin => kind = "stdin",
            Step::Object { kind: ObjectKind::Commit, .. } => kind = "commits",
            Step::Object { kind: ObjectKind::Tag, .. } => kind = "tags",
            Step::Object { kind: ObjectKind::Tree, .. } => kind = "trees",
            Step::Text { .. } | Step::Ref { .. } => kind = "names",
            _ => {}
        }
    }
    anchor.push('/');
    anchor.push_str(kind);
    if !outer.is_empty() {
        anchor.push('/');
        anchor.push_str(&encode(outer));
    }
    anchor
}

/// The steps of the origin by name, the innermost last, and what kind of thing that is.
fn qualified_name(place: &Place, steps: &[&Step], names: &Names) -> (String, &'static str) {
    let text = |text: &str| printable(names.text(text).as_bytes());
    let mut parts: Vec<String> = Vec::new();
    let mut kind = "file";
    for step in steps {
        match step {
            Step::Image { reference, .. } => parts.push(format!("image {}", text(reference))),
            Step::Platform { name } => parts.push(text(name)),
            Step::Config { digest } => parts.push(format!("config {}", text(digest))),
            Step::Layer { digest, index, .. } => parts.push(format!("layer {index} {}", text(digest))),
            Step::Chart { name, .. } => parts.push(format!("chart {}", text(name))),
            Step::Object { id, kind: object_kind } => parts.push(format!("{} {id}", object_kind.name())),
            Step::Lfs { oid } => parts.push(format!("LFS object {oid}")),
            Step::Ref { name } => parts.push(printable(&names.bytes(name))),
            Step::Text { kind } => parts.push(kind.name().to_owned()),
            Step::Rendered { template, values } => {
                let [template, values] = [template, values].map(|path| printable(&names.bytes(path)));
                parts.push(format!("rendered by {template} with {values}"));
            }
            Step::Stdin => parts.push("standard input".to_owned()),
            Step::Member { .. } => kind = "member",
            Step::Directory { .. }
            | Step::Repository { .. }
            | Step::Submodule { .. }
            | Step::Path { .. }
            | Step::Entry { .. } => {}
        }
    }
    if !place.path.is_empty() {
        parts.push(printable(&names.bytes(&place.path)));
    }
    (parts.join(" > "), kind)
}

/// A name as one segment of a URI's path.
fn encode_name(name: &[u8]) -> String {
    encode_all(name, |_| false)
}

/// The bytes that [`encode`] was given.
fn decode(uri: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}
