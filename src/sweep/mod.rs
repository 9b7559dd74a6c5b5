//! Many targets, one report. Each target is read by itself, in its own time, and what came of it is kept before the next
//! result is taken; no failure of one is a failure of another.

mod clock;
mod known;
mod list;
mod merge;
mod record;
mod sight;
mod state;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use crate::blob::{Class, Reason};
use crate::cache::Cache;
use crate::finding::State;
use crate::report::{self, Outcome, Report};
use crate::scan;
use crate::source::git::{self, Git, Mirror, Mirrors, Remote, Trouble};
use clock::Clock;
use sight::Sight;

pub use known::Known;
pub use list::{BadLine, Place, Target, parse};
pub use merge::report;
pub use record::{Record, Signatures};
pub use state::{Judged, Last, Opened as OpenedState, StateFile};

/// Longest time between two looks at whether to stop.
const PAUSE: Duration = Duration::from_millis(50);
/// How long an interrupted sweep waits for what runs to end.
const FAREWELL: Duration = Duration::from_secs(3);

/// A target on this machine, or an image, ready to be read.
pub struct Opened {
    /// What to read.
    pub sources: Vec<scan::Target>,
    /// How to judge it.
    pub options: Arc<scan::Options>,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
}

/// Opens what is no repository elsewhere; the error is the reason why it cannot, for a person.
pub type Open = Box<dyn Fn(&Target) -> Result<Opened, String> + Send + Sync>;

