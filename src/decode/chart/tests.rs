use super::*;

/// Renders a template with values files, the topmost first; gives the text, and what each piece stands for in its file.
fn rendered(template: &str, values: &[&str]) -> Option<(String, Vec<String>)> {
    let files: Vec<&[u8]> = std::iter::once(template).chain(values.iter().copied()).map(str::as_bytes).collect();
    let trees: Vec<Option<Tree>> =
        files.iter().enumerate().map(|(number, file)| (number > 0).then(|| Tree::parse(file).ok()).flatten()).collect();
    let layers = Layers::of_files(&trees, &(1..files.len()).collect::<Vec<_>>());
    let budget = Budget::new(1 << 20);
    let mut defines = Defines::default();
    defines.add(0, files[0]);
    let scope =
        Scope { files: &files, trees: &trees, values: &layers, defines: &defines, chart: "app", budget: &budget };
    let Rendering { text, pieces } = render(0, &scope)?;
    let mut end = 0;
    for piece in &pieces {
        assert!(piece.place.start >= end && piece.place.end > piece.place.start && piece.place.end <= text.len());
        end = piece.place.end;
    }
    let stored =
        |piece: &Piece| format!("{}:{}", piece.file, String::from_utf8_lossy(&files[piece.file][piece.from.clone()]));
    Some((String::from_utf8_lossy(&text).into_owned(), pieces.iter().map(stored).collect()))
}

fn text(template: &str, values: &[&str]) -> String {
    rendered(template, values).unwrap().0
}

const VALUES: &str = "a: one\nb:\n  c: \"two\"\n  n: 5\n  off: false\nlist: [x, {y: z}]\nempty: ''\nnothing:\n";

#[test]
fn actions_that_name_a_value_are_replaced() {
    for (template, expected) in [
        ("{{ .Values.a }}{{ $.Values.b.c }}", "onetwo"),
        ("x: {{.Values.a|quote}}", "x: \"one\""),
        ("{{ squote .Values.a }}", "'one'"),
        ("{{ printf \"%s-%d-%v%%\" .Values.a .Values.b.n .Values.b.c }}", "one-5-two%"),
        ("{{ print .Values.a .Values.b.c }}{{ cat .Values.a .Values.b.c }}", "onetwoone two"),
        ("{{ .Values.nothing | default .Values.a | upper | quote }}", "\"ONE\""),
        ("{{ default \"d\" .Values.empty }}{{ default `e` .Values.b.off }}", "de"),
        ("{{ required \"is needed\" .Values.a | trunc 2 }}", "on"),
        ("{{ index .Values \"b\" \"c\" }}{{ index .Values.list 0 }}{{ (index .Values.list 0) }}", "twoxx"),
        ("{{ .Values.a | b64enc }}", "b25l"),
        ("{{ tpl .Values.a . }}", "one"),
        ("{{ (printf \"%s/%s\" (.Values.a | upper) .Values.b.c) | quote }}", "\"ONE/two\""),
        ("{{ .Release.Name }}.{{ .Chart.Name }}", "release-name.app"),
        ("a  {{- .Values.a -}}  b", "aoneb"),
        ("{{ .Values.a | nindent 2 }}", "\n  one"),
        ("{{ coalesce .Values.empty .Values.a }}", "one"),
        ("{{ (.Values.b).c }}{{ ((.Values).b).c | upper }}{{ ($.Values.b).n }}", "twoTWO5"),
        ("{{ .Values.a | trunc -2 }}{{ trunc -9 .Values.a }}{{ trunc 9 .Values.a }}", "neoneone"),
        ("{{ .Values.a }}{{/* {{ .Values.a }} */}}{{ .Values.b.c }}", "onetwo"),
        ("{{ .Values.a }} {{- /* x */ -}} {{ .Values.b.c }}", "onetwo"),
        ("{{ tpl (toYaml .Values.b) . }}", "c: two\nn: 5\noff: false"),
        ("{{ .Values.list | toYaml | nindent 2 }}", "\n  - x\n  - y: z"),
        ("{{ or .Values.empty .Values.a }}{{ .Values.b.c | toRawJson }}", "one\"two\""),
        ("{{ ternary .Values.empty .Values.a (eq .Values.b.n 5) | quote }}", "\"one\""),
        ("{{ eq .Values.b.n 5 | ternary .Values.a \"x\" | upper }}", "ONE"),
        ("{{ dig \"b\" \"c\" \"d\" .Values }}{{ .Values | dig \"b\" \"d\" \"none\" }}", "twonone"),
        ("{{ (merge (dict) .Values.b).c }}{{ (mergeOverwrite .Values.b .Values).a }}", "twoone"),
        ("{{ deepCopy .Values.b | toYaml }}", "c: two\nn: 5\noff: false"),
        ("{{ substr 0 2 .Values.a }}{{ .Values.a | substr 1 -1 }}{{ substr 2 1 .Values.a }}", "onne"),
        ("{{ first .Values.list }}{{ index (splitList \"n\" .Values.a) 1 }}", "xe"),
    ] {
        assert_eq!(text(template, &[VALUES]), expected, "{template}");
    }
}

