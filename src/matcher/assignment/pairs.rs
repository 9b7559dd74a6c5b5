//! Pairs of an owner and its key that a name in the plural is given: `API_KEYS = Map.of("oslo", "…", "bergen", "…")`,
//! `passwords = { admin: '…', reader: '…' }`, `TOKENS = [("eu", "…"), ("us", "…")]`, `declare -A PASSWORDS=([oslo]="…" [bergen]="…")`.

use std::ops::Range;

use super::{Assignment, CALL, Lexer, is_name, is_quote};
use crate::candidate::Setting;
use crate::matcher::ends_with;

/// What opens a map, or a list of pairs.
const OPENS: &[&[u8]] = &[
    b"{",
    b"[",
    b"(",
    b"&[",
    b"vec![",
    b"array(",
    b"listOf(",
    b"List.of(",
    b"Map(",
    b"Map.of(",
    b"ImmutableMap.of(",
    b"mapOf(",
    b"mutableMapOf(",
    b"hashMapOf(",
    b"HashMap::from([",
    b"BTreeMap::from([",
    b"new Map([",
    b"map[string]string{",
    b"%{",
    b"dict(",
    b"Dict(",
    b"Dict{String,String}(",
    b"Dict{String, String}(",
    b"Map[String, String](",
    b"mapOf<String, String>(",
    b"new Dictionary<string, string> {",
    b"new Dictionary<string, string>() {",
    b"new() {",
    b"Map.fromList [",
    b"M.fromList [",
    b"Map.fromList\n  [",
];
/// Methods that put a value into a map, behind its owner.
const PUTS: &[&[u8]] = &[b".put", b".insert", b".set", b".Add", b".putIfAbsent", b".emplace", b".store"];
/// Pairs of one map that are candidates.
pub(super) const PAIRS: usize = 16;
/// Operators between a name and its map that are tried.
const OPERATORS: usize = 4;
/// Shortest key or token in a map: words and numbers of settings are shorter.
const KEY: usize = 16;

/// One pair of a map.
struct Pair {
    /// Its value, where that is a literal.
    literal: Option<Range<usize>>,
    /// Where the next one begins.
    next: Option<usize>,
}

