//! Secrets that are in no file of a chart: they appear when a template is rendered with a values file, and are told at the line
//! of the values that gives them.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;

use std::fs::File;
use std::path::Path;

use common::{exit, scrubjay, stderr, stdout, token, write};
use fake_registry::{Content, Fake, MANIFEST};
use scrubjay::signature::template;
use serde_json::{Value, json};
use tempfile::TempDir;

const METADATA: &str = "apiVersion: v2\nname: shop\nversion: 1.2.3\n";

/// A chart of the given files.
fn chart(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "shop/Chart.yaml", METADATA);
    for (path, text) in files {
        write(folder.path(), &format!("shop/{path}"), text);
    }
    folder
}

fn made(template: &str, seed: u64) -> String {
    String::from_utf8(template::expand(template, seed).unwrap().text).unwrap()
}

fn password(seed: u64) -> String {
    made("{b62:24}", seed)
}

fn report(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = scrubjay(folder, &[arguments, &["--format", "json"]].concat());
    assert!(matches!(exit(&output), 0 | 1 | 3), "{}", stderr(&output));
    (exit(&output), serde_json::from_slice(&output.stdout).unwrap())
}

/// Places of all findings as `path:line`, and by which template with which values they are rendered.
fn places(report: &Value) -> Vec<String> {
    let place = |place: &Value| {
        let (path, line) = (place["path"].as_str().unwrap(), &place["line"]);
        let last = place["origin"].as_array().unwrap().last().unwrap();
        match last["kind"].as_str().unwrap() {
            "rendered" => {
                format!("{path}:{line} {} {}", last["template"].as_str().unwrap(), last["values"].as_str().unwrap())
            }
            _ => format!("{path}:{line}"),
        }
    };
    let findings = report["findings"].as_array().unwrap();
    let mut places: Vec<String> =
        findings.iter().flat_map(|one| one["places"].as_array().unwrap()).map(place).collect();
    places.sort();
    places
}

/// Asserts that `chart` and `scan` of a chart tell these places alone, and nothing of the secret.
fn assert_places(files: &[(&str, &str)], secret: &str, expected: &[&str]) {
    let folder = chart(files);
    for verb in ["chart", "scan", "dir"] {
        let (code, found) = report(folder.path(), &[verb, "shop"]);
        assert_eq!(places(&found), expected, "{verb} {files:?}");
        assert_eq!(code, 1);
        let text = found.to_string() + &stdout(&scrubjay(folder.path(), &[verb, "shop"]));
        let hidden = &secret[secret.len() / 2..];
        assert!(!text.contains(&hidden[..hidden.len() - 4]), "{text}");
    }
}

#[test]
fn a_value_that_is_joined_from_several_keys() {
    let token = token(1);
    let values = format!("x: 1\npre: {}\npost: {}\n", &token[..20], &token[20..]);
    for template in [
        "a: 1\ntoken: \"{{ .Values.pre }}{{ .Values.post }}\"\n",
        "token: {{ printf \"%s%s\" .Values.pre .Values.post }}\n",
        "token: {{ print $.Values.pre .Values.post | quote }}\n",
        "token: {{ .Values.pre -}}  {{- .Values.post }}\n",
        "token: {{ tpl \"{{ .Values.pre }}{{ .Values.post }}\" . | quote }}\n",
    ] {
        let files = [("values.yaml", values.as_str()), ("templates/a.yaml", template)];
        assert_places(&files, &token, &["shop/values.yaml:2 templates/a.yaml values.yaml"]);
    }
}

#[test]
fn a_literal_part_in_the_template_and_the_rest_in_another_values_file() {
    let token = token(2);
    let template = format!("token: {}{{{{ .Values.post }}}}\n", &token[..4]);
    let over = format!("# production\npost: {}\n", &token[4..]);
    for path in ["values-prod.yaml", "prod.values.yaml", "values/prod.yaml", "ci/prod-values.yaml"] {
        let files = [("templates/a.yaml", template.as_str()), ("values.yaml", "post: none\n"), (path, over.as_str())];
        assert_places(&files, &token, &[&format!("shop/{path}:2 templates/a.yaml {path}")]);
    }
}

#[test]
fn half_of_it_in_each_values_file() {
    let token = token(3);
    let values = format!("pre: {}\n", &token[..20]);
    let over = format!("post: {}\n", &token[20..]);
    let files = [
        ("templates/a.yaml", "token: {{ .Values.pre }}{{ .Values.post }}\n"),
        ("values.yaml", values.as_str()),
        ("values-prod.yaml", over.as_str()),
    ];
    assert_places(&files, &token, &["shop/values.yaml:1 templates/a.yaml values-prod.yaml"]);
}

