//! Where in an image's history its base image seems to end. Nothing says so for sure: builders write no mark.

use super::config::{History, instruction};

/// A base image was built this many seconds before what stands on it, at least. Instructions of one build are closer
/// together, unless they come from its cache.
const APART: i64 = 3_600;

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
}
