//! The readings that tests hold us to: every rule on some photos of the lent sets, as numbers only.

use std::fs;

use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::{photos, workspace};
use gradphoto_worker::pack::Pack;
use gradphoto_worker::rules::RULES;

use crate::looked::check;
use crate::{home, pipeline};

/// Prints the table anew: the photos that it names, with what every rule reads on them now.
pub(crate) fn print() {
    let old = fs::read_to_string(workspace().join("tests/fixtures/expected.csv")).expect("the table of today");
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    println!("pack,set,file,{}", rules.join(","));
    let spec = Spec::preset("chsi").expect("a preset");
    let mut loaded: Option<(String, _)> = None;
    for line in old.lines().skip(1) {
        let cells: Vec<&str> = line.splitn(4, ',').collect();
        let [pack, set, file, ..] = cells[..] else { panic!("no pack, set and file in {line}") };
        if loaded.as_ref().is_none_or(|(name, _)| name != pack) {
            let opened = Pack::open(&home(), pack).expect("a pack that was pulled");
            loaded = Some((pack.to_owned(), pipeline(&opened)));
        }
        let (_, pipeline) = loaded.as_mut().expect("loaded above");
        let folder = photos(set).expect("the lent sets");
        let photo = fs::read(folder.join(file)).expect("a photo of the manifest");
        let found = check(pipeline, &photo, &spec).rules;
        let readings = found.iter().map(|finding| finding.reading.as_ref());
        let readings = readings.map(|reading| reading.map_or("-".to_owned(), |reading| reading.value.to_string()));
        println!("{pack},{set},{file},{}", readings.collect::<Vec<_>>().join(","));
    }
}
