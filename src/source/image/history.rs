//! The history of an image as its config tells it: the instructions, as a person wrote them, and where its base image seems to
//! end. Nothing says so for sure: builders write no mark.

use serde::Deserialize;

/// Longest instruction that is shown, in characters.
const MAX_INSTRUCTION: usize = 120;

/// A base image was built this many seconds before what stands on it, at least. Instructions of one build are closer
/// together, unless they come from its cache.
const APART: i64 = 3_600;

/// An instruction of the history.
#[derive(Deserialize)]
pub(super) struct History {
    pub created: Option<String>,
    pub created_by: Option<String>,
    empty_layer: Option<bool>,
}

impl History {
    /// Whether it made a layer.
    pub fn has_layer(&self) -> bool {
        self.empty_layer != Some(true)
    }

    /// When it was made, in seconds since 1970.
    pub fn seconds(&self) -> Option<i64> {
        seconds(self.created.as_deref()?)
    }
}

/// A time, in seconds since 1970.
pub(super) fn seconds(time: &str) -> Option<i64> {
    gix::date::parse(time, None).ok().map(|time| time.seconds)
}

/// How many layers, from the lowest on, seem to be the base image's; 0 where nothing speaks for one. An image ends with what
/// it starts (CMD, ENTRYPOINT), so a history that goes on with layers after that, made an hour later or more, goes on with
/// those of another image.
pub(super) fn layers_of_base(history: &[History]) -> usize {
    let times: Option<Vec<i64>> = history.iter().map(History::seconds).collect();
    let Some(times) = times else { return 0 };
    let mut oldest_after = vec![i64::MAX; times.len() + 1];
    for (index, time) in times.iter().enumerate().rev() {
        oldest_after[index] = oldest_after[index + 1].min(*time);
    }
    let last_layer = history.iter().rposition(History::has_layer).unwrap_or(0);
    let (mut layers, mut base, mut newest) = (0, 0, i64::MIN);
    for (index, entry) in history.iter().enumerate().take(last_layer) {
        layers += usize::from(entry.has_layer());
        newest = newest.max(times[index]);
        if is_start(entry) && oldest_after[index + 1].saturating_sub(newest) >= APART {
            base = layers;
        }
    }
    base
}

/// Whether it says what is started.
fn is_start(entry: &History) -> bool {
    let shown = entry.created_by.as_deref().and_then(instruction).unwrap_or_default();
    !entry.has_layer() && ["CMD ", "ENTRYPOINT "].iter().any(|word| shown.starts_with(word))
}

