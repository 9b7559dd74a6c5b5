//! The words of a line, and where they stand.

use std::ops::Range;

/// Most words of a line that are read.
const MOST: usize = 64;

/// Longest variable or command in brackets that goes into a word.
const SUBSTITUTED: usize = 64;

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// All of it.
    pub whole: Range<usize>,
    /// It without the quotes around it.
    pub content: Range<usize>,
    /// Whether there are some.
    pub is_quoted: bool,
}

/// Words in their order.
#[derive(Debug)]
pub(super) struct Words {
    words: Vec<Word>,
    is_whole: bool,
}

impl Words {
    /// The words of the command that begins with the word at `hit`.
    pub fn of_command(text: &[u8], window: Range<usize>, hit: Range<usize>) -> Option<Words> {
        let before = &text[window.start..hit.start];
        let mut end = hit.end;
        let ahead = &text[hit.end..window.end];
        if ahead.len() >= 4 && [&b".exe"[..], b".cmd", b".bat"].iter().any(|one| ahead[..4].eq_ignore_ascii_case(one)) {
            end += 4;
        }
        let stands_apart = match before {
            [] => window.start == 0,
            // The end of an escape: `\nmysql`.
            [.., b'\\', b'n' | b't' | b'r'] => true,
            // A recipe of make that is not to be shown.
            [b'@'] | [.., b'\n' | b'\t' | b' ' | b'-', b'@'] => true,
            [.., last] => !(last.is_ascii_alphanumeric() || matches!(last, b'_' | b'-' | b'.' | b'=' | b'$' | b'@')),
        };
        let next = *text[..window.end].get(end)?;
        if !stands_apart {
            return None;
        }
        let mut reader = Reader { text, end: window.end, words: Vec::new(), is_whole: true };
        // A word of the rule with a blank in it is several of the line.
        let mut start = hit.start;
        for word in text[hit.clone()].split(|&byte| byte == b' ') {
            reader.push(start..start + word.len(), 0);
            start += word.len() + 1;
        }
        match (before.last(), next) {
            (Some(&open @ (b'"' | b'\'')), close) if open == close => reader.list(end + 1),
            (_, b'\r' | b'\n') => {
                let line = memchr::memrchr(b'\n', before).map_or(before, |line| &before[line + 1..]);
                reader.lines(end, line);
            }
            (_, b' ' | b'\t') => reader.shell(end),
            // A path's program in quotes: `"C:\Program Files\x\tool.exe" /p:…`.
            (_, b'"' | b'\'') if matches!(before.last(), Some(b'\\' | b'/')) => reader.shell(end + 1),
            _ => return None,
        }
        Some(Words { words: reader.words, is_whole: reader.is_whole })
    }

    /// The words of the line that `hit` stands in; a sign of a comment right before the first one counts for nothing, nor does the
    /// mark of a list's item. A string that is an item of a list or that a script sends is a line of its own.
    pub fn of_line(text: &[u8], window: Range<usize>, hit: Range<usize>) -> Option<Words> {
        let before = &text[window.start..hit.start];
        let start = match memchr::memrchr(b'\n', before) {
            Some(line) => window.start + line + 1,
            None if window.start == 0 => 0,
            None => return None,
        };
        let blanks = text[start..hit.start].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let mut first = start + blanks;
        first += if text[first..hit.start].starts_with(b"- ") { 2 } else { 0 };
        let line = in_string(text, first, &hit, window.end);
        let (text, end) = line.as_ref().map_or((text, window.end), |line| (&text[..line.end], line.end));
        // `#psk="…"` was switched off; `# psk is …` is a sentence.
        if let Some(line) = line {
            first = line.start;
        } else if matches!(text[first], b'#' | b';')
            && !text.get(first + 1).is_none_or(|byte| byte.is_ascii_whitespace())
        {
            first += 1;
        }
        let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if first > hit.start || is_word(text[first..hit.start].last()) || is_word(text[..end].get(hit.end)) {
            return None;
        }
        let mut reader = Reader { text, end, words: Vec::new(), is_whole: true };
        reader.line(first);
        Some(Words { words: reader.words, is_whole: reader.is_whole })
    }

