//! An entry of a gallery as it lies in Redis; the head is read by scripts too, see `lua/gallery.lua`.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | stand for the photo: the first of the SHA-256 of its name |
//! | 4 | generation, highest byte first |
//! | 1, n | length of the subject, the subject; 0 for none |
//! | 1, n | length of the model's name, the name |
//! | 1, n | length of the photo's name in the session, the name; 0 for a SHA-256 in the 32 bytes that follow |
//! | 2, n | length of the descriptor, lowest byte first, the descriptor |
//! | n | the shot's signature, to the end |

use sha2::{Digest, Sha256};

use super::answer;
use crate::blob::BlobKey;
use crate::face::{Descriptor, Face, FaceModel, ShotSignature};
use crate::name::{SessionId, SubjectId, TenantId};
use crate::{Error, Result};

/// Bytes that stand for a photo.
pub(super) const STAND_IN: usize = 8;
/// Bytes of a SHA-256.
const DIGEST: usize = 32;

/// A photo of a session with its face.
#[derive(Clone, Debug, PartialEq)]
pub struct GalleryEntry {
    /// The photo.
    pub photo: BlobKey,
    /// Whose it is, where that is known.
    pub subject: Option<SubjectId>,
    /// Which of the subject's photos.
    pub generation: u32,
    /// The face.
    pub face: Face,
}

/// Photos of one session lie in one folder.
#[derive(Clone, Debug)]
pub(super) struct Folder(String);

impl Folder {
    pub(super) fn of(tenant: &TenantId, session: &SessionId) -> Self {
        Self(format!("photos/{tenant}/{session}/"))
    }

    /// The photo's name in the folder.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a photo of another session, or with too long a name.
    fn name<'a>(&self, photo: &'a BlobKey) -> Result<&'a str> {
        let name = photo.as_str().strip_prefix(&self.0).filter(|name| name.len() <= usize::from(u8::MAX));
        name.ok_or(Error::InvalidName { what: "photo of this session" })
    }

    /// What stands for a photo in lists of its session.
    ///
    /// # Errors
    /// As [`Folder::name`].
    pub(super) fn stand_in(&self, photo: &BlobKey) -> Result<[u8; STAND_IN]> {
        let digest = Sha256::digest(self.name(photo)?);
        Ok(*digest.first_chunk().expect("a SHA-256 has more than 8 bytes"))
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    /// As [`Folder::name`].
    pub(super) fn write(&self, entry: &GalleryEntry) -> Result<Vec<u8>> {
        let mut bytes = self.stand_in(&entry.photo)?.to_vec();
        bytes.extend(entry.generation.to_be_bytes());
        let subject = entry.subject.as_ref().map_or("", SubjectId::as_str);
        put_short(&mut bytes, subject.as_bytes());
        put_short(&mut bytes, entry.face.model.as_str().as_bytes());
        let name = self.name(&entry.photo)?;
        match digest_of(name) {
            Some(digest) => {
                bytes.push(0);
                bytes.extend(digest);
            }
            None => put_short(&mut bytes, name.as_bytes()),
        }
        let descriptor = entry.face.descriptor.to_bytes();
        let length = u16::try_from(descriptor.len()).expect("a descriptor has 1,024 numbers at most");
        bytes.extend(length.to_le_bytes());
        bytes.extend(descriptor);
        bytes.extend(entry.face.shot.as_bytes());
        Ok(bytes)
    }

    /// Reads what [`Folder::write`] wrote.
    ///
    /// # Errors
    /// [`Error::RedisAnswer`] when it is none.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<GalleryEntry> {
        self.parse(bytes).ok_or_else(|| answer::unexpected("an entry of a gallery"))
    }

    fn parse(&self, bytes: &[u8]) -> Option<GalleryEntry> {
        let (_, rest) = bytes.split_at_checked(STAND_IN)?;
        let (generation, rest) = rest.split_first_chunk()?;
        let (subject, rest) = short(rest)?;
        let (model, rest) = short(rest)?;
        let (name, rest) = match short(rest)? {
            ([], rest) => {
                let (digest, rest) = rest.split_at_checked(DIGEST)?;
                (hex(digest), rest)
            }
            (name, rest) => (text(name)?.to_owned(), rest),
        };
        let (length, rest) = rest.split_first_chunk()?;
        let (descriptor, shot) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let subject = (!subject.is_empty()).then(|| SubjectId::new(text(subject)?).ok());
        Some(GalleryEntry {
            photo: BlobKey::new(format!("{}{name}", self.0)).ok()?,
            subject: match subject {
                Some(lawful) => Some(lawful?),
                None => None,
            },
            generation: u32::from_be_bytes(*generation),
            face: Face {
                model: FaceModel::new(text(model)?).ok()?,
                descriptor: Descriptor::from_bytes(descriptor)?,
                shot: ShotSignature::new(shot.to_vec())?,
            },
        })
    }
}

fn put_short(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.push(u8::try_from(part.len()).expect("names have 255 bytes at most"));
    bytes.extend(part);
}

fn short(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The 32 bytes of a name that is a SHA-256 in lower-case hex, as uploads are named.
fn digest_of(name: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = name.as_bytes().as_chunks::<2>();
    let is_digest = pairs.len() == DIGEST && rest.is_empty();
    is_digest.then(|| pairs.iter().map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect())?
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, subject: Option<&str>, shot: usize) -> GalleryEntry {
        let values = (0..128_u16).map(|at| f32::from(at) - 60.0).collect();
        let written = Descriptor::new(values).unwrap().to_bytes();
        GalleryEntry {
            photo: BlobKey::new(format!("photos/t/s/{name}")).unwrap(),
            subject: subject.map(|subject| SubjectId::new(subject).unwrap()),
            generation: 0x0102_0304,
            face: Face {
                model: FaceModel::new("mobilefacenet_128/1").unwrap(),
                descriptor: Descriptor::from_bytes(&written).unwrap(),
                shot: ShotSignature::new(vec![9; shot]).unwrap(),
            },
        }
    }

    #[test]
    fn an_entry_reads_as_it_is_written() {
        let folder = Folder::of(&TenantId::new("t").unwrap(), &SessionId::new("s").unwrap());
        let digest = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069";
        for (name, subject, shot, length) in [
            (digest, Some("25103003"), 64, 8 + 4 + 9 + 20 + 33 + 258 + 64),
            (digest, None, 0, 324),
            ("a/1.jpg", Some("b"), 1, 301),
        ] {
            let entry = entry(name, subject, shot);
            let bytes = folder.write(&entry).unwrap();
            assert_eq!(bytes.len(), length, "{name}");
            assert_eq!(bytes[..STAND_IN], folder.stand_in(&entry.photo).unwrap());
            let read = folder.read(&bytes).unwrap();
            assert_eq!((&read.photo, &read.subject, read.generation), (&entry.photo, &entry.subject, entry.generation));
            assert_eq!(folder.write(&read).unwrap(), bytes);
            for cut in 0..bytes.len() - shot {
                assert!(folder.read(&bytes[..cut]).is_err(), "{cut} of {}", bytes.len());
            }
        }
        let foreign = GalleryEntry { photo: BlobKey::new("photos/t/other/1").unwrap(), ..entry("1", None, 0) };
        assert!(matches!(folder.write(&foreign), Err(Error::InvalidName { .. })));
    }
}
