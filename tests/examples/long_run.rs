//! Lets everything around the queue break at random for a long time and checks the ledger at the end.
//!
//! `cargo build --workspace --all-targets`, then `cargo run --example long_run [SEED] [MINUTES] [always|everysec]`.

use std::time::Duration;

use gradphoto_tests::desk::Load;
use gradphoto_tests::redis::Durability;
use gradphoto_tests::storm::Storm;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let seed: u64 = words.next().map_or(Ok(1), |word| word.parse())?;
    let minutes: f64 = words.next().map_or(Ok(20.0), |word| word.parse())?;
    let durability = match words.next().as_deref() {
        None | Some("always") => Durability::Always,
        Some("everysec") => Durability::EverySecond,
        Some(word) => return Err(format!("redis syncs always or everysec, not {word}").into()),
    };
    let load = Load { per_second: 200, killer_in: 20_000, seed, ..Load::STEADY };
    let storm = Storm { seed, time: Duration::from_secs_f64(minutes * 60.0), durability, load };
    println!("{storm:?}");
    println!("{}", storm.rage().await);
    Ok(())
}
