//! Who answers for a path: the CODEOWNERS file of GitHub or GitLab. Reads no file, and judges nothing.
//!
//! The syntax is that of the host whose folder the file is in; elsewhere it is GitLab's where the file has sections. On GitHub
//! the last pattern that matches counts; on GitLab the last one of each section, and their owners are joined.

use std::collections::BTreeMap;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

/// Where the file can be, in the order in which it is looked for.
pub const PATHS: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];
/// Most bytes of a file that are read: what GitHub takes.
pub const LARGEST: u64 = 3 << 20;
/// Most owners that a place is said to have.
const OWNERS: usize = 20;

/// Owners by path. The default knows none.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    globs: GlobSet,
    /// The pattern that each glob is of.
    pattern_of: Vec<usize>,
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    section: usize,
    owners: Vec<String>,
    /// A pattern of GitLab that takes paths out of its section.
    excludes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    GitHub,
    GitLab,
}

impl Owners {
    /// Reads the text of a file that is at `path` in its repository. Lines that are none are left out, as the hosts do.
    pub fn parse(path: &str, text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let has_sections = || lines().any(|line| section(line).is_some());
        let is_gitlab = path.starts_with(".gitlab/") || (!path.starts_with(".github/") && has_sections());
        let host = if is_gitlab { Host::GitLab } else { Host::GitHub };

        let mut sections: BTreeMap<String, usize> = BTreeMap::new();
        let (mut here, mut default) = (0, Vec::new());
        let mut owners = Owners::default();
        let mut globs = GlobSetBuilder::new();
        for line in lines() {
            if host == Host::GitLab
                && let Some((name, rest)) = section(line)
            {
                let next = sections.len() + 1;
                here = *sections.entry(name.to_lowercase()).or_insert(next);
                default = owners_in(rest);
                continue;
            }
            let (pattern, rest) = split_pattern(line);
            let (excludes, pattern) = match pattern.strip_prefix('!') {
                Some(rest) if host == Host::GitLab => (true, rest.to_owned()),
                // What GitHub does not take.
                Some(_) => continue,
                None => (false, pattern),
            };
            let named = owners_in(rest);
            let named = if named.is_empty() && host == Host::GitLab { default.clone() } else { named };
            let Some(compiled) = compile(&pattern, host) else { continue };
            for glob in compiled {
                globs.add(glob);
                owners.pattern_of.push(owners.patterns.len());
            }
            owners.patterns.push(Pattern { section: here, owners: named, excludes });
        }
        match globs.build() {
            Ok(globs) => Owners { globs, ..owners },
            // Patterns are compiled one by one before: only their number can be too much.
            Err(_) => Owners::default(),
        }
    }

    /// The owners of a path below the top of the repository, in the order in which the file names them. Of a member of an
    /// archive those of the archive.
    pub fn of(&self, path: &[u8]) -> Vec<String> {
        let file = memchr::memmem::find(path, b"!/").map_or(path, |end| &path[..end]);
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        let mut excluded = Vec::new();
        for glob in self.globs.matches_candidate(&Candidate::from_bytes(file)) {
            let index = self.pattern_of[glob];
            let pattern = &self.patterns[index];
            if pattern.excludes {
                excluded.push(pattern.section);
            }
            let known = last.entry(pattern.section).or_insert(index);
            *known = index.max(*known);
        }
        let mut owners: Vec<String> = Vec::new();
        for (section, index) in last {
            let of_pattern = self.patterns[index].owners.iter().filter(|_| !excluded.contains(&section));
            for owner in of_pattern {
                if !owners.contains(owner) && owners.len() < OWNERS {
                    owners.push(owner.clone());
                }
            }
        }
        owners
    }
}

/// The name of a section and what follows it: `[Name]`, `^[Name]` where its approval is optional, `[Name][2]` with a number of
/// approvals.
fn section(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix('^').unwrap_or(line).strip_prefix('[')?.split_once(']')?;
    if name.is_empty() {
        return None;
    }
    let number = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match number {
        Some((digits, rest)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some((name, rest)),
        Some(_) => None,
        None => (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some((name, rest)),
    }
}

/// The pattern of a line, up to the first space that is not escaped, and the rest.
fn split_pattern(line: &str) -> (String, &str) {
    let mut pattern = String::new();
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, escaped @ (' ' | '#' | '!'))) => pattern.push(escaped),
                Some((_, other)) => pattern.extend(['\\', other]),
                None => break,
            },
            _ if c.is_whitespace() => return (pattern, &line[at..]),
            _ => pattern.push(c),
        }
    }
    (pattern, "")
}

/// `@name`, `@organisation/team`, `@@role`, or an e-mail address; up to a comment.
fn owners_in(rest: &str) -> Vec<String> {
    let words = rest.split_whitespace().take_while(|word| !word.starts_with('#'));
    words.filter(|word| word.contains('@') && word.len() > 1).map(str::to_owned).collect()
}

