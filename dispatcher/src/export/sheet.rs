//! The list of an export as a spreadsheet.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use futures::stream::{Stream, StreamExt};
use gradphoto_shared::{Error, Result};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use tokio::sync::mpsc;

use super::list::{HEADINGS, Line, NUMBERS};

/// Lines on their way to the thread that writes.
const AHEAD: usize = 256;
/// Widths of the columns in characters, in their order.
const WIDTHS: [f64; 12] = [16.0, 38.0, 10.0, 12.0, 28.0, 9.0, 28.0, 60.0, 60.0, 9.0, 9.0, 9.0];

/// Writes a list as XLSX into a file without a name, from its beginning. Rows go to the disk as they come, so the list
/// may be as long as it is. Texts are texts: nothing is a formula.
///
/// # Errors
/// What `lines` answers; [`Error::Io`] when this machine's disk refuses.
pub(crate) async fn workbook(lines: impl Stream<Item = Result<Line>>) -> Result<File> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let written = tokio::task::spawn_blocking(move || write(receiver));
    let mut lines = std::pin::pin!(lines);
    while let Some(line) = lines.next().await {
        // A writer that failed says so below.
        if sender.send(line?).await.is_err() {
            break;
        }
    }
    drop(sender);
    written.await.map_err(|_| Error::Broken { stage: "export" })?
}

fn write(mut lines: mpsc::Receiver<Line>) -> Result<File> {
    let failed = |cause| Error::io("write a spreadsheet", cause);
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(odd)?;
    fill(sheet, &mut lines).map_err(odd)?;
    let mut file = tempfile::tempfile().map_err(failed)?;
    workbook.save_to_writer(&mut file).map_err(odd)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(file)
}

fn fill(sheet: &mut Worksheet, lines: &mut mpsc::Receiver<Line>) -> std::result::Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (column, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (column, heading) in (0..).zip(HEADINGS) {
        sheet.write_string_with_format(0, column, heading, &bold)?;
    }
    let mut row = 0;
    while let Some(line) = lines.blocking_recv() {
        row += 1;
        for (column, cell) in (0..).zip(line.cells()) {
            let number = NUMBERS.contains(&usize::from(column)).then(|| cell.parse::<f64>().ok()).flatten();
            match number {
                Some(number) => sheet.write_number(row, column, number)?,
                None => sheet.write_string(row, column, cell.as_str())?,
            };
        }
    }
    Ok(())
}

fn odd(cause: XlsxError) -> Error {
    Error::io("write a spreadsheet", std::io::Error::other(cause))
}
