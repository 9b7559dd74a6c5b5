//! One action of a template (`{{ … }}`): read as a pipeline of commands, and what it gives.

use std::ops::Range;

use super::functions;
use super::text::{Source, Text, Value};
use super::values::{Key, node};
use super::{ACTION_MOST, Scope};

/// Pipelines in parentheses in each other.
const NESTING_MOST: usize = 16;

/// An action.
pub(super) struct Action {
    /// Whether the white space before it goes (`{{-`).
    pub trims_before: bool,
    /// Whether the white space after it goes (`-}}`).
    pub trims_after: bool,
    /// Where it ends.
    pub end: usize,
    pipeline: Option<Vec<Command>>,
}

/// A function with arguments, or a value alone.
pub(super) struct Command {
    function: Option<String>,
    arguments: Vec<Operand>,
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
    /// `.` or `$`: what `tpl` and others are told to look at.
    Everything,
    Pipeline(Vec<Command>),
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
    fn of(path: &[&str]) -> Option<Field> {
        match path {
            ["Release", "Name"] => Some(Field::ReleaseName),
            ["Release", "Namespace"] => Some(Field::ReleaseNamespace),
            ["Release", "Service"] => Some(Field::ReleaseService),
            ["Chart", "Name"] => Some(Field::ChartName),
            _ => None,
        }
    }

    /// Its text; of a release that of `helm template`.
    fn text<'a>(self, scope: &Scope<'a>) -> &'a str {
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
    Pipe,
    Open,
    Close,
    /// What is read over, and is nothing that is understood.
    Other,
}

impl Action {
    /// Reads the action that begins at a place; `None` where none does. One that is not understood has an end, and no value.
    pub fn read(bytes: &[u8], start: usize) -> Option<Self> {
        let limit = bytes.len().min(start + ACTION_MOST);
        let mut lexer = Lexer { bytes: &bytes[..limit], at: start + 2 };
        let trims_before = lexer.rest().starts_with(b"-") && lexer.rest().get(1).is_some_and(u8::is_ascii_whitespace);
        lexer.at += usize::from(trims_before);
        let rest = lexer.rest();
        if rest.trim_ascii_start().starts_with(b"/*") {
            let end = memchr::memmem::find(rest, b"*/").map_or(limit, |end| lexer.at + end + 2);
            return Some(Action { trims_before, trims_after: false, end, pipeline: None });
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
            tokens.push(lexer.token()?);
        };
        let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0 };
        let pipeline = parser.pipeline().filter(|_| parser.tokens.next().is_none());
        Some(Action { trims_before, trims_after, end: lexer.at, pipeline })
    }

    /// What it gives; `None` where it is not understood. `depth`: values that were rendered to come here.
    pub fn value(&self, template: &Source<'_>, scope: &Scope<'_>, depth: usize) -> Option<Value> {
        let context = Context { template, scope, depth };
        context.pipeline(self.pipeline.as_ref()?)
    }
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next token; `None` where an action cannot go on so.
    fn token(&mut self) -> Option<Token> {
        let first = *self.rest().first()?;
        let one = match first {
            b'|' => Token::Pipe,
            b'(' => Token::Open,
            b')' => Token::Close,
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
            match *self.bytes.get(end)? {
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
        self.at += length;
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
                    // What goes on behind it is a field of what it gives.
                    if matches!(self.tokens.peek(), Some(Token::Word(word)) if word.starts_with('.') && word.len() > 1 && !is_root(word))
                    {
                        return None;
                    }
                    Operand::Pipeline(inner)
                }
                Token::Other | Token::Pipe | Token::Close => return None,
            });
        }
        (function.is_some() || arguments.len() == 1).then_some(Command { function, arguments })
    }
}

fn is_root(word: &str) -> bool {
    [".Values", ".Release", ".Chart"].iter().any(|root| word.starts_with(root))
}

/// A path, or one of the words that stand for a value.
fn operand(word: &str) -> Option<Operand> {
    if matches!(word, "." | "$") {
        return Some(Operand::Everything);
    }
    let path: Vec<&str> = word.strip_prefix('$').unwrap_or(word).strip_prefix('.')?.split('.').collect();
    if path.iter().any(|part| part.is_empty() || part.contains(['$', '-'])) {
        return None;
    }
    match path.split_first()? {
        (&"Values", rest) => Some(Operand::Values(rest.iter().map(|part| Key::Name((*part).to_owned())).collect())),
        _ => Field::of(&path).map(Operand::Field),
    }
}

/// What an action is looked at in.
pub(super) struct Context<'a> {
    pub template: &'a Source<'a>,
    pub scope: &'a Scope<'a>,
    pub depth: usize,
}

impl Context<'_> {
    fn pipeline(&self, commands: &[Command]) -> Option<Value> {
        let mut piped = None;
        for command in commands {
            piped = Some(self.command(command, piped)?);
        }
        piped
    }

    fn command(&self, command: &Command, piped: Option<Value>) -> Option<Value> {
        let Some(function) = &command.function else {
            return piped.is_none().then(|| self.operand(command.arguments.first()?))?;
        };
        if matches!(function.as_str(), "index" | "get") && piped.is_none() {
            return self.index(&command.arguments);
        }
        if function == "tpl" {
            // What it is to look at says nothing: all that is understood are values.
            let [text, _] = &command.arguments[..] else { return None };
            let Value::Text(text) = self.operand(text)? else { return None };
            return super::tpl(text, self);
        }
        let mut arguments = command.arguments.iter().map(|one| self.operand(one)).collect::<Option<Vec<_>>>()?;
        arguments.extend(piped);
        let value = functions::call(function, arguments)?;
        self.made(value)
    }

    fn operand(&self, operand: &Operand) -> Option<Value> {
        let value = match operand {
            Operand::Text(text, place) => Value::Text(self.template.literal(text, place.clone())),
            Operand::Number(number) => Value::Number(*number),
            Operand::Values(path) => self.find(path)?,
            Operand::Field(field) => {
                Value::Text(Text { bytes: field.text(self.scope).as_bytes().to_vec(), ..Text::default() })
            }
            Operand::Everything => return None,
            Operand::Pipeline(commands) => return self.pipeline(commands),
        };
        self.made(value)
    }

    /// What stands at a path of the values.
    fn find(&self, path: &[Key]) -> Option<Value> {
        let trees = self.scope.trees;
        let Some(at) = self.scope.values.find(trees, path) else {
            return Some(if path.is_empty() { Value::Collection } else { Value::Nothing });
        };
        let file = self.scope.files.get(at.file)?;
        let node = node(trees, at)?;
        // Paid for before it is copied.
        self.scope.take(node.length())?;
        Some(match Text::of_scalar(node, (at.file, file)) {
            Some(text) => Value::Text(text),
            None if node.is_null() => Value::Nothing,
            None => Value::Collection,
        })
    }

    /// `index .Values "a" "b"`.
    fn index(&self, arguments: &[Operand]) -> Option<Value> {
        let (Operand::Values(path), keys) = arguments.split_first()? else { return None };
        let mut path = path.clone();
        for key in keys {
            path.push(match key {
                Operand::Text(text, _) => Key::Name(String::from_utf8(text.clone()).ok()?),
                Operand::Number(number) => Key::Number(usize::try_from(*number).ok()?),
                _ => return None,
            });
        }
        self.find(&path)
    }

    /// Counts what was made; `None` where that is more than may be.
    fn made(&self, value: Value) -> Option<Value> {
        let length = if let Value::Text(text) = &value { text.bytes.len() } else { 0 };
        self.scope.take(length).map(|()| value)
    }
}
