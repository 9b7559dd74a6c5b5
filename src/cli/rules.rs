//! Which signatures a run uses: those built in, those of `--signatures`, less what `--only` and `--without` leave out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::Failure;
use super::flags::RuleArgs;
use super::named::Named;
use super::settings::Settings;
use super::trust::{Layers, Scope};
use crate::allow::{AllowEntry, Written};
use crate::origin::printable;
use crate::signature::{self, Located, RuleSet, Signature, Standing};
use crate::source::git::range::SideFile;

/// Loads signatures, before any selection: those built in, those of the folders, those of the configuration.
///
/// # Errors
/// The first file that cannot be read or parsed, with its line.
pub fn load(directories: &[PathBuf], configured: &[signature::Entry]) -> Result<signature::Loaded, Failure> {
    add_to(signature::embedded().map_err(fault)?, Folders::here(directories), configured)
}

/// A file or folder in which signatures should be and none is.
pub fn no_signature(what: &str, path: &Path) -> Failure {
    Failure::new(format!("{what}: {}", path.display()), "there is no signature in what was named")
        .or_try("name a *.toml file with signatures, or a folder of such files")
}

/// Folders of signatures.
#[derive(Clone, Copy)]
pub struct Folders<'a> {
    /// As they were written.
    pub named: &'a [PathBuf],
    /// The files that count instead of those of a folder: what the base of a change has there.
    pub of_base: &'a dyn Fn(&Path) -> Option<&'a [SideFile]>,
}

impl<'a> Folders<'a> {
    /// Folders of this machine, as they are.
    pub fn here(named: &'a [PathBuf]) -> Self {
        Folders { named, of_base: &|_| None }
    }
}

fn add_to(
    mut loaded: signature::Loaded,
    folders: Folders<'_>,
    configured: &[signature::Entry],
) -> Result<signature::Loaded, Failure> {
    let built_in = loaded.len();
    for directory in folders.named {
        if let Some(files) = (folders.of_base)(directory) {
            for file in files {
                let name = &file.name;
                let content = file.content().map_err(|why| Failure::new(format!("signatures: {name}"), why))?;
                let text = signature::text_of(content.to_vec())
                    .map_err(|(line, cause)| Failure::new(format!("signatures: {name}:{line}"), cause))?;
                signature::add_text(&mut loaded, name, &text).map_err(fault)?;
            }
            continue;
        }
        if !directory.is_dir() {
            let what = if directory.exists() { "is no folder" } else { "no such folder" };
            return Err(Failure::new(format!("signatures: {}", directory.display()), what)
                .or_try("name a folder of *.toml files"));
        }
        if signature::add_directory(&mut loaded, directory).map_err(fault)? == 0 {
            return Err(no_signature("signatures", directory));
        }
    }
    // What takes the place of another one stands where that stood.
    loaded[built_in..].iter_mut().for_each(|located| located.standing = Standing::Own);
    for entry in configured {
        signature::add_entry(&mut loaded, entry.clone()).map_err(fault)?;
    }
    Ok(loaded)
}

/// Signatures of the configuration that counts in the folder one stands in, for verbs that scan nothing.
///
/// # Errors
/// A configuration that cannot be read.
pub fn configured() -> Result<Vec<signature::Entry>, Failure> {
    let policy = std::env::var_os("SCRUBJAY_CONFIG").map(PathBuf::from);
    let layers = Layers::read(policy.as_deref(), false, Scope::Paths(&[PathBuf::from(".")]))?;
    Ok(Settings::of_config(layers).signatures)
}

/// Loads, selects and compiles what flags ask for, with the signatures of the configuration.
///
/// # Errors
/// A fault in a signature, with its file and line; a word that is no rule and no tag.
pub fn of_flags(flags: &RuleArgs) -> Result<RuleSet, Failure> {
    let configured = configured()?;
    let loaded = add_to(signature::embedded_lean(), Folders::here(&flags.signatures), &configured)?;
    compile(select_typed(loaded, flags)?, Others { folders: &flags.signatures, configured: &configured })
}

