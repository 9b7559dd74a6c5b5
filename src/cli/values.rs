//! Values of flags: how a size, a time span, a set of states or a glob is written, and nothing of what they are used for.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::finding::{PathContext, State};
use crate::report::Format;
use crate::scan::ChangedAllow;
use crate::score::Confidence;
use crate::signature::Severity;

/// Parses one of a closed set by name.
fn named<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(|&value| name(value))).map(move |text| {
        *all.iter().find(|&&value| name(value) == text).expect("clap lets only the names of this set through")
    })
}

/// Parses what a flag without a value is set to by its variable. A word that is neither yes nor no is a slip.
///
/// # Errors
/// Any other word.
pub fn switch(text: &str) -> Result<bool, &'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
        "" | "0" | "false" | "f" | "no" | "n" | "off" => Ok(false),
        _ => Err("is neither yes nor no: write 1 or 0"),
    }
}

/// Parses a severity.
pub fn severity() -> impl TypedValueParser<Value = Severity> {
    named(Severity::ALL, Severity::name)
}

/// Parses a confidence.
pub fn confidence() -> impl TypedValueParser<Value = Confidence> {
    named(Confidence::ALL, Confidence::name)
}

/// Parses the kind of a path.
pub fn path_context() -> impl TypedValueParser<Value = PathContext> {
    named(PathContext::ALL, PathContext::name)
}

/// Parses what becomes of what a change allows itself.
pub fn changed_allow() -> impl TypedValueParser<Value = ChangedAllow> {
    named(ChangedAllow::ALL, ChangedAllow::name)
}

/// What `--fail-on` was given; what it leaves out keeps its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailOnSpec {
    /// `severity=`.
    pub severity: Option<Severity>,
    /// `confidence=`.
    pub confidence: Option<Confidence>,
    /// Each `state=`.
    pub states: Option<Vec<State>>,
}

impl FromStr for FailOnSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        fn pick<T: Copy>(all: &[T], name: fn(T) -> &'static str, value: &str) -> Result<T, String> {
            all.iter().copied().find(|&known| name(known) == value).ok_or_else(|| {
                let names: Vec<&str> = all.iter().map(|&known| name(known)).collect();
                format!("`{value}` is none of {}", names.join(", "))
            })
        }
        // Which of the two counts would be a guess.
        fn once<T>(slot: &mut Option<T>, key: &str, value: T) -> Result<(), String> {
            match slot.replace(value) {
                Some(_) => Err(format!("`{key}` is given twice: give the lower one, which takes in all above it")),
                None => Ok(()),
            }
        }
        let mut spec = FailOnSpec::default();
        for part in text.split(',') {
            let (key, value) =
                part.split_once('=').ok_or_else(|| format!("`{part}` is not severity=…, confidence=… or state=…"))?;
            match key.trim() {
                "severity" => {
                    once(&mut spec.severity, "severity", pick(Severity::ALL, Severity::name, value.trim())?)?;
                }
                "confidence" => {
                    once(&mut spec.confidence, "confidence", pick(Confidence::ALL, Confidence::name, value.trim())?)?;
                }
                "state" => {
                    spec.states.get_or_insert_default().push(pick(State::ALL, State::name, value.trim())?);
                }
                other => return Err(format!("`{other}` is none of severity, confidence, state")),
            }
        }
        Ok(spec)
    }
}

/// A further report: a format and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSpec {
    /// The format.
    pub format: Format,
    /// The file.
    pub file: PathBuf,
}

impl FromStr for OutputSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = text.split_once('=').ok_or("write it as FORMAT=FILE, such as sarif=scrubjay.sarif")?;
        let format = Format::from_str(format, false).map_err(|_| {
            let names: Vec<String> = Format::value_variants()
                .iter()
                .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
                .collect();
            format!("`{format}` is none of {}", names.join(", "))
        })?;
        if file.is_empty() {
            return Err("the file is missing after `=`".to_owned());
        }
        let another = |(_, rest): (&str, &str)| {
            rest.split_once('=').is_some_and(|(name, _)| Format::from_str(name, false).is_ok())
        };
        if file.match_indices(',').any(|(at, _)| another(file.split_at(at + 1))) {
            return Err("one file each: repeat the flag; in SCRUBJAY_OUTPUT write each on a line of its own".to_owned());
        }
        if file == "-" {
            return Err("`-` is no file: --format says what is written to standard output".to_owned());
        }
        Ok(OutputSpec { format, file: PathBuf::from(file) })
    }
}

/// Bytes, written as `4096`, `10MB` (millions) or `10MiB` (powers of 1,024).
///
/// # Errors
/// What is wrong with it.
pub fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number: u64 = digits.parse().map_err(|_| format!("`{text}` is no size; write it as 10MB or 512KiB"))?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        other => return Err(format!("`{other}` is no unit of size; write it as 10MB or 512KiB")),
    };
    number.checked_mul(factor).ok_or_else(|| format!("`{text}` is too large"))
}

/// A span of time, written as `500ms`, `30s`, `5m`, `2h` or joined, as in `1m30s`.
///
/// # Errors
/// What is wrong with it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let fault = || format!("`{text}` is no time span; write it as 30s, 5m or 1h30m");
    let mut rest = text.trim();
    let mut milliseconds: u64 = 0;
    if rest.is_empty() {
        return Err(fault());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fault)?;
        let number: u64 = rest[..end].parse().map_err(|_| fault())?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |length| end + length);
        let unit = match &rest[end..unit_end] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(fault()),
        };
        milliseconds = number.checked_mul(unit).and_then(|span| milliseconds.checked_add(span)).ok_or_else(fault)?;
        rest = &rest[unit_end..];
    }
    Ok(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!(size("10MB"), Ok(10_000_000));
        assert_eq!(size("10 mib"), Ok(10 << 20));
        for wrong in ["", "MB", "10XB", "-1", "1.5MB", "99999999999TB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for wrong in ["", "30", "s", "3x", "1m 30s", "99999999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_fails_a_run() {
        let spec: FailOnSpec = "severity=high,state=live,state=removed".parse().unwrap();
        assert_eq!(spec.severity, Some(Severity::High));
        assert_eq!(spec.confidence, None);
        assert_eq!(spec.states, Some(vec![State::Live, State::Removed]));
        for wrong in [
            "",
            "high",
            "severity=huge",
            "colour=red",
            "severity=high,severity=low",
            "confidence=likely,confidence=likely",
        ] {
            assert!(wrong.parse::<FailOnSpec>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_switch_is_yes_or_no() {
        assert!(["1", "true", "YES"].iter().all(|text| switch(text) == Ok(true)));
        assert!(["", "0", "False", "off"].iter().all(|text| switch(text) == Ok(false)));
        assert!(switch("banana").is_err());
    }

    #[test]
    fn outputs_name_a_format_and_a_file() {
        let output: OutputSpec = "sarif=out/a=b.sarif".parse().unwrap();
        assert_eq!(output, OutputSpec { format: Format::Sarif, file: "out/a=b.sarif".into() });
        assert!("json=a,b=c.json".parse::<OutputSpec>().is_ok());
        for wrong in ["out.sarif", "pdf=x", "json=", "json=-", "json=a.json,csv=b.csv"] {
            assert!(wrong.parse::<OutputSpec>().is_err(), "{wrong}");
        }
    }
}
