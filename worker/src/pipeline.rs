//! The conveyor: bytes in, answer out, through the stages that the tasks need.

mod product;
mod run;
mod sheets;
mod sight;

use std::panic::{AssertUnwindSafe, catch_unwind};

use gradphoto_shared::check::{CheckOutcome, NotAssessed};
use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::face::Face;
use gradphoto_shared::job::Task;
use gradphoto_shared::outcome::{Placement, ReasonCode};
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};

use self::product::finished;
pub use self::product::{Besides, CutOut, Product, StandardiseProduct};
use self::run::{Leave, Run};
pub use self::sheets::LayoutProduct;
pub(crate) use self::sheets::draw;
use self::sight::{Described, Sight, subject};
use crate::face::shot::Nearest;
use crate::measure::Readings;
use crate::model::Engine;
use crate::pack::Role;
use crate::rules::{self, Output, Parts, Scene};
use crate::stage::decode::{DecodeLimits, Source};
use crate::stage::encode::encode;
use crate::stage::matte::Matted;
use crate::stage::place::Placed;
use crate::stage::view::View;
use crate::stage::{Stop, compose, detect, landmark, matte, outline, place};
use crate::{code, face};

/// Answers for a face how near its shot comes to those of other photos.
pub type Others<'a> = &'a dyn Fn(&Face) -> Nearest;

/// One thread's conveyor: it owns its models.
#[derive(Debug)]
pub struct Pipeline {
    /// Absent where no task needs a model.
    engine: Option<Engine>,
    limits: DecodeLimits,
    besides: Besides,
}

impl Pipeline {
    /// A conveyor over loaded models that refuses photos past `limits`.
    #[must_use]
    pub fn new(engine: Engine, limits: DecodeLimits) -> Self {
        Self { engine: Some(engine), limits, besides: Besides::default() }
    }

    /// A conveyor for tasks that need no model: `read_code`.
    #[must_use]
    pub fn without_models(limits: DecodeLimits) -> Self {
        Self { engine: None, limits, besides: Besides::default() }
    }

    /// The same conveyor, leaving more beside its answers.
    #[must_use]
    pub fn leaving(self, besides: Besides) -> Self {
        Self { besides, ..self }
    }

    /// Does `tasks` on a photo; they share one decode and one pass of each model. `go_on` is asked between
    /// stages; once it says no the work is dropped and the answer is `None`.
    ///
    /// # Errors
    /// [`Error::Model`]; [`Error::Broken`] when a stage broke, after which the conveyor is as good as
    /// before. A poor photo is an answer, not an error.
    pub fn run(
        &mut self,
        photo: &[u8],
        tasks: &[Task],
        spec: &Spec,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Product>> {
        self.run_beside(photo, tasks, spec, None, go_on)
    }

    /// As [`Self::run`], with `others` to be asked how near the shot of a checked face comes to theirs; asked at most
    /// once, and only where the standard wants to know.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_beside(
        &mut self,
        photo: &[u8],
        tasks: &[Task],
        spec: &Spec,
        others: Option<Others<'_>>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Product>> {
        let mut run = Run::new(go_on);
        // Stages keep nothing between photos, so whatever one left half done goes with its unwinding.
        let work = AssertUnwindSafe(|| self.work(photo, tasks, spec, others, &mut run));
        let product = match catch_unwind(work) {
            Ok(Ok(product)) => product,
            Ok(Err(Leave::Stopped)) => return Ok(None),
            Ok(Err(Leave::Because(Stop::Refused(code)))) => Product::unreadable(tasks, spec, code),
            Ok(Err(Leave::Because(Stop::Failed(error)))) => return Err(error),
            Err(_) => return Err(Error::Broken { stage: run.stage }),
        };
        Ok(Some(Product { stages: run.stages, ..product }))
    }

