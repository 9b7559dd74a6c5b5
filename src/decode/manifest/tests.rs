use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

/// Key, stored text, content and whether it was decoded.
fn read(text: &str) -> Vec<(&str, &str, String, bool)> {
    secret_values(text.as_bytes())
        .into_iter()
        .map(|one| (&text[one.key], &text[one.value], String::from_utf8(one.content).unwrap(), one.decoded))
        .collect()
}

fn encode(text: &str) -> String {
    STANDARD.encode(text)
}

/// Keys and contents alone.
fn contents(text: &str) -> Vec<(&str, String)> {
    read(text).into_iter().map(|(key, _, content, _)| (key, content)).collect()
}

#[test]
fn every_way_to_write_a_scalar() {
    let long = encode("a rather long value that somebody folded over several lines of the manifest");
    let (first, rest) = long.split_at(40);
    let plain = encode("plain value");
    let text = format!(
        "apiVersion: v1\ndata:\n  plain: {plain}   # noted\n  'single': '{plain}'\n  \"double\": \"{plain}\"\n  \
         folded: >-\n    {first}\n    {rest}\n  literal: |\n    {first}\n    {rest}\n  run: {first}\n    {rest}\n\
         kind: Secret\nstringData:\n  one: it's\n  two: \"a\\tb\"\n  three: |\n    x=1\n    y=2\n"
    );
    let found = read(&text);
    let keys: Vec<&str> = found.iter().map(|one| one.0).collect();
    assert_eq!(keys, ["plain", "single", "double", "folded", "literal", "run", "one", "two", "three"]);
    for (_, stored, content, decoded) in &found[..3] {
        assert_eq!((*stored, content.as_str(), *decoded), (plain.as_str(), "plain value", true));
    }
    for (key, stored, content, _) in &found[3..6] {
        assert_eq!(*stored, format!("{first}\n    {rest}"), "{key}");
        assert_eq!(STANDARD.encode(content), long, "{key}");
    }
    assert_eq!((found[6].1, found[6].2.as_str(), found[6].3), ("it's", "it's", false));
    assert_eq!((found[7].1, found[7].2.as_str()), ("a\\tb", "a\tb"));
    assert_eq!((found[8].1, found[8].2.as_str()), ("x=1\n    y=2", "x=1\ny=2\n"));
}

#[test]
fn documents_lists_and_json() {
    let (a, b) = (encode("first"), encode("second"));
    let yaml = format!(
        "kind: ConfigMap\ndata:\n  a: {a}\n---\nkind: List\nitems:\n- kind: Secret\n  data:\n    a: {a}\n- kind: ConfigMap\n  \
         data:\n    x: {a}\n--- # next\nkind: SecretList\nitems:\n- data:\n    b: {b}\n"
    );
    assert_eq!(contents(&yaml), [("a", "first".to_owned()), ("b", "second".to_owned())]);
    let json = format!("{{\"items\":[{{\"data\":{{\"a\":\"{a}\"}},\"kind\":\"Secret\"}}],\"kind\":\"List\"}}");
    assert_eq!(contents(&json), [("a", "first".to_owned())]);
    let pretty = format!("{{\n  \"data\": {{\n    \"b\": \"{b}\"\n  }},\n  \"kind\": \"Secret\"\n}}\n");
    assert_eq!(contents(&pretty), [("b", "second".to_owned())]);
    // Two objects after one another are no JSON text, yet often stored so.
    assert_eq!(contents(&format!("{pretty}{pretty}")).len(), 2);
}

#[test]
fn what_is_no_secret_or_no_literal_is_left_out() {
    let value = encode("value");
    for text in [
        format!("kind: SealedSecret\ndata:\n  a: {value}\n"),
        format!("kind: ExternalSecret\nspec:\n  data:\n    a: {value}\n"),
        format!("kind: SecretStore\ndata:\n  a: {value}\n"),
        format!("kind: SealedSecret\nspec:\n  template:\n    kind: Secret\n  encryptedData:\n    a: {value}\n"),
        format!("kind: ConfigMap\ndata:\n  a: {value}\nnote: \"kind: Secret\"\n"),
        format!("kind: Secret\nmetadata:\n  data:\n    nested:\n      a: {value}\n"),
        "kind: Secret\ndata:\n  a: ENC[AES256_GCM,data:Tr7o=,iv:x,tag:y,type:str]\n  b:\n  c: \"\"\n  d: no base64!\n"
            .to_owned(),
    ] {
        assert_eq!(contents(&text), [], "{text}");
    }
}

