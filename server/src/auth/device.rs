//! The cookie of a known device: `yunke_device`, sent to the sign-in route only, and kept on sign-out.

use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;
use yunke_protocol::{DeviceKey, KnownDevice};

use super::session::{cookies, set_cookie};
use crate::{clock::Source, config::Config};

const COOKIE: &str = "yunke_device";

/// The path it is sent to.
const PATH: &str = "/api/session";

/// The longest lifetime browsers allow.
const KEPT_S: i64 = 400 * 86_400;

/// The browser's cookie, if it is one of ours.
pub fn known_device(headers: &HeaderMap, key: &DeviceKey, source: &Source) -> Option<KnownDevice> {
    cookies(headers, COOKIE).find_map(|token| KnownDevice::verify(token, key, source.now()).ok())
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
    set_cookie(COOKIE, &format!("{token}; Max-Age={KEPT_S}; Path={PATH}"), headers, config)
}