    /// The tasks one after the other; a refusal says that the file cannot be read.
    fn work(
        &mut self,
        photo: &[u8],
        tasks: &[Task],
        spec: &Spec,
        others: Option<Others<'_>>,
        run: &mut Run<'_>,
    ) -> Result<Product, Leave> {
        let mut product = Product::default();
        if tasks.contains(&Task::ReadCode) {
            let read = run.stage("read_code", || code::read(photo, &self.limits).map_err(Stop::from));
            product.read_code = Some(Leave::unless_refused(read)?.unwrap_or_else(ReadCodeOutcome::because));
        }
        if tasks.iter().all(|task| *task == Task::ReadCode) {
            return Ok(product);
        }
        let mut sight = self.see(photo, spec, run)?;
        if tasks.contains(&Task::Standardise) {
            let done = Leave::unless_refused(self.standardise(&mut sight, spec, run))?;
            product.standardise = Some(done.unwrap_or_else(|code| StandardiseProduct::Refused(vec![code])));
        }
        if tasks.contains(&Task::Check) {
            let picture = product.standardise.as_ref().and_then(StandardiseProduct::picture);
            let nearest = self.nearest_shot(&mut sight, others, spec, run)?;
            let check = self.check(&mut sight, picture, nearest, spec, run)?;
            if self.besides.evidence.wants(check.advice) {
                product.evidence = Some(run.stage("evidence", || Ok(Box::new(sight.evidence(spec, &check)?)))?);
            }
            product.check = Some(check);
        }
        if compares(tasks) {
            self.describe(&mut sight, run)?;
            product.face = sight.face;
        }
        Ok(product)
    }

