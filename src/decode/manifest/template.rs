//! Template actions (`{{ … }}`) blanked out at equal length, so that what is left is YAML and places stay.

use std::borrow::Cow;
use std::ops::Range;

/// Longest action that is taken for one; comments of templates are the longest.
const ACTION_MOST: usize = 16 << 10;

/// A document without its template actions.
pub(super) struct Masked {
    /// The text, as long as the document.
    pub text: String,
    /// Where actions stood, in order.
    actions: Vec<Range<usize>>,
}

impl Masked {
    /// Whether an action stood in a range.
    pub fn touches(&self, range: &Range<usize>) -> bool {
        let next = self.actions.partition_point(|action| action.end <= range.start);
        self.actions.get(next).is_some_and(|action| action.start < range.end)
    }
}

/// Blanks out the actions of a document. In JSON two braces are no action.
pub(super) fn mask(document: &[u8]) -> Masked {
    let is_json = matches!(document.trim_ascii_start().first(), Some(b'{' | b'['))
        && !document.trim_ascii_start().starts_with(b"{{");
    let actions = if is_json { Vec::new() } else { find_actions(document) };
    if actions.is_empty() {
        return Masked { text: super::as_text(Cow::Borrowed(document)), actions };
    }
    let mut text = document.to_vec();
    for action in &actions {
        text[action.clone()].fill(b'x');
    }
    blank_lines(document, &mut text, &actions);
    Masked { text: super::as_text(Cow::Owned(text)), actions }
}

fn find_actions(document: &[u8]) -> Vec<Range<usize>> {
    let mut actions: Vec<Range<usize>> = Vec::new();
    let mut closes = memchr::memmem::find_iter(document, b"}}").peekable();
    for start in memchr::memmem::find_iter(document, b"{{") {
        if actions.last().is_some_and(|last| start < last.end) {
            continue;
        }
        while closes.next_if(|&close| close < start + 2).is_some() {}
        let Some(&close) = closes.peek() else { break };
        if close - start <= ACTION_MOST {
            actions.push(start..close + 2);
        }
    }
    actions
}

/// Lines (or runs of them, where an action spans several) that hold nothing but actions become blanks.
fn blank_lines(document: &[u8], text: &mut [u8], actions: &[Range<usize>]) {
    let mut index = 0;
    while index < actions.len() {
        let line_start = memchr::memrchr(b'\n', &document[..actions[index].start]).map_or(0, |end| end + 1);
        let first = index;
        let mut is_bare = document[line_start..actions[first].start].iter().all(u8::is_ascii_whitespace);
        let line_end = loop {
            let end = actions[index].end;
            index += 1;
            let line_end = memchr::memchr(b'\n', &document[end..]).map_or(document.len(), |length| end + length);
            let next = actions.get(index).map_or(document.len(), |action| action.start);
            is_bare &= document[end..line_end.min(next)].iter().all(u8::is_ascii_whitespace);
            if next >= line_end {
                break line_end;
            }
        };
        if is_bare {
            for place in line_start..line_end {
                text[place] = if matches!(document[place], b'\n' | b'\r') { document[place] } else { b' ' };
            }
        }
    }
}
