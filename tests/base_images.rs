//! What came with the base image: as the user says, as labels say and the registry confirms, or as the history looks.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::path::Path;

use common::{complaint, exit, stdout, token};
use fake_registry::{Answer, Content, Fake, MANIFEST, digest, tar};
use images::{image, line, report, scrubjay};
use serde_json::{Value, json};

/// An image of these layers with labels, variables and a history.
fn put(content: &mut Content, tag: &str, layers: &[Vec<u8>], config: &Value, history: &Value) -> Value {
    let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
    let config = json!({"os": "linux", "architecture": "amd64", "config": config, "history": history,
        "rootfs": {"type": "layers", "diff_ids": diff_ids}});
    let mut config = content.blob(config.to_string().as_bytes());
    config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    let layers: Vec<Value> = layers.iter().map(|layer| content.blob(layer)).collect();
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
    content.manifest(tag.split_once(':').unwrap().0, Some(tag.split_once(':').unwrap().1), MANIFEST, &manifest)
}

/// Path, state and what told of a base, of each place.
fn told(report: &Value) -> Vec<String> {
    let places = report["findings"].as_array().unwrap().iter().flat_map(|one| one["places"].as_array().unwrap());
    let mut told: Vec<String> = places
        .map(|place| {
            let path = place["path"].as_str().filter(|path| !path.is_empty()).unwrap_or("config");
            format!("{path} {} {}", place["state"].as_str().unwrap(), place["base_told_by"].as_str().unwrap_or("-"))
        })
        .collect();
    told.sort();
    told
}

fn layers() -> [Vec<u8>; 2] {
    [tar(&[("base.env", line(1).as_bytes())]), tar(&[("app.env", line(2).as_bytes())])]
}

fn labels(name: &str, digest: Option<&Value>, own: u64) -> Value {
    let mut labels = json!({"org.opencontainers.image.base.name": name});
    if let Some(digest) = digest {
        labels["org.opencontainers.image.base.digest"] = digest.clone();
    }
    json!({"Labels": labels, "Env": [format!("B={}", token(3)), format!("A={}", token(own))]})
}

fn scan(folder: &Path, host: &str, name: &str) -> (i32, Value) {
    let output = image(folder, &format!("{host}/{name}")).output().unwrap();
    (exit(&output), report(&output))
}

#[test]
fn labels_are_believed_where_the_base_is_there() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let [lower, upper] = layers();
    let mut content = Content::default();
    let base = put(
        &mut content,
        "team/base:1",
        std::slice::from_ref(&lower),
        &json!({"Env": [format!("B={}", token(3))]}),
        &json!([]),
    );
    let elsewhere = Fake::start(|_| Answer::of(404));
    let fake = Fake::start({
        // The names have the port, which is known only now: what is asked for is made when it is asked for.
        let (lower, upper, elsewhere) = (lower.clone(), upper.clone(), elsewhere.host());
        move |request| {
            let host = request.header("host").unwrap().to_owned();
            let mut content = content.clone();
            let both = [lower.clone(), upper.clone()];
            let named = format!("{host}/team/base:1");
            let mut image = |tag: &str, config: Value| put(&mut content, tag, &both, &config, &json!([]));
            image("team/pinned:1", labels(&named, Some(&base["digest"]), 4));
            image("team/named:1", labels(&named, None, 4));
            image("team/itself:1", labels(&format!("{host}/team/itself:1"), None, 4));
            image("team/gone:1", labels(&format!("{host}/team/none:1"), None, 4));
            image("team/elsewhere:1", labels(&format!("{elsewhere}/team/base:1"), Some(&base["digest"]), 4));
            let other = [tar(&[("other.env", line(1).as_bytes())]), upper.clone()];
            put(&mut content, "team/moved:1", &other, &labels(&named, None, 4), &json!([]));
            content.answer(request)
        }
    });
    let confirmed =
        ["app.env live -", "base.env inherited label", "config inherited label", "config live -"].map(str::to_owned);
    for name in ["team/pinned:1", "team/named:1"] {
        let (exit, report) = scan(folder, &fake.host(), name);
        assert_eq!((exit, told(&report)), (1, confirmed.to_vec()), "{name}");
        assert!(report["notes"].to_string().contains("counts as inherited"), "{}", report["notes"]);
    }
    for name in ["team/itself:1", "team/gone:1", "team/elsewhere:1", "team/moved:1"] {
        let (_, report) = scan(folder, &fake.host(), name);
        assert!(told(&report).iter().all(|place| place.ends_with(" live -")), "{name}: {:?}", told(&report));
        assert!(report["notes"].to_string().contains("--base "), "{name}: {}", report["notes"]);
    }
    assert!(elsewhere.log.lock().unwrap().is_empty(), "a label leads to no other host");
    // What the user names goes before what a label says.
    let arguments = ["image", &format!("{}/team/itself:1", fake.host()), "--format", "json", "--base"];
    let named = format!("{}/team/base:1", fake.host());
    let output = scrubjay(folder, &[&arguments[..], &[&named]].concat()).output().unwrap();
    assert!(told(&report(&output)).contains(&"base.env inherited user".to_owned()));
}