    /// The face as it is compared, or why it cannot be; described once for all tasks.
    fn describe<'s>(&mut self, sight: &'s mut Sight<'_>, run: &mut Run<'_>) -> Result<&'s Described, Leave> {
        let engine = self.engine.as_mut().ok_or_else(without_models)?;
        let Sight { view, crowd, face, .. } = sight;
        run.once(face, "embed", || Ok(face::see(engine, view, crowd)?))
    }

    /// How near the shot comes to those of others.
    fn nearest_shot(
        &mut self,
        sight: &mut Sight<'_>,
        others: Option<Others<'_>>,
        spec: &Spec,
        run: &mut Run<'_>,
    ) -> Result<Nearest, Leave> {
        if !self.engine.as_ref().is_some_and(|engine| engine.embedder.is_there()) {
            return Ok(Err(NotAssessed::NoModel));
        }
        match others.filter(|_| rules::want(spec, Role::Embed)) {
            None => Ok(Err(NotAssessed::NothingToCompare)),
            Some(others) => Ok(match self.describe(sight, run)? {
                Ok(face) => others(face),
                Err(_) => Err(NotAssessed::NotComparable),
            }),
        }
    }

    /// What every task needs: pixels, and the points of the face.
    fn see<'a>(&mut self, photo: &'a [u8], spec: &Spec, run: &mut Run<'_>) -> Result<Sight<'a>, Leave> {
        let engine = self.engine.as_mut().ok_or_else(without_models)?;
        let source = run.stage("decode", || Ok(Source::open(photo, &self.limits)?))?;
        let mut view = run.stage("decode", || Ok(View::working(&source)?))?;
        let located = run.stage("detect", || detect::detect(&mut engine.detector, &view));
        let located = match Leave::unless_refused(located)? {
            Ok(located) => located,
            Err(code) => return Ok(Sight { source, view, crowd: Err(code), looked: None, trust: None, face: None }),
        };
        let wanted = located.wanted_scale(spec.placement.face_width_px.target);
        run.stage("decode", || Ok(view.refine(&source, wanted)?))?;
        let crowd = run.stage("landmark", || landmark::landmark(&mut engine.landmarker, &view, &located, &spec.input));
        let crowd = Leave::unless_refused(crowd)?;
        Ok(Sight { source, view, crowd, looked: None, trust: None, face: None })
    }

    /// The cut-out alone, before it is encoded: for measurements. A poor photo gives its reason.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub fn cut_out(&mut self, photo: &[u8], spec: &Spec) -> Result<Result<CutOut, ReasonCode>> {
        let mut run = Run::new(&|| true);
        let cut = self.see(photo, spec, &mut run).and_then(|mut sight| self.cut(&mut sight, spec, &mut run));
        match Leave::unless_refused(cut) {
            Ok(Ok((placed, matted))) => Ok(Ok(CutOut {
                picture: compose::compose(&matted, spec.picture.background),
                placement: placed.placement,
                matted,
            })),
            Ok(Err(code)) => Ok(Err(code)),
            Err(Leave::Because(Stop::Failed(error))) => Err(error),
            Err(_) => Err(Error::Broken { stage: run.stage }),
        }
    }

    fn standardise(
        &mut self,
        sight: &mut Sight<'_>,
        spec: &Spec,
        run: &mut Run<'_>,
    ) -> Result<StandardiseProduct, Leave> {
        let (placed, matted) = self.cut(sight, spec, run)?;
        let picture = run.stage("compose", || Ok(compose::compose(&matted, spec.picture.background)))?;
        let encoded = run.stage("encode", || Ok(encode(&picture, spec)?))?;
        let preview = match &self.besides.preview {
            Some(watermark) => Some(run.stage("preview", || Ok(watermark.preview(&picture)?))?),
            None => None,
        };
        Ok(finished(spec, &placed, &matted, &picture, encoded, preview))
    }

    /// The person in the final frame, cut out.
    fn cut(&mut self, sight: &mut Sight<'_>, spec: &Spec, run: &mut Run<'_>) -> Result<(Placed, Matted), Leave> {
        let engine = self.engine.as_mut().ok_or_else(without_models)?;
        let Sight { source, view, crowd, looked, trust, .. } = sight;
        let face = crowd.as_ref().map_err(|code| *code).and_then(|crowd| crowd.alone(&spec.input))?;
        let looked = run.once(looked, "outline", || outline::look(&mut engine.matter, view, face))?;
        let outlined = run.stage("outline", || Ok(outline::outline(looked, face, view.size)?))?;
        let placed = run.stage("place", || Ok(place::place(face, &outlined, view.size, spec)?))?;
        run.stage("decode", || Ok(view.refine(source, placed.scale)?))?;
        let matted = run.stage("matte", || matte::matte(engine, view, face, &placed, &spec.picture))?;
        *trust = Some(matted.trust);
        Ok((placed, matted))
    }

    fn check(
        &mut self,
        sight: &mut Sight<'_>,
        picture: Option<(&[u8], Placement)>,
        nearest_shot: Nearest,
        spec: &Spec,
        run: &mut Run<'_>,
    ) -> Result<CheckOutcome, Leave> {
        let engine = self.engine.as_mut().ok_or_else(without_models)?;
        let Sight { source, view, crowd, looked, trust, .. } = sight;
        let subject = match crowd {
            Err(_) => None,
            Ok(crowd) => {
                let face = &crowd.subject;
                let looked = run.once(looked, "outline", || outline::look(&mut engine.matter, view, face))?;
                let wanted = |role| rules::want(spec, role);
                let readings = run.stage("parse", || Ok(Readings::take(engine, view, &crowd.area, face, wanted)?))?;
                Some(run.stage("measure", || Ok(subject(view, crowd, looked, readings)))?)
            }
        };
        run.stage("measure", || {
            let output = |(jpeg, placement)| {
                let picture = Source::open(jpeg, &self.limits)?.pixels(1.0)?;
                Ok::<_, ReasonCode>(Output { picture, placement })
            };
            let output = picture.map(output).transpose()?;
            let (file, trust) = (source.facts(), *trust);
            let parts = Parts::default();
            Ok(rules::judge(&Scene { spec, source, file, view, subject, output, trust, nearest_shot, parts }))
        })
    }
}

/// Whether a task compares the face with others.
fn compares(tasks: &[Task]) -> bool {
    tasks.iter().any(|task| task.asks_a_gallery())
}

fn without_models() -> Leave {
    Leave::Because(Stop::Failed(Error::Pack("no models are loaded".to_owned())))
}
