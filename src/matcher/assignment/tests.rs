use super::*;

fn lex(text: &str, word: &str) -> Option<(String, String, Setting)> {
    let start = text.find(word).expect("the word is in the text");
    let lexer = Lexer { text: text.as_bytes(), start: 0, end: text.len() };
    let found = lexer.assignment(start..start + word.len())?;
    Some((text[found.name].to_owned(), text[found.value].to_owned(), found.setting))
}

fn sees(text: &str, word: &str, name: &str, value: &str, setting: Setting) {
    assert_eq!(lex(text, word), Some((name.to_owned(), value.to_owned(), setting)), "{text}");
}

#[test]
fn assignments_in_many_languages() {
    use Setting::*;
    sees("DB_PASSWORD=s3cr3t-x\n", "PASSWORD", "DB_PASSWORD", "s3cr3t-x", Bare);
    sees("export API_TOKEN=\"abc def\"", "TOKEN", "API_TOKEN", "abc def", Quoted);
    sees("  password: hunter22 # mine\n", "password", "password", "hunter22", Bare);
    sees("\"clientSecret\": \"q7\\\"x\",", "Secret", "clientSecret", "q7\\\"x", Quoted);
    sees("{\\\"token\\\":\\\"abcd\\\"}", "token", "token", "abcd", Quoted);
    sees("let password: &str = \"zZ9\";", "password", "password", "zZ9", Quoted);
    sees("const token: string = 'zZ9'", "token", "token", "zZ9", Quoted);
    sees("password := `zZ9`", "password", "password", "zZ9", Quoted);
    sees("config['password'] = 'zZ9';", "password", "password", "zZ9", Quoted);
    sees("define('DB_PASSWORD', 'zZ9');", "PASSWORD", "DB_PASSWORD", "zZ9", Call);
    sees("ds.setPassword(\"zZ9\");", "Password", "ds.setPassword", "zZ9", Call);
    sees("<password>zZ9</password>", "password", "password", "zZ9", Markup);
    sees("<user name=\"x\" password=\"zZ9\"/>", "password", "password", "zZ9", Markup);
    sees("<add key=\"ApiToken\" value=\"zZ9\"/>", "Token", "ApiToken", "zZ9", Markup);
    sees("mysqldump --password zZ9 db", "password", "--password", "zZ9", Argument);
    sees("tool --api-token=zZ9 run", "token", "--api-token", "zZ9", Argument);
    sees("https://x/?user=a&token=zZ9&x=1", "token", "token", "zZ9", Url);
    sees("Server=a;Password=zZ9;Pooling=true", "Password", "Password", "zZ9", Connection);
    sees("password = %w(zZ9)", "password", "password", "zZ9", Quoted);
    sees("password = ''zZ9''", "password", "password", "zZ9", Quoted);
    sees("let password = Some (Bytes.of_string \"zZ9\")", "password", "password", "zZ9", Quoted);
    sees("let password: [u8; 3] = *b\"zZ9\";", "password", "password", "zZ9", Quoted);
    sees("password = \"\"\"z\"Z\"9\"\"\"", "password", "password", "z\"Z\"9", Quoted);
    sees("password => 'zZ9',", "password", "password", "zZ9", Quoted);
    sees("password = String::from(\"zZ9\");", "password", "password", "zZ9", Quoted);
    sees("password = b'zZ9'", "password", "password", "zZ9", Quoted);
    sees("password: |-\n    zZ9\nnext: 1", "password", "password", "zZ9", Bare);
    sees("{password: zZ9}", "password", "password", "zZ9", Bare);
    sees("PASSWORD=zZ9\x1a", "PASSWORD", "PASSWORD", "zZ9", Bare);
    sees("{user: a, password: zZ9, x: 1}", "password", "password", "zZ9", Bare);
    sees("Password = \"zZ\"\"9\"", "Password", "Password", "zZ\"\"9", Quoted);
    sees("user, password = \"bob\", \"zZ9\"", "password", "password", "zZ9", Quoted);
    sees("f(a, password='zZ9', url='x')", "password", "password", "zZ9", Quoted);
    sees("f(\n a, password='zZ9', url='x')", "password", "password", "zZ9", Quoted);
    sees("a, b, password := x, \"b\", \"zZ9\"", "password", "password", "x", Bare);
}

