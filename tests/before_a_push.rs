//! The check before a push: images of the daemon, the plugin of Docker, the verdict, and the command that runs after it.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{complaint, exit, stderr, stdout, token};
use fake_registry::{Answer, Content, Fake, INDEX, MANIFEST, Request, digest, serve, tar};
use images::{image, line, places, report, scrubjay};
use serde_json::{Value, json};

mod daemon {
    use super::*;

    /// A daemon that has the image `app:1`, and says of it that it is `id`; for as long as the test runs.
    fn start(folder: &Path, id: Arc<dyn Fn() -> String + Send + Sync>) -> String {
        let layer = tar(&[("srv/app.env", line(1).as_bytes())]);
        let config = json!({"os": "linux", "architecture": "amd64", "config": {"Env": [format!("A={}", token(2))]},
            "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]}})
        .to_string();
        let manifest = json!([{"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["l/layer.tar"]}]).to_string();
        let saved =
            tar(&[("c.json", config.as_bytes()), ("l/layer.tar", &layer), ("manifest.json", manifest.as_bytes())]);
        let socket = folder.join("d.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let diff_id = digest(&layer);
        std::thread::spawn(move || {
            let log = Default::default();
            for stream in listener.incoming().flatten() {
                let answer = |request: &Request| match request.path.as_str() {
                    "/images/app:1/json" => Answer::json(&json!({"Id": id(), "RootFS": {"Layers": [diff_id]},
                        "Config": {"Env": [format!("A={}", token(2))]}})),
                    "/images/app:1/get" => Answer { body: saved.clone(), ..Answer::of(200) },
                    _ => Answer::of(404),
                };
                serve(stream, &answer, &log);
            }
        });
        format!("unix://{}", socket.display())
    }

    fn always(id: &'static str) -> Arc<dyn Fn() -> String + Send + Sync> {
        Arc::new(move || id.to_owned())
    }

    #[test]
    fn images_of_the_daemon() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let host = start(folder, always("sha256:1"));
        let output = image(folder, "docker:app:1").env("DOCKER_HOST", &host).output().unwrap();
        assert_eq!(places(&report(&output)), ["image config", "srv/app.env"]);
        let said = complaint(&image(folder, "docker:other").env("DOCKER_HOST", &host).output().unwrap());
        assert!(said.contains("the daemon has no image of that name"), "{said}");
        let gone = format!("unix://{}", folder.join("gone.sock").display());
        let said = complaint(&image(folder, "docker:app:1").env("DOCKER_HOST", gone).output().unwrap());
        assert!(said.contains("Is it running"), "{said}");
        // As its own base, all of it is inherited, and nothing fails.
        let mut own = image(folder, "docker:app:1");
        let output = own.args(["--base", "docker:app:1"]).env("DOCKER_HOST", &host).output().unwrap();
        let report = report(&output);
        let states: Vec<&str> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["places"][0]["state"].as_str().unwrap())
            .collect();
        assert_eq!((exit(&output), states), (0, vec!["inherited", "inherited"]), "{report:#}");
        assert!(report["notes"].to_string().contains("is it the image itself?"), "{}", report["notes"]);
    }

    #[test]
    fn a_name_that_leads_elsewhere_meanwhile_starts_no_command() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let asked = AtomicUsize::new(0);
        let host = start(folder, Arc::new(move || format!("sha256:{}", asked.fetch_add(1, Ordering::SeqCst))));
        let arguments = ["image", "docker:app:1", "--only", "gitlab-pat", "--quiet", "--then", "touch", "started"];
        let said = complaint(&scrubjay(folder, &arguments).env("DOCKER_HOST", &host).output().unwrap());
        assert!(said.contains("leads to another image"), "{said}");
        assert!(!folder.join("started").exists());
    }

    #[test]
    fn the_plugin_of_docker() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let plugin = folder.join("docker/cli-plugins/docker-scrubjay");
        fs::create_dir_all(plugin.parent().unwrap()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_scrubjay"), &plugin).unwrap();
        let output = Command::new(&plugin).arg("docker-cli-plugin-metadata").output().unwrap();
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&metadata["SchemaVersion"], &metadata["Vendor"]), (&json!("0.1.0"), &json!("scrubjay")));
        // The shell asks for completions while a command line is typed: nothing of it runs.
        let typed = ["__complete", "scrubjay", "app:1", "--then", "touch", "tabbed", ""];
        let output = Command::new(&plugin).args(typed).current_dir(folder).output().unwrap();
        assert_eq!((exit(&output), stdout(&output).as_str()), (0, ":0\n"));
        assert!(!folder.join("tabbed").exists());
        let host = start(folder, always("sha256:1"));
        // A name is looked for at the daemon first.
        let direct: (&Path, &[&str]) = (&plugin, &["scrubjay", "app:1", "--format", "json"]);
        let docker: (&Path, &[&str]) = (Path::new("docker"), &["scrubjay", "app:1", "--format", "json"]);
        let has_docker = Command::new("docker").arg("--version").output().is_ok_and(|output| output.status.success());
        for (program, arguments) in [Some(direct), Some(docker).filter(|_| has_docker)].into_iter().flatten() {
            let mut command = Command::new(program);
            command.args(arguments).env("DOCKER_CONFIG", folder.join("docker")).env("DOCKER_HOST", &host);
            let output = command.current_dir(folder).output().unwrap();
            let report = report(&output);
            assert_eq!((exit(&output), places(&report).len()), (1, 2), "{}", program.display());
            assert_eq!(report["image"]["name"], "docker:app:1");
        }
    }
}

mod before_a_push {
    use super::*;

