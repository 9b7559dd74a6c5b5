//! Names of a layer's entries, which are handed over many at a time.

/// Names are handed over in batches of about this size.
const NAME_BATCH: usize = 64 << 10;

/// Names or targets of links that are handed over together.
#[derive(Default)]
pub(super) struct Batch {
    pub text: Vec<u8>,
    /// Where each of them begins in the text.
    pub begins: Vec<usize>,
    /// Of targets the links, as name and number of the entry.
    pub links: Vec<(Vec<u8>, u32)>,
}

impl Batch {
    pub fn push(&mut self, line: &[u8]) {
        self.begins.push(self.text.len());
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
    }

    pub fn is_full(&self) -> bool {
        self.text.len() >= NAME_BATCH
    }

    pub fn line(&self, number: usize) -> &[u8] {
        let end = self.begins.get(number + 1).copied().unwrap_or(self.text.len());
        let line = self.begins.get(number).and_then(|begin| self.text.get(*begin..end));
        line.and_then(|line| line.strip_suffix(b"\n")).unwrap_or_default()
    }

    pub fn clear(&mut self) {
        self.text.clear();
        self.begins.clear();
        self.links.clear();
    }
}
