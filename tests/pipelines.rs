//! The ready-made pipelines of `examples/ci`: each is held against the schema of its build server, and what it runs is run, in a
//! repository and with the variables as the server has them.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(all(unix, target_arch = "x86_64"))]

mod common;
#[path = "common/release.rs"]
mod release;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{exit, git, stderr, stdout, token, write};
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A program that `./test` installs.
fn tool(name: &str) -> PathBuf {
    let path = Path::new(ROOT).join("target/tools").join(name);
    assert!(path.is_file(), "{name} checks pipelines in tests, and is not here: ./test installs it");
    path
}

fn example(name: &str) -> PathBuf {
    Path::new(ROOT).join("examples/ci").join(name)
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", stdout(output), stderr(output));
    stdout(output)
}

/// The documents of a YAML file.
fn documents(file: &Path) -> Vec<Value> {
    let program = "import sys, json, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let output = Command::new(tool("python/bin/python")).args(["-c", program]).arg(file).output().unwrap();
    serde_json::from_str(&succeeded(&output)).unwrap()
}

fn check(schema: &str, more: &[&str], file: &Path) {
    let output = Command::new(tool("python/bin/check-jsonschema"))
        .args(["--builtin-schema", schema])
        .args(more)
        .arg(file)
        .output()
        .unwrap();
    succeeded(&output);
}

/// A repository: a leak on `main` that was taken out, another one on `topic`.
struct Place {
    top: tempfile::TempDir,
    main: String,
    topic: String,
}

impl Place {
    fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path().join("checkout");
        fs::create_dir_all(&folder).unwrap();
        git(&folder, &["init", "-q", "-b", "main"]);
        let commit = |text: &str, file: &str| {
            write(&folder, file, text);
            git(&folder, &["add", "-A"]);
            git(&folder, &["commit", "-q", "-m", "x"]);
            says(&folder, &["rev-parse", "HEAD"])
        };
        commit(&format!("T={}\n", token(1)), "old.env");
        let main = commit("clean\n", "old.env");
        git(&folder, &["update-ref", "refs/remotes/origin/main", &main]);
        git(&folder, &["checkout", "-q", "-b", "topic"]);
        let topic = commit(&format!("T={}\n", token(2)), "new.env");
        Place { top, main, topic }
    }

    fn folder(&self) -> PathBuf {
        self.top.path().join("checkout")
    }

    /// Runs the steps of a script as a server does.
    fn run(&self, script: &str, variables: &[(&str, &str)]) -> Output {
        let programs = self.top.path().join("programs");
        fs::create_dir_all(&programs).unwrap();
        let program = programs.join("scrubjay");
        if !program.exists() {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_scrubjay"), program).unwrap();
        }
        let path = std::env::var_os("PATH").unwrap();
        let folders = [programs].into_iter().chain(std::env::split_paths(&path));
        let mut command = Command::new("bash");
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["SCRUBJAY_", "GITHUB_", "CI", "GIT_"].iter().any(|start| name.starts_with(start)) {
                command.env_remove(name);
            }
        }
        command.args(["-e", "-c", script]).current_dir(self.folder()).envs(variables.iter().copied());
        command.env("PATH", std::env::join_paths(folders).unwrap()).env("HOME", self.top.path()).output().unwrap()
    }

    fn finds(&self, output: &Output, files: &[&str]) {
        let text = stdout(output);
        assert_eq!(exit(output), i32::from(!files.is_empty()), "{text}{}", stderr(output));
        for file in ["old.env", "new.env"] {
            assert_eq!(text.contains(file), files.contains(&file), "{file}: {text}");
        }
    }
}

fn says(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    succeeded(&output).trim().to_owned()
}

/// A mirror of releases with the program that is tested; its address.
fn releases() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    release::make(folder.path(), env!("CARGO_PKG_VERSION"));
    let port = release::mirror(folder.path());
    (folder, format!("http://127.0.0.1:{port}"))
}

fn name() -> String {
    format!("scrubjay-{}-{}", env!("CARGO_PKG_VERSION"), release::TARGET)
}

