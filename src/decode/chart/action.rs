//! One action of a template (`{{ … }}`): read as a pipeline of commands, and what it gives.

use std::ops::Range;

use super::limit::{Budget, Limit};
use super::values::Key;
use super::{ACTION_MOST, Scope};

/// Pipelines in parentheses in each other.
pub(super) const NESTING_MOST: usize = 16;

/// An action.
pub(super) struct Action {
    /// Whether the white space before it goes (`{{-`).
    pub trims_before: bool,
    /// Whether the white space after it goes (`-}}`).
    pub trims_after: bool,
    /// Where it ends.
    pub end: usize,
    pub kind: Kind,
}

/// What an action is to those beside it.
pub(super) enum Kind {
    /// It gives a value, or gives it to a variable; `None` where it is not understood.
    Pipeline(Vec<String>, Option<Vec<Command>>),
    With(Vec<String>, Option<Vec<Command>>),
    Range(Vec<String>, Option<Vec<Command>>),
    /// A block that is there once, whatever it says.
    Once,
    /// The template of that name.
    Define(Vec<u8>),
    /// The template of that name, which is also put in where it stands.
    Block(Vec<u8>, Option<Vec<Command>>),
    Else,
    End,
    Comment,
    /// What is not understood.
    Nothing,
}

/// A function with arguments, or a value alone.
pub(super) struct Command {
    pub function: Option<String>,
    pub arguments: Vec<Operand>,
}

/// What stands in a command.
pub(super) enum Operand {
    /// A literal, with where it stands in the template.
    Text(Vec<u8>, Range<usize>),
    Number(i64),
    /// `.Values` and a path.
    Values(Vec<Key>),
    /// A field that has the same text in all of a chart.
    Field(Field),
    /// `.` and a path from there.
    Dot(Vec<Key>),
    /// A variable by its name, and a path from there; `$` alone is what the template was given.
    Variable(String, Vec<Key>),
    /// A pipeline in parentheses, and a path from what it gives.
    Pipeline(Vec<Command>, Vec<Key>),
}

/// Fields of a release and a chart.
#[derive(Clone, Copy)]
pub(super) enum Field {
    ReleaseName,
    ReleaseNamespace,
    ReleaseService,
    ChartName,
}

impl Field {
    pub fn of(path: &[&str]) -> Option<Field> {
        match path {
            ["Release", "Name"] => Some(Field::ReleaseName),
            ["Release", "Namespace"] => Some(Field::ReleaseNamespace),
            ["Release", "Service"] => Some(Field::ReleaseService),
            ["Chart", "Name"] => Some(Field::ChartName),
            _ => None,
        }
    }

    /// Its text; of a release that of `helm template`.
    pub fn text<'a>(self, scope: &Scope<'a>) -> &'a str {
        match self {
            Field::ReleaseName => "release-name",
            Field::ReleaseNamespace => "default",
            Field::ReleaseService => "Helm",
            Field::ChartName => scope.chart,
        }
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Text(Vec<u8>, Range<usize>),
    Number(i64),
    /// A name, or a path that begins with `.` or `$`.
    Word(String),
    /// A path from what stands in parentheses right before it.
    Fields(String),
    Pipe,
    Open,
    Close,
    /// `:=` or `=`.
    Assign,
    Comma,
    /// What is read over, and is nothing that is understood.
    Other,
}

impl Action {
    /// Reads the action that begins at a place; `None` where none does. One that is not understood has an end, and no value.
    pub fn read(bytes: &[u8], start: usize, budget: &Budget) -> Option<Self> {
        let limit = bytes.len().min(start + ACTION_MOST);
        let mut lexer = Lexer { bytes: &bytes[..limit], at: start + 2, closed: 0, ran_out: false };
        let trims_before = lexer.rest().starts_with(b"-") && lexer.rest().get(1).is_some_and(u8::is_ascii_whitespace);
        lexer.at += usize::from(trims_before);
        let rest = lexer.rest();
        if rest.trim_ascii_start().starts_with(b"/*") {
            return Some(lexer.comment(trims_before));
        }
        let mut tokens = Vec::new();
        let trims_after = loop {
            lexer.at += lexer.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let rest = lexer.rest();
            let is_apart = bytes[..lexer.at].last().is_some_and(u8::is_ascii_whitespace);
            if rest.starts_with(b"-}}") && is_apart {
                lexer.at += 3;
                break true;
            }
            if rest.starts_with(b"}}") {
                lexer.at += 2;
                break false;
            }
            match lexer.token() {
                Some(token) => tokens.push(token),
                None => {
                    if lexer.ran_out && limit < bytes.len() {
                        budget.pass(Limit::Action);
                    }
                    return None;
                }
            }
        };
        Some(Action { trims_before, trims_after, end: lexer.at, kind: kind(tokens, budget) })
    }
}

