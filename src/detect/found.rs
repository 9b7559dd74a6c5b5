//! What is told of a candidate that was judged.

use std::borrow::Cow;

use super::{Found, is_settled};
use crate::score::meant;
use crate::signature::Matcher as How;

impl Found<'_> {
    /// The secret as it is written.
    pub fn secret(&self) -> &[u8] {
        &self.text[self.candidate.secret.range()]
    }

    /// The secret as whoever reads the text takes it: without the escapes of its syntax, of literals that are joined all.
    pub fn value(&self) -> Cow<'_, [u8]> {
        // What some escapes were undone in says what it is.
        let is_undone = self.decoder == Some("escapes");
        let value = if is_undone { None } else { meant::value(self.rule, self.text, &self.candidate) };
        value.map_or(Cow::Borrowed(self.secret()), Cow::Owned)
    }

    /// What tells the secret from others, where its bytes do not: see [`meant::identity`].
    pub fn identity(&self) -> Option<Vec<u8>> {
        meant::identity(self.rule, self.secret())
    }

    /// The name that gives it away, where a name did.
    pub fn name(&self) -> Option<&[u8]> {
        let before = &self.text[self.candidate.span.start as usize..self.candidate.secret.start as usize];
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let name = &before[..before.iter().take_while(|byte| is_name(byte)).count()];
        (matches!(self.rule.matcher, How::Assignment) && !name.is_empty()).then_some(name)
    }

    /// Whether it was dropped for what another candidate is.
    pub fn is_settled(&self) -> bool {
        is_settled(&self.verdict)
    }

    /// Bytes of the secret that every secret of its rule begins with.
    pub fn public_prefix(&self) -> usize {
        self.secret().iter().zip(&self.rule.traits().public_prefix).take_while(|(a, b)| a == b).count()
    }
}
