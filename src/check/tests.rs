//! Signatures with one fault each, and what is told of it.

use std::time::Duration;

use super::*;
use crate::signature::load_text;

const REST: &str = r#"title = "A token"
severity = "high"
lifetime = "static"
rotate = "-"
"#;

fn faults(signatures: &str) -> Vec<String> {
    let text = signatures.replace("REST", REST);
    let loaded = load_text("x.toml", &format!("provider = \"X\"\n{text}")).expect("parses");
    check(&loaded).iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_signature_has_no_fault() {
    let found = faults(
        r#"
[[signature]]
id = "good"
REST
keywords = ["ghp_"]
pattern = 'ghp_[0-9A-Za-z]{36}'
proof = "github-crc32"
examples = ["TOKEN=⟦ghp_{b62:30}{crc32b62}⟧"]
counterexamples = ["ghp_{rep:x:36}", "ghp_{b62:35}"]
[[signature]]
id = "good-context"
REST
keywords = ["acme"]
pattern = '[0-9a-f]{32}'
context = 40
examples = ["acme_key = \"⟦{hex:32}⟧\""]
counterexamples = ["other_key = \"{hex:32}\""]
"#,
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_fault_is_told_with_file_and_line() {
    let found = faults(
        r#"
[[signature]]
id = "bad"
REST
keywords = ["acme_"]
pattern = 'acme_[0-9A-Za-z]{20}'
examples = ["acme_{b62:19}", "⟦key acme_{b62:20}⟧", "{nothing}", "⟦acme_{b62:20}⟧"]
counterexamples = ["acme_{b62:20}"]
[[signature]]
id = "loose"
REST
keywords = ["zeta_"]
pattern = 'zeta_[0-9A-Za-z]{20}'
boundary = false
proof = "github-crc32-hint"
examples = ["⟦zeta_{b62:20}⟧"]
"#,
    );
    let expected = [
        "x.toml:3: bad: example 1 is not matched",
        "x.toml:3: bad: example 2 is found with bytes 4..29 for the secret, which is marked at 0..29",
        "x.toml:3: bad: example 3 is no template: `{nothing}` is no element",
        "x.toml:3: bad: counterexample 1 is found",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_signature_that_is_not_exact_is_told() {
    let found = faults(
        r#"
[[signature]]
id = "cut-out-of-a-run"
REST
keywords = ["sigma_"]
pattern = 'sigma_(?P<secret>[0-9a-z]{16})[0-9a-z]{0,8}'
examples = ["sigma_⟦{an:16}⟧{an:2}"]
"#,
    );
    assert_eq!(found, ["x.toml:3: cut-out-of-a-run: example 1 is found with a neighbour glued on at its end"]);
}

#[test]
fn a_checksum_that_no_example_has_is_told() {
    let found = faults(
        r#"
[[signature]]
id = "without-checksum"
REST
keywords = ["rho_"]
pattern = 'rho_[0-9a-z]{20}'
proof = "github-crc32"
examples = ["⟦rho_{an:20}⟧"]
"#,
    );
    assert_eq!(found, ["x.toml:3: without-checksum: no example passes the checksum of its `proof`"]);
}

#[test]
fn a_pattern_that_text_of_its_word_makes_slow_is_told() {
    let slow = |pattern: &str, more: &str| {
        faults(&format!(
            "\n[[signature]]\nid = \"far\"\nREST\nkeywords = [\"key\"]\npattern = '{pattern}'\n{more}\nexamples = []\n"
        ))
    };
    let _limit = crate::matcher::effort::limited(Duration::from_millis(200));
    for (pattern, more) in [("(?s)[a-z]{0,600}key.{0,600}Q", ""), ("(?s)key.*secretend", "reach = 65536")] {
        let found = slow(pattern, more);
        assert!(
            found.len() == 1 && found[0].starts_with("x.toml:3: far: is slow: in text of `key`"),
            "{pattern}: {found:?}"
        );
    }
    assert_eq!(slow("key[a-z]{0,2000}=[0-9]{8}", ""), Vec::<String>::new());
}

#[test]
fn what_does_not_compile_does_not_hide_other_faults() {
    let found = faults(
        r#"
[[signature]]
id = "broken"
REST
keywords = ["beta_"]
pattern = 'beta_[0-9'
examples = []
[[signature]]
id = "unmatched"
REST
keywords = ["gamma_"]
pattern = 'gamma_[0-9]{20}'
examples = ["gamma_{hex:20}"]
"#,
    );
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("x.toml:3: broken: the pattern does not parse"), "{found:?}");
    assert_eq!(found[1], "x.toml:13: unmatched: example 1 is not matched");
}

#[test]
fn a_first_example_that_is_no_template_is_told_once() {
    let found = faults(
        r#"
[[signature]]
id = "no-template"
REST
keywords = ["tau_"]
pattern = 'tau_[0-9a-z]{20}'
examples = ["⟦tau_{nothing}⟧"]
"#,
    );
    assert_eq!(found, ["x.toml:3: no-template: example 1 is no template: `{nothing}` is no element"]);
}

#[test]
fn what_is_wrong_with_a_pattern_is_said_in_words() {
    let of = |pattern: &str| {
        let found = faults(&format!(
            "\n[[signature]]\nid = \"big\"\nREST\nkeywords = [\"acme_\"]\npattern = '{pattern}'\nexamples = []\n"
        ));
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    assert!(of("acme_[0-9A-Za-z_]{60000}").contains("the pattern is too large: compiled it takes more than 4 MiB"));
    assert!(of("(?i)acme_[a-z]{20}").contains("`case-sensitive = false` takes letters of either case"));
    assert!(of("[a-z]{20}").contains("add the missing ones"));
}
