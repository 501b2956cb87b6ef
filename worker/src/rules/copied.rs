//! The file is the camera's own, not a copy from a chat or a web page.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::measure::jpeg::{self, Traces};
use crate::stage::decode::FileFacts;

/// Lengths in pixels to which messengers shrink the longer side: those of WhatsApp, WeChat, QQ and Telegram.
const SIDES: [u32; 5] = [960, 1280, 1600, 2048, 2560];
/// Quality from which tables are all ones or nearly so, and the same table for brightness and colour is no sign.
const FINEST: u8 = 98;

pub(super) const RULE: Rule = Rule {
    id: "copied",
    about: "Signs that the file is a copy: no camera named, tables of libjpeg or one table for all, several passes, \
            a side as long as messengers make it.",
    unit: "signs",
    low: None,
    high: Some(Advice {
        code: "copied_file",
        en: "The file is a copy that a chat or web page made. Please upload the original photo from the camera.",
        zh: "照片疑似经聊天软件或网页转存，请上传相机拍摄的原图。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let tables = scene.source.jpeg_tables().ok_or(NotAssessed::NotInFile)?;
    let traces = jpeg::in_tables(&tables).ok_or(NotAssessed::NotInFile)?;
    Ok(Measure::of(signs(&scene.file, traces) as f32))
}

fn signs(file: &FileFacts, traces: Traces) -> usize {
    let is_foreign = traces.is_example || (traces.is_one_table && traces.quality < FINEST);
    let side = file.size.0.max(file.size.1);
    let signs = [file.make.is_none(), is_foreign, traces.is_progressive, SIDES.contains(&side)];
    signs.into_iter().filter(|sign| *sign).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_leaves_no_sign_and_a_messenger_all() {
        let own = Traces { quality: 93, is_example: false, is_one_table: false, is_progressive: false };
        let file = |make: Option<&str>, side| FileFacts {
            size: (side, 900),
            make: make.map(str::to_owned),
            ..FileFacts::default()
        };
        for (make, side, traces, expected) in [
            (Some("canon"), 6000, own, 0),
            (None, 6000, Traces { quality: 75, is_example: true, ..own }, 2),
            (None, 1600, Traces { quality: 74, is_one_table: true, is_progressive: true, ..own }, 4),
            (None, 1350, Traces { quality: 100, is_one_table: true, ..own }, 1),
        ] {
            assert_eq!(signs(&file(make, side), traces), expected, "{make:?} {side} {traces:?}");
        }
    }
}
