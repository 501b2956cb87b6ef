//! Where the copies stand on a sheet: pure geometry in mm.

use gradphoto_shared::layout::FaultCode;

use super::paper::Size;

/// Room for one thousandth of a mm: sides that fit exactly must not fail by rounding.
const GRACE_MM: f32 = 1e-3;

/// Distances on a sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spacing {
    /// Between copies, in mm.
    pub gap_mm: f32,
    /// Least white border of the sheet, in mm.
    pub margin_mm: f32,
    /// Height under each copy for its caption, in mm; 0 without captions.
    pub caption_mm: f32,
}

/// The copies of a full sheet, in rows from the upper left, the block in the sheet's middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The sheet as it lies.
    pub sheet: Size,
    /// The print.
    pub print: Size,
    /// Copies side by side.
    pub columns: u32,
    /// Copies one above the other.
    pub rows: u32,
    spacing: Spacing,
}

/// A rectangle on the sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Left edge in mm.
    pub left_mm: f32,
    /// Upper edge in mm.
    pub top_mm: f32,
    /// Its sides.
    pub size: Size,
}

impl Grid {
    /// As many prints as a sheet holds, upright or on its side, whichever holds more. Prints are never turned.
    ///
    /// # Errors
    /// `does_not_fit` when not one fits, `wrong_distance` when one is negative or no number.
    pub fn fit(sheet: Size, print: Size, spacing: Spacing) -> Result<Self, FaultCode> {
        let distances = [spacing.gap_mm, spacing.margin_mm, spacing.caption_mm];
        if !distances.iter().all(|distance| (0.0..=100.0).contains(distance)) {
            return Err(FaultCode::WrongDistance);
        }
        let [upright, lying] = [sheet, sheet.on_its_side()].map(|sheet| Self::on(sheet, print, spacing));
        let best = if lying.count() > upright.count() { lying } else { upright };
        match best.count() {
            0 => Err(FaultCode::DoesNotFit),
            _ => Ok(best),
        }
    }

    fn on(sheet: Size, print: Size, spacing: Spacing) -> Self {
        let along = |sheet: f32, print: f32| {
            let room = sheet - 2.0 * spacing.margin_mm + spacing.gap_mm + GRACE_MM;
            (room / (print + spacing.gap_mm)).floor().max(0.0) as u32
        };
        let columns = along(sheet.width_mm, print.width_mm);
        let rows = along(sheet.height_mm, print.height_mm + spacing.caption_mm);
        Self { sheet, print, columns, rows, spacing }
    }

