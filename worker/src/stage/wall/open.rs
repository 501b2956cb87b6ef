//! The wall that is seen: what has its colour and hangs together with what is surely background, or is enclosed by hair.

use super::hair::Hair;
use super::{BACK, Wall, inside, round};
use crate::stage::colours::{QUARTER, distance};
use crate::stage::component;
use crate::stage::head::Head;
use crate::stage::plane::{Field, Plane};

/// How far from the wall's colour a pixel and its eight neighbours on the average still are wall: 6 levels. The wall of 49
/// portraits has a mean of 1 and seldom more than 6 for a pixel alone.
const SAME: f32 = 6.0 / 255.0;
/// Alpha of the network or of the refined edge from which a shirt with the wall's colour stays.
const SURE: f32 = 0.9;
/// Such a shirt goes no farther on the way to the hair's colour than this share of it, where it lies in the shade: fair hair
/// over the wall goes farther.
const PALE: f32 = 0.25;
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
    /// Which pixels are a pale shirt: what is surely person lower than the ears and hangs together with the lower border.
    /// It goes on under hair that hangs over it; wall between strands hangs together with none.
    pub(super) fn shirt(&self, hair: Option<&Hair>, (coarse, refined): (&Plane, &Plane), head: &Head) -> Vec<bool> {
        let is_pale = |place, hair: &Hair| hair.way.along(self.way_to(place)) < PALE * hair.way.length;
        let cloth = Field::of_places(coarse.size(), |place| {
            let pixel = coarse.pixel(place);
            let is_sure = coarse.values[pixel] > SURE || refined.values[pixel] > SURE;
            is_sure && head.is_low(place) && hair.is_none_or(|hair| is_pale(place, hair))
        });
        let count = cloth.values.len();
        component::flood(&cloth, count.saturating_sub(coarse.width)..count)
    }

    /// Which pixels are wall, of which `gap` says how far from its colour they are.
    pub(super) fn open(
        &self,
        gap: &Plane,
        hair: Option<&Hair>,
        shirt: &[bool],
        coarse: &Plane,
        head: &Head,
    ) -> Field<bool> {
        let deep = inside(coarse, DEEP);
        let is_wall = self.picture.fine.mean_by(1, |place, colour| distance(self.way(place, colour), [0.0; 3]) < SAME);
        let joins = |pixel: usize| is_wall.values[pixel] && !deep[pixel] && !shirt[pixel];
        let joins = Field { width: gap.width, height: gap.height, values: (0..deep.len()).map(joins).collect() };
        let sure = coarse.zip_coarser(&self.suspected, QUARTER, |alpha, suspected| alpha <= BACK && suspected <= BACK);
        let mut open = component::flood(&joins, (0..sure.values.len()).filter(|&pixel| sure.values[pixel]));
        if let Some(hair) = hair {
            let loose = |pixel: usize| is_wall.values[pixel] && !open[pixel] && !head.is_face(gap.place(pixel));
            let areas = component::regions(gap, loose);
            for area in areas.iter().filter(|area| (LEAST..MOST).contains(&area.len())) {
                let mean =
                    |plane: &Plane| area.iter().map(|&pixel| plane.values[pixel]).sum::<f32>() / area.len() as f32;
                let doubted = mean(coarse) < SURE || (area.len() >= LARGE && mean(gap) < VERY_SAME);
                let count = |(all, thick), pixel: usize| {
                    (
                        all + 1,
                        thick
                            + u32::from(
                                gap.values[pixel] > ENCLOSED * hair.way.length && hair.is_close(gap.place(pixel)),
                            ),
                    )
                };
                let (all, thick) = round(area, gap).filter(|&pixel| !open[pixel]).fold((0, 0), count);
                if doubted && thick as f32 > ENCLOSED * all as f32 {
                    area.iter().for_each(|&pixel| open[pixel] = true);
                }
            }
        }
        Field { values: open, ..joins }
    }
}
