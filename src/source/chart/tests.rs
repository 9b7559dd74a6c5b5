use std::io::Write;
use std::process::Command;

use super::*;
use crate::source::collect::Collected;

/// A chart with a subchart in a folder and one in a package, which has a subchart itself.
fn files(redis: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("Chart.yaml", text("apiVersion: v2\nname: \"shop\" # the shop\nversion: 1.2.3\n")),
        ("values.yaml", text("a: 1\n")),
        ("values-production.yaml", text("a: 2\n")),
        ("values.schema.json", text("{}")),
        (".helmignore", text("ci/\n")),
        ("ci/secret-values.yaml", text("ignored by helm\n")),
        ("crds/crd.yaml", text("kind: CustomResourceDefinition\n")),
        ("templates/NOTES.txt", text("{{ .Release.Name }}\n")),
        ("templates/secret.yaml", text("kind: Secret\n")),
        ("charts/common/Chart.yaml", text("name: common\nversion: '2.0.0'\n")),
        ("charts/common/values.yaml", text("b: 1\n")),
        ("charts/redis-3.0.0.tgz", redis.to_vec()),
    ]
}

/// A packaged chart as `helm package` lays it out.
fn package(name: &str, files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("{name}/{path}"), bytes.as_slice()).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&builder.into_inner().unwrap()).unwrap();
    encoder.finish().unwrap()
}

fn redis() -> Vec<u8> {
    let metadata = b"name: redis\nversion: 3.0.0\n".to_vec();
    let inner = b"name: inner\n".to_vec();
    package(
        "redis",
        &[
            ("Chart.yaml", metadata),
            ("values.yaml", b"c: 1\n".to_vec()),
            ("charts/inner/Chart.yaml", inner),
            ("charts/inner/values.yaml", b"d: 1\n".to_vec()),
        ],
    )
}

fn read(path: &Path) -> Collected {
    let collected = Collected::default();
    let options = Options { path: path.to_owned(), unpack: Some(Limits::default()), ignored: true, threads: 2 };
    Chart::open(options).unwrap().read(&collected).unwrap();
    collected
}

/// Origins of the files below `root`, without the lists of names.
fn origins(collected: &Collected, root: &Path) -> Vec<String> {
    let prefix = format!("{} > ", root.display());
    let origins = collected.origins().into_iter().filter(|origin| !origin.ends_with("file name"));
    origins.map(|origin| origin.strip_prefix(&prefix).unwrap().to_owned()).collect()
}

#[test]
fn a_folder_is_read_whole_with_its_subcharts() {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files(&redis()) {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let collected = read(dir.path());
    assert_eq!(
        origins(&collected, dir.path()),
        [
            "chart shop > .helmignore",
            "chart shop > Chart.yaml",
            "chart shop > chart common > charts/common/Chart.yaml",
            "chart shop > chart common > charts/common/values.yaml",
            "chart shop > charts/redis-3.0.0.tgz > chart redis > chart inner > redis/charts/inner/Chart.yaml",
            "chart shop > charts/redis-3.0.0.tgz > chart redis > chart inner > redis/charts/inner/values.yaml",
            "chart shop > charts/redis-3.0.0.tgz > chart redis > redis/Chart.yaml",
            "chart shop > charts/redis-3.0.0.tgz > chart redis > redis/values.yaml",
            "chart shop > ci/secret-values.yaml",
            "chart shop > crds/crd.yaml",
            "chart shop > templates/NOTES.txt",
            "chart shop > templates/secret.yaml",
            "chart shop > values-production.yaml",
            "chart shop > values.schema.json",
            "chart shop > values.yaml",
        ]
    );
    assert_eq!(collected.skips(), []);
}

#[test]
fn a_package_is_read_whole_with_its_subcharts_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop-1.2.3.tgz");
    let mut files = files(&redis());
    for _ in 0..2 {
        fs::write(&path, package("shop", &files)).unwrap();
        let collected = read(&path);
        let origins = origins(&collected, &path);
        assert_eq!(origins.len(), 15);
        for origin in [
            "chart shop > shop/values-production.yaml",
            "chart shop > chart common > shop/charts/common/values.yaml",
            "chart shop > shop/charts/redis-3.0.0.tgz > chart redis > redis/values.yaml",
            "chart shop > shop/charts/redis-3.0.0.tgz > chart redis > chart inner > redis/charts/inner/values.yaml",
        ] {
            assert!(origins.iter().any(|found| found == origin), "{origin} in {origins:#?}");
        }
        assert_eq!(collected.skips(), []);
        files.reverse();
    }
}

#[test]
fn without_unpacking_only_packaged_charts_are_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop.tgz");
    fs::write(&path, package("shop", &files(&redis()))).unwrap();
    let collected = Collected::default();
    Chart::open(Options { path: path.clone(), unpack: None, ignored: true, threads: 1 })
        .unwrap()
        .read(&collected)
        .unwrap();
    assert!(origins(&collected, &path).contains(&"chart shop > shop/charts/redis-3.0.0.tgz".to_owned()));
    assert_eq!(collected.skips(), []);
}

