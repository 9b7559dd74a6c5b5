//! Objects as PDF writes them (ISO 32000-1, 7.2 and 7.3), in a file's body and as operands of a page. Knows no file.

/// Nesting of lists and dictionaries that is read.
const DEEPEST: usize = 24;

/// Longest object of a file's body that is read.
const LONGEST: usize = 1 << 20;

/// Objects within one, at most.
const MOST: usize = 1 << 18;

/// One object, or an operator.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object<'a> {
    /// Without its slash, as it stands.
    Name(&'a [u8]),
    Number(f64),
    Text(Vec<u8>),
    List(Vec<Object<'a>>),
    Dictionary(Dictionary<'a>),
    /// The number of another object.
    Reference(u32),
    /// An operator, or one of the few words.
    Word(&'a [u8]),
}

impl<'a> Object<'a> {
    pub(super) fn name(&self) -> Option<&'a [u8]> {
        if let Object::Name(name) = self { Some(name) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Object<'a>]> {
        if let Object::List(list) = self { Some(list) } else { None }
    }

    pub(super) fn dictionary(&self) -> Option<&Dictionary<'a>> {
        if let Object::Dictionary(dictionary) = self { Some(dictionary) } else { None }
    }

    pub(super) fn reference(&self) -> Option<u32> {
        if let Object::Reference(number) = self { Some(*number) } else { None }
    }

    pub(super) fn number(&self) -> Option<f64> {
        if let Object::Number(number) = self { Some(*number) } else { None }
    }

    /// A number that counts something.
    pub(super) fn count(&self) -> Option<usize> {
        // Beyond what fits the cast gives the largest, which is no length of anything here.
        self.number().filter(|number| *number >= 0.0).map(|number| number as usize)
    }
}

/// Names with their values, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Dictionary<'a>(pub(super) Vec<(&'a [u8], Object<'a>)>);

impl<'a> Dictionary<'a> {
    pub(super) fn get(&self, name: &[u8]) -> Option<&Object<'a>> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    pub(super) fn is(&self, name: &[u8], value: &[u8]) -> bool {
        self.get(name).and_then(Object::name) == Some(value)
    }
}

/// Reads one object after the other.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// Objects that the one at hand may still hold.
    room: usize,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_blank(byte) && !b"()<>[]{}/%".contains(&byte)
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Lexer { bytes, at: at.min(bytes.len()), room: MOST }
    }

    /// The one object that begins at a place, and where it ends; of one that does not parse only that.
    pub(super) fn one(bytes: &'a [u8], at: usize) -> (Option<Object<'a>>, usize) {
        let mut lexer = Lexer::new(&bytes[..bytes.len().min(at.saturating_add(LONGEST))], at);
        (lexer.next(), lexer.at)
    }

    /// The bytes that were not read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes over blanks and comments.
    pub(super) fn pass_blanks(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'%' {
                let rest = self.rest();
                self.at += rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
            } else if is_blank(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next object; `None` at the end and where nothing makes sense.
    pub(super) fn next(&mut self) -> Option<Object<'a>> {
        self.room = MOST;
        self.object(0)
    }

    fn object(&mut self, depth: usize) -> Option<Object<'a>> {
        self.pass_blanks();
        self.room = self.room.checked_sub(1)?;
        let rest = self.rest();
        match rest {
            [b'/', ..] => {
                self.at += 1;
                Some(Object::Name(self.regular()))
            }
            [b'(', ..] => self.literal().map(Object::Text),
            [b'<', b'<', ..] => self.dictionary(depth),
            [b'<', ..] => self.hexadecimal().map(Object::Text),
            [b'[', ..] => self.list(depth),
            [byte, ..] if is_regular(*byte) => {
                let word = self.regular();
                Some(number(word).map_or(Object::Word(word), Object::Number))
            }
            [_, ..] => {
                // A bracket that closes nothing.
                self.at += 1;
                Some(Object::Word(&rest[..1]))
            }
            [] => None,
        }
    }

    fn regular(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let end = rest.iter().position(|byte| !is_regular(*byte)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    /// `(…)` with its escapes, where parentheses in pairs stand for themselves.
    fn literal(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        let mut open = 0_usize;
        loop {
            match self.byte()? {
                b'(' => {
                    open += 1;
                    if open > 1 {
                        text.push(b'(');
                    }
                }
                b')' => {
                    open = open.saturating_sub(1);
                    if open == 0 {
                        return Some(text);
                    }
                    text.push(b')');
                }
                b'\\' => match self.byte()? {
                    b'n' => text.push(b'\n'),
                    b'r' => text.push(b'\r'),
                    b't' => text.push(b'\t'),
                    b'b' => text.push(8),
                    b'f' => text.push(0x0c),
                    b'\r' if self.rest().starts_with(b"\n") => self.at += 1,
                    b'\r' | b'\n' => {}
                    digit @ b'0'..=b'7' => text.push(self.octal(digit)),
                    other => text.push(other),
                },
                byte => text.push(byte),
            }
        }
    }

    /// The byte of one to three digits; more than it can hold is cut.
    fn octal(&mut self, first: u8) -> u8 {
        let mut code = u32::from(first - b'0');
        for _ in 0..2 {
            let Some(digit @ b'0'..=b'7') = self.bytes.get(self.at) else { break };
            code = code * 8 + u32::from(digit - b'0');
            self.at += 1;
        }
        (code & 0xff) as u8
    }

    /// `<…>`: pairs of digits, blanks between them, and a nought for a last one that is missing.
    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        let inside = &self.rest()[1..];
        let end = memchr::memchr(b'>', inside)?;
        self.at += end + 2;
        Some(pairs(&inside[..end]))
    }

    fn list(&mut self, depth: usize) -> Option<Object<'a>> {
        self.at += 1;
        let mut list = Vec::new();
        self.members(depth, &mut list, b"]")?;
        Some(Object::List(list))
    }

    fn dictionary(&mut self, depth: usize) -> Option<Object<'a>> {
        self.at += 2;
        let mut flat = Vec::new();
        self.members(depth, &mut flat, b">>")?;
        let mut flat = flat.into_iter();
        let mut entries = Vec::new();
        // What is no name is passed by, so that one fault does not take the rest with it.
        while let Some(key) = flat.next() {
            if let Object::Name(key) = key
                && let Some(value) = flat.next()
            {
                entries.push((key, value));
            }
        }
        Some(Object::Dictionary(Dictionary(entries)))
    }

    fn members(&mut self, depth: usize, members: &mut Vec<Object<'a>>, end: &[u8]) -> Option<()> {
        if depth >= DEEPEST {
            return None;
        }
        loop {
            self.pass_blanks();
            if self.rest().starts_with(end) {
                self.at += end.len();
                return Some(());
            }
            match self.object(depth + 1)? {
                Object::Word(b"R") => {
                    if let [.., number, Object::Number(_)] = members.as_slice()
                        && let Some(number) = number.count().and_then(|number| u32::try_from(number).ok())
                    {
                        members.truncate(members.len() - 2);
                        members.push(Object::Reference(number));
                    }
                }
                // It was never closed.
                Object::Word(b"endobj" | b"stream" | b"endstream") => return None,
                member => members.push(member),
            }
        }
    }
}

