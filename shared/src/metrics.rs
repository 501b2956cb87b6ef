//! Every metric, named once. Callers call functions; labels come from enums and tables, never from a job.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::job::{State, Task};
use crate::lane::Lane;

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// Seconds from half a millisecond to half a minute, each bound twice the last.
fn seconds_buckets() -> Vec<f64> {
    (0..17).map(|power| 0.000_5 * f64::from(1 << power)).collect()
}

struct Metrics {
    registry: Registry,
    jobs_submitted: IntCounterVec,
    jobs_refused: IntCounterVec,
    jobs_settled: IntCounterVec,
    jobs_retried: IntCounterVec,
    jobs_hung: IntCounterVec,
    job_seconds: HistogramVec,
    stage_seconds: HistogramVec,
    queue_jobs: IntGaugeVec,
    queue_backlog: IntGaugeVec,
    queue_oldest_seconds: GaugeVec,
    in_flight: IntGaugeVec,
    model_seconds: HistogramVec,
    model_batch: HistogramVec,
    redis_seconds: HistogramVec,
    redis_errors: IntCounterVec,
    http_seconds: HistogramVec,
    device: IntGaugeVec,
    webhook_deliveries: IntCounterVec,
    webhook_pending: IntGaugeVec,
    webhooks_parked: IntGaugeVec,
    gallery_seconds: HistogramVec,
    gallery_faces: IntGaugeVec,
}

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels).expect("names of this table are lawful");
            registry.register(Box::new(metric.clone())).expect("names of this table differ");
            metric
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntGaugeVec::new(Opts::new(name, help), labels).expect("names of this table are lawful");
            registry.register(Box::new(metric.clone())).expect("names of this table differ");
            metric
        };
        let histogram = |name: &str, help: &str, labels: &[&str], buckets: Vec<f64>| {
            let options = HistogramOpts::new(name, help).buckets(buckets);
            let metric = HistogramVec::new(options, labels).expect("names of this table are lawful");
            registry.register(Box::new(metric.clone())).expect("names of this table differ");
            metric
        };
        let oldest = GaugeVec::new(
            Opts::new("gradphoto_queue_oldest_seconds", "Age of the oldest waiting job, in seconds."),
            &["lane"],
        )
        .expect("names of this table are lawful");
        registry.register(Box::new(oldest.clone())).expect("names of this table differ");
        Self {
            jobs_submitted: counter("gradphoto_jobs_submitted_total", "Jobs accepted into the queue.", &["lane"]),
            jobs_refused: counter("gradphoto_jobs_refused_total", "Jobs not accepted, by error code.", &["code"]),
            jobs_settled: counter(
                "gradphoto_jobs_settled_total",
                "Tasks settled, by outcome or error code.",
                &["task", "lane", "outcome"],
            ),
            jobs_retried: counter(
                "gradphoto_jobs_retried_total",
                "Jobs put back for another try, by error code.",
                &["lane", "code"],
            ),
            jobs_hung: counter(
                "gradphoto_jobs_hung_total",
                "Jobs left to their leases because a stage ran far past its time and keeps its thread.",
                &["lane"],
            ),
            job_seconds: histogram(
                "gradphoto_job_seconds",
                "From acceptance to settlement, in seconds.",
                &["lane"],
                seconds_buckets(),
            ),
            stage_seconds: histogram(
                "gradphoto_stage_seconds",
                "Time in one stage, in seconds.",
                &["stage"],
                seconds_buckets(),
            ),
            queue_jobs: gauge("gradphoto_queue_jobs", "Jobs in the queue by lane and state.", &["lane", "state"]),
            queue_backlog: gauge(
                "gradphoto_queue_backlog_jobs",
                "Jobs that need a worker now, waiting, running or due: the number to scale by.",
                &["lane"],
            ),
            queue_oldest_seconds: oldest,
            in_flight: gauge("gradphoto_in_flight_jobs", "Jobs in this worker's hands.", &["lane"]),
            model_seconds: histogram(
                "gradphoto_model_run_seconds",
                "One run of a model, in seconds.",
                &["model"],
                seconds_buckets(),
            ),
            model_batch: histogram(
                "gradphoto_model_batch_items",
                "Items in one run of a model.",
                &["model"],
                vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0],
            ),
            redis_seconds: histogram(
                "gradphoto_redis_round_trip_seconds",
                "One round trip to Redis, in seconds.",
                &["verb"],
                seconds_buckets(),
            ),
            redis_errors: counter(
                "gradphoto_redis_errors_total",
                "Round trips to Redis that failed.",
                &["verb", "code"],
            ),
            http_seconds: histogram(
                "gradphoto_http_seconds",
                "One HTTP request, in seconds.",
                &["route", "method", "status"],
                seconds_buckets(),
            ),
            device: gauge("gradphoto_device_info", "1 for the device that model runs use.", &["device"]),
            webhook_deliveries: counter(
                "gradphoto_webhook_deliveries_total",
                "Tries to tell a webhook of an event, by outcome.",
                &["outcome"],
            ),
            webhook_pending: gauge("gradphoto_webhook_pending_events", "Events that webhooks were not told of.", &[]),
            gallery_seconds: histogram(
                "gradphoto_gallery_sync_seconds",
                "Bringing this worker's copy of a gallery in step, in seconds: the whole of it, or what changed.",
                &["what"],
                seconds_buckets(),
            ),
            gallery_faces: gauge("gradphoto_gallery_faces", "Faces of galleries in this worker's memory.", &[]),
            webhooks_parked: gauge("gradphoto_webhooks_parked", "Webhooks that are sent nothing until resumed.", &[]),
            registry,
        }
    }
}

