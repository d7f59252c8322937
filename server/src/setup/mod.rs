//! The first run: a one-time link in the log lets whoever reads the log create the centre and its organizer.

use std::sync::Mutex;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::clock::Source;

/// The link of an empty server; none once there is a centre.
#[derive(Debug, Default)]
pub struct SetupLink(Mutex<Option<[u8; 32]>>);

impl SetupLink {
    /// Creates the token of this run of the server. It is shown once and stored only as a hash.
    pub fn open(&self, source: &Source) -> String {
        let token = URL_SAFE_NO_PAD.encode(source.bytes::<24>());
        *self.0.lock().expect("no panic while held") = Some(Sha256::digest(token.as_bytes()).into());
        token
    }

    /// Whether this is the token.
    pub fn is_right(&self, token: &str) -> bool {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.0.lock().expect("no panic while held").is_some_and(|own| own.ct_eq(&hash).into())
    }

    /// Withdraws the link: there is a centre now.
    pub fn close(&self) {
        *self.0.lock().expect("no panic while held") = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_opens_until_it_is_closed() {
        let link = SetupLink::default();
        assert!(!link.is_right(""));
        let token = link.open(&Source::system());
        assert!(link.is_right(&token));
        assert!(!link.is_right("other"));
        link.close();
        assert!(!link.is_right(&token));
    }
}
