//! HTTPS by the server itself: the certificate, where it comes from, and the handshake. Plain http goes on beside it, whatever
//! becomes of the certificate.

mod accept;
mod acme;
mod challenges;
mod current;
mod facts;
mod files;
mod handle;
mod pem;
mod provider;

pub(crate) use accept::{Handshakes, handshake};
pub(crate) use acme::{Keeper, Wish};
pub use facts::Facts;
pub(crate) use files::Files;
pub use handle::Https;
pub use pem::{Pair, PairError};
