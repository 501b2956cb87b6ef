//! The wall that is seen: what has its colour and hangs together with what is surely background, or is enclosed by hair.

use super::hair::Hair;
use super::{BACK, Wall, inside, round};
use crate::stage::colours::{Colour, distance};
use crate::stage::component;
use crate::stage::head::Head;
use crate::stage::plane::{Field, Plane};

/// How far from the wall's colour a pixel and its eight neighbours on the average still are wall: 6 levels. The wall of 49
/// portraits has a mean of 1 and seldom more than 6 for a pixel alone.
const SAME: f32 = 6.0 / 255.0;
/// Alpha of both the network and the refined edge from which a shirt with the wall's colour stays.
const SURE: f32 = 0.9;
/// Pixels inside of what the network is sure of that are never wall.
const DEEP: usize = 4;
/// Wall enclosed by hair: least and most pixels, and share of its surroundings that is thick hair; where the network takes it for
/// person it must be larger and nearer to the wall's colour, lest shine goes.
const LEAST: usize = 6;
const MOST: usize = 1500;
const ENCLOSED: f32 = 0.5;
const LARGE: usize = 40;
const VERY_SAME: f32 = 5.0 / 255.0;

impl Wall<'_> {
    /// Which pixels are wall, of which `gap` says how far from its colour they are.
    pub(super) fn open(
        &self,
        (gap, off): (&Plane, &Field<Colour>),
        hair: Option<&Hair>,
        (coarse, refined): (&Plane, &Plane),
        head: &Head,
    ) -> Field<bool> {
        let width = gap.width;
        let place = |pixel: usize| (pixel % width, pixel / width);
        let deep = inside(coarse, DEEP);
        let smooth = off.mean(1).map(|off| distance(off, [0.0; 3]));
        let is_wall = |pixel: usize| smooth.values[pixel] < SAME;
        let is_shirt = |pixel: usize| {
            head.is_below(pixel)
                && coarse.values[pixel] > SURE
                && refined.values[pixel] > SURE
                && !hair.is_some_and(|hair| hair.is_close(place(pixel)))
        };
        let joins = |pixel: usize| is_wall(pixel) && !deep.values[pixel] && !is_shirt(pixel);
        let sure = |pixel: &usize| coarse.values[*pixel] <= BACK && self.suspicion(*pixel) <= BACK;
        let mut open = component::flood(gap, (0..gap.values.len()).filter(sure), joins);
        if let Some(hair) = hair {
            let areas = component::regions(gap, |pixel| is_wall(pixel) && !open[pixel] && !head.is_face(pixel));
            for area in areas.iter().filter(|area| (LEAST..MOST).contains(&area.len())) {
                let mean =
                    |plane: &Plane| area.iter().map(|&pixel| plane.values[pixel]).sum::<f32>() / area.len() as f32;
                let doubted = mean(coarse) < SURE || (area.len() >= LARGE && mean(gap) < VERY_SAME);
                let count = |(all, thick), pixel: usize| {
                    (
                        all + 1,
                        thick + u32::from(gap.values[pixel] > ENCLOSED * hair.length && hair.is_close(place(pixel))),
                    )
                };
                let (all, thick) = round(area, gap).filter(|&pixel| !open[pixel]).fold((0, 0), count);
                if doubted && thick as f32 > ENCLOSED * all as f32 {
                    area.iter().for_each(|&pixel| open[pixel] = true);
                }
            }
        }
        Field { width, height: gap.height, values: open }
    }
}