#[test]
fn what_is_not_understood_stays_as_it_is() {
    for template in [
        "{{ .Values.missing }}",
        "{{ .Values.b }}",
        "{{- include \"x\" . -}} y",
        "{{ if .Values.a }}x{{ else }}y{{ end }}",
        "{{ $x }}{{ $y := .x }}{{ $y }}{{ $z := .Values.missing }}{{ $z }}",
        "{{ .Values.list.x }}{{ .password }}",
        "{{ required \"is needed\" .Values.empty }}",
        "{{ printf \"%x\" .Values.a }}{{ printf \"%s\" .Values.a .Values.a }}",
        "{{ .Values.a",
        "{{ \"{{ .Values.a }}\" | unknown }}",
        "{{ (.Values.b) .c }}",
        "{{ tpl .Values.a }}",
        "{{ }}{{ | }}{{ ( }}{{ ) }}{{ .Values. }}{{ .Values..a }}",
    ] {
        assert_eq!(text(template, &[VALUES]), template);
    }
}

#[test]
fn values_files_lie_over_each_other() {
    let over = "a: other\nb:\n  c: null\nnew: {x: y}\n";
    let template = "{{ .Values.a }} {{ .Values.b.n }} {{ .Values.b.c }} {{ .Values.new.x }}";
    let (text, pieces) = rendered(template, &[over, VALUES]).unwrap();
    assert_eq!(text, "other 5 {{ .Values.b.c }} y");
    assert_eq!(pieces, ["1:other", "2:5", "1:y"]);
}

#[test]
fn pieces_lead_back_through_what_is_done_to_them() {
    let values = "q: \"a\\\"b\"\nblock: |\n  first line\n  second line\nfolded: >\n  one\n  two\n";
    let (text, pieces) =
        rendered("{{ .Values.q | quote }}{{ .Values.block | indent 1 }}{{ .Values.folded }}", &[values]).unwrap();
    assert_eq!(text, "\"a\\\"b\" first line\n second line\n one two\n");
    assert_eq!(pieces, ["1:a\\\"b", "1:a\\\"b", "1:first line", "1:second line", "1:one\n  two"]);
    let (text, pieces) = rendered(
        "{{ printf \"x_%s\" .Values.q }}{{ tpl .Values.t $ }}",
        &["q: abc\nt: '<{{ .Values.q }}{{ \"l\" }}>'"],
    )
    .unwrap();
    assert_eq!(text, "x_abc<abcl>");
    assert_eq!(pieces, ["0:x_", "1:abc", "1:<", "1:abc", "1:l", "1:>"]);
}

#[test]
fn subcharts_get_what_their_parent_says() {
    let parent = "db:\n  user: parent\nglobal:\n  key: of all\n";
    let own = "user: own\nport: 1\nglobal:\n  key: own\n  more: x\n";
    let files: Vec<&[u8]> = vec![
        b"{{ .Values.user }} {{ .Values.port }} {{ .Values.global.key }} {{ .Values.global.more }}",
        parent.as_bytes(),
        own.as_bytes(),
    ];
    let trees: Vec<Option<Tree>> = files.iter().map(|file| Tree::parse(file).ok()).collect();
    let layers = Layers::of_files(&trees, &[1]).of_subchart(&trees, "db", Some(2));
    let budget = Budget::new(1 << 20);
    let scope = Scope {
        files: &files,
        trees: &trees,
        values: &layers,
        defines: &Defines::default(),
        chart: "db",
        budget: &budget,
    };
    assert_eq!(render(0, &scope).unwrap().text, b"parent 1 of all x");
}