#[test]
fn every_example_is_tested_and_is_of_this_version() {
    let mut names: Vec<String> =
        fs::read_dir(example("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let tested = [
        "Jenkinsfile",
        "azure-pipelines.yml",
        "circleci.yml",
        "github-image.yml",
        "github-pull-request.yml",
        "github-schedule.yml",
        "gitlab-component.yml",
        "pre-receive",
        "tekton-task.yaml",
    ];
    assert_eq!(names, tested);
    for file in names {
        let text = fs::read_to_string(example(&file)).unwrap();
        for (at, _) in text.match_indices("scrubjay-0.") {
            assert!(text[at..].starts_with(&name()), "{file}: {}", &text[at..at + 40]);
        }
    }
}

#[test]
fn github() {
    for file in ["github-pull-request.yml", "github-schedule.yml", "github-image.yml"] {
        check("vendor.github-workflows", &[], &example(file));
        succeeded(&Command::new(tool("actionlint")).arg(example(file)).output().unwrap());
    }
    check("vendor.github-actions", &[], &Path::new(ROOT).join("action.yml"));
}

#[test]
fn an_image_is_judged_before_it_is_pushed() {
    let place = Place::new();
    let (_mirror, address) = releases();
    let steps = documents(&example("github-image.yml"))[0]["jobs"]["image"]["steps"].clone();
    let scripts: Vec<&str> = steps.as_array().unwrap().iter().filter_map(|step| step["run"].as_str()).collect();
    let run = |layer: &str| {
        fs::remove_file(place.top.path().join("pushed")).unwrap_or_default();
        write(place.top.path(), "image/app.env", layer);
        // Docker, as far as the pipeline goes: it saves an image with one layer.
        let docker = r#"
            docker() {
                case "$1" in
                save)
                    tar -C "$HOME/image" -cf layer.tar app.env
                    digest=$(sha256sum layer.tar | cut -d' ' -f1)
                    printf '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$digest" >config.json
                    printf '[{"Config":"config.json","RepoTags":["x:1"],"Layers":["layer.tar"]}]' >manifest.json
                    tar -cf "$3" manifest.json config.json layer.tar ;;
                push) touch "$HOME/pushed" ;;
                esac
            }
        "#;
        let release = format!("{address}/v{}", env!("CARGO_PKG_VERSION"));
        let variables =
            [("RELEASE", &*release), ("NAME", &*name()), ("IMAGE", "x:1"), ("TOKEN", "t"), ("GITHUB_ACTOR", "a")];
        place.run(&format!("{docker}\n{}", scripts.join("\n")), &variables)
    };
    let leak = run(&format!("T={}\n", token(3)));
    assert_eq!(exit(&leak), 1, "{}{}", stdout(&leak), stderr(&leak));
    assert!(stdout(&leak).contains("app.env:1:3") && !place.top.path().join("pushed").exists());
    succeeded(&run("clean\n"));
    assert!(place.top.path().join("pushed").exists());
}

#[test]
fn gitlab() {
    let place = Place::new();
    let (_mirror, address) = releases();
    let text = fs::read_to_string(example("gitlab-component.yml")).unwrap();
    let header = documents(&example("gitlab-component.yml"))[0]["spec"]["inputs"].clone();
    // As GitLab does it before it reads the rest.
    let mut body = text.split_once("\n---\n").unwrap().1.to_owned();
    for (input, described) in header.as_object().unwrap() {
        let value = if input == "releases" { &address } else { described["default"].as_str().unwrap() };
        body = body.replace(&format!("$[[ inputs.{input} ]]"), value);
    }
    assert!(!body.contains("$[["), "{body}");
    let file = place.top.path().join("pipeline.yml");
    fs::write(&file, &body).unwrap();
    check("vendor.gitlab-ci", &["--data-transform", "gitlab-ci"], &file);
    let job = documents(&file)[0]["scrubjay"].clone();
    let script: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let own: Vec<(&str, &str)> =
        job["variables"].as_object().unwrap().iter().map(|(name, value)| (&**name, value.as_str().unwrap())).collect();
    let name = name();
    // GitLab puts variables into variables.
    let own: Vec<(&str, String)> = own.into_iter().map(|(of, value)| (of, value.replace("$NAME", &name))).collect();
    let run = |variables: &[(&str, &str)]| {
        let own = own.iter().map(|(name, value)| (*name, &**value));
        let all: Vec<(&str, &str)> = own.chain([("GITLAB_CI", "true")]).chain(variables.iter().copied()).collect();
        place.run(&script.join("\n"), &all)
    };
    let request = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_COMMIT_SHA", &*place.topic),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &*place.main),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
    ];
    place.finds(&run(&request), &["new.env"]);
    let report: Value = serde_json::from_slice(&fs::read(place.folder().join("scrubjay.json")).unwrap()).unwrap();
    assert_eq!(report["counts"]["failing"], 1);
    for (_, report) in job["artifacts"]["reports"].as_object().unwrap() {
        assert!(place.folder().join(report.as_str().unwrap()).exists(), "{report}");
    }
    git(&place.folder(), &["clean", "-dfqx"]);
    place.finds(&run(&[("CI_PIPELINE_SOURCE", "schedule")]), &["new.env", "old.env"]);
}

