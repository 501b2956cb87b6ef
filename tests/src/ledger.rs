//! What was submitted against what the reader of the results saw, job by job.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use gradphoto_shared::job::{Job, JobId, State};
use gradphoto_shared::name::{SubjectId, TenantId};
use gradphoto_shared::store::ResultEvent;

use crate::idle::Order;

/// Most lines of a diff that are printed.
const DIFF_LINES: usize = 20;
/// Longest that an answer of a Redis that is dead by now may still be on a slow wire: the time-out of who waits
/// for it is half a second, and a busy machine looks late.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// Everything that was asked for and everything that was told.
#[derive(Debug, Default)]
pub struct Ledger {
    jobs: HashMap<JobId, Entry>,
    /// Newest generation of each subject that was ever submitted.
    newest: HashMap<SubjectId, u32>,
    /// Newest generation of each subject that was told as done, and when.
    shown: HashMap<SubjectId, (u32, Instant)>,
    /// Faults that were seen as they happened.
    wrong: Vec<String>,
    /// What the disk did not have yet when the power was cut: from, to.
    forgotten: Vec<(Instant, Instant)>,
    settled: usize,
}

/// One job.
#[derive(Debug)]
struct Entry {
    tenant: TenantId,
    order: Order,
    subject: Option<(SubjectId, u32)>,
    accepted: Option<Instant>,
    refused: bool,
    told: Vec<(State, Option<String>, Instant)>,
}

/// The sum of a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Jobs whose acceptance was answered.
    pub accepted: usize,
    /// Jobs whose answer was lost, and how many of them were settled.
    pub unknown: (usize, usize),
    /// Jobs that were told at least once.
    pub settled: usize,
    /// Jobs that were told more than once.
    pub duplicates: usize,
    /// Jobs told as done.
    pub done: usize,
    /// Jobs told as given up or outrun by a newer photo, as they had to be.
    pub given_up: usize,
    /// Accepted jobs that a power cut took along.
    pub lost_in_power_cuts: usize,
    /// Jobs told once more after a power cut took the first telling along.
    pub repeated_after_power_cuts: usize,
}

impl Ledger {
    /// Writes down that these jobs are about to be submitted.
    pub fn ask(&mut self, jobs: &[Job]) {
        for job in jobs {
            let subject = job.subject.clone().map(|subject| (subject, job.generation));
            if let Some((subject, generation)) = &subject {
                let newest = self.newest.entry(subject.clone()).or_default();
                *newest = (*newest).max(*generation);
            }
            let (tenant, order) = (job.tenant.clone(), Order::of(&job.photo));
            let entry = Entry { tenant, order, subject, accepted: None, refused: false, told: Vec::new() };
            let before = self.jobs.insert(job.id, entry);
            assert!(before.is_none(), "a job is asked for once");
        }
    }

    /// Writes down that acceptance was answered.
    pub fn accept(&mut self, job: &JobId) {
        self.entry(job).accepted.get_or_insert_with(Instant::now);
    }

    /// Writes down that the job was refused. After an answer that was lost it may still have gone in.
    pub fn refuse(&mut self, job: &JobId) {
        self.entry(job).refused = true;
    }

    /// Writes down what the reader saw.
    pub fn tell(&mut self, event: &ResultEvent) {
        let now = Instant::now();
        let Some(entry) = self.jobs.get_mut(&event.job) else {
            return self.wrong.push(format!("{} was told and never asked for", event.job));
        };
        self.settled += usize::from(entry.told.is_empty());
        entry.told.push((event.state, event.error.clone(), now));
        if let (Some((subject, generation)), State::Done) = (&entry.subject, event.state) {
            let shown = self.shown.entry(subject.clone()).or_insert((0, now));
            let in_cut = self.forgotten.iter().any(|(from, to)| (*from..=*to).contains(&shown.1));
            if shown.0 > *generation && !in_cut {
                let line = format!("{}: generation {generation} was shown over {}", event.job, shown.0);
                self.wrong.push(line);
            }
            *shown = (*generation, now);
        }
    }

    /// Writes down that what Redis answered from `from` until now is gone with the machine's memory.
    pub fn power_cut(&mut self, from: Instant) {
        self.forgotten.push((from, Instant::now() + ON_THE_WAY));
    }

    /// When the job was told, against the end of each power cut: seconds after it, or before where negative.
    #[must_use]
    pub fn beside_power_cuts(&self, job: &JobId) -> Vec<f64> {
        let told = self.jobs.get(job).and_then(|entry| entry.told.last()).map(|(.., at)| *at);
        let after = |at: Instant, end: Instant| {
            at.checked_duration_since(end).map_or_else(|| -(end - at).as_secs_f64(), |after| after.as_secs_f64())
        };
        told.map_or_else(Vec::new, |at| self.forgotten.iter().map(|(_, end)| after(at, *end)).collect())
    }

