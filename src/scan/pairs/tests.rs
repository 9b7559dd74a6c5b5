use super::lot::{in_text_of, key};
use super::*;
use crate::origin::Step;

fn sighting(path: &str, commit: Option<&str>) -> Sighting {
    Sighting {
        state: State::Live,
        path: path.into(),
        location: Location { line: 1, column: 1, end_line: 1, end_column: 2, ..Location::default() },
        origin: Origin::new(Step::Directory { path: ".".into() }).at_path(path),
        commit: commit.map(str::to_owned),
    }
}

#[test]
fn in_one_text_only_what_is_clear_is_joined() {
    let pairs = |text: &str| in_text_of(text);
    // Letters are values; lower case ids, upper case secrets, by their offsets.
    assert_eq!(pairs("a.......A"), ["aA"]);
    assert_eq!(pairs("A a"), ["aA"], "the secret may come first");
    assert_eq!(pairs("aA bB cC"), ["aA", "bB", "cC"]);
    assert_eq!(pairs("aA   bB cC"), ["aA", "bB", "cC"], "blocks need not be alike");
    assert_eq!(pairs("a b A"), [""; 0], "the nearest of two is not enough");
    assert_eq!(pairs("ab A"), [""; 0]);
    assert_eq!(pairs("aA         b"), ["aA"], "but far nearer is");
    assert_eq!(pairs("aAB"), [""; 0], "an id with two secrets beside it");
    assert_eq!(pairs("a a A"), ["aA"], "one id, twice");
}

#[test]
fn of_a_chart_all_is_one_folder() {
    let is_one = |a: &Sighting, b: &Sighting| key(Relation::Folder, a) == key(Relation::Folder, b);
    assert!(is_one(&sighting("app/values.yaml", None), &sighting("app/templates/x/secret.yaml", None)));
    assert!(is_one(&sighting("values.yaml", None), &sighting("templates/secret.yaml", None)));
    assert!(is_one(&sighting("a", None), &sighting("b", None)));
    assert!(!is_one(&sighting("a/x", None), &sighting("b/x", None)));
    assert!(!is_one(&sighting("a/x", None), &sighting("a/b/x", None)));
    let chart = Origin::new(Step::Chart { name: "web".into(), version: None });
    let values = Sighting { origin: chart.at_path("values.yaml"), ..sighting("values.yaml", None) };
    let deep = Sighting { origin: chart.at_path("ci/x/y.yaml"), ..sighting("ci/x/y.yaml", None) };
    assert!(is_one(&values, &deep));
}

#[test]
fn what_a_place_does_not_have_joins_nothing() {
    assert!(key(Relation::Commit, &sighting("a", None)).is_none());
    assert!(key(Relation::Path, &sighting("", None)).is_none());
    assert!(key(Relation::Folder, &sighting("", None)).is_none());
}
