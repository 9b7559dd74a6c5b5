//! The rows of each kind of table, from its header on.

use std::ops::Range;

use super::Window;
use crate::candidate::Setting;

/// Most rows of a table that are read: more than the window of a column holds.
pub(super) const ROWS: usize = 1_024;
/// Cells of a header below which rows of other numbers of cells may stand, and most such rows on end.
const WIDE: usize = 5;
const ODD: usize = 8;
/// Longest opening tag, in bytes.
const TAG: usize = 200;

pub(super) type Cells<'c> = &'c mut dyn FnMut(Range<usize>, Setting);

impl Window<'_> {
    /// `| host | password |`, and a line of `-` below it, or `||host||password||`.
    pub(super) fn bars(&self, name: &Range<usize>, out: Cells<'_>) {
        let Some(header) = self.line(name.start) else { return };
        let doubled = self.text[header.clone()].trim_ascii_start().starts_with(b"||");
        let column = bars(&self.text[header.start..name.start]);
        let Some(mut row) = self.next(&header) else { return };
        if !doubled && !is_rule(&self.text[row.clone()]) {
            return;
        }
        for _ in 0..ROWS {
            let line = &self.text[row.clone()];
            if !line.contains(&b'|') && !is_rule(line) {
                return;
            }
            // In a wiki the cells of a header have two bars between them, and those of a row have one.
            let place = if doubled && !line.trim_ascii_start().starts_with(b"||") { column / 2 } else { column };
            if !is_rule(line)
                && let Some(cell) = between_bars(line, place)
            {
                self.cell(row.start + cell.start..row.start + cell.end, Setting::Prose, out);
            }
            let Some(next) = self.next(&row) else { return };
            row = next;
        }
    }

    /// `<tr><th>Host</th><th>Password</th></tr>`, and rows of `<td>`.
    pub(super) fn markup(&self, name: &Range<usize>, out: Cells<'_>) {
        let before = &self.text[self.start..name.start];
        let Some(row) = rfind_tag(before, b"<tr") else { return };
        let column = cells_of(&before[row..]).count();
        if column == 0 || column > ROWS {
            return;
        }
        let rest = &self.text[name.end..self.end];
        let Some(close) = find_tag(rest, b"</tr") else { return };
        let mut place = name.end + close;
        for _ in 0..ROWS {
            let rest = &self.text[place..self.end];
            let Some(open) = find_tag(rest, b"<tr") else { return };
            if find_tag(&rest[..open], b"</table").is_some() {
                return;
            }
            let row = &rest[open..];
            let Some(close) = find_tag(row, b"</tr") else { return };
            let row_start = place + open;
            place = row_start + close;
            let Some(cell) = cells_of(&row[..close]).nth(column - 1) else { continue };
            let Some(begin) = memchr::memchr(b'>', &row[cell..close]) else { continue };
            let mut content = row_start + cell + begin + 1..place;
            let end = find_tag(&self.text[content.clone()], b"</t");
            content.end = end.map_or(content.end, |end| content.start + end);
            self.cell(self.without_tags(content), Setting::Markup, out);
        }
    }

    /// What stands between the tags at the beginning and end of a cell.
    fn without_tags(&self, mut cell: Range<usize>) -> Range<usize> {
        for _ in 0..4 {
            cell = self.trimmed(cell);
            let text = &self.text[cell.clone()];
            match memchr::memchr(b'>', text).filter(|_| text.starts_with(b"<")) {
                Some(end) => cell.start += end + 1,
                None => break,
            }
        }
        let end = memchr::memchr(b'<', &self.text[cell.clone()]);
        cell.end = end.map_or(cell.end, |end| cell.start + end);
        cell
    }

    /// `name,url,username,password`, with `,`, `;` or tabs, and rows of as many cells. A note of several lines in a row of many
    /// cells, or a separator in one, is passed over.
    pub(super) fn separated(&self, name: &Range<usize>, out: Cells<'_>) {
        let Some(header) = self.line(name.start) else { return };
        let line = &self.text[header.clone()];
        let Some(separator) = [b'\t', b';', b','].into_iter().find(|separator| line.contains(separator)) else {
            return;
        };
        let (mut column, mut count) = (None, 0);
        for cell in separated(line, separator) {
            if column.is_none() && header.start + cell.end >= name.end {
                column = Some(count);
            }
            if !is_header(&line[cell]) {
                return;
            }
            count += 1;
        }
        let Some(column) = column else { return };
        // A row of three cells and more behind another is no header.
        let above = header.start.checked_sub(1).filter(|&end| end > self.start).and_then(|end| self.line(end));
        if count >= 3 && above.is_some_and(|above| separated(&self.text[above], separator).count() == count) {
            return;
        }
        let mut row = header.clone();
        let mut odd = 0;
        for _ in 0..ROWS {
            let Some(next) = self.next(&row) else { return };
            row = next;
            let line = &self.text[row.clone()];
            if separated(line, separator).take(count + 1).count() != count {
                odd += 1;
                if count < WIDE || odd > ODD {
                    return;
                }
                continue;
            }
            odd = 0;
            let Some(cell) = separated(line, separator).nth(column) else { return };
            self.cell(row.start + cell.start..row.start + cell.end, Setting::Bare, out);
        }
    }

    /// `root:password` and `root = password` on the lines below a heading, which stands at the beginning of its own.
    pub(super) fn section(&self, heading: &Range<usize>, out: &mut dyn FnMut(Range<usize>)) {
        let Some(mut row) = self.line(heading.start) else { return };
        if !matches!(self.text[row.start..heading.start].trim_ascii(), b"" | b"-") {
            return;
        }
        let is_list = self.text[heading.end - 1] == b':';
        for _ in 0..ROWS {
            let Some(next) = self.next(&row) else { return };
            row = next;
            let line = &self.text[row.clone()];
            let trimmed = line.trim_ascii_start();
            // The next key of a YAML map, or the next section.
            if trimmed.starts_with(b"[") || is_list && trimmed.len() == line.len() && !trimmed.is_empty() {
                return;
            }
            let mut start = row.end - trimmed.len();
            for mark in [&b"- "[..], b"\"", b"'"] {
                start += if self.text[start..row.end].starts_with(mark) { mark.len() } else { 0 };
            }
            let entry = &self.text[start..row.end];
            let user = entry.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.@-".contains(byte)).count();
            let joint = entry[user..].iter().take_while(|byte| matches!(byte, b' ' | b'=' | b':')).count();
            let is_joint = match &entry[user..user + joint] {
                b":" => is_list,
                joint => !is_list && joint.contains(&b'='),
            };
            if user == 0 || !is_joint {
                continue;
            }
            start += user + joint;
            let value = &entry[user + joint..];
            let end = value.iter().position(|byte| matches!(byte, b'"' | b'\'' | b' ' | b',' | b'#'));
            out(start..start + end.unwrap_or(value.len()));
        }
    }

    pub(super) fn after_blanks(&self, mut place: usize) -> usize {
        while place < self.end && self.text[place].is_ascii_whitespace() {
            place += 1;
        }
        place
    }

    fn trimmed(&self, cell: Range<usize>) -> Range<usize> {
        let text = &self.text[cell.clone()];
        let start = cell.start + text.len() - text.trim_ascii_start().len();
        start..start + text.trim_ascii().len()
    }

    /// The lines below one, as many as rows are read.
    pub(super) fn below(&self, line: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        std::iter::successors(self.next(line), |row| self.next(row)).take(ROWS)
    }

    /// Hands a cell over without the blanks, quotes and marks of a literal around it.
    pub(super) fn cell(&self, cell: Range<usize>, setting: Setting, out: Cells<'_>) {
        let mut cell = self.trimmed(cell);
        let mut setting = setting;
        for mark in [&b"**"[..], b"`", b"\"", b"'", b"=", b"~"] {
            let text = &self.text[cell.clone()];
            if text.len() > 2 * mark.len() && text.starts_with(mark) && text.ends_with(mark) {
                cell = cell.start + mark.len()..cell.end - mark.len();
                if setting == Setting::Bare {
                    setting = Setting::Quoted;
                }
            }
        }
        out(cell, setting);
    }
}

