//! Where a bare word stands for itself: variables of a shell's environment, files of such, and lists of options.

use super::super::checks;
use super::{Assigned, has_word};
use crate::candidate::Setting;
use crate::score::features::beside;

/// Lines on each side that are looked at.
const LINES: usize = 6;
/// Fewest other settings among them.
const LEAST_SETTINGS: usize = 3;

impl Assigned<'_> {
    /// Whether the value stands where no name refers to anything: `export PASSWORD=a_b`, `PASSWORD='a.b' command`, `PASSWORD=a_b` on a
    /// line of its own, `-o username=x,password=a_b`.
    pub fn is_in_environment(&self) -> bool {
        if self.is_exported() || self.is_described() || self.is_parameter() {
            return true;
        }
        if !self.is_set_as_in_shell() {
            return false;
        }
        let line = self.line_before();
        if self.between == b"=" && (self.is_option(line) || is_behind_server(line)) {
            return true;
        }
        // `spring.datasource.password=A_b`: a property of Java, which refers to nothing either.
        let is_property = self.between == b"=" && self.name.contains(&b'.') && line.is_empty();
        if is_property && self.line_after().trim_ascii().is_empty() && !self.is_quoted() {
            return true;
        }
        // `- X=` of a list; a change shows what it adds and removes, and logs have it behind a bar.
        let own = line.rsplit(|&byte| byte == b'|').next().unwrap_or(line).trim_ascii();
        let is_line = line.is_empty() || matches!(own, b"" | b"-" | b"+") && self.between == b"=";
        self.is_variable() && is_line && is_end(self.rest_of_line())
    }

    /// Whether a shell sets it for the programs that it starts: `export PASSWORD=a_b`, `PASSWORD='a.b' command`.
    pub fn is_exported(&self) -> bool {
        let line = self.line_before();
        let is_operator = self.is_set_as_in_shell();
        (is_operator || matches!(self.between, b" " | b" '" | b" \"")) && is_set(line)
            || is_operator && self.is_variable() && begins_command(line) && is_command(self.rest_of_line())
    }

    fn is_set_as_in_shell(&self) -> bool {
        matches!(self.between, b"=" | b"='" | b"=\"")
    }

    /// Whether the name is as those of variables of an environment are.
    fn is_variable(&self) -> bool {
        let name = self.name.strip_prefix(b"-").unwrap_or(self.name);
        name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
    }

    /// Whether it is in the environment of a container, as `kubectl describe` lists it.
    fn is_described(&self) -> bool {
        self.between.strip_prefix(b":  ").is_some_and(|blanks| blanks.iter().all(|&byte| byte == b' '))
            && self.is_variable()
            && self.is_whole_line()
            && memchr::memmem::find(self.before, b"Environment:").is_some()
    }

    /// Whether a stack of CloudFormation is given it for a parameter.
    fn is_parameter(&self) -> bool {
        memchr::memmem::find(self.between, b"ParameterValue").is_some()
    }

    /// What stands behind the value and its quote on its line.
    fn rest_of_line(&self) -> &[u8] {
        let rest = self.line_after();
        if self.is_quoted() { rest.get(1..).unwrap_or(rest) } else { rest }
    }

    /// Whether it ends a note that names an account before it: `user: robin / pass: a_b`.
    pub fn is_in_note(&self) -> bool {
        const ACCOUNTS: [&str; 5] = ["user", "login", "benutzer", "usuario", "utente"];
        let line = self.line_before().trim_ascii_end();
        line.ends_with(b"/") && line.contains(&b':') && has_word(line, &ACCOUNTS) && is_end(self.line_after())
    }

    /// Whether it is a line among others that set something without quotes, an account among them: there no variable is meant.
    pub fn is_in_settings(&self) -> bool {
        let operator = match self.between.trim_ascii() {
            [operator @ (b'=' | b':')] => *operator,
            _ => return false,
        };
        let line = self.line_before();
        if self.setting != Setting::Bare || !line.trim_ascii().is_empty() || !is_end(self.line_after()) {
            return false;
        }
        // The first line may be cut.
        let above = self.before[..self.before.len() - line.len()].rsplit(|&byte| byte == b'\n').skip(1);
        let below = self.after[self.line_after().len()..].split(|&byte| byte == b'\n').skip(1);
        let above = above.collect::<Vec<_>>();
        let above = &above[..above.len().saturating_sub(1).min(LINES)];
        let mut settings = 0;
        for line in above.iter().copied().chain(below.take(LINES)) {
            match sets(line, operator) {
                Some(set) => settings += usize::from(set),
                None => return false,
            }
        }
        settings >= LEAST_SETTINGS && beside::account_and_labels(self).0
    }

    /// Whether words that programs do not use stand where a shell, a file of properties or a router has its settings: on a line of
    /// their own without a blank (`storePassword=quitte.birne`), among pairs (`name=robin password=quitte.birne`), or for Ansible.
    pub fn is_among_pairs(&self) -> bool {
        if self.setting != Setting::Bare || self.value.split(|&byte| byte == b'.').any(checks::is_known) {
            return false;
        }
        if self.name.starts_with(b"ansible_") && self.between == b": " {
            return self.is_whole_line();
        }
        let (before, after) = (self.line_before(), self.line_after());
        let is_pair = |word: &[u8]| {
            let name = word.iter().take_while(|&&byte| byte.is_ascii_lowercase() || byte == b'-').count();
            name > 1 && word.get(name) == Some(&b'=') && !word.ends_with(b",")
        };
        let has_pair = |text: &[u8]| text.split(|&byte| byte == b' ').any(is_pair);
        let is_parted = |text: &[u8]| text.is_empty() || text.ends_with(b" ");
        self.between == b"="
            && (before.is_empty() && after.trim_ascii_end().is_empty()
                || is_parted(before) && after.starts_with(b" ") && has_pair(after))
    }

    /// Whether it is an entry of a list without blanks in which an account is named: `username=x,password=y,uid=7`.
    fn is_option(&self, line: &[u8]) -> bool {
        const OTHERS: &[&[u8]] = &[
            b"username",
            b"user",
            b"uid",
            b"gid",
            b"vers",
            b"sec",
            b"domain",
            b"dom",
            b"iocharset",
            b"credentials",
            b"rw",
            b"ro",
        ];
        let start = line.iter().rposition(u8::is_ascii_whitespace).map_or(0, |blank| blank + 1);
        let rest = self.line_after();
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let (before, after) = (&line[start..], &rest[..end]);
        let is_plain = |part: &[u8]| {
            !part.iter().any(|byte| matches!(byte, b'(' | b')' | b'{' | b'}' | b'[' | b']' | b'"' | b'\'' | b'`'))
        };
        // A line that is nothing else may be an argument of a call.
        start > 0
            && line[..start].iter().any(u8::is_ascii_graphic)
            && (before.ends_with(b",") || before.is_empty() && after.starts_with(b","))
            && !after.ends_with(b",")
            && is_plain(before)
            && is_plain(after)
            && before
                .split(|&byte| byte == b',')
                .chain(after.split(|&byte| byte == b','))
                .any(|option| OTHERS.contains(&option.split(|&byte| byte == b'=').next().unwrap_or(option)))
    }
}

