//! The faces of a set's photos, each seen once.

use std::collections::HashMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use gradphoto_shared::face::Face;
use gradphoto_shared::job::Task;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::photos;
use gradphoto_worker::pipeline::Pipeline;
use image::ImageFormat;
use image::imageops::{FilterType, resize};

/// Sets whose pictures look squashed, and by how much their height is stretched before they are used.
const SQUASHED: [(&str, f32); 1] = [("rmfd_east_asian_search", 1.3)];

/// A set.
pub(crate) struct Faces {
    pub(crate) set: &'static str,
    /// Every photo of the manifest: its face, or why there is none.
    pub(crate) seen: HashMap<String, Result<Face, Vec<ReasonCode>>>,
    /// Label and identity of each photo.
    pub(crate) manifest: Vec<[String; 3]>,
}

impl Faces {
    /// Looks at every photo of a set; nothing where the set is absent.
    pub(crate) fn of(pipeline: &mut Pipeline, set: &'static str) -> Self {
        let mut faces = Self { set, seen: HashMap::new(), manifest: Vec::new() };
        let Some(folder) = photos(set) else { return faces };
        faces.manifest = columns(&folder.join("manifest.csv"));
        let spec = Spec::preset("chsi").expect("a preset");
        for [file, ..] in &faces.manifest {
            let photo = read(set, &folder.join(file));
            let product = pipeline.run(&photo, &[Task::Search], &spec, &|| true).expect("a pipeline that works");
            let face = product.and_then(|product| product.face).expect("an answer to search");
            faces.seen.insert(file.clone(), face);
        }
        faces
    }

    /// The face of a photo, where it has one to compare.
    pub(crate) fn face(&self, file: &str) -> Option<&Face> {
        self.seen.get(file)?.as_ref().ok()
    }
}

fn read(set: &str, path: &Path) -> Vec<u8> {
    let photo = fs::read(path).expect("a photo of the manifest");
    let Some((_, factor)) = SQUASHED.iter().find(|(squashed, _)| *squashed == set) else { return photo };
    let picture = image::load_from_memory(&photo).expect("a picture").to_rgb8();
    let height = (picture.height() as f32 * factor).round() as u32;
    let stretched = resize(&picture, picture.width(), height, FilterType::Triangle);
    let mut bytes = Cursor::new(Vec::new());
    stretched.write_to(&mut bytes, ImageFormat::Png).expect("pixels can be written");
    bytes.into_inner()
}

/// The first three columns of a list, which are plain words, without its head.
pub(crate) fn columns(list: &Path) -> Vec<[String; 3]> {
    let text = fs::read_to_string(list).unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.split(',').map(str::to_owned);
        Some([cells.next()?, cells.next()?, cells.next()?])
    };
    text.lines().skip(1).filter_map(row).collect()
}