impl Lexer<'_> {
    /// The first value that may be a secret, where a map or a list of pairs begins at `place`; `Some(None)` if there is none in it.
    pub(super) fn first_pair(&self, name: &[u8], place: usize) -> Option<Option<Range<usize>>> {
        let open = speaks_of_some(name).then(|| self.opens_pairs(place))??;
        self.pair(self.between_entries(open), self.is_flat(open))?;
        Some(self.pairs(name, open).next())
    }

    /// The values behind the one that was found, which is in such a map.
    pub(super) fn further_pairs(&self, found: &Assignment, out: &mut impl FnMut(Range<usize>)) {
        let name = &self.text[found.name.clone()];
        if found.setting != Setting::Quoted || found.value.start <= found.name.end || !speaks_of_some(name) {
            return;
        }
        let head = &self.text[found.name.end..found.value.start];
        for operator in memchr::memchr3_iter(b'=', b':', b'>', head).take(OPERATORS) {
            let place = self.blanks_and_line(found.name.end + operator + 1);
            let Some(open) = self.opens_pairs(place) else { continue };
            let mut values = self.pairs(name, open);
            if values.any(|value| value == found.value) {
                return values.for_each(out);
            }
        }
    }

    /// The value that a call puts into such a map for an owner: `passwords.put("oslo", "…")`. `open` is the place of its bracket.
    pub(super) fn put_for(&self, name: &[u8], open: usize) -> Option<usize> {
        PUTS.iter().find_map(|put| name.strip_suffix(*put)).filter(|map| speaks_of_some(map))?;
        let comma = self.bracket(open).filter(|bracket| bracket.commas == 1)?.last_comma?;
        Some(self.blanks_and_line(comma + 1))
    }

    /// The place behind what opens a map or a list of pairs.
    fn opens_pairs(&self, place: usize) -> Option<usize> {
        let rest = &self.text[place.min(self.end)..self.end];
        let open = OPENS.iter().filter(|open| rest.starts_with(open)).max_by_key(|open| open.len())?;
        Some(place + open.len())
    }

    /// Whether owners and keys are arguments by turns.
    fn is_flat(&self, open: usize) -> bool {
        self.text[..open].ends_with(b"Map.of(")
    }

    /// The literals that may be secrets, of the pairs from `open` on.
    fn pairs<'s>(&'s self, name: &[u8], open: usize) -> impl Iterator<Item = Range<usize>> + 's {
        let is_flat = self.is_flat(open);
        let least = shortest(name);
        let mut place = Some(open);
        let literals = (0..PAIRS).map_while(move |_| {
            let pair = self.pair(self.between_entries(place?), is_flat)?;
            place = pair.next;
            Some(pair.literal)
        });
        literals.flatten().filter(move |value| value.len() >= least && !self.is_word_or_code(value))
    }

    /// The pair at `place`.
    fn pair(&self, place: usize, is_flat: bool) -> Option<Pair> {
        let opens = matches!(self.at(place), b'(' | b'[' | b'{');
        let key = if opens { self.blanks_and_line(place + 1) } else { place };
        let key = key + usize::from(self.at(key) == b':');
        let end = match self.opening_quote(key) {
            Some(quote) => self.quoted(quote)?.end + 1,
            None => (key..self.end.min(key + CALL)).find(|&at| !is_name(self.text[at])).filter(|&end| end > key)?,
        };
        // `[oslo]="…"` of bash, `["oslo"] = "…"` of Lua.
        let is_index = self.at(place) == b'[' && self.at(end) == b']';
        let is_tuple = opens && !is_index;
        let joint = self.blanks(end + usize::from(is_index));
        let width = match (self.at(joint), self.at(joint + 1)) {
            (b',', _) if is_tuple || is_flat && is_quote(self.at(key)) => 1,
            (b'=', b'>') | (b'-', b'>') if !is_tuple => 2,
            (b':' | b'=', _) if !is_tuple => 1,
            _ if !is_tuple && self.has(joint, b"to ") => 3,
            _ => return None,
        };
        let value = self.blanks_and_line(joint + width);
        let literal = self.opening_quote(value).and_then(|quote| self.quoted(quote));
        let end = match &literal {
            Some(literal) => literal.end + 1,
            // What is called or looked up.
            None => self.find(value, |byte| matches!(byte, b',' | b'\n' | b'}'))?,
        };
        let close = self.blanks(end);
        if is_tuple && !matches!(self.at(close), b')' | b']' | b'}') {
            return None;
        }
        let is_whole = is_tuple
            || matches!(self.at(close), b',' | b'}' | b')' | b']' | b'\n' | b'\r' | b'#' | b'/')
            || is_index && self.at(close) == b'[';
        let literal = literal.filter(|_| is_whole);
        let next = self.between_entries(close + usize::from(is_tuple));
        let is_more = self.at(next) == b','
            || is_tuple && self.at(next) == b';'
            || self.at(joint) == b'=' && self.at(close) == b'\n'
            || is_index && self.at(next) == b'[';
        Some(Pair { literal, next: is_more.then(|| next + usize::from(matches!(self.at(next), b',' | b';'))) })
    }
}

/// Whether a name is that of several passwords, keys or tokens.
pub(super) fn speaks_of_some(name: &[u8]) -> bool {
    [&b"passwords"[..], b"keys", b"tokens"].iter().any(|plural| ends_with(name, plural))
}

/// Fewest bytes of a value in a map of this name.
pub(super) fn shortest(name: &[u8]) -> usize {
    if ends_with(name, b"passwords") { super::SHORTEST } else { KEY }
}
