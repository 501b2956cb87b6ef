//! Connected pixels that stand out.

use std::mem;

use crate::model::Area;
use crate::stage::plane::Field;

/// Pixels looked at together: most rows have nothing that stands out.
const TOGETHER: usize = 32;

/// Connected pixels: their box, and what tells letters from other things.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) left: u32,
    pub(super) top: u32,
    /// One past the last.
    pub(super) right: u32,
    pub(super) bottom: u32,
    /// Pixels.
    pub(super) count: u32,
    /// Stretches of rows.
    pub(super) runs: u32,
    /// Sides of pixels that no other pixel of the piece touches.
    edges: u32,
    /// Sum of how far its pixels stand out.
    sum: u32,
}

impl Piece {
    pub(super) fn width(&self) -> f32 {
        (self.right - self.left) as f32
    }

    pub(super) fn height(&self) -> f32 {
        (self.bottom - self.top) as f32
    }

    /// How large it is, however it is turned.
    pub(super) fn size(&self) -> f32 {
        (self.width() * self.height()).sqrt()
    }

    pub(super) fn area(&self) -> Area {
        Area { left: self.left as f32, top: self.top as f32, width: self.width(), height: self.height() }
    }

    /// Strokes side by side, in the mean of its rows.
    pub(super) fn strokes(&self) -> f32 {
        self.runs as f32 / self.height()
    }

    /// How wide its strokes are: a long one has twice its length as its edge.
    pub(super) fn stroke_width(&self) -> f32 {
        2.0 * self.count as f32 / self.edges as f32
    }

    /// How far it stands out, in levels.
    pub(super) fn contrast(&self) -> f32 {
        self.sum as f32 / self.count as f32
    }

    fn join(&mut self, other: &Self) {
        self.left = self.left.min(other.left);
        self.top = self.top.min(other.top);
        self.right = self.right.max(other.right);
        self.bottom = self.bottom.max(other.bottom);
        self.count += other.count;
        self.runs += other.runs;
        self.edges += other.edges;
        self.sum += other.sum;
    }
}

/// A stretch of a row, and the piece that it is of.
#[derive(Clone, Copy)]
struct Run {
    from: u32,
    to: u32,
    piece: usize,
}

/// The pieces of at least `least` levels, connected over sides and corners.
pub(super) fn pieces(out: &Field<u8>, least: u8) -> Vec<Piece> {
    let (mut pieces, mut parents): (Vec<Piece>, Vec<usize>) = (Vec::new(), Vec::new());
    let (mut above, mut here): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    for at in 0..out.height {
        let row = out.row(at);
        stretches(row, least, &mut here);
        let mut first = 0;
        for run in &mut here {
            let pixels = &row[run.from as usize..run.to as usize];
            let count = run.to - run.from;
            run.piece = pieces.len();
            parents.push(run.piece);
            pieces.push(Piece {
                left: run.from,
                top: at as u32,
                right: run.to,
                bottom: at as u32 + 1,
                count,
                runs: 1,
                edges: 2 + 2 * count,
                sum: pixels.iter().map(|level| u32::from(*level)).sum(),
            });
            while above.get(first).is_some_and(|over| over.to < run.from) {
                first += 1;
            }
            for over in above[first..].iter().take_while(|over| over.from <= run.to) {
                let shared = over.to.min(run.to).saturating_sub(over.from.max(run.from));
                let (one, other) = (root(&mut parents, over.piece), root(&mut parents, run.piece));
                if one != other {
                    parents[other] = one;
                    let joined = pieces[other];
                    pieces[one].join(&joined);
                }
                pieces[one].edges -= 2 * shared;
            }
        }
        mem::swap(&mut above, &mut here);
    }
    let roots = parents.iter().enumerate().filter(|(own, parent)| own == *parent);
    roots.map(|(own, _)| pieces[own]).collect()
}

/// The piece that another was joined to.
fn root(parents: &mut [usize], mut piece: usize) -> usize {
    while parents[piece] != piece {
        parents[piece] = parents[parents[piece]];
        piece = parents[piece];
    }
    piece
}

/// Stretches of at least `least` levels.
fn stretches(row: &[u8], least: u8, found: &mut Vec<Run>) {
    found.clear();
    let mut open = None;
    for (block, levels) in row.chunks(TOGETHER).enumerate() {
        let start = (block * TOGETHER) as u32;
        if open.is_none() && levels.iter().fold(0, |most, level| most.max(*level)) < least {
            continue;
        }
        for (at, level) in (start..).zip(levels) {
            match (open, *level >= least) {
                (None, true) => open = Some(at),
                (Some(from), false) => {
                    found.push(Run { from, to: at, piece: 0 });
                    open = None;
                }
                _ => (),
            }
        }
    }
    found.extend(open.map(|from| Run { from, to: row.len() as u32, piece: 0 }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&str]) -> Vec<Piece> {
        let values = rows.concat().bytes().map(|byte| (byte - b'0') * 20).collect();
        pieces(&Field { width: rows[0].len(), height: rows.len(), values }, 100)
    }

    #[test]
    fn pieces_hang_together_over_sides_and_corners() {
        // A piece of two arms that meet below, a dot at its corner, and one apart that is too pale in part.
        let found = of(&["9090000", "9090055", "9990041", "0009000"]);
        let boxes: Vec<_> = found.iter().map(|piece| (piece.left, piece.top, piece.right, piece.bottom)).collect();
        assert_eq!(boxes, [(0, 0, 4, 4), (5, 1, 7, 2)]);
        let [piece, bar] = found.try_into().expect("two pieces");
        assert_eq!((piece.count, piece.runs, piece.edges, bar.edges), (8, 6, 20, 6));
        assert_eq!((piece.strokes(), bar.contrast()), (1.5, 100.0));
        assert!((bar.stroke_width() - 2.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn pieces_reach_over_blocks_and_to_the_edges() {
        let row = "9".repeat(100);
        let found = of(&[&row]);
        assert_eq!((found.len(), found[0].count, found[0].edges), (1, 100, 202));
        assert!(of(&["0000", "0000"]).is_empty());
    }
}
