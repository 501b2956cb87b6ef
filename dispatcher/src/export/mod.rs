//! What a session came to: the newest picture of every student, and a list of all.

mod file_name;
mod list;
mod roll;
mod sheet;
mod zip;

pub(crate) use self::file_name::NameTemplate;
pub(crate) use self::list::{csv_lines, lines};
pub(crate) use self::roll::{Roll, newest_picture};
pub(crate) use self::sheet::workbook;
pub(crate) use self::zip::archive;
