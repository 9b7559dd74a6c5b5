//! What a chart is rendered with and what is left out of that: limits, globs, links, and what git ignores.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::path::Path;

use common::{exit, git, scrubjay, stderr, token, write};
use serde_json::Value;
use tempfile::TempDir;

const METADATA: &str = "apiVersion: v2\nname: shop\nversion: 1.2.3\n";
const TEMPLATE: &str = "tok: {{ .Values.a }}{{ .Values.b }}\n";

/// A folder with a chart whose template puts the halves of a token together; with what else is given.
fn chart(seed: u64, more: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("Chart.yaml", METADATA), ("values.yaml", &halves(seed)), ("templates/s.yaml", TEMPLATE)] {
        write(folder.path(), &format!("shop/{path}"), text);
    }
    for (path, text) in more {
        write(folder.path(), &format!("shop/{path}"), text);
    }
    folder
}

fn halves(seed: u64) -> String {
    let token = token(seed);
    format!("a: {}\nb: {}\n", &token[..20], &token[20..])
}

fn report(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = scrubjay(folder, &[arguments, &["--format", "json"]].concat());
    assert!(matches!(exit(&output), 0 | 1 | 3), "{}", stderr(&output));
    (exit(&output), serde_json::from_slice(&output.stdout).unwrap())
}

/// Places of all findings as `path:line`.
fn places(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let place = |place: &Value| format!("{}:{}", place["path"].as_str().unwrap(), place["line"]);
    findings.iter().flat_map(|one| one["places"].as_array().unwrap()).map(place).collect()
}

/// What was skipped, as `class reason detail`.
fn skipped(report: &Value) -> Vec<String> {
    let text = |skip: &Value, key: &str| skip[key].as_str().unwrap_or_default().to_owned();
    let skips = report["coverage"]["skipped"].as_array().into_iter().flatten();
    skips.map(|skip| ["class", "reason", "detail"].map(|key| text(skip, key)).join(" ")).collect()
}

#[test]
fn what_is_beyond_a_limit_of_rendering_is_lost() {
    let list = format!("l: [{}]\n{}", "1, ".repeat(10_001), halves(1));
    let map = format!("l:\n{}{}", (0..10_001).map(|at| format!("  k{at}: x\n")).collect::<String>(), halves(1));
    let tpl =
        (0..9).map(|at| format!("t{at}: '{{{{ tpl .Values.t{} . }}}}'\n", at + 1)).collect::<String>() + "t9: x\n";
    let deep = format!("{}d: {}1{}\n", halves(1), "{a: ".repeat(1_001), "}".repeat(1_001));
    let range = "{{ range .Values.l }}{{ . }}{{ end }}";
    for (values, template, reason) in [
        (list.as_str(), range, "too-many-members"),
        (&map, range, "too-many-members"),
        (&tpl, "{{ tpl .Values.t0 . }}", "too-deep"),
        (&deep, TEMPLATE, "too-deep"),
    ] {
        let folder = chart(1, &[("values.yaml", values), ("templates/s.yaml", template)]);
        for verb in ["chart", "scan", "dir"] {
            let (code, found) = report(folder.path(), &[verb, "shop"]);
            let skipped = skipped(&found);
            assert_eq!((code, skipped.len()), (3, 1), "{verb} {skipped:?}");
            assert!(skipped[0].starts_with(&format!("lost {reason} not all of ")), "{skipped:?}");
        }
    }
    let deep = format!("{}d: {}1{}\n", halves(1), "{a: ".repeat(200), "}".repeat(200));
    let folder = chart(1, &[("values.yaml", &deep)]);
    assert_eq!(places(&report(folder.path(), &["chart", "shop"]).1), ["shop/values.yaml:1"]);
}