/// Whether what stands before a name without a blank is a host, its port and parts that commas end, as clients of Redis write what they
/// connect with: `cache.example:6379,password=x_y,ssl=true`.
fn is_behind_server(line: &[u8]) -> bool {
    let is_start = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    let parts = &line[line.iter().rposition(is_start).map_or(0, |at| at + 1)..];
    let server = &parts[..memchr::memchr(b',', parts).unwrap_or(0)];
    let Some(colon) = memchr::memchr(b':', server).filter(|_| parts.ends_with(b",")) else { return false };
    let (host, port) = (&server[..colon], &server[colon + 1..]);
    !host.is_empty()
        && host.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && (2..=5).contains(&port.len())
        && port.iter().all(u8::is_ascii_digit)
}

/// Whether a line sets something; `None` where it is neither that nor a comment, a heading or blank.
fn sets(line: &[u8], operator: u8) -> Option<bool> {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"- ").unwrap_or(line);
    if line.is_empty() || matches!(line[0], b'#' | b';' | b'!') || line[0] == b'[' && line.ends_with(b"]") {
        return Some(false);
    }
    let end = line.iter().position(|&byte| byte == operator)?;
    let name = line[..end].trim_ascii();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' ' | b'/');
    let value = line[end + 1..].trim_ascii();
    let is_code = |byte: &u8| matches!(byte, b'{' | b';') || operator == b'=' && matches!(byte, b'"' | b'\'');
    // `agent (by robin)` is a text, `agent(robin)` a call.
    let mut brackets = memchr::memchr_iter(b'(', value);
    let calls = brackets.any(|at| at == 0 || value[at - 1] != b' ');
    let plain = !value.ends_with(b",") && !value.starts_with(b"=") && !calls && !value.iter().any(is_code);
    (!name.is_empty() && name.iter().all(is_name) && plain).then_some(true)
}

/// Whether a line ends with a command that sets a variable.
fn is_set(line: &[u8]) -> bool {
    const COMMANDS: &[&[u8]] =
        &[b"export", b"declare -x", b"typeset -x", b"readonly", b"setenv", b"set -gx", b"set -x", b"set -Ux", b"ENV"];
    let Some(before) = line.strip_suffix(b" ").map(<[u8]>::trim_ascii_end) else { return false };
    COMMANDS.iter().any(|command| {
        before.strip_suffix(*command).is_some_and(|rest| rest.last().is_none_or(|byte| !byte.is_ascii_alphanumeric()))
    })
}

/// Whether nothing but a comment follows.
fn is_end(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii();
    rest.is_empty() || rest.starts_with(b"#")
}

/// Whether a command of a shell may begin behind this.
fn begins_command(line: &[u8]) -> bool {
    line.last().is_none_or(|byte| matches!(byte, b' ' | b'\t' | b';' | b'(' | b'`' | b'"' | b'\'' | b'@' | b'|'))
}

/// Whether a command follows, which the variable is set for.
fn is_command(rest: &[u8]) -> bool {
    /// What programs have behind a value that is none.
    const WORDS: &[&[u8]] =
        &[b"if", b"or", b"and", b"in", b"unless", b"else", b"for", b"as", b"is", b"then", b"do", b"when"];
    let Some(rest) = rest.strip_prefix(b" ") else { return false };
    let rest = rest.trim_ascii_start();
    let word = rest.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || b"_-./$".contains(&byte)).count();
    word >= 2
        && (rest[0].is_ascii_lowercase() || matches!(rest[0], b'.' | b'/' | b'$') || rest.get(word) == Some(&b'='))
        && !rest.starts_with(b"//")
        && !WORDS.contains(&&rest[..word])
}
