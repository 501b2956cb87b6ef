//! What the pipeline knows of a checked photo, kept small.

use std::cmp::Reverse;
use std::fmt;

use fast_image_resize::FilterType;
use gradphoto_shared::check::{Advice, CheckOutcome, FileEvidence, RuleFinding, Verdict};
use gradphoto_shared::spec::{PlacementWindows, Spec};
use gradphoto_shared::{Error, Result};
use image::RgbImage;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::model::{Area, Point};
use crate::stage::landmark::Landmarked;
use crate::stage::outline::Outlined;
use crate::stage::place::place;
use crate::stage::resample::Outside;
use crate::stage::view::View;

/// Long side in pixels of the photo in an evidence picture: lids and teeth can be judged, and the file stays
/// near 100 KB.
const LONG_SIDE: f32 = 900.0;
/// JPEG quality of that photo: nobody sees a difference above at this size.
const QUALITY: i32 = 82;

/// A checked photo, reduced, with what was found in it. Places are in pixels of the reduced photo.
#[derive(Clone)]
pub struct Evidence {
    pub(super) photo: RgbImage,
    /// The reduced photo as a file.
    pub(super) jpeg: Vec<u8>,
    /// Pixels of the reduced photo per pixel of the original.
    pub(super) scale: f32,
    /// Points on the face.
    pub(super) points: Vec<Point>,
    /// The face's box.
    pub(super) face: Option<Area>,
    /// Where the certificate picture is cut, if it can be.
    pub(super) frame: Option<Frame>,
    pub(super) advice: Advice,
    /// What did not pass, weightiest first.
    pub(super) findings: Vec<RuleFinding>,
    /// What the photo's file says about itself.
    pub(super) file: Option<FileEvidence>,
}

/// The frame of the certificate picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) area: Area,
    /// Pixels of the reduced photo per pixel of the certificate picture.
    pub(super) step: f32,
    pub(super) windows: PlacementWindows,
}

/// The person as far as evidence shows one.
pub(crate) struct Seen<'a> {
    pub(crate) face: &'a Landmarked,
    pub(crate) outline: Option<Outlined>,
}

impl Evidence {
    /// Gathers the evidence of a decoded photo.
    ///
    /// # Errors
    /// [`Error::Broken`] when the encoder refuses lawful pixels.
    pub(crate) fn of(view: &View, seen: Option<&Seen<'_>>, spec: &Spec, check: &CheckOutcome) -> Result<Self> {
        let (width, height) = (view.size.0 as f32, view.size.1 as f32);
        let scale = (LONG_SIDE / width.max(height)).min(1.0);
        let side = |length: f32| (length * scale).round().max(1.0) as u32;
        let whole = Area { left: 0.0, top: 0.0, width, height };
        let photo = view.cut(whole, (side(width), side(height)), FilterType::Bilinear, Outside::Edge).picture;
        Ok(Self {
            jpeg: jpeg(&photo, QUALITY)?,
            photo,
            scale,
            points: seen
                .map(|seen| seen.face.points.iter().map(|point| point.scaled(scale)).collect())
                .unwrap_or_default(),
            face: seen.map(|seen| box_of(seen.face).scaled(scale)),
            frame: seen.and_then(|seen| frame(seen, view, spec, scale)),
            advice: check.advice,
            findings: shown(&check.rules),
            file: check.file.clone(),
        })
    }
}

/// Names sizes and words only: the photo never reaches a log.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence").field("advice", &self.advice).field("findings", &self.findings.len()).finish()
    }
}

/// What did not pass, weightiest first: the order of the numbers in every picture and list.
pub(crate) fn shown(rules: &[RuleFinding]) -> Vec<RuleFinding> {
    let is_shown = |finding: &&RuleFinding| matches!(finding.verdict, Verdict::Unsure | Verdict::Fail);
    let mut findings: Vec<RuleFinding> = rules.iter().filter(is_shown).cloned().collect();
    findings.sort_by_key(|finding| (Reverse(finding.advice()), finding.verdict == Verdict::Unsure));
    findings
}

fn box_of(face: &Landmarked) -> Area {
    let along = |of: fn(&Point) -> f32| {
        let values = face.points.iter().map(of);
        (values.clone().fold(f32::MAX, f32::min), values.fold(f32::MIN, f32::max))
    };
    let ((left, right), (top, bottom)) = (along(|point| point.x), along(|point| point.y));
    Area { left, top, width: right - left, height: bottom - top }
}

fn frame(seen: &Seen<'_>, view: &View, spec: &Spec, scale: f32) -> Option<Frame> {
    let placed = place(seen.face, seen.outline.as_ref()?, view.size, spec).ok()?;
    Some(Frame { area: placed.frame.scaled(scale), step: scale / placed.scale, windows: spec.placement })
}

/// A baseline JPEG with full chroma, so that thin coloured lines stay coloured.
pub(super) fn jpeg(picture: &RgbImage, quality: i32) -> Result<Vec<u8>> {
    let compress = || -> turbojpeg::Result<Vec<u8>> {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(quality)?;
        compressor.set_subsamp(Subsamp::None)?;
        compressor.set_optimize(true)?;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let pixels = picture.as_raw().as_slice();
        compressor.compress_to_vec(Image { pixels, width, pitch: 3 * width, height, format: PixelFormat::RGB })
    };
    compress().map_err(|cause| {
        tracing::error!(%cause, "the JPEG encoder refused a picture of evidence");
        Error::Broken { stage: "evidence" }
    })
}
