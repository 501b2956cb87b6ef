//! Secrets of webhooks: derived, never stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradphoto_shared::name::{HookId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with, by Standard Webhooks.
const PREFIX: &str = "whsec_";
/// Fewest bytes of a master key: as many as a secret has.
const KEY_BYTES_MIN: usize = 32;
/// Keeps these secrets apart from whatever else may be made of the same key.
const PURPOSE: &str = "gradphoto webhook secret 1";

/// The key of an installation, from which every secret is made. Prints as dots.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MasterKey(Vec<u8>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl MasterKey {
    /// Takes a key; none when it is too short.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= KEY_BYTES_MIN).then(|| Self(bytes.to_owned()))
    }

    /// The secret of one version of a webhook. No name can hold the letter that parts them.
    pub(super) fn secret(&self, tenant: &TenantId, name: &HookId, version: u64) -> SigningSecret {
        let text = format!("{PURPOSE}\n{tenant}\n{name}\n{version}");
        SigningSecret(mac(&self.0, text.as_bytes()))
    }
}

/// A secret that a webhook's receiver shares. Prints as dots.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SigningSecret([u8; 32]);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl SigningSecret {
    /// As receivers' libraries take it.
    pub(crate) fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    /// The signature of a message: `v1` and the HMAC-SHA256 of `id.timestamp.body`.
    pub(super) fn sign(&self, id: &str, timestamp: u64, body: &str) -> String {
        let signed = format!("{id}.{timestamp}.{body}");
        format!("v1,{}", STANDARD.encode(mac(&self.0, signed.as_bytes())))
    }
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_standards_own_example() {
        // From the test vectors of the reference libraries of Standard Webhooks.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let signed = mac(&key, b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}");
        assert_eq!(STANDARD.encode(signed), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_webhook_and_version_has_a_secret_of_its_own() {
        let key = MasterKey::new(&[7; 32]).expect("long enough");
        let secret = |tenant, name, version| {
            let (tenant, name) = (TenantId::new(tenant).expect("lawful"), HookId::new(name).expect("lawful"));
            key.secret(&tenant, &name, version).reveal()
        };
        let secrets = [secret("a", "b", 1), secret("a", "b", 2), secret("a", "c", 1), secret("c", "b", 1)];
        for (index, secret) in secrets.iter().enumerate() {
            assert!(!secrets[..index].contains(secret));
            assert!(secret.starts_with(PREFIX));
        }
        assert_eq!(secret("a", "b", 1), secrets[0]);
        assert!(MasterKey::new(&[7; 31]).is_none());
    }
}
