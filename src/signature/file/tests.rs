use super::*;

#[test]
fn a_fault_names_its_line() {
    let text = "provider = \"X\"\n\n[[signature]]\nid = \"x\"\ntitel = \"?\"\n";
    let error = load_text("x.toml", text).expect_err("unknown key");
    assert_eq!((error.file.as_str(), error.line), ("x.toml", 5));
    assert!(error.message.contains("titel"), "{}", error.message);
}

/// All but the examples, or a scan would look for something else than what is checked.
#[test]
fn a_scan_reads_the_same_signatures_less_their_examples() {
    let (whole, lean) = (embedded().unwrap(), embedded_lean());
    assert_eq!(whole.len(), lean.len());
    let less = |located: &Located| {
        let mut table = toml::Table::try_from(&*located.signature).unwrap();
        OF_ITS_PATTERN.iter().for_each(|key| _ = table.remove(*key));
        table
    };
    for (whole, lean) in whole.iter().zip(&lean) {
        assert_eq!(less(whole), less(lean), "{}", whole.signature.id);
        assert!(lean.signature.examples.is_empty() && lean.signature.counterexamples.is_empty());
        assert_eq!(whole.file, lean.file);
    }
}

/// Also where it is read without the file around it: an own one that extends another, or one of a configuration.
#[test]
fn a_fault_of_an_entry_names_the_line_of_its_key() {
    let text = "\n[[signature]]\nextends = \"x-key\"\nid = \"y\"\nseverity = \"hi\"\n";
    for (more, line) in [("", 5), ("titel = \"?\"\n", 6)] {
        let text = format!("{text}{more}");
        let text = if more.is_empty() { text } else { text.replace("\"hi\"", "\"high\"") };
        assert_eq!(with(&text).expect_err("is no signature").line, line, "{text}");
    }
}

const BASE: &str = r#"
    provider = "X"
    [[signature]]
    id = "x-key"
    aliases = ["x-token"]
    title = "X key"
    severity = "high"
    lifetime = "static"
    keywords = ["xkey_"]
    pattern = 'xkey_[a-z]{8}'
    examples = ["⟦xkey_abcdefgh⟧"]
"#;

fn with(text: &str) -> Result<Loaded, Error> {
    let mut loaded = Loaded::new();
    add_text(&mut loaded, "base.toml", BASE).expect("parses");
    add_text(&mut loaded, "own.toml", text)?;
    Ok(loaded)
}

#[test]
fn what_extends_has_the_rest_from_its_base() {
    let text = "[[signature]]\nextends = \"x-token\"\nid = \"x-test-key\"\nseverity = \"low\"\n";
    let loaded = with(text).unwrap();
    let [base, own] = loaded.as_slice() else { panic!("{loaded:?}") };
    assert_eq!((base.signature.id.as_str(), base.signature.severity), ("x-key", crate::signature::Severity::High));
    assert_eq!((own.signature.id.as_str(), own.signature.severity), ("x-test-key", crate::signature::Severity::Low));
    assert_eq!((own.signature.pattern.as_str(), own.signature.aliases.len()), ("xkey_[a-z]{8}", 0));
    assert_eq!((&*own.file, own.line, own.signature.examples.len()), ("own.toml", 1, 1));
}

#[test]
fn what_extends_without_an_id_takes_the_place_of_its_base() {
    let text = "[[signature]]\nextends = \"x-key\"\npattern = 'xkey_[a-z]{9}'\nexamples = []\n";
    let loaded = with(text).unwrap();
    let [own] = loaded.as_slice() else { panic!("{loaded:?}") };
    assert_eq!((own.signature.id.as_str(), own.signature.pattern.as_str()), ("x-key", "xkey_[a-z]{9}"));
    assert_eq!((own.signature.aliases.as_slice(), own.signature.examples.len()), (&["x-token".to_owned()][..], 0));
}

#[test]
fn what_extends_nothing_is_an_error() {
    for (text, message) in [
        ("[[signature]]\nid = \"y\"\nextends = \"z\"\n", "extends `z`, which is no signature"),
        ("\n[[signature]]\nextends = 3\n", "`extends` is the id"),
        ("[[signature]]\nextends = \"x-token\"\nid = \"x-key\"\n", "leave `id` out"),
        ("[[signature]]\nextends = \"x-key\"\ntitel = \"?\"\n", "titel"),
        ("[[signature]]\nextends = \"x-key\"\npattern = 'x'\n", "examples"),
    ] {
        let error = with(text).expect_err(text);
        assert!(error.message.contains(message) && error.file == "own.toml", "{error}");
    }
}

#[test]
fn all_faults_of_a_file_are_told() {
    let text = "provider = \"X\"\n[[signature]]\nid = \"a\"\ntitel = \"?\"\n[[signature]]\nextends = \"none\"\n[[signature]]\nid = \"c\"\n\
                title = \"c\"\nseverity = \"low\"\nlifetime = \"static\"\nkeywords = [\"ccc\"]\npattern = 'ccc'\n";
    let mut loaded = Loaded::new();
    let (count, faults) = add_all(&mut loaded, "x.toml", text);
    let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!((count, lines, loaded.len()), (3, vec![4, 5, 7], 0), "{faults:?}");
    assert!(faults[2].message.contains("examples"), "{faults:?}");
}

#[test]
fn a_byte_that_is_no_text_has_a_line() {
    assert_eq!(text_of(b"a\nb\n\xff\n".to_vec()).unwrap_err().0, 3);
    assert_eq!(text_of(b"a\n".to_vec()).unwrap(), "a\n");
}
