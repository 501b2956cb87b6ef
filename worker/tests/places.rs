//! Every rule says where in the photo it found fault, so that evidence can mark it.

mod pipelines;

use std::collections::BTreeSet;
use std::fs;

use gradphoto_shared::check::{Place, Verdict};
use gradphoto_shared::job::Task;
use gradphoto_shared::spec::{Limits, RuleLimits, Spec};
use gradphoto_tests::photos::photos;
use gradphoto_worker::pipeline::Pipeline;
use gradphoto_worker::rules::RULES;

use crate::pipelines::pipeline;

/// Rules without a place, and why.
const OF_THE_WHOLE: [(&str, &str); 11] = [
    ("readable", "of a file that is no picture nothing can be marked"),
    ("enlarged", "all of the photo has too few pixels"),
    ("colour", "all of the photo is grey"),
    ("compression", "the file was saved so, all of it"),
    ("border", "it runs along the sides of the photo"),
    ("not_recaptured", "a screen or a print is all of the photo"),
    ("front_camera", "the file says so"),
    ("camera_named", "the file says so"),
    ("edited", "the file says so"),
    ("original_size", "the file says so"),
    ("copied", "the file says so"),
];

/// Pictures on which each rule has something to mark: nothing wrong, a mask, glasses, a second face, writing, and a
/// person beside whose face does not count.
const PICTURES: [(&str, &str); 6] = [
    ("defects_derived", "024_clean.jpg"),
    ("defects_derived", "024_face_mask.jpg"),
    ("defects_derived", "024_tinted_glasses.jpg"),
    ("defects_derived", "113_two_persons.jpg"),
    ("defects_derived", "024_border_text.jpg"),
    ("defects_real", "lfw_Dave_McNally_0001.jpg"),
];

#[test]
fn whatever_a_rule_finds_fault_with_has_a_place_on_the_photo() {
    let is_known = |id: &str| RULES.iter().any(|rule| rule.id == id);
    assert!(OF_THE_WHOLE.iter().all(|(id, _)| is_known(id)), "a rule of the list is gone");
    let specs = [strict(true), strict(false)];
    for pack in ["base", "full"] {
        let Some(mut pipeline) = pipeline(pack) else { continue };
        let (mut marked, mut pictures) = (BTreeSet::new(), 0);
        for (set, file) in PICTURES {
            let Some(folder) = photos(set) else { continue };
            pictures += 1;
            for spec in &specs {
                marked.extend(marked_in(&mut pipeline, spec, &folder.join(file)));
            }
        }
        if pack == "full" && pictures == PICTURES.len() {
            let is_whole = |id: &str| OF_THE_WHOLE.iter().any(|(whole, _)| *whole == id);
            let unseen = RULES.iter().map(|rule| rule.id).filter(|id| !is_whole(id) && !marked.contains(*id));
            assert_eq!(unseen.collect::<Vec<_>>(), [""; 0], "no picture here shows their place");
        }
    }
}

/// Checks a picture; the rules that marked a place on it. Whatever fails must, but for those of the whole.
fn marked_in(pipeline: &mut Pipeline, spec: &Spec, path: &std::path::Path) -> BTreeSet<String> {
    let (width, height) = image::image_dimensions(path).expect("a picture");
    let photo = fs::read(path).expect("a photo of the set");
    let (tasks, file) = ([Task::Standardise, Task::Check], path.display());
    let product =
        pipeline.run_beside(&photo, &tasks, spec, Some(&|_| Ok(1.0)), &|| true).expect("a pipeline that works");
    let check = product.and_then(|product| product.check).expect("an answer to check");
    let mut marked = BTreeSet::new();
    for finding in check.rules {
        let reading = finding.reading.as_ref().map(|reading| reading.value);
        let has_low = RULES.iter().any(|rule| rule.id == finding.rule && rule.low.is_some());
        // None of what is too much wherever it is found: it is nowhere.
        let is_nothing = reading == Some(0.0) && !has_low && finding.place.is_none();
        let is_whole = OF_THE_WHOLE.iter().any(|(id, _)| *id == finding.rule);
        if finding.verdict != Verdict::Fail || is_whole || is_nothing {
            continue;
        }
        let Some(Place::Box { left, top, width: across, height: down }) = finding.place else {
            panic!("{file}: {} reads {reading:?} and marks {:?}", finding.rule, finding.place);
        };
        assert!(across > 0.0 && down > 0.0, "{file}: {} marks nothing", finding.rule);
        let is_inside = left < width as f32 && top < height as f32 && left + across > 0.0 && top + down > 0.0;
        assert!(is_inside, "{file}: {} marks a place beside the photo", finding.rule);
        marked.insert(finding.rule);
    }
    marked
}

/// A standard that asks for every rule and whose limits no reading meets: those of rules that others rely on, or of all
/// the others, which would not be assessed after such a failure.
fn strict(premises: bool) -> Spec {
    let mut spec = Spec::preset("chsi").expect("a preset");
    // Faces are counted: of the right number there is none to mark.
    for rule in RULES.iter().filter(|rule| rule.id != "one_face") {
        let limits = spec.rules.get_mut(rule.id).expect("every rule is in the standard");
        if RULES.iter().any(|other| other.relies_on.contains(&rule.id)) != premises {
            continue;
        }
        let fail_below = rule.low.map(|_| f32::MAX);
        let fail_above = rule.high.map(|_| f32::MIN);
        let coarse = Limits { fail_below, unsure_below: None, unsure_above: None, fail_above };
        *limits = RuleLimits { asked: true, fail_below, fail_above, coarse: Some(coarse), ..*limits };
    }
    spec
}