    #[test]
    fn a_command_runs_when_the_image_is_clean() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let mut content = Content::default();
        content.image("team/app", "clean", "", &[&tar(&[("etc/motd", b"hello")])]);
        content.image("team/app", "bad", "", &[&tar(&[("srv/app.env", line(1).as_bytes())])]);
        let fake = Fake::start(move |request| content.answer(request));
        let then = |tag: &str, more: &[&str]| {
            let name = format!("{}/team/app:{tag}", fake.host());
            let start = ["image", &name, "--quiet"];
            let command = ["--then", "sh", "-c", "echo \"$0 $1\"; exit 9", "--flag", "two words"];
            scrubjay(folder, &[&start[..], more, &command].concat()).output().unwrap()
        };
        let clean = then("clean", &[]);
        assert_eq!((exit(&clean), stdout(&clean).as_str()), (9, "--flag two words\n"), "{}", stderr(&clean));
        let bad = then("bad", &[]);
        assert_eq!(exit(&bad), 1);
        assert!(stderr(&bad).contains("not run") && !stdout(&bad).contains("--flag two"), "{}", stderr(&bad));
        // What does not fail the run for its severity is not clean by an exit of 0 alone.
        assert_eq!(exit(&then("clean", &["--exit-zero"])), 2, "that would run it whatever was found");
        let said = complaint(&scrubjay(folder, &["image", "-", "--then", "true"]).output().unwrap());
        assert!(said.contains("cannot be looked up again"), "{said}");
        let name = format!("{}/team/app:clean", fake.host());
        let said = complaint(&scrubjay(folder, &["image", &name, "--quiet", "--then", "/no/such"]).output().unwrap());
        assert!(said.contains("cannot be started"), "{said}");
    }

