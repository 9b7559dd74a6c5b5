//! Finds in rendered templates: led back to the file that gives the secret, and kept where that file alone does not show it.

use std::collections::{HashMap, HashSet};
use std::ops::{ControlFlow, Range};

use super::Options;
use super::excerpts::{NEAR, Neighbours, excerpt_of};
use super::explain;
use super::gather::{Gathering, Tally};
use super::hit::{Hit, is_of_a_mark, may_be_shown};
use super::places::shown_path;
use crate::allow::inline::Mark;
use crate::blob::{Blob, Content, Left, Piece, Rendered};
use crate::decode;
use crate::detect::{Found, Position};
use crate::finding::excerpt::Covered;
use crate::origin::{Origin, Step};
use crate::secret::Secret;

/// What stands for a decoder where a template makes a secret of values.
const RENDERED: &str = "rendered";
/// What was put in and is shorter than this is no secret, and is shown in the line of one.
const SHORTEST_HIDDEN: usize = 5;

impl Gathering<'_> {
    /// Judges a rendered template. It is no object of its own: what it is made of was read, and counted.
    pub(super) fn judge_rendered(&self, origin: &Origin, rendered: Rendered<'_>, tally: &Tally) {
        // A values file in a package that was not asked for takes no part.
        if rendered.origins().any(|origin| self.leaves_out(&origin)) {
            return;
        }
        let blob = Blob { origin: origin.clone(), content: Content::Rendered(rendered) };
        let explain = rendered.origins().any(|origin| explain::is_wanted(&self.options.explain, &origin));
        // What is in memory cannot fail to be read.
        let (_, taken) = self.detector.judge_with_effort(blob, explain, &mut |found| {
            let hits = self.hits_of_rendered(&rendered, found);
            if !hits.is_empty() {
                tally.leaves(Left::Something);
                self.add(hits);
            }
            if explain {
                for (file, one) in found.iter().filter_map(|one| led_back(&rendered, one)) {
                    self.explain(&(rendered.origin_of)(file), &[one]);
                }
            }
            ControlFlow::Continue(())
        });
        self.give_up(origin, &taken.given_up, tally);
    }

    fn hits_of_rendered(&self, rendered: &Rendered<'_>, found: &[Found<'_>]) -> Vec<Hit> {
        let neighbours = Neighbours::of(found.iter());
        let mut hits = Vec::new();
        for one in found.iter().filter(|one| !is_of_a_mark(one)) {
            let Some(confidence) = one.verdict.confidence else { continue };
            let Some((file, back)) = led_back(rendered, one) else { continue };
            let mut hit = Hit::of(
                (&(rendered.origin_of)(file), &back),
                &Neighbours::default(),
                false,
                (self.detector, self.options),
            );
            // Ids are told where they stand.
            hit.is_id = false;
            if may_be_shown(confidence, one.rule, self.options) {
                // The line is that of the rendered text, for no other has all of the secret.
                let public_prefix = if one.decoder.is_some() { 0 } else { one.public_prefix() };
                let covered = Covered { span: one.stored_secret.clone(), public_prefix };
                let beside = put_in_beside(rendered, &covered);
                let show = self.options.show_secrets;
                hit.excerpt = excerpt_of((one, &hit.shown), (&covered, &beside), &neighbours, show);
            }
            hits.push(hit);
        }
        hits
    }
}

/// Where the secret of a find stands in a rendered text: of what stands there in base64 the part that encodes it, or the first that comes
/// from what the secret has in it.
fn place_of(rendered: &Rendered<'_>, one: &Found<'_>) -> Range<usize> {
    let whole = one.stored_secret.clone();
    let first = rendered.pieces.partition_point(|piece| piece.place.end <= whole.start);
    if rendered.pieces.get(first + 1).is_none_or(|second| second.place.start >= whole.end) {
        return whole;
    }
    let secret = one.candidate.secret.range();
    let part = password_of_two(one.secret()).map(|part| secret.start + part.start..secret.start + part.end);
    let part = part.unwrap_or(secret);
    if one.decoder.is_none() {
        return part;
    }
    let stored = rendered.text.get(whole.clone()).unwrap_or_default();
    let is_one_run = !stored.iter().any(u8::is_ascii_whitespace);
    let content = decode::base64(stored).filter(|_| is_one_run);
    if content.is_some_and(|content| content.get(..part.end) == one.text.get(..part.end)) {
        let place = encoded(&part);
        return whole.start + place.start..whole.start + place.end;
    }
    let secret = one.secret();
    let mut within = rendered.pieces[first..].iter().take_while(|piece| piece.place.start < whole.end);
    let gives = |piece: &&Piece| {
        let from = rendered.files.get(piece.file).and_then(|file| file.get(piece.from.clone())).unwrap_or_default();
        from.len() >= SHORTEST_HIDDEN
            && (memchr::memmem::find(secret, from).is_some() || memchr::memmem::find(from, secret).is_some())
    };
    within.find(gives).map_or(whole, |piece| piece.place.clone())
}

