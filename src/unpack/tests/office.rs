//! Documents of Office.

use super::*;

/// What was found of the parts of a document: the texts, and the rest of each.
fn parts(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let files: Vec<_> = files.iter().map(|(path, content)| (*path, content.as_bytes())).collect();
    let walked = walked("a", &zip(&files));
    assert_eq!(walked.skips, []);
    walked.members().iter().map(|(path, text)| (path.to_string(), String::from_utf8(text.to_vec()).unwrap())).collect()
}

/// What is shown of a document with one part.
fn text(path: &str, xml: &str) -> String {
    let shown = parts(&[(path, xml)]).into_iter().find(|(at, _)| at.ends_with("!/text"));
    shown.map(|(_, text)| text).unwrap_or_default()
}

#[test]
fn the_runs_of_a_paragraph_are_one_line() {
    let xml = "<w:document><w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr>\
        <w:r><w:t xml:space=\"preserve\">DB password: </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>one</w:t></w:r>\
        <w:proofErr w:type=\"spellStart\"/><w:r><w:t>&amp;two</w:t></w:r></w:p>\n\
        <w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>\
        <w:r><w:delText>gone</w:delText></w:r></w:p></w:document>";
    let found = parts(&[("word/document.xml", xml)]);
    assert_eq!(found[1], ("word/document.xml!/text".to_owned(), "DB password: one&two\na\tb\nc-d\n".to_owned()));
    // Nothing is told twice, and what is not shown is there still.
    assert_eq!(found[0].0, "word/document.xml");
    assert!(found[0].1.contains("<w:delText>gone<") && !found[0].1.contains("two"), "{}", found[0].1);
    assert_eq!(found[0].1.len(), xml.len());
}

