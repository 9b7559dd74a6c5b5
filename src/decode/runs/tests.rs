use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;
use crate::candidate::CopiedRun;

/// All runs of a text.
fn whole(text: &[u8], is_quoted: bool) -> Vec<Run> {
    of(text, &spots_of(text), is_quoted)
}

fn spots_of(text: &[u8]) -> Vec<u32> {
    let mut found = Vec::new();
    spots::find(text, 0..text.len(), &mut found);
    found
}

/// A text of one line with what a test encodes in the middle, and what is read in it.
fn read(before: &str, encoded: &str, after: &str) -> Vec<(String, &'static str)> {
    let text = format!("first line\n{before}{encoded}{after}\nlast line of this text\n");
    let runs = whole(text.as_bytes(), true);
    for run in &runs {
        let start = "first line\n".len() + before.len();
        assert_eq!(run.place, start..start + encoded.len(), "{text}");
    }
    runs.into_iter().map(|run| (String::from_utf8(run.content).expect("is text"), run.decoder)).collect()
}

fn each(text: &str, write: fn(u8) -> String) -> String {
    text.bytes().map(write).collect()
}

const WORDS: &str = "API_TOKEN=a word that is none, and another line of it\n";

#[test]
fn base64_at_any_place_of_a_line() {
    for encoded in [STANDARD.encode(WORDS), URL_SAFE_NO_PAD.encode(WORDS)] {
        for width in 0..40 {
            let before = format!("{}=", "x".repeat(width));
            assert_eq!(read(&before, &encoded, ""), [(WORDS.to_owned(), "base64")], "{width}");
            assert_eq!(read(&before, &encoded, "\", next"), [(WORDS.to_owned(), "base64")], "{width}");
        }
    }
}

#[test]
fn folded_base64_is_one_run() {
    let long = WORDS.repeat(9);
    let encoded = STANDARD.encode(&long);
    for (fold, width) in [("\n", 64), ("\r\n", 76), ("\n    ", 60), ("\\n", 64)] {
        let lines: Vec<&str> =
            (0..encoded.len()).step_by(width).map(|at| &encoded[at..encoded.len().min(at + width)]).collect();
        assert_eq!(read("x: ", &lines.join(fold), ""), [(long.clone(), "base64")], "{fold:?}");
    }
}

#[test]
fn encodings_in_each_other() {
    let twice = STANDARD.encode(STANDARD.encode(WORDS));
    let runs = whole(twice.as_bytes(), false);
    assert!(String::from_utf8_lossy(&runs[0].content).ends_with(&format!("\n\n{WORDS}")), "{runs:?}");
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut zipped, WORDS.as_bytes()).expect("is written");
    let zipped = STANDARD.encode(zipped.finish().expect("is written"));
    assert_eq!(read("data ", &zipped, ";"), [(WORDS.to_owned(), "gzip in base64")]);
    let wide: Vec<u8> = WORDS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read("-enc ", &STANDARD.encode(wide), ""), [(WORDS.to_owned(), "UTF-16 in base64")]);
}

#[test]
fn many_bombs_hold_no_more_than_one() {
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut zipped, &vec![b'a'; 4 << 20]).expect("is written");
    let bomb = STANDARD.encode(zipped.finish().expect("is written"));
    let runs = whole(format!("x = \"{bomb}\"\n").repeat(20).as_bytes(), false);
    let held: usize = runs.iter().map(|run| run.content.len()).sum();
    assert!((DECODED_MOST / 2..=DECODED_MOST).contains(&held), "{held}");
}

#[test]
fn escapes_of_every_kind() {
    let word = "abc_0123456789xyz";
    let kinds: [fn(u8) -> String; 8] = [
        |byte| format!("\\x{byte:02x}"),
        |byte| format!("\\u{byte:04X}"),
        |byte| format!("\\u{{{byte:x}}}"),
        |byte| format!("\\{byte:03o}"),
        |byte| format!("%{byte:02X}"),
        |byte| format!("&#{byte};"),
        |byte| format!("&#x{byte:x};"),
        |byte| format!("{byte:02x}"),
    ];
    for kind in &kinds[..7] {
        let encoded = each(word, *kind);
        assert_eq!(read("x = \"", &encoded, "\";"), [(word.to_owned(), "escapes")], "{encoded}");
        let partly = word.replace('_', &kind(b'_'));
        assert_eq!(read("x = \"", &partly, "\";"), [(word.to_owned(), "escapes")], "{partly}");
    }
    let digits = each("a text of twenty and more letters", kinds[7]);
    for before in ["x ", "x 0x", "x '\\x"] {
        assert_eq!(read(before, &digits, ""), [("a text of twenty and more letters".to_owned(), "hexadecimal")]);
    }
}

