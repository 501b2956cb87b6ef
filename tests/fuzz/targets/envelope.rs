//! The envelope of a job: what is read and written again is the same job.

#![no_main]

use gradphoto_fuzz::end_at_own_panics;
use gradphoto_shared::wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: end_at_own_panics(), |text: &str| {
    if let Ok(job) = wire::decode(text) {
        let again = wire::decode(&wire::encode(&job)).expect("an envelope of our own is lawful");
        assert_eq!(again, job);
    }
});
