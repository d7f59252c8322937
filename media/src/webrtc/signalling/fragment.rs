//! Pieces of a session description for trickle ICE and its restart: `application/trickle-ice-sdpfrag` (RFC 8840, as
//! RFC 9725, 4.3, uses it).

use std::fmt::Write as _;

/// Longest fragment.
pub const MAX_FRAGMENT_BYTES: usize = 16 << 10;
/// Candidates of one fragment.
const MAX_CANDIDATES: usize = 64;

/// An ICE user name fragment and password (RFC 8839, 5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    ufrag: String,
    pwd: String,
}

impl Credentials {
    /// `None` when they are not of the form the RFC gives.
    pub fn new(ufrag: &str, pwd: &str) -> Option<Self> {
        let legal = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/' || b == b'-' || b == b'_')
        };
        let fits = (4..=256).contains(&ufrag.len()) && (22..=256).contains(&pwd.len());
        (fits && legal(ufrag) && legal(pwd)).then(|| Self { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() })
    }

    /// The user name fragment.
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// The password.
    pub fn pwd(&self) -> &str {
        &self.pwd
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("ufrag", &self.ufrag).field("pwd", &"[redacted]").finish()
    }
}

/// What a publisher sends after its offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Those of the ICE session it is about, if it says.
    pub credentials: Option<Credentials>,
    /// The user name fragment alone, without a password.
    pub ufrag: Option<String>,
    /// How many candidates; they are not used, see adr/0014.
    pub candidates: usize,
    /// No more will come.
    pub complete: bool,
}

/// It is no such fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the fragment is malformed: {0}")]
pub struct FragmentError(&'static str);

impl Fragment {
    /// Reads a fragment.
    pub fn parse(text: &str) -> Result<Self, FragmentError> {
        let (mut ufrag, mut pwd) = (None, None);
        let (mut candidates, mut complete) = (0, false);
        for line in text.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty()) {
            let (key, value) = line.split_once('=').ok_or(FragmentError("a line without ="))?;
            match key {
                "a" => match value.split_once(':').unwrap_or((value, "")) {
                    ("ice-ufrag", value) => ufrag = Some(value),
                    ("ice-pwd", value) => pwd = Some(value),
                    ("candidate", value) => {
                        check(value).ok_or(FragmentError("a bad candidate"))?;
                        candidates += 1;
                    }
                    ("end-of-candidates", _) => complete = true,
                    _ => {}
                },
                "m" => {}
                key if key.len() == 1 => {}
                _ => return Err(FragmentError("a line without a type")),
            }
        }
        if candidates > MAX_CANDIDATES {
            return Err(FragmentError("too many candidates"));
        }
        if ufrag.is_none() && pwd.is_none() && candidates == 0 && !complete {
            return Err(FragmentError("nothing in it"));
        }
        let credentials = match (ufrag, pwd) {
            (Some(ufrag), Some(pwd)) => {
                Some(Credentials::new(ufrag, pwd).ok_or(FragmentError("bad ICE credentials"))?)
            }
            (None, Some(_)) => return Err(FragmentError("a password alone")),
            _ => None,
        };
        Ok(Self { credentials, ufrag: ufrag.map(str::to_owned), candidates, complete })
    }
}

/// `foundation component transport priority address port typ type …` (RFC 8839, 5.1).
fn check(candidate: &str) -> Option<()> {
    let mut words = candidate.split(' ');
    let foundation = words.next()?;
    let (component, _transport, priority) = (words.next()?, words.next()?, words.next()?);
    let (_address, port, typ, _kind) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let _: (u16, u32, u16) = (component.parse().ok()?, priority.parse().ok()?, port.parse().ok()?);
    (!foundation.is_empty() && typ == "typ").then_some(())
}

/// The answer to a restart: our credentials and candidates.
pub fn answer(credentials: &Credentials, candidates: &[String]) -> String {
    let mut text = String::new();
    let _ = write!(text, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", credentials.ufrag, credentials.pwd);
    // Everything is bundled in the first section, whose mid the publisher gave; the line itself is not looked at.
    text.push_str("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n");
    for candidate in candidates {
        let _ = write!(text, "a=candidate:{candidate}\r\n");
    }
    text.push_str("a=end-of-candidates\r\n");
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRICKLE: &str = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
        a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n\
        a=candidate:3471623853 1 udp 2122194687 f3a1-b2.local 61765 typ host\r\na=end-of-candidates\r\n";

    #[test]
    fn a_fragment_of_the_rfc_is_read() {
        let fragment = Fragment::parse(TRICKLE).expect("valid");
        assert_eq!((fragment.candidates, fragment.complete), (2, true));
        assert_eq!(fragment.credentials.expect("both are there").ufrag(), "EsAw");
    }

    #[test]
    fn our_own_answer_is_one() {
        let ours = Credentials::new("abcd", "0123456789012345678901").expect("legal");
        let text = answer(&ours, &["1 1 udp 2130706431 192.0.2.7 8189 typ host".to_owned()]);
        let fragment = Fragment::parse(&text).expect("valid");
        assert_eq!((fragment.credentials, fragment.candidates), (Some(ours), 1));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "hello",
            "a=mid:0\r\n",
            "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
            "a=ice-ufrag:a\r\na=ice-pwd:b\r\n",
            "a=candidate:1 1 udp x 1.2.3.4 5 typ host\r\n",
            "a=candidate:1 1 udp 5\r\n",
            &"a=candidate:1 1 udp 5 1.2.3.4 5 typ host\r\n".repeat(65),
        ] {
            assert!(Fragment::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(text in "\\PC{0,300}", at in 0..TRICKLE.len(), what in any::<char>()) {
            let _ = Fragment::parse(&text);
            let mut changed = TRICKLE.to_owned();
            changed.insert(at, what);
            let _ = Fragment::parse(&changed);
        }
    }
}
