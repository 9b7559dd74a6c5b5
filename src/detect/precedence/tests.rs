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
