use super::*;

/// Renders a template with values files, the topmost first; gives the text, and what each piece stands for in its file.
fn rendered(template: &str, values: &[&str]) -> Option<(String, Vec<String>)> {
    let files: Vec<&[u8]> = std::iter::once(template).chain(values.iter().copied()).map(str::as_bytes).collect();
    let trees: Vec<Option<Tree>> =
        files.iter().enumerate().map(|(number, file)| (number > 0).then(|| Tree::parse(file)).flatten()).collect();
    let layers = Layers::of_files(&trees, &(1..files.len()).collect::<Vec<_>>());
    let left = Cell::new(1 << 20);
    let mut defines = Defines::default();
    defines.add(0, files[0]);
    let scope = Scope { files: &files, trees: &trees, values: &layers, defines: &defines, chart: "app", left: &left };
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
        "{{/* {{ .Values.a }} */}}",
        "{{ printf \"%x\" .Values.a }}{{ printf \"%s\" .Values.a .Values.a }}",
        "{{ .Values.a",
        "{{ \"{{ .Values.a }}\" | unknown }}",
        "{{ (.Values.b).c }}",
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
    let trees: Vec<Option<Tree>> = files.iter().map(|file| Tree::parse(file)).collect();
    let layers = Layers::of_files(&trees, &[1]).of_subchart(&trees, "db", Some(2));
    let left = Cell::new(1 << 20);
    let scope =
        Scope { files: &files, trees: &trees, values: &layers, defines: &Defines::default(), chart: "db", left: &left };
    assert_eq!(render(0, &scope).unwrap().text, b"parent 1 of all x");
}

#[test]
fn anchors_aliases_and_merges() {
    let values = "base: &b\n  x: 1\n  y: two\nlike:\n  <<: *b\n  x: 3\nsame: *b\n";
    assert_eq!(text("{{ .Values.like.x }}{{ .Values.like.y }}{{ .Values.same.y }}", &[values]), "3twotwo");
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
    assert!(text("{{ tpl .Values.t . }}", &[again]).len() < 1 << 14);
    // A long value that is put in often is too much.
    let long = format!("v: {}", "x".repeat(1 << 12));
    assert!(rendered(&"{{ .Values.v }}".repeat(1 << 10), &[&long]).is_none());
    let deep = format!("{{{{ {}.Values.v{} }}}}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(text(&deep, &["v: x"]), deep);
}

#[test]
fn what_is_no_values_file_is_not_used() {
    for file in ["a: [", "- a", "plain", "", "a: *unknown"] {
        assert!(Tree::parse(file.as_bytes()).is_none(), "{file}");
    }
    assert!(Tree::parse(b"a: \xff").is_none());
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
        let trees = [Tree::parse(&bytes), Tree::parse(files[1])];
        let (layers, left) = (Layers::of_files(&trees, &[0, 1]), Cell::new(1 << 16));
        let _ = render(0, &Scope { files: &files, trees: &trees, values: &layers, defines: &Defines::default(), chart: "é", left: &left });
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
    let values = format!("list: [{}]\n", "x, ".repeat(2_000));
    let (text, _) = rendered("{{ range .Values.list }}{{ . }}{{ end }}", &[&values]).unwrap();
    assert_eq!(text.matches('x').count(), 1_000);
    let nested = "{{ range .Values.list }}".repeat(40) + "{{ $.Values.list }} text" + &"{{ end }}".repeat(40);
    assert!(rendered(&nested, &[&values]).is_none());
    let lists = "{{ $a := list . }}".to_owned() + &"{{ $a = list $a $a }}".repeat(10_000);
    assert!(rendered(&lists, &[&values]).is_none_or(|(text, _)| text == lists));
    let calls =
        "{{ define \"a\" }}".to_owned() + &"{{ include \"a\" . }}".repeat(1_000) + "{{ end }}{{ include \"a\" . }}";
    assert!(rendered(&calls, &[&values]).is_none());
}
