//! API keys: who calls. Only hashes are kept.

use std::collections::HashMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use gradphoto_shared::name::TenantId;
use gradphoto_shared::{Error, Result};
use rand::RngExt;
use sha2::{Digest, Sha256};

/// First letters of every key, so that one found in a log or a repository is known for what it is.
const PREFIX: &str = "gpk_";

/// Random bytes in a key. 256 bits cannot be guessed, so a plain SHA-256 is a safe way to keep it.
const KEY_BYTES: usize = 32;

/// The word that makes a key an operator's.
const OPERATOR: &str = "operator";

/// For what a key was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of the tenant: the main system.
    #[default]
    Full,
    /// To look at everything and to submit jobs.
    Reviewer,
    /// To find the one photo of the person before the camera, and to read codes; it may stand in a kiosk.
    Student,
}

impl Scope {
    /// Scopes that a key may be made for besides the whole.
    pub const NARROW: [Self; 2] = [Self::Reviewer, Self::Student];

    /// Its word in the file of keys and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Reviewer => "reviewer",
            Self::Student => "student",
        }
    }
}

/// Whom a key lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The tenant as whom he calls.
    pub tenant: TenantId,
    /// Whether he may also do what concerns all tenants.
    pub is_operator: bool,
    /// What of it he may use.
    pub scope: Scope,
}

/// Who may call.
#[derive(Clone, Debug)]
pub enum Access {
    /// Whoever bears a key of the file.
    Keys(HashMap<[u8; 32], Bearer>),
    /// Everybody, as this one tenant and operator; for development on one machine.
    Open(Bearer),
}

impl Access {
    /// Everybody as `tenant`.
    #[must_use]
    pub fn open(tenant: TenantId) -> Self {
        Self::Open(Bearer { tenant, is_operator: true, scope: Scope::Full })
    }

    /// Reads lines of `tenant sha256hex [operator|reviewer|student]`; empty lines and lines from `#` on are skipped.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Config`] naming the line that is wrong.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .map_err(|cause| Error::io(format!("read the API keys in {}", file.display()), cause))?;
        let mut keys = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (hash, bearer) = entry(line).ok_or_else(|| {
                let place = format!("{} line {}", file.display(), index + 1);
                Error::Config(format!("{place} is not `TENANT SHA256 [operator|reviewer|student]`"))
            })?;
            keys.insert(hash, bearer);
        }
        if keys.is_empty() {
            return Err(Error::Config(format!("{} holds no API key", file.display())));
        }
        Ok(Self::Keys(keys))
    }

    /// The tenant who bears `key`.
    #[must_use]
    pub fn tenant(&self, key: Option<&str>) -> Option<&TenantId> {
        self.bearer(key).map(|bearer| &bearer.tenant)
    }

    /// Who bears `key`. Its hash is looked up, not the key: what the time of a look-up tells
    /// of a hash helps nobody to find a key.
    #[must_use]
    pub fn bearer(&self, key: Option<&str>) -> Option<&Bearer> {
        match self {
            Self::Open(bearer) => Some(bearer),
            Self::Keys(keys) => keys.get(&hash(key?)),
        }
    }
}

fn entry(line: &str) -> Option<([u8; 32], Bearer)> {
    let mut words = line.split_whitespace();
    let tenant = TenantId::new(words.next()?).ok()?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(words.next()?, &mut bytes).ok()?;
    let (is_operator, scope) = match words.next() {
        None => (false, Scope::Full),
        Some(word) if word == OPERATOR => (true, Scope::Full),
        Some(word) => (false, Scope::NARROW.into_iter().find(|scope| scope.name() == word)?),
    };
    words.next().is_none().then_some((bytes, Bearer { tenant, is_operator, scope }))
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Makes a key for `tenant`, appends its hash to `file` and answers the key, which is kept nowhere.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub fn create(file: &Path, tenant: &TenantId) -> Result<String> {
    append(file, tenant.as_str())
}

/// As [`create`], a key that was made for less.
///
/// # Errors
/// As [`create`].
pub fn create_narrow(file: &Path, tenant: &TenantId, scope: Scope) -> Result<String> {
    match scope {
        Scope::Full => create(file, tenant),
        narrow => append(file, &format!("{tenant} {}", narrow.name())),
    }
}

/// As [`create`], a key that may also do what concerns all tenants.
///
/// # Errors
/// As [`create`].
pub fn create_operator(file: &Path, tenant: &TenantId) -> Result<String> {
    append(file, &format!("{tenant} {OPERATOR}"))
}

/// Adds a new key; its hash stands behind the first of `words`.
fn append(file: &Path, words: &str) -> Result<String> {
    let failed = |cause| Error::io(format!("write the API keys in {}", file.display()), cause);
    let mut secret = [0_u8; KEY_BYTES];
    rand::rng().fill(&mut secret);
    let key = format!("{PREFIX}{}", hex::encode(secret));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut lines = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file).map_err(failed)?;
    let (tenant, role) = words.split_once(' ').unwrap_or((words, ""));
    let line = format!("{tenant} {} {role}", hex::encode(hash(&key)));
    writeln!(lines, "{}", line.trim_end()).map_err(failed)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_opens_its_tenants_door_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("keys");
        let tenant = TenantId::new("school-1").expect("lawful");
        let key = create(&file, &tenant).expect("written");
        let other = create(&file, &TenantId::new("school-2").expect("lawful")).expect("written");
        let access = Access::read(&file).expect("own file");
        assert_eq!(access.tenant(Some(&key)), Some(&tenant));
        assert_ne!(access.tenant(Some(&other)), Some(&tenant));
        for wrong in [None, Some(""), Some("gpk_"), Some(&key[1..])] {
            assert_eq!(access.tenant(wrong), None);
        }
        let operator = create_operator(&file, &tenant).expect("written");
        let bearer = |key: &str| Access::read(&file).expect("own file").bearer(Some(key)).cloned();
        let full = Bearer { tenant: tenant.clone(), is_operator: false, scope: Scope::Full };
        assert_eq!(bearer(&operator), Some(Bearer { is_operator: true, ..full.clone() }));
        assert_eq!(bearer(&key), Some(full.clone()));
        for scope in Scope::NARROW {
            let narrow = create_narrow(&file, &tenant, scope).expect("written");
            assert_eq!(bearer(&narrow), Some(Bearer { scope, ..full.clone() }));
        }
        let text = std::fs::read_to_string(&file).expect("readable");
        assert!(!text.contains(&key), "the key itself is kept nowhere");
    }

    #[test]
    fn a_wrong_line_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("keys");
        let king = format!("school-1 {} king\n", "0".repeat(64));
        let wrong = [("# none\n", "no API key"), ("#\nschool-1\n", "line 2"), ("a b\n", "line 1"), (&king, "line 1")];
        for (text, says) in wrong {
            std::fs::write(&file, text).expect("written");
            let error = Access::read(&file).expect_err("not lawful");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
