//! Functions of templates that keep a text, or wrap it: those that Helm has from Go and from Sprig.

use super::text::{Text, Value};

/// Blanks that `indent` puts before a line, at most.
const INDENT_MOST: i64 = 200;
/// Places where `splitList` splits a text, at most; the rest stays whole.
const SPLIT_MOST: usize = 1000;

/// Calls a function; what was piped is the last of its arguments. `None` where it is none of these, or cannot be told.
pub(super) fn call(name: &str, mut arguments: Vec<Value>) -> Option<Value> {
    match name {
        "default" => {
            let [default, value] = pair(arguments)?;
            return Some(if value.is_empty() { default } else { value });
        }
        "required" => {
            let [_, value] = pair(arguments)?;
            return (!value.is_empty()).then_some(value);
        }
        "coalesce" | "or" => return arguments.into_iter().find(|value| !value.is_empty()),
        "splitList" => {
            let [separator, text] = pair(arguments)?;
            return split(&separator.into_text()?, &text.into_text()?);
        }
        _ => {}
    }
    if matches!(name, "printf" | "print" | "cat" | "quote" | "squote") {
        let mut texts = arguments.into_iter().map(Value::into_text).collect::<Option<Vec<_>>>()?.into_iter();
        return Some(Value::Text(match name {
            "printf" => printf(&texts.next()?, texts)?,
            "print" => joined(texts, b""),
            "cat" => joined(texts, b" "),
            "quote" => joined(texts.map(|text| quoted(&text)), b" "),
            _ => joined(texts.map(|text| between(b"'", &text, b"'")), b" "),
        }));
    }
    let text = arguments.pop()?.into_text()?;
    let bytes = &text.bytes;
    Some(Value::Text(match (name, &arguments[..]) {
        ("toString" | "toYaml" | "int" | "int64" | "float64", []) => text,
        ("toJson" | "toRawJson" | "toPrettyJson", []) => quoted(&text),
        ("trim", []) => {
            let start = bytes.len() - bytes.trim_ascii_start().len();
            text.slice(start..start + bytes.trim_ascii().len())
        }
        ("nospace", []) => without_space(&text),
        ("b64enc", []) => text.base64(),
        ("b64dec", []) => text.changed(crate::decode::base64(bytes)?),
        ("upper", []) => text.with_bytes(bytes.to_ascii_uppercase()),
        ("lower", []) => text.with_bytes(bytes.to_ascii_lowercase()),
        ("urlquery", []) => urlquery(&text),
        ("trunc", [Value::Number(most)]) => {
            let length = usize::try_from(most.unsigned_abs()).ok()?.min(bytes.len());
            if *most < 0 { text.slice(bytes.len() - length..bytes.len()) } else { text.slice(0..length) }
        }
        ("substr", [Value::Number(start), Value::Number(end)]) => {
            let start = usize::try_from(*start).unwrap_or(0).min(bytes.len());
            // Below nought it is the end of the text.
            text.slice(start..usize::try_from(*end).unwrap_or(bytes.len()).clamp(start, bytes.len()))
        }
        ("trimSuffix", [Value::Text(suffix)]) => {
            text.slice(0..bytes.strip_suffix(&suffix.bytes[..]).unwrap_or(bytes).len())
        }
        ("trimPrefix", [Value::Text(prefix)]) => {
            text.slice(bytes.len() - bytes.strip_prefix(&prefix.bytes[..]).unwrap_or(bytes).len()..bytes.len())
        }
        ("replace", [Value::Text(old), Value::Text(new)]) if !old.bytes.is_empty() => replaced(&text, old, new),
        ("indent", [Value::Number(by)]) => indented(&text, *by, false)?,
        ("nindent", [Value::Number(by)]) => indented(&text, *by, true)?,
        _ => return None,
    }))
}