/// Of a user and a password in base64, as registries and servers are given them, what encodes the password.
fn password_of_two(secret: &[u8]) -> Option<Range<usize>> {
    let content = decode::base64_text(secret)?;
    let colon = memchr::memchr(b':', &content)?;
    Some(encoded(&(colon + 1..content.len()))).filter(|part| !part.is_empty() && part.end <= secret.len())
}

/// The characters of base64 that encode a part and nothing else: four are three bytes.
fn encoded(part: &Range<usize>) -> Range<usize> {
    (part.start * 4).div_ceil(3)..(part.end * 4 / 3).max((part.start * 4).div_ceil(3) + 1)
}

/// The number of the file that gives a find, and the find as one of that file; `None` where nothing in it was put in.
fn led_back<'f>(rendered: &Rendered<'f>, one: &Found<'f>) -> Option<(usize, Found<'f>)> {
    let (file, stored_secret) = rendered.led_back(&place_of(rendered, one))?;
    let stored = *rendered.files.get(file)?;
    let position = Position::of(stored, &stored_secret);
    let verdict = one.verdict.clone();
    Some((file, Found { stored, stored_secret, position, verdict, decoder: one.decoder.or(Some(RENDERED)), ..*one }))
}

/// What else was put in near a secret: it may be one that shows only where it comes from.
fn put_in_beside(rendered: &Rendered<'_>, secret: &Covered) -> Vec<Covered> {
    let (from, to) = (secret.span.start.saturating_sub(NEAR), secret.span.end + NEAR);
    let first = rendered.pieces.partition_point(|piece| piece.place.end <= from);
    let near = rendered.pieces[first..].iter().take_while(|piece| piece.place.start < to);
    near.filter(|piece| piece.place.end <= secret.span.start || piece.place.start >= secret.span.end)
        .filter(|piece| piece.place.len() >= SHORTEST_HIDDEN)
        .map(|piece| Covered { span: piece.place.clone(), public_prefix: 0 })
        .collect()
}

/// Sorts hits by their places, and leaves out finds in rendered templates that their file shows by itself, and all but the surest
/// of those that come from one value.
pub(super) fn sort_and_settle(hits: &mut Vec<Hit>, options: &Options) {
    hits.sort_by(|a, b| (&a.origin, a.location, a.rule).cmp(&(&b.origin, b.location, b.rule)));
    let is_rendered = |hit: &Hit| matches!(hit.origin.last(), Step::Rendered { .. });
    if !hits.iter().any(is_rendered) {
        return;
    }
    let rule = |hit: &Hit| &options.rules.rules[usize::from(hit.rule)];
    let sure = |hit: &Hit| (rule(hit).is_of_shape(), hit.verdict.confidence);
    // A file of one line is a list of users to a rule that counts at the path of one only: it shows nothing here.
    let counts = |hit: &Hit| rule(hit).at_path(&shown_path(&hit.origin, None));
    let mut known: HashMap<(Secret, &Origin), Vec<usize>> = HashMap::new();
    for (index, hit) in hits.iter().enumerate().filter(|(_, hit)| is_rendered(hit) || counts(hit)) {
        known.entry((hit.secret.without_white_space(), hit.origin.unrendered())).or_default().push(index);
    }
    let mut dropped = HashSet::new();
    for group in known.into_values().filter(|group| group.iter().any(|&index| is_rendered(&hits[index]))) {
        let (rendered, plain): (Vec<usize>, Vec<usize>) =
            group.into_iter().partition(|&index| is_rendered(&hits[index]));
        let mut best: HashMap<u64, usize> = HashMap::new();
        for index in rendered {
            let hit = &hits[index];
            let (mut is_shown, mut unsure) = (false, Vec::new());
            for &other in plain.iter().filter(|&&other| touches(&hits[other], hit)) {
                let is_told = hits[other].verdict.confidence >= Some(options.min_confidence)
                    || matches!(hits[other].mark, Some(Mark::Allowed { .. }));
                if is_told || sure(&hits[other]) >= sure(hit) {
                    is_shown = true;
                } else {
                    unsure.push(other);
                }
            }
            if is_shown {
                dropped.insert(index);
                continue;
            }
            dropped.extend(unsure);
            // Of equals the first stays.
            match best.get_mut(&hit.location.offset) {
                Some(first) if sure(hit) > sure(&hits[*first]) => drop(dropped.insert(std::mem::replace(first, index))),
                Some(_) => drop(dropped.insert(index)),
                None => drop(best.insert(hit.location.offset, index)),
            }
        }
    }
    let mut index = 0..;
    hits.retain(|_| index.next().is_none_or(|index| !dropped.contains(&index)));
}

/// Whether two places in one file have a line in common.
fn touches(one: &Hit, other: &Hit) -> bool {
    one.location.line <= other.location.end_line && other.location.line <= one.location.end_line
}
