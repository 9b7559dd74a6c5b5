use super::dense::{DENSE, DENSE_PART, may_be_dense};
use super::*;
use crate::origin::{Origin, Step};
use crate::score::Confidence;
use crate::signature::{Standing, embedded, load_text, template};

pub(super) fn rules(text: &str) -> RuleSet {
    let loaded = load_text("test.toml", text).expect("TOML");
    RuleSet::compile(&loaded, true).expect("rules")
}

pub(super) const RULES: &str = r#"
provider = "Test"
[[signature]]
id = "test-token"
title = "Test token"
severity = "high"
lifetime = "static"
keywords = ["tst_"]
pattern = 'tst_[0-9A-Za-z]{24}'
examples = []
[[signature]]
id = "generic-password"
title = "Password"
severity = "high"
lifetime = "static"
recogniser = "assignment"
keywords = ["passw", "pwd"]
examples = []
[[signature]]
id = "generic-token"
title = "Token"
severity = "medium"
lifetime = "static"
recogniser = "assignment"
keywords = ["token", "key"]
examples = []
"#;

type Line = (String, Option<Confidence>, u64, (u64, u64), String);

/// What is told of each find; with `dropped` of each candidate.
fn tell<T>(rules: &RuleSet, content: Content<'_>, dropped: bool, one: impl Fn(&Found<'_>) -> T) -> Vec<T> {
    tell_by(&Detector::new(rules), content, dropped, one)
}

fn tell_by<T>(detector: &Detector<'_>, content: Content<'_>, dropped: bool, one: impl Fn(&Found<'_>) -> T) -> Vec<T> {
    let mut told = Vec::new();
    let blob = Blob { origin: Origin::new(Step::Stdin), content };
    detector
        .judge(blob, dropped, &mut |found| {
            told.extend(found.iter().filter(|one| dropped || one.verdict.confidence.is_some()).map(&one));
        })
        .expect("reads");
    told
}

pub(super) fn judge(rules: &RuleSet, content: Content<'_>, dropped: bool) -> Vec<Line> {
    tell(rules, content, dropped, |one| {
        (
            one.rule.id().to_owned(),
            one.verdict.confidence,
            one.position.offset,
            one.position.start,
            String::from_utf8_lossy(one.secret()).into_owned(),
        )
    })
}

#[test]
fn tokens_in_16_bit_units_of_a_program_are_found_where_they_stand() {
    let rules = rules(RULES);
    let token = String::from_utf8(token(7)).expect("ASCII");
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide: Vec<u8> = format!("key {token}!").encode_utf16().flat_map(to_bytes).collect();
        let program = [b"MZ\0\x01\x03", &wide[..], &[0, 0, 9, 9]].concat();
        let first = 5 + 2 * 4 + u64::from(wide[0] == 0);
        let found = judge(&rules, Content::Bytes(&program), false);
        let told: Vec<(&str, u64, &str)> = found.iter().map(|one| (&*one.0, one.2, &*one.4)).collect();
        assert_eq!(told, [("test-token", first, &*token)]);
        let mut carry = crate::candidate::Carry::default();
        let version = crate::blob::Version { bytes: &program, base: None, carry: &mut carry };
        assert_eq!(judge(&rules, Content::Version(version), false), found);
    }
}

pub(super) fn token(seed: u64) -> Vec<u8> {
    template::expand("tst_{b62:24}", seed).expect("template").text
}

#[test]
fn a_token_is_found_once_with_its_place() {
    let rules = rules(RULES);
    let token = String::from_utf8(token(1)).expect("ASCII");
    let text = format!("first\nAPI_TOKEN=\"{token}\"\n");
    let found = judge(&rules, Content::Bytes(text.as_bytes()), false);
    assert_eq!(found, [("test-token".to_owned(), Some(Confidence::Likely), 17, (2, 12), token)]);
}

#[test]
fn a_token_with_a_neighbour_is_none() {
    let rules = rules(RULES);
    let token = String::from_utf8(token(2)).expect("ASCII");
    for text in [format!("x{token}"), format!("{token}x"), format!("{token}_")] {
        assert_eq!(judge(&rules, Content::Bytes(text.as_bytes()), false), [], "{text}");
    }
    for text in
        [format!("a\\n{token}"), format!("a%3D{token}&b"), format!("\x1b[31m{token}\x1b[0m"), format!("\\u003d{token}")]
    {
        assert_eq!(judge(&rules, Content::Bytes(text.as_bytes()), false).len(), 1, "{text}");
    }
}

