//! Who has a baseline with its salt, and knows how it is made, tries a list of common passwords on it.

use std::fs;
use std::path::Path;

use rayon::prelude::*;
use scrubjay::finding::Fingerprinter;
use scrubjay::finding::fingerprint::SHAPELESS;

use super::{FILE, made, read, repository};
use crate::common::{command, exit, stdout, token, write};

/// The same in the head of a file and in the environment.
const SALT: &str = "salt of the test";
/// Passwords that are known, and guesses that have these among them. A guess costs what it costs an attacker, so that
/// these are fewer than 10,000.
const KNOWN: usize = 50;
const GUESSES: usize = 2_000;

/// Passwords as people choose them: 40 words, 50 numbers, five ends.
fn common(number: usize) -> String {
    const WORDS: &str = "Summer Winter Autumn Spring Sunshine Dragon Monkey Shadow Master Football Baseball Princess Welcome Liverpool \
        Chelsea Arsenal Coffee Cookie Pepper Ginger Tigger Buster Hunter Ranger Thomas Robert Daniel Jordan Harley Maggie Orange \
        Purple Silver Diamond Phoenix Mustang Thunder Freedom Whatever Trustno";
    let words: Vec<&str> = WORDS.split_ascii_whitespace().collect();
    // Coprime to the number of all, so that every part of the list has all kinds.
    let at = number * 7_919 % 10_000;
    format!("{}{}{}", words[at % 40], 1975 + at / 40 % 50, ["!", "#", "$1", "!!", "?7"][at / 2_000])
}

/// The lines of what was known, as an attacker reads them: what is kept of the fingerprint, and the rule.
fn entries(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| line.starts_with("sj1:"));
    let words = lines.map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    words.map(|words| (words[0].clone(), words[1].clone())).collect()
}

fn known(at: &Path) {
    let lines: String = (0..KNOWN).map(|number| format!("db_password_{number}: \"{}\"\n", common(number))).collect();
    write(at, "config.yaml", &lines);
}

#[test]
fn no_guess_is_confirmed_by_a_baseline_with_its_salt() {
    let folder = repository();
    let at = folder.path();
    known(at);
    let head: String = SALT.bytes().map(|byte| format!("{byte:02x}")).collect();
    write(at, FILE, &format!("# scrubjay baseline 1\n# salt {head}\n"));
    made(at, &["baseline", "update"]);
    let open = entries(&read(at));
    // The same with a salt that an attacker does not have.
    fs::remove_file(at.join(FILE)).unwrap();
    let created = command(at).args(["baseline", "create"]).env("SCRUBJAY_SALT", SALT).output().unwrap();
    assert_eq!(exit(&created), 0, "{}", stdout(&created));
    let closed = entries(&read(at));

    let fingerprinter = Fingerprinter::new(Some(SALT.as_bytes()));
    let rule = "generic-password";
    let passwords = |entries: &[(String, String)]| -> Vec<String> {
        entries.iter().filter(|(_, of)| of == rule).map(|(kept, _)| kept.clone()).collect()
    };
    let fingerprints: Vec<String> = (0..GUESSES)
        .into_par_iter()
        .map(|number| fingerprinter.of(SHAPELESS, common(number).as_bytes(), false).to_string())
        .collect();
    let fits = |kept: &String| fingerprints.iter().filter(|guess| guess.starts_with(kept.as_str())).count();

    // The attack is a good one: had it the salt of this file, it would find what is in it.
    let confirmed = passwords(&closed).iter().filter(|kept| fits(kept) == 1).count();
    assert!(confirmed >= KNOWN, "{confirmed} of {}", closed.len());
    // Of the same secrets, where it has the salt, every entry is that of several guesses, and none stands out.
    let open_passwords = passwords(&open);
    assert!(open_passwords.len() > KNOWN / 2, "{open:?}");
    for kept in &open_passwords {
        assert!(kept.len() == "sj1:00".len() && fits(kept) >= 2, "{kept}: {}", fits(kept));
    }
    let all: usize = open_passwords.iter().map(fits).sum();
    let expected = open_passwords.len() * GUESSES / 256;
    assert!(all * 2 > expected && all < expected * 2, "{all} fit, and {expected} would by chance");
    // What nobody guesses is whole in both.
    let strong = fingerprinter.of("github-pat-classic", token(1).as_bytes(), true).to_string();
    assert!([&open, &closed].iter().all(|entries| entries.iter().any(|(kept, _)| *kept == strong)));
}
