//! Claims of many shards in calls of one shard each, and their answers back in order.

use std::collections::{BTreeMap, HashSet};

use redis::Value;

use super::answer;
use super::take::Claim;
use crate::Result;
use crate::lane::Shard;

/// Most claims in one call of a script: Redis serves nobody else meanwhile, so it stays near 2 ms.
const CLAIMS_BATCH: usize = 200;

/// Places of `items` grouped by shard, as calls of a script need them: no job stands twice in a call.
pub(super) fn by_shard<T>(items: &[T], claim: impl Fn(&T) -> Claim) -> Vec<Vec<usize>> {
    let mut shards: BTreeMap<Shard, Vec<usize>> = BTreeMap::new();
    let (mut seen, mut repeats) = (HashSet::with_capacity(items.len()), Vec::new());
    for (index, item) in items.iter().enumerate() {
        let job = claim(item).job;
        if seen.insert(job) {
            shards.entry(job.shard).or_default().push(index);
        } else {
            repeats.push(vec![index]);
        }
    }
    let batches = shards.values().flat_map(|places| places.chunks(CLAIMS_BATCH));
    batches.map(<[usize]>::to_vec).chain(repeats).collect()
}

/// Brings the answers of grouped calls, one yes or no for each claim and none where all are yes, to the claims'
/// places.
///
/// # Errors
/// [`crate::Error::RedisAnswer`] when a call answers for another number of claims.
pub(super) fn in_order(ordered: &mut [bool], groups: &[Vec<usize>], answer: Vec<Value>) -> Result<()> {
    for (group, value) in groups.iter().zip(answer) {
        let answers: Vec<bool> = answer::one(value)?;
        if !answers.is_empty() && answers.len() != group.len() {
            return Err(answer::unexpected("a count of answers"));
        }
        for (place, index) in group.iter().enumerate() {
            ordered[*index] = answers.get(place).is_none_or(|yes| *yes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::JobId;
    use crate::lane::Lane;

    #[test]
    fn answers_come_back_in_the_order_of_the_claims() {
        let claims: Vec<_> = (0..1000_u16)
            .map(|number| {
                let shard = Shard(u8::try_from(number % 3).unwrap());
                Claim { job: JobId::new(shard), lane: Lane::Bulk, fence: u32::from(number) }
            })
            .collect();
        let groups = by_shard(&claims, |claim| *claim);
        assert!(groups.iter().all(|group| group.len() <= CLAIMS_BATCH));
        let is_yes = |index: usize| index.is_multiple_of(7);
        let answers = groups.iter().map(|group| {
            assert!(group.iter().all(|index| claims[*index].job.shard == claims[group[0]].job.shard));
            Value::Array(group.iter().map(|index| Value::Int(i64::from(is_yes(*index)))).collect())
        });
        let mut ordered = vec![false; claims.len()];
        in_order(&mut ordered, &groups, answers.collect()).unwrap();
        assert!(ordered.iter().enumerate().all(|(index, yes)| *yes == is_yes(index)));
        let mut both = [false; 2];
        assert!(in_order(&mut both, &[vec![0, 1]], vec![Value::Array(vec![Value::Int(1)])]).is_err());
        in_order(&mut both, &[vec![1, 0]], vec![Value::Array(Vec::new())]).unwrap();
        assert_eq!(both, [true, true]);
    }

    #[test]
    fn a_job_stands_once_in_a_call() {
        let claim = |shard| Claim { job: JobId::new(Shard(shard)), lane: Lane::Bulk, fence: 1 };
        let (one, other) = (claim(1), claim(2));
        assert_eq!(by_shard(&[one, other, one, one], |claim| *claim), [vec![0], vec![1], vec![2], vec![3]]);
    }
}