#[test]
fn anchors_aliases_and_merges() {
    let values = "base: &b\n  x: 1\n  y: two\nlike:\n  <<: *b\n  x: 3\nsame: *b\n";
    assert_eq!(text("{{ .Values.like.x }}{{ .Values.like.y }}{{ .Values.same.y }}", &[values]), "3twotwo");
    // Of several the first counts.
    let values = "p: &p {x: 1}\nq: &q {x: 2, y: 3}\nl:\n  <<: [*p, *q]\n  z: 4\n";
    let template = "{{ .Values.l.x }}{{ .Values.l.y }} {{ range $k, $v := .Values.l }}{{ $k }}{{ $v }}{{ end }}";
    assert!(text(template, &[values]).starts_with("13 {{ range $k, $v := .Values.l }}x1y3z4"));
}

#[test]
fn bombs_end() {
    // Aliases that double at each step are one node each.
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for step in 1..60 {
        bomb += &format!("a{step}: &a{step} [*a{}, *a{}]\n", step - 1, step - 1);
    }
    assert_eq!(text("{{ .Values.a59 }}{{ index .Values.a1 0 1 }}", &[&bomb]), "{{ .Values.a59 }}x");
    // A mapping that merges itself.
    assert_eq!(text("{{ .Values.a.x }}", &["a: &a\n  <<: *a\n"]), "{{ .Values.a.x }}");
    // What puts itself in is rendered a few times.
    let again = "t: '{{ tpl .Values.t . }}{{ tpl .Values.t . }}{{ tpl .Values.t . }}'";
    assert!(rendered("{{ tpl .Values.t . }}", &[again]).is_none_or(|(text, _)| text.len() < 1 << 20));
    // As YAML, too.
    let yaml = "{{ toYaml .Values.a59 }}{{ toYaml .Values.m }}";
    assert!(
        rendered(yaml, &[&(bomb + "m: &m [*m]\n")]).is_none_or(|(text, _)| text.contains("{{ toYaml .Values.m }}"))
    );
    // A long value that is put in often is too much.
    let long = format!("v: {}", "x".repeat(1 << 12));
    assert!(rendered(&"{{ .Values.v }}".repeat(1 << 10), &[&long]).is_none());
    let deep = format!("{{{{ {}.Values.v{} }}}}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(text(&deep, &["v: x"]), deep);
}

#[test]
fn what_is_no_values_file_is_not_used() {
    for file in ["a: [", "- a", "plain", "", "a: *unknown"] {
        assert!(Tree::parse(file.as_bytes()).is_err(), "{file}");
    }
    assert!(Tree::parse(b"a: \xff").is_err());
    // Helm reads the first document.
    assert_eq!(text("{{ .Values.a }}", &["a: 1\n---\na: 2\n"]), "1");
}

proptest::proptest! {
    #[test]
    fn anything_is_rendered_without_a_fault(
        template in proptest::collection::vec(proptest::sample::select(TOKENS), 0..40),
        values in proptest::collection::vec(proptest::sample::select(TOKENS), 0..20),
        more in proptest::collection::vec(proptest::num::u8::ANY, 0..20),
    ) {
        let (template, values) = (template.concat(), format!("a: {}\nb:\n  c: {VALUES}", values.concat()));
        let _ = rendered(&template, &[&values, VALUES]);
        let bytes = [template.as_bytes(), &more, values.as_bytes()].concat();
        let files: [&[u8]; 2] = [&bytes, VALUES.as_bytes()];
        let trees = [Tree::parse(&bytes).ok(), Tree::parse(files[1]).ok()];
        let (layers, budget) = (Layers::of_files(&trees, &[0, 1]), Budget::new(1 << 16));
        let _ = render(0, &Scope { files: &files, trees: &trees, values: &layers, defines: &Defines::default(), chart: "é", budget: &budget });
    }
}

const TOKENS: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "\n",
    "\"",
    "`",
    "'",
    "\\",
    "(",
    ")",
    "|",
    ".Values",
    ".Values.a",
    ".Values.b.c",
    "$.Values.list",
    "index .Values \"list\" ",
    "quote",
    "squote",
    "indent 3",
    "nindent 2",
    "trunc 1",
    "printf \"%s%q%d\" ",
    "tpl .Values.a .",
    "default",
    "b64enc",
    "b64dec",
    "trim",
    "urlquery",
    "9",
    "-1",
    "/*",
    "*/",
    ":=",
    "é",
    "|-\n  x\n y\n",
    "&x",
    "*x",
    "- ",
    "a: ",
    "{",
    "}",
    "[",
    ",",
    "]",
    "%",
    "trimSuffix \"e\"",
    "toJson",
    "coalesce",
    "print",
];

