//! The slot of a command: commands of one slot go to one server of a cluster.

use crc16::{State, XMODEM};
use redis::{Arg, Cmd};

/// Slots of every cluster; part of Redis' protocol.
pub(super) const SLOTS: u16 = 16384;

/// The slot of the command's keys, which all lie in one shard; none where it has no key. A key is known by
/// its beginning, `PREFIX:{`.
pub(super) fn slot_of(command: &Cmd, prefix: &str) -> Option<u16> {
    command.args_iter().find_map(|argument| match argument {
        Arg::Simple(bytes) => tag_of(bytes, prefix).map(|tag| State::<XMODEM>::calculate(tag) % SLOTS),
        _ => None,
    })
}

/// What stands in the braces of a key.
fn tag_of<'a>(argument: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let rest = argument.strip_prefix(prefix.as_bytes())?.strip_prefix(b":{")?;
    rest.iter().position(|byte| *byte == b'}').map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_the_slot_of_its_first_key() {
        // The numbers are what CLUSTER KEYSLOT answers.
        let cases: [(&[&str], Option<u16>); 5] = [
            (&["GET", "gp:{0}:x"], Some(13907)),
            (&["EVALSHA", "abc", "1", "gp:{0}:y", "gp:{1}:z"], Some(13907)),
            (&["XREADGROUP", "GROUP", "g", "c", "STREAMS", "gp:{15}:s", ">"], Some(4178)),
            (&["INFO", "server"], None),
            (&["GET", "other:{0}:x"], None),
        ];
        for (words, expected) in cases {
            let mut command = redis::cmd(words[0]);
            command.arg(&words[1..]);
            assert_eq!(slot_of(&command, "gp"), expected, "{words:?}");
        }
    }
}