/// Counts a job that the queue took.
pub fn job_submitted(lane: Lane) {
    METRICS.jobs_submitted.with_label_values(&[lane.name()]).inc();
}

/// Counts a job that was not taken; `code` is [`crate::Error::code`].
pub fn job_refused(code: &'static str) {
    METRICS.jobs_refused.with_label_values(&[code]).inc();
}

/// Counts a settled task; `outcome` is an outcome's name or an error's code.
pub fn task_settled(task: Task, lane: Lane, outcome: &'static str) {
    METRICS.jobs_settled.with_label_values(&[task.name(), lane.name(), outcome]).inc();
}

/// Observes the time of a job from acceptance to settlement.
pub fn job_settled(lane: Lane, since_accepted: Duration) {
    METRICS.job_seconds.with_label_values(&[lane.name()]).observe(since_accepted.as_secs_f64());
}

/// Counts a job put back for another try; `code` is [`crate::Error::code`].
pub fn job_retried(lane: Lane, code: &'static str) {
    METRICS.jobs_retried.with_label_values(&[lane.name(), code]).inc();
}

/// Counts a job on which a compute thread hangs.
pub fn job_hangs(lane: Lane) {
    METRICS.jobs_hung.with_label_values(&[lane.name()]).inc();
}

/// Observes the time of one stage.
pub fn stage_ran(stage: &'static str, took: Duration) {
    METRICS.stage_seconds.with_label_values(&[stage]).observe(took.as_secs_f64());
}

/// Sets how many jobs of a lane are in a state.
pub fn queue_jobs(lane: Lane, state: State, jobs: u64) {
    METRICS.queue_jobs.with_label_values(&[lane.name(), state.name()]).set(i64::try_from(jobs).unwrap_or(i64::MAX));
}

/// Sets how many jobs of a lane need a worker now.
pub fn queue_backlog(lane: Lane, jobs: u64) {
    METRICS.queue_backlog.with_label_values(&[lane.name()]).set(i64::try_from(jobs).unwrap_or(i64::MAX));
}

/// Sets the age of the oldest waiting job of a lane; zero where none waits.
pub fn queue_oldest(lane: Lane, age: Duration) {
    METRICS.queue_oldest_seconds.with_label_values(&[lane.name()]).set(age.as_secs_f64());
}

/// Counts one job more in this worker's hands.
pub fn flight_began(lane: Lane) {
    METRICS.in_flight.with_label_values(&[lane.name()]).inc();
}

/// Counts one job less in this worker's hands.
pub fn flight_ended(lane: Lane) {
    METRICS.in_flight.with_label_values(&[lane.name()]).dec();
}

/// Observes one run of a model over `items`.
pub fn model_ran(model: &str, items: usize, took: Duration) {
    METRICS.model_seconds.with_label_values(&[model]).observe(took.as_secs_f64());
    METRICS.model_batch.with_label_values(&[model]).observe(items as f64);
}

/// Observes one round trip to Redis for a verb of the store.
pub fn redis_answered(verb: &'static str, took: Duration) {
    METRICS.redis_seconds.with_label_values(&[verb]).observe(took.as_secs_f64());
}

/// Counts a round trip that failed; `code` is [`crate::Error::code`].
pub fn redis_failed(verb: &'static str, code: &'static str) {
    METRICS.redis_errors.with_label_values(&[verb, code]).inc();
}

/// Observes one HTTP request; `route` is the route's template, never the path.
pub fn http_answered(route: &str, method: &str, status: u16, took: Duration) {
    METRICS.http_seconds.with_label_values(&[route, method, &status.to_string()]).observe(took.as_secs_f64());
}

/// Says which device model runs use, for example `cpu` or `cuda:0`.
pub fn device_taken(device: &str) {
    METRICS.device.with_label_values(&[device]).set(1);
}

/// Counts a try to tell a webhook: `delivered`, `failed`, `gone`, or `expired` for an event that was kept no
/// longer.
pub fn webhook_told(outcome: &'static str, events: u64) {
    METRICS.webhook_deliveries.with_label_values(&[outcome]).inc_by(events);
}

/// Sets how many events wait for webhooks, and how many webhooks are parked.
pub fn webhooks(pending: u64, parked: u64) {
    const NONE: &[&str] = &[];
    METRICS.webhook_pending.with_label_values(NONE).set(i64::try_from(pending).unwrap_or(i64::MAX));
    METRICS.webhooks_parked.with_label_values(NONE).set(i64::try_from(parked).unwrap_or(i64::MAX));
}

/// Observes how long it took to bring a gallery in step, read anew as a whole or by what changed.
pub fn gallery_synced(is_whole: bool, took: Duration) {
    let what = if is_whole { "whole" } else { "changes" };
    METRICS.gallery_seconds.with_label_values(&[what]).observe(took.as_secs_f64());
}

/// Sets how many faces of galleries this worker keeps in memory.
pub fn gallery_faces(faces: usize) {
    const NONE: &[&str] = &[];
    METRICS.gallery_faces.with_label_values(NONE).set(i64::try_from(faces).unwrap_or(i64::MAX));
}

/// All metrics in the text format of Prometheus.
#[must_use]
pub fn render() -> String {
    let mut text = Vec::new();
    TextEncoder::new().encode(&METRICS.registry.gather(), &mut text).expect("writing to memory cannot fail");
    String::from_utf8(text).expect("the text format is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_rendered() {
        job_submitted(Lane::Bulk);
        queue_jobs(Lane::Bulk, State::Waiting, 3);
        let text = render();
        assert!(text.contains("gradphoto_jobs_submitted_total{lane=\"bulk\"} 1"), "{text}");
        assert!(text.contains("gradphoto_queue_jobs{lane=\"bulk\",state=\"waiting\"} 3"), "{text}");
    }
}
