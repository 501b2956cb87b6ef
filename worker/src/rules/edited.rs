//! The file comes from a camera, not from an editing program.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};

/// Words by which editing programs sign, in small letters: those of desktops, then of phones.
const EDITORS: [&str; 26] = [
    "photoshop", "lightroom", "gimp", "affinity", "pixelmator", "paint.net", "canva", "fotor", "polarr", "capture one",
    "snapseed", "picsart", "meitu", "美图", "美颜", "beauty", "facetune", "faceapp", "b612", "vsco", "remini", "轻颜",
    "醒图", "ulike", "camera360", "天天p图",
];

pub(super) const RULE: Rule = Rule {
    id: "edited",
    about: "Whether the file names an editing program or a beauty mode: 1 or 0.",
    unit: "yes_no",
    low: None,
    high: Some(Advice {
        code: "edited_file",
        en: "The file was saved by an editing program or a beauty mode. Please upload the unedited photo.",
        zh: "照片经过编辑或美颜处理，请上传未经编辑的原照片。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let says = [&scene.file.software, &scene.file.comment];
    let words: Vec<String> = says.into_iter().flatten().map(|says| says.to_lowercase()).collect();
    if words.is_empty() {
        return Err(NotAssessed::NotInFile);
    }
    let edited = words.iter().any(|says| EDITORS.iter().any(|editor| says.contains(editor)));
    Ok(Measure::of(f32::from(u8::from(edited))))
}
