//! Commands of one round trip, taken apart by the server that serves them, and their answers in order.

use std::collections::BTreeMap;

use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};

use super::node::Answers;

/// A command and the slot of its keys.
pub(super) struct Sent {
    /// None where any server will do.
    pub(super) slot: Option<u16>,
    /// The command.
    pub(super) command: Cmd,
}

/// The commands of one slot.
pub(super) struct Part {
    /// Their slot.
    pub(super) slot: Option<u16>,
    /// Their places among all commands.
    pub(super) places: Vec<usize>,
    /// Themselves.
    pub(super) pipeline: Pipeline,
}

impl Part {
    /// Takes commands apart by slot; all stay together where there is one server.
    pub(super) fn split(commands: Vec<Sent>, is_cluster: bool) -> Vec<Self> {
        let mut parts: BTreeMap<Option<u16>, Self> = BTreeMap::new();
        for (place, sent) in commands.into_iter().enumerate() {
            let slot = sent.slot.filter(|_| is_cluster);
            let part = parts.entry(slot).or_insert_with(|| Self { slot, places: Vec::new(), pipeline: new_pipeline() });
            part.places.push(place);
            part.pipeline.add_command(sent.command);
        }
        parts.into_values().collect()
    }

    /// Some of the commands once more.
    pub(super) fn again(&self, indexes: &[usize]) -> Self {
        let mut pipeline = new_pipeline();
        for index in indexes {
            if let Some(command) = self.pipeline.cmd_iter().nth(*index) {
                pipeline.add_command(command.clone());
            }
        }
        Self { slot: self.slot, places: indexes.to_vec(), pipeline }
    }
}

/// Brings the parts' answers into the commands' order; a part that failed fails for each of its commands.
pub(super) fn joined(count: usize, parts: &[Part], answers: Vec<RedisResult<Answers>>) -> Answers {
    let mut ordered: Vec<_> = (0..count).map(|_| Err(missing())).collect();
    for (part, answers) in parts.iter().zip(answers) {
        match answers {
            Ok(answers) => put(&mut ordered, &part.places, answers),
            Err(cause) => part.places.iter().for_each(|place| ordered[*place] = Err(cause.clone())),
        }
    }
    ordered
}

/// Puts answers to their places.
pub(super) fn put(ordered: &mut [RedisResult<Value>], places: &[usize], answers: Answers) {
    for (place, answer) in places.iter().zip(answers) {
        ordered[*place] = answer;
    }
}

fn new_pipeline() -> Pipeline {
    let mut pipeline = redis::pipe();
    pipeline.ignore_errors();
    pipeline
}

fn missing() -> RedisError {
    (redis::ErrorKind::UnexpectedReturnType, "fewer answers than commands").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(slots: &[Option<u16>]) -> Vec<Sent> {
        let command = |number: usize| redis::cmd("ECHO").arg(number).clone();
        slots.iter().enumerate().map(|(number, slot)| Sent { slot: *slot, command: command(number) }).collect()
    }

    #[test]
    fn commands_are_taken_apart_by_slot_in_a_cluster_only() {
        let slots = [Some(7), None, Some(3), Some(7)];
        let places = |parts: &[Part]| parts.iter().map(|part| part.places.clone()).collect::<Vec<_>>();
        assert_eq!(places(&Part::split(commands(&slots), false)), [[0, 1, 2, 3]]);
        assert_eq!(places(&Part::split(commands(&slots), true)), [vec![1], vec![2], vec![0, 3]]);
    }

    #[test]
    fn answers_come_back_in_the_order_of_the_commands_and_a_failed_part_fails_alone() {
        let parts = Part::split(commands(&[Some(7), None, Some(3), Some(7)]), true);
        let lost = RedisError::from((redis::ErrorKind::Io, "lost"));
        let number = |number| Ok(Value::Int(number));
        let answers = joined(4, &parts, vec![Ok(vec![number(1)]), Err(lost), Ok(vec![number(0), number(3)])]);
        assert_eq!(answers[0], number(0));
        assert_eq!(answers[1], number(1));
        assert!(answers[2].as_ref().is_err_and(RedisError::is_io_error));
        assert_eq!(answers[3], number(3));
    }

    #[test]
    fn a_part_repeats_only_the_commands_that_are_asked_for() {
        let parts = Part::split(commands(&[None; 4]), true);
        let again = parts[0].again(&[1, 3]);
        let packed = String::from_utf8(again.pipeline.get_packed_pipeline()).unwrap();
        assert_eq!(packed, "*2\r\n$4\r\nECHO\r\n$1\r\n1\r\n*2\r\n$4\r\nECHO\r\n$1\r\n3\r\n");
    }
}
