//! Cells of CSV files, harmless to spreadsheets.

/// What spreadsheets take for a formula, at the beginning of a cell.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A cell by RFC 4180; one that a spreadsheet would run as a formula is quoted by an apostrophe.
pub(crate) fn csv(cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    let formula = cell.starts_with(FORMULA) && !is_number;
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_numbers_stay() {
        let table = [
            ("-1.5", "-1.5"),
            ("=1+1", "'=1+1"),
            ("+cmd", "'+cmd"),
            ("-a", "'-a"),
            ("@x", "'@x"),
            ("\t=x", "'\t=x"),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("=\"a\"", "\"'=\"\"a\"\"\""),
            ("张三", "张三"),
        ];
        for (cell, expected) in table {
            assert_eq!(csv(cell), expected, "{cell:?}");
        }
    }
}