    /// Jobs told so far.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.settled
    }

    /// Accepted jobs that were not told yet.
    #[must_use]
    pub fn open(&self) -> Vec<JobId> {
        let open = self.jobs.iter().filter(|(_, entry)| entry.accepted.is_some() && entry.told.is_empty());
        open.map(|(job, _)| *job).collect()
    }

    /// Whether the job was told.
    #[must_use]
    pub fn is_told(&self, job: &JobId) -> bool {
        self.jobs.get(job).is_some_and(|entry| !entry.told.is_empty())
    }

    /// Jobs told since `since` of which Redis must still know, with the last state told.
    #[must_use]
    pub fn told_since(&self, since: Instant) -> Vec<(TenantId, JobId, State)> {
        let last = |(job, entry): (&JobId, &Entry)| {
            let (state, _, at) = entry.told.last()?;
            (*at >= since && !self.is_forgotten(*at)).then(|| (entry.tenant.clone(), *job, *state))
        };
        self.jobs.iter().filter_map(last).collect()
    }

    /// Adds everything up: each accepted job told once and as it had to be, each other one at most once.
    ///
    /// # Panics
    /// When anything is lost, told twice, told wrongly or never asked for; says which jobs.
    #[must_use]
    pub fn balance(&self) -> Sum {
        let (mut sum, mut wrong) = (Sum::default(), self.wrong.clone());
        for (job, entry) in &self.jobs {
            if let Err(line) = self.add(entry, &mut sum) {
                wrong.push(format!("{job}: {line}"));
            }
        }
        assert!(wrong.is_empty(), "{}", Diff(sum, &wrong));
        sum
    }

    fn add(&self, entry: &Entry, sum: &mut Sum) -> Result<(), String> {
        let told = entry.told.len();
        match entry.accepted {
            Some(_) => sum.accepted += 1,
            None if entry.refused && told == 0 => return Ok(()),
            None => {
                sum.unknown.0 += 1;
                sum.unknown.1 += usize::from(told > 0);
            }
        }
        let Some((state, error, _)) = entry.told.last() else {
            return match entry.accepted {
                Some(at) if self.is_forgotten(at) => {
                    sum.lost_in_power_cuts += 1;
                    Ok(())
                }
                Some(_) => Err(format!("accepted and never told ({:?})", entry.order)),
                None => Ok(()),
            };
        };
        sum.settled += 1;
        if entry.told[..told - 1].iter().all(|(.., at)| self.is_forgotten(*at)) {
            sum.repeated_after_power_cuts += usize::from(told > 1);
        } else {
            sum.duplicates += 1;
            return Err(format!("told {told} times: {:?}", entry.told));
        }
        self.judge(entry, *state, error.as_deref(), sum)
    }

    /// Whether a job ended as its order says.
    fn judge(&self, entry: &Entry, state: State, error: Option<&str>, sum: &mut Sum) -> Result<(), String> {
        let is_outrun = |(subject, generation): &(SubjectId, u32)| self.newest.get(subject) > Some(generation);
        let may_be_superseded = entry.subject.as_ref().is_some_and(is_outrun);
        match (entry.order, state, error) {
            (Order::Answer | Order::Fail(_), State::Done, _) => sum.done += 1,
            (Order::Kill, State::Dead, Some("worker_died")) => sum.given_up += 1,
            (_, _, Some("superseded")) if may_be_superseded => sum.given_up += 1,
            (order, state, error) => return Err(format!("{order:?} ended as {state:?} {}", error.unwrap_or_default())),
        }
        Ok(())
    }

    fn is_forgotten(&self, at: Instant) -> bool {
        self.forgotten.iter().any(|(from, to)| (*from..=*to).contains(&at))
    }

    fn entry(&mut self, job: &JobId) -> &mut Entry {
        self.jobs.get_mut(job).expect("asked for before it was answered")
    }
}

/// What is wrong, with the sum before it.
struct Diff<'a>(Sum, &'a [String]);

