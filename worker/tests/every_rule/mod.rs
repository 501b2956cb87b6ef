//! Every rule on one photo: what the table of readings is made of, and what is compared with it.

use std::fs;

use gradphoto_shared::face::Face;
use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::{home, photos};
use gradphoto_worker::face::{Entry, Gallery};
use gradphoto_worker::model::{Device, Engine, Runtime};
use gradphoto_worker::pack::{Pack, Role, runtime_library};
use gradphoto_worker::pipeline::{Others, Pipeline};
use gradphoto_worker::stage::decode::DecodeLimits;

/// Photos of the set `same_shot` whose shots no other may be: of a woman and of a man.
const REFERENCES: [&str; 2] = ["002_A.jpg", "031_A.jpg"];

/// A pipeline that is asked every rule of `chsi`, with photos to compare shots with.
pub(crate) struct Reader {
    pipeline: Pipeline,
    spec: Spec,
    /// Absent where the pack has no face descriptor.
    references: Option<Gallery<usize>>,
}

impl Reader {
    pub(crate) fn open(pack: &Pack) -> Self {
        let runtime = Runtime::open(&runtime_library(&home()).expect("tests/run.sh fetches it"), Device::Cpu);
        let engine = Engine::load(&runtime.expect("a library that loads"), pack).expect("models that load");
        let mut pipeline = Pipeline::new(engine, DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 });
        let mut spec = Spec::preset("chsi").expect("a preset");
        spec.rules.values_mut().for_each(|rule| rule.asked = true);
        let set = pack.model(Role::Embed).and_then(|_| photos("same_shot"));
        let references = set.map(|set| {
            let faces = REFERENCES.map(|file| {
                let photo = fs::read(set.join(file)).expect("a photo of the set");
                let product = pipeline.run(&photo, &[Task::Search], &spec, &|| true).expect("a pipeline that works");
                product.and_then(|product| product.face).expect("an answer").expect("a face that can be compared")
            });
            let mut gallery = Gallery::new(faces[0].model.clone()).expect("a model with limits");
            for (photo, face) in faces.into_iter().enumerate() {
                gallery.insert(Entry { photo, subject: None, face });
            }
            gallery
        });
        Self { pipeline, spec, references }
    }

    /// Whether it can tell a shot from another.
    pub(crate) fn compares(&self) -> bool {
        self.references.is_some()
    }

    /// What each rule reads, in the order of the rules.
    pub(crate) fn read(&mut self, photo: &[u8]) -> Vec<Option<f32>> {
        let nearest = self.references.as_ref().map(|gallery| |face: &Face| gallery.nearest_shot(face, |_, _| true));
        let others = nearest.as_ref().map(|nearest| nearest as Others<'_>);
        let tasks = [Task::Standardise, Task::Check];
        let product = self.pipeline.run_beside(photo, &tasks, &self.spec, others, &|| true);
        let check = product.expect("a pipeline that works").and_then(|product| product.check);
        let findings = check.expect("an answer to check").rules.into_iter();
        findings.map(|finding| Some(finding.reading?.value)).collect()
    }
}
