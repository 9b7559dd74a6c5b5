//! The page that lists all signatures, `docs/signatures.md`: written from the signatures, never by hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Loaded, Recogniser, Signature};

/// The page in Markdown.
pub fn markdown(loaded: &Loaded) -> String {
    let mut providers: BTreeMap<(String, &str), Vec<&Signature>> = BTreeMap::new();
    for located in loaded {
        let provider = located.signature.provider.as_str();
        providers.entry((provider.to_lowercase(), provider)).or_default().push(&located.signature);
    }
    let services = loaded.iter().filter(|located| located.signature.recogniser == Recogniser::Service).count();
    let checked = loaded.iter().filter(|located| located.signature.proof.is_some()).count();
    let mut page = format!(
        "# Signatures\n\nWritten by a test from `signatures/`: `SCRUBJAY_UPDATE=1 cargo test --test signatures`.\n\n\
         {} shapes of {} providers; {checked} have a check that needs no network, {services} are rows of the table of services \
         whose keys have no shape of their own. `scrubjay signatures show ID` shows all that one says.\n",
        loaded.len(),
        providers.len()
    );
    for ((_, provider), signatures) in &mut providers {
        signatures.sort_by(|a, b| a.id.cmp(&b.id));
        write!(page, "\n## {provider}\n\n| id | what | severity | lives | check | what it opens | to rotate |\n")
            .expect(STRING);
        page.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
        for signature in signatures {
            let cells = [
                format!("`{}`", signature.id),
                signature.title.clone(),
                if signature.identifier { "id only".to_owned() } else { signature.severity.to_string() },
                signature.lifetime.name().to_owned(),
                check(signature),
                signature.opens.clone(),
                signature.rotate.clone(),
            ];
            writeln!(page, "| {} |", cells.map(|cell| escaped(&cell)).join(" | ")).expect(STRING);
        }
    }
    page
}

const STRING: &str = "a string takes all that is written";

/// How a find of the signature is held against what only looks like it.
fn check(signature: &Signature) -> String {
    match (&signature.proof, signature.recogniser) {
        (Some(proof), _) => {
            serde_json::to_value(proof).ok().and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
        }
        (None, Recogniser::Pattern) if signature.context == 0 => "shape".to_owned(),
        (None, Recogniser::Pattern) => "shape and word".to_owned(),
        (None, Recogniser::Service) => "word, name, length".to_owned(),
        (None, Recogniser::Assignment) => "name".to_owned(),
        (None, Recogniser::Column) => "column of a table".to_owned(),
        (None, Recogniser::Login) => "place in a call".to_owned(),
        (None, Recogniser::Command | Recogniser::Directive) => "form of the line".to_owned(),
        (None, Recogniser::File | Recogniser::Bytes) => "whole file".to_owned(),
        (None, Recogniser::Lines) => "lines of a file".to_owned(),
    }
}

/// A table's cell: no bar and no break; `<` begins no element.
fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
