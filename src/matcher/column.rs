//! The columns of tables: a header names one as that of passwords, and the cells below it are what may be one.
//!
//! A pure function of its window, which begins with the header's line. Tables are lines with bars between their cells (Markdown,
//! org, what databases print), cells on lines of their own (wikis, AsciiDoc, reStructuredText), rows of HTML, values with a separator, and the tuples of an `INSERT` or `COPY`.
//! Rows of a dump are those of the table whose definition stands above them.
//! What makes a record of code gives the values of the fields that its declaration names (`records`).
//! Lists of users and passwords below a heading (`chpasswd:`, `[users]`) are read too, and maps of code (`USERS = {`), also where
//! what goes through one names its parts.

mod accounts;
mod defined;
mod lines;
mod records;
mod rows;
mod tuples;

use std::ops::Range;

use super::bytes_of_names;
use crate::candidate::{Candidate, Setting, Span};
use crate::signature::Rule;

/// Longest name of a column, in bytes to either side of the word.
const NAME: usize = 40;

/// Adds the candidates of a word at `hit`, if it stands in the name of a column.
pub(super) fn candidates(rule: &Rule, text: &[u8], hit: Range<usize>, out: &mut impl FnMut(Candidate)) {
    let start = hit.start.saturating_sub(rule.traits().window.before as usize);
    let end = hit.end.saturating_add(rule.traits().window.after as usize).min(text.len());
    let window = Window { text, start, end };
    let mut add = |name: usize, cell: Range<usize>, setting: Setting| {
        if (4..=256).contains(&cell.len()) {
            // What goes through a list names its parts behind it.
            let last = if name > cell.end { hit.end } else { cell.end };
            out(Candidate {
                span: Span::new(name.min(cell.start)..last),
                secret: Span::new(cell),
                reach: Span::new(start..end),
                rule: rule.index,
                setting,
            });
        }
    };
    if matches!(text[hit.end - 1], b':' | b']') {
        return window.section(&hit, &mut |cell| add(hit.start, cell, Setting::Bare));
    }
    // `for name, pw in [("robin", "…")]`, `for (const [user, pw] of [['robin', '…']])`
    if [&b" in "[..], b" of "].iter().any(|word| text[hit.start..hit.end - 1].ends_with(word)) {
        return window.accounts(&(hit.start..hit.end - 1), &mut |value| add(hit.start, value, Setting::Quoted));
    }
    if matches!(text[hit.start], b',' | b'=') && matches!(text[hit.clone()].trim_ascii_end().last(), Some(b'|' | b')'))
    {
        let Some(open) = window.gone_through(hit.start) else { return };
        return window.accounts(&(open..open), &mut |value| add(hit.start, value, Setting::Quoted));
    }
    if text[hit.clone()].trim_ascii_end().ends_with(b"=") || text[hit.clone()].ends_with(b": ") {
        return window.accounts(&hit, &mut |value| add(hit.start, value, Setting::Quoted));
    }
    if let Some(name) = window.field(&hit) {
        window.made(&name, &mut |value, setting| add(name.start, value, setting));
    }
    if let Some(name) = window.definition(&hit) {
        return window.defined(&name, &mut |cell, setting| add(name.start, cell, setting));
    }
    // Of a word that is written with what separates cells: `,pw,`.
    let is_separator = |byte: &&u8| matches!(byte, b'|' | b',' | b';' | b' ' | b'\t' | b'\n' | b'\r' | b'"');
    let begin = text[hit.clone()].iter().take_while(is_separator).count();
    let finish = text[hit.clone()].iter().rev().take_while(is_separator).count();
    let Some(name) = window.name(&(hit.start + begin..hit.end - finish)) else { return };
    // An item of a list: `- password`.
    let text = &text[name.clone()];
    let mark = [&b"* - "[..], b"- "].into_iter().find(|mark| text.starts_with(mark)).map_or(0, |mark| mark.len());
    let name = name.start + mark..name.end;
    // `User / password`: the second part of each cell.
    let text = window.text;
    let second = memchr::memrchr(b'/', &text[name.start..hit.start.max(name.start)]);
    let begin = second.map_or(name.start, |slash| window.after_blanks(name.start + slash + 1));
    let mut cells = |cell, setting| add(begin, if second.is_some() { window.second_part(cell) } else { cell }, setting);
    if mark > 0 && window.after(name.end) == b'\n' {
        return window.items(&name, &mut cells);
    }
    let (before, after) = (window.before(name.start), window.after(name.end));
    match (before, after) {
        (_, b'|') | (b'|', b'\n') => {
            window.bars(&name, &mut cells);
            window.block(&name, &mut cells);
        }
        (b'>', b'<') => window.markup(&name, &mut cells),
        (b'!', _) | (_, b'!') => window.wiki(&name, &mut cells),
        _ => {
            if matches!(before, b'(' | b',') && matches!(after, b')' | b',') {
                window.tuples(&name, &mut cells);
            }
            if before == b',' && matches!(after, b',' | b')' | b'\n') {
                window.commented(&name, &mut cells);
            }
            let is_separator = |byte: u8| matches!(byte, b'\t' | b';' | b',');
            if is_separator(after) || after == b'\n' && is_separator(before) {
                window.separated(&name, &mut cells);
            }
        }
    }
}