#[test]
fn a_password_in_a_url_and_one_whose_name_only_the_template_says() {
    let password = password(4);
    let values = format!("db:\n  user: app\n  auth: {password}\n");
    let url = "url: postgres://{{ .Values.db.user }}:{{ .Values.db.auth }}@db.internal/x\n";
    let expected = ["shop/values.yaml:3 templates/a.yaml values.yaml"];
    assert_places(&[("values.yaml", values.as_str()), ("templates/a.yaml", url)], &password, &expected);
    let values = format!("x:\n  z: 1\n  y: {password}\n");
    for template in [
        "password: {{ .Values.x.y | quote }}\n",
        "kind: Secret\napiVersion: v1\ndata:\n  it: {{ .Values.x.y | b64enc }}\n",
        "kind: Secret\napiVersion: v1\nstringData:\n  it: {{ .Values.x.y }}\n",
    ] {
        assert_places(&[("values.yaml", values.as_str()), ("templates/a.yaml", template)], &password, &expected);
    }
}

#[test]
fn a_values_file_of_nothing_but_the_value_is_no_list_of_users() {
    let password = password(13);
    let values = format!("auth: {password}\n");
    for template in [
        "password: {{ .Values.auth }}\n",
        "kind: Secret\napiVersion: v1\nstringData:\n  it: {{ .Values.auth }}\n",
        "kind: Secret\napiVersion: v1\ndata:\n  it: {{ .Values.auth | b64enc }}\n",
        "env:\n- name: CLIENT_SECRET\n  value: {{ .Values.auth | quote }}\n",
        "url: postgres://bob:{{ .Values.auth }}@db.internal/x\n",
        "args: [\"--password={{ .Values.auth }}\"]\n",
    ] {
        let folder = chart(&[("values.yaml", &values), ("templates/a.yaml", template)]);
        let (_, found) = report(folder.path(), &["chart", "shop"]);
        assert_eq!(places(&found), ["shop/values.yaml:1 templates/a.yaml values.yaml"], "{template}");
    }
    let files = [("values-prod.yaml", values.as_str()), ("templates/a.yaml", "password: {{ .Values.auth }}\n")];
    assert_places(&files, &password, &["shop/values-prod.yaml:1 templates/a.yaml values-prod.yaml"]);
}

#[test]
fn what_a_file_shows_by_itself_is_told_as_before() {
    let token = token(5);
    let values = format!("token: {token}\n");
    let template = "token: {{ .Values.token | quote }}\nagain: {{ .Values.token }}\n";
    assert_places(&[("values.yaml", values.as_str()), ("templates/a.yaml", template)], &token, &["shop/values.yaml:1"]);
}

#[test]
fn a_key_of_several_lines_is_one_however_it_is_indented() {
    let key = made("{pem:rsa}", 12);
    let values = format!("key: |-\n    {}\n", key.trim().replace('\n', "\n    "));
    let template = "kind: Secret\napiVersion: v1\ndata:\n  host: {{ .Values.key | b64enc | quote }}\n";
    let folder = chart(&[("values.yaml", &values), ("templates/a.yaml", template)]);
    let (_, found) = report(folder.path(), &["chart", "shop"]);
    assert_eq!(places(&found), ["shop/values.yaml:2"]);
}

#[test]
fn what_grows_too_far_is_lost() {
    let values = format!("v: {}\n", "x ".repeat(1 << 20));
    let folder = chart(&[("values.yaml", &values), ("templates/a.yaml", &"{{ .Values.v }}".repeat(200))]);
    let (code, found) = report(folder.path(), &["chart", "shop"]);
    let lost = &found["coverage"]["skipped"][0];
    assert_eq!((code, &lost["class"], &lost["reason"]), (3, &"lost".into(), &"expands-too-far".into()), "{found}");
}

#[test]
fn a_mark_beside_the_value_counts() {
    let token = token(6);
    let values = format!(
        "pre: {} # scrubjay:allow github-pat-classic reason=\"a sample\"\npost: {}\n",
        &token[..20],
        &token[20..]
    );
    let folder = chart(&[("values.yaml", &values), ("templates/a.yaml", "t: {{ .Values.pre }}{{ .Values.post }}\n")]);
    let (_, found) = report(&folder.path().join("shop"), &["chart", "."]);
    assert_eq!((places(&found), found["allowed"].as_array().unwrap().len()), (Vec::new(), 1), "{found}");
}

