//! Attestations in their envelopes: what is signed stands in base64 in a JSON document (DSSE), which may itself be part of a
//! larger one, as in a Sigstore bundle.

use serde_json::Value;

use crate::decode;

/// Depth of a document that is looked at.
const DEPTH: u32 = 16;

/// The payloads that a JSON document has in envelopes; none where it is no such document. Blanks take their place, so that what
/// they say is not read again there.
pub(super) fn take_payloads(document: &mut [u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    // Cheaper than to read each list of components as a tree.
    if memchr::memmem::find(document, b"\"payloadType\"").is_some()
        && let Ok(value) = serde_json::from_slice::<Value>(document)
    {
        collect(&value, DEPTH, &mut payloads);
    }
    for (encoded, _) in &payloads {
        // One that is written with escapes stays.
        let places: Vec<usize> = memchr::memmem::find_iter(document, encoded.as_bytes()).collect();
        places.into_iter().for_each(|place| document[place..place + encoded.len()].fill(b' '));
    }
    payloads.into_iter().map(|(_, payload)| payload).collect()
}

/// Payloads as they stand and as they are.
fn collect(value: &Value, depth: u32, payloads: &mut Vec<(String, Vec<u8>)>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            if let (Some(_), Some(payload)) = (text("payloadType"), text("payload"))
                && let Some(content) = decode::base64(payload.as_bytes())
            {
                payloads.push((payload.to_owned(), content));
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
        let take = |document: &str| {
            let mut document = document.as_bytes().to_vec();
            (take_payloads(&mut document), String::from_utf8(document).unwrap())
        };
        let left = envelope.replace("eyJhIjoxfQ==", "            ");
        assert_eq!(take(envelope), (vec![b"{\"a\":1}".to_vec()], left));
        assert_eq!(take(&format!(r#"{{"mediaType":"x","dsseEnvelope":{envelope}}}"#)).0.len(), 1);
        for other in [r#"{"payload":"eyJhIjoxfQ=="}"#, r#"{"payloadType":"x","payload":"%"}"#, "\"payloadType\" {"] {
            assert_eq!(take(other), (vec![], other.to_owned()));
        }
    }
}
