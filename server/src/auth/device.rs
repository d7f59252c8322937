//! The cookie of a known device: `yunke_device`, sent to the sign-in route only, and kept on sign-out.

use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;
use yunke_protocol::{DeviceKey, KnownDevice};

use super::session::{cookies, set_cookie};
use crate::{arrival::by_own_tls, clock::Source, config::Config};

const COOKIE: &str = "yunke_device";

/// Over our own TLS it has another name: one that is `Secure` could not be sent, or replaced, by plain http on the same host.
const COOKIE_OF_TLS: &str = "__Secure-yunke_device";

/// The path it is sent to.
const PATH: &str = "/api/session";

/// The longest lifetime browsers allow.
const KEPT_S: i64 = 400 * 86_400;

/// The browser's cookie, if it is one of ours.
pub fn known_device(headers: &HeaderMap, key: &DeviceKey, source: &Source) -> Option<KnownDevice> {
    let names = [COOKIE_OF_TLS, COOKIE].into_iter().skip(usize::from(!by_own_tls(headers)));
    names
        .flat_map(|name| cookies(headers, name))
        .find_map(|token| KnownDevice::verify(token, key, source.now()).ok())
}

/// The `Set-Cookie` after somebody signed in.
pub fn device_cookie(
    person: Uuid,
    headers: &HeaderMap,
    key: &DeviceKey,
    source: &Source,
    config: &Config,
) -> HeaderValue {
    let ends = source.now() + KEPT_S * 1000;
    let device = known_device(headers, key, source).unwrap_or_else(|| KnownDevice::new(source.id(), ends));
    let token = device.with(person, ends).sign(key);
    let name = if by_own_tls(headers) { COOKIE_OF_TLS } else { COOKIE };
    set_cookie(name, &format!("{token}; Max-Age={KEPT_S}; Path={PATH}"), headers, config)
}
