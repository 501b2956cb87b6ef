//! Contact sheets: before and after, side by side, for people who look over many photos at once.

mod page;
mod results;
mod text;

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use gradphoto_shared::{Error, Result};
use image::codecs::jpeg::JpegEncoder;

use self::page::{PAIRS, page};
pub use self::results::Results;
use crate::layout::Font;
use crate::local::{Photo, find};

/// JPEG quality of a sheet: text stays readable, a page of 60 pairs stays near 2 MB.
const QUALITY: u8 = 88;

/// One photo of the sheet.
#[derive(Clone, Debug)]
struct Pair {
    name: String,
    before: PathBuf,
    after: Option<PathBuf>,
    /// What came of it, in a few words.
    note: String,
}

/// Draws the photos of `before` beside their finished pictures in `after`, 60 to a page, and gives the
/// pages' files: `out`, then `-2`, `-3` ... before its ending. A picture that cannot be decoded is an empty
/// frame; a refused photo shows its reason. Names are written in a font of the machine where it has one for Chinese.
///
/// # Errors
/// [`Error::Config`] when `before` or `after` is no folder, `before` holds no photos, or `out` is no name of a JPEG;
/// [`Error::Io`] when a page cannot be written.
pub fn draw(before: &Path, after: &Path, out: &Path, results: &Results) -> Result<Vec<PathBuf>> {
    if let Some(folder) = [before, after].into_iter().find(|folder| !folder.is_dir()) {
        return Err(Error::Config(format!("{} is no folder", folder.display())));
    }
    let ending = out.extension().unwrap_or_default().to_ascii_lowercase();
    if ending != "jpg" && ending != "jpeg" {
        return Err(Error::Config("a contact sheet is written as .jpg".to_owned()));
    }
    let font = Font::for_pages(None)?;
    let photos = find(&[before.to_owned()], after).photos;
    if photos.is_empty() {
        return Err(Error::Config(format!("no photos in {}", before.display())));
    }
    let pairs: Vec<Pair> = photos.iter().map(|photo| pair(photo, before, after, results)).collect();
    let pages = pairs.chunks(PAIRS).enumerate();
    pages.map(|(number, pairs)| write(&page_file(out, number + 1), pairs, &font)).collect()
}

fn pair(photo: &Photo, before: &Path, after: &Path, results: &Results) -> Pair {
    let name = photo.path.strip_prefix(before).unwrap_or(&photo.path).to_string_lossy().into_owned();
    let known = results.of(&photo.path);
    // A run that refuses a photo leaves an earlier run's picture where it lies; the results know better.
    let is_refused = known.is_some_and(|known| known != "finished");
    let after = Some(after.join(&photo.output)).filter(|path| !is_refused && path.is_file());
    let note = match (known, &after) {
        (Some(known), _) => known.to_owned(),
        (None, Some(_)) => "finished".to_owned(),
        (None, None) => "no picture".to_owned(),
    };
    Pair { name, before: photo.path.clone(), after, note }
}

fn page_file(out: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return out.to_owned();
    }
    let mut name = out.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}.jpg"));
    out.with_file_name(name)
}

fn write(path: &Path, pairs: &[Pair], font: &Font) -> Result<PathBuf> {
    let failed = |cause: std::io::Error| Error::io(format!("write {}", path.display()), cause);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let file = BufWriter::new(fs::File::create(path).map_err(failed)?);
    let picture = page(pairs, font);
    let written = JpegEncoder::new_with_quality(file, QUALITY).encode_image(&picture);
    written.map_err(|cause| failed(std::io::Error::other(cause)))?;
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_of_nothing_or_under_a_foreign_name_is_refused() {
        let home = tempfile::tempdir().expect("a folder");
        let (here, gone) = (home.path(), home.path().join("gone"));
        for (before, after, out, says) in [
            (gone.as_path(), here, "sheet.jpg", "gone is no folder"),
            (here, gone.as_path(), "sheet.jpg", "gone is no folder"),
            (here, here, "sheet.png", "written as .jpg"),
            (here, here, "sheet.jpg", "no photos in"),
        ] {
            let out = here.join(out);
            let refused = draw(before, after, &out, &Results::default()).expect_err(says);
            assert!(refused.to_string().contains(says) && !out.exists(), "{refused}");
        }
    }

    #[test]
    fn pages_are_numbered_from_the_second() {
        assert_eq!(page_file(Path::new("var/sheet.jpg"), 1), Path::new("var/sheet.jpg"));
        assert_eq!(page_file(Path::new("var/sheet.jpg"), 2), Path::new("var/sheet-2.jpg"));
    }
}
