//! A mixed corpus that is always at hand: code, a lock file, YAML, minified JavaScript and a program, about a fifth each.

use std::fs;
use std::path::Path;

/// Bytes of each kind.
const SHARE: usize = 6 << 20;

/// Named parts of the corpus.
pub fn parts() -> Vec<(&'static str, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = Vec::new();
    collect(&root.join("src"), &mut code);
    let lock = fs::read(root.join("Cargo.lock")).expect("the lock file is part of the repository");
    let program =
        fs::read(std::env::current_exe().expect("this program has a path")).expect("this program can be read");
    vec![
        ("code", repeat(&code)),
        ("lock file", repeat(&lock)),
        ("YAML", repeat(&yaml())),
        ("minified JavaScript", repeat(&minified(&code))),
        ("program", repeat(&program)),
    ]
}

fn collect(directory: &Path, out: &mut Vec<u8>) {
    let mut entries: Vec<_> = fs::read_dir(directory).expect("src/ can be read").filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        if entry.path().is_dir() {
            collect(&entry.path(), out);
        } else {
            out.extend(fs::read(entry.path()).expect("src/ can be read"));
        }
    }
}

fn repeat(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().cycle().take(SHARE).collect()
}

fn yaml() -> Vec<u8> {
    let mut text = String::new();
    for index in 0..2_000 {
        text.push_str(&format!(
            "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: service-{index}\n    labels: {{app: web-{index}, tier: backend}}\n  spec:\n    ports:\n      - port: {}\n        targetPort: http\n    selector:\n      app: web-{index}\n    env:\n      - name: DATABASE_HOST\n        value: db-{index}.internal\n      - name: API_TOKEN\n        valueFrom: {{secretKeyRef: {{name: api, key: token}}}}\n",
            8_000 + index
        ));
    }
    text.into_bytes()
}

/// Code without line ends, indents and most blanks: what a bundler leaves.
fn minified(code: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(code.len());
    let mut blank = false;
    for &byte in code {
        if byte.is_ascii_whitespace() {
            blank = true;
            continue;
        }
        let joins = out.last().is_some_and(|last: &u8| last.is_ascii_alphanumeric()) && byte.is_ascii_alphanumeric();
        if blank && joins {
            out.push(b' ');
        }
        blank = false;
        out.push(byte);
    }
    out
}