#[test]
fn name_and_version_are_read_from_what_is_hardly_yaml() {
    let chart = |name: &str, version: Option<&str>| Step::Chart { name: name.into(), version: version.map(Into::into) };
    assert_eq!(step(b"version: 1\r\nname: 'a b'\r\n", b"x"), chart("a b", Some("1")));
    assert_eq!(step(b"\"name\": q\n  version: 9\n", b"x"), chart("q", None));
    assert_eq!(step(b"\xff{{ nonsense", b"folder"), chart("folder", None));
}

#[test]
fn a_damaged_package_gives_what_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shop.tgz");
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let files = [("Chart.yaml", b"name: shop\n".to_vec()), ("values.yaml", noise.take(100_000).collect())];
    let whole = package("shop", &files);
    fs::write(&path, &whole[..50_000]).unwrap();
    let collected = read(&path);
    assert_eq!(origins(&collected, &path), ["chart shop > shop/Chart.yaml", "chart shop > shop/values.yaml"]);
    assert_eq!(collected.skips(), [(path.display().to_string(), Reason::Truncated)]);
}

#[test]
fn what_is_no_chart_is_an_error_that_says_what_to_try() {
    let dir = tempfile::tempdir().unwrap();
    let error = |path: &Path| {
        let options = Options { path: path.to_owned(), unpack: None, ignored: true, threads: 1 };
        Chart::open(options).unwrap_err().message
    };
    assert!(error(dir.path()).contains("scrubjay dir"));
    let other = dir.path().join("other.tgz");
    fs::write(&other, package("deep/er", &[("Chart.yaml", b"name: x".to_vec())])).unwrap();
    assert!(error(&other).contains("scrubjay scan"));
    assert!(error(&dir.path().join("nowhere")).contains("No such file"));
    fs::write(&other, b"text").unwrap();
    assert!(!is_chart(&other));
    assert!(Command::new("mkfifo").arg(dir.path().join("fifo")).status().unwrap().success());
    assert!(!is_chart(&dir.path().join("fifo")));
}

#[test]
fn what_is_nested_too_deep_is_handed_over_shut() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("shop-1.2.3.tgz");
    fs::write(&path, package("shop", &files(&redis()))).unwrap();
    let limits = Limits { depth: 1, ..Limits::default() };
    let chart = Chart::open(Options { path, unpack: Some(limits), ignored: true, threads: 1 }).unwrap();
    let collected = Collected::default();
    chart.read(&collected).unwrap();
    let origins = collected.origins();
    assert!(origins.iter().any(|origin| origin.ends_with("redis-3.0.0.tgz")), "{origins:?}");
    assert!(!origins.iter().any(|origin| origin.contains("redis/values.yaml")), "{origins:?}");
    assert_eq!(collected.details(Reason::TooDeep).len(), 1);
    // Nobody else opens it, with a depth that counts from there.
    assert!(chart.is_unpacked());
}

#[test]
fn what_helm_packages_is_read() {
    if Command::new("helm").arg("version").output().is_err() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new("helm").args(arguments).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&["create", "shop"]);
    run(&["create", "shop/charts/part"]);
    run(&["package", "shop"]);
    let path = dir.path().join("shop-0.1.0.tgz");
    let origins = origins(&read(&path), &path);
    assert!(origins.contains(&"chart shop > shop/templates/deployment.yaml".to_owned()), "{origins:#?}");
    assert!(origins.contains(&"chart shop > chart part > shop/charts/part/values.yaml".to_owned()), "{origins:#?}");
}

#[cfg(unix)]
#[test]
fn what_a_link_leads_to_outside_of_the_chart_is_lost() {
    let top = tempfile::tempdir().unwrap();
    let chart = top.path().join("chart");
    for folder in ["chart/templates", "chart/charts", "shared", "sub"] {
        fs::create_dir_all(top.path().join(folder)).unwrap();
    }
    fs::write(chart.join("Chart.yaml"), "name: app\n").unwrap();
    fs::write(chart.join("templates/own.yaml"), "a: 1\n").unwrap();
    fs::write(top.path().join("shared/s.yaml"), "b: 1\n").unwrap();
    fs::write(top.path().join("sub/Chart.yaml"), "name: sub\n").unwrap();
    std::os::unix::fs::symlink("../../shared/s.yaml", chart.join("templates/s.yaml")).unwrap();
    std::os::unix::fs::symlink("own.yaml", chart.join("templates/again.yaml")).unwrap();
    std::os::unix::fs::symlink("../../sub", chart.join("charts/sub")).unwrap();
    let collected = read(&chart);
    let skips = collected.skips();
    let skips: Vec<_> = skips.iter().map(|(origin, reason)| (origin.rsplit(" > ").next().unwrap(), *reason)).collect();
    assert_eq!(skips, [("charts/sub", Reason::Missing), ("templates/s.yaml", Reason::Missing)]);
}

#[test]
fn an_address_is_told_from_a_path() {
    let options = Options { path: "oci://ghcr.io/charts/app".into(), unpack: None, ignored: true, threads: 1 };
    let told = Chart::open(options).err().unwrap().to_string();
    assert!(told.contains("`scrubjay image HOST/NAME:VERSION`"), "{told}");
}
