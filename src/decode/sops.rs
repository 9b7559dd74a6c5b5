//! Files of SOPS: each value of such a file is to be `ENC[AES256_GCM,…]`, and one that is not was put there afterwards. What SOPS
//! adds says so (its documentation, "Encrypting only parts of a file").

use std::ops::Range;

/// How an encrypted value begins.
pub const MARK: &str = "ENC[AES256_GCM";
/// Shortest and longest value that is looked at, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=512;

/// A value in plain text and the key that it stands under, as ranges of the text.
#[derive(Debug, PartialEq, Eq)]
pub struct Plain {
    /// Where the key stands, without quotes.
    pub key: Range<usize>,
    /// Where the value stands, without quotes.
    pub value: Range<usize>,
}

/// The plain values of a file in YAML, in JSON or of an environment. None of one of which only a part is to be encrypted.
pub fn plain_values(text: &[u8]) -> Vec<Plain> {
    let has = |piece: &[u8]| memchr::memmem::find(text, piece).is_some();
    let is_whole = has(MARK.as_bytes())
        && has(b"lastmodified")
        && !has(b"encrypted_regex")
        && !memchr::memmem::find_iter(text, b"encrypted_suffix").any(|at| !text[..at].ends_with(b"un"));
    if !is_whole {
        return Vec::new();
    }
    let mut values = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        // Behind it stands what SOPS says of the file itself.
        if line.starts_with(b"sops:") || line.trim_ascii_start().starts_with(b"\"sops\"") {
            break;
        }
        values.extend(plain(line).map(|Plain { key, value }| Plain {
            key: start + key.start..start + key.end,
            value: start + value.start..start + value.end,
        }));
        start += line.len();
    }
    values
}

/// The value of a line, `key: value`, `"key": "value",` or `KEY=value`, if it is not encrypted.
fn plain(line: &[u8]) -> Option<Plain> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let start = line.iter().position(is_name)?;
    if !line[..start].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'-')) {
        return None;
    }
    let key = start..start + line[start..].iter().take_while(|byte| is_name(byte)).count();
    let after = &line[key.end..];
    let joint = [&b": "[..], b"\": ", b"\":", b"="].into_iter().find(|joint| after.starts_with(joint))?;
    let name = &line[key.clone()];
    if name.starts_with(b"sops_") || name.ends_with(b"_unencrypted") {
        return None;
    }
    let rest = line[key.end + joint.len()..].trim_ascii_end();
    let rest = rest.strip_suffix(b",").unwrap_or(rest);
    let value = rest.trim_ascii_start();
    let begin = key.end + joint.len() + (rest.len() - value.len());
    let (value, begin) = match value {
        [quote @ (b'"' | b'\''), inner @ .., last] if last == quote => (inner, begin + 1),
        _ => (value, begin),
    };
    let is_plain =
        LENGTHS.contains(&value.len()) && !value.starts_with(b"ENC[") && value.iter().all(u8::is_ascii_graphic);
    is_plain.then(|| Plain { key, value: begin..begin + value.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, &str)> {
        plain_values(text.as_bytes()).into_iter().map(|one| (&text[one.key], &text[one.value])).collect()
    }

    const ENC: &str = "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]";

    #[test]
    fn what_is_not_encrypted_in_a_file_that_is() {
        let yaml = format!(
            "db:\n  code: {ENC}\n  hint: plain-value-17\n  - conn: 'plain value'\n  port: 5432\n  open_unencrypted: plain-value-18\n\
             sops:\n  mac: {ENC}\n  lastmodified: \"2026-01-01T00:00:00Z\"\n  version: plain-value-19\n"
        );
        assert_eq!(read(&yaml), [("hint", "plain-value-17")]);
        let json = format!(
            "{{\n  \"a\": \"{ENC}\",\n  \"hint\": \"plain-value-17\",\n  \"sops\": {{\n    \"lastmodified\": \"2026\",\n    \"v\": \"plain-value-18\"\n  }}\n}}"
        );
        assert_eq!(read(&json), [("hint", "plain-value-17")]);
        let env = format!("A={ENC}\nHINT=plain-value-17\nsops_lastmodified=2026-01-01T00:00:00Z\nsops_mac={ENC}\n");
        assert_eq!(read(&env), [("HINT", "plain-value-17")]);
    }

    #[test]
    fn files_that_are_encrypted_in_part_say_nothing() {
        let file = |more: &str| format!("hint: plain-value-17\na: {ENC}\nsops:\n  lastmodified: x\n  {more}\n");
        assert_eq!(read(&file("unencrypted_suffix: _unencrypted")).len(), 1);
        for more in ["encrypted_regex: ^(data|stringData)$", "unencrypted_regex: ^x$", "encrypted_suffix: _enc"] {
            assert_eq!(read(&file(more)), [], "{more}");
        }
        assert_eq!(read("hint: plain-value-17\nsops:\n  lastmodified: x\n"), [], "nothing is encrypted");
    }
}
