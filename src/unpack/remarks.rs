//! What archives say beside their members and names: comments, extra fields, bytes that fill up blocks.

/// Remarks that are not handed on yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    texts: Vec<u8>,
    /// What is no text, and would make the others none.
    raw: Vec<u8>,
}

impl Remarks {
    /// Adds what is judged as a line of its own.
    pub(super) fn add(&mut self, remark: &[u8]) {
        let is_text = |byte: &u8| *byte >= b' ' || byte.is_ascii_whitespace();
        let kept = if remark.iter().all(is_text) { &mut self.texts } else { &mut self.raw };
        if !kept.is_empty() {
            kept.push(b'\n');
        }
        kept.extend_from_slice(remark);
    }

    /// Adds what fills up a block, unless it is noughts.
    pub(super) fn add_filling(&mut self, filling: &[u8]) {
        if filling.iter().any(|byte| *byte != 0) {
            self.add(filling);
        }
    }

    /// Bytes of them.
    pub(super) fn length(&self) -> usize {
        self.texts.len() + self.raw.len()
    }

    /// Takes them out: those that are text, and those that are none.
    pub(super) fn take(&mut self) -> [Vec<u8>; 2] {
        let Remarks { texts, raw } = std::mem::take(self);
        [texts, raw]
    }
}