/// Streams are judged in parts; tokens lie on every kind of seam.
#[test]
fn a_stream_gives_what_the_whole_gives() {
    let rules = rules(RULES);
    let mut text = Vec::new();
    for seed in 0..400u64 {
        let filler = (seed * 7_919 % 131_072) as usize;
        text.extend(std::iter::repeat_n(b'.', filler));
        text.push(b'\n');
        text.extend_from_slice(b"token: ");
        text.extend_from_slice(&token(seed));
        text.extend_from_slice(b"\npassword = \"kX9");
        text.extend_from_slice(&template::expand("{b62:12}", seed).expect("template").text);
        text.extend_from_slice(b"!\"\n");
    }
    assert!(text.len() > 24 << 20);
    let whole = judge(&rules, Content::Bytes(&text), true);
    assert!(whole.len() >= 800);
    let streamed = judge(&rules, Content::Stream(&mut text.as_slice()), true);
    assert_eq!(whole, streamed);
}

#[test]
fn text_in_16_bit_units_is_read() {
    let rules = rules(RULES);
    let token = String::from_utf8(token(3)).expect("ASCII");
    let text = format!("\u{feff}some text before it\r\ntoken = '{token}'\r\n");
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let found = judge(&rules, Content::Bytes(&bytes), false);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].4, token);
    let offset = found[0].2 as usize;
    assert_eq!(&bytes[offset..offset + 4], [b't', 0, b's', 0]);
}

/// Lines, and columns in UTF-16 code units, of all finds.
fn wide_columns(rules: &RuleSet, content: Content<'_>) -> Vec<(u64, (u64, u64))> {
    tell(rules, content, false, |one| (one.position.start.0, one.position.utf16_columns))
}

#[test]
fn columns_are_counted_in_units_of_utf_16_too() {
    let rules = rules(RULES);
    let token = String::from_utf8(token(4)).expect("ASCII");
    for before in ["plain ", "größer = ", "日本語: ", "😀 key = ", "a😀é日 ", ""] {
        let start = before.encode_utf16().count() as u64 + 1;
        let here = (start, start + token.len() as u64);
        let line = format!("{before}{token} “ö”");
        let text = format!("ünder\n{line} {token}\n{line}");
        let after = start + line[before.len()..].encode_utf16().count() as u64 + 1;
        let expected = [(2, here), (2, (after, after + token.len() as u64)), (3, here)];
        assert_eq!(wide_columns(&rules, Content::Bytes(text.as_bytes())), expected, "{text}");
        // The mark before a text is no part of its first line.
        for mark in ["", "\u{feff}"] {
            let marked = format!("{mark}{line}");
            assert_eq!(wide_columns(&rules, Content::Bytes(marked.as_bytes())), [(1, here)], "{marked}");
            let wide: Vec<u8> = format!("\u{feff}{line}").encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(wide_columns(&rules, Content::Bytes(&wide)), [(1, here)], "{line}");
        }
    }
    // What is no UTF-8 is shown as replacement characters.
    let latin = [b"gr\xf6\xdfer \xe2\x82 = ".to_vec(), token.clone().into_bytes()].concat();
    assert_eq!(wide_columns(&rules, Content::Bytes(&latin)), [(1, (12, 12 + token.len() as u64))]);
}

#[test]
fn columns_in_units_of_utf_16_do_not_depend_on_the_parts_of_a_stream() {
    let rules = rules(RULES);
    // Parts end at other bytes of a character for each beginning.
    for beginning in ["", "x", "xx", "xxx", "\u{feff}"] {
        let mut text = beginning.to_owned();
        let (mut units, mut expected) = (beginning.trim_start_matches('\u{feff}').len() as u64, Vec::new());
        for seed in 0..5 {
            text.push_str(&"é😀日".repeat(400_000));
            text.push_str(" token: ");
            units += 4 * 400_000 + 8;
            let token = String::from_utf8(token(seed)).expect("ASCII");
            expected.push((1, (units + 1, units + 1 + token.len() as u64)));
            text.push_str(&token);
            text.push(' ');
            units += token.len() as u64 + 1;
        }
        assert!(text.len() > 16 << 20);
        assert_eq!(wide_columns(&rules, Content::Stream(&mut text.as_bytes())), expected, "{beginning:?}");
    }
}

#[test]
fn names_in_binary_content_say_nothing() {
    let rules = rules(RULES);
    let token = String::from_utf8(token(4)).expect("ASCII");
    let text = format!("\0\x01\x02 password=kX9mQ2vLp4w token {token}\0");
    let found = judge(&rules, Content::Bytes(text.as_bytes()), false);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "test-token");
}