#[test]
fn literals_that_are_joined_are_one_value() {
    use Setting::*;
    sees("f(password=\"zZ9\" \"qQ8\")", "password", "password", "zZ9\" \"qQ8", Quoted);
    sees("{\"password\": \"zZ9\"\n \"qQ8\"}", "password", "password", "zZ9\"\n \"qQ8", Quoted);
    sees("{password: `zZ9` + 'qQ8'}", "password", "password", "zZ9` + 'qQ8", Quoted);
    sees("password=\"zZ9\"+\"qQ8\"", "password", "password", "zZ9\"+\"qQ8", Quoted);
    sees("PASSWORD='zZ9'\"qQ8\"\n", "PASSWORD", "PASSWORD", "zZ9'\"qQ8", Quoted);
    sees("PASSWORD='zZ9'\\''qQ8'\n", "PASSWORD", "PASSWORD", "zZ9'\\''qQ8", Quoted);
    sees("setPassword(\"zZ9\" \"qQ8\")", "Password", "setPassword", "zZ9\" \"qQ8", Call);
    for text in [
        "PASSWORD=\"zZ9\" \"qQ8\"\n",
        "  password = \"zZ9\"\n  \"user\" = \"qQ8\"\n",
        "{\"password\": \"zZ9\"\n\"user\": \"qQ8\"}",
        "password = \"zZ9\"\n\"\"\"What it is.\"\"\"\n",
        "password: 'zZ9' 'qQ8'\n",
        "password = \"zZ9\"\n\n\"qQ8\"\n",
    ] {
        let word = if text.starts_with("PASS") { "PASSWORD" } else { "password" };
        assert_eq!(lex(text, word).map(|found| found.1).as_deref(), Some("zZ9"), "{text}");
    }
}

#[test]
fn a_name_that_is_itself_a_value() {
    use Setting::*;
    sees("- name: DB_PASSWORD\n  value: zZ9\n", "PASSWORD", "DB_PASSWORD", "zZ9", Bare);
    sees("- name: \"DB_PASSWORD\"\n  value: 'zZ9'\n", "PASSWORD", "DB_PASSWORD", "zZ9", Quoted);
    sees("{\"name\": \"DB_PASSWORD\", \"value\": \"zZ9\"}", "PASSWORD", "DB_PASSWORD", "zZ9", Quoted);
}

#[test]
fn what_a_name_is_compared_with() {
    use Setting::*;
    sees("(passwordField.getText().equals(\"zZ9\"))", "password", "passwordField.getText", "zZ9", Call);
    sees("get(\"password\").equals(\"zZ9\")", "password", "password", "zZ9", Call);
    sees("(String.valueOf(password).equals(\"zZ9\"))", "password", "password", "zZ9", Call);
    sees("(byId(\"password\").value === \"zZ9\")", "password", "password", "zZ9", Quoted);
    sees("(password.text.toString() != \"zZ9\")", "password", "password.text.toString", "zZ9", Quoted);
    sees("(pass?.text?.trim() == \"zZ9\")", "pass", "pass", "zZ9", Quoted);
    sees("($password -cne 'zZ9')", "password", "password", "zZ9", Quoted);
    sees("('zZ9' -EQ $password)", "password", "password", "zZ9", Quoted);
    sees("('zZ9' === $this->password)", "password", "password", "zZ9", Quoted);
    sees("('a' + 'zZ9' != req.body.password)", "password", "req.body.password", "zZ9", Quoted);
    sees("(strcmp(\"zZ9\", password) == 0)", "password", "password", "zZ9", Quoted);
    for text in [
        "f(password).equals(\"zZ9\")",
        "(hash(password) == \"zZ9\")",
        "(password.text().length() == \"zZ9\")",
        "preg_match('zZ9', $password)",
        "(password.getText().equals(other))",
        "($password -replace 'zZ9')",
        "($password -eq $other)",
        "call(\"zZ9\", password)",
        "assertEquals(\"zZ9\", password)",
        "x = \"zZ9\"; (a == password)",
        "(\"a\" + b == password)",
        "f('it\\'s' == password)",
    ] {
        assert_eq!(lex(text, "password"), None, "{text}");
    }
}

