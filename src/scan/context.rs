//! What kind of file a path looks like.

use crate::finding::PathContext;

/// The context of a path, from the names on the way to it: `tests/fixtures/key.pem` is a fixture, `vendor/x/test.go` vendored.
pub fn path_context(path: &[u8]) -> Option<PathContext> {
    let lower = path.to_ascii_lowercase();
    let mut parts: Vec<&[u8]> = lower.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).collect();
    let file = parts.pop().unwrap_or_default();
    let folder = |names: &[&str]| parts.iter().any(|part| names.iter().any(|name| name.as_bytes() == *part));
    if folder(&[
        "vendor",
        "vendored",
        "node_modules",
        "third_party",
        "third-party",
        "thirdparty",
        "external",
        "site-packages",
        "bower_components",
        "deps",
    ]) {
        return Some(PathContext::Vendored);
    }
    if folder(&[
        "fixtures",
        "fixture",
        "__fixtures__",
        "testdata",
        "test-data",
        "test_data",
        "mocks",
        "__mocks__",
        "mock",
        "cassettes",
        "snapshots",
        "__snapshots__",
        "golden",
    ]) || [".snap", ".golden"].iter().any(|ending| file.ends_with(ending.as_bytes()))
    {
        return Some(PathContext::Fixture);
    }
    let stem: &[u8] = file.split(|&byte| byte == b'.').next().unwrap_or_default();
    let tested = stem.starts_with(b"test_")
        || stem.ends_with(b"_test")
        || stem.ends_with(b"-test")
        || stem.ends_with(b"_spec")
        || memchr::memmem::find(file, b".test.").is_some()
        || memchr::memmem::find(file, b".spec.").is_some();
    if tested
        || folder(&[
            "test",
            "tests",
            "testing",
            "spec",
            "specs",
            "__tests__",
            "e2e",
            "integration-tests",
            "unittests",
            "t",
        ])
    {
        return Some(PathContext::Test);
    }
    if folder(&["example", "examples", "sample", "samples", "demo", "demos"])
        || [".example", ".sample", ".dist", ".template", ".tmpl"].iter().any(|ending| file.ends_with(ending.as_bytes()))
    {
        return Some(PathContext::Example);
    }
    let prose = [".md", ".rst", ".adoc", ".html", ".pod", ".1"].iter().any(|ending| file.ends_with(ending.as_bytes()));
    (prose || folder(&["doc", "docs", "documentation", "man"])).then_some(PathContext::Docs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts() {
        for (path, context) in [
            ("src/main.rs", None),
            ("tests/fixtures/key.pem", Some(PathContext::Fixture)),
            ("vendor/x/test.go", Some(PathContext::Vendored)),
            ("pkg/auth_test.go", Some(PathContext::Test)),
            ("ui/login.spec.ts", Some(PathContext::Test)),
            (".env.example", Some(PathContext::Example)),
            ("README.md", Some(PathContext::Docs)),
            ("latest/contest.py", None),
        ] {
            assert_eq!(path_context(path.as_bytes()), context, "{path}");
        }
    }
}
