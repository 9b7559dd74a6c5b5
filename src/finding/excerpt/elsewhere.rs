//! Secrets of other texts on the line that is shown of one: a password that one file gives away stands in the next without a name.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{CUT, Excerpt, STARS};
use crate::origin::printable;
use crate::secret::{Secret, is_whole};

/// Bytes that secrets are looked up by: the shortest has as many.
const KEY: usize = 4;
/// A shorter one is hidden only where it is a word of its own: `admin`.
const SHORT: usize = 8;

/// All secrets of a report, to be hidden on the lines that it shows.
pub struct Elsewhere {
    secrets: Vec<String>,
    /// Those that begin with some bytes, the longest first.
    by_start: HashMap<[u8; KEY], Vec<usize>>,
    /// Those that end with some bytes.
    by_end: HashMap<[u8; KEY], Vec<usize>>,
}

impl Elsewhere {
    /// Secrets as text shows them.
    pub fn of<'s>(secrets: impl Iterator<Item = &'s Secret>) -> Self {
        let mut secrets: Vec<String> =
            secrets.map(|secret| printable(secret.expose())).filter(|text| text.len() >= KEY).collect();
        secrets.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        secrets.dedup();
        let (mut by_start, mut by_end) = (HashMap::<_, Vec<usize>>::new(), HashMap::<_, Vec<usize>>::new());
        for (number, secret) in secrets.iter().enumerate() {
            by_start.entry(key(secret.as_bytes())).or_default().push(number);
            by_end.entry(key(&secret.as_bytes()[secret.len() - KEY..])).or_default().push(number);
        }
        Elsewhere { secrets, by_start, by_end }
    }

    /// Hides them on a line, but for what stands for its own secret.
    pub fn hide(&self, excerpt: &mut Excerpt) {
        let (start, end) = excerpt.mark;
        let (Some(before), Some(own), Some(after)) =
            (excerpt.text.get(..start), excerpt.text.get(start..end), excerpt.text.get(end..))
        else {
            return;
        };
        let [before, after] = [before, after].map(|part| self.without(part));
        let mark = (before.len(), before.len() + own.len());
        *excerpt = Excerpt { text: [&*before, own, &*after].concat(), mark };
    }

    /// A part of a line without them.
    fn without<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let bytes = text.as_bytes();
        let (mut shown, mut copied, mut at) = (String::new(), 0, 0);
        while at + KEY <= bytes.len() {
            match self.length_at(bytes, at) {
                Some(length) => {
                    shown.push_str(&text[copied..at]);
                    shown.push_str(STARS);
                    at += length;
                    copied = at;
                }
                None => at += 1,
            }
        }
        if copied == 0 { text.into() } else { (shown + &text[copied..]).into() }
    }

    /// How many bytes of a secret stand at a place: all of it, or what a cut left.
    fn length_at(&self, text: &[u8], at: usize) -> Option<usize> {
        let cut = CUT.len();
        // What is left of one that was cut at its beginning.
        if at == cut && text.starts_with(CUT.as_bytes()) {
            let rest = &text[at..];
            let is_rest = |length: &usize| {
                let part = &rest[..*length];
                let ends = self.by_end.get(&key(&part[length - KEY..]));
                ends.is_some_and(|ends| ends.iter().any(|&number| self.secrets[number].as_bytes().ends_with(part)))
            };
            if let Some(length) = (KEY + 1..=rest.len()).rev().find(is_rest) {
                return Some(length);
            }
        }
        let known = self.by_start.get(&key(&text[at..]))?;
        known.iter().find_map(|&number| {
            let secret = self.secrets[number].as_bytes();
            let rest = &text[at..];
            if rest.starts_with(secret) {
                let is_told = secret.len() >= SHORT || is_whole(text, at..at + secret.len());
                return is_told.then_some(secret.len());
            }
            let shown = rest.strip_suffix(CUT.as_bytes())?;
            (shown.len() > KEY && secret.starts_with(shown)).then_some(shown.len())
        })
    }
}

/// The first bytes of a text that has as many.
fn key(text: &[u8]) -> [u8; KEY] {
    [text[0], text[1], text[2], text[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_other_texts_are_hidden() {
        let secrets = [&b"Kaffee!9pause"[..], b"Kaffee!9pause-lang", b"tiger7"].map(Secret::new);
        let known = Elsewhere::of(secrets.iter());
        for (text, mark, shown) in [
            ("T=**** note:Kaffee!9pause", (2, 6), "T=**** note:****"),
            ("u Kaffee!9pause-lang; T=****, tiger7", (24, 28), "u ****; T=****, ****"),
            // A short one is no part of a word; of one that was cut nothing is left.
            ("T=**** xtiger7 tiger77", (2, 6), "T=**** xtiger7 tiger77"),
            ("T=**** Kaffee!9…", (2, 6), "T=**** ****…"),
            ("…!9pause T=****", (13, 17), "…**** T=****"),
            ("größe Kaffee!9pause T=****", (24, 28), "größe **** T=****"),
        ] {
            let mut excerpt = Excerpt { text: text.to_owned(), mark };
            assert_eq!(&text[mark.0..mark.1], STARS, "{text}");
            known.hide(&mut excerpt);
            assert_eq!(excerpt.text, shown);
            assert_eq!(&excerpt.text[excerpt.mark.0..excerpt.mark.1], STARS, "{shown}");
        }
    }
}
