//! The certificate that is shown now. Connections that are open keep the one they began with.

use std::sync::{Arc, RwLock};

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::{facts::Facts, pem::Pair};

/// The one certificate there is, shown whatever name is asked for, or none: who asks by address gets a page that says more
/// than a connection that breaks.
#[derive(Debug, Default)]
pub(super) struct Current(RwLock<Option<Pair>>);

impl Current {
    /// From now on this one.
    pub(super) fn set(&self, pair: Pair) {
        *self.0.write().expect("no panic while held") = Some(pair);
    }

    /// What stands in it.
    pub(super) fn facts(&self) -> Option<Facts> {
        self.0.read().expect("no panic while held").as_ref().map(|pair| pair.facts.clone())
    }

    /// Asks something of what stands in it, without a copy.
    pub(super) fn is<R>(&self, ask: impl FnOnce(&Facts) -> R) -> Option<R> {
        self.0.read().expect("no panic while held").as_ref().map(|pair| ask(&pair.facts))
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().expect("no panic while held").as_ref().map(|pair| Arc::clone(&pair.key))
    }
}
