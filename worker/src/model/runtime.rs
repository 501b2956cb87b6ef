//! The ONNX door: the one file that speaks to ONNX Runtime.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use gradphoto_shared::{Error, Result, metrics};
use ort::environment::Environment;
use ort::ep::{ArenaExtendStrategy, CPU, CUDA};
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionOutputs};
use ort::value::TensorRef;

use super::Device;
use crate::pack::ModelFile;

/// Most GPU memory of one session's arena, in bytes. All models of a pack together hold under 50 MB of
/// weights; without a limit one odd shape would take the whole device from its neighbours.
const CUDA_ARENA_BYTES: usize = 1 << 30;

/// The library that this process has loaded. ONNX Runtime allows one environment a process.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// ONNX Runtime, loaded, and the device that its sessions run on. Clones share both.
#[derive(Clone)]
pub struct Runtime {
    environment: Environment,
    device: Device,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("device", &self.device).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Loads the shared library at `library`, once a process, and takes `device`.
    ///
    /// # Errors
    /// [`Error::Model`] when the library cannot be loaded or is older than 1.24, [`Error::Config`] when
    /// the process has loaded another one, [`Error::DeviceMissing`] when CUDA was asked for and fails.
    pub fn open(library: &Path, device: Device) -> Result<Self> {
        let environment = load(library)?;
        let device = match device {
            Device::Cpu => Device::Cpu,
            Device::Cuda(number) => {
                let missing = |cause| Error::DeviceMissing(format!("cuda:{number}: {cause}{}", hint(library)));
                builder(&environment, Device::Cuda(number)).map_err(missing)?;
                Device::Cuda(number)
            }
            Device::Auto => match builder(&environment, Device::Cuda(0)) {
                Ok(_) => Device::Cuda(0),
                Err(cause) => {
                    tracing::info!(%cause, "no CUDA device, taking the processor");
                    Device::Cpu
                }
            },
        };
        tracing::info!(%device, "model runs have a device");
        metrics::device_taken(&device.to_string());
        Ok(Self { environment, device })
    }

    /// The device taken: never [`Device::Auto`].
    #[must_use]
    pub fn device(&self) -> Device {
        self.device
    }
}

/// What to do where the library is the one for processors only: the other brings this file beside it.
fn hint(library: &Path) -> &'static str {
    match library.with_file_name("libonnxruntime_providers_cuda.so").exists() {
        true => "",
        false => "; `worker models pull --device cuda` fetches ONNX Runtime for CUDA",
    }
}

fn load(library: &Path) -> Result<Environment> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((path, environment)) if path == library => Ok(environment.clone()),
        Some((path, _)) => Err(Error::Config(format!("ONNX Runtime was already loaded from {}", path.display()))),
        None => {
            let failed = |cause: &dyn fmt::Display| {
                Error::Model(format!("ONNX Runtime cannot be loaded from {}: {cause}", library.display()))
            };
            let environment = ort::init_from(library)
                .map_err(|cause| failed(&cause))?
                .with_name("gradphoto")
                .with_telemetry(false)
                .build()
                .map_err(|cause| failed(&cause))?;
            *loaded = Some((library.to_owned(), environment.clone()));
            Ok(environment)
        }
    }
}

/// One thread a session and no spinning: measured best with one session a compute thread, and spinning
/// doubles the slowest runs as soon as anything else needs the processor.
///
/// No arena on the processor: each session's own would keep the most that it ever held, and the full pack has a dozen
/// sessions a thread. Two threads over 36 photos of 12 megapixels: 598 to 613 MB with arenas, 318 to 352 MB without,
/// in the same processor time (8.1 s of 8.1 s).
fn builder(environment: &Environment, device: Device) -> ort::Result<SessionBuilder> {
    let builder = Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?;
    let Device::Cuda(number) = device else {
        return Ok(builder.with_execution_providers([CPU::default().with_arena_allocator(false).build()])?);
    };
    let cuda = CUDA::default()
        .with_device_id(i32::try_from(number).unwrap_or(i32::MAX))
        .with_memory_limit(CUDA_ARENA_BYTES)
        .with_arena_extend_strategy(ArenaExtendStrategy::SameAsRequested)
        .build()
        // Without this a missing device would end on the processor in silence.
        .error_on_failure();
    Ok(builder.with_execution_providers([cuda])?)
}

