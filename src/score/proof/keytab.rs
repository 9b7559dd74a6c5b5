//! Kerberos keytabs, version 5.2: whose keys they hold.
//!
//! After `05 02` each entry is a length (32 bits, of an entry that was deleted a negative one), the number of a principal's
//! components (16 bits), the realm and the components as strings with a length of 16 bits, the kind of name and the time (32 bits
//! each), the key's version (8 bits), its kind and its bytes (16 bits and a string). All numbers have their highest byte first.

use super::{Outcome, detail};

const MAGIC: &[u8] = &[5, 2];
/// Entries that are read.
const MOST: usize = 64;
/// Components of a principal: services have two, their host with a realm three.
const COMPONENTS: u16 = 8;

/// Checks what begins a keytab; `around` has the rest of it.
pub(super) fn check(beginning: &[u8], around: &[u8]) -> Outcome {
    let begin = memchr::memmem::find(around, beginning).unwrap_or_default();
    let mut rest = around[begin..].strip_prefix(MAGIC).unwrap_or_default();
    let (mut principals, mut keys) = (Vec::new(), 0);
    while let Some(entry) = entry(&mut rest).filter(|_| keys < MOST) {
        keys += 1;
        if !principals.contains(&entry) {
            principals.push(entry);
        }
    }
    if keys == 0 {
        return Outcome::Drop { why: "no entry of a keytab" };
    }
    let details = vec![detail("principal", &principals.join(", ")), detail("keys", &keys.to_string())];
    Outcome::Passed { details, severity: None }
}

/// The principal of the entry that the text begins with, behind those that were deleted; the text then begins after it.
fn entry(text: &mut &[u8]) -> Option<String> {
    loop {
        let size = i32::from_be_bytes(take(text, 4)?.try_into().ok()?);
        let mut content = take(text, usize::try_from(size.unsigned_abs()).ok()?)?;
        if size > 0 {
            return read(&mut content);
        }
        // No entry is without a size, and a hole is one of some bytes.
        if size == 0 {
            return None;
        }
    }
}

/// `HTTP/web.example.net@EXAMPLE.NET`.
fn read(content: &mut &[u8]) -> Option<String> {
    let count = number(content).filter(|count| (1..=COMPONENTS).contains(count))?;
    let realm = string(content)?;
    let components = (0..count).map(|_| string(content)).collect::<Option<Vec<&str>>>()?;
    let _kind_and_time = take(content, 8)?;
    let _version_and_kind = take(content, 3)?;
    let length = number(content)?;
    take(content, length.into()).filter(|key| !key.is_empty())?;
    Some(format!("{}@{realm}", components.join("/")))
}

fn take<'a>(text: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = text.split_at_checked(count)?;
    *text = rest;
    Some(taken)
}

fn number(text: &mut &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(take(text, 2)?.try_into().ok()?))
}

fn string<'a>(text: &mut &'a [u8]) -> Option<&'a str> {
    let length = number(text)?;
    let string = std::str::from_utf8(take(text, length.into())?).ok()?;
    (!string.is_empty() && !string.chars().any(char::is_control)).then_some(string)
}
