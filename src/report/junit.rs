//! `junit`: JUnit's XML as build servers read it. What was asked for is one test, and each place another: one that fails the
//! run fails, one that is covered is skipped, any other passes and says what was found.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::advice;
use super::names::Names;
use super::open::{Open, all_places};
use super::style::safe;
use super::words::{losses_in_words, state_in_words};
use super::{Options, Report};
use crate::blob::Class;

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::hidden(report);
    let places = || all_places(report, &report.findings).chain(all_places(report, &report.allowed));
    let errors = usize::from(report.is_incomplete());
    let skipped = places().filter(|open| open.place.allowed.is_some()).count();
    let failures = places().filter(|open| open.place.fails).count();
    let tests = 1 + places().count();
    let counts = |mut start: BytesStart<'static>| {
        for (name, number) in [("tests", tests), ("failures", failures), ("errors", errors)] {
            start.push_attribute((name, number.to_string().as_str()));
        }
        start
    };
    let mut xml = Writer::new_with_indent(out, b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut suites = counts(BytesStart::new("testsuites"));
    suites.push_attribute(("name", env!("CARGO_PKG_NAME")));
    xml.write_event(Event::Start(suites))?;
    let mut suite = counts(BytesStart::new("testsuite"));
    suite.push_attribute(("name", format!("{} {}", env!("CARGO_PKG_NAME"), report.command).as_str()));
    suite.push_attribute(("skipped", skipped.to_string().as_str()));
    suite.push_attribute(("timestamp", options.times().0));
    xml.write_event(Event::Start(suite))?;
    let coverage = Test { classname: "coverage", name: "all that was asked for was read".to_owned() };
    if report.coverage.count(Class::Lost) > 0 {
        coverage.write(&mut xml, Some(("error", "incomplete", &losses_in_words(report), "")))?;
    } else {
        coverage.write(&mut xml, None)?;
    }
    let mut seen = HashMap::new();
    for open in places() {
        place(&open, &names, &mut seen, &mut xml)?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    xml.into_inner().write_all(b"\n")
}

fn place(
    open: &Open<'_>,
    names: &Names,
    seen: &mut HashMap<(String, String), usize>,
    xml: &mut Writer<&mut dyn Write>,
) -> io::Result<()> {
    let (finding, place) = (open.finding, open.place);
    let signature = &finding.signature;
    let target = open.target.map(|(target, _)| format!(" in {}", safe(target.name.as_bytes())));
    let mut name = format!("{}{}", open.whereabouts(names).name, target.unwrap_or_default());
    // A server takes two tests of one name for one: several secrets may stand on a line.
    let nth = seen.entry((signature.id.clone(), name.clone())).or_insert(0);
    *nth += 1;
    if *nth > 1 {
        name = format!("{name} ({nth})");
    }
    let test = Test { classname: &signature.id, name };
    let severity = finding.severity.name();
    let title = format!(
        "{severity}: {} ({}), {}",
        safe(signature.title.as_bytes()),
        finding.confidence.name(),
        state_in_words(place.state)
    );
    if let Some(allowed) = &place.allowed {
        let why = safe(names.text(&allowed.in_words()).as_bytes());
        return test.write(xml, Some(("skipped", allowed.by, &format!("{title}; {}: {why}", allowed.by), "")));
    }
    let mut more = vec![advice::what_to_do(finding, std::iter::once(place))];
    more.extend((!signature.revoke.is_empty()).then(|| format!("revoke: {}", safe(signature.revoke.as_bytes()))));
    more.extend((!place.owners.is_empty()).then(|| format!("owner: {}", safe(place.owners.join(" ").as_bytes()))));
    more.push(format!("id: {}", finding.fingerprint));
    let more = more.join("\n");
    if place.fails {
        test.write(xml, Some(("failure", severity, &title, &more)))
    } else {
        test.write(xml, Some(("system-out", "", "", &format!("{title}\n{more}"))))
    }
}

struct Test<'a> {
    classname: &'a str,
    name: String,
}

