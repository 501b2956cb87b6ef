//! The pictures of an export as a ZIP archive, made while it is sent.

use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use gradphoto_shared::blob::Blobs;
use gradphoto_shared::name::SessionId;
use gradphoto_shared::{Error, Result};
use tokio::sync::mpsc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::file_name::NameTemplate;
use super::list::{Line, head};
use super::roll::Standing;

/// Pictures that are fetched at the same time.
const PICTURES_AT_ONCE: usize = 16;
/// Pictures on their way to the thread that writes: with those that are fetched, 32 of 40 kB.
const AHEAD: usize = 16;
/// Pieces of the archive on their way to the caller, and how large they are: half a megabyte waits for a slow one.
const PIECES: usize = 8;
const PIECE_BYTES: usize = 64 << 10;
/// The list within the archive. Everybody stands in it, also those of whom there is no picture.
const LIST: &str = "list.csv";

/// Somebody, with the picture where there is one.
struct Entry {
    standing: Standing,
    picture: Option<Bytes>,
}

/// An archive of pictures and their list, piece by piece. An error breaks it off, so one that ends is whole.
pub(crate) fn archive(
    standings: impl Stream<Item = Result<Standing>> + Send + 'static,
    session: SessionId,
    template: NameTemplate,
    blobs: Blobs,
    picture_bytes_max: u64,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let (pieces, mut sent) = mpsc::channel(PIECES);
    let (entries, fetched) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let entry = |standing: Result<Standing>| {
            let blobs = blobs.clone();
            async move { entry(&blobs, standing?, picture_bytes_max).await }
        };
        let mut all = std::pin::pin!(standings.map(entry).buffered(PICTURES_AT_ONCE));
        while let Some(entry) = all.next().await {
            let is_last = entry.is_err();
            // The writer is gone once nobody reads any more.
            if entries.send(entry).await.is_err() || is_last {
                return;
            }
        }
    });
    tokio::task::spawn_blocking(move || {
        let is_broken = Arc::new(AtomicBool::new(false));
        let pipe = Pipe { pieces: pieces.clone(), piece: Vec::new(), is_broken: Arc::clone(&is_broken) };
        if let Err(cause) = write(fetched, pipe, &is_broken, &session, template) {
            tracing::warn!(%cause, "an export broke off");
            let _ = pieces.blocking_send(Err(cause));
        }
    });
    stream::poll_fn(move |context| sent.poll_recv(context))
}

async fn entry(blobs: &Blobs, mut standing: Standing, most: u64) -> Result<Entry> {
    let picture = match &standing.picture {
        None => None,
        Some(picture) => match blobs.get(&picture.key, most).await {
            Ok(bytes) => Some(bytes),
            Err(Error::BlobMissing) => {
                (standing.picture, standing.state) = (None, "gone");
                None
            }
            Err(error) => return Err(error),
        },
    };
    Ok(Entry { standing, picture })
}

fn write(
    mut entries: mpsc::Receiver<Result<Entry>>,
    pipe: Pipe,
    is_broken: &AtomicBool,
    session: &SessionId,
    mut template: NameTemplate,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(pipe);
    // Deflated although JPEGs do not shrink: readers that read as it comes take no other entry of unknown size.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let options = options.compression_level(Some(1)).unix_permissions(0o644);
    let mut list = tempfile::tempfile()?;
    list.write_all(head().as_bytes())?;
    let mut pack = || -> io::Result<()> {
        while let Some(entry) = entries.blocking_recv() {
            let Entry { standing, picture } = entry.map_err(|error| io::Error::other(error.code()))?;
            let mut file = String::new();
            if let Some(picture) = picture {
                file = template.name(session, &standing);
                zip.start_file(file.as_str(), options)?;
                zip.write_all(&picture)?;
            }
            list.write_all(Line::of(&standing, &file).csv().as_bytes())?;
        }
        list.seek(SeekFrom::Start(0))?;
        zip.start_file(template.free(LIST), options)?;
        io::copy(&mut list, &mut zip)?;
        Ok(())
    };
    if let Err(cause) = pack() {
        // Else the archive would be ended as if it were whole.
        is_broken.store(true, Ordering::Release);
        return Err(cause);
    }
    zip.finish()?.into_inner().flush()
}

/// The archive's end of the line to the caller.
struct Pipe {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
    is_broken: Arc<AtomicBool>,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_broken.load(Ordering::Acquire) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.pass()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() { Ok(()) } else { self.pass() }
    }
}

impl Pipe {
    fn pass(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.piece));
        self.pieces.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