/// What was added to a file of SOPS and never encrypted is a secret whatever it is called; words and addresses are none.
#[test]
fn a_plain_value_among_encrypted_ones_is_told() {
    let rules = RuleSet::compile(&embedded().expect("parses"), true).expect("compiles");
    let enc = "ENC[AES256_GCM,data:{b64:24},iv:{b64:44},tag:{b64:24},type:str]";
    let text = template::expand(
        &format!(
            "db:\n  code: {enc}\n  hint: {{b62:32}}\n  conn: {{hex:40}}\n  region: eu-central-1-frankfurt\n  url: https://db.example.net/x\n\
             sops:\n  mac: {enc}\n  lastmodified: x\n  version: 3.9.0\n"
        ),
        5,
    );
    let found = judge(&rules, Content::Bytes(&text.expect("template").text), false);
    assert_eq!(
        found.iter().map(|one| (&*one.0, one.3.0)).collect::<Vec<_>>(),
        [("generic-secret", 3), ("generic-secret", 4)]
    );
}

/// Binaries are full of names that go on behind the few letters that a key begins with.
#[test]
fn names_of_programs_are_no_keys() {
    let rules = RuleSet::compile(&crate::signature::embedded().expect("parses"), false).expect("compiles");
    let of = |text: &str| {
        let text = template::expand(&format!("\0\x01\x02{text}\0"), 5).expect("template").text;
        judge(&rules, Content::Bytes(&text), false).into_iter().map(|found| found.0).collect::<Vec<_>>()
    };
    for name in [
        "sys/user.lookupGroupForUIDInContainer",
        "Parser.getNumberOfSyntaxErrors",
        "_dump_bb_live_in_for_debugging_now",
    ] {
        assert_eq!(of(name), Vec::<String>::new(), "{name}");
    }
    assert_eq!(of("ser.{b62:22}"), ["flagsmith-server-key"]);
    // Strings of a program stand side by side.
    assert_eq!(of("wordghp_{b62:30}{crc32b62}word"), ["github-pat-classic"]);
}

#[test]
fn a_token_in_a_base64_value_is_found_where_the_value_stands() {
    let rules = rules(RULES);
    let text = template::expand("\nconfig_key: {base64:token=tst_{b62:24}}\n", 5).expect("template").text;
    let found = judge(&rules, Content::Bytes(&text), false);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0.as_str(), found[0].3), ("test-token", (2, 13)));
}

#[test]
fn a_read_error_is_told_after_what_was_read() {
    struct Broken(bool);
    impl io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::Error::other("gone"));
            }
            let text = b"password = \"kX9mQ2vLp4w!\"\n";
            buffer[..text.len()].copy_from_slice(text);
            Ok(text.len())
        }
    }
    let rules = rules(RULES);
    let mut seen = 0;
    let blob = Blob { origin: Origin::new(Step::Stdin), content: Content::Stream(&mut Broken(false)) };
    let result = Detector::new(&rules).judge(blob, false, &mut |found| seen += found.len());
    assert!(result.is_err());
    assert_eq!(seen, 1);
}

