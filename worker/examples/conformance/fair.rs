//! Whether a rule finds more in one group of people than in others than chance would.

/// What a rule found in a group: persons told so, of how many.
pub(crate) type Count = (usize, usize);

/// The group that is told so most often, against all others together.
pub(crate) struct Most {
    /// Its place among the groups.
    pub(crate) group: usize,
    /// How many times as often as the others; infinite where it is the only one.
    pub(crate) times: f64,
    /// How likely chance alone lets some group stand out so: Fisher's exact test, one-sided, times the number of groups,
    /// since any of them might have been the one.
    pub(crate) chance: f64,
}

/// `None` where nobody is told so, or where there is one group only.
pub(crate) fn most(counts: &[Count]) -> Option<Most> {
    let (told, persons) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    let rate = |(told, persons): Count| told as f64 / persons.max(1) as f64;
    let group = (0..counts.len()).max_by(|&one, &other| rate(counts[one]).total_cmp(&rate(counts[other])))?;
    let own = counts[group];
    let times = rate(own) / rate((told - own.0, persons - own.1));
    let chance = (at_least(own.0, own.1, told, persons) * counts.len() as f64).min(1.0);
    (told > 0 && own.1 < persons).then_some(Most { group, times, chance })
}

/// From how many persons on a rule that tells only people of a group of `own` of all `persons` stands out among
/// `groups`, at a chance of 0.05.
pub(crate) fn enough(own: usize, persons: usize, groups: usize) -> Option<usize> {
    (1..=own).find(|&told| at_least(told, own, told, persons) * (groups as f64) < 0.05)
}

/// The chance that of `told` persons among all, drawn blindly, at least `own_told` are among `own` of them.
fn at_least(own_told: usize, own: usize, told: usize, persons: usize) -> f64 {
    let ways = |part: usize| choose(own, part) * choose(persons - own, told - part);
    (own_told..=own.min(told)).map(ways).sum::<f64>() / choose(persons, told)
}

/// In how many ways `part` can be chosen of `whole`.
fn choose(whole: usize, part: usize) -> f64 {
    if part > whole {
        return 0.0;
    }
    (0..part).map(|at| (whole - at) as f64 / (at + 1) as f64).product()
}
