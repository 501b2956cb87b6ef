//! Sessions' galleries as this worker knows them: kept in step with Redis, asked when a face was seen.
//!
//! [`crate::face`] decides and knows no queue; this is the door around it. Whoever is shown is looked up once more
//! in the step that settles the job, so an answer never shows somebody who left meanwhile.

mod cache;
mod enrol;
mod look;
mod neighbours;
mod shelf;

use std::time::Duration;

use gradphoto_shared::face::Face;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::{Class, Result};

pub(crate) use self::cache::Galleries;
pub(crate) use self::neighbours::Neighbours;

use crate::outage::Outage;
use crate::ticket::Ticket;

/// What was seen on a photo: the face, or why it cannot be compared, most important first.
pub(crate) type Seen = std::result::Result<Face, Vec<ReasonCode>>;

/// Calls until there is an answer or an error that would come again; nothing once the job is not ours any more.
async fn patiently<T, Called>(
    ticket: &Ticket,
    what: &'static str,
    mut call: impl FnMut() -> Called,
) -> Result<Option<T>>
where
    Called: Future<Output = Result<T>>,
{
    let mut outage = Outage::new(what);
    loop {
        let pause: Duration = match call().await {
            Err(error) if error.class() == Class::Retry => outage.failed(&error),
            answer => {
                outage.over();
                return answer.map(Some);
            }
        };
        if ticket.lost().run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(None);
        }
    }
}