#[test]
fn what_globs_leave_out_takes_no_part() {
    let helper = "{{ define \"t\" }}{{ .Values.a }}{{ .Values.b }}{{ end }}";
    let folder = chart(2, &[("templates/_h.tpl", helper), ("templates/t.yaml", "tok: {{ include \"t\" . }}\n")]);
    let package = folder.path().join("shop.tgz");
    let gzip = flate2::write::GzEncoder::new(std::fs::File::create(&package).unwrap(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for path in ["Chart.yaml", "values.yaml", "templates/s.yaml", "templates/t.yaml", "templates/_h.tpl"] {
        builder.append_path_with_name(folder.path().join("shop").join(path), format!("shop/{path}")).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    std::fs::copy(&package, folder.path().join("below/shop.tgz")).unwrap();
    for target in [["chart", "shop"], ["scan", "shop"], ["chart", "shop.tgz"], ["scan", "shop.tgz"], ["scan", "below"]]
    {
        assert_eq!(report(folder.path(), &target).0, 1, "{target:?}");
        for glob in ["**/templates/", "**/values.yaml", "**/templates/*"] {
            assert_eq!(report(folder.path(), &[&target[..], &["--exclude", glob]].concat()).0, 0, "{target:?} {glob}");
        }
        // Without the helper, and without what puts them together by itself.
        let some = ["--exclude", "_h.tpl", "--exclude", "s.yaml"];
        assert_eq!(report(folder.path(), &[&target[..], &some].concat()).0, 0, "{target:?}");
        assert_eq!(report(folder.path(), &[&target[..], &some[..2]].concat()).0, 1, "{target:?}");
    }
    assert_eq!(report(folder.path(), &["chart", "shop", "--include", "values.yaml"]).0, 0);
}

#[cfg(unix)]
#[test]
fn links_within_a_chart_are_followed_and_none_out_of_it() {
    use std::os::unix::fs::symlink;
    let changed = |more: &[(&str, &str)], moved: Option<(&str, &str)>, (to, link): (&str, &str)| {
        let folder = chart(3, more);
        let at = |path: &str| folder.path().join("shop").join(path);
        if let Some((from, into)) = moved {
            std::fs::create_dir_all(at(into).parent().unwrap()).unwrap();
            std::fs::rename(at(from), at(into)).unwrap();
        }
        std::fs::create_dir_all(at(link).parent().unwrap()).unwrap();
        symlink(to, at(link)).unwrap();
        folder
    };
    let (none, halves) = ("a: x\nb: y\n", halves(3));
    let helper = "{{ define \"t\" }}{{ .Values.a }}{{ .Values.b }}{{ end }}";
    let include = "tok: {{ include \"t\" . }}\n";
    let sub: String = "sub:\n".to_owned() + &halves.lines().map(|line| format!("  {line}\n")).collect::<String>();
    let subchart = [
        ("values.yaml", sub.as_str()),
        ("templates/s.yaml", ""),
        ("subs/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
        ("subs/sub/templates/s.yaml", TEMPLATE),
    ];
    for (folder, place) in [
        (changed(&[], Some(("values.yaml", "v/real.yaml")), ("v/real.yaml", "values.yaml")), "shop/v/real.yaml:1"),
        (
            changed(&[("values.yaml", none), ("env/prod.yaml", &halves)], None, ("env/prod.yaml", "values-prod.yaml")),
            "shop/env/prod.yaml:1",
        ),
        (
            changed(
                &[("shared/_h.tpl", helper), ("templates/s.yaml", include)],
                None,
                ("../shared/_h.tpl", "templates/_h.tpl"),
            ),
            "shop/values.yaml:1",
        ),
        (changed(&[], Some(("templates", "tpls")), ("tpls", "templates")), "shop/values.yaml:1"),
        (changed(&subchart, None, ("../subs/sub", "charts/sub")), "shop/values.yaml:2"),
        (
            changed(&[], Some(("Chart.yaml", "real/Chart.yaml")), ("real/Chart.yaml", "Chart.yaml")),
            "shop/values.yaml:1",
        ),
    ] {
        for verb in ["chart", "scan", "dir"] {
            let (code, found) = report(folder.path(), &[verb, "shop"]);
            assert_eq!((code, places(&found)), (1, vec![place.to_owned()]), "{verb} {place} {found}");
        }
    }
    // What is left out is not reached by a link, nor through one that is.
    let folder = changed(&[], Some(("values.yaml", "v/real.yaml")), ("v/real.yaml", "values.yaml"));
    for glob in ["v/", "real.yaml", "values.yaml"] {
        for verb in ["chart", "scan", "dir"] {
            assert_eq!(report(folder.path(), &[verb, "shop", "--exclude", glob]).0, 0, "{verb} {glob}");
        }
    }
    // Out of the chart, to what is read there.
    let folder = changed(&[], Some(("values.yaml", "../outside.yaml")), ("../outside.yaml", "values.yaml"));
    for verb in ["scan", "dir"] {
        let (code, found) = report(folder.path(), &[verb, "."]);
        assert_eq!((code, places(&found)), (0, vec![]), "{verb}");
        let told = skipped(&found);
        assert!(told.iter().any(|one| one.contains("was not rendered with what this link leads to")), "{told:?}");
    }
    let (code, found) = report(folder.path(), &["chart", "shop"]);
    assert_eq!((code, skipped(&found).len()), (3, 1), "{found}");
    // Around in a circle.
    let folder = changed(&[], None, ("..", "templates/up"));
    let (code, found) = report(folder.path(), &["chart", "shop"]);
    assert_eq!((code, places(&found)), (1, vec!["shop/values.yaml:1".to_owned()]));
    assert!(skipped(&found).iter().any(|one| one.starts_with("lost too-deep a link in the chart")), "{found}");
}

#[test]
fn a_chart_in_a_repository_is_scanned_as_any_folder_in_it() {
    let folder = chart(4, &[("values.yaml", "a: x\nb: y\n"), ("values-secret.yaml", &halves(4))]);
    write(folder.path(), "shop/ig.env", &format!("TOKEN={}\n", token(5)));
    write(folder.path(), ".gitignore", "ig.env\nvalues-secret.yaml\n");
    git(folder.path(), &["init", "--quiet"]);
    let (code, found) = report(folder.path(), &["scan", "shop"]);
    assert_eq!((code, places(&found)), (0, vec![]));
    let told = skipped(&found);
    assert_eq!(told.iter().filter(|one| one.starts_with("not_asked ignored")).count(), 2, "{told:?}");
    assert!(told.iter().any(|one| one.contains("history of the repository that it is a part of")), "{told:?}");
    let (code, found) = report(folder.path(), &["scan", "shop", "--ignored"]);
    assert_eq!((code, places(&found).len()), (1, 2), "{found}");
    // `chart` reads what is there, as `dir` does.
    assert_eq!(places(&report(folder.path(), &["chart", "shop"]).1).len(), 2);
}

#[test]
fn base64_is_told_at_the_line_that_gives_the_secret() {
    let password = String::from_utf8(scrubjay::signature::template::expand("{b62:20}", 6).unwrap().text).unwrap();
    let values = format!("registry:\n  host: r.example.com\n  user: robot\n  auth: {password}\n");
    let secret = |data: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  {data}\n");
    let both = ".Values.registry.user .Values.registry.auth";
    let helper = "{{- define \"ips\" }}\n{{- with .Values.registry }}\n{{- printf \"{\\\"auths\\\":{\\\"%s\\\":{\\\"username\\\":\\\"%s\\\",\
                  \\\"password\\\":\\\"%s\\\",\\\"auth\\\":\\\"%s\\\"}}}\" .host .user .auth (printf \"%s:%s\" .user .auth | b64enc) | b64enc }}\n\
                  {{- end }}\n{{- end }}\n";
    for template in [
        format!(
            "config.json: |\n  {{\"auths\":{{\"r.example.com\":{{\"auth\":\"{{{{ printf \"%s:%s\" {both} | b64enc }}}}\"}}}}}}\n"
        ),
        secret(".dockerconfigjson: {{ template \"ips\" . }}")
            .replace("data:", "type: kubernetes.io/dockerconfigjson\ndata:"),
        secret(&format!("url: {{{{ printf \"postgres://%s:%s@db.example.com/x\" {both} | b64enc | quote }}}}")),
        secret(&format!("url: {{{{ printf \"postgres://%s:%s@db.example.com/x\" {both} | b64enc }}}}")),
        secret(
            "cfg: {{ printf \"host=%s\\npassword=%s\\n\" .Values.registry.host .Values.registry.auth | b64enc | quote }}",
        ),
        secret("it: {{ .Values.registry.auth | b64enc }}"),
    ] {
        let folder =
            chart(6, &[("values.yaml", &values), ("templates/s.yaml", &template), ("templates/_h.tpl", helper)]);
        let (_, found) = report(folder.path(), &["chart", "shop"]);
        let mut places = places(&found);
        places.dedup();
        assert_eq!(places, ["shop/values.yaml:4"], "{template}");
    }
}

#[test]
fn idioms_of_templates() {
    let (token, values) = (token(7), halves(7));
    let (a, b) = (&token[..20], &token[20..]);
    let nested = format!("x:\n  a: {a}\n  y: {{b: {b}}}\n");
    let merged = format!("p: &p {{a: {a}}}\nq: &q {{b: {b}}}\nl:\n  <<: [*p, *q]\n");
    let map = format!("{values}m:\n  k: '{{{{ .Values.a }}}}{{{{ .Values.b }}}}'\n");
    for (values, template) in [
        (nested.as_str(), "{{ (.Values.x).a }}{{ ((.Values.x).y).b }}"),
        (&format!("a: xxxx{a}\nb: {b}\n"), "{{ .Values.a | trunc -20 }}{{ .Values.b }}"),
        (&values, "{{ .Values.a }}{{/* c */}}{{ .Values.b }}"),
        (&values, "{{ range tuple .Values.a .Values.b }}{{ . }}{{ end }}"),
        (&nested, "{{ block \"t\" .Values.x }}{{ .a }}{{ .y.b }}{{ end }}"),
        (&merged, "{{ .Values.l.a }}{{ .Values.l.b }}"),
        (&map, "{{ tpl (toYaml .Values.m) . | nindent 2 }}"),
    ] {
        let folder = chart(7, &[("values.yaml", values), ("templates/s.yaml", &format!("tok: {template}\n"))]);
        let (code, found) = report(folder.path(), &["chart", "shop"]);
        assert_eq!((code, places(&found).len()), (1, 1), "{template} {found}");
    }
}
