//! What a text holds encoded: decoded, judged, and added to what was found in it.

use std::ops::Range;

use super::{BASE64_LEAST, BASE64_PADDED_LEAST, BEGINNING, DecodedText, Detector, Judged};
use crate::candidate::{Candidate, Setting, Span};
use crate::decode::runs::{self, Run};
use crate::decode::sops::{self, Plain};
use crate::decode::wide::Wide;
use crate::decode::{self, contents, manifest, utf16};
use crate::matcher::Matcher;
use crate::score::assigned::Assigned;
use crate::score::{self, Verdict, Why, checks, generic, meant};
use crate::signature::{Matcher as How, Recogniser, Rule};

impl<'r> Detector<'r> {
    /// Tokens inside the base64 values of assignments.
    pub(super) fn add_encoded(&self, text: &[u8], judged: &mut Vec<Judged>, decoded: &mut Vec<DecodedText>) {
        let mut last = 0..0;
        for index in 0..judged.len() {
            let place = judged[index].stored.clone();
            let assigned = matches!(self.rule(&judged[index].candidate).matcher, How::Assignment);
            // A word that ends in padding may encode a placeholder.
            let least = if text[..place.end].ends_with(b"=") { BASE64_PADDED_LEAST } else { BASE64_LEAST };
            if !assigned || place.len() < least || place == last {
                continue;
            }
            last = place.clone();
            if memchr::memchr3(b'"', b'\'', b'`', &text[place.clone()]).is_some()
                && let Some(said) = meant::value(self.rule(&judged[index].candidate), text, &judged[index].candidate)
            {
                self.add_matched(&self.binary, said, place, "joined literals", judged, decoded);
                continue;
            }
            let Some(content) = decode::base64_text(&text[place.clone()]) else { continue };
            if let Some(what) = checks::placeholder(&content).or_else(|| checks::prose(&content)) {
                let why = Why { name: "placeholder", points: 0, text: format!("encodes {what}").into() };
                judged[index].verdict.lower(None, why);
                continue;
            }
            self.add_decoded(content, place, "base64", judged, decoded);
        }
    }

    /// Tokens in 16-bit units.
    pub(super) fn add_wide(&self, bytes: &[u8], judged: &mut Vec<Judged>, decoded: &mut Vec<DecodedText>) {
        let wide = Wide::of(bytes);
        if wide.text.is_empty() {
            return;
        }
        let mut candidates = Vec::new();
        self.binary.candidates(&wide.text, 0..wide.text.len(), &mut candidates);
        if candidates.is_empty() {
            return;
        }
        for candidate in candidates {
            let verdict = score::judge(self.rule(&candidate), &wide.text, &candidate);
            let place = wide.original(&candidate.secret.range());
            judged.push(Judged::new(candidate, verdict, Some(decoded.len()), place));
        }
        decoded.push(DecodedText { text: wide.text, decoder: utf16::Width::Two.decoder() });
    }

    /// What else a text holds encoded.
    pub(super) fn add_runs(
        &self,
        text: &[u8],
        mut runs: Vec<Run>,
        judged: &mut Vec<Judged>,
        decoded: &mut Vec<DecodedText>,
    ) {
        let is_coloured = |run: &Run| run.is_document && !run.origins.is_empty();
        // What a manifest or a field of configuration holds was decoded as that.
        let mut known: Vec<Range<usize>> =
            judged.iter().filter(|one| one.decoded.is_some()).map(|one| one.stored.clone()).collect();
        known.sort_unstable_by_key(|place| place.start);
        let first_coloured = runs.iter().position(is_coloured).unwrap_or(runs.len());
        let coloured = runs.split_off(first_coloured);
        for run in runs {
            let next = known.partition_point(|place| place.end <= run.place.start);
            if known.get(next).is_some_and(|place| place.start < run.place.end) {
                continue;
            }
            if run.is_document {
                self.add_decoded(run.content, run.place, run.decoder, judged, decoded);
            } else if run.origins.is_empty() {
                self.add_matched(&self.binary, run.content, run.place, run.decoder, judged, decoded);
            } else {
                self.add_address(text, run, judged, decoded);
            }
        }
        if !coloured.is_empty() {
            self.add_coloured(text, coloured, judged, decoded);
        }
    }

