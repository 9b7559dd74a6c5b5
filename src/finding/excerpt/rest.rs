//! What stands behind a secret and may belong to it.

/// How many bytes behind a secret may be the rest of it: it was taken to end at a quote or another mark of syntax, yet its word goes
/// on, as that of `AB3xKq5Z"mnopq789` does.
pub(super) fn of_word(before: &[u8], after: &[u8]) -> usize {
    let Some((mark, rest)) = after.split_first() else { return 0 };
    let ends_it = before.last() == Some(mark) || !matches!(mark, b'"' | b'\'' | b'`' | b'<' | b';' | b'|');
    let word = rest.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
    let goes_on = rest.first().is_some_and(|first| first.is_ascii_alphanumeric()) && !rest[..word].contains(&b'=');
    if ends_it || !goes_on { 0 } else { 1 + word }
}

/// How many bytes behind a literal are literals that are joined to it, `" + "like this"`: a recogniser that reads the first alone, or no
/// more of a long one, must not give the rest away.
pub(super) fn joined_literals(before: &[u8], after: &[u8]) -> usize {
    let is_quote = |byte: &&u8| matches!(byte, b'"' | b'\'' | b'`');
    let Some(mut quote) = after.first().filter(is_quote).filter(|quote| before.last() == Some(quote)) else { return 0 };
    let (mut end, mut close) = (0, 0);
    loop {
        let behind = &after[close + 1..];
        let between = behind.iter().take_while(|byte| b" \t+&.\\".contains(byte)).count();
        let open = between + behind[between..].iter().take(2).take_while(|byte| byte.is_ascii_alphabetic()).count();
        quote = match behind.get(open).filter(is_quote) {
            // Two quotes that touch are one within the value, or none.
            Some(next) if open > 0 || next != quote => next,
            _ => return end,
        };
        let literal = &behind[open + 1..];
        let closes = |at: &usize| literal[*at] == *quote && (*at == 0 || literal[at - 1] != b'\\');
        let length = (0..literal.len()).find(closes).unwrap_or(literal.len());
        close += 1 + open + 1 + length;
        end = close;
        if close >= after.len() {
            return after.len();
        }
    }
}
