//! The answer as the publisher gets it: with our candidates in place of the peer's own, whose port is only a name.

use std::{fmt::Write as _, net::SocketAddr};

use crate::signalling::fragment::Credentials;

/// Our candidates as `a=candidate` values (RFC 8839, 5.1), the first with the highest priority (RFC 8445, 5.1.2).
pub(super) fn candidates(addresses: &[SocketAddr]) -> Vec<String> {
    let candidate = |(n, address): (usize, &SocketAddr)| {
        let preference = 65_535_u32.saturating_sub(u32::try_from(n).unwrap_or(u32::MAX));
        let priority = (126 << 24) + (preference << 8) + 255;
        format!("{} 1 udp {priority} {} {} typ host", n + 1, address.ip(), address.port())
    };
    addresses.iter().enumerate().map(candidate).collect()
}

/// The answer with these candidates in its first section, and no others.
pub(super) fn with_candidates(sdp: &str, candidates: &[String]) -> String {
    let mut out = String::with_capacity(sdp.len() + 200);
    let mut sections = 0;
    let put = |out: &mut String| {
        for candidate in candidates {
            let _ = write!(out, "a=candidate:{candidate}\r\n");
        }
        out.push_str("a=end-of-candidates\r\n");
    };
    for line in sdp.lines().map(|line| line.trim_end_matches('\r')) {
        if line.starts_with("a=candidate:") || line.starts_with("a=end-of-candidates") || line.is_empty() {
            continue;
        }
        if line.starts_with("m=") {
            sections += 1;
            if sections == 2 {
                put(&mut out);
            }
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    if sections == 1 {
        put(&mut out);
    }
    out
}

/// A description without the candidates in it.
pub(super) fn without_candidates(sdp: &str) -> String {
    let kept = |line: &&str| !line.starts_with("a=candidate:") && !line.starts_with("a=end-of-candidates");
    sdp.lines().filter(kept).fold(String::with_capacity(sdp.len()), |mut out, line| {
        out.push_str(line.trim_end_matches('\r'));
        out.push_str("\r\n");
        out
    })
}

/// The offer as it would be with these credentials.
pub(super) fn with_credentials(sdp: &str, credentials: &Credentials) -> String {
    sdp.lines().fold(String::with_capacity(sdp.len()), |mut out, line| {
        let line = line.trim_end_matches('\r');
        let _ = if line.starts_with("a=ice-ufrag:") {
            write!(out, "a=ice-ufrag:{}\r\n", credentials.ufrag())
        } else if line.starts_with("a=ice-pwd:") {
            write!(out, "a=ice-pwd:{}\r\n", credentials.pwd())
        } else {
            write!(out, "{line}\r\n")
        };
        out
    })
}

/// The credentials in a description.
pub(super) fn credentials(sdp: &str) -> Option<Credentials> {
    let value = |name: &str| sdp.lines().find_map(|line| line.trim_end_matches('\r').strip_prefix(name));
    Credentials::new(value("a=ice-ufrag:")?, value("a=ice-pwd:")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signalling::offer::tests::OFFER;

    #[test]
    fn candidates_stand_in_the_first_section_and_replace_all_others() {
        let ours = candidates(&[([192, 0, 2, 7], 8189).into(), ([127, 0, 0, 1], 8189).into()]);
        assert_eq!(ours[0], "1 1 udp 2130706431 192.0.2.7 8189 typ host");
        let answer = with_candidates(&format!("{OFFER}a=candidate:old\r\na=end-of-candidates\r\n"), &ours);
        let (first, second) = answer.split_once("m=video").expect("two sections");
        assert!(first.contains("192.0.2.7 8189") && first.contains("127.0.0.1 8189"));
        assert!(!second.contains("candidate") && !answer.contains("old"));
        let sound = with_candidates(OFFER.split("m=video").next().expect("a part"), &ours);
        assert!(sound.ends_with("a=end-of-candidates\r\n"));
    }

    #[test]
    fn credentials_are_replaced_everywhere() {
        let new = Credentials::new("newU", "newnewnewnewnewnewnewnew").expect("legal");
        let offer = with_credentials(OFFER, &new);
        assert_eq!(offer.matches("a=ice-ufrag:newU\r\n").count(), 2);
        assert_eq!(credentials(&offer), Some(new));
        assert_eq!(without_candidates(&offer), offer);
    }
}
