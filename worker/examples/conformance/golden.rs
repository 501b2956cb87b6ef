//! The readings that tests hold us to: every rule on some photos of the lent sets, as numbers only.

use std::fs;

use gradphoto_tests::photos::{photos, workspace};
use gradphoto_worker::pack::Pack;
use gradphoto_worker::rules::RULES;

use crate::every_rule::Reader;
use crate::home;

/// Photos that have to be among those of the table, since few others tell these rules anything: what cameras write into
/// a file, and shots that were handed in before.
const NEEDED: [(&str, &str); 7] = [
    ("exif", "back_iphone.jpg"),
    ("exif", "front_truedepth.jpg"),
    ("exif", "huawei_back.jpg"),
    ("exif", "mismatch_size.jpg"),
    ("same_shot", "002_A_crop.jpg"),
    ("same_shot", "031_A_scan.jpg"),
    ("same_shot", "031_B.jpg"),
];

/// Prints the table anew: the photos that it names and those needed, with what every rule reads on them now.
pub(crate) fn print() {
    let old = fs::read_to_string(workspace().join("tests/fixtures/expected.csv")).expect("the table of today");
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    println!("pack,set,file,{}", rules.join(","));
    for pack in ["base", "full"] {
        let opened = Pack::open(&home(), pack).expect("a pack that was pulled");
        let mut reader = Reader::open(&opened);
        assert!(reader.compares(), "worker models pull --role all fetches the face descriptor of {pack}");
        let named = old.lines().skip(1).filter_map(|line| {
            let cells: Vec<&str> = line.splitn(4, ',').collect();
            let [of, set, file, ..] = cells[..] else { panic!("no pack, set and file in {line}") };
            (of == pack).then_some((set, file))
        });
        let mut wanted: Vec<(&str, &str)> = named.collect();
        let absent: Vec<_> = NEEDED.into_iter().filter(|photo| !wanted.contains(photo)).collect();
        wanted.extend(absent);
        for (set, file) in wanted {
            let photo = fs::read(photos(set).expect("the lent sets").join(file)).expect("a photo of the set");
            let readings = reader.read(&photo).into_iter();
            let readings = readings.map(|reading| reading.map_or("-".to_owned(), |value| value.to_string()));
            println!("{pack},{set},{file},{}", readings.collect::<Vec<_>>().join(","));
        }
    }
}