#[test]
fn variables_blocks_and_named_templates() {
    let values =
        "a: one\nauth: {user: bob, key: two}\nlist: [x, y]\nusers:\n- name: n1\n  key: k1\n- name: n2\n  key: k2\n";
    for (template, expected) in [
        ("{{- $a := .Values.a }}<{{ $a | upper }}>{{ $.Values.a }}", "{{- $a := .Values.a }}<ONE>one"),
        ("{{ $v := .Values }}{{ $v.auth.key }}", "{{ $v := .Values }}two"),
        (
            "{{ with .Values.auth }}<{{ .user }}:{{ .key }}>{{ else }}{{ .key }}{{ end }}",
            "{{ with .Values.auth }}<bob:two>{{ else }}{{ .key }}{{ end }}",
        ),
        (
            "{{ with $x := .Values.a }}{{ . }}{{ $x }}{{ end }}{{ $x }}",
            "{{ with $x := .Values.a }}oneone{{ end }}{{ $x }}",
        ),
        ("{{ range .Values.list }}[{{ . }}]{{ end }}.", "{{ range .Values.list }}[x][y]{{ end }}."),
        ("{{ range .Values.list -}}\n  {{ . }}\n  {{- end }}.", "{{ range .Values.list -}}xy\n  {{- end }}."),
        ("{{ range .Values.list }}\n {{ . }}\n {{ end }}.", "{{ range .Values.list }}\n x\n \n y\n {{ end }}."),
        ("{{ range tuple .Values.a \"z\" }}{{ . }}{{ end }}", "{{ range tuple .Values.a \"z\" }}onez{{ end }}"),
        ("{{ block \"b\" .Values.auth }}{{ .key }}{{ end }}", "{{ block \"b\" .Values.auth }}two{{ end }}"),
        (
            "{{- range $i, $u := .Values.users }}\n{{ $i }} {{ $u.name }}={{ .key }}{{- end }}",
            "{{- range $i, $u := .Values.users }}\n0 n1=k1\n1 n2=k2{{- end }}",
        ),
        (
            "{{ range $k, $v := .Values.auth }}{{ $k }}={{ $v }};{{ end }}",
            "{{ range $k, $v := .Values.auth }}key=two;user=bob;{{ end }}",
        ),
        (
            "{{ range .Values.none }}<{{ .x }}>{{ end }}{{ range .Values.list }}",
            "{{ range .Values.none }}<{{ .x }}>{{ end }}{{ range .Values.list }}",
        ),
        ("{{ join \"\" .Values.list }}{{ join \"-\" (list .Values.a \"z\") }}", "xyone-z"),
        ("{{ .Values.a | replace \"n\" \"_\" }}", "o_e"),
        ("{{ if .Values.a }}{{ $x := .Values.a }}{{ end }}", "{{ if .Values.a }}{{ $x := .Values.a }}{{ end }}"),
        (
            "{{ include \"k\" . }}|{{ template \"k\" .Values.auth }}{{ define \"k\" }}{{ .key }}{{ .Values.a }}{{ end }}",
            "{{ .key }}one|twoone{{ define \"k\" }}{{ .key }}one{{ end }}",
        ),
        (
            "{{ include \"d\" (dict \"v\" .Values.auth \"c\" $) | quote }}{{ define \"d\" }}{{ .v.key }}{{ .c.Values.a }}{{ end }}",
            "\"twoone\"{{ define \"d\" }}{{ .v.key }}{{ .c.Values.a }}{{ end }}",
        ),
        (
            "{{ include \"r\" . }}{{ define \"r\" }}{{ include \"r\" . }}{{ end }}",
            "{{ include \"r\" . }}{{ define \"r\" }}{{ include \"r\" . }}{{ end }}",
        ),
    ] {
        let (text, pieces) = rendered(template, &[values]).unwrap();
        assert_eq!(text, expected, "{template}");
        drop(pieces);
    }
    let (_, pieces) = rendered(
        "{{ range .Values.list }}{{ . }}{{ end }}{{ include \"k\" . }}{{ define \"k\" }}{{ .Values.a }}{{ end }}",
        &[values],
    )
    .unwrap();
    assert_eq!(pieces, ["1:x", "1:y", "1:one", "1:one"]);
}