#[test]
fn addresses_with_some_escapes_keep_their_places() {
    let address = "https://a.example/b+c?d=1&e=abcdef@host:99";
    let kinds: [&dyn Fn(char) -> String; 5] = [
        &|letter| if letter == '/' { "\\/".to_owned() } else { letter.to_string() },
        &|letter| if "/+=:@&?".contains(letter) { format!("%{:02X}", letter as u8) } else { letter.to_string() },
        &|letter| if "+&".contains(letter) { format!("\\u{:04x}", letter as u8) } else { letter.to_string() },
        &|letter| if "/=".contains(letter) { format!("&#x{:X};", letter as u8) } else { letter.to_string() },
        &|letter| if letter == '&' { "&amp;".to_owned() } else { letter.to_string() },
    ];
    for kind in kinds {
        let encoded: String = address.chars().map(kind).collect();
        let text = format!("first line\n{{\"the_name\": \"{encoded}\"}}\n");
        let runs = whole(text.as_bytes(), false);
        let [run] = &runs[..] else { panic!("{text}: {runs:?}") };
        assert_eq!(&text[run.place.clone()], encoded);
        assert_eq!(String::from_utf8_lossy(&run.content), format!("{{\"the_name\": \"{address}"));
        let at = run.content.windows(6).position(|part| part == b"abcdef").expect("stands there");
        assert_eq!(&text[run.original(&(at..at + 6)).expect("has a place")], "abcdef", "{text}");
        let all = run.content.len() - address.len()..run.content.len();
        assert_eq!(run.original(&all), Some(run.place.clone()));
    }
    // Patterns, and a text with blanks.
    for text in ["/^\\/api\\/v1/", "say%20what%20you%20want%20to%20say", "a &amp; b", "x\\/y"] {
        assert_eq!(whole(text.as_bytes(), false), [], "{text}");
    }
}

#[test]
fn literals_and_lines_that_are_joined() {
    let joined = |encoded: &str| {
        let text = format!("x = {encoded};\n");
        let runs = whole(text.as_bytes(), false);
        runs.first().map(|run| (String::from_utf8_lossy(&run.content).into_owned(), text[run.place.clone()].to_owned()))
    };
    for (text, place) in [
        ("\"abc_01234567\" + \"89xyz\"", "abc_01234567\" + \"89xyz"),
        ("'abc_0123' +\n    '4567' + '89xyz'", "abc_0123' +\n    '4567' + '89xyz"),
        ("\"abc_01234567\" \\\n  \"89xyz\"", "abc_01234567\" \\\n  \"89xyz"),
        ("abc_01234567\\\n89xyz", "abc_01234567\\\n89xyz"),
        ("\"abc_01234567\" & _\n  \"89xyz\"", "abc_01234567\" & _\n  \"89xyz"),
        ("\"abc_01234567\"&\"89xyz\"", "abc_01234567\"&\"89xyz"),
        ("\"abc_01234567\" + // half\n  \"89xyz\"", "abc_01234567\" + // half\n  \"89xyz"),
        ("\"abc_01234567\" /* a */ + /* b */ \"89xyz\"", "abc_01234567\" /* a */ + /* b */ \"89xyz"),
        ("\"abc_01234567\"\n  \"89xyz\"", "abc_01234567\"\n  \"89xyz"),
        ("(\n 'abc_0123'\r\n '4567'\r\n '89xyz')", "abc_0123'\r\n '4567'\r\n '89xyz"),
        ("\"abc_01234567\" ++ \"89xyz\"", "abc_01234567\" ++ \"89xyz"),
        ("'abc_01234567' ||\n '89xyz'", "abc_01234567' ||\n '89xyz"),
        ("'abc_01234567'||'89xyz'", "abc_01234567'||'89xyz"),
    ] {
        assert_eq!(joined(text), Some(("abc_0123456789xyz".to_owned(), place.to_owned())), "{text}");
    }
    let url = "\"mysql://app:\" + \"Ebbe!Flut\" + \"@db.example/shop\"";
    assert_eq!(joined(url).map(|(content, _)| content).as_deref(), Some("mysql://app:Ebbe!Flut@db.example/shop"));
    for text in [
        "\"some text of words \" + \"and more of it\"",
        "\"abc_01234567\" + name",
        "a + b",
        "1 +\n 2",
        // Values of their own, words of a shell, a text.
        "\"abc_01234567\"\ny = \"89xyz\"",
        "x \"abc_01234567\"\n\"89xyz\"",
        "[\"abc_01234567\",\n\"89xyz\"]",
        "\"abc_01234567 \"\n \"89xyz\"",
        "\"abc_01234567\"\n '89xyz'",
        "'abc_01234567' || name",
    ] {
        assert_eq!(joined(text), None, "{text}");
    }
}