/// A history entry as the instruction a person wrote, for display: without the wrapping of the build tool, one line, and
/// without values: those of arguments and variables, and long words of letters and digits, are cut, since the origin of a
/// finding is printed as it is. The whole entry is judged as text of the config.
pub(super) fn instruction(created_by: &str) -> Option<String> {
    let line = created_by.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.strip_suffix("# buildkit").unwrap_or(&line).trim();
    let text = if let Some(rest) = line.strip_prefix("/bin/sh -c #(nop)") {
        rest.trim().to_owned()
    } else if let Some(rest) = line.strip_prefix("/bin/sh -c ") {
        format!("RUN {rest}")
    } else if line.starts_with('|') {
        format!("RUN {line}")
    } else {
        line.replacen("RUN /bin/sh -c ", "RUN ", 1)
    };
    if text.is_empty() {
        return None;
    }
    let words: Vec<String> = text.split(' ').map(without_value).collect();
    let text = words.join(" ");
    Some(match text.char_indices().nth(MAX_INSTRUCTION) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}

/// A word of an instruction without what could be a secret.
fn without_value(word: &str) -> String {
    if let Some((name, value)) = word.split_once('=')
        && !value.is_empty()
    {
        return format!("{}=…", without_run(name));
    }
    if let Some(at) = word.find('@')
        && let Some(scheme) = word.find("://")
        && scheme < at
    {
        return format!("{}…{}", &word[..scheme + 3], without_run(&word[at..]));
    }
    // USER:PASSWORD, as curl and others take it; a checksum of the build tool stays recognisable.
    if let Some((name, value)) = word.split_once(':')
        && !value.starts_with('/')
        && value.len() >= 6
    {
        return format!("{}:{}…", without_run(name), value.chars().take(4).collect::<String>());
    }
    without_run(word)
}

/// Cuts runs of 16 or more letters and digits, with at least one of both.
fn without_run(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut run = String::new();
    for c in word.chars().map(Some).chain([None]) {
        match c.filter(|c| c.is_ascii_alphanumeric() || "_-+".contains(*c)) {
            Some(c) => run.push(c),
            None => {
                let digits = run.chars().any(|c| c.is_ascii_digit());
                if run.len() >= 16 && digits && run.chars().any(|c| c.is_ascii_alphabetic()) {
                    out.push_str(&run[..4]);
                    out.push('…');
                } else {
                    out.push_str(&run);
                }
                run.clear();
                out.extend(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of an hour and an instruction; what makes no layer is in brackets.
    fn base(lines: &[(&str, &str)]) -> usize {
        let entry = |(time, line): &(&str, &str)| {
            let inner = line.strip_prefix('(').and_then(|line| line.strip_suffix(')'));
            let value = serde_json::json!({"created": time, "created_by": inner.unwrap_or(line), "empty_layer": inner.is_some()});
            serde_json::from_value(value).unwrap()
        };
        layers_of_base(&lines.iter().map(entry).collect::<Vec<_>>())
    }

    const OLD: &str = "2026-01-01T00:00:00Z";
    const NEW: &str = "2026-02-01T10:00:00Z";
    const SOON: &str = "2026-02-01T10:00:59.5Z";

    #[test]
    fn a_base_ends_with_what_it_starts() {
        let on_debian =
            [(OLD, "ADD file:1 in /"), (OLD, "(CMD [\"bash\"])"), (NEW, "RUN make"), (SOON, "(CMD [\"app\"])")];
        assert_eq!(base(&on_debian), 1);
        let middle = "2026-01-20T00:00:00Z";
        let on_node = [
            (OLD, "/bin/sh -c #(nop) ADD file:1 in / "),
            (OLD, "/bin/sh -c #(nop)  CMD [\"bash\"]"),
            (middle, "RUN /bin/sh -c install node # buildkit"),
            (middle, "(ENTRYPOINT [\"entry.sh\"])"),
            (middle, "(CMD [\"node\"])"),
            (NEW, "COPY . /app"),
        ];
        // An entry that the old builder wrote without a mark has a layer, so that only the second end counts.
        assert_eq!(base(&on_node), 3);
    }

    #[test]
    fn what_one_build_made_has_no_base() {
        assert_eq!(base(&[(NEW, "ADD a /"), (NEW, "(CMD [\"a\"])"), (SOON, "COPY b /")]), 0);
        assert_eq!(base(&[(OLD, "ADD a /"), (NEW, "RUN cached"), (SOON, "(CMD [\"a\"])")]), 0);
        // Times that stand still, as of builds that can be repeated, say nothing; neither do those that are not there.
        let epoch = "1970-01-01T00:00:00Z";
        assert_eq!(base(&[(epoch, "ADD a /"), (epoch, "(CMD [\"a\"])"), (epoch, "COPY b /")]), 0);
        assert_eq!(base(&[("", "ADD a /"), (OLD, "(CMD [\"a\"])"), (NEW, "COPY b /")]), 0);
        assert_eq!(base(&[]), 0);
    }

    #[test]
    fn instructions_lose_their_wrapping() {
        let shown = |text: &str| instruction(text).unwrap();
        assert_eq!(shown("/bin/sh -c #(nop)  CMD [\"bash\"]"), "CMD [\"bash\"]");
        assert_eq!(shown("/bin/sh -c apt-get update"), "RUN apt-get update");
        assert_eq!(shown("RUN /bin/sh -c make install # buildkit"), "RUN make install");
        assert_eq!(shown("COPY app.py /srv/ # buildkit"), "COPY app.py /srv/");
        assert_eq!(instruction("   "), None);
    }

    #[test]
    fn instructions_show_no_values() {
        let shown =
            instruction("|2 TOKEN=hunter2hunter2 B= /bin/sh -c curl -u admin:pass1234word https://u:pw@h.example/x")
                .unwrap();
        assert_eq!(shown, "RUN |2 TOKEN=… B= /bin/sh -c curl -u admin:pass… https://…@h.example/x");
        let long = format!("RUN login {}{}", "abcd1234".repeat(3), "é".repeat(300));
        let shown = instruction(&long).unwrap();
        assert!(shown.starts_with("RUN login abcd…é") && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() <= MAX_INSTRUCTION + 1);
    }
}
