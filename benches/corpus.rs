//! A mixed corpus like what people scan: code, lock files, YAML, minified JavaScript and a program, as many bytes of each.
//!
//! Code is that of the crates in cargo's registry folder, where it is at hand; else it is generated, as lock files and YAML
//! are, the same on every run. The program is cargo: this one holds all the words that it looks for side by side, as no other does.

use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of each kind.
const SHARE: usize = 6 << 20;
/// Bytes of one crate that are taken, so that many are.
const CRATE: usize = 128 << 10;

/// Named parts of the corpus.
pub fn parts() -> Vec<(&'static str, Vec<u8>)> {
    let code = code();
    let program = std::env::var_os("CARGO").map(PathBuf::from).or_else(|| std::env::current_exe().ok());
    let program = fs::read(program.expect("this program has a path")).expect("the program can be read");
    vec![
        ("lock files", lock_files()),
        ("YAML", yaml()),
        ("minified JavaScript", repeat(&minified(&code))),
        ("code", code),
        ("program", repeat(&program)),
    ]
}

fn repeat(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().cycle().take(SHARE).collect()
}

fn code() -> Vec<u8> {
    let mut code = Vec::new();
    for package in crates() {
        let before = code.len();
        collect(&package, before + CRATE, &mut code);
        if code.len() >= SHARE {
            code.truncate(SHARE);
            return code;
        }
    }
    generated_code()
}

/// Folders of crates' sources, in the order of their names.
fn crates() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let registries = home.map(|home| entries(&home.join("registry").join("src"))).unwrap_or_default();
    registries.iter().flat_map(|registry| entries(registry)).collect()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

fn collect(directory: &Path, most: usize, out: &mut Vec<u8>) {
    for entry in entries(directory) {
        if out.len() >= most {
            return;
        }
        let is_text = entry
            .extension()
            .and_then(|ending| ending.to_str())
            .is_some_and(|ending| matches!(ending, "rs" | "c" | "h" | "md" | "toml" | "py" | "js" | "json"));
        if entry.is_dir() {
            collect(&entry, most, out);
        } else if is_text && let Ok(bytes) = fs::read(&entry) {
            out.extend(&bytes[..bytes.len().min(most - out.len())]);
        }
    }
}

/// The same numbers on every run and machine (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }

    fn word(&mut self) -> &'static str {
        // The first are the common ones.
        let least = WORDS.len().min(1 + self.below(WORDS.len()));
        WORDS[self.below(least)]
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }
}

/// Words of names in programs, with the few that signatures look for about as rare as they are there.
const WORDS: &[&str] = &[
    "self",
    "name",
    "type",
    "value",
    "data",
    "index",
    "len",
    "result",
    "error",
    "node",
    "list",
    "path",
    "file",
    "string",
    "size",
    "count",
    "item",
    "buffer",
    "state",
    "config",
    "context",
    "default",
    "parent",
    "child",
    "start",
    "end",
    "offset",
    "line",
    "text",
    "format",
    "message",
    "options",
    "request",
    "response",
    "handler",
    "event",
    "table",
    "column",
    "row",
    "field",
    "entry",
    "map",
    "set",
    "hash",
    "number",
    "integer",
    "float",
    "array",
    "object",
    "method",
    "function",
    "module",
    "package",
    "version",
    "source",
    "target",
    "input",
    "output",
    "stream",
    "reader",
    "writer",
    "parser",
    "lexer",
    "symbol",
    "scope",
    "thread",
    "worker",
    "queue",
    "task",
    "timeout",
    "interval",
    "date",
    "image",
    "width",
    "height",
    "color",
    "style",
    "layout",
    "window",
    "view",
    "model",
    "controller",
    "service",
    "client",
    "server",
    "session",
    "user",
    "account",
    "group",
    "host",
    "port",
    "address",
    "socket",
    "connection",
    "token",
    "key",
    "cache",
    "memory",
    "block",
    "page",
    "range",
    "pointer",
    "password",
    "secret",
    "pattern",
    "compass",
    "vault",
];