#[test]
fn dots_join_literals_in_php_and_perl_alone() {
    let text = "<?php\n$x = 'abc_0123' . '4567'\n    .'89xyz';\n";
    let runs = whole(text.as_bytes(), false);
    assert_eq!(runs[0].content, b"abc_0123456789xyz");
    assert_eq!(&text[runs[0].place.clone()], "abc_0123' . '4567'\n    .'89xyz");
    assert_eq!(whole(text.replace("<?php", "use it").as_bytes(), false), []);
    for head in ["#!/usr/bin/env perl", "package Shop::Mail;\nuse strict;"] {
        assert_eq!(whole(text.replace("<?php", head).as_bytes(), false)[0].content, b"abc_0123456789xyz");
    }
}

#[test]
fn lines_of_quoted_printable() {
    let text = "Content-Transfer-Encoding: quoted-printable\n\nTOKEN=3Dabc_012=\n3456789xyz\nplain line\n";
    let runs = whole(text.as_bytes(), true);
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].content, b"TOKEN=abc_0123456789xyz");
    assert_eq!(&text[runs[0].place.clone()], "TOKEN=3Dabc_012=\n3456789xyz");
    assert_eq!(whole(text.as_bytes(), false), []);
}

#[test]
fn what_decodes_to_no_text_is_none() {
    let bytes: Vec<u8> = (0..600u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let token =
        format!("{}.{}", URL_SAFE_NO_PAD.encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), URL_SAFE_NO_PAD.encode(WORDS));
    for text in [
        STANDARD.encode(&bytes),
        each(&WORDS.repeat(3), |byte| char::from(byte).to_string()),
        "a".repeat(4_000),
        "/usr/local/share/some/long/path/of/folders/that/goes/on/and/on".to_owned(),
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect(),
        token,
    ] {
        assert_eq!(whole(text.as_bytes(), true), [], "{text}");
    }
}

#[test]
fn a_long_run_is_decoded_whole() {
    let long = WORDS.repeat(20_000);
    for (encoded, decoder) in
        [(STANDARD.encode(&long), "base64"), (each(&long, |byte| format!("{byte:02x}")), "hexadecimal")]
    {
        assert!(read("x = \"", &encoded, "\"") == [(long.clone(), decoder)], "{decoder}");
    }
}

