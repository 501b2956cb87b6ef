//! A private authority, certificates of it, and a Redis that speaks only encrypted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::redis_process::RedisProcess;

/// An authority and what it signed: PEM files in a temporary folder.
pub struct Authority {
    folder: TempDir,
}

impl Authority {
    /// Makes a key and a certificate that signs others.
    ///
    /// # Panics
    /// When `openssl` is missing or fails.
    #[must_use]
    pub fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        authority.openssl("authority", &["-addext", "basicConstraints=critical,CA:TRUE"]);
        authority
    }

    /// Its own certificate, for `--redis-ca`.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.file("authority.pem")
    }

    /// A certificate for this machine and its key.
    ///
    /// # Panics
    /// When `openssl` fails.
    #[must_use]
    pub fn sign(&self, name: &str) -> (PathBuf, PathBuf) {
        let (above, key) = (self.certificate(), self.file("authority.key"));
        let (above, key) = (above.to_str().expect("a plain name"), key.to_str().expect("a plain name"));
        let more = ["-CA", above, "-CAkey", key, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
        self.openssl(name, &[&more[..], &["-addext", "basicConstraints=critical,CA:FALSE"]].concat());
        (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")))
    }

    /// Starts a server that asks for certificates of this authority, and shows one.
    ///
    /// # Panics
    /// As [`RedisProcess::start`].
    #[must_use]
    pub fn server(&self) -> RedisProcess {
        self.server_with(&[])
    }

    /// As [`Authority::server`], with more settings.
    ///
    /// # Panics
    /// As [`RedisProcess::start`].
    #[must_use]
    pub fn server_with(&self, more: &[&str]) -> RedisProcess {
        let (certificate, key) = self.sign("server");
        let above = self.certificate();
        let mut access: Vec<OsString> = vec!["--tls".into()];
        for (name, file) in [("--cacert", &above), ("--cert", &certificate), ("--key", &key)] {
            access.extend([name.into(), file.into()]);
        }
        let more: Vec<OsString> = more.iter().map(Into::into).collect();
        RedisProcess::start_as("redis-server", access, move |port, _| {
            [settings(port, &above, &certificate, &key), more.clone()].concat()
        })
    }

    fn openssl(&self, name: &str, more: &[&str]) {
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"]);
        command.arg("-subj").arg(format!("/CN={name}")).args(more);
        command.arg("-keyout").arg(self.file(&format!("{name}.key")));
        command.arg("-out").arg(self.file(&format!("{name}.pem")));
        let output = command.output().expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn settings(port: u16, above: &Path, certificate: &Path, key: &Path) -> Vec<OsString> {
    let port = port.to_string();
    let words = ["--port", "0", "--bind", "127.0.0.1", "--save", "", "--tls-auth-clients", "yes", "--tls-port", &port];
    let mut settings: Vec<OsString> = words.iter().map(Into::into).collect();
    for (name, file) in [("--tls-ca-cert-file", above), ("--tls-cert-file", certificate), ("--tls-key-file", key)] {
        settings.extend([name.into(), file.into()]);
    }
    settings
}