impl Test<'_> {
    /// Writes a test with what came of it: an element, its type, its message, and text in it.
    fn write(&self, xml: &mut Writer<&mut dyn Write>, outcome: Option<(&str, &str, &str, &str)>) -> io::Result<()> {
        let mut start = BytesStart::new("testcase");
        start.push_attribute(("classname", &*valid(self.classname)));
        start.push_attribute(("name", &*valid(&self.name)));
        let Some((element, kind, message, text)) = outcome else { return xml.write_event(Event::Empty(start)) };
        xml.write_event(Event::Start(start))?;
        let mut inner = BytesStart::new(element);
        if !message.is_empty() {
            inner.push_attribute(("type", &*valid(kind)));
            inner.push_attribute(("message", &*valid(message)));
        }
        if text.is_empty() {
            xml.write_event(Event::Empty(inner))?;
        } else {
            xml.write_event(Event::Start(inner))?;
            xml.write_event(Event::Text(BytesText::new(&valid(text))))?;
            xml.write_event(Event::End(BytesEnd::new(element)))?;
        }
        xml.write_event(Event::End(BytesEnd::new("testcase")))
    }
}

/// Text that XML 1.0 can hold: no noncharacter, and no control character but the end of a line.
fn valid(text: &str) -> String {
    let is_valid = |c: char| c == '\n' || (!c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    text.chars().map(|c| if is_valid(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Allowed;
    use crate::report::samples::{directory, finding, incomplete, place, report, token};

    fn xml(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &Options::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What a signature says may be of a configuration that others wrote.
    #[test]
    fn no_line_of_it_begins_with_an_order() {
        let mut found = finding("rule-a", &token());
        let signature = crate::signature::Signature {
            revoke: "there\n::warning::x".to_owned(),
            title: "Key\n::warning::y".to_owned(),
            ..(*found.signature).clone()
        };
        found.signature = std::sync::Arc::new(signature);
        let mut warned = found.clone();
        warned.fails = false;
        warned.places[0].fails = false;
        let xml = xml(&report(vec![found, warned]));
        assert!(!xml.lines().any(|line| line.trim_start().starts_with("::")), "{xml}");
    }

    #[test]
    fn each_place_is_a_test_of_its_own() {
        let found = [finding("rule-a", &token()), finding("rule-a", "other-secret-value")];
        let xml = xml(&report(found.to_vec()));
        for name in ["src/app.py:3", "src/app.py:3 (2)"] {
            assert_eq!(xml.matches(&format!("<testcase classname=\"rule-a\" name=\"{name}\">")).count(), 1, "{xml}");
        }
    }

    #[test]
    fn what_fails_what_is_known_and_what_passes() {
        let failing = finding("rule-a", &token());
        let mut harmless = finding("rule-b", "other-secret-value");
        harmless.fails = false;
        harmless.places[0].fails = false;
        let mut known = finding("rule-c", "third-secret-value");
        known.places[0].fails = false;
        known.places[0].allowed =
            Some(Allowed { by: "baseline", reason: "known".into(), written: "f:3".into(), ..Allowed::default() });
        let mut report = report(vec![failing, harmless]);
        report.allowed = vec![known];
        let xml = xml(&report);
        assert!(xml.contains("<testsuites tests=\"4\" failures=\"1\" errors=\"0\" name=\"scrubjay\">"), "{xml}");
        assert!(xml.contains("skipped=\"1\""), "{xml}");
        assert!(xml.contains("<testcase classname=\"coverage\" name=\"all that was asked for was read\"/>"), "{xml}");
        assert!(xml.contains("<testcase classname=\"rule-a\" name=\"src/app.py:3\">\n   <failure type=\"high\" message=\"high: Example token (likely), live\">Take it out"), "{xml}");
        assert!(
            xml.contains(
                "<skipped type=\"baseline\" message=\"high: Example token (likely), live; baseline: known\"/>"
            ),
            "{xml}"
        );
        assert_eq!((xml.matches("<failure").count(), xml.matches("<system-out>").count()), (1, 1));
        assert!(!xml.contains(&token()) && !xml.contains("wxyz"));
    }

    #[test]
    fn a_loss_is_an_error() {
        let xml = xml(&incomplete());
        assert!(
            xml.contains("errors=\"1\"") && xml.contains("<error type=\"incomplete\" message=\"Incomplete: 1 thing"),
            "{xml}"
        );
    }

    #[test]
    fn names_cannot_leave_their_attribute() {
        let path = "a\"/><failure>\u{ffff}\n\u{1b}]]>&x";
        let mut found = finding("rule-a", &token());
        found.places = vec![place(directory().at_path(path), path)];
        let xml = xml(&report(vec![found]));
        assert_eq!(xml.matches("<failure").count(), 1, "{xml}");
        assert!(xml.chars().all(|c| c == '\n' || crate::origin::is_printable(c)), "{xml}");
    }
}