#[test]
fn what_is_repeated_has_an_end() {
    let values = format!("list: [{}]\n", "x, ".repeat(12_000));
    let (text, _) = rendered("{{ range .Values.list }}{{ . }}{{ end }}", &[&values]).unwrap();
    assert_eq!(text.matches('x').count(), 10_000);
    let nested = "{{ range .Values.list }}".repeat(40) + "{{ $.Values.list }} text" + &"{{ end }}".repeat(40);
    assert!(rendered(&nested, &[&values]).is_none());
    let lists = "{{ $a := list . }}".to_owned() + &"{{ $a = list $a $a }}".repeat(10_000);
    assert!(rendered(&lists, &[&values]).is_none_or(|(text, _)| text == lists));
    let calls =
        "{{ define \"a\" }}".to_owned() + &"{{ include \"a\" . }}".repeat(1_000) + "{{ end }}{{ include \"a\" . }}";
    assert!(rendered(&calls, &[&values]).is_none());
}

/// What was passed over when a template is rendered with a values file.
fn passed(template: &str, values: &str) -> Vec<Limit> {
    let files = [template.as_bytes(), values.as_bytes()];
    let trees = [None, Tree::parse(files[1]).ok()];
    let (layers, budget) = (Layers::of_files(&trees, &[1]), Budget::new(1 << 26));
    let mut defines = Defines::default();
    defines.add(0, files[0]);
    let scope =
        Scope { files: &files, trees: &trees, values: &layers, defines: &defines, chart: "app", budget: &budget };
    assert!(render(0, &scope).is_some());
    budget.passed().into_iter().chain(trees[1].as_ref().and_then(Tree::passed)).collect()
}

#[test]
fn what_is_beyond_a_limit_is_said() {
    let chain = |length: usize, last: &str| {
        let each = |at: usize| format!("{{{{ define \"t{at}\" }}}}{{{{ include \"t{}\" . }}}}{{{{ end }}}}", at + 1);
        let last = format!("{{{{ define \"t{length}\" }}}}{last}{{{{ end }}}}");
        "{{ include \"t0\" . }}".to_owned() + &(0..length).map(each).collect::<String>() + &last
    };
    let tpl = |length: usize| {
        let each = |at: usize| format!("t{at}: '{{{{ tpl .Values.t{} . }}}}'\n", at + 1);
        (0..length).map(each).collect::<String>() + &format!("t{length}: '{{{{ 1 }}}}'\n")
    };
    let list = |length: usize| format!("l: [{}]\n", "x, ".repeat(length));
    let merges = |length: usize| {
        let each = |at: usize| format!("m{at}: &m{at}\n  <<: *m{}\n", at - 1);
        "m0: &m0 {x: y}\n".to_owned() + &(1..=length).map(each).collect::<String>() + &format!("z: *m{length}\n")
    };
    let range = "{{ range .Values.l }}{{ . }}{{ end }}";
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let with = |depth: usize| "{{ with .Values }}".repeat(depth) + "x" + &"{{ end }}".repeat(depth);
    let variables = |number: usize| (0..number).map(|at| format!("{{{{ $v{at} := 1 }}}}")).collect::<String>();
    for (template, values, expected) in [
        (range.to_owned(), list(10_000), None),
        (range.to_owned(), list(10_001), Some(Limit::Entries)),
        (chain(9, "x"), "a: x\n".to_owned(), None),
        (chain(10, "x"), "a: x\n".to_owned(), Some(Limit::Includes)),
        ("{{ tpl .Values.t0 . }}".to_owned(), tpl(7), None),
        ("{{ tpl .Values.t0 . }}".to_owned(), tpl(8), Some(Limit::Tpl)),
        (with(16), "a: x\n".to_owned(), None),
        (with(17), "a: x\n".to_owned(), Some(Limit::Blocks)),
        (variables(256), "a: x\n".to_owned(), None),
        (variables(257), "a: x\n".to_owned(), Some(Limit::Variables)),
        (format!("{{{{ print .Values.a `{}` }}}}", "x".repeat(70_000)), "a: x\n".to_owned(), Some(Limit::Action)),
        (
            format!("{{{{ {}.Values.a{} }}}}", "(".repeat(17), ")".repeat(17)),
            "a: x\n".to_owned(),
            Some(Limit::Parentheses),
        ),
        ("{{ toYaml .Values.d }}".to_owned(), format!("d: {}\n", nested(16)), None),
        ("{{ toYaml .Values.d }}".to_owned(), format!("d: {}\n", nested(17)), Some(Limit::Lists)),
        ("{{ .Values.z.x }}".to_owned(), merges(63), None),
        ("{{ .Values.z.x }}".to_owned(), merges(64), Some(Limit::Merges)),
    ] {
        assert_eq!(passed(&template, &values), Vec::from_iter(expected), "{template:.80}");
    }
    // A template that names itself ends by a branch, and loses nothing.
    let walk = "{{ define \"w\" }}{{ range . }}{{ if kindIs \"map\" . }}{{ include \"w\" . }}{{ else }}{{ . }}{{ end }}{{ end }}{{ end }}\
                {{ include \"w\" .Values.m }}";
    assert_eq!(passed(walk, "m: {a: {b: {c: x}}}\n"), []);
    let dict = walk.replace("include \"w\" . }}", "include \"w\" (dict \"v\" .v \"c\" $) }}");
    assert_eq!(passed(&dict, "m: {v: {v: {v: x}}}\n"), []);
}

