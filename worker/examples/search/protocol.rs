//! Searches of the sets' protocols.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use gradphoto_shared::face::Face;
use gradphoto_shared::name::SubjectId;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_tests::photos::photos;
use gradphoto_worker::face::{Decision, Entry, Gallery};
use gradphoto_worker::pipeline::Pipeline;

use crate::faces::{Faces, columns};
use crate::rates::{range, share, share_at_least};

/// Sets with a protocol.
const PROTOCOLS: [&str; 3] = ["london_search", "lfw_search", "rmfd_east_asian_search"];

/// A photo of a protocol.
struct Row {
    file: String,
    identity: String,
    is_gallery: bool,
}

/// How searches ended.
#[derive(Default)]
struct Tally {
    found: usize,
    uncertain: usize,
    not_found: usize,
    wrong: usize,
    unusable: usize,
    /// Times that the right person came first, whatever was decided.
    first: usize,
    /// Searches for people who are not in the gallery, and how many of them showed somebody, or left it open.
    strangers: usize,
    shown: usize,
    open: usize,
    /// The right person's scores, and the best of anybody else.
    right_scores: Vec<f32>,
    other_scores: Vec<f32>,
}

impl Tally {
    fn usable(&self) -> usize {
        self.found + self.uncertain + self.not_found + self.wrong
    }

    fn add(&mut self, other: Self) {
        let counts = [
            (&mut self.found, other.found),
            (&mut self.uncertain, other.uncertain),
            (&mut self.not_found, other.not_found),
            (&mut self.wrong, other.wrong),
            (&mut self.unusable, other.unusable),
            (&mut self.first, other.first),
            (&mut self.strangers, other.strangers),
            (&mut self.shown, other.shown),
            (&mut self.open, other.open),
        ];
        counts.into_iter().for_each(|(sum, more)| *sum += more);
        self.right_scores.extend(other.right_scores);
        self.other_scores.extend(other.other_scores);
    }
}

