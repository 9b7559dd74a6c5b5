//! The candidates of a text that is made from a base by copying runs of it. What lies whole in a run is carried over, and
//! only what touches a seam is looked at again; the result is that of looking at all of it.

#[cfg(test)]
use super::fault::{self, Fault};
use super::{Counts, Matcher};
use crate::candidate::{Anchor, Carried, Carry, CopiedRun, Worth};
use crate::signature::{LEFT_CONTEXT, RIGHT_CONTEXT};

/// Bytes that any rule of a word may look at, on either side of it, those of its boundaries among them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sight {
    before: u32,
    after: u32,
}

impl Sight {
    /// Widens it to what a rule's window needs.
    pub(super) fn widen(&mut self, window: crate::signature::Window) {
        self.before = self.before.max(window.before.max(LEFT_CONTEXT) + LEFT_CONTEXT);
        self.after = self.after.max(window.after + RIGHT_CONTEXT);
    }
}

/// A base, a text that is made from it, and one run that they share.
#[derive(Clone, Copy)]
struct Shared {
    run: CopiedRun,
    /// Whether the run begins both texts.
    begins: bool,
    /// Whether it ends both.
    ends: bool,
}

impl Shared {
    fn new(run: CopiedRun, base_length: u32, length: u32) -> Self {
        let (begins_base, ends_base) = (run.from == 0, run.from + run.length == base_length);
        #[cfg(test)]
        if fault::is(Fault::Edges) {
            return Shared { run, begins: begins_base, ends: ends_base };
        }
        Shared { run, begins: begins_base && run.to == 0, ends: ends_base && run.to + run.length == length }
    }

    /// Whether what can be seen from `from` to `to` (places in the base, which may lie beyond its ends) is the same in
    /// both texts.
    fn shows_the_same(&self, from: i64, to: i64) -> bool {
        (from >= i64::from(self.run.from) || self.begins)
            && (to <= i64::from(self.run.from) + i64::from(self.run.length) || self.ends)
    }

    /// A place in the base as one in the text.
    fn moved(&self, place: u32) -> u32 {
        place - self.run.from + self.run.to
    }
}

impl Matcher<'_> {
    /// Finds all hits and candidates of a text, with the help of what is known of a base that it shares `runs` with. Runs
    /// come in the order of the text and do not overlap there. `carry` gets them; its kind is left alone.
    pub fn version(&self, text: &[u8], base: Option<(&Carry, &[CopiedRun])>, carry: &mut Carry) -> Counts {
        let mut counts = Counts::default();
        carry.length = text.len() as u32;
        carry.anchors.clear();
        carry.candidates.clear();
        let longest = self.margin();
        let mut settled = 0;
        if let Some((base, runs)) = base {
            // A word that begins this far before the end of a run lies in it, whichever it is.
            for run in runs.iter().filter(|run| run.length >= longest) {
                self.look(text, settled..run.to as usize, carry, &mut counts);
                let shared = Shared::new(*run, base.length, carry.length);
                self.carry_anchors(text, base, shared, carry, &mut counts);
                carry_candidates(base, shared, carry);
                settled = (run.to + run.length - longest) as usize + 1;
            }
        }
        self.look(text, settled..text.len(), carry, &mut counts);
        carry.candidates.sort_unstable_by_key(|one| {
            let Carried { candidate, worth } = one;
            ((candidate.secret, candidate.rule, candidate.span, candidate.reach), *worth == Worth::Unknown)
        });
        carry.candidates.dedup_by_key(|one| one.candidate);
        counts
    }

    /// Bytes before the end of a run from which on a word may reach beyond it.
    fn margin(&self) -> u32 {
        #[cfg(test)]
        if fault::is(Fault::Margin) {
            return self.longest as u32 - 1;
        }
        self.longest as u32
    }

    /// Looks for words that begin in a range.
    fn look(&self, text: &[u8], range: std::ops::Range<usize>, carry: &mut Carry, counts: &mut Counts) {
        let first = carry.anchors.len();
        let anchors = &mut carry.anchors;
        self.keywords.find(text, range, &mut |hit| {
            anchors.push(Anchor { start: hit.start as u32, word: hit.word });
        });
        // Those of different words may be a few bytes out of order.
        anchors[first..].sort_unstable();
        for anchor in &anchors[first..] {
            self.at_hit(text, anchor.start as usize, anchor.word, counts, &mut |candidate| {
                carry.candidates.push(Carried { candidate, worth: Worth::Unknown });
            });
        }
    }

    /// Carries the hits of a run; one that can see beyond it is judged again.
    fn carry_anchors(&self, text: &[u8], base: &Carry, shared: Shared, carry: &mut Carry, counts: &mut Counts) {
        let run = shared.run;
        let last = run.from + run.length - self.margin();
        let first = base.anchors.partition_point(|anchor| anchor.start < run.from);
        for anchor in base.anchors[first..].iter().take_while(|anchor| anchor.start <= last) {
            let moved = Anchor { start: shared.moved(anchor.start), word: anchor.word };
            carry.anchors.push(moved);
            let length = self.keywords.words()[usize::from(anchor.word)].text.len();
            let shows = |sight: Sight| {
                let (start, end) = (i64::from(anchor.start), i64::from(anchor.start) + length as i64);
                shared.shows_the_same(start - i64::from(sight.before), end + i64::from(sight.after))
            };
            if shows(self.sight(anchor.word)) {
                continue;
            }
            // Of a word that rules for tables have, too, the others see less far.
            let place = moved.start as usize..moved.start as usize + length;
            for rule in self.rules_of(anchor.word) {
                let mut sight = Sight::default();
                sight.widen(rule.traits().window);
                if !shows(sight) {
                    self.at_rule(rule, text, place.clone(), counts, &mut |candidate| {
                        carry.candidates.push(Carried { candidate, worth: Worth::Unknown });
                    });
                }
            }
        }
    }
}

/// Carries the candidates of which all that they depend on lies in a run.
fn carry_candidates(base: &Carry, shared: Shared, carry: &mut Carry) {
    let run = shared.run;
    let first = base.candidates.partition_point(|one| one.candidate.secret.start < run.from);
    let inside = base.candidates[first..].iter().take_while(|one| one.candidate.secret.start < run.from + run.length);
    for one in inside {
        let mut candidate = one.candidate;
        let from = i64::from(candidate.reach.start) - i64::from(LEFT_CONTEXT);
        if !shared.shows_the_same(from, i64::from(candidate.reach.end) + i64::from(RIGHT_CONTEXT)) {
            continue;
        }
        for span in [&mut candidate.span, &mut candidate.secret, &mut candidate.reach] {
            span.start = shared.moved(span.start);
            span.end = shared.moved(span.end);
        }
        carry.candidates.push(Carried { candidate, worth: one.worth });
    }
}