/// Loads, selects and compiles, for a scan, from folders that may count as the base of a change has them; with a note for each entry of the configuration that names a rule which is none.
///
/// # Errors
/// As [`of_flags`].
pub fn of_settings(folders: Folders<'_>, settings: &Settings) -> Result<(RuleSet, Vec<String>), Failure> {
    let loaded = add_to(signature::embedded_lean(), folders, &settings.signatures)?;
    let notes = unknown(&loaded, &settings.allow)
        .map(|(written, rule)| format!("{written}: no rule is called `{rule}`, so this allow entry covers nothing"))
        .collect();
    let loaded = select(loaded, &settings.only, &settings.without)?;
    // Of ids alone it could report none, and would say clean.
    if loaded.iter().all(|located| located.signature.identifier) {
        return Err(nothing_left());
    }
    Ok((compile(loaded, Others { folders: folders.named, configured: &settings.signatures })?, notes))
}

/// Rules that allow entries name and that are none, with where they stand.
pub fn unknown<'a>(
    loaded: &signature::Loaded,
    allow: &'a [Written<AllowEntry>],
) -> impl Iterator<Item = (&'a str, String)> {
    let named = allow.iter().filter_map(|written| Some((&*written.written, written.entry.rule.as_deref()?)));
    named
        .filter(|(_, rule)| !loaded.iter().any(|located| located.signature.is_called(rule)))
        .map(|(written, rule)| (written, printable(rule.as_bytes())))
}

fn nothing_left() -> Failure {
    let why = "no rule is left to look for: what is asked for is left out, or an id that is no secret by itself";
    Failure::new("--only, --without", why).or_try("the configuration can name rules, too")
}

/// Where signatures come from that are not of the binary.
#[derive(Clone, Copy, Default)]
struct Others<'a> {
    folders: &'a [PathBuf],
    configured: &'a [signature::Entry],
}

impl Others<'_> {
    /// The command that shows all that is wrong with them: it is given what it does not read by itself.
    fn check(self) -> String {
        let files = self.configured.iter().map(|entry| Path::new(&*entry.file));
        let mut named: Vec<&Path> = self.folders.iter().map(PathBuf::as_path).chain(files).collect();
        named.retain(|path| path.exists());
        named.dedup();
        let named: String = named.iter().map(|path| format!(" {}", path.display())).collect();
        format!("`scrubjay signatures check{named}` shows every fault")
    }
}

/// Patterns of the binary are known to compile; faults of others show now, not at their first use.
fn compile(loaded: signature::Loaded, others: Others<'_>) -> Result<RuleSet, Failure> {
    if loaded.is_empty() {
        return Err(nothing_left());
    }
    let are_there = !others.folders.is_empty() || !others.configured.is_empty();
    RuleSet::compile(&loaded, are_there).map_err(|faults| {
        let more = faults.len().saturating_sub(1);
        let first = faults.into_iter().next().map_or_else(|| Failure::new("signatures", "do not compile"), fault);
        let remedy = if more == 0 { String::new() } else { format!("{more} more: ") };
        first.or_try(format!("{remedy}{}", others.check()))
    })
}

fn fault(error: signature::Error) -> Failure {
    let message = error.message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    Failure::new(format!("signatures: {}:{}", error.file, error.line), message)
}

/// Keeps what flags ask for.
///
/// # Errors
/// A word that is no rule and no tag.
pub fn select_typed(loaded: signature::Loaded, flags: &RuleArgs) -> Result<signature::Loaded, Failure> {
    select(loaded, &Named::typed("--only", &flags.only), &Named::typed("--without", &flags.without))
}

