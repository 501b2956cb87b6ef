//! Pairs of the set `same_shot`.

use std::collections::BTreeMap;

use gradphoto_tests::photos::photos;
use gradphoto_worker::face::shot::{Comparison, Likeness, compare};

use crate::faces::Faces;
use crate::rates::{range, share};

/// A pair with what the set says of it.
struct Pair {
    files: [String; 2],
    is_same: bool,
    kind: String,
}

/// A pair and how its photos compare; nothing where a face is absent.
type Compared = (Pair, Option<Comparison>);

/// Prints how pairs were taken, and those that were taken wrongly.
pub(crate) fn report(faces: &Faces) {
    let mut kinds: BTreeMap<(bool, String), Vec<Compared>> = BTreeMap::new();
    for pair in pairs(faces.set) {
        let [one, other] = [0, 1].map(|at| faces.face(&pair.files[at]));
        let compared = one.zip(other).map(|(one, other)| compare(one, other).expect("limits of the pack's model"));
        kinds.entry((!pair.is_same, pair.kind.clone())).or_default().push((pair, compared));
    }
    println!("\n### Same shot (同版)\n");
    println!("Face, picture, places and difference: least / median / greatest; one shot differs by at most 2.\n");
    println!(
        "| pair | same shot | same person, other shot | other person | wrong | face | picture | places | difference |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut wrong = Vec::new();
    for ((_, kind), pairs) in &kinds {
        let compared: Vec<&Comparison> = pairs.iter().filter_map(|(_, compared)| compared.as_ref()).collect();
        let count = |likeness| compared.iter().filter(|compared| compared.likeness == likeness).count();
        let of = |number: fn(&Comparison) -> f32| range(compared.iter().map(|compared| number(compared)).collect());
        let errors: Vec<_> = pairs.iter().filter(|(pair, compared)| !is_right(pair, compared.as_ref())).collect();
        println!(
            "| {kind} | {} | {} | {} | {} | {} | {} | {} | {} |",
            count(Likeness::SameShot),
            count(Likeness::SamePersonOtherShot),
            count(Likeness::OtherPerson),
            share(errors.len(), pairs.len()),
            of(|compared| compared.face),
            of(|compared| compared.picture),
            of(|compared| compared.places),
            of(Comparison::difference),
        );
        wrong.extend(errors);
    }
    println!("\nWrong pairs: {}", if wrong.is_empty() { "none." } else { "" });
    for (Pair { files: [one, other], kind, .. }, compared) in wrong {
        match compared {
            Some(Comparison { face, picture, places, .. }) => {
                println!("- {one} and {other} ({kind}): face {face:.3}, picture {picture:.3}, places {places:.3}");
            }
            None => println!("- {one} and {other} ({kind}): no face to compare"),
        }
    }
}

fn is_right(pair: &Pair, compared: Option<&Comparison>) -> bool {
    compared.is_some_and(|compared| match compared.likeness {
        Likeness::SameShot => pair.is_same,
        Likeness::SamePersonOtherShot => pair.kind.contains("same person"),
        Likeness::OtherPerson => pair.kind.contains("other person"),
    })
}

fn pairs(set: &str) -> Vec<Pair> {
    let Some(folder) = photos(set) else { return Vec::new() };
    let text = std::fs::read_to_string(folder.join("pairs.csv")).expect("the list of pairs");
    let row = |line: &str| {
        let mut cells = line.split(',').map(str::to_owned);
        let files = [cells.next()?, cells.next()?];
        Some(Pair { files, is_same: cells.next()? == "yes", kind: cells.next()? })
    };
    text.lines().skip(1).filter_map(row).collect()
}
