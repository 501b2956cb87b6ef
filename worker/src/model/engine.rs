//! All models of one compute thread.

use gradphoto_shared::{Error, Result};

use super::{
    BodyReader, Detector, Embedder, ExpressionReader, GlassesJudge, HairFinder, IrisFinder, Landmarker, LiveJudge,
    Matter, OnDemand, Parser, PoseReader, Runtime,
};
use crate::pack::{ModelFile, Pack, Role};

/// The models of one compute thread: sessions are not shared, since two threads behind one session are
/// no faster than one and wait up to seven times as long (measured). What only `check`
/// or search ask is loaded when it is first asked for: a worker that only standardises pays nothing for it.
#[derive(Debug)]
pub struct Engine {
    /// Finds faces.
    pub detector: Detector,
    /// Puts points on a face.
    pub landmarker: Landmarker,
    /// Tells the person from the background.
    pub matter: Matter,
    /// A second opinion on the matte, where the pack has one.
    pub matte_check: Option<Matter>,
    /// Finds irises, where the landmarks have none.
    pub iris: OnDemand<IrisFinder>,
    /// Puts points on a body.
    pub body: OnDemand<BodyReader>,
    /// Tells hair from everything else.
    pub hair: OnDemand<HairFinder>,
    /// Tells skin, clothes and hair apart.
    pub parser: OnDemand<Parser>,
    /// Says whether glasses with clear lenses are worn.
    pub glasses: OnDemand<GlassesJudge>,
    /// Says whether sunglasses are worn.
    pub sunglasses: OnDemand<GlassesJudge>,
    /// Reads where the head is turned.
    pub head_pose: OnDemand<PoseReader>,
    /// A second opinion on where the head is turned.
    pub head_pose_second: OnDemand<PoseReader>,
    /// Reads what the muscles of the face do.
    pub expression: OnDemand<ExpressionReader>,
    /// Says whether the face lives, from near.
    pub live_near: OnDemand<LiveJudge>,
    /// Says whether the face lives, from farther away.
    pub live_wide: OnDemand<LiveJudge>,
    /// Describes a face, for search.
    pub embedder: OnDemand<Embedder>,
}

impl Engine {
    /// Loads and warms up the models of a pack that `standardise` needs.
    ///
    /// # Errors
    /// As [`Self::from_files`].
    pub fn load(runtime: &Runtime, pack: &Pack) -> Result<Self> {
        Self::from_files(runtime, |role| pack.model(role).cloned())
    }

    /// Loads and warms up the models that `standardise` needs, of those that `file` gives for each role.
    ///
    /// # Errors
    /// [`Error::Pack`] when a role is empty or its contract unknown, [`Error::Model`] when a file cannot
    /// be loaded or run.
    pub fn from_files(runtime: &Runtime, file: impl Fn(Role) -> Option<ModelFile>) -> Result<Self> {
        let needed = |role: Role| file(role).ok_or_else(|| Error::Pack(format!("it has no model for {}", role.name())));
        let matte_check = file(Role::MatteCheck).map(|file| Matter::load(runtime, &file, Role::MatteCheck));
        let (glasses, sunglasses) = (file(Role::Glasses), file(Role::Sunglasses));
        let (pose, second) = (file(Role::HeadPose), file(Role::HeadPoseSecond));
        let (near, wide) = (file(Role::LiveNear), file(Role::LiveWide));
        Ok(Self {
            detector: Detector::load(runtime, &needed(Role::Detect)?)?,
            landmarker: Landmarker::load(runtime, &needed(Role::Landmark)?)?,
            matter: Matter::load(runtime, &needed(Role::Matte)?, Role::Matte)?,
            matte_check: matte_check.transpose()?,
            iris: OnDemand::new(runtime, file(Role::Iris), IrisFinder::load),
            body: OnDemand::new(runtime, file(Role::Body), BodyReader::load),
            hair: OnDemand::new(runtime, file(Role::Hair), HairFinder::load),
            parser: OnDemand::new(runtime, file(Role::Parse), Parser::load),
            glasses: OnDemand::new(runtime, glasses, |r, f| GlassesJudge::load(r, f, Role::Glasses)),
            sunglasses: OnDemand::new(runtime, sunglasses, |r, f| GlassesJudge::load(r, f, Role::Sunglasses)),
            head_pose: OnDemand::new(runtime, pose, |r, f| PoseReader::load(r, f, Role::HeadPose)),
            head_pose_second: OnDemand::new(runtime, second, |r, f| PoseReader::load(r, f, Role::HeadPoseSecond)),
            expression: OnDemand::new(runtime, file(Role::Expression), ExpressionReader::load),
            live_near: OnDemand::new(runtime, near, |r, f| LiveJudge::load(r, f, Role::LiveNear)),
            live_wide: OnDemand::new(runtime, wide, |r, f| LiveJudge::load(r, f, Role::LiveWide)),
            embedder: OnDemand::new(runtime, file(Role::Embed), Embedder::load),
        })
    }

    /// Loads and warms up what search asks, so that the first person does not wait for it.
    ///
    /// # Errors
    /// As [`Self::from_files`]; a model that the pack has not is no error.
    pub fn warm_up_for_search(&mut self) -> Result<()> {
        self.embedder.get()?;
        Ok(())
    }

    /// Loads and warms up what `check` asks, so that the first photo does not wait for it.
    ///
    /// # Errors
    /// As [`Self::from_files`]; a model that the pack has not is no error.
    pub fn warm_up_for_check(&mut self) -> Result<()> {
        self.iris.get()?;
        self.hair.get()?;
        self.parser.get()?;
        self.glasses.get()?;
        self.sunglasses.get()?;
        self.head_pose.get()?;
        self.head_pose_second.get()?;
        self.live_near.get()?;
        self.live_wide.get()?;
        Ok(())
    }
}
