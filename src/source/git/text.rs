//! What of a commit or tag is text that somebody wrote: names and message, but neither ids nor signatures.

/// Lines that open and close a signature; between them is base64 that no rule should have to look at. Other lines there, such as
/// remarks in the armour, are kept: nobody checks what else is put between.
const SIGNATURES: [(&[u8], &[u8]); 4] = [
    (b"-----BEGIN PGP SIGNATURE-----", b"-----END PGP SIGNATURE-----"),
    (b"-----BEGIN PGP MESSAGE-----", b"-----END PGP MESSAGE-----"),
    (b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"),
    (b"-----BEGIN SIGNED MESSAGE-----", b"-----END SIGNED MESSAGE-----"),
];

/// Copies a raw commit or tag with everything that is id or signature overwritten by blanks: line numbers and offsets
/// stay those of `git cat-file`.
pub(super) fn without_ids(raw: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(raw);
    let mut at = 0;
    let (mut is_id, mut is_signature) = (false, false);
    while at < raw.len() && raw[at] != b'\n' {
        let end = line_end(raw, at);
        let line = &raw[at..end];
        let drop = if let Some(continued) = line.strip_prefix(b" ") {
            // A merged tag is kept whole in the header, each of its lines with a blank before it.
            is_id || is_signature && is_armour(continued) || is_id_line(continued)
        } else {
            (is_id, is_signature) = (is_id_line(line), is_signature_line(line));
            is_id || is_signature
        };
        if drop {
            out[at..end].fill(b' ');
        }
        at = (end + 1).min(raw.len());
    }
    blank_signatures(out);
}

/// Copies a reflog with the ids at the beginning of each line overwritten by blanks: who, when and why are left.
pub(super) fn log_without_ids(log: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(log);
    let mut at = 0;
    while at < log.len() {
        let end = line_end(log, at);
        let mut words = log[at..end].splitn(3, |byte| *byte == b' ');
        let is_id = |word: Option<&[u8]>| {
            word.is_some_and(|word| matches!(word.len(), 40 | 64) && word.iter().all(u8::is_ascii_hexdigit))
        };
        if is_id(words.next()) && is_id(words.next()) {
            let ids = log[at..end].len() - words.next().map_or(0, <[u8]>::len);
            out[at..at + ids].fill(b' ');
        }
        at = end + 1;
    }
}

fn line_end(raw: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |length| at + length)
}

fn is_id_line(line: &[u8]) -> bool {
    let mut words = line.splitn(2, |byte| *byte == b' ');
    let (key, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match key {
        b"tree" | b"parent" | b"object" => matches!(value.len(), 40 | 64) && value.iter().all(u8::is_ascii_hexdigit),
        b"type" => matches!(value, b"commit" | b"tree" | b"blob" | b"tag"),
        b"change-id" => value.len() <= 64 && value.iter().all(u8::is_ascii_alphanumeric),
        _ => false,
    }
}

fn is_signature_line(line: &[u8]) -> bool {
    let Some(value) = line.strip_prefix(b"gpgsig ").or_else(|| line.strip_prefix(b"gpgsig-sha256 ")) else {
        return false;
    };
    SIGNATURES.iter().any(|(begin, _)| value == *begin)
}

/// Whether a line is of the armour itself: base64 of at most 76 characters, a checksum, or what opens or closes it (RFC 9580, 6).
fn is_armour(line: &[u8]) -> bool {
    const LONGEST: usize = 76;
    let line = line.trim_ascii();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    line.len() <= LONGEST && line.iter().all(is_base64)
        || SIGNATURES.iter().any(|(begin, end)| line == *begin || line == *end)
}

/// Signatures in the body of a tag, and in the header of a commit that merged one. One that is not closed is left alone:
/// it would hide the rest of the message.
fn blank_signatures(out: &mut [u8]) {
    for (begin, end) in SIGNATURES {
        let mut from = 0;
        while let Some(start) = memchr::memmem::find(&out[from..], begin).map(|at| from + at) {
            let Some(length) = memchr::memmem::find(&out[start..], end) else { break };
            from = start + length + end.len();
            let line_start = memchr::memrchr(b'\n', &out[..start]).map_or(0, |at| at + 1);
            if out[line_start..start].iter().all(|byte| *byte == b' ') {
                let lines = out[start..from].split_mut(|byte| *byte == b'\n');
                lines.filter(|line| is_armour(line)).for_each(|line| line.fill(b' '));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(raw: &str) -> String {
        let mut out = Vec::new();
        without_ids(raw.as_bytes(), &mut out);
        assert_eq!(out.len(), raw.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn ids_and_signatures_become_blanks_and_the_rest_stays_where_it_was() {
        let id = "0123456789".repeat(4);
        let raw = format!(
            "tree {id}\nparent {id}\nauthor A <a@b> 1 +0000\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQIz\n -----END PGP SIGNATURE-----\nencoding x\n\ntree {id}\nword"
        );
        let text = written(&raw);
        let lines: Vec<_> = text.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            ["", "", "author A <a@b> 1 +0000", "", "", "", "", "encoding x", "", &format!("tree {id}"), "word"]
        );
    }

    #[test]
    fn a_signature_in_a_tag_is_blanked_only_when_it_is_closed() {
        let head = format!("object {}\ntype commit\ntag v1\n\nwords\n", "ab".repeat(20));
        let closed =
            written(&format!("{head}-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\nafter\n"));
        assert!(closed.contains("words") && closed.contains("after") && !closed.contains("U1NI"), "{closed}");
        let open = written(&format!("{head}-----BEGIN SSH SIGNATURE-----\nU1NI\nhidden?\n"));
        assert!(open.contains("hidden?"), "{open}");
    }

    #[test]
    fn what_is_put_into_a_signature_is_kept() {
        let header = written(
            "gpgsig -----BEGIN PGP SIGNATURE-----\n Comment: a word\n \n iQIz\n a_word_of_it\n =ab12\n -----END PGP SIGNATURE-----\n\n",
        );
        assert_eq!(header.split_whitespace().collect::<Vec<_>>(), ["Comment:", "a", "word", "a_word_of_it"]);
        let open = written("gpgsig -----BEGIN PGP SIGNATURE-----\n iQIz\n a_word\nauthor me\n\nmessage");
        assert_eq!(open.split_whitespace().collect::<Vec<_>>(), ["a_word", "author", "me", "message"]);
        assert!(written("gpgsig -----BEGIN PGP SIGNATURE----- a word\n\n").contains("a word"));
        let body = written("tag v1\n\n-----BEGIN SSH SIGNATURE-----\nU1NI\na_word\n-----END SSH SIGNATURE-----\n");
        assert!(body.contains("a_word") && !body.contains("U1NI"), "{body}");
    }

    #[test]
    fn what_only_looks_like_a_signature_header_is_kept() {
        assert!(written("gpgsig password\n more\n\n").contains("password"));
        assert!(written("tree of life\n\n").contains("life"));
    }

    #[test]
    fn of_a_reflog_the_ids_are_blanked() {
        let id = "ab".repeat(20);
        let mut out = Vec::new();
        log_without_ids(format!("{id} {id} A <a@b> 1 +0000\tclone: from x\nodd line\n{id}").as_bytes(), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.trim_start(), format!("A <a@b> 1 +0000\tclone: from x\nodd line\n{id}"));
    }
}
