//! What of a file's own words is shown: short ones about the camera, none about people.

use gradphoto_shared::check::{FileEvidence, JpegEvidence};

use super::jpeg::{self, Traces};
use crate::stage::decode::{FileFacts, Source};

/// Most letters of a word: the longest names of lenses and programs have some 60, and whoever writes more does not name
/// a camera.
const LETTERS_MAX: usize = 64;

/// What the file of `source` says about itself, of which `facts` were read.
pub(crate) fn evidence(facts: &FileFacts, source: &Source<'_>) -> FileEvidence {
    let word = |word: &Option<String>| word.as_deref().and_then(shown);
    let traces = source.jpeg_tables().and_then(|tables| jpeg::in_tables(&tables));
    FileEvidence {
        width_px: facts.size.0,
        height_px: facts.size.1,
        make: word(&facts.make),
        model: word(&facts.model),
        lens: word(&facts.lens),
        software: word(&facts.software),
        taken_at: facts.taken_at.clone(),
        jpeg: traces.map(|Traces { quality, is_example, is_one_table, is_progressive }| JpegEvidence {
            quality,
            is_libjpeg: is_example,
            is_one_table,
            is_progressive,
        }),
    }
}

/// A word without letters that nobody sees or that move others, which could make it look like something else.
fn shown(word: &str) -> Option<String> {
    let seen: String = word.chars().filter(|letter| is_seen(*letter)).collect();
    let seen = seen.trim();
    (!seen.is_empty() && seen.chars().count() <= LETTERS_MAX).then(|| seen.to_owned())
}

/// Whether a letter is neither a control code, nor invisible or turning the direction of writing, nor the mark for bytes
/// that are no letter.
fn is_seen(letter: char) -> bool {
    let is_format = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    !letter.is_control() && !is_format && !matches!(letter, '\u{feff}' | '\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_as_far_as_they_are_harmless() {
        for (word, expected) in [
            ("Canon EOS 5D", Some("Canon EOS 5D")),
            ("美图秀秀", Some("美图秀秀")),
            (" a\n\u{1b}[31m\u{202e}b ", Some("a[31mb")),
            ("\u{fffd}\u{200b} \t", None),
            ("", None),
        ] {
            assert_eq!(shown(word).as_deref(), expected, "{word:?}");
        }
        assert!(shown(&"x".repeat(LETTERS_MAX)).is_some() && shown(&"x".repeat(LETTERS_MAX + 1)).is_none());
    }
}
