//! The instructions of a delta, as in git's `gitformat-pack`: copy a run of the base, or insert bytes that follow.

use super::objects::Failure;
use crate::candidate::CopiedRun;

/// A delta, opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delta<'d> {
    /// Length of the base it was made for, in bytes.
    pub base_length: u64,
    /// Length of what it makes, in bytes.
    pub length: u64,
    instructions: &'d [u8],
}

impl<'d> Delta<'d> {
    /// Reads the two lengths that a delta begins with.
    pub(super) fn open(bytes: &'d [u8]) -> Result<Self, Failure> {
        let (base_length, rest) = size(bytes)?;
        let (length, instructions) = size(rest)?;
        Ok(Delta { base_length, length, instructions })
    }

    /// Writes what the delta makes of `base` to `out`, and the runs that it copied to `runs`: in order, contiguous ones
    /// joined.
    pub(super) fn apply(&self, base: &[u8], out: &mut Vec<u8>, runs: &mut Vec<CopiedRun>) -> Result<(), Failure> {
        out.clear();
        runs.clear();
        let length = usize::try_from(self.length).map_err(|_| Failure::TooLarge)?;
        if self.base_length != base.len() as u64 {
            return Err(Failure::Corrupt);
        }
        out.reserve(length);
        let mut left = self.instructions;
        while let Some((&instruction, rest)) = left.split_first() {
            left = rest;
            if instruction & 0x80 != 0 {
                let from = operand(&mut left, instruction, 4)?;
                let size = match operand(&mut left, instruction >> 4, 3)? {
                    0 => 0x1_0000,
                    size => size,
                };
                let run = base.get(from..from + size).ok_or(Failure::Corrupt)?;
                push_run(runs, CopiedRun { from: from as u32, to: out.len() as u32, length: size as u32 });
                out.extend_from_slice(run);
            } else {
                // Zero is reserved.
                let size = usize::from(instruction);
                let inserted = left.split_at_checked(size).filter(|_| size > 0).ok_or(Failure::Corrupt)?;
                out.extend_from_slice(inserted.0);
                left = inserted.1;
            }
            if out.len() > length {
                return Err(Failure::Corrupt);
            }
        }
        if out.len() == length { Ok(()) } else { Err(Failure::Corrupt) }
    }
}

fn push_run(runs: &mut Vec<CopiedRun>, run: CopiedRun) {
    match runs.last_mut() {
        Some(last) if last.from + last.length == run.from && last.to + last.length == run.to => {
            last.length += run.length;
        }
        _ => runs.push(run),
    }
}

/// An operand of a copy: the bytes of it that are not zero, each announced by a bit.
fn operand(left: &mut &[u8], announced: u8, most: u32) -> Result<usize, Failure> {
    let mut value = 0;
    for byte in (0..most).filter(|byte| announced & 1 << byte != 0) {
        let (&next, rest) = left.split_first().ok_or(Failure::Corrupt)?;
        *left = rest;
        value |= usize::from(next) << (8 * byte);
    }
    Ok(value)
}

/// A length: seven bits a byte, the lowest first, the upper bit set on all but the last.
fn size(bytes: &[u8]) -> Result<(u64, &[u8]), Failure> {
    let mut value = 0;
    for (place, &byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[place + 1..]));
        }
    }
    Err(Failure::Corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(delta: &[u8], base: &[u8]) -> Result<(Vec<u8>, Vec<CopiedRun>), Failure> {
        let (mut out, mut runs) = (Vec::new(), Vec::new());
        Delta::open(delta)?.apply(base, &mut out, &mut runs)?;
        Ok((out, runs))
    }

    #[test]
    fn copies_and_insertions_make_the_text() {
        // Copy 0..3, insert "xy", copy 3..6, copy 6..8.
        let delta = [8, 10, 0x90, 3, 2, b'x', b'y', 0x91, 3, 3, 0x91, 6, 2];
        let (out, runs) = made(&delta, b"abcdefgh").unwrap();
        assert_eq!(out, b"abcxydefgh");
        assert_eq!(runs, [CopiedRun { from: 0, to: 0, length: 3 }, CopiedRun { from: 3, to: 5, length: 5 }]);
    }

    #[test]
    fn a_size_of_zero_is_65_536() {
        let base = vec![b'z'; 0x1_0000];
        let (out, _) = made(&[0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], &base).unwrap();
        assert_eq!(out, base);
    }

    #[test]
    fn what_lies_is_corrupt() {
        let base = b"abcdefgh";
        for delta in [
            &[7, 3, 0x90, 3][..], // made for another base
            &[8, 4, 0x90, 3],     // ends too early
            &[8, 2, 0x90, 3],     // goes on too long
            &[8, 3, 0x91, 7, 3],  // beyond the base
            &[8, 3, 0],           // reserved
            &[8, 3, 5, b'a'],     // fewer bytes than announced
            &[8, 3, 0x91],        // no operand
            &[8],                 // no length
            &[0x80; 12],          // a length without end
        ] {
            assert_eq!(made(delta, base).unwrap_err(), Failure::Corrupt, "{delta:?}");
        }
    }
}