#[test]
fn templates_are_read_around() {
    let value = encode("literal");
    let text = format!(
        "{{{{- if .Values.on }}}}\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {{{{ include \"x\" . }}}}-db\n  labels:\n    \
         {{{{- include \"labels\" . | nindent 4 }}}}\ndata:\n  {{{{- range $k, $v := .Values.all }}}}\n  {{{{ $k }}}}: {{{{ $v | b64enc }}}}\n  \
         {{{{- end }}}}\n  a: {value}\n  b: \"{{{{ .Values.b }}}}\"\n  c: {value}{{{{ .x }}}}\n{{{{/* a comment:\n  over: lines\n*/}}}}\n  d: '{value}'\n{{{{- end }}}}\n"
    );
    assert_eq!(contents(&text), [("a", "literal".to_owned()), ("d", "literal".to_owned())]);
}

#[test]
fn a_broken_document_is_read_by_lines_and_loses_no_other() {
    let (a, b) = (encode("first value"), encode("second value, folded"));
    let (head, tail) = b.split_at(12);
    let text = format!(
        "kind: Secret\ndata:\n  ok: {a}\n---\napiVersion: v1\nkind: Secret\nmetadata: [\n  broken: \"\ndata:\n  # noted\n  a: {a} # noted\n  \
         b: >\n    {head}\n    {tail}\n  c: \"{a}\"\n  d: {head}\n    {tail}\ntype: Opaque\nkind: ConfigMap\ndata:\n  e: {a}\n---\nkind: Secret\nstringData: {{z: last}}\n"
    );
    let found = read(&text);
    let told: Vec<(&str, &str)> = found.iter().map(|one| (one.0, one.2.as_str())).collect();
    let second = "second value, folded";
    assert_eq!(
        told,
        [
            ("ok", "first value"),
            ("a", "first value"),
            ("b", second),
            ("c", "first value"),
            ("d", second),
            ("z", "last")
        ]
    );
    assert_eq!(found[2].1, format!("{head}\n    {tail}"));
}

#[test]
fn manifests_in_scripts_and_documentation() {
    let value = encode("embedded value");
    let text = format!(
        "# How to\n\nUse this: it works.\n```yaml\nkind: Secret\ndata:\n  a: {value}\n```\n\ncat <<EOF | kubectl apply -f -\n\
         apiVersion: v1\nkind: Secret\nstringData:\n  b: plain\nEOF\ndone: x\n"
    );
    assert_eq!(contents(&text), [("a", "embedded value".to_owned()), ("b", "plain".to_owned())]);
    let inner = format!("kind: ConfigMap\ndata:\n  bundle: |\n    kind: Secret\n    data:\n      a: {value}\n");
    assert_eq!(contents(&inner), [("a", "embedded value".to_owned())]);
}

#[test]
fn values_are_bounded() {
    let value = encode("value");
    let mut text = String::from("kind: Secret\ndata:\n");
    for index in 0..VALUES_MOST + 5 {
        text.push_str(&format!("  k{index}: {value}\n"));
    }
    assert_eq!(secret_values(text.as_bytes()).len(), VALUES_MOST);
}

/// A text too large to be parsed is still read, by lines; nothing here takes more than linear time.
#[test]
fn hostile_texts_end_soon() {
    let size = 1 << 20;
    let began = std::time::Instant::now();
    for piece in [
        "[",
        "{",
        "- ",
        "? ",
        "&a ",
        "*a ",
        "\"",
        "'",
        "{{",
        "{{ }}",
        "a: ",
        "|\n",
        "!t ",
        "#\n",
        "\n ",
        "- - -\n",
        "[a: ",
        "{a: [",
        "kind: Secret\n",
        "kind: Secret\n---\n",
        "data:\n",
        "%",
        "\t",
        "a: &a\n",
        "- a: |\n",
    ] {
        let text = format!("kind: Secret\ndata:\n  a: eA==\n{}", piece.repeat(size / piece.len()));
        secret_values(text.as_bytes());
        let flow = format!("{{\"kind\": \"Secret\", \"data\": {}", piece.repeat(size / piece.len()));
        secret_values(flow.as_bytes());
        assert!(began.elapsed().as_secs() < 60, "{piece:?}");
    }
    let large = format!("kind: Secret\ndata:\n  a: {}\n{}", encode("value"), "# filler\n".repeat(PARSED_MOST / 8));
    assert_eq!(contents(&large), [("a", "value".to_owned())]);
}

