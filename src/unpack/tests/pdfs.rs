use super::*;

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A stream with its dictionary.
fn stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("<<{entries}/Length {}>>\nstream\r\n", bytes.len());
    [head.as_bytes(), bytes, b"\nendstream"].concat()
}

fn flate(entries: &str, bytes: &[u8]) -> Vec<u8> {
    stream(&format!("{entries}/Filter/FlateDecode"), &zlib(bytes))
}

/// A file of these objects, with a catalog as the first.
fn pdf(objects: &[(u32, Vec<u8>)], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n".to_vec();
    for (number, object) in objects {
        file.extend(format!("{number} 0 obj\n").into_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    file.extend(format!("trailer<</Root 1 0 R{trailer}>>\nstartxref\n0\n%%EOF\n").into_bytes());
    file
}

fn object(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

type Texts = Vec<(String, String)>;
type Skips = Vec<(String, Reason)>;

/// What was found beside the file itself.
fn inside(bytes: &[u8]) -> (Texts, Skips) {
    let walked = walked("a.pdf", bytes);
    assert_eq!(walked.leaves[0], (String::new(), bytes.to_vec()), "the file itself is judged, too");
    let texts =
        walked.leaves[1..].iter().map(|(path, text)| (path.clone(), String::from_utf8_lossy(text).into_owned()));
    (texts.collect(), walked.skips.clone())
}

fn pair(path: &str, text: &str) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

#[test]
fn the_text_of_pages_is_read_in_their_order() {
    let file = pdf(
        &[
            (2, object("<</Type/Pages/Kids[5 0 R 3 0 R]/Count 2/Resources 9 0 R>>")),
            (3, object("<</Type/Page/Parent 2 0 R/Contents[4 0 R 8 0 R]>>")),
            (4, flate("", b"BT /F1 12 Tf [(pass) 3 (word=)] TJ")),
            (5, object("<</Type/Page/Contents 6 0 R>>")),
            (6, stream("/Filter[/ASCIIHexDecode/FlateDecode]", &[&hex(&zlib(b"BT (first) Tj ET"))[..], b">"].concat())),
            (8, stream("", b"<7365637265742d> Tj ET")),
            // What an update left behind.
            (10, flate("", b"BT (old) Tj ET")),
        ],
        "",
    );
    let (texts, skips) = inside(&file);
    assert_eq!(texts, [pair("page 1", "first\n"), pair("page 2", "password=secret-\n"), pair("object 10", "old\n")]);
    assert_eq!(skips, []);
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

#[test]
fn codes_are_read_by_fonts_that_lie_in_object_streams() {
    let packed = [
        "<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 6 0 R>>",
        "<</Type/Font/Subtype/Type0/Encoding/Identity-H>>",
    ];
    let header = format!("7 0 8 {} ", packed[0].len() + 1);
    let entries = format!("/Type/ObjStm/N 2/First {}", header.len());
    let map = b"1 begincodespacerange<0000><ffff>endcodespacerange 1 beginbfrange <0001> <0020> <0061> endbfrange";
    let resources = "/Resources<</Font<</F1 7 0 R/F2 8 0 R>>>>";
    let file = |content: &[u8]| {
        pdf(
            &[
                (2, object("<</Type/Pages/Kids[3 0 R]>>")),
                (3, object(&format!("<</Type/Page{resources}/Contents 4 0 R>>"))),
                (4, flate("", content)),
                (5, flate(&entries, format!("{header}{}\n{}", packed[0], packed[1]).as_bytes())),
                (6, flate("", map)),
            ],
            "",
        )
    };
    let (texts, skips) = inside(&file(b"BT /F1 9 Tf <000300010002> Tj ET"));
    assert!(texts.contains(&pair("page 1", "cab\n")), "{texts:?}");
    assert_eq!(skips, []);
    let (_, skips) = inside(&file(b"BT /F2 9 Tf <000300010002> Tj ET"));
    assert_eq!(skips, [("page 1".to_owned(), Reason::UnknownCodec)]);
}

#[test]
fn files_that_it_carries_are_opened() {
    let carried = zip(&[("app.env", b"inner")]);
    let file = pdf(
        &[
            (4, flate("/Type/EmbeddedFile", &carried)),
            (5, flate("/Type/Metadata/Subtype/XML", b"<xmp/>")),
            (6, flate("/Subtype/Image", b"samples")),
            (7, flate("/Subtype/Form", b"BT (form) Tj ET")),
        ],
        "",
    );
    let (texts, skips) = inside(&file);
    let members: Vec<_> = texts.into_iter().filter(|(path, _)| !path.ends_with("[file name]")).collect();
    assert_eq!(members, [pair("object 4!/app.env", "inner"), pair("object 5", "<xmp/>"), pair("object 7", "form\n")]);
    assert_eq!(skips, []);
}

#[test]
fn what_cannot_be_read_is_told() {
    let content = (4, flate("", b"BT (text) Tj ET"));
    let (texts, skips) = inside(&pdf(std::slice::from_ref(&content), "/Encrypt 9 0 R"));
    assert_eq!((texts, skips), (vec![], vec![(String::new(), Reason::Encrypted)]));
    let broken = pdf(&[(4, stream("/Filter/FlateDecode", b"no zlib")), (5, stream("/Filter/LZWDecode", b"x"))], "");
    let (texts, skips) = inside(&broken);
    let told = [("object 4".to_owned(), Reason::Corrupt), ("object 5".to_owned(), Reason::UnknownCodec)];
    assert_eq!((texts, skips), (vec![], told.to_vec()));
    let whole = pdf(&[content], "");
    let cut = &whole[..whole.len() - 70];
    assert_eq!(inside(cut).1, [("object 4".to_owned(), Reason::Truncated)]);
}

#[test]
fn hostile_files_end() {
    // Pages that name themselves, objects that never end, a stream that all pages show.
    let kids = "3 0 R ".repeat(2_000);
    let many: Vec<_> = (10..2_000).map(|number| (number, object("<</Type/Page/Contents 4 0 R>>"))).collect();
    let all: String = many.iter().map(|(number, _)| format!("{number} 0 R ")).collect();
    let mut objects = vec![
        (2, object(&format!("<</Kids[2 0 R {kids}{all}]>>"))),
        (3, object("<</Kids 2 0 R>>")),
        (4, flate("", &[&b"BT (a) Tj ET "[..], &vec![b' '; 1 << 20]].concat())),
    ];
    objects.extend(many);
    let (_, skips) = inside(&pdf(&objects, ""));
    assert!(skips.iter().any(|(_, reason)| *reason == Reason::ExpandsTooFar), "{skips:?}");
    let open = pdf(&[(4, b"<</A(".repeat(200_000)), (5, b"[".repeat(200_000)), (6, b"1 0 obj ".repeat(50_000))], "");
    assert_eq!(inside(&open).1, [(String::new(), Reason::Corrupt)]);
    for at in 0..400 {
        let mut bytes =
            pdf(&[(2, object("<</Kids[3 0 R]>>")), (3, object("<</Contents 4 0 R>>")), (4, flate("", b"(a) Tj"))], "");
        let index = at % bytes.len();
        bytes[index] = noise(at + 1)[at];
        if bytes.starts_with(b"%PDF-") {
            inside(&bytes);
        }
    }
}
