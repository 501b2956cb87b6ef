//! Every script: one for each change of state. A script's file begins with its keys, arguments and result;
//! what all have in common stands in `lua/house.lua`.

use std::sync::LazyLock;

use redis::ToRedisArgs;

/// A script, known to Redis by the SHA-1 of its text.
pub(super) struct Script(LazyLock<redis::Script>);

macro_rules! scripts {
    ($($name:ident $file:literal [$($part:literal),*])*) => {
        $(
            pub(super) static $name: Script = Script(LazyLock::new(|| {
                redis::Script::new(&joined(include_str!(concat!("lua/", $file)), &[$(include_str!(concat!("lua/", $part))),*]))
            }));
        )*

        #[cfg(test)]
        const ALL: &[(&str, &Script, &str)] = &[$(($file, &$name, include_str!(concat!("lua/", $file)))),*];
    };
}

scripts! {
    SUBMIT "submit.lua" ["house.lua", "queue.lua", "gallery.lua"]
    LOOK "look.lua" ["house.lua"]
    TAKE "take.lua" ["house.lua", "forget.lua", "settle.lua"]
    EXTEND "extend.lua" ["house.lua"]
    FINISH "finish.lua" ["house.lua", "queue.lua", "forget.lua", "settle.lua"]
    BURY "bury.lua" ["house.lua", "forget.lua", "settle.lua"]
    RETRY "retry.lua" ["house.lua"]
    GIVE_BACK "give_back.lua" ["house.lua", "queue.lua"]
    CANCEL "cancel.lua" ["house.lua", "forget.lua", "settle.lua"]
    RECLAIM "reclaim.lua" ["house.lua", "queue.lua", "forget.lua", "settle.lua"]
    FORWARD "forward.lua" ["house.lua", "queue.lua", "forget.lua", "settle.lua"]
    GAUGE "gauge.lua" ["house.lua"]
    SWEEP "sweep.lua" ["house.lua", "forget.lua"]
    SHOW "show.lua" ["house.lua"]
    PAGE "page.lua" ["house.lua", "event.lua"]
    READER_BEGIN "reader_begin.lua" ["house.lua"]
    READER_TAKE "reader_take.lua" ["house.lua", "event.lua"]
    READER_ACK "reader_ack.lua" ["house.lua"]
    READER_DELAY "reader_delay.lua" ["house.lua"]
    READER_WAKE "reader_wake.lua" ["house.lua"]
    READER_LIST "reader_list.lua" ["house.lua"]
    READER_DROP "reader_drop.lua" ["house.lua"]
    HOOK_PUT "hook_put.lua" []
    HOOK_MARK "hook_mark.lua" []
    SESSION_CREATE "session_create.lua" ["house.lua"]
    SESSION_MOVE "session_move.lua" ["house.lua"]
    SESSION_STANDARD "session_standard.lua" ["house.lua"]
    PAUSE "pause.lua" ["house.lua"]
    RESUME "resume.lua" ["house.lua"]
    PAUSED "paused.lua" ["house.lua"]
    WITHDRAW "withdraw.lua" ["house.lua", "gallery.lua"]
    CANCEL_MANY "cancel_many.lua" ["house.lua", "forget.lua", "settle.lua"]
    DEAD_PAGE "dead_page.lua" ["house.lua"]
    REPLAY "replay.lua" ["house.lua", "queue.lua", "forget.lua", "settle.lua"]
    DROP "drop.lua" ["house.lua"]
    SEAL "seal.lua" ["house.lua", "forget.lua", "settle.lua"]
    RATE "rate.lua" []
    RETAIN "retain.lua" ["house.lua"]
    OVERDUE "overdue.lua" ["house.lua"]
    ERASE_BEGIN "erase_begin.lua" ["house.lua", "gallery.lua"]
    ERASE_SETTLED "erase_settled.lua" ["house.lua"]
    ERASE_END "erase_end.lua" ["house.lua", "gallery.lua"]
    ENROL "enrol.lua" ["house.lua", "gallery.lua"]
    GALLERY_CHANGES "gallery_changes.lua" ["house.lua", "gallery.lua"]
    GALLERY_SHOW "gallery_show.lua" ["house.lua", "gallery.lua"]
    GALLERY_REMOVE "gallery_remove.lua" ["house.lua", "gallery.lua"]
    DOUBLES_NOTE "doubles_note.lua" ["house.lua", "gallery.lua"]
    DOUBLES_LIST "doubles_list.lua" ["house.lua", "gallery.lua"]
    SEARCH_FINISH "search_finish.lua" ["house.lua", "forget.lua", "settle.lua", "gallery.lua"]
    SEARCHES "searches.lua" ["house.lua", "gallery.lua"]
    WORKER_BEAT "worker_beat.lua" []
    WORKER_LIST "worker_list.lua" []
    WORKER_DRAIN "worker_drain.lua" []
    WORKER_FORGET "worker_forget.lua" []
}

/// The submit script as Redis takes it, for callers that enqueue by themselves: its header stands behind the
/// shared parts.
#[must_use]
pub fn submit_script() -> String {
    joined(
        include_str!("lua/submit.lua"),
        &[include_str!("lua/house.lua"), include_str!("lua/queue.lua"), include_str!("lua/gallery.lua")],
    )
}

/// Puts shared parts between a script's first line, which tells Redis its flags, and the rest.
fn joined(text: &str, parts: &[&str]) -> String {
    let (flags, body) = text.split_once('\n').expect("a script of ours has more than one line");
    [&[flags], parts, &[body]].concat().join("\n")
}

impl Script {
    /// A call that `key` routes, without arguments yet.
    pub(super) fn call(&'static self, key: String) -> ScriptCall {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.0.get_hash()).arg(1).arg(key);
        ScriptCall { script: self, command }
    }
}

/// One call of a script: everything it touches lies in one shard.
pub(super) struct ScriptCall {
    script: &'static Script,
    command: redis::Cmd,
}

impl ScriptCall {
    /// Adds an argument.
    pub(super) fn argument(mut self, argument: impl ToRedisArgs) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub(super) fn arguments(self, arguments: impl IntoIterator<Item = impl ToRedisArgs>) -> Self {
        arguments.into_iter().fold(self, ScriptCall::argument)
    }

    /// The command that runs the script by its hash.
    pub(super) fn command(&self) -> redis::Cmd {
        self.command.clone()
    }

    /// The script itself, for a Redis that lost it.
    pub(super) fn script(&self) -> &'static redis::Script {
        &self.script.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_of_their_own_run_the_same_script() {
        assert_eq!(redis::Script::new(&submit_script()).get_hash(), SUBMIT.0.get_hash());
    }

    #[test]
    fn every_script_tells_its_flags_keys_and_result_first() {
        for (file, script, text) in ALL {
            let header: Vec<_> =
                text.lines().take_while(|line| line.starts_with("--") || line.starts_with("#!")).collect();
            let header = header.join("\n");
            assert!(header.starts_with("#!lua"), "{file} lets Redis run it half when memory is out");
            assert!(header.contains("-- KEYS"), "{file} does not tell its keys");
            assert!(header.contains("-- Result"), "{file} does not tell its result");
            let takes = text.contains("ARGV[9]") || text.contains("ARGV[FIRST");
            assert!(header.contains("ARGV[9]") || !takes, "{file} does not tell its arguments");
            assert_eq!(script.0.get_hash().len(), 40);
        }
    }
}