const SEED: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .x }}\ndata:\n  a: dmFsdWU=\n  b: |\n    dmFs\n    dWU=\n\
                    stringData: {\"c\": \"d\\n\", e: 'é'}\n---\n{\"kind\":\"SecretList\",\"items\":[{\"data\":{\"a\":\"dmFsdWU=\"}}]}\n";

fn holds(text: &[u8]) {
    let mut last = 0;
    for value in secret_values(text) {
        assert!(value.key.end <= text.len() && value.key.start <= value.key.end);
        assert!(last <= value.value.start && value.value.start < value.value.end && value.value.end <= text.len());
        last = value.value.end;
        if value.decoded {
            assert_eq!(super::super::base64(&text[value.value]).map(|bytes| bytes.is_empty()), Some(false));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut text = b"kind: Secret\ndata:\n  ".to_vec();
        text.extend_from_slice(&bytes);
        holds(&text);
    }

    #[test]
    fn changed_manifests_are_read(edits in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..3, prop_oneof![
        any::<u8>(), prop::sample::select(&b"\n :-|>\"'{}[]&*#!%,?x\t\r"[..]),
    ]), 0..12)) {
        let mut text = SEED.as_bytes().to_vec();
        for (place, what, byte) in edits {
            let place = place.index(text.len());
            match what {
                0 => text[place] = byte,
                1 => text.insert(place, byte),
                _ => { text.remove(place); }
            }
            if text.is_empty() { text.push(b'x'); }
        }
        holds(&text);
    }
}

#[test]
fn compact_json_of_any_length_is_read() {
    let filler = "x".repeat(PARSED_MOST);
    let (a, b) = (encode("first"), encode("second"));
    let text = format!(
        "{{\"kind\":\"List\",\"note\":\"{filler}\\\\\",\"n\":[1,null,{{\"data\":{{\"no\":\"{a}\"}}}}],\"items\":[{{\"kind\":\"Secret\",\
         \"data\":{{\"a\":\"{a}\",\"\\u0061b\":\"{b}\"}}}}]}}"
    );
    assert_eq!(contents(&text), [("a", "first".to_owned()), ("\\u0061b", "second".to_owned())]);
    let list = format!("{{\"kind\":\"SecretList\",\"note\":\"{filler}\",\"items\":[{{\"data\":{{\"b\":\"{b}\"}}}}]}}");
    assert_eq!(contents(&list), [("b", "second".to_owned())]);
    // What is broken or nested without end is given up.
    for broken in [format!("{{\"kind\":\"Secret\",\"a\":\"{filler}"), "{\"kind\":\"Secret\",\"a\":[".repeat(300_000)] {
        assert_eq!(contents(&broken), []);
    }
}

#[test]
fn what_was_applied_the_last_time_is_read_in_its_annotation() {
    let (a, b) = (encode("first"), encode("second"));
    let applied = format!(
        "{{\"apiVersion\":\"v1\",\"data\":{{\"a\":\"{a}\"}},\"kind\":\"Secret\",\"stringData\":{{\"s\":\"plain\"}}}}"
    );
    let annotation = "metadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration:";
    let object = format!("kind: Secret\ndata:\n  b: {b}\n");
    let quoted = serde_json::to_string(&applied).unwrap();
    let known = [("b", "second".to_owned()), ("a", "first".to_owned()), ("s", "plain".to_owned())];
    for text in [
        format!("{object}{annotation} |\n      {applied}\n"),
        format!("{object}{annotation} '{applied}'\n"),
        format!("{object}{annotation} {quoted}\n"),
    ] {
        assert_eq!(contents(&text), known, "{text}");
    }
    let json = format!(
        "{{\"kind\":\"Secret\",\"metadata\":{{\"annotations\":{{\"kubectl.kubernetes.io/last-applied-configuration\":{quoted}}}}}}}"
    );
    assert_eq!(contents(&json), known[1..]);
    // Another kind of object, what is no JSON, an annotation in the annotation.
    let other = applied.replace("Secret", "ConfigMap");
    let twice =
        serde_json::to_string(&format!("{{\"kubectl.kubernetes.io/last-applied-configuration\":{quoted}}}")).unwrap();
    for value in [format!("'{other}'"), "'{\"data\":'".to_owned(), twice] {
        assert_eq!(contents(&format!("{object}{annotation} {value}\n")), known[..1], "{value}");
    }
}

#[test]
fn a_value_that_is_an_archive_is_what_is_text_in_it() {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for path in ["a.env", "b.env"] {
        writer.start_file(path, ::zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, path.as_bytes()).unwrap();
    }
    let zip = STANDARD.encode(writer.finish().unwrap().into_inner());
    let text = format!("kind: Secret\ndata:\n  files: {zip}\nstringData:\n  other: {zip}\n");
    assert_eq!(contents(&text), [("files", "a.env\n\nb.env\n\n".to_owned()), ("other", zip)]);
}
