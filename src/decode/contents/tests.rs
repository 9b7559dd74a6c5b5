use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

/// "port = 8080\nmode = fast\n"
const ENCODED: &str = "cG9ydCA9IDgwODAKbW9kZSA9IGZhc3QK";
const PLAIN: &str = "port = 8080\nmode = fast\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Holds what is read against where it stands: its first line, and its text.
fn reads(text: &str, expected: &[(usize, &str)]) {
    let found: Vec<(usize, String)> = file_contents(text.as_bytes())
        .into_iter()
        .map(|one| {
            let line = text[..one.place.start].matches('\n').count() + 1;
            (line, String::from_utf8_lossy(&one.content).into_owned())
        })
        .collect();
    let expected: Vec<(usize, String)> = expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn files_that_cloud_init_writes() {
    let zipped = STANDARD.encode(gzip(PLAIN.as_bytes()));
    let (first, second) = zipped.split_at(20);
    let text = format!(
        "#cloud-config\nwrite_files:\n- path: /etc/a\n  encoding: b64\n  content: {ENCODED}\n\n# zipped\n- content: !!binary |\n    \
         {first}\n    {second}\n  encoding: gzip\n- content: |\n    encoding: b64\n  path: /b\n- encoding: \"gz+b64\"\n  \
         content: \"{zipped}\"\nusers:\n- content: {ENCODED}\n  encoding: b64\n",
    );
    reads(&text, &[(5, PLAIN), (9, PLAIN), (16, PLAIN)]);
    reads(&text.replace('\n', "\r\n"), &[(5, PLAIN), (9, PLAIN), (16, PLAIN)]);
    // In a script, below another field, in a template.
    let text = format!(
        "user_data = <<EOT\n  a:\n    write_files:\n      {{% if x %}}\n      - encoding: base64 # as it is\n        content: >-\n          \
         {ENCODED}\n        path: /a\nEOT\n"
    );
    reads(&text, &[(7, PLAIN)]);
    let text = format!(
        "{{\"write_files\": [{{\"path\": \"/a\", \"defer\": true}}, {{\"content\": \"{ENCODED}\", \"x\": {{\"y\": [1]}}, \"encoding\": \"b64\"}}]}}"
    );
    reads(&text, &[(1, PLAIN)]);
    let text = format!("write_files = [{{\n  encoding = \"b64\"\n  content = \"{ENCODED}\"\n}}]\n");
    reads(&text, &[(3, PLAIN)]);
}

#[test]
fn contents_that_ignition_fetches_from_their_own_url() {
    let zipped = STANDARD.encode(gzip(PLAIN.as_bytes()));
    let text = format!(
        "{{\"contents\": {{\n\"source\": \"data:text/plain;charset=utf-8;base64,{ENCODED}\"}},\n\
         \"contents\": {{\"compression\": \"gzip\", \"source\": \"data:;base64,{zipped}\"}},\n\
         \"source\": \"data:,port%20%3D%208080%0Amode%20%3D%20fast%0A\"}}"
    );
    reads(&text, &[(2, PLAIN), (3, PLAIN), (4, PLAIN)]);
    reads(&format!("  source: data:;base64,{ENCODED}\n"), &[(1, PLAIN)]);
    // In a string in a string, and with an escape of URLs.
    reads(&format!("\"{{\\\"source\\\": \\\"data:;base64,{ENCODED}\\\"}}\""), &[(1, PLAIN)]);
    reads("data:;base64,cG9ydCA9IDgwODAKbQ%3D%3D\n", &[(1, "port = 8080\nm")]);
    reads(&format!("<img src='data:image/png;base64,{ENCODED}'>"), &[]);
    reads("metadata:,port%20%3D%208080%0A", &[]);
}

#[test]
fn binary_data_and_binary_scalars() {
    let text = format!(
        "kind: ConfigMap\nbinaryData:\n  a.conf: {ENCODED}\n  \"b.conf\": |\n    cG9ydCA9IDgwODAK\n    bW9kZSA9IGZhc3QK\ndata:\n  c: {ENCODED}\n"
    );
    reads(&text, &[(3, PLAIN), (5, PLAIN)]);
    reads(&format!("{{\"binaryData\": {{\"a\": \"{ENCODED}\"}}, \"data\": {{\"b\": \"{ENCODED}\"}}}}"), &[(1, PLAIN)]);
    reads(&format!("body: !binary |-\n  {ENCODED}\nnext: {ENCODED}\n"), &[(2, PLAIN)]);
    reads(&format!("- !!binary \"{ENCODED}\"\n- !!binary |\n  {ENCODED}\n"), &[(1, PLAIN), (3, PLAIN)]);
    reads(&format!("if !binary {{ {ENCODED} }}"), &[]);
}

#[test]
fn what_contents_hold_stands_behind_them() {
    let inner = format!("source: data:;base64,{ENCODED}\n");
    let text = format!("binaryData:\n  ignition: {}\n", STANDARD.encode(&inner));
    reads(&text, &[(2, &format!("{inner}\n\n{PLAIN}"))]);
    let mut content = inner.clone().into_bytes();
    unfold(&mut content);
    assert_eq!(content, format!("{inner}\n\n{PLAIN}").into_bytes());
}

#[test]
fn what_decodes_to_very_much_is_cut_and_what_is_damaged_is_read_as_far_as_it_goes() {
    let zipped = gzip(&vec![b'x'; 64 << 20]);
    let text = format!("a: !!binary {}\n", STANDARD.encode(&zipped));
    let contents = file_contents(text.as_bytes());
    assert_eq!(contents[0].content.len(), (zipped.len() * crate::decode::RATIO_MOST).min(DECODED_MOST));
    let mut random = 1u32;
    let long: String = std::iter::repeat_with(|| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("{random:08x}\n")
    })
    .take(10_000)
    .collect();
    let zipped = gzip(long.as_bytes());
    let text = format!("a: !!binary {}\n", STANDARD.encode(&zipped[..zipped.len() / 2]));
    let contents = file_contents(text.as_bytes());
    assert!(contents[0].content.len() > 10_000 && long.as_bytes().starts_with(&contents[0].content));
    reads("a: !!binary this: no base64 at all\n", &[]);
}

#[test]
fn many_words_on_a_line_cost_little() {
    for word in [
        "write_files: [{",
        "binaryData: {a: '",
        "- !binary |",
        "a: !binary \"",
        "data:;base64,",
        "data:,%",
        "binary_data={\"a\":",
    ] {
        let text = word.repeat(1_000_000);
        let start = std::time::Instant::now();
        file_contents(text.as_bytes());
        assert!(start.elapsed().as_secs() < 20, "{word}");
    }
}

proptest! {
    #[test]
    fn anything_is_read_without_a_fault(pieces in proptest::collection::vec(prop::sample::select(&[
        "write_files", "binaryData", "!binary", "data:,", "data:", ";base64,", ":", "=", " ", "\n", "\r\n", "  ", "- ", "[", "{", "}", "]",
        ",", "\"", "'", "\\", "|", ">-", "#", "{{", "{%", "%41", "encoding", "content", "b64", "gz+b64", "cG9ydCA9IDgwODAK", "é", "\u{0}",
    ][..]), 0..60)) {
        let text = pieces.concat();
        let mut end = 0;
        for one in file_contents(text.as_bytes()) {
            prop_assert!(one.place.start >= end && one.place.end <= text.len());
            end = one.place.end;
        }
    }
}
