//! The server: starts its parts, stops them in reverse.

use std::sync::Arc;

use gradphoto_shared::seal::Seals;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::Store;
use gradphoto_shared::{Error, Result, listen};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::admit::Admission;
use crate::api::{self, App};
use crate::config::ServeConfig;
use crate::keeper;
use crate::webhook::Webhooks;

/// Takes the address that `config` names.
///
/// # Errors
/// [`Error::Io`] when it is taken or not ours.
pub async fn bind(config: &ServeConfig) -> Result<TcpListener> {
    let failed = |cause| Error::io(format!("listen on {}", config.listen), cause);
    TcpListener::bind(config.listen).await.map_err(failed)
}

/// Serves until `shutdown`: then takes no more connections, lets long polls answer at once, finishes the
/// requests in flight and ends the keeper's loops.
///
/// # Errors
/// [`Error::Config`] when Redis is too old or its address cannot be read, [`Error::Io`] from the listener.
pub async fn run(config: ServeConfig, listener: TcpListener, shutdown: Shutdown) -> Result<()> {
    let store = Store::connect_with(&config.redis, config.limits).await?;
    greet(&store).await?;
    let mut loops = keeper::start(&store, &config.blobs, config.keeper, &shutdown);
    let seals = Seals::new(config.blobs.clone());
    let webhooks = Arc::new(Webhooks::new(config.webhooks)?);
    if webhooks.is_on() {
        loops.spawn(keeper::webhook::keep(store.clone(), Arc::clone(&webhooks), seals.clone(), shutdown.clone()));
    }
    let app = App {
        admission: Admission {
            store,
            blobs: config.blobs,
            shards: config.redis.shards,
            rate: config.rate,
            searches: config.searches,
        },
        access: config.access,
        webhooks,
        photo_bytes_max: config.photo_bytes_max,
        upload_memory: Arc::new(Semaphore::new(config.upload_kib as usize)),
        streams: Arc::new(Semaphore::new(api::STREAMS_MAX)),
        exports: Arc::new(Semaphore::new(api::EXPORTS_MAX)),
        seals,
        request_timeout: config.request_timeout,
        shutdown: shutdown.clone(),
    };
    let address = listener.local_addr().map_err(|cause| Error::io("ask for the listener's address", cause))?;
    tracing::info!(%address, "listening");
    let overtime = async {
        shutdown.cancelled().await;
        tracing::info!("stopping: requests in flight are finished");
        tokio::time::sleep(config.drain).await;
    };
    tokio::select! {
        () = listen::serve(listener, TowerToHyperService::new(api::router(Arc::new(app))), listen::HEAD, &shutdown) => {}
        () = overtime => tracing::warn!("requests were still in flight at the end of the drain time"),
    }
    shutdown.cancel();
    while loops.join_next().await.is_some() {}
    tracing::info!("stopped");
    Ok(())
}

/// Says at once when Redis is away; the server starts all the same, and `/readyz` says no meanwhile.
async fn greet(store: &Store) -> Result<()> {
    match store.ping().await {
        Ok(()) => Ok(()),
        Err(error @ Error::Config(_)) => Err(error),
        Err(error) => {
            tracing::error!(code = error.code(), cause = %error, "redis does not answer yet, goes on trying");
            Ok(())
        }
    }
}