/// What an action is, by its first word.
fn kind(mut tokens: Vec<Token>, budget: &Budget) -> Kind {
    let word = match tokens.first() {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    match word {
        "end" => Kind::End,
        "else" => Kind::Else,
        "if" => Kind::Once,
        "block" => match tokens.get(1) {
            Some(Token::Text(name, _)) => {
                let name = name.clone();
                Kind::Block(name, commands(tokens.split_off(2), budget))
            }
            _ => Kind::Once,
        },
        "define" => match tokens.get(1) {
            Some(Token::Text(name, _)) => Kind::Define(name.clone()),
            _ => Kind::Once,
        },
        "with" | "range" => {
            let is_range = word == "range";
            let (names, commands) = assigned(tokens.split_off(1), budget);
            if is_range { Kind::Range(names, commands) } else { Kind::With(names, commands) }
        }
        "template" => {
            tokens[0] = Token::Word("include".to_owned());
            Kind::Pipeline(Vec::new(), commands(tokens, budget))
        }
        _ => {
            let (names, commands) = assigned(tokens, budget);
            Kind::Pipeline(names, commands)
        }
    }
}

/// A pipeline, and the variables that what it gives is given to.
fn assigned(mut tokens: Vec<Token>, budget: &Budget) -> (Vec<String>, Option<Vec<Command>>) {
    let is_assigned = match &tokens[..] {
        [Token::Word(_), Token::Assign, ..] => 2,
        [Token::Word(_), Token::Comma, Token::Word(_), Token::Assign, ..] => 4,
        _ => return (Vec::new(), commands(tokens, budget)),
    };
    let rest = tokens.split_off(is_assigned);
    let names = tokens.into_iter().filter_map(|token| match token {
        Token::Word(name) if name.starts_with('$') => Some(name),
        _ => None,
    });
    (names.collect(), commands(rest, budget))
}

fn commands(tokens: Vec<Token>, budget: &Budget) -> Option<Vec<Command>> {
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0 };
    let commands = parser.pipeline();
    if parser.depth > NESTING_MOST {
        budget.pass(Limit::Parentheses);
    }
    commands.filter(|_| parser.tokens.next().is_none())
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Behind the last `)`.
    closed: usize,
    /// Whether something had no end.
    ran_out: bool,
}