#[test]
fn jenkins() {
    let place = Place::new();
    let text = fs::read_to_string(example("Jenkinsfile")).unwrap();
    assert_eq!(text.matches('{').count(), text.matches('}').count());
    let script = text.split("'''").nth(1).unwrap();
    let of = |more: &[(&str, &str)]| place.run(script, &[&[("JENKINS_URL", "https://ci.example")], more].concat());
    place.finds(&of(&[("CHANGE_TARGET", "main"), ("CHANGE_ID", "7")]), &["new.env"]);
    assert!(place.folder().join("scrubjay.xml").exists());
    git(&place.folder(), &["clean", "-dfqx"]);
    place.finds(&of(&[]), &["new.env", "old.env"]);
}

#[test]
fn circleci() {
    let place = Place::new();
    check("vendor.circle-ci", &[], &example("circleci.yml"));
    let (_mirror, address) = releases();
    let job = documents(&example("circleci.yml"))[0]["jobs"]["scrubjay"].clone();
    let steps = job["steps"].as_array().unwrap().iter().filter_map(|step| step["run"]["command"].as_str());
    let script = steps.collect::<Vec<_>>().join("\n").replace("/tmp", place.top.path().to_str().unwrap());
    let release = format!("{address}/v{}", env!("CARGO_PKG_VERSION"));
    let of =
        |branch: &str| place.run(&script, &[("RELEASE", &*release), ("NAME", &*name()), ("CIRCLE_BRANCH", branch)]);
    place.finds(&of("topic"), &["new.env"]);
    place.finds(&of("main"), &["new.env", "old.env"]);
}

#[test]
fn azure() {
    let place = Place::new();
    let more = ["--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"];
    check("vendor.azure-pipelines", &more, &example("azure-pipelines.yml"));
    let (_mirror, address) = releases();
    let steps = documents(&example("azure-pipelines.yml"))[0]["steps"].clone();
    let scripts: Vec<&str> = steps.as_array().unwrap().iter().filter_map(|step| step["script"].as_str()).collect();
    let release = format!("{address}/v{}", env!("CARGO_PKG_VERSION"));
    let staging = place.top.path().to_str().unwrap();
    let of = |more: &[(&str, &str)]| {
        let always = [
            ("TF_BUILD", "True"),
            ("RELEASE", &*release),
            ("NAME", &*name()),
            ("AGENT_TEMPDIRECTORY", staging),
            ("BUILD_ARTIFACTSTAGINGDIRECTORY", staging),
        ];
        // Each step begins in the folder of the sources.
        let script: String = scripts.iter().map(|script| format!("(\n{script}\n)\n")).collect();
        place.run(&script, &[&always[..], more].concat())
    };
    let request = [
        ("BUILD_REASON", "PullRequest"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", &*place.topic),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
    ];
    place.finds(&of(&request), &["new.env"]);
    assert!(place.top.path().join("scrubjay.sarif").exists());
    place.finds(&of(&[("BUILD_REASON", "Schedule")]), &["new.env", "old.env"]);
}

#[test]
fn tekton() {
    let place = Place::new();
    let task = documents(&example("tekton-task.yaml")).remove(0);
    assert_eq!((task["apiVersion"].as_str(), task["kind"].as_str()), (Some("tekton.dev/v1"), Some("Task")));
    let step = &task["spec"]["steps"][0];
    let script = step["script"].as_str().unwrap();
    // What is put into a script is run as one: parameters go by the environment.
    assert!(!script.contains("$("), "{script}");
    let result = place.top.path().join("exit-code");
    let of = |range: &str| place.run(script, &[("RANGE", range), ("RESULT", result.to_str().unwrap())]);
    place.finds(&of(&format!("{}..HEAD", place.main)), &["new.env"]);
    assert_eq!(fs::read_to_string(&result).unwrap(), "1");
    place.finds(&of(""), &["new.env", "old.env"]);
    place.finds(&of("HEAD..HEAD"), &[]);
    assert_eq!(fs::read_to_string(&result).unwrap(), "0");
}

#[test]
fn pre_receive_on_a_bare_server() {
    let place = Place::new();
    let bare = place.top.path().join("bare.git");
    fs::create_dir_all(&bare).unwrap();
    git(&bare, &["init", "-q", "--bare", "-b", "main"]);
    git(&place.folder(), &["push", "-q", bare.to_str().unwrap(), "main"]);
    fs::copy(example("pre-receive"), bare.join("hooks/pre-receive")).unwrap();
    let policy = place.top.path().join("policy.toml");
    fs::write(&policy, "").unwrap();
    let push = |branch: &str| {
        let script = format!("git push '{}' {branch}", bare.display());
        place.run(&script, &[("SCRUBJAY_POLICY", policy.to_str().unwrap())])
    };
    let refused = push("topic");
    assert!(!refused.status.success() && stderr(&refused).contains("new.env:1:3"), "{}", stderr(&refused));
    git(&place.folder(), &["checkout", "-q", "-b", "fine", "main"]);
    git(&place.folder(), &["commit", "-q", "--allow-empty", "-m", "x"]);
    succeeded(&push("fine"));
}