#[test]
fn what_is_compared_by_more_than_a_name() {
    use Setting::*;
    for text in [
        "(md5($password) === md5('zZ9'))",
        "('zZ9' eq $password)",
        "('zZ9' === $_POST['password'])",
        "('zZ9' == params[:password])",
        "(= \"zZ9\" password)",
        "Equal([]byte(\"zZ9\"), []byte(password))",
        "equal(\"zZ9\".getBytes(), password.getBytes())",
    ] {
        assert_eq!(lex(text, "password").map(|found| found.1).as_deref(), Some("zZ9"), "{text}");
    }
    sees("($password eq 'zZ9')", "password", "password", "zZ9", Quoted);
    sees("password.eql?('zZ9')", "password", "password.eql", "zZ9", Call);
    for text in [
        "(md5($password) === md5($other))",
        "(md5($password) === 'zZ9' . $other)",
        "f(\"zZ9\", x[\"password\"])",
        "concat(Buffer.from(\"zZ9\"), Buffer.from(password))",
        "('zZ9' and password)",
    ] {
        assert_eq!(lex(text, "password"), None, "{text}");
    }
}

#[test]
fn names_that_are_matched_together() {
    for text in [
        "(user, password) == (\"a\", \"zZ9\")",
        "[user, password] == [\"a\", \"zZ9\"]",
        "(\"a\", \"zZ9\") == (user, password)",
        "matches!((user, password), (\"a\", \"zZ9\"))",
        "match (user, password.as_str()) {\n    (\"a\", \"zZ9\") => 1,\n",
        "match user, password with\n| \"a\", \"zZ9\" -> 1\n",
        "case {user, password} do\n  {_, \"\"} -> 0\n  {\"a\", \"zZ9\"} -> 1\n",
        "(user, password) in ((\"a\", \"zZ9\"),)",
        "(= [user password] [\"a\" \"zZ9\"])",
    ] {
        assert_eq!(lex(text, "password").map(|found| found.1).as_deref(), Some("zZ9"), "{text}");
    }
    for text in [
        "f(user, password) == (\"a\", zZ9)",
        "fn login(user, password) {\n    (\"a\", \"zZ9\")\n",
        "match (kind, password) {\n    (\"a\", \"zZ9\") => 1,\n",
        "match (user, password) {\n    (\"a\", p) => f(\"zZ9\"),\n",
        "match user, password with\n\"a\", \"zZ9\", x\n",
    ] {
        assert_ne!(lex(text, "password").map(|found| found.1).as_deref(), Some("zZ9"), "{text}");
    }
}

#[test]
fn defaults_in_attributes() {
    for text in [
        "#[arg(long, default_value = \"zZ9\")]\npub password: String,",
        "#[arg(default_value = \"zZ9\")]\n#[serde(skip)]\npassword: Option<String>,",
        "@Option(defaultValue = \"zZ9\")\nprivate final String password;",
        "@Value(\"${a.b:zZ9}\") String password;",
        "[DefaultValue(\"zZ9\")]\npublic string password { get; set; }",
    ] {
        assert_eq!(lex(text, "password").map(|found| found.1).as_deref(), Some("zZ9"), "{text}");
    }
    for text in [
        "#[serde(default = \"zZ9\")]\npub password: String,",
        "#[arg(default_value = \"zZ9\")]\nname: String,\npassword: String,",
        "@Value(\"${a.b:${c}}\") String password;",
        "@Column(name = \"zZ9\")\nString password;",
        "f(default = \"zZ9\")\nString password;",
    ] {
        assert_ne!(lex(text, "password").map(|found| found.1).as_deref(), Some("zZ9"), "{text}");
    }
}

#[test]
fn what_assigns_nothing() {
    for text in [
        "the password is long",
        "password::new(x)",
        "password =~ /x/",
        "password\nother: x",
        "password:\n  other: x",
        "if (password) {",
        "\"password\", other)",
    ] {
        assert_eq!(lex(text, "password"), None, "{text}");
    }
}

