//! What actions give: operands looked up, functions called.

use super::Scope;
use super::action::{Command, Field, Operand};
use super::functions;
use super::limit::Limit;
use super::text::{Source, Text, Value};
use super::values::{At, Key, elements, fields, node, size};
use super::yaml;

/// Lists and maps in each other that a template makes, or writes as YAML.
pub(super) const NESTING_MOST: usize = 16;

/// What an action is looked at in.
pub(super) struct Context<'a> {
    pub template: &'a Source<'a>,
    pub scope: &'a Scope<'a>,
    /// What `.` is.
    pub dot: &'a Value,
    pub variables: &'a [(String, Value)],
}

impl Scope<'_> {
    /// What stands in nodes that are laid over each other.
    pub(super) fn value_of(&self, layers: Vec<At>) -> Option<Value> {
        let Some(&at) = layers.first() else { return Some(Value::Nothing) };
        let file = self.files.get(at.file)?;
        let node = node(self.trees, at)?;
        // Paid for before it is copied.
        self.budget.take(node.length())?;
        Some(match Text::of_scalar(node, (at.file, file)) {
            Some(text) => Value::Text(text),
            None if node.is_null() => Value::Nothing,
            None => Value::Nodes(layers),
        })
    }
}

impl Value {
    /// What stands at a path from here.
    fn at(&self, path: &[Key], scope: &Scope<'_>) -> Option<Value> {
        let Some((first, rest)) = path.split_first() else { return Some(self.clone()) };
        match (self, first) {
            (Value::Root, Key::Name(name)) if name == "Values" => scope.value_of(scope.values.find(scope.trees, rest)),
            (Value::Nodes(layers), _) => scope.value_of(fields(scope.trees, layers.clone(), path)),
            (Value::Map(entries), Key::Name(name)) => {
                let entry = entries.iter().find(|(key, _)| key == name);
                entry.map_or(Some(Value::Nothing), |(_, value)| value.at(rest, scope))
            }
            (Value::List(values), Key::Number(index)) => values.get(*index)?.at(rest, scope),
            _ => None,
        }
    }

    /// Keys and values of a map, numbers and values of a list: so many at most, which is told.
    pub(super) fn entries(&self, scope: &Scope<'_>, most: usize) -> Vec<(Value, Value)> {
        let mut entries = self.entries_and_one(scope, most);
        if entries.len() > most {
            scope.budget.pass(Limit::Entries);
            entries.truncate(most);
        }
        entries
    }