/// Text made of pieces until there is enough of it.
fn filled(mut piece: impl FnMut(&mut Dice, &mut String)) -> Vec<u8> {
    let (mut text, mut dice) = (String::new(), Dice(1));
    while text.len() < SHARE {
        piece(&mut dice, &mut text);
    }
    text.truncate(SHARE);
    text.into_bytes()
}

fn generated_code() -> Vec<u8> {
    filled(|dice, text| {
        let (a, b, c, d) = (dice.word(), dice.word(), dice.word(), dice.word());
        text.push_str(&match dice.below(6) {
            0 => format!("\nfn {a}_{b}(&self, {c}: usize) -> Option<{d}> {{\n"),
            1 => format!("    let {a} = self.{b}.get({c} + {})?;\n", dice.below(64)),
            2 => format!("    if {a}.{b}() < {c} && !{d}.is_empty() {{ return None; }}\n"),
            3 => format!("    // The {a} of the {b} is the {c} that the {d} was made with.\n"),
            4 => format!("    {a}.push(format!(\"{b}: {{}} of {{}}\", {c}, {d}));\n"),
            _ => format!("    match {a} {{ Some({b}) => {c}.{d}({b}), None => return Err(\"no {d}\") }}\n}}\n"),
        });
    })
}

fn lock_files() -> Vec<u8> {
    filled(|dice, text| {
        let (name, version) = (
            format!("{}-{}", dice.word(), dice.word()),
            format!("{}.{}.{}", dice.below(9), dice.below(40), dice.below(20)),
        );
        if dice.below(2) == 0 {
            let sum = dice.hex(64);
            text.push_str(&format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+https://index.example/crates\"\nchecksum = \"{sum}\"\ndependencies = [\n \"{}\",\n \"{}\",\n]\n\n",
                dice.word(), dice.word()
            ));
        } else {
            let sum: String = (0..86)
                .map(|_| {
                    char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[dice.below(64)])
                })
                .collect();
            text.push_str(&format!(
                "    \"node_modules/{name}\": {{\n      \"version\": \"{version}\",\n      \"resolved\": \"https://packages.example/{name}/-/{name}-{version}.tgz\",\n      \"integrity\": \"sha512-{sum}==\",\n      \"engines\": {{\n        \"node\": \">=18\"\n      }}\n    }},\n"
            ));
        }
    })
}

fn yaml() -> Vec<u8> {
    filled(|dice, text| {
        let (a, b, c) = (dice.word(), dice.word(), dice.word());
        text.push_str(&match dice.below(4) {
            0 => format!(
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {a}-{b}\n  labels:\n    app.kubernetes.io/name: {a}\n    tier: {c}\nspec:\n  replicas: {}\n  selector:\n    matchLabels: {{app: {a}}}\n  template:\n    spec:\n      containers:\n        - name: {b}\n          image: images.example/{a}/{b}@sha256:{}\n          ports: [{{containerPort: {}}}]\n",
                dice.below(9), dice.hex(64), 1_024 + dice.below(9_000)
            ),
            1 => format!("          env:\n            - name: {}_{}\n              value: \"{c}-{}\"\n", a.to_uppercase(), b.to_uppercase(), dice.below(99)),
            2 => format!("  # The {a} of each {b}; see the {c}'s documentation.\n  {a}_{b}:\n    enabled: true\n    {c}: {}m\n", dice.below(900)),
            _ => format!("on:\n  push: {{branches: [main]}}\njobs:\n  {a}:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make {b} {c}\n"),
        });
    })
}

/// Code without line ends, indents and most blanks: what a bundler leaves.
fn minified(code: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(code.len());
    let mut blank = false;
    for line in code.split(|&byte| byte == b'\n') {
        // Bundlers leave comments out.
        if line.trim_ascii_start().starts_with(b"//") {
            continue;
        }
        for &byte in line.iter().chain(b"\n") {
            if byte.is_ascii_whitespace() {
                blank = true;
                continue;
            }
            let joins =
                out.last().is_some_and(|last: &u8| last.is_ascii_alphanumeric()) && byte.is_ascii_alphanumeric();
            if blank && joins {
                out.push(b' ');
            }
            blank = false;
            out.push(byte);
        }
    }
    out
}