#[test]
fn texts_in_any_language_and_charset() {
    let one = |encoded: &str| {
        let mut runs = whole(format!("x: {encoded}\n").as_bytes(), false);
        assert_eq!(runs.len(), 1, "{encoded}");
        let run = runs.remove(0);
        (String::from_utf8(run.content).expect("is text"), run.decoder)
    };
    let texts = [
        "# Schl\u{fc}ssel f\u{fc}r die Produktion\nTOKEN=a word\n",
        "# \u{751f}\u{4ea7}\u{73af}\u{5883}\nTOKEN=a word of it\n",
        "\u{bf}Qu\u{e9} tal?\nTOKEN=a word of it\n",
    ];
    for text in texts {
        assert_eq!(one(&STANDARD.encode(text)), (text.to_owned(), "base64"));
        assert_eq!(one(&each(text, |byte| format!("{byte:02x}"))), (text.to_owned(), "hexadecimal"));
        for (bom, order) in [(true, false), (true, true), (false, true)] {
            let unit = |unit: u16| if order { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let wide: Vec<u8> = bom.then_some(0xfeff).into_iter().chain(text.encode_utf16()).flat_map(unit).collect();
            // Without a mark only what begins in ASCII is told.
            if bom || text.starts_with("# S") {
                let found = one(&STANDARD.encode(&wide));
                assert!(found.0.ends_with(text) && found.1 == "UTF-16 in base64", "{found:?}");
            }
        }
    }
    let latin: Vec<u8> = texts[0].chars().map(|letter| letter as u8).collect();
    assert_eq!(one(&STANDARD.encode(latin)), (texts[0].to_owned(), "base64"));
}

proptest::proptest! {
    /// Whatever is put together of what runs are made of: places lie in the text and in order, and no more is read than is there.
    #[test]
    fn places_are_in_order(pieces in proptest::collection::vec(piece_of_text(), 0..40), is_quoted: bool) {
        let text = pieces.concat();
        let mut end = 0;
        for run in whole(&text, false) {
            proptest::prop_assert!(run.place.start >= end && run.place.end <= text.len() && !run.place.is_empty());
            proptest::prop_assert!(!run.is_document || std::str::from_utf8(&run.content).is_ok());
            end = run.place.end;
        }
        whole(&text, is_quoted);
    }

    /// What a part of a text has for spots is what all of it has there.
    #[test]
    fn spots_of_parts_are_those_of_all(pieces in proptest::collection::vec(piece_of_text(), 0..20), cuts: [usize; 3]) {
        let text = pieces.concat();
        let mut cuts = cuts.map(|cut| cut % (text.len() + 1));
        cuts.sort_unstable();
        let mut found = Vec::new();
        for (start, end) in [(0, cuts[0]), (cuts[0], cuts[1]), (cuts[1], cuts[2]), (cuts[2], text.len())] {
            spots::find(&text, start..end, &mut found);
        }
        proptest::prop_assert_eq!(found, spots_of(&text));
    }

    /// And so with what a version has from its base.
    #[test]
    fn spots_of_a_version_are_those_of_its_text(
        pieces in proptest::collection::vec(piece_of_text(), 0..20),
        copies in proptest::collection::vec((proptest::prelude::any::<[usize; 2]>(), piece_of_text()), 0..8),
    ) {
        let base = pieces.concat();
        let (mut text, mut runs) = (Vec::new(), Vec::new());
        for (ends, inserted) in copies {
            let [from, to] = ends.map(|end| end % (base.len() + 1));
            let copied = &base[from.min(to)..from.max(to)];
            let [from, to, length] = [from.min(to), text.len(), copied.len()].map(|number| number as u32);
            runs.push(CopiedRun { from, to, length });
            text.extend_from_slice(copied);
            // One copy in three has nothing between it and the next.
            if inserted.len() % 3 > 0 {
                text.extend(inserted);
            }
        }
        let mut found = Vec::new();
        spots::carried(&text, (&spots_of(&base), &runs), &mut found);
        proptest::prop_assert_eq!(found, spots_of(&text));
    }
}

/// Wherever a copy begins, and whatever it is put behind, with each of what may introduce a run.
#[test]
fn what_introduces_a_run_is_looked_at_whole() {
    let digits = each(&WORDS[..30], |byte| format!("{byte:02x}"));
    for introduced in ["", "0x", "\\x", "\\n", "\\n0x", "\\nx", "\\r\\x", "\\t0X"] {
        let base = format!("name = {introduced}{digits}; and more behind it").into_bytes();
        for (from, before) in
            (0..14).flat_map(|from| ["", " ", "b", "0", "\\", "\\n", "x", "\\\\"].map(|before| (from, before)))
        {
            let text = [before.as_bytes(), &base[from..]].concat();
            let runs = [(from, before.len(), base.len() - from)]
                .map(|place| <[usize; 3]>::from(place).map(|number| number as u32))
                .map(|[from, to, length]| CopiedRun { from, to, length });
            let mut found = Vec::new();
            spots::carried(&text, (&spots_of(&base), &runs), &mut found);
            assert_eq!(found, spots_of(&text), "{introduced} {from} {before}");
        }
    }
}

fn piece_of_text() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::prelude::*;
    let words = [
        "\\x67",
        "\\u00",
        "%67",
        "&#10",
        ";",
        "\" + \"",
        "'+'",
        "\\\n",
        "=\n",
        "=3D",
        "\\/",
        "%2F",
        "&amp;",
        "0x",
        "\\x",
        "\n",
        "\r\n",
        " ",
        "H4sIAAAA",
        "eyJh.",
        "67686f",
        "\"\n\"",
        "= 'abc'\r\n 'de",
        "' || '",
    ];
    prop_oneof![
        proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..24),
        "[0-9A-Za-z+/]{0,80}".prop_map(String::into_bytes),
        "[ -~]{10,80}".prop_map(|text| STANDARD.encode(text).into_bytes()),
    ]
}

#[test]
fn archives_are_opened_as_attachments_and_alone() {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("app.env", ::zip::write::SimpleFileOptions::default()).expect("is written");
    std::io::Write::write_all(&mut writer, WORDS.as_bytes()).expect("is written");
    let zip = STANDARD.encode(writer.finish().expect("is written").into_inner());
    let lines: Vec<&str> = (0..zip.len()).step_by(76).map(|at| &zip[at..zip.len().min(at + 76)]).collect();
    for encoded in [zip.clone(), lines.join("\r\n")] {
        assert_eq!(read("\n", &encoded, "\n"), [(format!("{WORDS}\n\n"), "zip in base64")]);
    }
    let mut header = ::tar::Header::new_ustar();
    header.set_size(WORDS.len() as u64);
    let zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut builder = ::tar::Builder::new(zipped);
    builder.append_data(&mut header, "app.env", WORDS.as_bytes()).expect("is written");
    let zipped = builder.into_inner().and_then(flate2::write::GzEncoder::finish).expect("is written");
    assert_eq!(read("data ", &STANDARD.encode(zipped), ";"), [(format!("{WORDS}\n\n"), "gzip in base64")]);
}
