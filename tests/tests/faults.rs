//! What breaks around the queue, with real processes under load: whatever was accepted is settled, the
//! reader sees nothing twice, and it goes on by itself. Each test prints what happened and how long the
//! queue took to settle everything that was accepted before the fault was over.

use std::time::Duration;

use gradphoto_tests::ledger::Sum;

#[path = "faults/kill.rs"]
mod kill;
#[path = "faults/pause.rs"]
mod pause;
#[path = "faults/storm.rs"]
mod storm;
#[path = "faults/wires.rs"]
mod wires;

/// One line about a fault.
fn report(fault: &str, sum: &Sum, recovered: &[Duration]) {
    let times: Vec<_> = recovered.iter().map(|time| format!("{:.1}", time.as_secs_f64())).collect();
    println!("{fault:<36} {sum}  recovered in {} s", times.join(" "));
}
