//! How repositories elsewhere are reached: the tokens for their hosts, from the environment.

use std::sync::Arc;

use super::failure::Failure;
use crate::source::git::{Access, Tokens, Transports};

/// Tokens for hosts; no flag, since flags can be read by other users of a machine.
pub(super) const TOKEN_VARIABLE: &str = "SCRUBJAY_GIT_TOKEN";
/// What to try where a token is none.
pub(super) const TOKEN_FORM: &str = "write HOST=TOKEN or HOST=USER:TOKEN";

/// Adds the tokens of the variable.
///
/// # Errors
/// When it holds something else; nothing of it is repeated.
pub(super) fn tokens_of_variable(tokens: &mut Tokens) -> Result<(), Failure> {
    match std::env::var(TOKEN_VARIABLE) {
        Ok(text) => tokens.add(&text).map_err(|_| Failure::new(TOKEN_VARIABLE, "is no token").or_try(TOKEN_FORM)),
        Err(_) => Ok(()),
    }
}

/// How repositories elsewhere are reached: with the tokens of the variable, and `more` where it has none for a host.
///
/// # Errors
/// As [`tokens_of_variable`].
pub(super) fn access(more: Tokens) -> Result<Access, Failure> {
    let mut tokens = Tokens::default();
    tokens_of_variable(&mut tokens)?;
    tokens.append(more);
    Ok(Access { transports: Transports::Remote, tokens: Arc::new(tokens) })
}
