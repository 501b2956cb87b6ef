//! Every script: one for each change of state. A script's file begins with its keys, arguments and result.

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
    SUBMIT "submit.lua" []
    WAITING "waiting.lua" []
    TAKE "take.lua" ["record.lua"]
    EXTEND "extend.lua" ["record.lua"]
    FINISH "finish.lua" ["record.lua", "settle.lua"]
    BURY "bury.lua" ["record.lua", "settle.lua"]
    RETRY "retry.lua" ["record.lua"]
    GIVE_BACK "give_back.lua" ["record.lua"]
    LEAVE "leave.lua" []
    RECLAIM "reclaim.lua" ["record.lua", "settle.lua"]
    FORWARD "forward.lua" ["record.lua"]
    GAUGE "gauge.lua" ["record.lua"]
    SWEEP "sweep.lua" ["record.lua"]
    SESSION_CREATE "session_create.lua" []
    SESSION_MOVE "session_move.lua" []
}

/// Puts shared parts between a script's first line, which tells Redis its flags, and the rest.
fn joined(text: &str, parts: &[&str]) -> String {
    let (flags, body) = text.split_once('\n').expect("a script of ours has more than one line");
    [&[flags], parts, &[body]].concat().join("\n")
}

impl Script {
    /// A call without keys and arguments yet.
    pub(super) fn call(&'static self) -> ScriptCall {
        ScriptCall { script: self, keys: Vec::new(), arguments: Vec::new() }
    }
}

/// One call of a script: all its keys lie in one shard.
pub(super) struct ScriptCall {
    script: &'static Script,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl ScriptCall {
    /// Adds a key.
    pub(super) fn key(mut self, key: String) -> Self {
        self.keys.push(key);
        self
    }

    /// Adds keys.
    pub(super) fn keys(mut self, keys: impl IntoIterator<Item = String>) -> Self {
        self.keys.extend(keys);
        self
    }

    /// Adds an argument.
    pub(super) fn argument(mut self, argument: impl ToRedisArgs) -> Self {
        argument.write_redis_args(&mut self.arguments);
        self
    }

    /// Adds arguments.
    pub(super) fn arguments(self, arguments: impl IntoIterator<Item = impl ToRedisArgs>) -> Self {
        arguments.into_iter().fold(self, ScriptCall::argument)
    }

    /// The command that runs the script by its hash.
    pub(super) fn command(&self) -> redis::Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.script.0.get_hash()).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        command
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
    fn every_script_tells_its_flags_keys_and_result_first() {
        for (file, script, text) in ALL {
            let header: Vec<_> =
                text.lines().take_while(|line| line.starts_with("--") || line.starts_with("#!")).collect();
            let header = header.join("\n");
            assert!(header.starts_with("#!lua"), "{file} lets Redis run it half when memory is out");
            assert!(header.contains("-- KEYS"), "{file} does not tell its keys");
            assert!(header.contains("-- Result"), "{file} does not tell its result");
            assert!(header.contains("ARGV[1]") || !text.contains("ARGV["), "{file} does not tell its arguments");
            assert_eq!(script.0.get_hash().len(), 40);
        }
    }
}