    /// Tokens in an address or a value of which some characters are escaped. What is found in it as it stands is not told again.
    fn add_address(&self, text: &[u8], run: Run, judged: &mut Vec<Judged>, decoded: &mut Vec<DecodedText>) {
        let mut candidates = Vec::new();
        self.binary.candidates(&run.content, 0..run.content.len(), &mut candidates);
        let mut is_used = false;
        for mut candidate in candidates {
            let place = run.original(&candidate.secret.range()).unwrap_or(run.place.clone());
            let is_known =
                |one: &Judged| one.decoded.is_none() && one.candidate.rule == candidate.rule && one.stored == place;
            // What names it is no part of it.
            if place.start < run.place.start || judged.iter().any(is_known) {
                continue;
            }
            let verdict = score::judge(self.rule(&candidate), &run.content, &candidate);
            let is_plain = text.get(place.clone()) == run.content.get(candidate.secret.range());
            let spans = [candidate.span.range(), candidate.reach.range()].map(|span| run.original(&span));
            let index = match spans {
                [Some(span), Some(reach)] if is_plain => {
                    let (span, reach) = (Span::new(span), Span::new(reach));
                    candidate = Candidate { span, reach, secret: Span::new(place.clone()), ..candidate };
                    None
                }
                _ => {
                    is_used = true;
                    Some(decoded.len())
                }
            };
            judged.push(Judged::new(candidate, verdict, index, place));
        }
        if is_used {
            decoded.push(DecodedText { text: run.content, decoder: run.decoder });
        }
    }

    /// Tokens in a decoded text.
    fn add_decoded(
        &self,
        content: Vec<u8>,
        place: Range<usize>,
        decoder: &'static str,
        judged: &mut Vec<Judged>,
        decoded: &mut Vec<DecodedText>,
    ) {
        let is_binary = decode::is_binary(&content[..content.len().min(BEGINNING)]);
        let matcher = if is_binary { &self.binary } else { &self.text };
        self.add_matched(matcher, content, place, decoder, judged, decoded);
    }

    fn add_matched(
        &self,
        matcher: &Matcher<'_>,
        content: Vec<u8>,
        place: Range<usize>,
        decoder: &'static str,
        judged: &mut Vec<Judged>,
        decoded: &mut Vec<DecodedText>,
    ) {
        let mut candidates = Vec::new();
        matcher.candidates(&content, 0..content.len(), &mut candidates);
        if candidates.is_empty() {
            return;
        }
        let index = decoded.len();
        for candidate in candidates {
            let verdict = score::judge(self.rule(&candidate), &content, &candidate);
            judged.push(Judged::new(candidate, verdict, Some(index), place.clone()));
        }
        decoded.push(DecodedText { text: content, decoder });
    }

    /// The values of Kubernetes `Secret` objects: what stands there is a secret by declaration.
    pub(super) fn add_manifest(&self, text: &[u8], judged: &mut Vec<Judged>, decoded: &mut Vec<DecodedText>) {
        let values = manifest::secret_values(text);
        let encoded = values.iter().filter(|value| value.decoded && decode::is_text(&value.content));
        self.drop_encoded(&encoded.map(|value| value.value.clone()).collect::<Vec<_>>(), judged);
        for value in values {
            let decoder = if value.decoded { "base64" } else { manifest::AS_IT_IS };
            // What `echo` ended with is no part of the secret.
            let secret = 0..value.content.trim_ascii_end().len();
            if let Some((rule, verdict)) = self.declared(&text[value.key.clone()], &value.content[secret.clone()]) {
                let is_plain = value.content == text[value.value.clone()];
                let (span, place) = if is_plain {
                    (Span::new(value.key.start..value.value.end), Span::new(value.value.clone()))
                } else {
                    (Span::new(secret.clone()), Span::new(secret))
                };
                let candidate =
                    Candidate { span, secret: place, reach: span, rule: rule.index, setting: Setting::Bare };
                let index = (!is_plain).then_some(decoded.len());
                if !is_plain {
                    decoded.push(DecodedText { text: value.content.clone(), decoder });
                }
                judged.push(Judged::new(candidate, verdict, index, value.value.clone()));
            }
            if value.decoded {
                let mut content = value.content;
                contents::unfold(&mut content);
                runs::unfold(&mut content);
                self.add_decoded(content, value.value, decoder, judged, decoded);
            }
        }
    }

