//! `worker layout` as a person runs it; what a PDF shows is what a JPEG holds.

mod pictures;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use gradphoto_tests::photos::skipped;
use image::RgbImage;
use pictures::{gradient, jpeg};

/// Of poppler-utils: draws the pages of a PDF.
const PDFTOPPM: &str = "pdftoppm";

fn layout(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command.arg("layout").args(arguments).output().expect("the worker starts")
}

fn done(arguments: &[&str]) -> String {
    let output = layout(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Two finished pictures and a list of their subjects.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.jpg", "b.jpg"] {
        fs::write(folder.path().join(name), jpeg(&gradient(480, 640))).expect("a file");
    }
    let list = "file,name,number\na.jpg,Wang,25103003\nb.jpg,Li,25103004\n";
    fs::write(folder.path().join("list.csv"), list).expect("a file");
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

#[test]
fn a_sheet_of_two_subjects_is_written_as_it_was_ordered() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let (a, b, list, out) = (at("a.jpg"), at("b.jpg"), at("list.csv"), at("sheet.jpg"));
    let order = ["--paper", "A4", "--copies", "20", "--caption", "{name} {number}", "--list", text(&list)];
    let said = done(&[&order[..], &["--out", text(&out), text(&a), text(&b)]].concat());
    assert_eq!(said, format!("{}\n{}\n", out.display(), at("sheet-2.jpg").display()));
    for name in ["sheet.jpg", "sheet-2.jpg"] {
        let bytes = fs::read(at(name)).expect("a sheet");
        assert_eq!(bytes[13..18], [1, 1, 44, 1, 44], "300 dots per inch");
        let sheet = image::load_from_memory(&bytes).expect("a sound JPEG");
        assert_eq!((sheet.width(), sheet.height()), (2480, 3508));
    }
}

#[test]
fn a_wrong_order_says_what_to_do() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let (a, out) = (at("a.jpg"), at("sheet.jpg"));
    fs::write(at("none.jpg"), "a text").expect("a file");
    let none = at("none.jpg");
    let table: [(&[&str], i32, &str); 6] = [
        (&["--out", "sheet.gif", text(&a)], 1, ".pdf or .jpg"),
        (&["--out", text(&out), "--paper", "7R", text(&a)], 2, "WIDTHxHEIGHT in mm"),
        (&["--out", text(&out), "--print", "500x500", text(&a)], 1, "does_not_fit"),
        (&["--out", text(&out), "--caption", "{name}", text(&a)], 1, "the list has no name for a.jpg"),
        (&["--out", text(&out), "--caption", "{name", text(&a)], 1, "wrong_caption"),
        (&["--out", text(&out), text(&none)], 1, "none.jpg: A picture of the order cannot be printed"),
    ];
    for (arguments, code, words) in table {
        let output = layout(arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
        assert!(message.contains(words), "{arguments:?}: {message}");
    }
}

/// Draws a PDF's first page with a program that is not ours; `None` with a line where it is not installed.
fn rendered(pdf: &Path, dpi: &str) -> Option<RgbImage> {
    let stem = pdf.with_extension("");
    let drawn = Command::new(PDFTOPPM).args(["-r", dpi, "-png", "-singlefile", text(pdf), text(&stem)]).status();
    if drawn.is_err() {
        skipped("pdftoppm of poppler-utils");
        return None;
    }
    Some(image::open(pdf.with_extension("png")).expect("a picture of the page").into_rgb8())
}

#[test]
fn a_pdf_shows_what_the_jpeg_holds() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let (a, sheet, pdf) = (at("a.jpg"), at("sheet.jpg"), at("paper.pdf"));
    for out in [&sheet, &pdf] {
        done(&["--paper", "4R", "--caption", "No. {file}", "--out", text(out), text(&a)]);
    }
    let Some(shown) = rendered(&pdf, "300") else { return };
    let held = image::open(&sheet).expect("a sound JPEG").into_rgb8();
    // The page's size in points is no whole number of pixels, so a renderer may add one.
    assert!(shown.width().abs_diff(held.width()) <= 1 && shown.height().abs_diff(held.height()) <= 1);
    let (width, height) = (shown.width().min(held.width()), shown.height().min(held.height()));
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let apart = |(x, y): (u32, u32)| {
        let (one, two) = (shown.get_pixel(x, y).0, held.get_pixel(x, y).0);
        (0..3).map(|channel| u64::from(one[channel].abs_diff(two[channel]))).sum::<u64>()
    };
    let mean = places.map(apart).sum::<u64>() as f64 / f64::from(3 * width * height);
    assert!(mean < 4.0, "{mean} levels apart on average");
}
