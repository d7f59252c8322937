//! Certificates from an authority (ACME, RFC 8555): by answering over port 80, or by a program that writes into DNS.

mod attempts;
mod disk;
mod failure;
mod hook;
mod http;
mod keep;
mod order;

pub(crate) use keep::{Keeper, Wish};