impl Lexer<'_> {
    /// Reads on from before the `/*` of a comment.
    fn comment(mut self, trims_before: bool) -> Action {
        let Some(end) = memchr::memmem::find(self.rest(), b"*/") else {
            return Action { trims_before, trims_after: false, end: self.bytes.len(), kind: Kind::Nothing };
        };
        self.at += end + 2;
        let rest = self.rest();
        let behind = rest.trim_ascii_start();
        let blanks = rest.len() - behind.len();
        let (trims_after, length, kind) = if blanks > 0 && behind.starts_with(b"-}}") {
            (true, blanks + 3, Kind::Comment)
        } else if behind.starts_with(b"}}") {
            (false, blanks + 2, Kind::Comment)
        } else {
            (false, 0, Kind::Nothing)
        };
        Action { trims_before, trims_after, end: self.at + length, kind }
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next token; `None` where an action cannot go on so.
    fn token(&mut self) -> Option<Token> {
        let Some(&first) = self.rest().first() else {
            self.ran_out = true;
            return None;
        };
        let one = match first {
            b'|' => Token::Pipe,
            b'(' => Token::Open,
            b')' => {
                self.closed = self.at + 1;
                Token::Close
            }
            b',' => Token::Comma,
            b'=' => Token::Assign,
            b':' if self.rest().get(1) == Some(&b'=') => {
                self.at += 1;
                Token::Assign
            }
            b'"' | b'`' => return self.text(first),
            b'{' | b'}' => return None,
            b'.' | b'$' | b'_' | b'-' => return Some(self.word()),
            byte if byte.is_ascii_alphanumeric() || byte >= 0x80 => return Some(self.word()),
            _ => Token::Other,
        };
        self.at += 1;
        Some(one)
    }

    /// A string of Go, in quotes or raw.
    fn text(&mut self, quote: u8) -> Option<Token> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            let Some(&byte) = self.bytes.get(end) else {
                self.ran_out = true;
                return None;
            };
            match byte {
                byte if byte == quote => break,
                b'\\' if quote == b'"' => end += 2,
                b'\n' if quote == b'"' => return None,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        let literal = &self.bytes[start..end];
        if quote == b'`' || !literal.contains(&b'\\') {
            return Some(Token::Text(literal.to_vec(), start..end));
        }
        let mut text = Vec::with_capacity(literal.len());
        let mut bytes = literal.iter();
        while let Some(&byte) = bytes.next() {
            text.push(match byte {
                b'\\' => match bytes.next()? {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    same @ (b'\\' | b'"' | b'\'') => *same,
                    // Rare enough to leave the action as it is.
                    _ => return Some(Token::Other),
                },
                byte => byte,
            });
        }
        Some(Token::Text(text, start..end))
    }

    fn word(&mut self) -> Token {
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'$' | b'_' | b'-') || *byte >= 0x80;
        let length = self.rest().iter().take_while(|byte| is_part(byte)).count();
        let word = String::from_utf8_lossy(&self.rest()[..length]).into_owned();
        let is_behind = self.closed == self.at && word.starts_with('.') && length > 1;
        self.at += length;
        if is_behind {
            return Token::Fields(word);
        }
        word.parse().map_or(Token::Word(word), Token::Number)
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    /// Commands with `|` between them, as far as a `)` or the end.
    fn pipeline(&mut self) -> Option<Vec<Command>> {
        let mut commands = vec![self.command()?];
        while self.tokens.next_if_eq(&Token::Pipe).is_some() {
            commands.push(self.command()?);
        }
        Some(commands)
    }

    fn command(&mut self) -> Option<Command> {
        let is_name = |token: &Token| matches!(token, Token::Word(word) if !word.starts_with(['.', '$']));
        let function = match self.tokens.next_if(is_name) {
            Some(Token::Word(name)) => Some(name),
            _ => None,
        };
        let mut arguments = Vec::new();
        while let Some(token) = self.tokens.next_if(|token| !matches!(token, Token::Pipe | Token::Close)) {
            arguments.push(match token {
                Token::Text(text, place) => Operand::Text(text, place),
                Token::Number(number) => Operand::Number(number),
                Token::Word(word) => operand(&word)?,
                Token::Open => {
                    self.depth += 1;
                    let inner = (self.depth <= NESTING_MOST).then(|| self.pipeline()).flatten()?;
                    self.depth -= 1;
                    self.tokens.next_if_eq(&Token::Close)?;
                    let path = match self.tokens.next_if(|token| matches!(token, Token::Fields(_))) {
                        Some(Token::Fields(path)) => names(&path)?.into_iter().map(key).collect(),
                        _ => Vec::new(),
                    };
                    Operand::Pipeline(inner, path)
                }
                Token::Fields(_) | Token::Other | Token::Pipe | Token::Close | Token::Assign | Token::Comma => {
                    return None;
                }
            });
        }
        (function.is_some() || arguments.len() == 1).then_some(Command { function, arguments })
    }
}

/// The names of a path; `None` where it is none.
fn names(path: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = path.split('.').skip(1).collect();
    let is_name = |name: &&str| !name.is_empty() && !name.contains(['$', '-']);
    names.iter().all(is_name).then_some(names)
}

fn key(name: &str) -> Key {
    Key::Name(name.to_owned())
}

/// A path from `.`, from a variable, or from what the template was given.
fn operand(word: &str) -> Option<Operand> {
    let dot = word.find('.').unwrap_or(word.len());
    let (variable, path) = word.split_at(dot);
    let path = if word == "." { Vec::new() } else { names(path)? };
    let keys = |path: &[&str]| path.iter().copied().map(key).collect();
    match (variable, path.split_first()) {
        ("" | "$", Some((&"Values", rest))) => Some(Operand::Values(keys(rest))),
        ("" | "$", Some(_)) if Field::of(&path).is_some() => Field::of(&path).map(Operand::Field),
        ("", _) => Some(Operand::Dot(keys(&path))),
        _ => Some(Operand::Variable(variable.to_owned(), keys(&path))).filter(|_| variable.starts_with('$')),
    }
}