    /// The word at a place.
    pub fn get(&self, place: usize) -> Option<&Word> {
        self.words.get(place)
    }

    /// All from a word on as one, where the line's end was read.
    pub fn rest(&self, place: usize) -> Option<Word> {
        let (first, last) = (self.words.get(place)?, self.words.last()?);
        let whole = first.whole.start..last.whole.end;
        self.is_whole.then(|| Word { content: whole.clone(), whole, is_quoted: false })
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether the last word is the last of the line, and not of what was read.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Where the first word begins.
    pub fn start(&self) -> usize {
        self.words.first().map_or(usize::MAX, |word| word.whole.start)
    }
}

/// The line in the string that `hit` stands in, without the escapes that end it: `- "requirepass …"`, `send "enable secret …\r"`.
fn in_string(text: &[u8], first: usize, hit: &Range<usize>, end: usize) -> Option<Range<usize>> {
    let before = &text[first.min(hit.start)..hit.start];
    let open = memchr::memrchr2(b'"', b'\'', before)?;
    let close = hit.end + memchr::memchr2(before[open], b'\n', text.get(hit.end..end)?)?;
    if open > 0 && !is_sent(&before[..open]) && !is_written(&before[..open], &text[close + 1..end]) {
        return None;
    }
    let start = first + open + 1;
    let mut line = &text[start..close];
    while let [rest @ .., b'\\', b'r' | b'n'] = line {
        line = rest;
    }
    (text[close] == before[open] && start + line.len() >= hit.end && !line.ends_with(b"\\"))
        .then_some(start..start + line.len())
}

/// Whether what stands before a string sends it: `send -- `, `child.sendline(`, `conn.send_config_set([`, `tn.write(b`.
fn is_sent(before: &[u8]) -> bool {
    let is_open = |byte: &u8| matches!(byte, b' ' | b'(' | b'[' | b'-');
    let before = match before {
        [head @ .., open, b'b' | b'r' | b'u' | b'f'] if is_open(open) => &before[..head.len() + 1],
        _ => before,
    };
    let before = &before[..before.iter().rposition(|byte| !is_open(byte)).map_or(0, |last| last + 1)];
    let word = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let verb = before[before.len() - word..].to_ascii_lowercase();
    verb.starts_with(b"send") || verb.starts_with(b"exp_send") || verb.starts_with(b"write")
}

/// Whether a shell writes a string into a file: `echo "…" >> redis.conf`.
fn is_written(before: &[u8], after: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let before =
        [&b" -e"[..], b" -n", b" -ne", b" -en"].iter().find_map(|flag| before.strip_suffix(*flag)).unwrap_or(before);
    let is_echo = [&b"echo"[..], b"printf"].iter().any(|verb| before.ends_with(verb));
    is_echo && after.trim_ascii_start().starts_with(b">")
}

/// A text less the quotes around it.
pub(super) fn unquoted(text: &[u8], range: Range<usize>) -> Range<usize> {
    let inside = &text[range.clone()];
    for (quote, length) in [(&b"\\\""[..], 2), (b"\\'", 2), (b"\"", 1), (b"'", 1)] {
        if inside.len() >= 2 * length && inside.starts_with(quote) && inside.ends_with(quote) {
            return range.start + length..range.end - length;
        }
    }
    range
}

struct Reader<'t> {
    text: &'t [u8],
    end: usize,
    words: Vec<Word>,
    is_whole: bool,
}

