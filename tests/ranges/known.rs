//! What counts as known before a change: of what people could have chosen, only what was a secret there.

use super::{Repository, line};
use crate::common::token;

/// `state path` of each place of the range, without the commits.
fn states(repository: &Repository) -> (i32, Vec<String>) {
    let (exit, found) = repository.range();
    (exit, found.iter().map(|found| found.rsplit_once(' ').unwrap().0.to_owned()).collect())
}

/// The state of what a change makes of a file.
fn state_of(before: &str, after: &str) -> (i32, Vec<String>) {
    let repository = Repository::new();
    repository.commit("app.conf", before);
    repository.branch("side");
    repository.commit("app.conf", after);
    states(&repository)
}

#[test]
fn a_password_that_is_the_name_of_a_user_or_a_part_of_a_word_is_new() {
    let introduced = (1, vec!["introduced app.conf".to_owned()]);
    let user = "DB_USER=svc_report_77\n";
    assert_eq!(state_of(user, &format!("{user}DB_PASSWORD=svc_report_77\n")), introduced);
    let release = "release: build-Tr0ub4dorHorse-final\n";
    assert_eq!(state_of(release, &format!("{release}password: \"Tr0ub4dorHorse\"\n")), introduced);
    let rotated = state_of("password: \"Tr0ub4dorHorse-2024\"\n", "password: \"Tr0ub4dorHorse\"\n");
    assert_eq!(rotated, introduced);
    let note = "# rotate Tr0ub4dor-Horse-99 soon\n";
    assert_eq!(state_of(note, &format!("{note}password: Tr0ub4dor-Horse\n")), introduced);
}

#[test]
fn a_password_that_was_one_is_known_whatever_its_name() {
    let touched = (0, vec!["touched app.conf".to_owned()]);
    assert_eq!(state_of("password: \"Tr0ub4dorHorse\"\n", "db_password = 'Tr0ub4dorHorse'\n"), touched);
    assert_eq!(state_of("a: postgres://u:Tr0ub4dorHorse@db/x\n", "password: \"Tr0ub4dorHorse\"\n"), touched);
}

#[test]
fn what_nobody_could_guess_is_known_by_its_bytes() {
    let made = "0f3a91c47e5d28b6a1c07f93d4e85b62";
    let noted = format!("# see {made}\n");
    assert_eq!(state_of(&noted, &format!("{noted}api_key = \"{made}\"\n")), (0, vec!["touched app.conf".to_owned()]));
    let part = format!("# see x_{made}\n");
    assert_eq!(state_of(&part, &format!("{part}api_key = \"{made}\"\n")), (1, vec!["introduced app.conf".to_owned()]));
    let ended = format!("# {}-old\n", token(71));
    let moved = state_of(&ended, &format!("# was\n{}", line(71)));
    assert_eq!(moved, (0, vec!["touched app.conf".to_owned()]), "found there by its shape");
}

#[test]
fn a_password_has_spread_if_another_file_had_it_as_one() {
    let repository = Repository::new();
    repository.commit("user.env", "DB_USER=svc_report_77\n");
    repository.commit("old.yml", "password: \"Tr0ub4dorHorse\"\n");
    repository.branch("side");
    repository.commit("first.env", "DB_PASSWORD=svc_report_77\n");
    repository.commit("second.env", "DB_PASSWORD=Tr0ub4dorHorse\n");
    let expected = ["introduced first.env", "spread second.env"].map(str::to_owned);
    assert_eq!(states(&repository), (1, expected.to_vec()));
}