/// A network in memory, with one input of a fixed shape.
pub(super) struct Net {
    name: &'static str,
    shape: Vec<i64>,
    session: Session,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("name", &self.name).field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl Net {
    /// Loads a model whose first input has `shape` and runs it once on zeros, since a first run takes
    /// two to three times as long as the next. `name` stands in metrics.
    pub(super) fn load(runtime: &Runtime, file: &ModelFile, name: &'static str, shape: &[i64]) -> Result<Self> {
        let failed = |cause: ort::Error| Error::Model(format!("{name} cannot be loaded: {cause}"));
        let session =
            builder(&runtime.environment, runtime.device).and_then(|mut builder| builder.commit_from_file(&file.path));
        let mut net = Self { name, shape: shape.to_vec(), session: session.map_err(failed)? };
        let zeros = vec![0.0; net.input_len()];
        net.run(&zeros, |_| Ok(()))?;
        Ok(net)
    }

    /// Runs the network and lets `read` take what it needs of the outputs.
    pub(super) fn run<T>(&mut self, input: &[f32], read: impl FnOnce(&Outputs<'_>) -> Result<T>) -> Result<T> {
        let name = self.name;
        let failed = |cause: ort::Error| Error::Model(format!("{name}: {cause}"));
        let tensor = TensorRef::from_array_view((self.shape.as_slice(), input)).map_err(failed)?;
        let start = Instant::now();
        let run = tracing::trace_span!("model", name).in_scope(|| self.session.run(ort::inputs![tensor]));
        let values = run.map_err(failed)?;
        metrics::model_ran(name, 1, start.elapsed());
        read(&Outputs { name, values })
    }

    fn input_len(&self) -> usize {
        self.shape.iter().map(|&side| usize::try_from(side).unwrap_or_default()).product()
    }
}

/// A model alone, as a measure of what a photo costs beside its models.
#[derive(Debug)]
pub struct Bare {
    net: Net,
    input: Vec<f32>,
}

impl Bare {
    /// Loads a model and prepares numbers for it. What a network takes does not change how long it takes.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        let failed = |cause: ort::Error| Error::Model(format!("{} cannot be loaded: {cause}", file.path.display()));
        let session = builder(&runtime.environment, runtime.device)
            .and_then(|mut builder| builder.commit_from_file(&file.path))
            .map_err(failed)?;
        let shape = session.inputs().first().and_then(|input| input.dtype().tensor_shape().cloned());
        // A side that a network leaves open is the number of pictures.
        let shape: Vec<i64> = shape.iter().flat_map(|shape| shape.iter().map(|&side| side.max(1))).collect();
        let net = Net { name: "bare", shape, session };
        let input = (0..net.input_len()).map(|at| (at % 251) as f32 / 251.0).collect();
        Ok(Self { net, input })
    }

    /// Runs it once.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub fn run(&mut self) -> Result<()> {
        self.net.run(&self.input, |_| Ok(()))
    }
}

/// What one run answered.
pub(super) struct Outputs<'a> {
    name: &'static str,
    values: SessionOutputs<'a>,
}

impl Outputs<'_> {
    /// The numbers of the output `output`, which must be exactly `count` many.
    pub(super) fn numbers(&self, output: &str, count: usize) -> Result<&[f32]> {
        let Self { name, values } = self;
        let value = values.get(output).ok_or_else(|| Error::Model(format!("{name} has no output {output}")))?;
        let (_, numbers) =
            value.try_extract_tensor::<f32>().map_err(|cause| Error::Model(format!("{name}, {output}: {cause}")))?;
        if numbers.len() == count {
            Ok(numbers)
        } else {
            Err(Error::Model(format!("{name}, {output}: {} numbers where {count} were due", numbers.len())))
        }
    }
}