    /// Contents of files in fields of configuration.
    pub(super) fn add_contents(&self, text: &[u8], judged: &mut Vec<Judged>, decoded: &mut Vec<DecodedText>) {
        let contents = contents::file_contents(text);
        let encoded = contents.iter().filter(|one| decode::is_text(&one.content));
        self.drop_encoded(&encoded.map(|one| one.place.clone()).collect::<Vec<_>>(), judged);
        for one in contents {
            self.add_decoded(one.content, one.place, one.decoder, judged, decoded);
        }
    }

    /// Plain values of a file that SOPS encrypts: each that a machine made is a secret by declaration, whatever its name. Words are
    /// regions, hosts and the like, which some leave as they are.
    pub(super) fn add_sops(&self, text: &[u8], judged: &mut Vec<Judged>) {
        for Plain { key, value } in sops::plain_values(text) {
            // What speaks of a secret itself is read by the recogniser.
            if score::name::head(&text[key.clone()]).is_some() || !checks::is_machine_made(&text[value.clone()]) {
                continue;
            }
            let Some((rule, verdict)) = self.declared(b"secret", &text[value.clone()]) else { continue };
            let (span, secret) = (Span::new(key.start..value.end), Span::new(value.clone()));
            let candidate = Candidate { span, secret, reach: span, rule: rule.index, setting: Setting::Bare };
            judged.push(Judged::new(candidate, verdict, None, value));
        }
    }

    /// A value that stands for a text is judged by that, not by how its base64 looks. Places come in order.
    fn drop_encoded(&self, places: &[Range<usize>], judged: &mut [Judged]) {
        for one in judged.iter_mut().filter(|one| one.decoded.is_none() && one.verdict.confidence.is_some()) {
            let next = places.partition_point(|place| place.end <= one.stored.start);
            let is_inside = places.get(next).is_some_and(|place| place.start < one.stored.end);
            if is_inside && matches!(self.rule(&one.candidate).matcher, How::Assignment) {
                let why = Why { name: "encoded", points: 0, text: "what it encodes is judged".into() };
                one.verdict.lower(None, why);
            }
        }
    }

    /// Judges a value that a manifest declares to be secret.
    fn declared(&self, name: &[u8], value: &[u8]) -> Option<(&'r Rule, Verdict)> {
        // Files and URLs are no secrets by themselves; what they hold is found in them.
        let is_whole = decode::is_text(value)
            && !value.contains(&b'\n')
            && !value.starts_with(b"{")
            && memchr::memmem::find(value, b"://").is_none();
        if !is_whole || score::name::head(name).is_none() && is_public(name) {
            return None;
        }
        let name = if score::name::head(name).is_some() { name } else { b"secret" };
        let lower = name.to_ascii_lowercase();
        let mut rules = self.rules.rules.iter().filter(|rule| rule.signature.recogniser == Recogniser::Assignment);
        let speaks = |rule: &&Rule| {
            rule.signature.keywords.iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
        };
        let rule = rules.clone().find(speaks).or_else(|| rules.next())?;
        Some((rule, generic::judge(&Assigned::entry(name, value))))
    }
}

/// Whether a key of a `Secret` speaks of what stands beside the secret.
fn is_public(name: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "user", "login", "email", "mail", "host", "port", "database", "dbname", "name", "url", "uri", "endpoint",
        "region", "type", "cert", "crt", "id", "issuer", "scope", "server", "bucket", "version",
    ];
    let lower = name.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.ends_with(word.as_bytes()))
}
