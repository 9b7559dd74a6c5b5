//! What is no tar: attestations, charts and other artifacts, and layers in a form that nobody knows.

use std::io::{self, Read};

use super::super::compression::Compression;
use super::super::envelope;
use super::{DiffId, Layer};
use crate::blob::{Blob, Item, Reason, Sink, Skip};
use crate::origin::{Step, TextKind};
use crate::unpack::{Beside, is_closed};

/// Largest JSON document that is looked at as a whole: an attestation, a list of components.
const WHOLE_DOCUMENT: u64 = 32 << 20;

/// Hands over what is no tar; of an attestation also what it says.
pub(super) fn put(content: &mut dyn Read, is_json: bool, layer: &Layer<'_>, sink: &dyn Sink) -> io::Result<()> {
    if !is_json {
        sink.put(Item::Blob(Blob::stream(layer.origin.clone(), content)));
        return Ok(());
    }
    let mut document = Vec::new();
    let outcome = content.take(WHOLE_DOCUMENT).read_to_end(&mut document);
    if outcome.is_ok() && document.len() as u64 == WHOLE_DOCUMENT {
        sink.put(Item::Blob(Blob::stream(layer.origin.clone(), &mut document.chain(content))));
        return Ok(());
    }
    let payloads = envelope::take_payloads(&mut document);
    sink.put(Item::Blob(Blob::bytes(layer.origin.clone(), &document)));
    let origin = layer.origin.with(Step::Text { kind: TextKind::Attestation });
    for payload in payloads {
        sink.put(Item::Blob(Blob::bytes(origin.clone(), &payload)));
    }
    outcome.map(|_| ())
}

/// Hands over what a compressed stream says beside its content.
pub(super) fn put_beside(beside: Beside, layer: &Layer<'_>, sink: &dyn Sink) {
    for (kind, text) in beside.texts {
        sink.put(Item::Blob(Blob::bytes(layer.origin.with(Step::Text { kind }), &text)));
    }
    if beside.is_cut {
        let detail = "what stands beside its compressed content, of which 16 MiB are kept";
        sink.put(Item::Skip(Skip::new(layer.origin.clone(), Reason::TooMuchMemory, detail)));
    }
}

/// Whether what is no tar, and begins so, is in no known form: neither text nor what is opened or told below the layer, such
/// as a zip, or what was compressed twice.
pub(super) fn is_unknown(head: &[u8]) -> bool {
    let is_text = match std::str::from_utf8(head) {
        Ok(text) => !text.contains('\0'),
        // Cut within a letter.
        Err(error) => error.error_len().is_none() && !head.contains(&0),
    };
    !is_text && !is_known(head)
}

fn is_known(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || Compression::of(head).is_some() || is_closed(head)
}

/// What is wrong with what is no tar, and begins so: its type says that it is one, or it is a layer of an image in no known form.
pub(super) fn fault(head: &[u8], layer: &Layer<'_>) -> Option<Skip> {
    let is_of_image = matches!(layer.diff_id, DiffId::Must(_)) && !head.starts_with(b"\0asm");
    let is_odd = layer.media_type.contains("tar") && !is_known(head) || is_of_image && is_unknown(head);
    is_odd.then(|| {
        let detail =
            format!("neither tar nor a known compression, though its type is {}", shown_type(layer.media_type));
        Skip::new(layer.origin.clone(), Reason::UnknownCodec, detail)
    })
}

/// A media type comes from the manifest: shown as far as it looks like one.
fn shown_type(media_type: &str) -> &str {
    let end = media_type.find(|c: char| !c.is_ascii_alphanumeric() && !"/.+-_".contains(c)).unwrap_or(media_type.len());
    &media_type[..end.min(100)]
}