/// What a sweep is asked to do.
pub struct Plan {
    /// What to read.
    pub targets: Vec<Target>,
    /// What the last sweep found.
    pub last: Option<Last>,
    /// Where repositories from elsewhere are kept; `None` where there are none.
    pub mirrors: Option<Mirrors>,
    /// Number of targets that are read at once; at least 1.
    pub jobs: usize,
    /// Number of threads that read one target; at least 1.
    pub threads: usize,
    /// How long one target may take.
    pub target_timeout: Duration,
    /// How long after its deadline a target is waited for: what reads looks at the time between two pieces of work.
    pub grace: Duration,
    /// When all must end.
    pub deadline: Option<Instant>,
    /// How repositories from elsewhere are judged.
    pub options: Arc<scan::Options>,
    /// All signatures.
    pub signatures: Signatures,
    /// Opens the other targets.
    pub open: Open,
    /// What is known of the histories of mirrors; `None`: all is read.
    pub cache: Option<Arc<Cache>>,
    /// What mirrors tell each other: forks share most of what they have.
    pub shared: Arc<git::SharedBlobs>,
    /// Whether the user wants it to end.
    pub interrupted: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Plan {
    fn is_out_of_time(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every target was done.
    All,
    /// Its time was over; what was not done can be resumed.
    OutOfTime,
    /// The user wanted it; what was not done can be resumed.
    Interrupted,
}

/// Reads all targets that are not `done`, keeps each record in `state`, and calls `told` with the number of those done.
/// The records are in the order of the targets.
///
/// # Errors
/// When the state cannot be written.
pub fn run(
    plan: &Arc<Plan>,
    done: Vec<Record>,
    state: &mut StateFile,
    told: &mut dyn FnMut(&Target, &Record, usize),
) -> io::Result<(Vec<Record>, End)> {
    let mut progress = Progress::new(plan, done);
    let (sender, receiver) = channel();
    loop {
        if (plan.interrupted)() {
            let until = Instant::now() + FAREWELL;
            while !progress.running.is_empty() && Instant::now() < until {
                if let Ok((index, _)) = receiver.recv_timeout(PAUSE) {
                    progress.running.remove(&index);
                }
            }
            return Ok((progress.records(plan), End::Interrupted));
        }
        progress.start(plan, &sender)?;
        if progress.running.is_empty() {
            break;
        }
        let finished: Vec<(usize, Record)> = match receiver.recv_timeout(PAUSE) {
            Ok(finished) => vec![finished],
            Err(_) => progress.overdue(plan),
        };
        for (index, mut record) in finished {
            // One that was given up may still come.
            if progress.running.remove(&index).is_none() || (plan.interrupted)() {
                continue;
            }
            if !record.outcome.is_whole() {
                record.carried = not_found(&record, plan).cloned().collect();
            }
            let can_be_resumed = plan.is_out_of_time() && !record.outcome.is_whole();
            if !can_be_resumed {
                state.add(&record)?;
            }
            progress.done.insert(index, record);
            let (count, record) = (progress.done.len(), &progress.done[&index]);
            told(&plan.targets[index], record, count);
            progress.unfinished |= can_be_resumed;
        }
    }
    let end = if progress.unfinished || !progress.waiting.is_empty() { End::OutOfTime } else { End::All };
    Ok((progress.records(plan), end))
}

/// A target that is being read.
struct Running {
    begun: Instant,
    clock: Arc<Clock>,
}

struct Progress {
    waiting: VecDeque<usize>,
    /// By the number of the target.
    running: HashMap<usize, Running>,
    done: BTreeMap<usize, Record>,
    /// Whether one was stopped because the time of all was over.
    unfinished: bool,
}

impl Progress {
    fn new(plan: &Plan, done: Vec<Record>) -> Self {
        let mut done: HashMap<String, Record> =
            done.into_iter().map(|record| (record.target.clone(), record)).collect();
        let done: BTreeMap<usize, Record> = plan
            .targets
            .iter()
            .enumerate()
            .filter_map(|(index, target)| Some((index, done.remove(&target.location)?)))
            // Only what can be reported again is done.
            .filter(|(_, record)| record.findings(&plan.signatures).is_some())
            .collect();
        let waiting = (0..plan.targets.len()).filter(|index| !done.contains_key(index)).collect();
        Progress { waiting, running: HashMap::new(), done, unfinished: false }
    }

    /// Starts as many as may run at once. On threads that are not joined: one that hangs must not hold the others.
    fn start(&mut self, plan: &Arc<Plan>, sender: &Sender<(usize, Record)>) -> io::Result<()> {
        while self.running.len() < plan.jobs.max(1) && !plan.is_out_of_time() {
            let Some(index) = self.waiting.pop_front() else { break };
            let (plan_of_thread, sender) = (Arc::clone(plan), sender.clone());
            let clock = Arc::new(clock_of(plan));
            let clock_of_thread = Arc::clone(&clock);
            std::thread::Builder::new().name("target".to_owned()).spawn(move || {
                let record = read(&plan_of_thread, &plan_of_thread.targets[index], &clock_of_thread);
                // Nobody waits any more for what was given up.
                let _ = sender.send((index, record));
            })?;
            self.running.insert(index, Running { begun: Instant::now(), clock });
        }
        Ok(())
    }

    /// Those that do not end though their time is long over.
    fn overdue(&self, plan: &Plan) -> Vec<(usize, Record)> {
        let now = Instant::now();
        let late = self.running.iter().filter(|(_, running)| running.clock.until() + plan.grace <= now);
        late.map(|(&index, running)| {
            let reason = if plan.is_out_of_time() {
                "it did not stop when the time of the whole sweep was over, and was left alone".to_owned()
            } else {
                format!("it did not stop at its deadline of {:?}, and was left alone", plan.target_timeout)
            };
            let mut record = Record::failed(&plan.targets[index].location, reason, true);
            record.milliseconds = milliseconds(now - running.begun);
            (index, record)
        })
        .collect()
    }

    fn records(mut self, plan: &Plan) -> Vec<Record> {
        let not_begun = |target: &Target| {
            Record::failed(&target.location, "not begun: the time of the whole sweep was over".to_owned(), true)
        };
        let targets = plan.targets.iter().enumerate();
        targets.map(|(index, target)| self.done.remove(&index).unwrap_or_else(|| not_begun(target))).collect()
    }
}

/// The time of a target that begins now. It waits for what began before it, each of which has its own time, and may wait in turn.
fn clock_of(plan: &Plan) -> Clock {
    let others = u32::try_from(plan.jobs.saturating_sub(1)).unwrap_or(u32::MAX);
    let patience = plan.target_timeout.saturating_add(plan.grace).saturating_mul(others);
    Clock::new(plan.target_timeout, patience, plan.deadline)
}

/// What the last sweep knew of a target, and this one did not find there.
fn not_found<'p>(record: &Record, plan: &'p Plan) -> impl Iterator<Item = &'p Known> {
    let known = plan.last.as_ref().and_then(|last| last.targets.get(&record.target));
    known.into_iter().flatten().filter(|(name, _)| !record.has(name)).map(|(_, known)| known)
}

