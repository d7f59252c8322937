//! Hosts as browsers and proxies write them: with the default port or without, in capitals, with a trailing
//! dot, IPv6.

use std::{fmt, net::Ipv6Addr, num::ParseIntError};

/// The default ports. Proxies terminate TLS before us, so a request may name either of them, or none.
const DEFAULT_PORTS: [u16; 2] = [80, 443];

/// Longest host with its port.
const MAX_CHARS: usize = 255;

/// A host, and its port if that is not a default one. Equal hosts are the same, however they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Lower case; an IPv6 address in brackets and in its shortest form.
    pub name: String,
    /// `None`: the scheme's own.
    pub port: Option<u16>,
}

impl Host {
    /// Reads `host` or `host:port`. It goes into headers and addresses, so only plain characters pass.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_CHARS {
            return None;
        }
        let (name, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            (format!("[{}]", address.parse::<Ipv6Addr>().ok()?), port)
        } else {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            // The trailing dot of a fully qualified name is not part of it.
            (plain_name(name.trim_end_matches('.'))?, port)
        };
        Some(Self { name, port: port_of(port).ok()? })
    }

    /// The host of an origin such as `https://yunke.example.cn:443`; `null` has none.
    pub fn of_origin(origin: &str) -> Option<Self> {
        let (scheme, rest) = origin.trim().split_once("://")?;
        let web = ["http", "https"].iter().any(|one| scheme.eq_ignore_ascii_case(one));
        web.then(|| Self::parse(rest.strip_suffix('/').unwrap_or(rest)))?
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

fn plain_name(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!name.is_empty() && name.chars().all(plain)).then(|| name.to_ascii_lowercase())
}

/// `:8443`, or nothing, or a colon alone.
fn port_of(text: &str) -> Result<Option<u16>, ParseIntError> {
    if text.is_empty() || text == ":" {
        return Ok(None);
    }
    let digits = text.strip_prefix(':').filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let port: u16 = digits.unwrap_or_default().parse()?;
    Ok(Some(port).filter(|port| !DEFAULT_PORTS.contains(port)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_place_however_it_is_written() {
        let cases = [
            (
                "yunke.cn",
                ["YUNKE.CN", "yunke.cn:443", "yunke.cn:80", "Yunke.cn.:443", " yunke.cn. ", "yunke.cn:"],
            ),
            (
                "yunke.cn:8443",
                [
                    "yunke.CN:8443",
                    "yunke.cn.:8443",
                    "yunke.cn:08443",
                    "YUNKE.cn:8443",
                    " yunke.cn:8443",
                    "yunke.cn:8443 ",
                ],
            ),
            (
                "[2001:db8::1]",
                [
                    "[2001:DB8::1]",
                    "[2001:db8:0:0::1]:443",
                    "[2001:db8::1]:80",
                    "[2001:0db8::0001]",
                    "[2001:db8::1]:",
                    " [2001:db8::1]",
                ],
            ),
            (
                "192.168.1.5:8080",
                [
                    "192.168.1.5:8080",
                    " 192.168.1.5:8080",
                    "192.168.1.5:8080 ",
                    "192.168.1.5:08080",
                    "192.168.1.5.:8080",
                    "\t192.168.1.5:8080",
                ],
            ),
        ];
        for (shortest, written) in cases {
            for text in written {
                assert_eq!(
                    Host::parse(text).map(|host| host.to_string()).as_deref(),
                    Some(shortest),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_host_is_none() {
        for wrong in [
            "",
            ":80",
            ".",
            "a b",
            "a; script-src *",
            "a/b",
            "a@b",
            "'x'",
            "a:b",
            "a:99999",
            "a:1:2",
            "a:+1",
            "[::1",
            "::1",
            "[x]",
            "[::1]x",
            "a,b",
            "名字.cn",
        ] {
            assert_eq!(Host::parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(Host::parse(&"a".repeat(256)), None);
        for wrong in
            ["null", "", "file://", "https://", "ftp://a.cn", "https://a.cn/x", "https://u@a.cn", "a.cn"]
        {
            assert_eq!(Host::of_origin(wrong), None, "{wrong:?}");
        }
        assert_eq!(
            Host::of_origin("HTTPS://A.cn:443/").map(|host| host.to_string()).as_deref(),
            Some("a.cn")
        );
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again(text in "\\PC*") {
            if let Some(host) = Host::parse(&text) {
                prop_assert_eq!(Host::parse(&host.to_string()), Some(host));
            }
        }
    }
}
