//! The store against a private Redis: what each verb promises, and what outages must not break.

#[path = "store/chaos.rs"]
mod chaos;
#[path = "store/claims.rs"]
mod claims;
#[path = "store/control.rs"]
mod control;
#[path = "store/dead.rs"]
mod dead;
#[path = "store/doubles.rs"]
mod doubles;
#[path = "store/flow.rs"]
mod flow;
#[path = "store/gallery.rs"]
mod gallery;
#[path = "store/keep.rs"]
mod keep;
#[path = "store/model.rs"]
mod model;
#[path = "store/outage.rs"]
mod outage;
#[path = "store/send.rs"]
mod send;
#[path = "store/setting.rs"]
mod setting;
#[path = "store/take.rs"]
mod take;
#[path = "store/told.rs"]
mod told;
#[path = "store/workers.rs"]
mod workers;
