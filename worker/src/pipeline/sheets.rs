//! An order's way: one stage, no models.

use gradphoto_shared::layout::LayoutFault;
use gradphoto_shared::{Error, Result};

use super::Product;
use super::run::{Leave, Run};
use crate::layout::{Bundle, Halt, Laid};
use crate::stage::Stop;

/// The answer to `layout`, with the sheets still in memory.
#[derive(Clone, Debug)]
pub enum LayoutProduct {
    /// The sheets.
    Finished(Laid),
    /// Refused, because of the order.
    Refused(LayoutFault),
}

/// Draws an order's sheets; `None` once `go_on` says no.
///
/// # Errors
/// When the work could not be done; an order at fault is an answer.
pub(crate) fn draw(bundle: &Bundle, go_on: &dyn Fn() -> bool) -> Result<Option<Product>> {
    let mut run = Run::new(go_on);
    let drawn = run.stage("layout", || match bundle.draw(go_on) {
        Ok(laid) => Ok(Some(LayoutProduct::Finished(laid))),
        Err(Halt::Refused(fault)) => Ok(Some(LayoutProduct::Refused(fault))),
        Err(Halt::Stopped) => Ok(None),
        Err(Halt::Failed(error)) => Err(Stop::Failed(error)),
    });
    match drawn {
        Ok(Some(layout)) => Ok(Some(Product { layout: Some(layout), stages: run.stages, ..Product::default() })),
        Ok(None) | Err(Leave::Stopped) => Ok(None),
        Err(Leave::Because(Stop::Failed(error))) => Err(error),
        Err(Leave::Because(Stop::Refused(_))) => Err(Error::Broken { stage: "layout" }),
    }
}