#[test]
fn references_and_names_of_secrets_are_no_findings() {
    let values = "image:\n  repository: registry.internal/shop\n  tag: 1.2.3\nauth:\n  existingSecret: shop-credentials\n  \
                  secretKeys: {password: admin-password}\nname: shop\n";
    let template = "apiVersion: v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-{{ .Values.name }}\nspec:\n  \
                    image: {{ .Values.image.repository }}:{{ .Values.image.tag | quote }}\n  env:\n  - name: PASSWORD\n    \
                    valueFrom:\n      secretKeyRef:\n        name: {{ .Values.auth.existingSecret }}\n        \
                    key: {{ .Values.auth.secretKeys.password }}\n  password: {{ include \"shop.password\" . }}\n";
    let folder = chart(&[("values.yaml", values), ("templates/a.yaml", template)]);
    let (code, found) = report(folder.path(), &["chart", "shop"]);
    assert_eq!((code, places(&found)), (0, Vec::new()));
}

/// A package of what lies in a folder.
fn package(folder: &Path, name: &str, into: &Path) {
    let gzip = flate2::write::GzEncoder::new(File::create(into).unwrap(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    // Helm writes this first.
    builder.append_path_with_name(folder.join("Chart.yaml"), format!("{name}/Chart.yaml")).unwrap();
    for part in ["templates", "charts"] {
        if folder.join(part).exists() {
            builder.append_dir_all(format!("{name}/{part}"), folder.join(part)).unwrap();
        }
    }
    for file in ["values.yaml", "values-prod.yaml"] {
        if folder.join(file).exists() {
            builder.append_path_with_name(folder.join(file), format!("{name}/{file}")).unwrap();
        }
    }
    builder.into_inner().unwrap().finish().unwrap();
}

#[test]
fn a_packaged_chart() {
    let token = token(7);
    let over = format!("post: {}\n", &token[4..]);
    let template = format!("token: {}{{{{ .Values.post }}}}\n", &token[..4]);
    let folder = chart(&[("templates/a.yaml", &template), ("values-prod.yaml", &over)]);
    package(&folder.path().join("shop"), "shop", &folder.path().join("shop.tgz"));
    std::fs::create_dir(folder.path().join("below")).unwrap();
    std::fs::copy(folder.path().join("shop.tgz"), folder.path().join("below/shop.tgz")).unwrap();
    for verb in ["scan", "dir"] {
        let (_, found) = report(folder.path(), &[verb, "below"]);
        let expected = ["below/shop.tgz!/shop/values-prod.yaml:1 templates/a.yaml values-prod.yaml"];
        assert_eq!(places(&found), expected, "{verb}");
        for flags in [["--exclude", "**/values-prod.yaml"], ["--max-depth", "0"]] {
            assert_eq!(
                places(&report(folder.path(), &[&[verb, "below"], &flags[..]].concat()).1),
                [""; 0],
                "{verb} {flags:?}"
            );
        }
    }
    let (_, found) = report(folder.path(), &["dir", "shop.tgz"]);
    assert_eq!(places(&found), ["shop.tgz!/shop/values-prod.yaml:1 templates/a.yaml values-prod.yaml"]);
    for verb in ["chart", "scan"] {
        let (_, found) = report(folder.path(), &[verb, "shop.tgz"]);
        let expected = ["shop.tgz!/shop/values-prod.yaml:1 templates/a.yaml values-prod.yaml"];
        assert_eq!(places(&found), expected, "{verb}");
        let chart = &found["findings"][0]["places"][0]["origin"][1];
        assert_eq!((&chart["kind"], &chart["name"]), (&"chart".into(), &"shop".into()), "{found}");
    }
}

#[test]
fn subcharts_as_folders_and_as_packages_with_what_their_parent_says() {
    let token = token(8);
    let values = format!("global:\n  pre: {}\ndb:\n  post: {}\n", &token[..20], &token[20..]);
    let template = "token: {{ .Values.global.pre }}{{ .Values.post }}\n";
    let metadata = "apiVersion: v2\nname: db\nversion: 0.1.0\n";
    let files = [
        ("values.yaml", values.as_str()),
        ("charts/db/Chart.yaml", metadata),
        ("charts/db/values.yaml", "post: none\n"),
        ("charts/db/templates/a.yaml", template),
    ];
    assert_places(&files, &token, &["shop/values.yaml:2 charts/db/templates/a.yaml values.yaml"]);
    let folder = chart(&files);
    let db = folder.path().join("shop/charts/db");
    package(&db, "db", &folder.path().join("shop/charts/db-0.1.0.tgz"));
    std::fs::remove_dir_all(&db).unwrap();
    for verb in ["chart", "scan", "dir"] {
        let (_, found) = report(folder.path(), &[verb, "shop"]);
        let expected = ["shop/values.yaml:2 charts/db-0.1.0.tgz!/db/templates/a.yaml values.yaml"];
        assert_eq!(places(&found), expected, "{verb}");
    }
    package(&folder.path().join("shop"), "shop", &folder.path().join("shop.tgz"));
    let (_, found) = report(folder.path(), &["chart", "shop.tgz"]);
    assert_eq!(places(&found), ["shop.tgz!/shop/values.yaml:2 charts/db-0.1.0.tgz!/db/templates/a.yaml values.yaml"]);
}

/// As `helm push` writes it: the package is the one layer of an artifact.
#[test]
fn a_chart_in_a_registry_also_when_its_layer_is_known() {
    let token = token(15);
    let values = format!("global:\n  pre: {}\ndb:\n  post: {}\n", &token[..20], &token[20..]);
    let folder = chart(&[("values.yaml", &values)]);
    let at = |path: &str| folder.path().join(path);
    write(folder.path(), "db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n");
    write(folder.path(), "db/templates/a.yaml", "token: {{ .Values.global.pre }}{{ .Values.post }}\n");
    std::fs::create_dir(at("shop/charts")).unwrap();
    package(&at("db"), "db", &at("shop/charts/db-0.1.0.tgz"));
    package(&at("shop"), "shop", &at("shop.tgz"));
    let mut content = Content::default();
    let mut config = content.blob(br#"{"name":"shop","version":"1.2.3","apiVersion":"v2"}"#);
    config["mediaType"] = json!("application/vnd.cncf.helm.config.v1+json");
    let mut layer = content.blob(&std::fs::read(at("shop.tgz")).unwrap());
    layer["mediaType"] = json!("application/vnd.cncf.helm.chart.content.v1.tar+gzip");
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
    content.manifest("charts/shop", Some("1.2.3"), MANIFEST, &manifest);
    let fake = Fake::start(move |request| content.answer(request));
    let reference = format!("{}/charts/shop:1.2.3", fake.host());
    let expected = ["shop/values.yaml:2 charts/db-0.1.0.tgz!/db/templates/a.yaml values.yaml"];
    let blobs = || fake.asked("/blobs/").len();
    for (flags, asked) in [(&["--incremental", "--cache", "kept"][..], 2), (&["--incremental", "--cache", "kept"], 1)] {
        let before = blobs();
        let (_, found) = report(folder.path(), &[&["image", &reference, "--plain-http"], flags].concat());
        assert_eq!(places(&found), expected);
        assert!(blobs() - before <= asked, "{:?}", fake.asked("/blobs/"));
    }
    let (_, found) = report(folder.path(), &["image", &reference, "--plain-http", "--exclude", "**/values.yaml"]);
    assert_eq!(places(&found), [""; 0]);
}

#[test]
fn packages_in_packages_in_a_folder() {
    let token = token(14);
    let values = format!("global:\n  pre: {}\nmid:\n  sub:\n    post: {}\n", &token[..20], &token[20..]);
    let folder = chart(&[("values.yaml", values.as_str())]);
    let at = |path: &str| folder.path().join(path);
    write(folder.path(), "sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n");
    write(folder.path(), "sub/templates/a.yaml", "token: {{ .Values.global.pre }}{{ .Values.post }}\n");
    write(folder.path(), "mid/Chart.yaml", "apiVersion: v2\nname: mid\nversion: 0.1.0\n");
    std::fs::create_dir_all(at("mid/charts")).unwrap();
    std::fs::create_dir_all(at("shop/charts")).unwrap();
    package(&at("sub"), "sub", &at("mid/charts/sub-0.1.0.tgz"));
    package(&at("mid"), "mid", &at("shop/charts/mid-0.1.0.tgz"));
    for verb in ["chart", "scan"] {
        let (_, found) = report(folder.path(), &[verb, "shop"]);
        let template = "charts/mid-0.1.0.tgz!/mid/charts/sub-0.1.0.tgz!/sub/templates/a.yaml";
        assert_eq!(places(&found), [format!("shop/values.yaml:2 {template} values.yaml")], "{verb}");
    }
}

#[test]
fn variables_blocks_named_templates_and_a_subchart_by_another_name() {
    let password = password(15);
    let values = format!("x:\n  z: 1\n  y: {password}\nlist:\n- {{n: a, v: {password}}}\nprimary:\n  y: {password}\n");
    let in_chart = |template: &str, more: &[(&str, &str)]| {
        let folder = chart(&[&[("values.yaml", values.as_str()), ("templates/a.yaml", template)], more].concat());
        let (_, found) = report(folder.path(), &["chart", "shop"]);
        places(&found)
    };
    let helpers = "{{- define \"shop.it\" -}}\npassword: {{ .y | quote }}\n{{- end }}\n";
    for (template, more, line) in [
        ("{{- $it := .Values.x.y }}\npassword: {{ $it }}\n", &[][..], 3),
        ("{{- with .Values.x }}\npassword: {{ .y }}\n{{- end }}\n", &[], 3),
        ("env:\n{{- range .Values.list }}\n  - name: {{ .n }}_PASSWORD\n    value: {{ .v }}\n{{- end }}\n", &[], 5),
        ("{{ include \"shop.it\" .Values.x }}\n", &[("templates/_helpers.tpl", helpers)], 3),
    ] {
        assert_eq!(
            in_chart(template, more),
            [format!("shop/values.yaml:{line} templates/a.yaml values.yaml")],
            "{template}"
        );
    }
    let metadata = format!("{METADATA}dependencies:\n- name: db\n  alias: primary\n");
    let subchart = [
        ("Chart.yaml", metadata.as_str()),
        ("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n"),
        ("charts/db/templates/b.yaml", "password: {{ .Values.y }}\n"),
    ];
    assert_eq!(in_chart("", &subchart), ["shop/values.yaml:7 charts/db/templates/b.yaml values.yaml"]);
}

#[test]
fn what_is_left_out_is_not_used() {
    let token = token(9);
    let over = format!("post: {}\n", &token[4..]);
    let template = format!("token: {}{{{{ .Values.post }}}}\n", &token[..4]);
    let folder = chart(&[("templates/a.yaml", &template), ("values-prod.yaml", &over)]);
    for verb in ["chart", "scan", "dir"] {
        let (code, _) = report(folder.path(), &[verb, "shop", "--exclude", "values-prod.yaml"]);
        assert_eq!(code, 0, "{verb}");
    }
    write(folder.path(), "shop/.gitignore", "values-prod.yaml\n");
    common::git(folder.path(), &["init", "--quiet"]);
    assert_eq!(report(folder.path(), &["scan", "."]).0, 0);
    assert_eq!(report(folder.path(), &["scan", ".", "--ignored"]).0, 1);
}

#[test]
fn the_report_does_not_depend_on_threads_and_shows_how_it_came_there() {
    let (token, other) = (token(10), password(11));
    let values = format!("pre: {}\npost: {}\nplain: {{a: {other}, b: 1}}\n", &token[..20], &token[20..]);
    let template = "args: [\"{{ .Values.plain.a }}\", \"--token={{ .Values.pre }}{{ .Values.post }}\"]\n\
                    password: {{ .Values.plain.a }}\n";
    let mut files = vec![("values.yaml".to_owned(), values.clone())];
    files.extend((0..12).map(|number| (format!("templates/t{number}.yaml"), template.to_owned())));
    files.extend((0..3).map(|number| (format!("values-{number}.yaml"), values.clone())));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = chart(&files);
    let run =
        |threads: &str| stdout(&scrubjay(folder.path(), &["chart", "shop", "--threads", threads, "--format", "json"]));
    let first = run("1");
    assert_eq!(first, run("8"));
    let text = stdout(&scrubjay(folder.path(), &["chart", "shop", "--verbose"]));
    assert!(text.contains("by templates/t0.yaml with values.yaml"), "{text}");
    // The other secret of the line shows only by its name elsewhere.
    assert!(!text.contains(&other) && !first.contains(&other), "{text}");
    // A saved report is read again as it was written.
    write(folder.path(), "report.json", &first);
    let again = scrubjay(folder.path(), &["report", "convert", "report.json", "--format", "json"]);
    assert_eq!(stdout(&again), first, "{}", stderr(&again));
}