proptest::proptest! {
    /// Logins of all kinds, cut anywhere.
    #[test]
    fn logins_never_panic(before in "[\"'(,=a-z\\\\ {]{0,20}", word in 0usize..8, after in "[\"'`=:,<>(){}\\\\ \n\ta-z0-9|@.\\-]{0,60}") {
        let words = ["connect(", "dc=", "\".equals(", "auth = (", ".open \"", "client(", "jedis.auth(", "' == pass"];
        let text = format!("{before}{}{after}", words[word]);
        let lexer = Lexer { text: text.as_bytes(), start: 0, end: text.len() };
        if let Some(value) = lexer.login(before.len()..before.len() + words[word].len()) {
            proptest::prop_assert!(value.end <= text.len() && value.start <= value.end && value.start > 0);
        }
    }

    /// Comparisons of all kinds, cut anywhere.
    #[test]
    fn comparisons_never_panic(before in "[\"'=!,$@>.?eqEn(\\ \n\\-]{0,40}", after in "[\"'`=!()?.:,; \\-a-eqT]{0,40}", cut in 0usize..40) {
        for method in ["", "()", ".value", ".getText()", ").equals("] {
            let text = format!("{before}password{method}{after}");
            let (start, hit) = (cut.min(before.len()), before.len()..before.len() + 8);
            let lexer = Lexer { text: text.as_bytes(), start, end: text.len() };
            if let Some(found) = lexer.assignment(hit) {
                proptest::prop_assert!(found.value.end <= text.len() && found.value.start <= found.value.end);
                proptest::prop_assert!(found.value.start >= start && found.name.start >= start, "{text}");
            }
        }
    }

    #[test]
    fn the_lexer_never_panics(before in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), after in "[\"'`=:,<>(){}\\\\ \n\ta-z|\\-]{0,60}") {
        let mut text = before.clone();
        text.extend_from_slice(b"password");
        let hit = before.len()..text.len();
        text.extend_from_slice(after.as_bytes());
        let lexer = Lexer { text: &text, start: 0, end: text.len() };
        if let Some(value) = lexer.login(hit.clone()) {
            proptest::prop_assert!(value.end <= text.len() && value.start <= value.end);
        }
        if let Some(found) = lexer.assignment(hit) {
            proptest::prop_assert!(found.value.end <= text.len() && found.value.start <= found.value.end);
        }
    }
}

/// The entries of a list behind the first.
fn further(text: &str, word: &str) -> Vec<String> {
    let start = text.find(word).expect("the word is in the text");
    let lexer = Lexer { text: text.as_bytes(), start: 0, end: text.len() };
    let Some(found) = lexer.assignment(start..start + word.len()) else { return Vec::new() };
    let mut entries = Vec::new();
    lexer.further_entries(&found, &mut |value| entries.push(text[value].to_owned()));
    entries
}

#[test]
fn all_entries_of_a_list() {
    for (text, entries) in [
        ("passwords = [\"aaaa\", \"bbb4\", \"ccc4\"]", &["bbb4", "ccc4"][..]),
        ("passwords = ['aaaa', NONE, 'ccc4']", &["ccc4"]),
        ("passwords = [b'aaaa', b'bbb4']", &["bbb4"]),
        ("passwords: &[&str] = &[\n  \"aaaa\", // one\n  \"bbb4\",\n];", &["bbb4"]),
        ("passwords = c(\"aaaa\", \"bbb4\")", &["bbb4"]),
        ("passwords = Arrays.asList(\"aaaa\", \"bbb4\")", &["bbb4"]),
        ("\"passwords\": [\"aaaa\", \"bbb4\"], \"more\": [\"ccc4\", \"ddd4\"]", &["bbb4"]),
        ("\\\"passwords\\\": [\\\"aaaa\\\", \\\"bbb4\\\"]", &["bbb4"]),
        ("passwords:\n  - aaaa\n  - 'bbb4'\n  # more\n  - ccc4\n", &["ccc4"]),
        ("passwords:\r\n- aaa4\r\n- bbb4\r\nport: 1\r\n- ccc4\r\n", &["bbb4"]),
        ("passwords = ['aaaa', 'shadow', 'two_words', 'Shadow', 'next(a).of', 'x7-QqWz']", &["x7-QqWz"]),
        // No lists of passwords.
        ("password = 'aaaa', 'bbb4'", &[]),
        ("password: \"aaaa\", \"user\": \"bbb4\"", &[]),
        ("passwords = { 'aaaa': 'x', 'bbb4': 'y' }", &[]),
        ("setPassword(\"aaaa\", \"bbb4\")", &[]),
        ("password = encode(\"aaaa\", \"bbb4\")", &[]),
    ] {
        assert_eq!(further(text, "assword"), entries, "{text}");
    }
    let many: Vec<String> = (0..40).map(|number| format!("'entry{number}'")).collect();
    assert_eq!(further(&format!("passwords = [{}]", many.join(", ")), "password").len(), 15);
    let items: String = (0..40).map(|number| format!("- entry{number}\n")).collect();
    assert_eq!(further(&format!("passwords:\n{items}"), "password").len(), 15);
}