    #[test]
    fn the_verdict_names_the_digest_and_what_to_do() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let mut content = Content::default();
        let first = tar(&[("srv/app.env", line(1).as_bytes()), ("srv/old.env", line(2).as_bytes())]);
        let second = tar(&[("srv/.wh.old.env", b"")]);
        let image = content.image("team/app", "1", "", &[&first, &second]);
        content.image("team/base", "1", "", &[&first]);
        let fake = Fake::start(move |request| content.answer(request));
        let (name, base) = (format!("{}/team/app:1", fake.host()), format!("{}/team/base:1", fake.host()));
        let output = scrubjay(folder, &["image", &name]).output().unwrap();
        let said = stdout(&output);
        for expected in [
            format!("digest: {}", image["digest"].as_str().unwrap()),
            "verdict: not fit to be pushed".to_owned(),
            "1 secret in files of its layers".to_owned(),
            "1 secret in files that are removed or replaced later on".to_owned(),
            "mode 0644, owner 0:0".to_owned(),
        ] {
            assert!(said.contains(&expected), "{expected}: {said}");
        }
        let output = scrubjay(folder, &["image", &name, "--base", &base]).output().unwrap();
        let said = stdout(&output);
        assert!(exit(&output) == 0 && said.contains("verdict: fit to be pushed"), "{said}");
        assert!(said.contains("2 secrets from the base image"), "{said}");
        assert!(!said.contains("is it the image itself?"), "{said}");
        let said = complaint(&scrubjay(folder, &["image", &name, "--base", "nope.tar"]).output().unwrap());
        assert!(said.contains("image: --base nope.tar: there is no such file"), "{said}");
        let missing = format!("{}/team/none:1", fake.host());
        let said = complaint(&scrubjay(folder, &["image", &name, "--base", &missing]).output().unwrap());
        assert!(said.contains("--base") && said.contains("check the name and the tag"), "{said}");
    }

    #[test]
    fn what_was_left_out_is_not_pushed() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let mut content = Content::default();
        let mut entry = |architecture: &str, layer: &[u8]| {
            let mut entry = content.image("team/app", architecture, "", &[layer]);
            entry["platform"] = json!({"os": "linux", "architecture": architecture});
            entry
        };
        let amd64 = entry("amd64", &tar(&[("etc/motd", b"hello")]));
        let arm64 = entry("arm64", &tar(&[("srv/app.env", line(1).as_bytes())]));
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [amd64, arm64]});
        content.manifest("team/app", Some("1"), INDEX, &index);
        let lost = tar(&[("etc/lost", b"lost")]);
        content.image("team/app", "lost", "", &[&lost]);
        content.blobs.remove(&digest(&lost));
        let fake = Fake::start(move |request| content.answer(request));
        let then = |name: &str, more: &[&str]| {
            let name = format!("{}/team/app{name}", fake.host());
            let output = scrubjay(folder, &[&["image", &name][..], more, &["--then", "touch", "pushed"]].concat())
                .output()
                .unwrap();
            let is_pushed = fs::remove_file(folder.join("pushed")).is_ok();
            (exit(&output), is_pushed, stdout(&output), stderr(&output))
        };
        let of_what_was_read = "verdict: fit to be pushed, of what was read\n";
        let (exit, is_pushed, said, complaint) = then(":1", &["--platform", "linux/amd64"]);
        assert!(exit == 2 && !is_pushed && said.contains(of_what_was_read), "{exit} {said}");
        assert!(complaint.contains("--then: not run: --platform left out linux/arm64"), "{complaint}");
        // Where the one that was read is all that is pushed, nothing is left out.
        let digest = format!("@{}", amd64["digest"].as_str().unwrap());
        let (exit, is_pushed, said, _) = then(&digest, &["--platform", "linux/amd64"]);
        assert!(exit == 0 && is_pushed && said.contains("verdict: fit to be pushed\n"), "{exit} {said}");
        // What the user accepts or does not ask for is told.
        let (exit, is_pushed, said, _) = then(&digest, &["--exclude", "etc/**"]);
        assert!(exit == 0 && is_pushed && said.contains(of_what_was_read), "{exit} {said}");
        let (exit, is_pushed, said, _) = then(":lost", &["--allow-incomplete"]);
        assert!(exit == 0 && is_pushed && said.contains(of_what_was_read), "{exit} {said}");
        let (exit, is_pushed, said, _) = then(":lost", &[]);
        assert!(
            exit == 3 && !is_pushed && said.contains("verdict: not fit to be pushed: nobody knows"),
            "{exit} {said}"
        );
    }

    #[test]
    fn a_chart_gets_the_advice_of_a_chart() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let mut content = Content::default();
        let mut config = content.blob(br#"{"name":"app","version":"1.0.0","apiVersion":"v2"}"#);
        config["mediaType"] = json!("application/vnd.cncf.helm.config.v1+json");
        let mut layer = content.blob(&tar(&[("app/values.yaml", line(1).as_bytes())]));
        layer["mediaType"] = json!("application/vnd.cncf.helm.chart.content.v1.tar+gzip");
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        content.manifest("charts/app", Some("1.0.0"), MANIFEST, &manifest);
        let fake = Fake::start(move |request| content.answer(request));
        let output = scrubjay(folder, &["image", &format!("{}/charts/app:1.0.0", fake.host())]).output().unwrap();
        let said = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("1 secret in files of the chart: take them out of its values"), "{said}");
        assert!(!said.contains("build again"), "{said}");
    }

    #[test]
    fn an_archive_without_its_list_has_no_digest_to_name() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let mut cut = tar(&[("l/layer.tar", &tar(&[("srv/app.env", line(1).as_bytes())]))]);
        cut.truncate(cut.len() - 1024);
        fs::write(folder.join("cut.tar"), cut).unwrap();
        let output = scrubjay(folder, &["image", "cut.tar"]).output().unwrap();
        let said = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("A registry keeps serving an image by its digest"), "{said}");
    }
}
