//! Fields and scalars of YAML, JSON and HCL as their lines and brackets show them, from a given place on.

use std::ops::Range;

/// Longest name of a field, in bytes.
const NAME_MOST: usize = 256;
/// Bytes of a line that are looked at to tell a column, which bounds what many words on one long line cost.
const COLUMN_MOST: usize = 1_024;

/// A field with a scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, without quotes.
    pub key: Range<usize>,
    /// Its value, without quotes and the header of a block.
    pub value: Range<usize>,
}

/// A text that is read from one place or another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t>(pub &'t [u8]);

impl Text<'_> {
    /// Calls `read` behind each place of a word; that tells from where on the next one is looked for.
    pub fn behind_each(self, word: &[u8], read: &mut dyn FnMut(&Range<usize>) -> usize) {
        let finder = memchr::memmem::Finder::new(word);
        let mut from = 0;
        while let Some(start) = self.0.get(from..).and_then(|rest| finder.find(rest)) {
            let mark = from + start..from + start + word.len();
            from = read(&mark).max(mark.end);
        }
    }

    /// Where the value of the field begins whose name is at `name`, on this line or a later one.
    pub fn value_of(self, name: &Range<usize>) -> Option<usize> {
        let place = name.end + usize::from(matches!(self.at(name.end), b'"' | b'\''));
        let operator = self.blanks(place);
        matches!(self.at(operator), b':' | b'=').then(|| self.content(operator + 1))
    }

    /// The fields of each item of a list that begins at `place`, of a field at `name`. Returns where the list ends.
    pub fn items(self, place: usize, name: usize, each: &mut dyn FnMut(&[Entry])) -> usize {
        let is_flow = self.at(place) == b'[';
        let column = self.column(place);
        if !is_flow && column < self.column_of_key(name) {
            return place;
        }
        let mut at = if is_flow { self.separators(place + 1) } else { place };
        loop {
            let start = match (is_flow, self.at(at)) {
                (true, b'{') => at,
                (false, b'-') if self.column(at) == column => self.blanks(at + 1),
                _ => return at,
            };
            let (fields, end) = self.mapping(start, None);
            each(&fields);
            at = if is_flow { self.separators(end) } else { self.content(end.max(at + 1)) };
        }
    }

    /// The fields with scalars of a mapping whose bracket or first field is at `place`, deeper than the field at `around`.
    /// Returns also where it ends.
    pub fn mapping(self, place: usize, around: Option<usize>) -> (Vec<Entry>, usize) {
        if self.at(place) == b'{' {
            return self.flow_mapping(place);
        }
        let column = self.column(place);
        let is_deeper = around.is_none_or(|name| column > self.column_of_key(name));
        if is_deeper { self.block_mapping(place, column) } else { (Vec::new(), place) }
    }

    fn block_mapping(self, place: usize, column: usize) -> (Vec<Entry>, usize) {
        let mut fields = Vec::new();
        let mut at = place;
        while let Some((key, behind)) = self.key(at) {
            let value = self.scalar(behind, column);
            let mut next = self.line_end(at);
            if let Some(value) = value {
                next = self.line_end(value.end.max(next));
                fields.push(Entry { key, value });
            }
            // What is deeper belongs to this field.
            at = self.content(next);
            while at < self.0.len() && self.column(at) > column {
                at = self.content(self.line_end(at));
            }
            if at >= self.0.len() || self.column(at) < column {
                break;
            }
        }
        (fields, at)
    }

    fn flow_mapping(self, open: usize) -> (Vec<Entry>, usize) {
        let mut fields = Vec::new();
        let mut at = self.separators(open + 1);
        while let Some((key, behind)) = self.key(at) {
            let mut start = self.content(behind);
            if self.at(start) == b'!' {
                start = self.blanks(self.word_end(start));
            }
            at = match self.at(start) {
                b'"' | b'\'' => {
                    let Some(value) = self.quoted(start) else { return (fields, start) };
                    let end = value.end + 1;
                    fields.push(Entry { key, value });
                    end
                }
                b'{' | b'[' => self.brackets(start),
                _ => {
                    let rest = &self.0[start..];
                    let end = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b'\n')).unwrap_or(rest.len());
                    let value = start..start + rest[..end].trim_ascii_end().len();
                    fields.push(Entry { key, value });
                    start + end
                }
            };
            at = self.separators(at);
        }
        (fields, at + usize::from(self.at(at) == b'}'))
    }

    /// A name at `place`, and where what follows its operator begins.
    fn key(self, place: usize) -> Option<(Range<usize>, usize)> {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | 0x80..);
        let (key, behind) = match self.at(place) {
            quote @ (b'"' | b'\'') => {
                let rest = self.0.get(place + 1..)?;
                let end = rest.iter().take(NAME_MOST).position(|&byte| byte == quote)?;
                (place + 1..place + 1 + end, place + end + 2)
            }
            _ => {
                let length = self.0.get(place..)?.iter().take(NAME_MOST).take_while(|byte| is_name(byte)).count();
                (place..place + length, place + length)
            }
        };
        let operator = self.blanks(behind);
        (!key.is_empty() && matches!(self.at(operator), b':' | b'=')).then_some((key, operator + 1))
    }

    /// The scalar that begins at `place`, behind a tag or not, in a mapping of some column: in quotes, in a block, or plain,
    /// with all its lines.
    pub fn scalar(self, place: usize, column: usize) -> Option<Range<usize>> {
        let mut start = self.blanks(place);
        if self.at(start) == b'!' {
            start = self.blanks(self.word_end(start));
        }
        match self.at(start) {
            b'"' | b'\'' => return self.quoted(start),
            b'|' | b'>' => start = self.line_end(start),
            b'\n' | b'\r' => {
                let next = self.content(start);
                if next < self.0.len() && self.column(next) > column && matches!(self.at(next), b'"' | b'\'') {
                    return self.quoted(next);
                }
            }
            _ => {
                let comment = |&at: &usize| self.0[at] == b'\n' || is_blank(self.0[at - 1]);
                let mut stops = memchr::memchr2_iter(b'\n', b'#', &self.0[start..]).map(|at| start + at);
                let end = stops.find(comment).unwrap_or(self.0.len());
                if self.at(end) == b'#' {
                    return Some(self.trim(start..end));
                }
            }
        }
        Some(self.trim(start..self.deeper(self.line_end(start), column)))
    }

    /// The end of the lines behind the line end at `line` that are blank or deeper than a column.
    fn deeper(self, line: usize, column: usize) -> usize {
        let mut end = line;
        while end < self.0.len() {
            let next = self.line_end(end + 1);
            let text = self.0[end + 1..next].trim_ascii();
            let indent = self.blanks(end + 1) - (end + 1);
            if !text.is_empty() && indent <= column {
                break;
            }
            end = next;
        }
        end
    }

    /// What stands in the quotes that open at `open`.
    fn quoted(self, open: usize) -> Option<Range<usize>> {
        let quote = self.at(open);
        let mut at = open + 1;
        while at < self.0.len() {
            match self.0[at] {
                b'\\' if quote == b'"' => at += 1,
                byte if byte == quote => return Some(open + 1..at),
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Passes what stands in brackets.
    fn brackets(self, open: usize) -> usize {
        let (mut depth, mut at) = (0usize, open);
        while at < self.0.len() {
            match self.0[at] {
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth <= 1 => return at + 1,
                b'}' | b']' => depth -= 1,
                b'"' => at = self.quoted(at).map_or(self.0.len(), |inside| inside.end),
                _ => {}
            }
            at += 1;
        }
        self.0.len()
    }

    /// The column that what belongs to a node with a tag at `place` must be deeper than: that of its field, or of its item.
    pub fn column_of_node(self, place: usize) -> Option<usize> {
        let start = self.line_start(place);
        let before = self.0[start..place].trim_ascii_end();
        let before = before.strip_suffix(b"!").unwrap_or(before).trim_ascii_end();
        match before.last()? {
            b'-' => Some(before.len() - 1),
            b':' => Some(self.column_of_key(place)),
            _ => None,
        }
    }

    /// The column of the first field of a line, behind the dashes of items.
    fn column_of_key(self, place: usize) -> usize {
        let start = self.line_start(place);
        let is_indent = |byte: &u8| is_blank(*byte) || *byte == b'-';
        self.0[start..place].iter().take_while(|byte| is_indent(byte)).count()
    }

    fn column(self, place: usize) -> usize {
        place - self.line_start(place)
    }

    /// Where the line of a place begins, or a place in it that is far enough before.
    fn line_start(self, place: usize) -> usize {
        let place = place.min(self.0.len());
        let least = place.saturating_sub(COLUMN_MOST);
        memchr::memrchr(b'\n', &self.0[least..place]).map_or(least, |line| least + line + 1)
    }

    fn line_end(self, place: usize) -> usize {
        let from = place.min(self.0.len());
        memchr::memchr(b'\n', &self.0[from..]).map_or(self.0.len(), |line| from + line)
    }

    fn word_end(self, place: usize) -> usize {
        let rest = &self.0[place.min(self.0.len())..];
        place + rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len())
    }

    fn blanks(self, place: usize) -> usize {
        let rest = &self.0[place.min(self.0.len())..];
        place + rest.iter().take_while(|byte| is_blank(**byte)).count()
    }

    /// Passes blanks, line ends, comments and the lines of templates.
    fn content(self, place: usize) -> usize {
        let mut at = place;
        loop {
            at = self.blanks(at);
            match (self.at(at), self.at(at + 1)) {
                _ if at >= self.0.len() => return self.0.len(),
                (b'\n' | b'\r', _) => at += 1,
                (b'#', _) | (b'{', b'{' | b'%') => at = self.line_end(at),
                _ => return at,
            }
        }
    }

    /// Passes what stands between the fields or items in brackets.
    fn separators(self, place: usize) -> usize {
        let mut at = self.content(place);
        while self.at(at) == b',' && at < self.0.len() {
            at = self.content(at + 1);
        }
        at
    }

    fn at(self, place: usize) -> u8 {
        self.0.get(place).copied().unwrap_or(b'\n')
    }

    fn trim(self, range: Range<usize>) -> Range<usize> {
        let inside = &self.0[range.clone()];
        let start = range.start + inside.len() - inside.trim_ascii_start().len();
        start..start + inside.trim_ascii().len()
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