/// The parts of a text.
fn split(separator: &Text, text: &Text) -> Option<Value> {
    if separator.bytes.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(&text.bytes, &separator.bytes).take(SPLIT_MOST) {
        parts.push(Value::Text(text.slice(from..at)));
        from = at + separator.bytes.len();
    }
    parts.push(Value::Text(text.slice(from..text.bytes.len())));
    Some(Value::List(parts))
}

fn pair(arguments: Vec<Value>) -> Option<[Value; 2]> {
    arguments.try_into().ok()
}

fn joined(texts: impl Iterator<Item = Text>, separator: &[u8]) -> Text {
    let mut all = Text::default();
    for (index, text) in texts.enumerate() {
        if index > 0 {
            all.push_bytes(separator);
        }
        all.push(&text);
    }
    all
}

fn between(before: &[u8], text: &Text, after: &[u8]) -> Text {
    let mut all = Text::default();
    all.push_bytes(before);
    all.push(text);
    all.push_bytes(after);
    all
}

/// As `%q` of Go writes it, and JSON.
fn quoted(text: &Text) -> Text {
    let mut escaped = Text::default();
    let mut from = 0;
    for (at, byte) in text.bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            _ => continue,
        };
        escaped.push_slice(text, from..at);
        escaped.push_bytes(escape);
        from = at + 1;
    }
    escaped.push_slice(text, from..text.bytes.len());
    between(b"\"", &escaped, b"\"")
}

/// `%s`, `%v`, `%d`, `%q` and `%%`; `None` for any other verb, and where arguments are too few or too many.
fn printf(format: &Text, mut arguments: impl Iterator<Item = Text>) -> Option<Text> {
    let mut out = Text::default();
    let mut from = 0;
    let bytes = &format.bytes;
    while let Some(at) = memchr::memchr(b'%', &bytes[from..]).map(|at| from + at) {
        out.push_slice(format, from..at);
        match bytes.get(at + 1)? {
            b's' | b'v' | b'd' => out.push(&arguments.next()?),
            b'q' => out.push(&quoted(&arguments.next()?)),
            b'%' => out.push_bytes(b"%"),
            _ => return None,
        }
        from = at + 2;
    }
    out.push_slice(format, from..bytes.len());
    arguments.next().is_none().then_some(out)
}

/// All that stands for `old`, replaced by `new`.
fn replaced(text: &Text, old: &Text, new: &Text) -> Text {
    let mut out = Text::default();
    let mut from = 0;
    for at in memchr::memmem::find_iter(&text.bytes, &old.bytes) {
        out.push_slice(text, from..at);
        out.push(new);
        from = at + old.bytes.len();
    }
    out.push_slice(text, from..text.bytes.len());
    out
}

fn without_space(text: &Text) -> Text {
    let mut out = Text::default();
    let mut from = 0;
    for (at, _) in text.bytes.iter().enumerate().filter(|(_, byte)| byte.is_ascii_whitespace()) {
        out.push_slice(text, from..at);
        from = at + 1;
    }
    out.push_slice(text, from..text.bytes.len());
    out
}

fn urlquery(text: &Text) -> Text {
    let mut out = Text::default();
    let mut from = 0;
    for (at, byte) in text.bytes.iter().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            continue;
        }
        out.push_slice(text, from..at);
        match byte {
            b' ' => out.push_bytes(b"+"),
            byte => out.push_bytes(format!("%{byte:02X}").as_bytes()),
        }
        from = at + 1;
    }
    out.push_slice(text, from..text.bytes.len());
    out
}

fn indented(text: &Text, by: i64, on_new_line: bool) -> Option<Text> {
    let blanks = vec![b' '; usize::try_from(by.min(INDENT_MOST)).ok()?];
    let mut out = Text::default();
    if on_new_line {
        out.push_bytes(b"\n");
    }
    out.push_bytes(&blanks);
    let mut from = 0;
    for end in memchr::memchr_iter(b'\n', &text.bytes) {
        out.push_slice(text, from..end + 1);
        out.push_bytes(&blanks);
        from = end + 1;
    }
    out.push_slice(text, from..text.bytes.len());
    Some(out)
}
