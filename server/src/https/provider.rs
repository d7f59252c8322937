//! The cryptography of TLS.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// The one that `reqwest` has brought: there is no second one in this program.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
