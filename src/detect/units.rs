//! Texts in units of 16 or 32 bits: judged as the text that they are, each find led back to the bytes as stored.

use std::io;
use std::ops::ControlFlow;

use super::parts::Part;
use super::{Asked, Detector, Found, Report};
use crate::decode::utf16::{self, Order, Width};

impl Detector<'_> {
    pub(super) fn judge_units(
        &self,
        part: &Part<'_>,
        form: (Width, Order),
        asked: Asked,
        report: &mut Report<'_>,
    ) -> io::Result<ControlFlow<()>> {
        let text = utf16::decode(part.text, form);
        let asked = Asked { is_file: true, ..asked };
        self.judge_text((&text.text, &(0..usize::MAX)), false, part.lines, asked, &mut |found| {
            let moved: Vec<Found<'_>> = found
                .iter()
                .map(|one| {
                    let mut position = one.position;
                    let begin = one.stored.as_ptr() as usize - text.text.as_ptr() as usize;
                    position.offset = part.lines.offset + text.original(begin + one.stored_secret.start) as u64;
                    Found {
                        stored_secret: one.stored_secret.clone(),
                        verdict: one.verdict.clone(),
                        position,
                        decoder: one.decoder.or(Some(form.0.decoder())),
                        ..*one
                    }
                })
                .collect();
            report(&moved)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{RULES, judge, rules, token};
    use crate::blob::Content;
    use crate::score::Confidence;

    /// A byte order mark before text that has no units, and text that was appended to units as it is, hide nothing.
    #[test]
    fn plain_bytes_behind_a_mark_or_behind_units_are_judged() {
        let rules = rules(RULES);
        let token = String::from_utf8(token(3)).expect("ASCII");
        let units: Vec<u8> = "\u{feff}started at 9:00\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for before in [&b"\xff\xfe"[..], b"\xfe\xff", &units] {
            let bytes = [before, format!("TOKEN={token}\n").as_bytes()].concat();
            let mut stream = &bytes[..];
            for content in [Content::Bytes(&bytes), Content::Stream(&mut stream)] {
                let found = judge(&rules, content, false);
                let told: Vec<_> = found.iter().map(|one| (&*one.0, one.1, one.2, &*one.4)).collect();
                assert_eq!(told, [("test-token", Some(Confidence::Likely), before.len() as u64 + 6, &*token)]);
            }
        }
    }
}
