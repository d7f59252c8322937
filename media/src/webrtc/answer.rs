//! The answer as the publisher gets it: with our candidates in place of the peer's own, whose port is only a name.

use std::{fmt::Write as _, net::SocketAddr};

use crate::webrtc::signalling::fragment::Credentials;

/// What a kind of candidate is worth: any by UDP is better than any by TCP.
const UDP: u32 = 126;
const TCP: u32 = 90;
/// Who only accepts is called after who only calls (RFC 6544, 4.2).
const PASSIVE: u32 = 4;

/// Our candidates as `a=candidate` values (RFC 8839, 5.1), by UDP and behind them by TCP, the first with the highest priority
/// (RFC 8445, 5.1.2; RFC 6544, 4.2).
pub(super) fn candidates(addresses: &[SocketAddr]) -> Vec<String> {
    let priority = |kind: u32, preference: u32| (kind << 24) + (preference << 8) + 255;
    let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let udp = addresses.iter().enumerate().map(|(n, address)| {
        let priority = priority(UDP, 65_535_u32.saturating_sub(place(n)));
        format!("{} 1 udp {priority} {} {} typ host", n + 1, address.ip(), address.port())
    });
    let first = addresses.len() + 1;
    let tcp = addresses.iter().enumerate().map(|(n, address)| {
        let priority = priority(TCP, (PASSIVE << 13) + 8191_u32.saturating_sub(place(n)));
        format!("{} 1 tcp {priority} {} {} typ host tcptype passive", first + n, address.ip(), address.port())
    });
    udp.chain(tcp).collect()
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
    use crate::webrtc::signalling::offer::tests::OFFER;

    #[test]
    fn candidates_stand_in_the_first_section_and_replace_all_others() {
        let ours = candidates(&[([192, 0, 2, 7], 8189).into(), ([127, 0, 0, 1], 8189).into()]);
        assert_eq!(ours[0], "1 1 udp 2130706431 192.0.2.7 8189 typ host");
        assert_eq!(ours[2], "3 1 tcp 1520435199 192.0.2.7 8189 typ host tcptype passive");
        let priorities =
            ours.iter().map(|line| line.split(' ').nth(3)?.parse::<u32>().ok()).collect::<Vec<_>>();
        assert!(priorities.iter().is_sorted_by(|a, b| a > b), "{priorities:?}");
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
