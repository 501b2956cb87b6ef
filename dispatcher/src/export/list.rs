//! The list of an export: a line for everybody.

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use gradphoto_shared::Result;
use gradphoto_shared::card::Said;
use gradphoto_shared::name::SessionId;

use super::file_name::NameTemplate;
use super::roll::Standing;
use crate::cell;

/// Headings; the order of [`Line::cells`].
pub(super) const HEADINGS: [&str; 12] = [
    "subject",
    "job",
    "generation",
    "state",
    "file",
    "advice",
    "reasons",
    "reasons_en",
    "reasons_zh",
    "width_px",
    "height_px",
    "bytes",
];
/// Which columns hold numbers.
pub(super) const NUMBERS: [usize; 4] = [2, 9, 10, 11];
/// What spreadsheets need before UTF-8 text, else they read Chinese as something else.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A line of the list.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    cells: [String; 12],
}

impl Line {
    /// What the list says of somebody. `file` is the name of the picture's file; empty where none is exported.
    pub(super) fn of(standing: &Standing, file: &str) -> Self {
        let Standing { who, generation, job, state, picture, advice, reasons } = standing;
        let said = |text: fn(&Said) -> &str, between: &str| {
            reasons.iter().map(text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
        };
        let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
        let cells = [
            who.subject().map_or_else(String::new, ToString::to_string),
            job.map_or_else(String::new, |job| job.to_string()),
            generation.to_string(),
            (*state).to_owned(),
            file.to_owned(),
            advice.clone().unwrap_or_default(),
            said(|reason| &reason.code, ";"),
            said(|reason| &reason.en, " "),
            said(|reason| &reason.zh, ""),
            number(picture.as_ref().map(|picture| picture.width_px.into())),
            number(picture.as_ref().map(|picture| picture.height_px.into())),
            number(picture.as_ref().map(|picture| picture.bytes)),
        ];
        Self { cells }
    }

    /// The cells in the order of the headings.
    pub(super) fn cells(&self) -> &[String; 12] {
        &self.cells
    }

    /// The line as CSV.
    pub(super) fn csv(&self) -> String {
        row(self.cells.iter().map(String::as_str))
    }
}

/// The headings as CSV.
pub(super) fn head() -> String {
    format!("{BYTE_ORDER_MARK}{}", row(HEADINGS))
}

fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    format!("{}\r\n", cells.into_iter().map(cell::csv).collect::<Vec<_>>().join(","))
}

/// The lines of a list, with the names that pictures have in an archive of the same template.
pub(crate) fn lines(
    standings: impl Stream<Item = Result<Standing>>,
    session: SessionId,
    mut template: NameTemplate,
) -> impl Stream<Item = Result<Line>> {
    standings.map(move |standing| {
        let standing = standing?;
        let file = standing.picture.as_ref().map(|_| template.name(&session, &standing));
        Ok(Line::of(&standing, &file.unwrap_or_default()))
    })
}

/// A list as CSV.
pub(crate) fn csv_lines(lines: impl Stream<Item = Result<Line>>) -> impl Stream<Item = Result<Bytes>> {
    let head = stream::once(async { Ok(Bytes::from(head())) });
    head.chain(lines.map(|line| Ok(Bytes::from(line?.csv()))))
}