/// Bars that are no part of a cell.
pub(super) fn bars(line: &[u8]) -> usize {
    line.iter().enumerate().filter(|&(place, &byte)| byte == b'|' && !line[..place].ends_with(b"\\")).count()
}

/// The cell behind so many bars.
fn between_bars(line: &[u8], column: usize) -> Option<Range<usize>> {
    let mut places = line.iter().enumerate().filter(|&(place, &byte)| byte == b'|' && !line[..place].ends_with(b"\\"));
    let start = if column == 0 { 0 } else { places.nth(column - 1)?.0 + 1 };
    let end = places.next().map_or(line.len(), |(place, _)| place);
    Some(start..end)
}

/// Whether a line is drawn: `|---|:--:|`, `+----+----+`.
fn is_rule(line: &[u8]) -> bool {
    memchr::memmem::find(line, b"--").is_some()
        && line.iter().all(|byte| matches!(byte, b'-' | b'+' | b'|' | b':' | b'=' | b' ' | b'\t'))
}

/// Whether a cell of the first line can be a column's name.
pub(super) fn is_header(cell: &[u8]) -> bool {
    let cell = cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell);
    let name = match cell {
        [b'"', name @ .., b'"'] => name,
        name => name,
    };
    (1..=48).contains(&name.len())
        && !name[0].is_ascii_whitespace()
        && !name[0].is_ascii_digit()
        && name.iter().all(|&byte| {
            byte.is_ascii_alphanumeric()
                || !byte.is_ascii()
                || matches!(byte, b' ' | b'_' | b'-' | b'.' | b'/' | b'#' | b'@' | b'*')
        })
}

/// The cells of a line; one in quotes may hold the separator, and a doubled quote.
pub(super) fn separated(line: &[u8], separator: u8) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut place = 0;
    std::iter::from_fn(move || {
        if place > line.len() {
            return None;
        }
        let start = place;
        let mut in_quotes = false;
        while place < line.len() && (in_quotes || line[place] != separator) {
            in_quotes ^= line[place] == b'"';
            place += 1;
        }
        let cell = start..place;
        place += 1;
        Some(cell)
    })
}

/// Where tags of the cells of a row begin.
fn cells_of(row: &[u8]) -> impl Iterator<Item = usize> + '_ {
    memchr::memchr_iter(b'<', row).filter(|&at| {
        let tag = &row[at + 1..];
        let is_cell = tag.len() > 2 && matches!(tag[0], b't' | b'T') && matches!(tag[1], b'd' | b'D' | b'h' | b'H');
        is_cell && (tag[2] == b'>' || tag[2].is_ascii_whitespace() && tag.len() > 3)
    })
}

fn find_tag(text: &[u8], tag: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'<', text)
        .find(|&at| text.get(at..at + tag.len()).is_some_and(|here| here.eq_ignore_ascii_case(tag)))
}

/// The last such tag, if it is not far.
fn rfind_tag(text: &[u8], tag: &[u8]) -> Option<usize> {
    memchr::memrchr_iter(b'<', text)
        .take(TAG)
        .find(|&at| text.get(at..at + tag.len()).is_some_and(|here| here.eq_ignore_ascii_case(tag)))
}