impl fmt::Display for Diff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(sum, wrong) = self;
        writeln!(f, "the ledger does not add up, {} jobs are wrong: {sum:?}", wrong.len())?;
        wrong.iter().take(DIFF_LINES).try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, unknown, settled, duplicates, .. } = self;
        write!(f, "accepted {accepted:>6}  answer lost {:>4} (settled {})", unknown.0, unknown.1)?;
        write!(f, "  settled {settled:>6}  duplicates {duplicates}")?;
        if self.lost_in_power_cuts + self.repeated_after_power_cuts > 0 {
            let (lost, repeated) = (self.lost_in_power_cuts, self.repeated_after_power_cuts);
            write!(f, "  power cuts took {lost} jobs and repeated {repeated}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::job::Task;
    use gradphoto_shared::lane::{Lane, Shard};
    use gradphoto_shared::name::SessionId;

    use super::*;

    fn job(order: Order, generation: u32) -> Job {
        Job {
            id: JobId::new(Shard(0)),
            tenant: TenantId::new("t").expect("lawful"),
            session: SessionId::new("s").expect("lawful"),
            subject: (generation > 0).then(|| SubjectId::new("1").expect("lawful")),
            generation,
            lane: Lane::Bulk,
            tasks: vec![Task::Standardise],
            photo: order.photo(1),
            spec: "chsi".into(),
            accepted_at_ms: 1,
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
            references: Vec::new(),
        }
    }

    fn event(job: &Job, state: State, error: Option<&str>) -> ResultEvent {
        ResultEvent {
            cursor: "1-0".into(),
            job: job.id,
            session: job.session.clone(),
            subject: job.subject.clone(),
            generation: job.generation,
            at_ms: 0,
            state,
            result: None,
            error: error.map(str::to_owned),
        }
    }

    /// The balance of one accepted job of `order` after `told`; `None` when it does not add up.
    fn check(order: Order, told: &[(State, Option<&str>)]) -> Option<Sum> {
        let (mut ledger, job) = (Ledger::default(), job(order, 0));
        ledger.ask(std::slice::from_ref(&job));
        ledger.accept(&job.id);
        told.iter().for_each(|(state, error)| ledger.tell(&event(&job, *state, *error)));
        std::panic::catch_unwind(|| ledger.balance()).ok()
    }

    #[test]
    fn what_is_lost_doubled_or_wrong_is_found() {
        let (done, died) = ((State::Done, None), (State::Dead, Some("worker_died")));
        assert_eq!(check(Order::Answer, &[done]).map(|sum| (sum.settled, sum.done)), Some((1, 1)));
        assert_eq!(check(Order::Kill, &[died]).map(|sum| sum.given_up), Some(1));
        assert_eq!(check(Order::Answer, &[]), None);
        assert_eq!(check(Order::Answer, &[done, done]), None);
        assert_eq!(check(Order::Answer, &[died]), None);
        assert_eq!(check(Order::Kill, &[done]), None);
    }

    #[test]
    fn a_lost_answer_leaves_both_ways_open_and_strangers_none() {
        let (mut ledger, job) = (Ledger::default(), job(Order::Answer, 0));
        ledger.ask(std::slice::from_ref(&job));
        assert_eq!(ledger.balance().unknown, (1, 0));
        ledger.tell(&event(&job, State::Done, None));
        assert_eq!(ledger.balance().unknown, (1, 1));
        ledger.tell(&event(&self::job(Order::Answer, 0), State::Done, None));
        assert!(std::panic::catch_unwind(|| ledger.balance()).is_err());
    }

    #[test]
    fn an_older_generation_is_never_shown_over_a_newer() {
        let (mut ledger, jobs) = (Ledger::default(), [job(Order::Answer, 1), job(Order::Answer, 2)]);
        ledger.ask(&jobs);
        ledger.tell(&event(&jobs[1], State::Done, None));
        ledger.tell(&event(&jobs[0], State::Dead, Some("superseded")));
        assert_eq!(ledger.balance().given_up, 1);
        let late = job(Order::Answer, 1);
        ledger.ask(std::slice::from_ref(&late));
        ledger.tell(&event(&late, State::Done, None));
        assert!(std::panic::catch_unwind(|| ledger.balance()).is_err());
    }

    #[test]
    fn a_power_cut_forgives_what_the_disk_did_not_have_and_nothing_else() {
        let (mut ledger, jobs) = (Ledger::default(), [job(Order::Answer, 0), job(Order::Answer, 0)]);
        let from = Instant::now();
        ledger.ask(&jobs);
        jobs.iter().for_each(|job| ledger.accept(&job.id));
        ledger.tell(&event(&jobs[0], State::Done, None));
        ledger.power_cut(from);
        ledger.tell(&event(&jobs[0], State::Done, None));
        let sum = ledger.balance();
        assert_eq!((sum.lost_in_power_cuts, sum.repeated_after_power_cuts, sum.duplicates), (1, 1, 0));
        // Told a third time, and the second was no longer on its way when the power was cut.
        ledger.forgotten[0].1 = Instant::now() - Duration::from_nanos(1);
        ledger.jobs.get_mut(&jobs[0].id).expect("asked for").told[1].2 = Instant::now();
        ledger.tell(&event(&jobs[0], State::Done, None));
        assert!(std::panic::catch_unwind(|| ledger.balance()).is_err());
    }
}
