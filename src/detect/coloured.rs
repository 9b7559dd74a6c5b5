//! Lines in colours: judged without these, each find led back to the bytes as stored.

use std::ops::Range;

use super::{DecodedText, Detector, Judged};
use crate::candidate::{Candidate, Span};
use crate::decode::runs::Run;
use crate::score::{self, Why};

impl Detector<'_> {
    /// Adds what lines hold that are no text as they stand, and drops what was found there with a colour in it.
    pub(super) fn add_coloured(
        &self,
        text: &[u8],
        lines: Vec<Run>,
        judged: &mut Vec<Judged>,
        decoded: &mut Vec<DecodedText>,
    ) {
        let mut known: Vec<usize> = (0..judged.len()).filter(|&index| judged[index].decoded.is_none()).collect();
        known.sort_by_key(|&index| judged[index].stored.start);
        let mut candidates = Vec::new();
        for line in lines {
            let first = known.partition_point(|&index| judged[index].stored.start < line.place.start);
            let after = known.partition_point(|&index| judged[index].stored.start < line.place.end);
            candidates.clear();
            self.text.candidates(&line.content, 0..line.content.len(), &mut candidates);
            let mut is_used = false;
            for mut candidate in candidates.iter().copied() {
                // A colour behind its last byte is none of it.
                let original = |part: Range<usize>| {
                    let last = line.origins[part.end.max(part.start + 1) - 1] as usize + 1;
                    line.origins[part.start] as usize..last
                };
                let place = original(candidate.secret.range());
                let is_plain = text[place.clone()] == line.content[candidate.secret.range()];
                let mut is_known = false;
                for &index in &known[first..after] {
                    let one = &mut judged[index];
                    let is_same = one.stored == place;
                    is_known |= is_plain && is_same && one.candidate.rule == candidate.rule;
                    let overlaps = one.stored.start < place.end && place.start < one.stored.end;
                    if !is_plain && is_same || overlaps && text[one.stored.clone()].contains(&0x1b) {
                        let why = Why { name: "encoded", points: 0, text: "it is judged without colours".into() };
                        one.verdict.lower(None, why);
                    }
                }
                if is_known {
                    continue;
                }
                let verdict = score::judge(self.rule(&candidate), &line.content, &candidate);
                let index = if is_plain {
                    let [span, reach] = [candidate.span, candidate.reach].map(|span| Span::new(original(span.range())));
                    candidate = Candidate { span, reach, secret: Span::new(place.clone()), ..candidate };
                    None
                } else {
                    is_used = true;
                    Some(decoded.len())
                };
                judged.push(Judged::new(candidate, verdict, index, place));
            }
            if is_used {
                decoded.push(DecodedText { text: line.content, decoder: line.decoder });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{RULES, judge, rules, token};
    use crate::blob::Content;

    #[test]
    fn colours_count_as_nothing_and_places_are_those_of_the_file() {
        let rules = rules(RULES);
        let token = String::from_utf8(token(5)).expect("ASCII");
        let pass = &token[4..];
        let (first, last) = token.split_at(9);
        let found = |text: &str| {
            let found = judge(&rules, Content::Bytes(text.as_bytes()), false);
            let found: Vec<_> = found.into_iter().map(|one| (one.0, one.2 as usize, one.3, one.4)).collect();
            found
        };
        for text in [
            format!("line\n\x1b[36mDB_PASSWORD\x1b[0m=\x1b[33m{pass}\x1b[0m\n"),
            format!("line\nDB_PASSWORD\x1b[2m=\x1b[0m{pass}\x1b[0m\n"),
            format!("line\n\x1b[1mpassword:\x1b[0m \x1b[1;38;5;12m\"{pass}\"\x1b[0m,\n"),
            format!("line\n{{\"log\":\"\\u001b[32mDB_PASSWORD\\u001b[39m=\\u001b[33m{pass}\\u001b[39m\"}}\n"),
        ] {
            let place = text.find(pass).expect("is there");
            let told = found(&text);
            assert_eq!(
                told,
                [("generic-password".to_owned(), place, (2, place as u64 - 4), pass.to_owned())],
                "{text:?}"
            );
        }
        let text = format!("x {first}\x1b[01;31m\x1b[K{last}\x1b[m y\n");
        assert_eq!(found(&text), [("test-token".to_owned(), 2, (1, 3), token.clone())]);
        let text = format!("DB_PASSWORD={}\x1b[m{}\n", &pass[..9], &pass[9..]);
        assert_eq!(found(&text), [("generic-password".to_owned(), 12, (1, 13), pass.to_owned())]);
        let text = format!("API_TOKEN=\x1b[31m{token}\x1b[0m\n");
        assert_eq!(found(&text), [("test-token".to_owned(), 15, (1, 16), token.clone())]);
    }
}
