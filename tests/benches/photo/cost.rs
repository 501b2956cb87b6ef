//! Processor time of one photo, in one thread alone and in one of two, beside what nobody can do without.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use gradphoto_tests::photos;
use gradphoto_tests::row::Row;
use gradphoto_worker::model::{Bare, Device, Runtime};
use gradphoto_worker::pack::{self, Pack, Role};
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

use crate::Result;
use crate::cpu::{Counted, used};
use crate::spent::Spent;

/// Runs of a bare model, decode or encode, of which the least counts.
const BARE_RUNS: usize = 15;

/// Costs of a photo with a pack, mean over `photos`, each at its best of `rounds`.
pub(crate) fn of(name: &str, photos: &[PathBuf], rounds: usize) -> Result<Vec<Row>> {
    let home = photos::home();
    let pack = Pack::open(&home, name)?;
    let runtime = Runtime::open(&pack::runtime_library(&home)?, Device::Cpu)?;
    let files: Vec<Vec<u8>> = photos.iter().map(fs::read).collect::<std::io::Result<_>>()?;
    let alone = Spent::alone(&runtime, &pack, &files, rounds)?;
    let beside = Spent::beside(&runtime, &pack, &files, rounds)?;
    let count = files.len() as f64;
    let row = |what: String, ms: f64| Row::new(format!("{name}: {what}"), ms / count, "ms");
    let mut rows = vec![
        row("processor time of a photo".to_owned(), alone.ms),
        row("processor time, another beside".to_owned(), beside.ms),
        Row::new(format!("{name}: photos finished"), alone.finished as f64 / count * 100.0, "%"),
    ];
    for (key, (ms, times)) in &alone.spans {
        let (kind, span) = key;
        rows.push(row(format!("{kind} {span}, {:.1} times", f64::from(*times) / count), *ms));
        let (ms, _) = beside.spans.get(key).copied().unwrap_or_default();
        rows.push(row(format!("{kind} {span}, another beside"), ms));
    }
    let bare = bare(&runtime, &pack, &alone.spans)?;
    let models: f64 = bare.values().map(|(each, times)| each * f64::from(*times)).sum();
    rows.extend(bare.iter().map(|(model, (each, _))| Row::new(format!("{name}: bare {model}, each"), *each, "ms")));
    let (decode, encode) = (bare_decode(&files)?, bare_encode(&alone.qualities, &files)?);
    rows.push(row("bare sum of the model runs".to_owned(), models));
    rows.push(row("bare decode at half size".to_owned(), decode));
    rows.push(row("bare encode".to_owned(), encode));
    let ratio = alone.ms / (models + decode + encode);
    rows.push(Row::new(format!("{name}: photo against bare sum"), ratio, "times").reach("at most 1.25"));
    Ok(rows)
}

/// Milliseconds of one bare run of each model that ran, with how often it ran.
fn bare(runtime: &Runtime, pack: &Pack, spans: &Counted) -> Result<BTreeMap<String, (f64, u32)>> {
    let mut costs = BTreeMap::new();
    for ((_, model), (_, times)) in spans.iter().filter(|((kind, _), _)| *kind == "model") {
        let role = Role::ALL.into_iter().find(|role| role.name() == model).ok_or("a model without a role")?;
        let mut net = Bare::load(runtime, pack.model(role).ok_or("a role without a model")?)?;
        costs.insert(model.clone(), (least(|| Ok(net.run()?))?, *times));
    }
    Ok(costs)
}

/// Milliseconds of decoding each file once, at the scale that a face of a certificate needs.
fn bare_decode(files: &[Vec<u8>]) -> Result<f64> {
    let mut sum = 0.0;
    for file in files {
        let mut decompressor = Decompressor::new()?;
        decompressor.set_scaling_factor(ScalingFactor::ONE_HALF)?;
        let header = decompressor.read_header(file)?;
        let (width, height) =
            (ScalingFactor::ONE_HALF.scale(header.width), ScalingFactor::ONE_HALF.scale(header.height));
        let mut pixels = vec![0; 3 * width * height];
        sum += least(|| {
            let image = Image { pixels: &mut pixels[..], width, pitch: 3 * width, height, format: PixelFormat::RGB };
            Ok(decompressor.decompress(file, image)?)
        })?;
    }
    Ok(sum)
}

/// Milliseconds of encoding a certificate picture once for each file, at the mean quality of those that were made.
fn bare_encode(qualities: &[u8], files: &[Vec<u8>]) -> Result<f64> {
    let quality = qualities.iter().map(|quality| i32::from(*quality)).sum::<i32>() / qualities.len().max(1) as i32;
    let (width, height) = (480, 640);
    let mut sum = 0.0;
    for file in files {
        let photo = image::load_from_memory(file)?;
        // The one that lies on its side.
        let photo = if photo.width() > photo.height() { photo.rotate90() } else { photo };
        let photo = photo.thumbnail_exact(width, height).into_rgb8();
        let mut compressor = Compressor::new()?;
        compressor.set_optimize(true)?;
        compressor.set_subsamp(Subsamp::None)?;
        compressor.set_quality(quality.max(1))?;
        let (width, height) = (width as usize, height as usize);
        let pixels = photo.as_raw().as_slice();
        sum += least(|| {
            let image = Image { pixels, width, pitch: 3 * width, height, format: PixelFormat::RGB };
            compressor.compress_to_vec(image)?;
            Ok(())
        })?;
    }
    Ok(sum)
}

/// Milliseconds of processor time of the quickest of some runs.
fn least(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..BARE_RUNS {
        let start = used();
        work()?;
        least = least.min(ms(used() - start));
    }
    Ok(least)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