/// Prints the tables of all sets.
pub(crate) fn report(pipeline: &mut Pipeline) {
    println!("\n### Searches\n");
    println!(
        "| set | faces in the gallery (left out) | limits: found, uncertain | rank 1 | FNIR | uncertain | not found | wrong | \
         strangers shown | strangers uncertain | unusable |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    let (mut scores, mut unusable) = (Vec::new(), Vec::new());
    for set in PROTOCOLS {
        let faces = Faces::of(pipeline, set);
        let rows = protocol(set);
        let tally = run(&faces, &rows, &|_| true);
        let left_out = rows.iter().filter(|row| row.is_gallery && faces.face(&row.file).is_none()).count();
        print(set, &gallery(&faces, &rows), left_out, &tally);
        scores.push((set, tally));
        if set == "london_search" {
            groups(&faces, &rows);
        }
        unusable.push((set, reasons(&faces)));
    }
    everybody(pipeline, "deepface_pairs", &mut scores);
    everybody(pipeline, "synth_east_asian", &mut scores);
    println!("\nPhotos that cannot be used:\n");
    unusable.iter().for_each(|(set, reasons)| println!("- {set}: {reasons}"));
    println!("\nLikeness, least / median / greatest:\n");
    println!("| set | right person | best of anybody else |\n|---|---|---|");
    for (set, tally) in scores {
        println!("| {set} | {} | {} |", range(tally.right_scores), range(tally.other_scores));
    }
}

fn print(set: &str, gallery: &Gallery<String>, left_out: usize, tally: &Tally) {
    let (bounds, usable) = (gallery.bounds(), tally.usable());
    println!(
        "| {set} | {} ({left_out}) | {:.3}, {:.3} | {} | {} | {} | {} | {} | {} | {} | {} |",
        gallery.len(),
        bounds.found,
        bounds.unsure,
        share_at_least(tally.first, usable),
        share(usable - tally.found, usable),
        tally.uncertain,
        tally.not_found,
        tally.wrong,
        share(tally.shown, tally.strangers),
        tally.open,
        tally.unusable,
    );
}

/// Why photos of a set cannot be used, with their number.
fn reasons(faces: &Faces) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let first = |seen: &Result<Face, Vec<ReasonCode>>| Some(seen.as_ref().err()?.first()?.code());
    faces.seen.values().filter_map(first).for_each(|code| *counts.entry(code).or_default() += 1);
    let told: Vec<String> = counts.iter().map(|(code, count)| format!("{count} {code}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}

/// The searches of those probes that `is_wanted`.
fn run(faces: &Faces, rows: &[Row], is_wanted: &dyn Fn(&Row) -> bool) -> Tally {
    let mut all = gallery(faces, rows);
    let mut tally = Tally::default();
    let known: HashMap<&str, &str> =
        rows.iter().filter(|row| row.is_gallery).map(|row| (row.file.as_str(), row.identity.as_str())).collect();
    let own = |identity: &str| -> Vec<String> {
        let own = rows.iter().filter(|row| row.is_gallery && row.identity == identity);
        own.filter(|row| faces.face(&row.file).is_some()).map(|row| row.file.clone()).collect()
    };
    for probe in rows.iter().filter(|row| !row.is_gallery && is_wanted(row)) {
        let Some(face) = faces.face(&probe.file) else {
            tally.unusable += 1;
            continue;
        };
        let own = own(&probe.identity);
        if !own.is_empty() {
            let nearest = all.candidates(&face.descriptor, all.len());
            let is_right = |file: &str| known.get(file) == Some(&probe.identity.as_str());
            tally.first += usize::from(is_right(&nearest[0].photo));
            tally.right_scores.extend(nearest.iter().find(|near| is_right(&near.photo)).map(|near| near.score));
            match all.decide(&face.descriptor) {
                Decision::Found(found) if is_right(&found.photo) => tally.found += 1,
                Decision::Found(_) => tally.wrong += 1,
                Decision::Uncertain { .. } => tally.uncertain += 1,
                Decision::NotFound { .. } => tally.not_found += 1,
            }
        }
        own.iter().for_each(|file| assert!(all.remove(file), "a photo of the gallery"));
        let decision = all.decide(&face.descriptor);
        tally.strangers += 1;
        tally.shown += usize::from(matches!(decision, Decision::Found(_)));
        tally.open += usize::from(matches!(decision, Decision::Uncertain { .. }));
        tally.other_scores.extend(decision.best());
        own.iter().for_each(|file| add(&mut all, faces, file, &probe.identity));
    }
    tally
}

/// A set without a protocol: everybody is searched for among all others.
fn everybody(pipeline: &mut Pipeline, set: &'static str, scores: &mut Vec<(&'static str, Tally)>) {
    let faces = Faces::of(pipeline, set);
    let is_portrait = |[_, label, _]: &&[String; 3]| ["face", "portrait"].contains(&label.as_str());
    let portraits: Vec<_> = faces.manifest.iter().filter(is_portrait).collect();
    if portraits.is_empty() {
        return;
    }
    let mut sum = Tally::default();
    let row = |[file, _, identity]: &[String; 3], is_gallery| {
        let (file, identity) = (file.clone(), identity.clone());
        Row { file, identity, is_gallery }
    };
    for probe in &portraits {
        let others = portraits.iter().filter(|other| other[0] != probe[0]).map(|other| row(other, true));
        let rows: Vec<Row> = others.chain([row(probe, false)]).collect();
        sum.add(run(&faces, &rows, &|_| true));
    }
    let rows: Vec<Row> = portraits.iter().map(|portrait| row(portrait, true)).collect();
    let left_out = rows.iter().filter(|row| faces.face(&row.file).is_none()).count();
    print(&format!("{set}, each among all others"), &gallery(&faces, &rows), left_out, &sum);
    scores.push((set, sum));
}

/// Searches by sex and ethnicity, where they are labelled.
fn groups(faces: &Faces, rows: &[Row]) {
    let attributes = photos("london").map(|folder| attributes(&folder.join("attributes.csv"))).unwrap_or_default();
    let groups: BTreeSet<&String> = attributes.values().flatten().collect();
    for group in groups {
        let is_of = |row: &Row| attributes.get(&row.identity).is_some_and(|own| own.contains(group));
        print(&format!("of these, {group}"), &gallery(faces, rows), 0, &run(faces, rows, &is_of));
    }
}

/// Ethnicity and sex by identity.
fn attributes(list: &Path) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(list).unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.split(',').skip(1).map(str::to_owned);
        Some((cells.next()?, vec![cells.next()?, cells.next()?]))
    };
    text.lines().skip(1).filter_map(row).collect()
}

fn protocol(set: &str) -> Vec<Row> {
    let Some(folder) = photos(set) else { return Vec::new() };
    let row = |[file, identity, role]: [String; 3]| Row { file, identity, is_gallery: role == "gallery" };
    columns(&folder.join("protocol.csv")).into_iter().map(row).collect()
}

fn gallery(faces: &Faces, rows: &[Row]) -> Gallery<String> {
    let models = faces.seen.values().flatten().map(|face| face.model.clone());
    let model = models.into_iter().next().expect("a set with a face");
    let mut gallery = Gallery::new(model).expect("limits of the pack's model");
    rows.iter().filter(|row| row.is_gallery).for_each(|row| add(&mut gallery, faces, &row.file, &row.identity));
    gallery
}

fn add(gallery: &mut Gallery<String>, faces: &Faces, file: &str, identity: &str) {
    if let Some(face) = faces.face(file) {
        let subject = Some(SubjectId::new(identity).expect("an identity of plain letters"));
        gallery.insert(Entry { photo: file.to_owned(), subject, face: face.clone() });
    }
}
