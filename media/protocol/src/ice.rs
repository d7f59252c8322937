//! The STUN and TURN servers publishers are told of (RFC 9725, 4.6).

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// A STUN or TURN server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceServer {
    /// Such as `stun:stun.example.cn` or `turn:turn.example.cn?transport=udp`.
    pub url: String,
    /// For TURN.
    #[serde(default)]
    pub username: Option<String>,
    /// For TURN; given to everybody who may publish.
    #[serde(default)]
    pub credential: Option<String>,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl IceServer {
    /// What is wrong with it, if anything.
    pub fn problem(&self) -> Option<&'static str> {
        let schemes = ["stun:", "stuns:", "turn:", "turns:"];
        if !schemes.iter().any(|scheme| self.url.starts_with(scheme)) {
            return Some("a URL begins with stun:, stuns:, turn: or turns:");
        }
        let texts = [Some(&self.url), self.username.as_ref(), self.credential.as_ref()];
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '<' | '>' | ',');
        if texts.into_iter().flatten().any(|text| text.is_empty() || !text.chars().all(plain)) {
            return Some(
                "URLs, user names and credentials are of visible ASCII characters without quotes and commas",
            );
        }
        if self.url.starts_with("turn") && (self.username.is_none() || self.credential.is_none()) {
            return Some("TURN needs username and credential");
        }
        None
    }

    /// As the value of a `Link` header.
    pub fn link(&self) -> String {
        let mut link = format!("<{}>; rel=\"ice-server\"", self.url);
        if let (Some(username), Some(credential)) = (&self.username, &self.credential) {
            let _ = write!(
                link,
                "; username=\"{username}\"; credential=\"{credential}\"; credential-type=\"password\""
            );
        }
        link
    }
}

/// A list in the form the media service reads from its environment.
pub fn in_environment(servers: &[IceServer]) -> String {
    let server = |server: &IceServer| {
        let mut text = format!("{{url=\"{}\"", server.url);
        for (name, value) in [("username", &server.username), ("credential", &server.credential)] {
            if let Some(value) = value {
                let _ = write!(text, ",{name}=\"{value}\"");
            }
        }
        text + "}"
    };
    format!("[{}]", servers.iter().map(server).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str, secret: Option<&str>) -> IceServer {
        let secret = secret.map(str::to_owned);
        IceServer { url: url.to_owned(), username: secret.clone(), credential: secret }
    }

    #[test]
    fn links_are_of_the_form_of_the_rfc() {
        assert_eq!(server("stun:a.example", None).link(), "<stun:a.example>; rel=\"ice-server\"");
        let turn = server("turn:a.example?transport=udp", Some("u"));
        assert_eq!(
            turn.link(),
            "<turn:a.example?transport=udp>; rel=\"ice-server\"; username=\"u\"; credential=\"u\"; credential-type=\"password\""
        );
        assert!(!format!("{turn:?}").contains("\"u\""));
    }

    #[test]
    fn what_would_break_a_header_is_refused() {
        assert_eq!(server("stun:a.example", None).problem(), None);
        for (url, secret) in
            [("http:a", None), ("stun:a>b", None), ("turn:a", None), ("turn:a", Some("a\"b"))]
        {
            assert!(server(url, secret).problem().is_some(), "{url}");
        }
    }
}