#[test]
fn shipped_signatures_compile() {
    let loaded = embedded().expect("signature files parse");
    if let Err(errors) = RuleSet::compile(&loaded, true) {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
}

fn manifest(template: &str, seed: u64) -> String {
    String::from_utf8(template::expand(template, seed).expect("template").text).expect("ASCII")
}

/// Rule, line, secret and decoder of what the shipped rules find.
fn shipped(text: &str) -> Vec<(String, u64, String, Option<&'static str>)> {
    let rules = RuleSet::compile(&embedded().expect("parses"), true).expect("rules");
    tell(&rules, Content::Bytes(text.as_bytes()), false, |one| {
        let secret = String::from_utf8_lossy(one.secret()).into_owned();
        (one.rule.id().to_owned(), one.position.start.0, secret, one.decoder)
    })
}

#[test]
fn values_of_a_secret_are_judged_by_what_they_encode() {
    let text = manifest(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  username: {base64:admin}\n  \
         password: {base64:kX9mQ2vLp4w!}\n  pwd: {base64:changeme}\n  config.yaml: {base64:listen: 80\ndb:\n  password: \"Tr0ub4dor&3x\"\n}\n  \
         newline: {base64:9aKx2LqPz7VbN4mT8wRc\n}\n  \
         .dockerconfigjson: {base64:{{\"auths\":{{\"r.example.net\":{{\"auth\":\"{base64:robot:kX9mQ2vLp4wZ7}\"}}}}}}}\n  \
         tls.key: {base64:{pem:rsa}\n}\n",
        11,
    );
    let found = shipped(&text);
    let told: Vec<(&str, u64, Option<&str>)> = found.iter().map(|one| (one.0.as_str(), one.1, one.3)).collect();
    let base64 = Some("base64");
    assert_eq!(
        told,
        [
            ("generic-password", 7, base64),
            ("generic-password", 9, base64),
            ("generic-secret", 10, base64),
            ("docker-config-auth", 11, base64),
            ("private-key-pem", 12, base64),
        ]
    );
    assert_eq!(found[0].2, "kX9mQ2vLp4w!");
    assert_eq!(found[1].2, "Tr0ub4dor&3x");
    assert_eq!(found[2].2, "9aKx2LqPz7VbN4mT8wRc");
}

#[test]
fn a_plain_value_of_a_secret_is_told_once_and_without_a_decoder() {
    let text = manifest("kind: Secret\nstringData:\n  db-password: {pass}\n  blob: \"9aKx2LqPz7VbN4mT8wRc\"\n", 12);
    let found = shipped(&text);
    let told: Vec<(&str, u64, Option<&str>)> = found.iter().map(|one| (one.0.as_str(), one.1, one.3)).collect();
    assert_eq!(told, [("generic-password", 3, None), ("generic-secret", 4, None)]);
    assert!(text.contains(&format!("db-password: {}\n", found[0].2)));
}

#[test]
fn contents_of_files_in_configuration_are_judged_where_they_stand() {
    let text = manifest(
        "#cloud-config\nwrite_files:\n- path: /etc/app.env\n  encoding: b64\n  content: {base64:HOST=db\nDB_PASSWORD=kX9mQ2vLp4w!\n}\n\
         - content: !!binary |\n    {base64:password: changeme\n}\n",
        13,
    );
    let password = ("generic-password".to_owned(), 5, "kX9mQ2vLp4w!".to_owned(), Some("base64"));
    assert_eq!(shipped(&text), std::slice::from_ref(&password));
    // A Secret that holds what an instance is started with.
    let text = manifest(
        "kind: Secret\ndata:\n  userData: {base64:source: \"data:;base64,{base64:first=1\nDB_PASSWORD=kX9mQ2vLp4w!\n}\"\n}\n",
        14,
    );
    let password = ("generic-password".to_owned(), 3, "kX9mQ2vLp4w!".to_owned(), Some("base64"));
    assert_eq!(shipped(&text), [password]);
}

#[test]
fn each_entry_of_a_list_is_found() {
    let text = manifest("API_KEYS = [\n  '{b62:32}',\n  '{b62:32}',\n]\napi_tokens:\n  - {b62:32}\n  - {b62:32}\n", 15);
    let lines: Vec<u64> = shipped(&text).iter().map(|one| one.1).collect();
    assert_eq!(lines, [2, 3, 6, 7]);
}

/// The second rule has the same text to look at, and goes on.
#[test]
fn a_pattern_that_takes_too_long_is_given_up_alone_and_told() {
    const SLOW: &str = r#"
provider = "Test"
[[signature]]
id = "slow"
title = "Slow"
severity = "high"
lifetime = "static"
keywords = ["key"]
pattern = '(?s)[a-z]{0,300}key.{0,300}Q'
boundary = false
examples = []
[[signature]]
id = "test-token"
title = "Test token"
severity = "high"
lifetime = "static"
keywords = ["tst_"]
pattern = 'tst_[0-9A-Za-z]{24}'
examples = []
"#;
    let rules = rules(SLOW);
    let detector = Detector::new(&rules);
    let _limit = effort::limited(std::time::Duration::from_millis(20));
    let text = ["key".repeat(100_000).as_bytes(), b" ", &token(5)].concat();
    let judge = |content: Content<'_>| {
        let mut found = 0;
        let blob = Blob { origin: Origin::new(Step::Stdin), content };
        let (read, taken) = detector.judge_with_effort(blob, false, &mut |some| {
            found += some.len();
            ControlFlow::Continue(())
        });
        assert_eq!(read.unwrap(), text.len() as u64);
        assert_eq!((found, &*taken.given_up), (1, &[0][..]));
    };
    judge(Content::Bytes(&text));
    judge(Content::Stream(&mut &text[..]));
    let mut carry = crate::candidate::Carry::default();
    judge(Content::Version(Version { bytes: &text, base: None, carry: &mut carry }));
    assert!(carry.kind == crate::candidate::CarryKind::Opaque && carry.anchors.is_empty(), "nothing of it is carried");
    let short = [b"key ", &token(5)[..]].concat();
    let (_, taken) = detector
        .judge_with_effort(Blob::bytes(Origin::new(Step::Stdin), &short), false, &mut |_| ControlFlow::Continue(()));
    assert!(taken.given_up.is_empty(), "each text has its own time");
}

const OWN: &str = r#"
[[signature]]
id = "own"
provider = "Own"
title = "Own"
severity = "SEVERITY"
lifetime = "static"
keywords = ["DB_PASSWORD"]
pattern = 'DB_PASSWORD=(\S{4,40})'
group = 1
examples = []
"#;

/// Rules of what is reported at `least` and more, with one of a user that finds the same as one built in.
fn with_own(own: &str, standing: Standing, least: Severity) -> Vec<String> {
    let mut loaded = load_text("test.toml", RULES).expect("TOML");
    let own = load_text("own.toml", own).expect("TOML").into_iter();
    loaded.extend(own.map(|located| crate::signature::Located { standing, ..located }));
    let rules = RuleSet::compile(&loaded, true).expect("rules");
    let detector = Detector::new(&rules).reporting(least);
    let content = Content::Bytes(b"DB_PASSWORD=kX9!mQ2vLp4wZ\n");
    let mut found = tell_by(&detector, content, false, |one| one.rule.id().to_owned());
    found.sort();
    found
}

#[test]
fn a_signature_of_a_user_takes_no_place_without_being_reported() {
    use Severity::{Info, Low};
    use Standing::{Guest, Own};
    let own = |severity: &str| OWN.replace("SEVERITY", severity);
    assert_eq!(with_own(&own("critical"), Own, Low), ["own"]);
    assert_eq!(with_own(&own("low"), Own, Low), ["own"]);
    assert_eq!(with_own(&own("info"), Own, Low), ["generic-password"]);
    assert_eq!(with_own(&own("info"), Own, Info), ["own"]);
    assert_eq!(with_own(&own("low"), Own, Severity::High), ["generic-password"]);
    let never = own("critical") + "entropy = 5.9\n";
    assert_eq!(with_own(&never, Own, Low), ["generic-password"]);
    let identifier = own("critical") + "identifier = true\n";
    assert_eq!(with_own(&identifier, Own, Low), ["generic-password"]);
    let assigned = own("info").replace("pattern = 'DB_PASSWORD=(\\S{4,40})'\ngroup = 1", "recogniser = \"assignment\"");
    assert_eq!(with_own(&assigned, Own, Low), ["generic-password"]);
    // Under a policy what weighs more stays beside it.
    assert_eq!(with_own(&own("high"), Guest, Low), ["own"]);
    assert_eq!(with_own(&own("low"), Guest, Low), ["generic-password", "own"]);
}

/// Candidates that stand close are judged part by part: each is told once, where it stands, and the rest can be left.
#[test]
fn a_text_full_of_candidates_is_judged_in_parts() {
    let rules = rules(RULES);
    let detector = Detector::new(&rules);
    let line = &[b"password = Xq7vRt2m99\n", &b"- ".repeat(150)[..]].concat();
    let count = (DENSE_PART * 5 / 2) / line.len();
    let text = line.repeat(count);
    assert!(may_be_dense(&text) && count > DENSE);
    let mut units = vec![0xff, 0xfe];
    units.extend(text.iter().flat_map(|byte| [*byte, 0]));
    let mut carry = crate::candidate::Carry::default();
    let version = Content::Version(Version { bytes: &text, base: None, carry: &mut carry });
    for (content, unit) in [(Content::Bytes(&text), 1), (version, 1), (Content::Bytes(&units), 2)] {
        let mut told = Vec::new();
        let mut parts = 0;
        let blob = Blob { origin: Origin::new(Step::Stdin), content };
        let (read, _) = detector.judge_with_effort(blob, false, &mut |found| {
            parts += 1;
            told.extend(found.iter().map(|one| (one.position.start.0, one.position.offset)));
            ControlFlow::Continue(())
        });
        assert!(read.is_ok() && parts == 3, "{parts}");
        let first = if unit == 1 { 11 } else { 2 + 22 };
        let expected: Vec<_> = (0..count).map(|n| (n as u64 + 1, (first + n * line.len() * unit) as u64)).collect();
        assert!(told == expected, "{unit}: {} of {}", told.len(), expected.len());
    }
    let mut parts = 0;
    let (left, _) = detector.judge_with_effort(Blob::bytes(Origin::new(Step::Stdin), &text), false, &mut |_| {
        parts += 1;
        ControlFlow::Break(())
    });
    assert_eq!((parts, left.unwrap_err().kind()), (1, io::ErrorKind::TimedOut));
}