    /// Copies of a full sheet.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.columns * self.rows
    }

    /// Where copy `at` of a sheet stands, counted from 0.
    #[must_use]
    pub fn place(&self, at: u32) -> Place {
        let (column, row) = (at % self.columns, at / self.columns);
        let along = |sheet: f32, print: f32, count: u32, at: u32| {
            let block = count as f32 * (print + self.spacing.gap_mm) - self.spacing.gap_mm;
            (sheet - block) / 2.0 + at as f32 * (print + self.spacing.gap_mm)
        };
        let height = self.print.height_mm + self.spacing.caption_mm;
        Place {
            left_mm: along(self.sheet.width_mm, self.print.width_mm, self.columns, column),
            top_mm: along(self.sheet.height_mm, height, self.rows, row),
            size: self.print,
        }
    }

    /// Where the caption of copy `at` stands: under it, as wide as it.
    #[must_use]
    pub fn caption(&self, at: u32) -> Place {
        let place = self.place(at);
        let size = Size { width_mm: self.print.width_mm, height_mm: self.spacing.caption_mm };
        Place { top_mm: place.top_mm + self.print.height_mm, size, ..place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width_mm: f32, height_mm: f32) -> Size {
        Size { width_mm, height_mm }
    }

    /// Every grid of many sheets, prints and distances.
    fn grids() -> Vec<Grid> {
        let mut grids = Vec::new();
        for sheet in ["3R", "4R", "5R", "6R", "A5", "A4", "100x100", "33x48"] {
            for print in [size(25.0, 35.0), size(33.0, 48.0), size(35.0, 49.0), size(60.0, 20.0)] {
                for gap_mm in [0.0, 0.5, 2.0, 7.3] {
                    for (margin_mm, caption_mm) in [(0.0, 0.0), (3.0, 0.0), (3.0, 4.5), (10.0, 6.0)] {
                        let spacing = Spacing { gap_mm, margin_mm, caption_mm };
                        grids.extend(Grid::fit(sheet.parse().expect("a size"), print, spacing));
                    }
                }
            }
        }
        grids
    }

    fn meet(one: Place, two: Place, gap: f32) -> bool {
        let apart = |one: f32, long: f32, two: f32, wide: f32| {
            one + long + gap <= two + GRACE_MM || two + wide + gap <= one + GRACE_MM
        };
        !apart(one.left_mm, one.size.width_mm, two.left_mm, two.size.width_mm)
            && !apart(one.top_mm, one.size.height_mm, two.top_mm, two.size.height_mm)
    }

    #[test]
    fn copies_keep_their_distance_from_each_other_and_from_the_edge() {
        let grids = grids();
        assert!(grids.len() > 300, "{}", grids.len());
        for grid in grids {
            let places: Vec<_> = (0..grid.count()).map(|at| grid.place(at)).collect();
            for (at, &place) in places.iter().enumerate() {
                let caption = grid.caption(at as u32);
                let margin = grid.spacing.margin_mm - GRACE_MM;
                assert_eq!(place.size, grid.print, "a print is never turned or scaled: {grid:?}");
                assert!(place.left_mm >= margin && place.top_mm >= margin, "{grid:?} {place:?}");
                assert!(place.left_mm + place.size.width_mm + margin <= grid.sheet.width_mm, "{grid:?} {place:?}");
                assert!(caption.top_mm + caption.size.height_mm + margin <= grid.sheet.height_mm, "{grid:?}");
                for &other in &places[..at] {
                    assert!(!meet(place, other, grid.spacing.gap_mm), "{grid:?}");
                }
            }
        }
    }

    #[test]
    fn no_further_row_or_column_fits() {
        for grid in grids() {
            let Spacing { gap_mm, margin_mm, caption_mm } = grid.spacing;
            let needed = |count: u32, side: f32| count as f32 * (side + gap_mm) - gap_mm + 2.0 * margin_mm;
            assert!(needed(grid.columns + 1, grid.print.width_mm) > grid.sheet.width_mm, "{grid:?}");
            assert!(needed(grid.rows + 1, grid.print.height_mm + caption_mm) > grid.sheet.height_mm, "{grid:?}");
        }
    }

    #[test]
    fn the_usual_sheets_hold_what_print_shops_put_on_them() {
        let spacing = Spacing { gap_mm: 2.0, margin_mm: 3.0, caption_mm: 0.0 };
        let count = |sheet: &str, print: Size| {
            Grid::fit(sheet.parse().expect("a size"), print, spacing).expect("it fits").count()
        };
        assert_eq!(count("5R", size(25.0, 35.0)), 18);
        assert_eq!(count("5R", size(33.0, 48.0)), 9);
        assert_eq!(count("6R", size(33.0, 48.0)), 12);
    }

    #[test]
    fn what_cannot_be_laid_out_is_refused() {
        let spacing = Spacing { gap_mm: 2.0, margin_mm: 3.0, caption_mm: 0.0 };
        assert!(Grid::fit(size(30.0, 40.0), size(33.0, 48.0), spacing).is_err());
        for wrong in [-1.0, f32::NAN, f32::INFINITY] {
            let spacing = Spacing { gap_mm: wrong, ..spacing };
            assert!(Grid::fit(size(100.0, 100.0), size(33.0, 48.0), spacing).is_err(), "{wrong}");
        }
    }
}
