use super::*;

fn fault(text: &str) -> String {
    ConfigFile::parse(Path::new("c.toml"), text.to_owned()).unwrap_err().to_string()
}

#[test]
fn all_keys_are_read() {
    let text = r#"
        min-severity = "medium"
        min-confidence = "possible"
        fail-on = { severity = "high", states = ["live", "hidden"] }
        context-warn = ["test", "docs"]
        exclude = ["vendor/"]
        only = ["aws"]
        without = ["jwt"]
        max-size = "10MB"
        max-depth = 3
        salt = "pepper"
        target-may-allow = true
        [[allow]]
        path = "docs/**"
        rule = "generic-secret"
        reason = "shown in the manual"
        owner = "docs team"
        until = 2030-12-31
        [[accept]]
        path = "assets/*.7z"
        reason = "unknown-codec"
        why = "game assets"
        until = "2030-12-31"
    "#;
    let config = ConfigFile::parse(Path::new("c.toml"), text.to_owned()).unwrap().config;
    assert_eq!(config.min_severity, Some(Severity::Medium));
    assert_eq!(config.max_size, Some(Size(10_000_000)));
    assert_eq!(config.allow[0].get_ref().until, Date::parse("2030-12-31"));
    assert_eq!(config.accept[0].get_ref().reason, Some(Loss(Reason::UnknownCodec)));
    assert_eq!(config.accept[0].get_ref().until, config.allow[0].get_ref().until);
    assert!(config.target_may_allow);
}

#[test]
fn a_fault_names_its_line_and_key() {
    let unknown = fault("max-depth = 2\nmin-severty = \"low\"\n");
    assert!(unknown.starts_with("scrubjay: config: c.toml:2:1: unknown field `min-severty`"), "{unknown}");
    assert!(!unknown.contains('\n'));
    let level = fault("min-severity = \"huge\"\n");
    assert!(level.contains("c.toml:1:16") && level.contains("huge"), "{level}");
    let reasonless = fault("max-depth = 2\n\n[[allow]]\npath = \"x\"\n");
    assert!(reasonless.contains("c.toml:3:1") && reasonless.contains("reason"), "{reasonless}");
}

#[test]
fn entries_that_cannot_count_are_faults() {
    assert!(fault("[[allow]]\nreason = \"x\"\n").contains("c.toml:1:1: an allow entry needs `fingerprint`"));
    assert!(fault("[[allow]]\npath = \"x\"\nreason = \" \"\n").contains("needs a `reason`"));
    assert!(fault("[[allow]]\nvalue = \"(\"\nreason = \"x\"\n").contains("`value`: column 1"));
    assert!(fault("[[accept]]\nwhy = \"x\"\n").contains("needs a path or a digest"));
    assert!(fault("[[accept]]\npath = \"x\"\nwhy = \"y\"\nreason = \"excluded\"\n").contains("no kind of loss"));
    assert!(fault("\nexclude = [\"a{b\"]\n").contains("c.toml:2:1"));
    assert!(fault("\nexclude = [\"[\"]\n").contains("c.toml:2:1"));
    assert!(fault("[fail-on]\nstates = []\n").contains("c.toml:2:1: no state is given"));
    assert!(fault("salt = \"\"\n").contains("c.toml:1:1: the salt is empty"));
    assert!(fault("[[allow]]\npath=\"x\"\nreason=\"y\"\nuntil=2030-01-01T00:00:00Z\n").contains("is no day"));
    assert!(fault("[[allow]]\npath=\"x\"\nreason=\"y\"\nuntil=\"2030-02-30\"\n").contains("c.toml:4:7: is no day"));
    assert!(fault("[[allow]]\npath=\"x\"\nreason=\"y\"\nuntil=3\n").contains("a day such as"));
}

#[test]
fn a_salt_is_not_printed() {
    assert!(!format!("{:?}", Salt("pepper".into())).contains("pepper"));
}
