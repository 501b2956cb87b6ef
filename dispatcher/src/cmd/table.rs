//! Plain tables for people, and the same as CSV for spreadsheets.

use crate::cell;

/// Rows of text under headings.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()] }
    }

    pub(super) fn column(&mut self, heading: &str) {
        self.rows[0].push(heading.to_owned());
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Columns parted by two spaces, each as wide as its widest cell.
    pub(super) fn draw(&self) -> String {
        let columns = self.rows[0].len();
        let cell_width = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
        let widest = |column| self.rows.iter().map(|row| cell_width(row, column)).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            format!("{}\n", cells.join("  ").trim_end())
        };
        self.rows.iter().map(line).collect()
    }

    /// RFC 4180; cells that a spreadsheet would run as a formula are quoted by an apostrophe.
    pub(super) fn csv(&self) -> String {
        let line =
            |row: &Vec<String>| format!("{}\r\n", row.iter().map(|cell| cell::csv(cell)).collect::<Vec<_>>().join(","));
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_survives_a_spreadsheet() {
        let mut table = Table::new(&["file", "n"]);
        table.row(vec!["a,\"b\"".into(), "-1.5".into()]);
        table.row(vec!["=x".into(), "2".into()]);
        assert_eq!(table.draw(), "file   n\na,\"b\"  -1.5\n=x     2\n");
        assert_eq!(table.csv(), "file,n\r\n\"a,\"\"b\"\"\",-1.5\r\n'=x,2\r\n");
    }
}
