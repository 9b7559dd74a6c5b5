//! Attestations in their envelopes: what is signed stands in base64 in a JSON document (DSSE), which may itself be part of a
//! larger one, as in a Sigstore bundle.

use serde_json::Value;

use crate::decode;

/// Depth of a document that is looked at.
const DEPTH: u32 = 16;

/// The payloads that a JSON document has in envelopes; none where it is no such document.
pub(super) fn payloads(document: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    // Cheaper than to read each list of components as a tree.
    if memchr::memmem::find(document, b"\"payloadType\"").is_some()
        && let Ok(value) = serde_json::from_slice::<Value>(document)
    {
        collect(&value, DEPTH, &mut payloads);
    }
    payloads
}

fn collect(value: &Value, depth: u32, payloads: &mut Vec<Vec<u8>>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            if let (Some(_), Some(payload)) = (text("payloadType"), text("payload"))
                && let Some(payload) = decode::base64(payload.as_bytes())
            {
                payloads.push(payload);
            }
            fields.values().for_each(|value| collect(value, depth, payloads));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth, payloads)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_opened_wherever_they_stand() {
        let envelope = r#"{"payloadType":"application/vnd.in-toto+json","payload":"eyJhIjoxfQ==","signatures":[]}"#;
        assert_eq!(payloads(envelope.as_bytes()), [b"{\"a\":1}".to_vec()]);
        let bundle = format!(r#"{{"mediaType":"x","dsseEnvelope":{envelope}}}"#);
        assert_eq!(payloads(bundle.as_bytes()).len(), 1);
        assert!(payloads(br#"{"payload":"eyJhIjoxfQ=="}"#).is_empty());
        assert!(payloads(br#"{"payloadType":"x","payload":"%"}"#).is_empty());
        assert!(payloads(b"\"payloadType\" {").is_empty());
    }
}
