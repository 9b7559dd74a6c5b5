use super::*;

#[test]
fn parts_of_a_chart_by_their_paths() {
    for (path, expected) in [
        ("Chart.yaml", Some(Part::Metadata)),
        ("values.yaml", Some(Part::Values)),
        ("values-prod.yaml", Some(Part::Overlay)),
        ("prod.values.yml", Some(Part::Overlay)),
        ("values/prod.yaml", Some(Part::Overlay)),
        ("ci/first-values.yaml", Some(Part::Overlay)),
        ("ci/kind.yaml", None),
        ("values.schema.json", None),
        ("templates/secret.yaml", Some(Part::Template)),
        ("templates/a/b.tpl", Some(Part::Template)),
        ("charts/db/values.yaml", Some(Part::Values)),
        ("charts/db/values-prod.yaml", None),
        ("charts/db-1.0.tgz!/db/templates/NOTES.txt", Some(Part::Template)),
        ("charts/db-1.0.tgz", None),
        ("README.md", None),
    ] {
        assert_eq!(part(path.as_bytes()), expected, "{path}");
    }
    assert_eq!(
        split(b"charts/a/charts/b-1.tgz!/b/values.yaml"),
        (&b"charts/a/charts/b-1.tgz!/b"[..], &b"values.yaml"[..])
    );
    assert_eq!(parent(b"charts/a/charts/b-1.tgz!/b"), Some(&b"charts/a"[..]));
    assert_eq!(parent(b"charts/a"), Some(&b""[..]));
    assert_eq!(parent(b""), None);
    assert!(Files::may_be_in(b"templates/x") && Files::may_be_in(b"charts/a/templates") && !Files::may_be_in(b"files"));
}
