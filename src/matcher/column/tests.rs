use crate::matcher::Matcher;
use crate::signature::{RuleSet, load_text};

/// The cells that are handed on.
fn found(text: &str) -> Vec<String> {
    let file = "[[signature]]\nid = \"x\"\ntitle = \"x\"\nprovider = \"X\"\nseverity = \"low\"\nlifetime = \"static\"\n\
                recogniser = \"column\"\nkeywords = [\"password\", \"list:\", \"[users]\"]\nexamples = []\n";
    let rules = RuleSet::compile(&load_text("x.toml", file).expect("parses"), true).expect("compiles");
    let mut out = Vec::new();
    Matcher::new(&rules).candidates(text.as_bytes(), 0..text.len(), &mut out);
    out.iter().map(|one| text[one.secret.range()].to_owned()).collect()
}

#[test]
fn lines_with_bars_between_cells() {
    for (text, cells) in [
        (
            "| host | Password |\n|---|:--:|\n| a | hu7nter |\n| b | `whi8stle` |\n\n| c | x9y8z7 |\n",
            vec!["hu7nter", "whi8stle"],
        ),
        ("host | password\n--- | ---\na | hu7nter\n", vec!["hu7nter"]),
        (" id | password \n----+---------\n  1 | hu7nter\n(1 row)\n", vec!["hu7nter"]),
        ("+---+----------+\n| a | password |\n+---+----------+\n| 1 | hu7nter  |\n+---+----------+\n", vec!["hu7nter"]),
        ("  | host | password | x |\n  |------+---------+---|\n  | a | hu7nter | - |\n", vec!["hu7nter"]),
        ("||host||password||\n|a|hu7nter|\n|b|whi8stle|\n", vec!["hu7nter", "whi8stle"]),
        ("| a\\|b | **password** |\r\n|---|---|\r\n| 1 | **hu7nter** |\r\n", vec!["hu7nter"]),
        ("| host | password |\n| a | hu7nter |\n", vec![]),
        (
            "| a | User / password |\n|---|---|\n| b | `bob` / `hu7/nter` |\n| c | eve/whi8stle |\n",
            vec!["hu7/nter", "whi8stle"],
        ),
        ("a || password || b\n", vec![]),
    ] {
        assert_eq!(found(text), cells, "{text}");
    }
}

#[test]
fn a_cell_a_line() {
    for (text, cells) in [
        ("! a !! password\n|-\n| x || hu7nter\n|-\n| y\n| whi8stle\n|}\n", vec!["hu7nter", "whi8stle"]),
        ("|===\n|host |user |password\n\n|a\n|bob\n|hu7nter\n\n|b |eve |whi8stle\n|===\n", vec!["hu7nter", "whi8stle"]),
        ("  * - host\n    - password\n  * - a\n    - hu7nter\n  * - b\n    - whi8stle\n", vec!["hu7nter", "whi8stle"]),
        ("  * - password\n    - host\n  * - hu7nter\n    - a\n\n  * - x9y8z7\n", vec!["hu7nter"]),
        ("|===\n\\|password\nhu7nter\n|===\n", vec![]),
        ("fields:\n  - name\n  - password\n  - hu7nter\n", vec![]),
        ("* - a\n  - b\n* - password\n  - hu7nter\n", vec![]),
    ] {
        assert_eq!(found(text), cells, "{text}");
    }
}

#[test]
fn values_with_a_separator() {
    for (text, cells) in [
        ("name,url,password\nx,https://x,hu7nter\ny,https://y,\"a,\"\"b\"\n", vec!["hu7nter", "a,\"\"b"]),
        ("login;initial_password\nbob;hu7nter\n", vec!["hu7nter"]),
        ("\"login\"\t\"password\"\t\"x\"\nbob\thu7nter\t1\n", vec!["hu7nter"]),
        ("login,password\nbob,hu7nter,3\n", vec![]),
        ("login, password\nbob, hu7nter\n", vec![]),
        ("    user,password,\n    a1b2c3,d4e5f6,\n", vec![]),
        ("f(user,password)\nx,hu7nter\n", vec![]),
        ("password\nhu7nter\n", vec![]),
    ] {
        assert_eq!(found(text), cells, "{text}");
    }
}