    fn entries_and_one(&self, scope: &Scope<'_>, most: usize) -> Vec<(Value, Value)> {
        let number = |index: usize| Value::Number(i64::try_from(index).unwrap_or(i64::MAX));
        let most = most.saturating_add(1);
        match self {
            Value::Nodes(layers) => {
                // Looking is paid for as well.
                if scope.budget.take(size(scope.trees, layers)).is_none() {
                    return Vec::new();
                }
                let entries = elements(scope.trees, layers, most).into_iter().enumerate();
                let entry = |(index, (key, layers)): (usize, (Option<String>, Vec<At>))| {
                    let key = key.map_or_else(|| number(index), |key| Value::Text(Text::said(key.into_bytes())));
                    Some((key, scope.value_of(layers)?))
                };
                entries.map_while(entry).collect()
            }
            Value::List(values) => {
                values.iter().enumerate().take(most).map(|(index, value)| (number(index), value.clone())).collect()
            }
            Value::Map(entries) => {
                let key = |key: &String| Value::Text(Text::said(key.clone().into_bytes()));
                entries.iter().take(most).map(|(name, value)| (key(name), value.clone())).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Context<'_> {
    pub fn pipeline(&self, commands: &[Command]) -> Option<Value> {
        // What decides is not looked at: `eq .Values.kind "a" | ternary "x" "y"`.
        let is_choice = |command: &Command| command.function.as_deref() == Some("ternary");
        let first = commands.iter().rposition(is_choice).unwrap_or(0);
        let mut piped = (first > 0).then_some(Value::Unknown);
        for command in &commands[first..] {
            piped = Some(self.command(command, piped)?);
        }
        piped
    }

    fn command(&self, command: &Command, piped: Option<Value>) -> Option<Value> {
        let Some(function) = &command.function else {
            return piped.is_none().then(|| self.operand(command.arguments.first()?))?;
        };
        if function == "tpl" {
            // What it is to look at says nothing: all that is understood are values.
            let [text, _] = &command.arguments[..] else { return None };
            let Value::Text(text) = self.operand(text)? else { return None };
            return super::tpl(text, self);
        }
        if function == "ternary" {
            return self.ternary(command);
        }
        let mut arguments = command.arguments.iter().map(|one| self.operand(one)).collect::<Option<Vec<_>>>()?;
        arguments.extend(piped);
        let value = match function.as_str() {
            "index" | "get" => self.index(&arguments)?,
            "include" => return super::include(&arguments, self),
            "list" | "tuple" | "dict" if arguments.iter().any(|one| one.nesting() >= NESTING_MOST) => {
                self.scope.budget.pass(Limit::Lists);
                return None;
            }
            "toYaml" if matches!(arguments[..], [Value::Nodes(_)]) => {
                let [Value::Nodes(layers)] = &arguments[..] else { return None };
                Value::Text(yaml::written(layers, self.scope)?)
            }
            "list" | "tuple" => Value::List(arguments),
            "dict" => map(arguments)?,
            "dig" | "merge" | "mustMerge" | "mergeOverwrite" | "mustMergeOverwrite" | "first" | "deepCopy" => {
                self.of_maps(function, arguments)?
            }
            "join" => self.join(arguments)?,
            function => functions::call(function, arguments)?,
        };
        self.made(value)
    }

    fn operand(&self, operand: &Operand) -> Option<Value> {
        let value = match operand {
            Operand::Text(text, place) => Value::Text(self.template.literal(text, place.clone())),
            Operand::Number(number) => Value::Number(*number),
            Operand::Values(path) => return self.scope.value_of(self.scope.values.find(self.scope.trees, path)),
            Operand::Field(field) => Value::Text(Text::said(Field::text(*field, self.scope).as_bytes().to_vec())),
            Operand::Dot(path) => self.dot.at(path, self.scope)?,
            Operand::Variable(name, path) if name == "$" => Value::Root.at(path, self.scope)?,
            Operand::Variable(name, path) => {
                let (_, value) = self.variables.iter().rev().find(|(known, _)| known == name)?;
                value.at(path, self.scope)?
            }
            Operand::Pipeline(commands, path) if path.is_empty() => return self.pipeline(commands),
            Operand::Pipeline(commands, path) => self.pipeline(commands)?.at(path, self.scope)?,
        };
        self.made(value)
    }

    /// `index .Values "a" "b"`.
    fn index(&self, arguments: &[Value]) -> Option<Value> {
        let (whole, keys) = arguments.split_first()?;
        let key = |key: &Value| match key {
            Value::Number(number) => Some(Key::Number(usize::try_from(*number).ok()?)),
            key => name(key),
        };
        whole.at(&keys.iter().map(key).collect::<Option<Vec<_>>>()?, self.scope)
    }

    /// No branch is chosen: the first that says something stands for both.
    fn ternary(&self, command: &Command) -> Option<Value> {
        let [one, other, ..] = &command.arguments[..] else { return None };
        let is_said = |value: &Value| !matches!(value, Value::Unknown) && !value.is_empty();
        self.made(self.operand(one).filter(is_said).or_else(|| self.operand(other))?)
    }

    /// Functions of maps and lists, apart from [`Context::command`], which lies on the stack once for each parenthesis.
    fn of_maps(&self, function: &str, mut arguments: Vec<Value>) -> Option<Value> {
        match function {
            "dig" => self.dig(&arguments),
            "merge" | "mustMerge" => merged(arguments),
            "first" => {
                let [list] = &arguments[..] else { return None };
                Some(list.entries_and_one(self.scope, 0).pop()?.1)
            }
            "deepCopy" => arguments.pop().filter(|_| arguments.is_empty()),
            _ => {
                arguments.reverse();
                merged(arguments)
            }
        }
    }

    /// `dig "a" "b" "default" .Values`.
    fn dig(&self, arguments: &[Value]) -> Option<Value> {
        let [keys @ .., default, whole] = arguments else { return None };
        let found = whole.at(&keys.iter().map(name).collect::<Option<Vec<_>>>()?, self.scope)?;
        Some(if matches!(found, Value::Nothing) { default.clone() } else { found })
    }

    /// `join "," .Values.list`.
    fn join(&self, arguments: Vec<Value>) -> Option<Value> {
        let [Value::Text(separator), list] = &arguments[..] else { return None };
        let entries = list.entries(self.scope, usize::MAX);
        let mut joined = Text::default();
        for (index, (_, value)) in entries.into_iter().enumerate() {
            if index > 0 {
                joined.push(separator);
            }
            joined.push(&value.into_text()?);
        }
        (!joined.bytes.is_empty()).then_some(Value::Text(joined))
    }

    /// Counts what was made; `None` where that is more than may be.
    fn made(&self, value: Value) -> Option<Value> {
        self.scope.budget.take(value.length()).map(|()| value)
    }
}

/// The key of a map that a text is.
fn name(value: &Value) -> Option<Key> {
    let Value::Text(text) = value else { return None };
    Some(Key::Name(String::from_utf8(text.bytes.clone()).ok()?))
}

/// Maps of values files laid over each other, the first topmost.
fn merged(arguments: Vec<Value>) -> Option<Value> {
    let mut all = Vec::new();
    for value in arguments {
        match value {
            Value::Nodes(layers) => all.extend(layers),
            Value::Nothing => {}
            Value::Map(entries) if entries.is_empty() => {}
            _ => return None,
        }
    }
    (!all.is_empty()).then_some(Value::Nodes(all))
}

/// `dict "key" value …`.
fn map(arguments: Vec<Value>) -> Option<Value> {
    let mut entries = Vec::new();
    let mut arguments = arguments.into_iter();
    while let (Some(key), Some(value)) = (arguments.next(), arguments.next()) {
        entries.push((String::from_utf8(key.into_text()?.bytes).ok()?, value));
    }
    Some(Value::Map(entries))
}