/// Bytes of the names of columns.
fn is_name(byte: u8) -> bool {
    const NAMES: [bool; 256] = bytes_of_names(b" _-./*", &[(0x80, 0xff)]);
    NAMES[usize::from(byte)]
}

/// What a rule can see.
struct Window<'t> {
    text: &'t [u8],
    start: usize,
    end: usize,
}

impl Window<'_> {
    fn at(&self, place: usize) -> u8 {
        if (self.start..self.end).contains(&place) { self.text[place] } else { b'\n' }
    }

    /// The name that a word stands in, less blanks and quotes: letters, digits and joints up to what separates cells.
    fn name(&self, hit: &Range<usize>) -> Option<Range<usize>> {
        let rest = &self.text[hit.end..self.end.min(hit.end + NAME)];
        let end = hit.end + rest.iter().position(|&byte| !is_name(byte)).unwrap_or(rest.len());
        // Most words do not stand in a header: leave at the first byte that shows it.
        if !matches!(
            self.at(end),
            b'|' | b',' | b';' | b'\t' | b'"' | b'\'' | b'`' | b')' | b'<' | b'\n' | b'\r' | b'!' | b']'
        ) {
            return None;
        }
        let before = &self.text[hit.start.saturating_sub(NAME).max(self.start)..hit.start];
        let start = hit.start - before.iter().rev().position(|&byte| !is_name(byte)).unwrap_or(before.len());
        let name = &self.text[start..end];
        let blanks = name.len() - name.trim_ascii_start().len();
        Some(start + blanks..start + name.trim_ascii_end().len().max(blanks))
    }

    /// What stands behind the slash of a cell that holds two values: "`robin` / `…`".
    fn second_part(&self, cell: Range<usize>) -> Range<usize> {
        let text = &self.text[cell.clone()];
        let spaced = memchr::memmem::find(text, b" / ").map(|at| at + 3);
        let Some(from) = spaced.or_else(|| memchr::memchr(b'/', text).map(|at| at + 1)) else { return cell };
        let rest = text[from..].trim_ascii_start();
        let rest = rest.strip_prefix(b"`").unwrap_or(rest);
        cell.end - rest.len()..cell.end
    }

    /// What separates a cell from the one before it: the byte before blanks and a quote, a line end for the first cell.
    fn before(&self, place: usize) -> u8 {
        let mut place = place;
        for _ in 0..32 {
            match place.checked_sub(1).map(|before| self.at(before)) {
                Some(b' ' | b'"' | b'\'' | b'`' | b'[' | b'*' | b'_') => place -= 1,
                Some(byte) => return byte,
                None => break,
            }
        }
        b'\n'
    }

    /// What separates a cell from the one behind it.
    fn after(&self, place: usize) -> u8 {
        let is_open = |byte: u8| matches!(byte, b' ' | b'"' | b'\'' | b'`' | b']' | b'*' | b'_');
        let stop = (place..place + 64).find(|&place| !is_open(self.at(place)));
        match stop.map_or(b' ', |stop| self.at(stop)) {
            b'\r' => b'\n',
            byte => byte,
        }
    }

    /// The line that a place is in, without its end; `None` where it is cut by the window.
    fn line(&self, place: usize) -> Option<Range<usize>> {
        let start = match memchr::memrchr(b'\n', &self.text[self.start..place]) {
            Some(line) => self.start + line + 1,
            None if self.start == 0 => 0,
            None => return None,
        };
        self.line_from(start)
    }

    /// The line that begins at a place.
    fn line_from(&self, start: usize) -> Option<Range<usize>> {
        if start >= self.end {
            return None;
        }
        match memchr::memchr(b'\n', &self.text[start..self.end]) {
            Some(end) => {
                let end = start + end;
                Some(start..end - usize::from(end > start && self.text[end - 1] == b'\r'))
            }
            None => (self.end == self.text.len()).then_some(start..self.end),
        }
    }

    /// The line behind this one.
    fn next(&self, line: &Range<usize>) -> Option<Range<usize>> {
        let end = line.end + usize::from(self.at(line.end) == b'\r');
        self.line_from(end + 1)
    }
}

#[cfg(test)]
mod tests;