#[test]
fn values_files_that_are_too_much_are_said() {
    let deep = |depth: usize| format!("a: {}1{}\n", "{a: ".repeat(depth), "}".repeat(depth));
    assert!(Tree::parse(deep(900).as_bytes()).is_ok());
    assert_eq!(Tree::parse(deep(1_100).as_bytes()).err(), Some(Unused::Beyond(Limit::ValuesDepth)));
    let long = format!("a: [{}]\n", "1, ".repeat(200_001));
    assert_eq!(Tree::parse(long.as_bytes()).err(), Some(Unused::Beyond(Limit::ValuesSize)));
    assert_eq!(Tree::parse(b"a: [").err(), Some(Unused::NoValues));
}

/// The deepest that templates can lead: on the stack of a thread.
#[test]
fn what_is_as_deep_as_it_may_be_has_room() {
    let blocks = |inner: &str| "{{ with .Values }}".repeat(15) + inner + &"{{ end }}".repeat(15);
    let call = |call: &str| blocks(&format!("{{{{ {}{call}{} }}}}", "(".repeat(16), ")".repeat(16)));
    let each =
        |at: usize| format!("{{{{ define \"t{at}\" }}}}{}{{{{ end }}}}", call(&format!("include \"t{}\" $", at + 1)));
    let template = (0..9).map(each).collect::<String>()
        + &format!("{{{{ define \"t9\" }}}}{}{{{{ end }}}}", call("tpl .Values.t0 $"))
        + "{{ include \"t0\" . }}";
    let value = |at: usize| format!("t{at}: '{}'\n", call(&format!("tpl .Values.t{} $", at + 1)));
    let values = (0..8).map(value).collect::<String>();
    assert_eq!(passed(&template, &values), []);
}

#[test]
fn base64_comes_from_what_it_encodes() {
    let values = "u: robot\np: secret\n";
    let (text, pieces) = rendered("{{ printf \"%s:%s\" .Values.u .Values.p | b64enc }}", &[values]).unwrap();
    assert_eq!((text.as_str(), pieces), ("cm9ib3Q6c2VjcmV0", vec!["1:robot".into(), "0::".into(), "1:secret".into()]));
    let (text, pieces) = rendered("{{ printf \"%s %s\" .Values.u .Values.p | upper | urlquery }}", &[values]).unwrap();
    assert_eq!((text.as_str(), pieces), ("ROBOT+SECRET", vec!["1:robot".to_owned(), "1:secret".to_owned()]));
}