impl Reader<'_> {
    fn at(&self, place: usize) -> u8 {
        if place < self.end { self.text[place] } else { b'\n' }
    }

    /// Adds a word with `quote` bytes of quotes on either side.
    fn push(&mut self, whole: Range<usize>, quote: usize) {
        let content = whole.start + quote..whole.end - quote;
        self.words.push(Word { whole, content, is_quoted: quote > 0 });
    }

    /// Bytes of a quote at a place: one with a backslash before it is a quote in a string.
    fn quote(&self, place: usize) -> usize {
        match (self.at(place), self.at(place + 1)) {
            (b'"' | b'\'', _) => 1,
            (b'\\', b'"' | b'\'') => 2,
            _ => 0,
        }
    }

    /// One past the quote that closes what the quote at `open` begins, on the same line.
    fn closed(&self, open: usize, length: usize) -> Option<usize> {
        let quote = &self.text[open..open + length];
        let mut place = open + length;
        while self.at(place) != b'\n' {
            if self.text[place..self.end].starts_with(quote) {
                return Some(place + length);
            }
            place += if length == 1 && self.at(place) == b'\\' && quote == b"\"" { 2 } else { 1 };
        }
        None
    }

    /// What is cut off by the window is no word, and the line goes on.
    fn cut(&mut self, place: usize) -> bool {
        let cut = place >= self.end && self.end < self.text.len();
        self.is_whole &= !cut;
        cut
    }

    /// The words of a shell's command, up to its end.
    fn shell(&mut self, mut place: usize) {
        while self.words.len() < MOST {
            match (self.at(place), self.at(place + 1)) {
                (b' ' | b'\t', _) => place += 1,
                (b'\\' | b'^' | b'`', b'\n') if place + 1 < self.end => place += 2,
                (b'\\' | b'^' | b'`', b'\r') => place += 3,
                (b'\n' | b'\r' | b';' | b'|' | b'&' | b')' | b'`' | b'#', _) | (b'<', b'/') => break,
                (b'\\', b'n') => break,
                (b'<' | b'>', _) => {
                    let start = place;
                    while matches!(self.at(place), b'<' | b'>') {
                        place += 1;
                    }
                    self.push(start..place, 0);
                    // `2>&1` does not end the command.
                    place += usize::from(self.at(place) == b'&');
                }
                _ => match self.shell_word(place) {
                    Some(next) => place = next,
                    None => break,
                },
            }
        }
        self.cut(place);
    }

    /// Reads one word; gives the place behind it, where the command goes on.
    fn shell_word(&mut self, start: usize) -> Option<usize> {
        let length = self.quote(start);
        if length > 0 {
            let end = self.closed(start, length)?;
            if self.ends_word(end) {
                self.push(start..end, length);
                return Some(end);
            }
        }
        let mut place = start;
        loop {
            let byte = self.at(place);
            if self.ends_word(place) && !self.is_in_path(start, place) {
                break;
            }
            if byte == b'$'
                && let Some(next) = self.substituted(place)
            {
                place = next;
                continue;
            }
            let length = self.quote(place);
            if length == 0 {
                place += if byte == b'\\' && !matches!(self.at(place + 1), b'\n' | b'\r' | b' ') { 2 } else { 1 };
                continue;
            }
            match self.closed(place, length).filter(|_| self.opens(start..place)) {
                Some(end) => place = end,
                // It ends the string that the command stands in.
                None => {
                    self.push(start..place, 0);
                    return None;
                }
            }
        }
        let place = place.min(self.end);
        if self.cut(place) {
            return None;
        }
        self.push(start..place, 0);
        Some(place)
    }

    /// The place behind the variable or command in brackets at `place`, which goes into a word: `$(Agent.TempDirectory)\x.pfx`.
    fn substituted(&self, place: usize) -> Option<usize> {
        let rest = self.text[place..self.end.min(place + SUBSTITUTED)].strip_prefix(b"$(")?;
        let close = rest.iter().position(|byte| matches!(byte, b')' | b'(' | b'"' | b'\'' | b'\n'))?;
        (rest[close] == b')').then_some(place + 2 + close + 1)
    }

    /// Whether a quote behind this part of a word begins a part of it: `-p"…"`, `user:'…'`, `--pass="…"`.
    fn opens(&self, part: Range<usize>) -> bool {
        let part = &self.text[part];
        matches!(part, [] | [b'-' | b'/', _] | [.., b'=' | b':' | b'%' | b',' | b'/' | b'"' | b'\''])
    }

    /// Whether the backslash at `place` stands in a path of Windows that begins at `start`: `c:\new\night.cmd`.
    fn is_in_path(&self, start: usize, place: usize) -> bool {
        matches!(self.text[start..self.end], [drive, b':', b'\\', next, ..] if drive.is_ascii_alphabetic() && next != b'\\')
            && self.at(place) == b'\\'
    }

    fn ends_word(&self, place: usize) -> bool {
        matches!(self.at(place), b' ' | b'\t' | b'\n' | b'\r' | b';' | b'|' | b'&' | b'<' | b'>' | b')' | b'`')
            || self.at(place) == b'\\' && self.at(place + 1) == b'n'
    }

    /// The elements of a list of strings, behind its first.
    fn list(&mut self, mut place: usize) {
        while self.words.len() < MOST {
            while matches!(self.at(place), b' ' | b'\t' | b',' | b'\r') || self.at(place) == b'\n' && place < self.end {
                place += 1;
            }
            if let Some(end) = self.variable(place) {
                // It is some word, and no secret.
                self.words.push(Word { whole: place..end, content: place..place, is_quoted: false });
                place = end;
                continue;
            }
            let end = match self.at(place) {
                b'"' | b'\'' => self.closed(place, 1),
                _ => None,
            };
            let Some(end) = end.filter(|&end| end < self.end) else { break };
            self.push(place..end, 1);
            place = end;
        }
        self.cut(place);
    }

    /// One past the variable at a place of a list, where another element follows it.
    fn variable(&self, place: usize) -> Option<usize> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'@');
        let length = self.text[place.min(self.end)..self.end]
            .iter()
            .take(SUBSTITUTED)
            .take_while(|byte| is_part(**byte))
            .count();
        (length > 0 && self.at(place + length) == b',').then_some(place + length)
    }

    /// The elements of a list in YAML, one a line, with what stands before the first.
    fn lines(&mut self, mut place: usize, before: &[u8]) {
        if !before.trim_ascii_start().starts_with(b"- ") {
            return;
        }
        while self.words.len() < MOST {
            place += usize::from(self.at(place) == b'\r') + 1;
            let text = &self.text[..self.end];
            if place >= text.len() || !text[place..].starts_with(before) {
                break;
            }
            let start = place + before.len();
            place = memchr::memchr2(b'\n', b'\r', &text[start..]).map_or(self.end, |line| start + line);
            if self.cut(place) {
                break;
            }
            let inner = unquoted(self.text, start..place);
            self.push(start..place, inner.start - start);
        }
    }

    /// The words of a directive.
    fn line(&mut self, mut place: usize) {
        while self.words.len() < MOST {
            match self.at(place) {
                b' ' | b'\t' => place += 1,
                b'\n' | b'\r' => break,
                _ => {
                    let start = place;
                    let length = self.quote(start).min(1);
                    let quoted = if length > 0 { self.closed(start, length) } else { None };
                    place = quoted.unwrap_or_else(|| {
                        let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
                        self.text[start..self.end].iter().position(is_end).map_or(self.end, |at| start + at)
                    });
                    if self.cut(place) {
                        break;
                    }
                    let whole = start..place;
                    // `key "…";` ends with a sign of the syntax.
                    if quoted.is_none() && place > start + 1 && self.text[place - 1] == b';' {
                        self.push(start..place - 1, 0);
                    } else {
                        self.push(whole, if quoted.is_some() { 1 } else { 0 });
                        place += usize::from(quoted.is_some() && self.at(place) == b';');
                    }
                }
            }
        }
        self.cut(place);
    }
}