#[test]
fn a_base_whose_layers_are_not_the_lowest_is_told_as_such() {
    let scratch = tempfile::tempdir().unwrap();
    let mut content = Content::default();
    let [lower, upper] = layers();
    put(&mut content, "team/upper:1", std::slice::from_ref(&upper), &json!({}), &json!([]));
    put(&mut content, "team/app:1", &[lower, upper], &json!({}), &json!([]));
    put(&mut content, "team/other:1", &[tar(&[("x", b"x")])], &json!({}), &json!([]));
    let fake = Fake::start(move |request| content.answer(request));
    let host = fake.host();
    for (base, expected) in
        [("upper", "its lowest is not the image's lowest"), ("other", "no layer of it is in the image")]
    {
        let base = format!("{host}/team/{base}:1");
        let output = image(scratch.path(), &format!("{host}/team/app:1")).args(["--base", &base]).output().unwrap();
        let notes = report(&output)["notes"].to_string();
        assert!(notes.contains(expected), "{notes}");
    }
}

#[test]
fn what_only_looks_like_a_base_still_fails() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let mut content = Content::default();
    let history = json!([
        {"created": "2026-01-01T00:00:00Z", "created_by": "ADD rootfs.tar / # buildkit"},
        {"created": "2026-01-01T00:00:01Z", "created_by": "CMD [\"bash\"]", "empty_layer": true},
        {"created": "2026-02-01T00:00:00Z", "created_by": "COPY . /srv # buildkit"},
    ]);
    put(&mut content, "team/app:1", &layers(), &json!({}), &history);
    let fake = Fake::start(move |request| content.answer(request));
    let (exit, report) = scan(folder, &fake.host(), "team/app:1");
    assert_eq!((exit, told(&report)), (1, vec!["app.env live -".to_owned(), "base.env live history".to_owned()]));
    let fails = report["findings"].as_array().unwrap().iter().all(|finding| finding["fails"] == true);
    assert!(fails, "a guess lets nothing pass");
    let text = stdout(&scrubjay(folder, &["image", &format!("{}/team/app:1", fake.host())]).output().unwrap());
    assert!(text.contains("inherited (guessed from history)"), "{text}");
    assert!(text.contains("from the base image, as its history looks"), "{text}");
}

#[test]
fn secrets_of_an_image_are_as_old_as_its_layers() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let mut content = Content::default();
    // The second layer is of a build that can be repeated, and says nothing.
    let history = json!([
        {"created": "2020-03-01T23:59:59.123Z", "created_by": "ADD rootfs.tar / # buildkit"},
        {"created": "1970-01-01T00:00:00Z", "created_by": "COPY . /srv # buildkit"},
    ]);
    put(&mut content, "team/app:1", &layers(), &json!({}), &history);
    let fake = Fake::start(move |request| content.answer(request));
    let (_, report) = scan(folder, &fake.host(), "team/app:1");
    let findings = report["findings"].as_array().unwrap();
    let of = |name: &str| {
        let is_of = |finding: &&Value| finding["places"][0]["path"].as_str().unwrap().ends_with(name);
        findings.iter().find(is_of).unwrap()
    };
    assert_eq!(of("base.env")["places"][0]["date"], "2020-03-01");
    assert!(of("base.env")["age_days"].as_u64().unwrap() > 2_400);
    assert_eq!((&of("app.env")["places"][0]["date"], &of("app.env")["age_days"]), (&Value::Null, &Value::Null));
    std::fs::write(folder.join("saved.json"), report.to_string()).unwrap();
    for arguments in [vec!["image", &format!("{}/team/app:1", fake.host())], vec!["report", "convert", "saved.json"]] {
        let text = stdout(&scrubjay(folder, &arguments).output().unwrap());
        assert!(text.contains("2020-03-01, when its layer was made") && text.contains("stale"), "{text}");
    }
}

#[test]
fn a_base_may_be_a_compressed_tar() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let [lower, upper] = layers();
    let saved = |layers: &[&Vec<u8>]| {
        let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({"rootfs": {"type": "layers", "diff_ids": diff_ids}}).to_string();
        let names: Vec<String> = (0..layers.len()).map(|number| format!("{number}.tar")).collect();
        let manifest = json!([{"Config": "c.json", "RepoTags": ["app:1"], "Layers": names}]).to_string();
        let mut files: Vec<(&str, &[u8])> = vec![("c.json", config.as_bytes()), ("manifest.json", manifest.as_bytes())];
        files.extend(names.iter().zip(layers).map(|(name, layer)| (name.as_str(), layer.as_slice())));
        tar(&files)
    };
    std::fs::write(folder.join("app.tar"), saved(&[&lower, &upper])).unwrap();
    let base = saved(&[&lower]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &base).unwrap();
    let gzip = gzip.finish().unwrap();
    std::fs::write(folder.join("base.tar"), &base).unwrap();
    std::fs::write(folder.join("base.tar.gz"), &gzip).unwrap();
    std::fs::write(folder.join("cut.tar.gz"), &gzip[..gzip.len() / 2]).unwrap();
    std::fs::write(folder.join("text"), "no tar\n").unwrap();
    let with = |base: &str| image(folder, "app.tar").args(["--base", base]).output().unwrap();
    for base in ["base.tar", "base.tar.gz"] {
        assert_eq!(told(&report(&with(base))), ["app.env live -", "base.env inherited user"], "{base}");
    }
    for (base, expected) in [("text", "is neither a tar nor a compressed tar"), ("cut.tar.gz", "--base cut.tar.gz:")] {
        let said = complaint(&with(base));
        assert!(said.contains(expected), "{said}");
    }
}