/// What hexadecimal digits stand for.
pub(super) fn pairs(digits: &[u8]) -> Vec<u8> {
    let mut values = digits.iter().filter_map(|digit| char::from(*digit).to_digit(16)).map(|value| value as u8);
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    while let Some(high) = values.next() {
        bytes.push(high << 4 | values.next().unwrap_or(0));
    }
    bytes
}

fn number(word: &[u8]) -> Option<f64> {
    if !word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.')) {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_as_they_are_written() {
        let text = br"<</A 12 0 R/B[(a\(b\051(c)\
d) <41 4>]/C<</D -1.5>>>> Tj";
        let mut lexer = Lexer::new(text, 0);
        let Some(Object::Dictionary(dictionary)) = lexer.next() else { panic!("a dictionary") };
        assert_eq!(dictionary.get(b"A"), Some(&Object::Reference(12)));
        let strings = [Object::Text(b"a(b)(c)d".to_vec()), Object::Text(b"A@".to_vec())];
        assert_eq!(dictionary.get(b"B").and_then(Object::list), Some(&strings[..]));
        let inner = dictionary.get(b"C").and_then(Object::dictionary).unwrap();
        assert_eq!(inner.get(b"D").and_then(Object::number), Some(-1.5));
        assert_eq!(lexer.next(), Some(Object::Word(b"Tj")));
        assert_eq!(lexer.next(), None);
    }

    #[test]
    fn what_never_ends_is_given_up() {
        for broken in [&b"<</A (never"[..], b"[[[[", b"<41", b"<</A 1", &b"[".repeat(100_000)] {
            assert_eq!(Lexer::one(broken, 0).0, None);
        }
    }
}