#[test]
fn tuples_of_statements() {
    for (text, cells) in [
        (
            "INSERT INTO t (id, password, x) VALUES (1, 'hu7nter', 2), (2, 'it''s', f('a','b'));",
            vec!["hu7nter", "it''s"],
        ),
        ("insert into `t` (`password`)\nvalues\n  (N'hu7nter');", vec!["hu7nter"]),
        ("INSERT INTO t (a, password) VALUES ((1+2), 'hu7nter')", vec!["hu7nter"]),
        ("INSERT INTO t (a, password) VALUES (1, MD5('hu7nter'))", vec![]),
        ("INSERT INTO t (a, password) VALUES (1, 'hu' || 'nter')", vec![]),
        ("INSERT INTO t (a, password) VALUES (1, 'hu7nter", vec![]),
        ("COPY t (id, password) FROM stdin;\n1\thu7nter\n2\t\\N\n\\.\n3\twhi8stle\n", vec!["hu7nter"]),
        ("create table t (a int, password text)", vec![]),
        (
            "CREATE TABLE `t` (\n `id` int(1,2),\n `password` varchar(9) DEFAULT 'a,b',\n KEY (`id`)\n);\nINSERT INTO `t` VALUES (1,'hu\\'7'),\n(2,'it''s9'),(3,NULL);\nINSERT INTO `t` VALUES (4,'x9y8z7');",
            vec!["hu\\'7", "it''s9", "x9y8z7"],
        ),
        (
            "create table t(a int, password text);\ninsert into u values(1,'whi8stle');\ninsert into t values(1,'hu7nter');",
            vec!["hu7nter"],
        ),
        ("CREATE TABLE t (a int, x enum('password text'));\nINSERT INTO t VALUES (1,'hu7nter');", vec![]),
        ("def f(a, password): return ('hu7nter', 1)", vec![]),
    ] {
        assert_eq!(found(text), cells, "{text}");
    }
}

#[test]
fn all_rows_of_the_window_are_read() {
    let rows: String = (0..150).map(|row| format!("bob,hu7nt{row}\n")).collect();
    assert_eq!(found(&format!("name,password\n{rows}")).len(), 150);
}

#[test]
fn rows_of_markup() {
    for (text, cells) in [
        ("<tr><th>a</th><th>Password</th></tr>\n<tr><td>1</td><td>hu7nter</td></tr>", vec!["hu7nter"]),
        (
            "<tr class=\"h\"><td>Password</td><td>a</td></tr><tr><td><code>hu7nter</code></td><td>1</td></tr>",
            vec!["hu7nter"],
        ),
        ("<TR><TH>Password</TH></TR></table><table><tr><td>hu7nter</td></tr>", vec![]),
        ("<p>password</p><tr><td>hu7nter</td></tr>", vec![]),
    ] {
        assert_eq!(found(text), cells, "{text}");
    }
    assert_eq!(found("{|\n! a !! password\n|-\n| 1 || hu7nter\n|}\n"), ["hu7nter"]);
}

#[test]
fn rows_of_other_numbers_of_cells_are_passed_over_below_a_wide_header() {
    let rows = "x,y,z,hu7nter,\n\"Type:Server\nNotes:\",fs01\nx,y,z,a,b,c\nx,y,z,whi8stle,\n";
    assert_eq!(found(&format!("a,b,c,password,e\n{rows}")), ["hu7nter", "whi8stle"]);
    assert_eq!(found("a,password\nx,hu7nter\nx\ny,whi8stle\n"), ["hu7nter"]);
}

