//! Tokens for hosts: `HOST=[USER:]TOKEN`, one a word. Each is sent to its own host and to no other.

use super::Remote;
use crate::secret::Secret;

/// The user that goes with a token where none is given; hosts that look at the token alone take any.
const USER: &str = "x-access-token";

/// Tokens by host.
#[derive(Debug, Default)]
pub struct Tokens {
    all: Vec<Token>,
}

#[derive(Debug)]
struct Token {
    /// Where it is written; 0 for one that is not.
    line: usize,
    host: String,
    user: String,
    token: Secret,
}

impl Tokens {
    /// Adds those of a text; of two for one host the first counts. `#` at the beginning of a line begins a comment.
    ///
    /// # Errors
    /// The number of the first line that has something else; nothing of it is repeated.
    pub fn add(&mut self, text: &str) -> Result<(), usize> {
        // Editors of some systems begin each file with it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim_start().starts_with('#') {
                continue;
            }
            for word in line.split_whitespace() {
                let (host, login) = word.split_once('=').ok_or(number)?;
                let (user, token) = login.split_once(':').unwrap_or((USER, login));
                if host.is_empty() || host.contains('/') || user.is_empty() || token.is_empty() {
                    return Err(number);
                }
                self.add_one(number, host, user, Secret::new(token.as_bytes()));
            }
        }
        Ok(())
    }

    /// Adds one.
    pub fn push(&mut self, host: &str, user: &str, token: Secret) {
        self.add_one(0, host, user, token);
    }

    fn add_one(&mut self, line: usize, host: &str, user: &str, token: Secret) {
        self.all.push(Token { line, host: host.to_ascii_lowercase(), user: user.to_owned(), token });
    }

    /// The lines of tokens that are for none of these hosts. The tokens themselves may stand where hosts should, so that
    /// only numbers can be told.
    pub fn lines_for_none_of(&self, hosts: &[&str]) -> Vec<usize> {
        let is_for = |token: &&Token| hosts.iter().any(|host| host.eq_ignore_ascii_case(&token.host));
        let mut lines: Vec<usize> = self.all.iter().filter(|token| !is_for(token)).map(|token| token.line).collect();
        lines.dedup();
        lines
    }

    /// Adds those of `more`, for hosts that have none yet.
    pub fn append(&mut self, more: Tokens) {
        self.all.extend(more.all);
    }

    /// Gives a repository its host's token, unless its URL has credentials of its own.
    pub fn log_in(&self, remote: &mut Remote) {
        let host = remote.host().to_ascii_lowercase();
        if !remote.wants_login() {
            return;
        }
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let name = |host: &str| match host.rsplit_once(':') {
            Some((name, port)) if is_port(port) => name.to_owned(),
            _ => host.to_owned(),
        };
        if let Some(token) = self.all.iter().find(|token| token.host == host) {
            remote.log_in(&token.user, &token.token);
        } else if let Some(near) = self.all.iter().find(|token| name(&token.host) == name(&host)) {
            remote.note_near(&near.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::git::Transports;

    #[test]
    fn a_token_is_for_its_host_alone() {
        let mut tokens = Tokens::default();
        tokens.add("# ours\nGit.example.com=one\nh.example:8443=me:two\n").unwrap();
        tokens.add("git.example.com=later").unwrap();
        for (url, logged_in) in [
            ("https://git.example.com/a", true),
            ("https://git.example.com:8443/a", false),
            ("https://git.example.com.evil.example/a", false),
            ("https://h.example:8443/a", true),
            ("https://h.example/a", false),
        ] {
            let mut remote = Remote::parse(url, Transports::Remote).unwrap();
            tokens.log_in(&mut remote);
            assert_eq!(!remote.wants_login(), logged_in, "{url}");
        }
        assert!(!format!("{tokens:?}").contains("one"));
        assert_eq!(tokens.lines_for_none_of(&["GIT.example.com", "h.example"]), [3]);
    }

    #[test]
    fn what_is_no_token_is_refused_by_line() {
        for text in ["bare-token", "\nh=\n", "=x", "h=:x", "h=u:", "https://h=x"] {
            assert!(Tokens::default().add(text).is_err(), "{text}");
        }
        assert_eq!(Tokens::default().add("h=x\nh.example"), Err(2));
        assert_eq!(Tokens::default().add("\u{feff}# ours\nh=x"), Ok(()));
    }
}
