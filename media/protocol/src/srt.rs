//! What server and media both have to know of SRT's configuration.

/// Why SRT cannot take this passphrase; the empty one is none.
pub fn srt_passphrase_problem(passphrase: &str) -> Option<&'static str> {
    let right = passphrase.is_empty() || (10..=79).contains(&passphrase.len());
    // It stands in addresses that people copy.
    let plain = passphrase.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    (!right || !plain).then_some("has 10 to 79 letters, digits and - . _ ~")
}

/// An address that can be left out: as text, where `""` is none.
pub mod optional_address {
    use std::net::SocketAddr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes `""` for none.
    pub fn serialize<S: Serializer>(address: &Option<SocketAddr>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&address.map(|address| address.to_string()).unwrap_or_default())
    }

    /// Reads `""` as none.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_long_enough_and_plain() {
        assert_eq!((srt_passphrase_problem(""), srt_passphrase_problem("0123456789")), (None, None));
        for wrong in ["short", &"a".repeat(80), "has spaces in it", "köln-köln-köln"] {
            assert!(srt_passphrase_problem(wrong).is_some(), "{wrong}");
        }
    }
}