#[test]
fn entries_of_a_section() {
    assert_eq!(
        found("  list: |\n    root:hu7nter\n    - \"bob:whi8stle\"\nnext:\n  a:b1c2d3\n"),
        ["hu7nter", "whi8stle"]
    );
    assert_eq!(
        found("[users]\n# x\nbob = hu7nter\namy=whi8stle, admin\n[groups]\nx = bob12\n"),
        ["hu7nter", "whi8stle"]
    );
    assert_eq!(found("the [users]\nbob = hu7nter\n"), [""; 0]);
}

#[test]
fn records_that_are_made_by_position() {
    for (text, cells) in [
        (
            "enum class E(val a: String, val password: String) {\n  X(\"a\", \"hu7nter\"),\n  Y(\"b\", \"whi8stle\");\n}\n",
            vec!["hu7nter", "whi8stle"],
        ),
        ("record A, a : String, password : String\nA.new(\"a\", \"hu7nter\")\n", vec!["hu7nter"]),
        ("struct { const char *a, *password; } t[] = { { \"a\", \"hu7nter\" } };", vec!["hu7nter"]),
        ("struct T { char a[9]; char password[9]; };\nstd::vector<T> t = {{\"a\", \"hu7nter\"}};", vec!["hu7nter"]),
        ("record A(String a, String b, String password) {}\nnew A(\"a\", \"b\", \"hu7nter\")\n", vec!["hu7nter"]),
        ("struct T { a: String, password: String }\nT { \"a\", \"hu7nter\" }\n", vec![]),
        ("enum class E(val a: String, val password: String) {\n  X(f(\"a\"), g(\"hu7nter\"));\n}\n", vec![]),
    ] {
        assert_eq!(found(text), cells, "{text}");
    }
}

#[test]
fn lists_that_are_gone_through() {
    let through = |text: &str| {
        let file = "[[signature]]\nid = \"x\"\ntitle = \"x\"\nprovider = \"X\"\nseverity = \"low\"\nlifetime = \"static\"\n\
                    recogniser = \"column\"\nkeywords = [\", pw|\", \", pw]) \", \", $pw])\", \"pw] of [\", \"logins = \"]\nexamples = []\n";
        let rules = RuleSet::compile(&load_text("x.toml", file).expect("parses"), true).expect("compiles");
        let mut out = Vec::new();
        Matcher::new(&rules).candidates(text.as_bytes(), 0..text.len(), &mut out);
        out.iter().map(|one| text[one.secret.range()].to_owned()).collect::<Vec<_>>()
    };
    for text in [
        "[%w[bob hu7nter], %w[amy whi8stle]].each do |name, pw|\n",
        "{ 'bob' => 'hu7nter', 'amy' => 'whi8stle' }.each do |name, pw|\n",
        "[['bob', 'hu7nter'],\n ['amy', 'whi8stle']].forEach(([user, pw]) => {\n",
        "foreach ([['bob', 'hu7nter'], ['amy', 'whi8stle']] as [$user, $pw]) {\n",
        "for (const [user, pw] of [['bob', 'hu7nter'], ['amy', 'whi8stle']]) {\n",
        "logins = Map.of(\"bob\", \"hu7nter\", \"amy\", \"whi8stle\")\n",
        "logins = mapOf(\"bob\" to \"hu7nter\", \"amy\" to \"whi8stle\")\n",
    ] {
        assert_eq!(through(text), ["hu7nter", "whi8stle"], "{text}");
    }
    for text in [
        "rows.each do |name, pw|\n",
        "[['bob', hu7nter]].each do |name, pw|\n",
        "logins = {\"user\": \"hu7nter\", \"bob\": \"whi8stle\"}\n",
        "logins = Map.of(\"bob\", f(\"hu7nter\"))\n",
    ] {
        assert_eq!(through(text), [""; 0], "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_harm(before in "[ -~\n|,;<>(!]{0,80}", after in "[ -~\n|,;<>()!'-]{0,300}") {
        for word in ["password", "list:", "[users]", "INSERT INTO t (password", "CREATE TABLE t (a int(1), password text", "<tr><th>password</th></tr>"] {
            let _ = found(&format!("{before}{word}{after}"));
        }
    }
}
