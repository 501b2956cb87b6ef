//! What breaks around the queue, with real processes under load: whatever was accepted is settled, the
//! reader sees nothing twice, and it goes on by itself. Each test prints what happened and how long the
//! queue took to settle everything that was accepted before the fault was over.

use std::time::Duration;

use gradphoto_tests::ledger::Sum;

#[path = "faults/clock.rs"]
mod clock;
#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/kill.rs"]
mod kill;
#[path = "faults/pause.rs"]
mod pause;
#[path = "faults/storm.rs"]
mod storm;
#[path = "faults/wires.rs"]
mod wires;

/// What a dispatcher logs about the job of a worker that is gone.
const RETURNED: &str = "worker went silent, the job waits again";

/// One line about a fault.
fn report(fault: &str, sum: &Sum, recovered: &[Duration]) {
    let times: Vec<_> = recovered.iter().map(|time| format!("{:.1}", time.as_secs_f64())).collect();
    println!("{fault:<36} {sum}  recovered in {} s", times.join(" "));
}
