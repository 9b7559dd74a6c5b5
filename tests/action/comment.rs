//! The comment on a pull request, by an API on loopback that keeps comments as GitHub does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::job::{Ran, Scene, line};

const TOKEN: &str = "a-token-for-the-api";

#[derive(Debug, Clone)]
struct Comment {
    body: String,
    is_ours: bool,
}

#[derive(Default)]
struct State {
    comments: Vec<Comment>,
    /// Writes that came.
    writes: usize,
    /// What every request is answered with.
    answer: Option<(u16, Value)>,
    tokens: Vec<String>,
}

struct Api {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Api {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = serve(stream, &shared);
            }
        });
        Api { port, state }
    }

    fn run(&self, scene: &Scene, base: &str, head: &str) -> Ran {
        let mut job = scene.job("pull_request", &scene.pull_request(base, head)).with("comment", "true");
        job.token = Some(TOKEN);
        job.environment.insert("GITHUB_GRAPHQL_URL", format!("http://127.0.0.1:{}/graphql", self.port));
        job.run()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if lower.starts_with("authorization:") {
            token = line["authorization:".len()..].trim().to_owned();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request: Value = serde_json::from_slice(&body)?;
    let mut state = state.lock().unwrap();
    state.tokens.push(token);
    let (status, answer) = state.answer.clone().unwrap_or_else(|| (200, reply(&request, &mut state)));
    let text = answer.to_string();
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len())
}

/// Comments newest last, two a page.
fn reply(request: &Value, state: &mut State) -> Value {
    let (query, variables) = (request["query"].as_str().unwrap(), &request["variables"]);
    let body = || variables["body"].as_str().unwrap().to_owned();
    if query.contains("addComment") {
        assert_eq!(variables["id"], "PR_7");
        state.writes += 1;
        state.comments.push(Comment { body: body(), is_ours: true });
        return json!({"data": {"addComment": {"subject": {"id": "PR_7"}}}});
    }
    if query.contains("updateIssueComment") {
        let number: usize = variables["id"].as_str().unwrap().trim_start_matches("C_").parse().unwrap();
        state.writes += 1;
        state.comments[number].body = body();
        return json!({"data": {"updateIssueComment": {"issueComment": {"id": variables["id"]}}}});
    }
    assert_eq!(
        (&variables["owner"], &variables["name"], &variables["number"]),
        (&json!("octo"), &json!("app"), &json!(7))
    );
    let end = variables["before"].as_str().map_or(state.comments.len(), |before| before.parse().unwrap());
    let start = end.saturating_sub(2);
    let node = |number: usize| {
        let comment = &state.comments[number];
        json!({"id": format!("C_{number}"), "body": comment.body, "viewerDidAuthor": comment.is_ours})
    };
    json!({"data": {"repository": {"pullRequest": {"id": "PR_7", "comments": {
        "nodes": (start..end).map(node).collect::<Vec<_>>(),
        "pageInfo": {"hasPreviousPage": start > 0, "startCursor": start.to_string()},
    }}}}})
}

#[test]
fn one_comment_is_kept_up_to_date() {
    let scene = Scene::new();
    let base = scene.head();
    let api = Api::start();
    scene.branch("side");
    let clean = scene.commit("a.py", "print(1)\n");
    scene.merge_into_main(&clean);
    assert!(api.run(&scene, &base, &clean).passed);
    assert!(api.state.lock().unwrap().comments.is_empty(), "nothing to say");

    scene.git(&["checkout", "-q", "side"]);
    let leak = scene.commit("app.env", &line(80));
    scene.merge_into_main(&leak);
    let ran = api.run(&scene, &base, &leak);
    assert!(!ran.passed, "{ran:#?}");
    {
        let state = api.state.lock().unwrap();
        assert_eq!(state.comments.len(), 1, "{ran:#?}");
        let body = &state.comments[0].body;
        assert!(body.starts_with("<!-- scrubjay ") && body.contains("1 secret fails this run"), "{body}");
        assert!(body.contains("app.env") && body.len() < 65_536 && !body.contains(&line(80)[13..30]), "{body}");
        assert!(state.tokens.iter().all(|token| *token == format!("Bearer {TOKEN}")), "{:?}", state.tokens);
    }
    // The same again is no news; many other comments, one of them forged, stand after ours.
    {
        let mut state = api.state.lock().unwrap();
        let forged = Comment { is_ours: false, ..state.comments[0].clone() };
        let other = Comment { body: "looks good".to_owned(), is_ours: false };
        state.comments.extend([other.clone(), forged, other.clone(), other]);
    }
    api.run(&scene, &base, &leak);
    assert_eq!(api.state.lock().unwrap().writes, 1);
    scene.git(&["checkout", "-q", "side"]);
    scene.git(&["reset", "-q", "--hard", &clean]);
    scene.merge_into_main(&clean);
    assert!(api.run(&scene, &base, &clean).passed);
    let state = api.state.lock().unwrap();
    assert!(state.comments[0].body.contains("### scrubjay: clean"), "{:?}", state.comments);
    assert_eq!((state.writes, state.comments.len()), (2, 5));
}

#[test]
fn a_token_that_may_not_is_no_fault() {
    let scene = Scene::new();
    let base = scene.head();
    scene.branch("side");
    let leak = scene.commit("app.env", &line(81));
    scene.merge_into_main(&leak);
    let api = Api::start();
    let forbidden = json!({"data": {"repository": null}, "errors": [{"type": "FORBIDDEN", "message": "no"}]});
    for (answer, is_told) in
        [((403, json!({})), false), ((200, forbidden), false), ((404, json!({})), false), ((500, json!({})), true)]
    {
        api.state.lock().unwrap().answer = Some(answer);
        let ran = api.run(&scene, &base, &leak);
        assert_eq!((ran.passed, ran.findings()), (false, "1"), "{ran:#?}");
        assert_eq!(ran.log.contains("no comment was written"), is_told, "{ran:#?}");
    }
    assert_eq!(api.state.lock().unwrap().writes, 0);
}
