use crate::blob::{Blob, Content};
use crate::detect::Detector;
use crate::origin::{Origin, Step};
use crate::score::Confidence;
use crate::signature::{RuleSet, embedded, template};

/// Rule and confidence of what the shipped rules find in a text.
fn told(template: &str) -> Vec<(String, Option<Confidence>)> {
    let text = template::expand(template, 7).expect("template").text;
    let rules = RuleSet::compile(&embedded().expect("parses"), true).expect("rules");
    let mut told = Vec::new();
    Detector::new(&rules)
        .judge(Blob { origin: Origin::new(Step::Stdin), content: Content::Bytes(&text) }, false, &mut |found| {
            let found = found.iter().filter(|one| one.verdict.confidence.is_some());
            told.extend(found.map(|one| (one.rule.id().to_owned(), one.verdict.confidence)));
        })
        .expect("reads");
    told
}

#[test]
fn a_key_in_the_file_of_an_account_is_that_file_encoded_or_not() {
    let account = "{{\"type\":\"service_account\",\"private_key_id\":\"{hex:40}\",\"private_key\":\"{json:{pem:pkcs8}\n}\",\
                   \"client_email\":\"ci@corp.iam.gserviceaccount.com\"}}";
    for text in [
        account.to_owned(),
        format!("GOOGLE_CREDENTIALS={{base64:{account}}}\n"),
        format!("kind: Secret\ndata:\n  key.json: {{base64:{account}}}\n"),
        format!("{{{{\"google\": \"{{json:{account}}}\"}}}}\n"),
    ] {
        assert_eq!(told(&text), [("gcp-service-account-key".to_owned(), Some(Confidence::Proven))], "{text}");
    }
}

#[test]
fn what_fails_a_check_is_doubtful_under_any_name() {
    let pat = |value: &str| told(&format!("AZURE_DEVOPS_PAT={value}\n"));
    assert_eq!(pat("{azdo-pat}"), [("azure-devops-pat-old".to_owned(), Some(Confidence::Proven))]);
    assert_eq!(pat("{b32l:52}"), [("azure-devops-pat-old".to_owned(), Some(Confidence::Possible))]);
}

#[test]
fn what_has_the_form_of_a_newer_kind_is_not_told_by_the_older_one() {
    let doubtful = |template: &str, rule: &str| {
        assert_eq!(told(template), [(rule.to_owned(), Some(Confidence::Possible))], "{template}");
    };
    doubtful("AZURE_STORAGE_KEY={b64:76}+ASt{b64:5}A==\n", "azure-storage-key");
    doubtful("CONFLUENT_CLOUD_API_SECRET=cflt{b64:60}\n", "confluent-cloud-secret");
}

/// How far a rule can see before its word is less near the beginning of a text, and says nothing of what it finds.
#[test]
fn precedence_does_not_depend_on_the_offset() {
    let token = "{jwt:{{\"iss\":\"kubernetes/serviceaccount\",\"sub\":\"system:serviceaccount:a:b\"}}}";
    for offset in [0, 1, 8, 9, 500] {
        let told = told(&format!("{}{token}\nnext line\n", "\n".repeat(offset)));
        let rules: Vec<&str> = told.iter().map(|(rule, _)| &**rule).collect();
        assert_eq!(rules, ["kubernetes-service-account-token"], "{offset}");
    }
}

#[test]
fn each_example_is_told_by_one_rule_wherever_it_stands() {
    let rules = RuleSet::compile(&embedded().expect("parses"), true).expect("rules");
    let detector = Detector::new(&rules);
    let told = |text: &[u8]| {
        let mut told = Vec::new();
        let blob = Blob { origin: Origin::new(Step::Stdin), content: Content::Bytes(text) };
        let read = detector.judge(blob, false, &mut |found| {
            let kept = found.iter().filter(|one| one.verdict.confidence.is_some() && !one.rule.has_paths());
            told.extend(kept.map(|one| (one.rule.id().to_owned(), one.verdict.confidence, one.secret().to_vec())));
        });
        read.expect("memory can be read");
        told
    };
    for rule in &rules.rules {
        for example in &rule.signature.examples {
            let text = template::expand(example, 3).expect("template").text;
            let text = [&text, &b"\n\n"[..]].concat();
            assert_eq!(told(&text), told(&[&[b'\n'; 700], &text[..]].concat()), "{example}");
        }
    }
}

#[test]
fn a_password_that_is_called_by_its_service_needs_no_host() {
    let rules: Vec<String> = told("SES_SMTP_PASSWORD=BA{b64:42}\n").into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["aws-ses-smtp-password-named"]);
}
