//! `worker layout`.

use std::fs;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use gradphoto_shared::layout::{FaultCode, LayoutFault, SheetFormat};
use gradphoto_shared::{Error, Result};

use crate::config::{FontArgs, LimitArgs};
use crate::layout::{Facts, Font, Grid, Halt, Order, Size, Spacing, Subject, Template, lay_out};

const EXAMPLES: &str = "\
Examples:
  worker layout --paper 5R --out sheet.jpg finished/25103003.jpg       one sheet, full
  worker layout --paper A4 --copies 4 --caption '{name} {number}' --list students.csv --out sheets.pdf finished/*.jpg
  worker layout --paper 100x150 --print 25x35 --dpi 600 --gap 0 --no-cut-lines --out sheet.jpg a.jpg";

/// What `worker layout` takes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct LayoutArgs {
    /// Finished pictures, in the order of the sheets.
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The sheets: a PDF, or a JPEG whose further sheets get -2, -3 ... before the ending.
    #[arg(long, value_name = "FILE.pdf|FILE.jpg", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// Sheet: 3R, 4R, 5R, 6R, A5, A4, or WIDTHxHEIGHT in mm; laid on its side where that holds more.
    #[arg(long, default_value = "5R")]
    paper: Size,
    /// Print: WIDTHxHEIGHT in mm; a picture of other proportions loses something at two sides.
    #[arg(long, default_value = "33x48")]
    print: Size,
    /// Resolution in dots per inch.
    #[arg(long, default_value_t = 300)]
    dpi: u16,
    /// Copies of each picture. [default: a full sheet of each]
    #[arg(long, value_name = "N")]
    copies: Option<u32>,
    /// Distance between copies in mm.
    #[arg(long, value_name = "MM", default_value_t = 2.0)]
    gap: f32,
    /// Least white border of a sheet in mm.
    #[arg(long, value_name = "MM", default_value_t = 3.0)]
    margin: f32,
    /// Leave out the lines along which to cut.
    #[arg(long)]
    no_cut_lines: bool,
    /// What stands under each copy: {file} is the file's name, other words in braces are columns of the list.
    #[arg(long, value_name = "TEMPLATE", default_value = "")]
    caption: String,
    /// Height of a caption in mm.
    #[arg(long, value_name = "MM", default_value_t = 4.0)]
    caption_height: f32,
    /// List of subjects: CSV with a column `file` and whatever captions name.
    #[arg(long, value_name = "FILE.csv", value_hint = ValueHint::FilePath)]
    list: Option<PathBuf>,
    #[command(flatten)]
    letters: FontArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

pub(super) fn run(args: &LayoutArgs) -> Result<()> {
    let format = format(&args.out)?;
    let wrong = |code: FaultCode| told(&code.into(), &args.files);
    let template = Template::read(&args.caption).map_err(wrong)?;
    let caption_mm = if template.is_empty() { 0.0 } else { args.caption_height };
    let spacing = Spacing { gap_mm: args.gap, margin_mm: args.margin, caption_mm };
    let order = Order {
        grid: Grid::fit(args.paper, args.print, spacing).map_err(wrong)?,
        dpi: args.dpi,
        cut_lines: !args.no_cut_lines,
        format,
    };
    let facts = args.list.as_deref().map(Facts::read).transpose()?.unwrap_or_default();
    let subject = |file: &PathBuf| args.subject(file, template.caption(file, &facts)?);
    let subjects = args.files.iter().map(subject).collect::<Result<Vec<_>>>()?;
    let captions = subjects.iter().map(|subject| subject.caption.as_str());
    let font = Font::for_all(captions, args.letters.font.as_deref())?;
    let laid = lay_out(&order, &subjects, &font, &args.limits.limits(), &|| true);
    let laid = laid.map_err(|halt| match halt {
        Halt::Refused(fault) => told(&fault, &args.files),
        Halt::Failed(error) => error,
        Halt::Stopped => Error::Broken { stage: "layout" },
    })?;
    for (number, file) in (1..).zip(laid.files) {
        let path = numbered(&args.out, number);
        fs::write(&path, file).map_err(|cause| Error::io(format!("write {}", path.display()), cause))?;
        let told = writeln!(stdout(), "{}", path.display());
        told.map_err(|cause| Error::io("write to standard output", cause))?;
    }
    Ok(())
}

impl LayoutArgs {
    fn subject(&self, file: &Path, caption: String) -> Result<Subject<Vec<u8>>> {
        let bytes = fs::read(file).map_err(|cause| Error::io(format!("read {}", file.display()), cause))?;
        Ok(Subject { file: bytes, caption, copies: self.copies })
    }
}

/// A fault as a command's last words: which file, and why.
fn told(fault: &LayoutFault, files: &[PathBuf]) -> Error {
    let file = fault.print.and_then(|print| files.get(print as usize - 1));
    let of = file.map_or_else(String::new, |file| format!("{}: ", file.display()));
    Error::Config(format!("{of}{} ({})", fault.en.trim_end_matches('.'), fault.code.code()))
}

fn format(out: &Path) -> Result<SheetFormat> {
    let ending = out.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match ending.as_str() {
        "pdf" => Ok(SheetFormat::Pdf),
        "jpg" | "jpeg" => Ok(SheetFormat::Jpeg),
        _ => Err(Error::Config("sheets are written as .pdf or .jpg".to_owned())),
    }
}

fn numbered(out: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return out.to_owned();
    }
    let mut name = out.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}."));
    name.push(out.extension().unwrap_or_default());
    out.with_file_name(name)
}
