use crate::matcher::Matcher;
use crate::signature::{RuleSet, load_text};

/// The secrets that forms find in a text.
fn found(recogniser: &str, forms: &[&str], text: &str) -> Vec<String> {
    let file = format!(
        "[[signature]]\nid = \"x\"\ntitle = \"x\"\nprovider = \"X\"\nseverity = \"low\"\nlifetime = \"static\"\n\
         recogniser = \"{recogniser}\"\nforms = {forms:?}\nexamples = []\n"
    );
    let rules = RuleSet::compile(&load_text("x.toml", &file).expect("parses"), true).expect("compiles");
    let mut out = Vec::new();
    Matcher::new(&rules).candidates(text.as_bytes(), 0..text.len(), &mut out);
    out.iter().map(|one| text[one.secret.range()].to_owned()).collect()
}

#[test]
fn a_command_is_read_wherever_it_stands() {
    let forms = ["tool ... -p VALUE", "tool ... -pVALUE"];
    for (text, secret) in [
        ("tool -p hu7nter", "hu7nter"),
        ("/usr/bin/tool -h db -phu7nter x", "hu7nter"),
        ("$(tool -p hu7nter)", "hu7nter"),
        ("x && tool -p 'hu7 nter' | y", "hu7 nter"),
        ("tool \\\n  -u root \\\n  -p hu7nter\n", "hu7nter"),
        ("sh \"tool -phu7nter\"", "hu7nter"),
        ("sh \"tool -p \\\"hu7nter\\\"\"", "hu7nter"),
        ("tool -p\"hu7nter\" -x", "hu7nter"),
        ("ssh host \"tool -p'hu7nter' x\" && echo \"y\"", "hu7nter"),
        ("test: [\"CMD\", \"tool\", \"-uroot\", \"-phu7nter\"]", "hu7nter"),
        ("run(['tool',\n  '-p',\n  'hu7nter'])", "hu7nter"),
        ("tool -f $(dir.temp)\\x.pfx -p hu7nter", "hu7nter"),
        ("tool -f $(cat x) -p hu7nter", "hu7nter"),
        ("args:\n  - tool\n  - -p\n  - hu7nter\n", "hu7nter"),
        ("<x>tool -p hu7nter</x>", "hu7nter"),
        ("\"C:\\bin\\tool.exe\" -p hu7nter", "hu7nter"),
        ("x\\ntool -p hu7nter\\n", "hu7nter"),
        ("`tool -p hu7nter`", "hu7nter"),
        ("tool > log 2>&1 -p hu7nter", "hu7nter"),
    ] {
        assert_eq!(found("command", &forms, text), [secret], "{text}");
    }
    for text in [
        "mytool -p hu7nter",
        "tool-x -p hu7nter",
        "tool -P hu7nter",
        "tool; x -p hu7nter",
        "tool\n-p hu7nter",
        "tool -p $PASS",
        "tool -p \"${PASS}\"",
        "tool -p /etc/pass",
        "tool -p 8080",
        "tool -p <password>",
        "(\"tool -p\", \"takes a word\")",
        "tool -p",
    ] {
        assert_eq!(found("command", &forms, text), [""; 0], "{text}");
    }
}

#[test]
fn the_parts_of_a_word_are_told_apart() {
    let found = |form: &str, text: &str| found("command", &[form], text).join(" ");
    assert_eq!(found("tool ... -U USER%VALUE", "tool x -U 'CORP\\svc%hu7nter'"), "hu7nter");
    assert_eq!(found("tool USER/VALUE@", "tool app/hu7nter@db:1521/x"), "hu7nter");
    assert_eq!(found("tool USER/VALUE@", "tool app/\"hu7@nter\"@db"), "hu7@nter");
    assert_eq!(found("tool ... /p:VALUE", "tool /v:x /P:\"hu7 nter\""), "hu7 nter");
    assert_eq!(found("tool ... -a VALUE -x VALUE", "tool -a hu7nter -x whi8stle"), "hu7nter whi8stle");
    assert_eq!(found("tool WORD VALUE $", "tool x hu7nter # y"), "hu7nter");
    assert_eq!(found("tool WORD VALUE $", "tool x hu7nter y"), "");
}

#[test]
fn a_directive_is_a_line() {
    let forms = ["enable secret ?0 VALUE", "user WORD plain-password VALUE ?x"];
    for (text, secret) in [
        ("enable secret hu7nter", "hu7nter"),
        ("!\n  enable secret 0 hu7nter\n!", "hu7nter"),
        ("#enable secret hu7nter\r\n", "hu7nter"),
        ("enable secret \"hu7 nter\";", "hu7 nter"),
        ("\tuser bob plain-password hu7nter\n", "hu7nter"),
        ("lines:\n  - enable secret hu7nter\n", "hu7nter"),
        ("lines:\n  - \"enable secret hu7nter\"\n", "hu7nter"),
        ("[\n  'enable secret hu7nter',\n", "hu7nter"),
        ("send \"enable secret hu7nter\\r\"\n", "hu7nter"),
        ("RUN a && echo \"enable secret hu7nter\" >> /etc/x.conf\n", "hu7nter"),
        ("echo -e 'enable secret hu7nter\\n' > x\n", "hu7nter"),
        ("  send -- \"user bob plain-password hu7nter\\r\\n\"\n", "hu7nter"),
        ("child.sendline('user bob plain-password hu7nter')\n", "hu7nter"),
        ("tn.write(b\"enable secret hu7nter\\n\")\n", "hu7nter"),
    ] {
        assert_eq!(found("directive", &forms, text), [secret], "{text}");
    }
    for text in [
        "use enable secret hu7nter",
        "enable secret 5 $1$x",
        "enable secrets hu7nter",
        "enable\nsecret hu7nter",
        "bob plain-password hu7nter",
        "print(\"enable secret hu7nter\")",
        "send \"use enable secret hu7nter\\r\"",
        "echo \"enable secret hu7nter\" to go on",
        "send \"enable secret hu7nter",
        "send \"enable\" secret hu7nter",
    ] {
        assert_eq!(found("directive", &forms, text), [""; 0], "{text}");
    }
}

#[test]
fn a_secret_may_be_the_rest_of_a_line() {
    let found = |text: &str| found("directive", &["WORD login/pass string VALUE..."], text).join("|");
    assert_eq!(found("d-i login/pass string hu7 nter x\n"), "hu7 nter x");
    assert_eq!(found("d-i\tlogin/pass string   hu7nter \r\n"), "hu7nter");
    assert_eq!(found("#d-i login/pass string hu7nter"), "hu7nter");
    assert_eq!(found("d-i login/pass string\n"), "");
    assert_eq!(found("d-i login/pass string [a hash]\n"), "");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_harm(before in "[ -~\n\\\\\"']{0,80}", after in "[ -~\n\\\\\"'-]{0,200}") {
        for recogniser in ["command", "directive"] {
            let _ = found(recogniser, &["tool ... -p VALUE ... USER:VALUE@ $", "tool VALUE..."], &format!("{before}tool{after}"));
        }
    }
}