/// The paths that a pattern means: a file, or all that is below a folder. `None`: it is no pattern on that host.
fn compile(pattern: &str, host: Host) -> Option<Vec<globset::Glob>> {
    if host == Host::GitHub && pattern.contains(['[', ']']) {
        return None;
    }
    let (anchored, path) = pattern.strip_prefix('/').map_or((false, pattern), |path| (true, path));
    let (path, is_folder) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
    if path.is_empty() {
        // `/` alone is all that there is.
        return (pattern == "/").then(|| glob("**")).flatten().map(|all| vec![all]);
    }
    // On GitHub a slash in the middle ties a pattern to the top, as in .gitignore; on GitLab only one at the beginning does.
    let anchored = anchored || (host == Host::GitHub && path.contains('/'));
    let escaped: String =
        path.chars().flat_map(|c| matches!(c, '{' | '}').then_some('\\').into_iter().chain([c])).collect();
    let base = if anchored { escaped } else { format!("**/{escaped}") };
    let below = format!("{base}/**");
    if is_folder {
        return Some(vec![glob(&below)?]);
    }
    // `docs/*` means what is in the folder, and nothing deeper; `*` alone means everything.
    if path == "*" {
        return Some(vec![glob("**")?]);
    }
    if path.ends_with("/*") {
        return Some(vec![glob(&base)?]);
    }
    Some(vec![glob(&base)?, glob(&below)?])
}

fn glob(pattern: &str) -> Option<globset::Glob> {
    GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(path: &str, text: &str, asked: &str) -> String {
        Owners::parse(path, text.as_bytes()).of(asked.as_bytes()).join(" ")
    }

    const GITHUB: &str = "\
# everything
*                 @all
*.js              @js   # inline
/build/logs/      @doctocat
docs/*            docs@example.com
apps/             @octocat
/docs/            @root-docs @second
**/logs           @logs
/apps/github      @deep
/apps/none
scripts\\ x/       @space
!nothing          @no
[x]/y             @no
";

    #[test]
    fn github_takes_the_last_pattern_that_matches() {
        for (path, owners) in [
            ("readme", "@all"),
            ("a/b/x.js", "@js"),
            ("build/logs/x/y", "@logs"),
            ("x/build/logs2/y", "@all"),
            ("x/docs/a", "@all"),
            ("docs/a/b", "@root-docs @second"),
            ("x/apps/y", "@octocat"),
            ("deep/er/logs/x", "@logs"),
            ("apps/github/x", "@deep"),
            ("apps/none", ""),
            ("apps/none/x", ""),
            ("scripts x/a", "@space"),
            ("lib/x.js!/member.txt", "@js"),
        ] {
            assert_eq!(of("CODEOWNERS", GITHUB, path), owners, "{path}");
        }
        assert_eq!(of(".github/CODEOWNERS", "docs/* @d\n", "docs/a"), "@d");
        assert_eq!(of(".github/CODEOWNERS", "docs/* @d\n", "docs/a/b"), "");
        assert_eq!(of(".github/CODEOWNERS", "docs/x @d\n", "y/docs/x"), "");
    }

    const GITLAB: &str = "\
* @all
[Docs] @docs-team
docs/
README.md @readme
^[Data Base][2] @dba
model/db/ @@maintainer
!model/db/generated/
[docs]
*.rst @writer
";

    #[test]
    fn gitlab_joins_the_sections() {
        for (path, owners) in [
            ("x", "@all"),
            ("docs/a", "@all @docs-team"),
            ("x/docs/a", "@all @docs-team"),
            ("docs/README.md", "@all @readme"),
            ("docs/a.rst", "@all @writer"),
            ("app/model/db/x", "@all @@maintainer"),
            ("model/db/generated/x", "@all"),
        ] {
            assert_eq!(of("CODEOWNERS", GITLAB, path), owners, "{path}");
        }
        assert_eq!(of(".gitlab/CODEOWNERS", "docs/x @d\n", "y/docs/x"), "@d");
    }

    #[test]
    fn what_is_no_line_is_left_out() {
        for text in ["", "\n\n# x", "a", "a b c", "\\", "/ ", "[", "[]", "{a @x", "\u{feff}"] {
            assert_eq!(of("CODEOWNERS", text, "a"), "", "{text:?}");
        }
        assert_eq!(of("CODEOWNERS", "/ @x", "a/b"), "@x");
        assert_eq!(of("CODEOWNERS", "a{b} @x", "a{b}"), "@x");
    }

    proptest! {
        #[test]
        fn any_file_is_read(text in "[ \\[\\]^!#/*a@.\\\\\n{}?]{0,80}", path in "[a./*]{0,12}") {
            for file in PATHS {
                Owners::parse(file, text.as_bytes()).of(path.as_bytes());
            }
        }
    }
}
