//! Everything on one machine, in one supervised command: Redis, a dispatcher, workers.

mod home;
mod part;
mod plan;

use std::path::Path;
use std::time::{Duration, Instant};

use gradphoto_shared::config::RedisConfig;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::Store;
use gradphoto_shared::{Error, Result};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::config::ServerArgs;
use home::Home;
use part::Part;
use plan::Parts;
pub(crate) use plan::Plan;

/// Longest wait until a part is ready: loading and warming models takes seconds, on a busy small machine
/// up to a minute.
const READY_PATIENCE: Duration = Duration::from_secs(180);

/// Pause between looks whether a part is ready.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Parts that start and stop together.
struct Group {
    stop: Shutdown,
    parts: JoinSet<Result<()>>,
}

impl Group {
    fn start(parts: impl IntoIterator<Item = Part>) -> Self {
        let stop = Shutdown::new();
        let mut group = JoinSet::new();
        for part in parts {
            let stop = stop.clone();
            group.spawn(async move { part.keep(&stop).await });
        }
        Self { stop, parts: group }
    }

    /// Answers only when a part cannot be kept alive.
    async fn failed(&mut self) -> Error {
        match self.parts.join_next().await {
            Some(Ok(Err(error))) => error,
            _ => Error::Broken { stage: "supervisor" },
        }
    }

    async fn stop(mut self) {
        self.stop.cancel();
        while self.parts.join_next().await.is_some() {}
    }
}

/// Runs until `shutdown`, or until a part cannot be kept alive. `print` gets the addresses once all is ready.
///
/// # Errors
/// [`Error::Config`] when another one runs in the same home, a program is missing, or a part dies at once
/// again and again; [`Error::Io`].
pub(crate) async fn run(
    plan: Plan,
    home: &Path,
    shutdown: &Shutdown,
    print: &dyn Fn(&str) -> Result<()>,
) -> Result<()> {
    let home = Home::lock(home)?;
    home.wait_for_leftovers().await?;
    let parts = plan.parts(&home)?;
    let began = Instant::now();
    let mut groups = Vec::new();
    let done = tokio::select! {
        done = raise(&parts, &mut groups) => done,
        () = shutdown.cancelled() => Ok(()),
    };
    let done = match done {
        Ok(()) if !shutdown.is_cancelled() => {
            let greeting = parts.greeting(&home, began.elapsed());
            match print(&greeting) {
                Ok(()) => watch(&mut groups, shutdown).await,
                failed => failed,
            }
        }
        done => done,
    };
    // In reverse: workers hand back what they hold while Redis still listens.
    while let Some(group) = groups.pop() {
        group.stop().await;
    }
    done
}

/// Starts group after group, each once the one before is ready.
async fn raise(parts: &Parts, groups: &mut Vec<Group>) -> Result<()> {
    groups.push(Group::start([parts.redis.clone()]));
    let store = Store::connect(&parts.redis_config).await?;
    until_ready(groups, "redis", || async { store.ping().await.is_ok() }).await?;
    groups.push(Group::start([parts.dispatcher.clone()]));
    until_ready(groups, "dispatcher", || is_ready(parts.api_url())).await?;
    groups.push(Group::start(parts.workers.iter().map(|(worker, _)| worker.clone())));
    for (worker, address) in &parts.workers {
        until_ready(groups, worker.name(), || is_ready(format!("http://{address}"))).await?;
    }
    Ok(())
}

async fn is_ready(url: String) -> bool {
    match Client::new(&ServerArgs { url, key: None }) {
        Ok(client) => client.ready().await.is_ok(),
        Err(_) => false,
    }
}

async fn until_ready<Asked: Future<Output = bool>>(
    groups: &mut [Group],
    name: &str,
    ready: impl Fn() -> Asked,
) -> Result<()> {
    let asked = async {
        while !ready().await {
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    };
    let newest = groups.last_mut().expect("a group was just started");
    tokio::select! {
        error = newest.failed() => Err(error),
        ready = tokio::time::timeout(READY_PATIENCE, asked) => {
            ready.map_err(|_| Error::Config(format!("{name} is not ready after {} s", READY_PATIENCE.as_secs())))
        }
    }
}

async fn watch(groups: &mut [Group], shutdown: &Shutdown) -> Result<()> {
    let failures = groups.iter_mut().map(|group| Box::pin(group.failed()));
    tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        (error, _, _) = futures::future::select_all(failures) => Err(error),
    }
}

/// Settings for a store on the private Redis.
fn redis_config(url: &str) -> Result<RedisConfig> {
    use clap::Parser;
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        redis: gradphoto_shared::config::RedisArgs,
    }
    let line = Line::try_parse_from(["dev", "--redis", url]).map_err(|cause| Error::Config(cause.to_string()))?;
    line.redis.check()
}
