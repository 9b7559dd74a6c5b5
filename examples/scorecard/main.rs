//! Fits and evaluates the scorecard of the generic recogniser (`src/score/weights.rs`).
//!
//! ```text
//! cargo run --release --example scorecard -- list MOST TREE...            what is to be labelled: id, path, line
//! cargo run --release --example scorecard -- unlabelled LABELS TREE...    the same for what came since
//! cargo run --release --example scorecard -- review LABELS TREE...        what is judged otherwise than it is labelled
//! cargo run --release --example scorecard -- places LABELS TREE...        where the labelled stand, for benches/accuracy.py
//! cargo run --release --example scorecard -- fill FOLDER MOST TREE...     files with filled slots, for benches/accuracy.py
//! cargo run --release --example scorecard -- vectors LABELS TREE...       features and labels, one line a vector
//! cargo run --release --example scorecard -- fit VECTORS                  the table of weights
//! cargo run --release --example scorecard -- evaluate VECTORS             recall and precision, repositories left out
//! ```
//!
//! A tree is a folder with the files of one repository; its name is a part of the ids (`# bytes` in the vectors has those of the
//! labels). Natural candidates are all assignments in it that no check drops:
//! negatives, unless `LABELS` (lines of an id and what two labellers said) says otherwise. Positives are made by filling slots: where a value is a
//! placeholder, a reference or an expression, a generated secret takes its place. Neither text nor path is written out;
//! what is committed are seeds, ids, labels and vectors.

#![allow(clippy::print_stdout, reason = "a program that prints")]

mod evaluate;
mod fit;
mod generate;
mod vectors;

use std::process::ExitCode;

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("not a number: {text}"))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["list", most, trees @ ..] => number(most).and_then(|most| vectors::list(most, trees)),
        ["places", labels, trees @ ..] => vectors::places(labels, trees),
        ["fill", folder, most, trees @ ..] => number(most).and_then(|most| vectors::fill(folder, most, trees)),
        ["unlabelled", labels, trees @ ..] => vectors::unlabelled(labels, trees),
        ["review", labels, trees @ ..] => vectors::review(labels, trees),
        ["vectors", labels, trees @ ..] => vectors::print(labels, trees),
        ["fit", file] => vectors::read(file).map(|data| fit::print(&data.vectors)),
        ["evaluate", file] => vectors::read(file).map(|data| evaluate::print(&data)),
        _ => Err("usage: scorecard list|unlabelled|review|places|fill|vectors|fit|evaluate …; see the head of examples/scorecard/main.rs".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("scorecard: {message}");
            ExitCode::from(2)
        }
    }
}
