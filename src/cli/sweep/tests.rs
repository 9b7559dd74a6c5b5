use super::*;

#[test]
fn times_are_told_as_rfc_3339() {
    assert_eq!(in_words(0), "1970-01-01T00:00:00Z");
    assert_eq!(in_words(1_767_323_045), "2026-01-02T03:04:05Z");
}

#[test]
fn a_list_has_its_own_state() {
    assert_eq!(state_name(Path::new("-")), "sweep-stdin.jsonl");
    assert_ne!(state_name(Path::new("a")), state_name(Path::new("b")));
    assert_eq!(state_name(Path::new("/x/a")), state_name(Path::new("/x/a")));
}