/// Keeps what is known of the targets that were not asked for.
///
/// # Errors
/// When the state cannot be written.
pub fn keep(plan: &Plan, state: &mut StateFile) -> io::Result<()> {
    let kept = plan.last.iter().flat_map(|last| last.kept.iter().filter_map(|kept| last.targets.get_key_value(kept)));
    state.add_all(kept.map(|(location, known)| Record::not_asked(location, known.values())))
}

fn read(plan: &Plan, target: &Target, clock: &Clock) -> Record {
    let begun = Instant::now();
    let stopped = || (plan.interrupted)() || clock.is_over();
    let outcome = catch_unwind(AssertUnwindSafe(|| match &target.place {
        Place::Git(remote) => of_mirror(plan, target, remote, &stopped),
        Place::Path(_) | Place::Image(_) => {
            of_this_machine(plan, target, &Until { stopped: &stopped, clock: Some(clock) })
        }
        Place::Unlisted { why, .. } => Err(why.clone()),
    }));
    let mut record = match outcome {
        Ok(Ok((report, options))) => {
            let mut record = Record::of(&target.location, &report::sealed(report));
            let sight = Sight::of(&options, &record);
            // Of a file whose loss is accepted nobody knows what is still in it.
            let accepted = record.accepted_paths();
            let is_seen = |known: &Known| sight.takes_in(known) && !accepted.iter().any(|path| known.is_in(path));
            record.carried = not_found(&record, plan).filter(|known| !is_seen(known)).cloned().collect();
            record
        }
        Ok(Err(reason)) => Record::failed(&target.location, reason, stopped()),
        Err(_) => Record::failed(&target.location, "internal error".to_owned(), false),
    };
    if record.outcome == Outcome::Incomplete && stopped() {
        record.reason = out_of_time(plan);
        record.out_of_time = true;
    }
    record.milliseconds = milliseconds(begun.elapsed());
    record
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn out_of_time(plan: &Plan) -> String {
    if plan.is_out_of_time() {
        "the time of the whole sweep was over".to_owned()
    } else {
        format!("not read within {:?}", plan.target_timeout)
    }
}

type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// A report, and how it was judged.
type Judgement = (Report, Arc<scan::Options>);

fn of_this_machine(plan: &Plan, target: &Target, until: &Until<'_>) -> Result<Judgement, String> {
    let opened = (plan.open)(target)?;
    let mut report = scan::run("sweep", &opened.sources, &opened.options, until).map_err(|cause| cause.message)?;
    report.notes.extend(opened.notes);
    Ok((report, opened.options))
}

fn of_mirror(plan: &Plan, target: &Target, remote: &Remote, stopped: Stop<'_>) -> Result<Judgement, String> {
    let stop = || stopped();
    let told = |trouble: Trouble| match trouble {
        Trouble::NotStarted(cause) => cause,
        Trouble::Failed(message) => format!("git cannot fetch it: {}", remote.explained(message)),
        Trouble::Stopped => out_of_time(plan),
    };
    let mirrors = plan.mirrors.as_ref().ok_or("there is no folder for its mirror")?;
    let mut mirror = mirrors.fetch(remote, &stop).map_err(told)?;
    let mut report = scan_mirror(plan, target, &mirror, stopped)?;
    if let Some(faults) = faults(&report).filter(|faults| !stopped() && !mirror.knows_faults(faults)) {
        // Is it the mirror that is damaged, or the repository itself? What cannot be found out now stays in the report.
        let renewed = !mirror.is_new() && mirror.is_sound(&stop) == Ok(false) && mirror.renew(remote, &stop).is_ok();
        let mut remaining = Some(faults);
        if renewed {
            report = scan_mirror(plan, target, &mirror, stopped)?;
            remaining = self::faults(&report);
        }
        if let Some(faults) = remaining.filter(|_| !stopped()) {
            let _ = mirror.note_faults(&faults);
        }
    }
    // A mirror that was not tidied is looked at more closely the next time, and that is all.
    let _ = mirror.tidy(&stop);
    Ok((report, Arc::clone(&plan.options)))
}

fn scan_mirror(plan: &Plan, target: &Target, mirror: &Mirror, stopped: Stop<'_>) -> Result<Report, String> {
    let options =
        git::Options { path: mirror.path().to_owned(), location: target.location.clone(), threads: plan.threads };
    let source = Git::open(&options).map_err(|cause| cause.message)?.with_shared(Arc::clone(&plan.shared));
    let source = match &plan.cache {
        Some(cache) => source.with_memory(Arc::clone(cache)),
        None => source,
    };
    let until = Until { stopped, clock: None };
    let mut report = scan::run("sweep", &[(target.location.clone(), Box::new(source))], &plan.options, &until)
        .map_err(|cause| cause.message)?;
    leave_out_unreachable(&mut report, &plan.options);
    Ok(report)
}

/// What no reference has any more is in the mirror because it was fetched at some time; the repository does not show it.
/// Without this a report would depend on how old its mirrors are.
fn leave_out_unreachable(report: &mut Report, options: &scan::Options) {
    for findings in [&mut report.findings, &mut report.allowed] {
        for finding in findings.iter_mut() {
            finding.places.retain(|place| place.state != State::Unreachable);
            finding.pairs.retain(|pair| pair.state != State::Unreachable);
            options.settle(finding);
        }
        findings.retain(|finding| !finding.places.is_empty());
    }
    let (allowed, open) = std::mem::take(&mut report.findings).into_iter().partition(|finding| finding.is_allowed());
    report.findings = open;
    report.allowed.extend::<Vec<_>>(allowed);
}

/// What may be wrong with the repository, as one text; `None` where nothing is.
fn faults(report: &Report) -> Option<String> {
    let faults: Vec<String> = report
        .coverage
        .skips
        .iter()
        .filter(|(class, skip)| {
            let by_damage =
                matches!(skip.reason, Reason::Missing | Reason::Corrupt | Reason::Truncated | Reason::Unreadable);
            *class == Class::Lost && by_damage
        })
        .map(|(_, skip)| format!("{} {}", skip.origin, skip.reason.name()))
        .collect();
    (!faults.is_empty()).then(|| faults.join("\n"))
}

struct Until<'a> {
    stopped: Stop<'a>,
    /// Where it may have to wait for other targets.
    clock: Option<&'a Clock>,
}

impl scan::Progress for Until<'_> {
    fn expect(&self, _: u64, _: u64) {}

    fn done(&self, _: u64, _: u64) {}

    fn stopped(&self) -> bool {
        (self.stopped)()
    }

    fn wait(&self, wait: &mut dyn FnMut(&dyn Fn() -> bool)) {
        match self.clock {
            Some(clock) => clock.wait(&mut |is_enough| wait(&|| is_enough() || self.stopped())),
            None => wait(&|| self.stopped()),
        }
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