/// Keeps what is asked for. A signature that is left out but read beside another stays as an identifier, which is never
/// reported alone.
///
/// # Errors
/// A word that is no rule and no tag.
fn select(loaded: signature::Loaded, only: &[Named], without: &[Named]) -> Result<signature::Loaded, Failure> {
    for Named { word, written } in only.iter().chain(without) {
        if !loaded.iter().any(|located| answers_to(located, word)) {
            let word = printable(word.as_bytes());
            return Err(Failure::new(format!("{written}: {word}"), "no signature has this id or tag")
                .or_try("`scrubjay signatures list` shows all"));
        }
    }
    let wanted = |located: &Located| {
        (only.is_empty() || only.iter().any(|one| answers_to(located, &one.word)))
            && !without.iter().any(|one| answers_to(located, &one.word))
    };
    let companions: Vec<String> = loaded
        .iter()
        .filter(|located| wanted(located))
        .flat_map(|located| located.signature.companions.iter().chain(&located.signature.ids).cloned())
        .collect();
    Ok(loaded
        .into_iter()
        .filter_map(|mut located| {
            if wanted(&located) {
                return Some(located);
            }
            if !companions.iter().any(|name| located.signature.is_called(name)) {
                return None;
            }
            let signature = Arc::make_mut(&mut located.signature);
            signature.identifier = true;
            // Its own companions need not be there any more.
            signature.companions.clear();
            signature.ids.clear();
            Some(located)
        })
        .collect())
}

/// Whether it is called so or has this tag.
pub fn answers_to(located: &Located, word: &str) -> bool {
    is_named(&located.signature, word)
}

/// Whether a signature is called so or has this tag.
pub fn is_named(signature: &Signature, word: &str) -> bool {
    signature.is_called(word) || signature.tags.iter().any(|tag| tag == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        provider = "X"
        [[signature]]
        id = "x-id"
        title = "X id"
        severity = "info"
        lifetime = "static"
        keywords = ["xid_"]
        pattern = 'xid_[a-z]{8}'
        examples = []
        [[signature]]
        id = "x-key"
        aliases = ["x-token"]
        title = "X key"
        severity = "high"
        lifetime = "static"
        keywords = ["xkey_"]
        pattern = 'xkey_[a-z]{8}'
        companions = ["x-id"]
        tags = ["chat"]
        examples = []
    "#;

    fn ids(only: &[&str], without: &[&str]) -> Vec<(String, bool)> {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let loaded = signature::load_text("x.toml", TEXT).unwrap();
        let flags = RuleArgs { only: owned(only), without: owned(without), signatures: Vec::new() };
        let selected = select_typed(loaded, &flags).unwrap();
        RuleSet::compile(&selected, true).unwrap();
        selected.iter().map(|located| (located.signature.id.clone(), located.signature.identifier)).collect()
    }

    #[test]
    fn by_id_alias_and_tag() {
        assert_eq!(ids(&["x-id"], &[]), [("x-id".to_owned(), false)]);
        let with_companion = [("x-id".to_owned(), true), ("x-key".to_owned(), false)];
        assert_eq!(ids(&["chat"], &[]), with_companion);
        assert_eq!(ids(&["x-token"], &[]), with_companion);
        assert_eq!(ids(&[], &["x-id"]), with_companion);
        assert_eq!(ids(&[], &["chat"]), [("x-id".to_owned(), false)]);
    }

    #[test]
    fn to_look_for_nothing_is_an_error() {
        let told = |failure: Failure| {
            assert!(failure.to_string().starts_with("scrubjay: --only, --without: no rule is left"), "{failure}");
        };
        let words = |word: &str| vec![word.to_owned()];
        let nothing = RuleArgs { only: words("source-host"), without: words("source-host"), ..RuleArgs::default() };
        told(compile(select_typed(signature::embedded_lean(), &nothing).unwrap(), Others::default()).unwrap_err());
        // Whoever tries a signature may ask for an id alone; whoever scans may not.
        let id = RuleArgs { only: words("aws-ses-smtp-host"), ..RuleArgs::default() };
        assert!(compile(select_typed(signature::embedded_lean(), &id).unwrap(), Others::default()).is_ok());
        let settings = Settings { only: Named::typed("--only", &id.only), ..Settings::of_config(Layers::default()) };
        told(of_settings(Folders::here(&[]), &settings).unwrap_err());
    }

    #[test]
    fn an_unknown_word_is_an_error() {
        let loaded = signature::load_text("x.toml", TEXT).unwrap();
        let flags = RuleArgs { only: vec!["nothing".to_owned()], ..RuleArgs::default() };
        let failure = select_typed(loaded, &flags).unwrap_err();
        assert!(failure.to_string().starts_with("scrubjay: --only: nothing: no signature"), "{failure}");
    }
}