#[test]
fn the_cells_of_a_row_have_tabs_between_them() {
    let cell = |paragraphs: &[&str]| {
        let paragraphs = paragraphs.iter().map(|text| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"));
        format!("<w:tc>{}</w:tc>", paragraphs.collect::<String>())
    };
    let row = |cells: &[&[&str]]| format!("<w:tr>{}</w:tr>", cells.iter().map(|one| cell(one)).collect::<String>());
    let rows = [
        row(&[&["host"], &["user"], &["password"]]),
        row(&[&["db"], &["shop"]]),
        row(&[&["mail"], &["ops", "more"], &["x"]]),
        row(&[&["a", "b", "c", "d"], &["y"]]),
    ];
    let xml = format!("<w:p><w:r><w:t>Title</w:t></w:r></w:p><w:tbl>{}</w:tbl>", rows.concat());
    assert_eq!(
        text("word/document.xml", &xml),
        "Title\nhost\tuser\tpassword\ndb\tshop\t\nmail\tops more\tx\n\ty\t\n\nops\nmore\na\nb\nc\nd\n"
    );
    let nested = format!("<w:tbl><w:tr><w:tc><w:tbl>{}{}</w:tbl></w:tc></w:tr></w:tbl>", rows[0], rows[1]);
    assert_eq!(
        text("word/document.xml", &nested),
        "host user password  db shop \n\nhost\tuser\tpassword\t\ndb\tshop\t\n"
    );
}

#[test]
fn slides_notes_and_boxes() {
    let slide = "<p:sld><a:p><a:r><a:t>one</a:t></a:r><a:r><a:t>two</a:t></a:r></a:p><a:p><a:fld><a:t>3</a:t></a:fld></a:p></p:sld>";
    assert_eq!(text("ppt/slides/slide1.xml", slide), "onetwo\n3\n");
    let boxed = "<w:p><w:r><w:t>be</w:t></w:r><w:r><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:r>\
        <w:r><w:t>side</w:t></w:r></w:p>";
    assert_eq!(text("word/header1.xml", boxed), "beside\n\nbox\n");
    let comment = "<comments><comment><text><r><t>pass</t></r><r><t>word\nline</t></r></text></comment></comments>";
    assert_eq!(text("xl/comments1.xml", comment), "password\nline\n");
}

#[test]
fn texts_of_open_document() {
    let xml = "<office:text><text:h>Head</text:h>\n<text:p>a <text:span>b</text:span><text:s text:c=\"2\"/>c<text:tab/>d\
        <office:annotation><dc:creator>me</dc:creator><text:p>note</text:p></office:annotation>e\n f</text:p></office:text>";
    assert_eq!(text("content.xml", xml), "Head\na b  c\tde  f\n\nnote\n");
    let sheet = "<table:table><table:table-row><table:table-cell><text:p>user</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated=\"2\"/><table:table-cell><text:p>pin</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated=\"16000\"/></table:table-row></table:table>";
    assert_eq!(text("content.xml", sheet), "user\t\t\tpin\n");
    assert_eq!(text("content.xml", "<root><entry>text</entry></root>"), "");
}

const SHEET: &str = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"C1\" t=\"s\"><v>0</v></c></row>\
    <row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>in</t><rPh><t>x</t></rPh></is></c><c r=\"B2\"><f>SUM(1)</f><v>17</v></c></row>\
    <row><c t=\"s\"><v>3</v></c><c t=\"str\"><v>s&lt;</v></c><c t=\"s\"><v>99</v></c></row></sheetData>";
const STRINGS: &str = "<sst><si><t>password</t></si><si><r><t>us</t></r><r><t>er</t></r><rPh><t>x</t></rPh></si>\
    <si><t>orphan</t></si><si><t>two\nlines</t></si></sst>";

#[test]
fn rows_of_a_sheet_have_the_texts_that_sheets_share() {
    let shown = "user\t\tpassword\nin\t17\t\ntwo lines\ts<\t\n\ntwo\nlines\n";
    let [sheet, strings] = [("xl/worksheets/sheet1.xml", SHEET), ("xl/sharedStrings.xml", STRINGS)];
    for files in [[sheet, strings], [strings, sheet]] {
        let found = parts(&files);
        let has = |path: &str, text: &str| found.contains(&(path.to_owned(), text.to_owned()));
        assert!(has("xl/worksheets/sheet1.xml!/text", shown), "{found:?}");
        assert!(has("xl/sharedStrings.xml!/text", "orphan\n"), "{found:?}");
        assert!(found.iter().filter(|(_, text)| text.contains("password")).count() == 1, "{found:?}");
    }
}

#[test]
fn a_workbook_in_another_has_its_own_texts() {
    let inner = zip(&[("xl/worksheets/sheet1.xml", SHEET.as_bytes()), ("xl/sharedStrings.xml", STRINGS.as_bytes())]);
    let sheet = "<row><c t=\"s\"><v>0</v></c></row>".as_bytes();
    let files: &[(&str, &[u8])] = &[
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/embeddings/a.xlsx", &inner),
        ("xl/sharedStrings.xml", b"<si><t>outer</t></si>"),
    ];
    let walked = walked("a", &zip(files));
    let members = walked.members();
    assert!(members.contains(&("xl/worksheets/sheet1.xml!/text", b"outer\n")), "{members:?}");
    assert!(members.iter().any(|(path, text)| path.starts_with("xl/embeddings") && text.starts_with(b"user\t\tpass")));
}

#[test]
fn hostile_documents_end_in_bounded_memory() {
    // One text that a sheet shows a million times.
    let strings = format!("<si><t>{}</t></si>", "a".repeat(1 << 20));
    let sheet = format!("<row>{}</row>", "<c t=\"s\"><v>0</v></c>".repeat(1 << 10));
    let bomb = zip(&[("xl/worksheets/sheet1.xml", sheet.as_bytes()), ("xl/sharedStrings.xml", strings.as_bytes())]);
    let walked = walk_with("a", Content::Bytes(&bomb), &Limits::default());
    assert_eq!(walked.skips(), [("xl/worksheets/sheet1.xml", Reason::ExpandsTooFar)]);
    // Elements that never end, ends without a beginning, and rows in each other.
    let elements = ["<w:tr>", "<w:tc>", "</w:tc>", "</w:tr>", "<w:p>", "</w:p>", "<w:txbxContent>", "</w:txbxContent>"];
    let texts = ["<w:t>x</w:t>", "<w:br/>", "<w:tab/>", "<w:t>y", "<w:Fallback>", "</w:Fallback>"];
    let sheets = ["<row>", "</row>", "<c r=\"ZZZ9\">", "</c>", "<v>1", "<c t=\"s\">", "<t>a\n\n\n\nb", "</t>", "</v>"];
    let opens = [
        "<table-row>",
        "</table-row>",
        "<table-cell number-columns-repeated='99999999'>",
        "</table-cell>",
        "<s c='9'/>",
    ];
    let [some, opens] =
        [[&elements[..], &texts, &sheets].concat(), [&elements[4..6], &opens, &["<note>", "</note>x"]].concat()];
    for seed in 1..400 {
        for (path, words) in [("word/a.xml", &some), ("xl/worksheets/a.xml", &some), ("content.xml", &opens)] {
            let noise = noise(seed + 60);
            let xml: String = noise[seed..].iter().map(|byte| words[usize::from(*byte) % words.len()]).collect();
            walk_with("a", Content::Bytes(&zip(&[(path, xml.as_bytes())])), &Limits::default());
        }
    }
    let deep = "<w:tr><w:tc>".repeat(200_000);
    assert_eq!(text("word/a.xml", &deep), "");
    assert_eq!(text("word/a.xml", &format!("<w:t>x</w:t><w:p a=\"{deep}")), "x\n");
}

#[test]
fn a_part_that_is_cut_off_is_read_as_far_as_it_goes() {
    let xml = format!("<w:p><w:t>text</w:t></w:p>{}", String::from_utf8_lossy(&noise(90_000)).replace('<', "("));
    let whole = zip(&[("word/document.xml", xml.as_bytes())]);
    let walked = walk_with("a", Content::Bytes(&whole[..60_000]), &Limits::default());
    assert!(walked.members().contains(&("word/document.xml!/text", b"text\n")), "{:?}", walked.paths());
    assert!(!walked.skips.is_empty());
}
