//! A QR code that sets up a phone encoder: a Larix Grove link (softvelum.com/larix/grove), which Larix
//! Broadcaster opens and other phone encoders read, too. It contains the stream key, so it is drawn here and
//! must never be an address of ours.

use qrcode::EcLevel;

use super::doors::Doors;
use crate::{
    percent::percent,
    qr::{self, QrDrawing},
};

/// The connection's name on the phone. The next lesson's takes its place.
const NAME: &str = "Yunke";
/// Latency for retransmissions on a mobile network, milliseconds.
const LATENCY_MS: u32 = 1000;

/// SRT where it is on, which suits a mobile network; else RTMP. `None`: too long for a QR code.
pub(super) fn phone_code(doors: &Doors, key: &str) -> Option<QrDrawing> {
    qr::draw(&grove_link(doors, key), EcLevel::L)
}

fn grove_link(doors: &Doors, key: &str) -> String {
    let mut fields = vec![("conn[][name]", NAME.to_owned()), ("conn[][overwrite]", "on".to_owned())];
    fields.push(("conn[][active]", "on".to_owned()));
    if let Some((url, passphrase)) = doors.srt() {
        fields.push(("conn[][url]", url.to_owned()));
        fields.push(("conn[][srtstreamid]", key.to_owned()));
        fields.push(("conn[][srtlatency]", LATENCY_MS.to_string()));
        fields.push(("conn[][srtmode]", "c".to_owned()));
        if let Some(passphrase) = passphrase {
            fields.push(("conn[][srtpass]", passphrase.to_owned()));
            fields.push(("conn[][srtpbkl]", "16".to_owned()));
        }
    } else {
        fields.push(("conn[][url]", doors.rtmp_address(key)));
    }
    // What the studio recommends.
    let encoder =
        [("res", "1280x720"), ("fps", "30"), ("bitrate", "2000"), ("keyframe", "2"), ("format", "avc")];
    let query: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", percent(value)))
        .chain(encoder.iter().map(|(name, value)| format!("enc[vid][{name}]={value}")))
        .collect();
    format!("larix://set/v1?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_publishes_by_srt_or_where_it_is_off_by_rtmp() {
        let mut doors = Doors::for_tests(Some("srt://yunke.cn:8890"), Some("a-passphrase"));
        let link = grove_link(&doors, "KEY");
        assert!(link.starts_with("larix://set/v1?conn[][name]=Yunke&"), "{link}");
        assert!(link.contains("conn[][url]=srt%3A%2F%2Fyunke.cn%3A8890&conn[][srtstreamid]=KEY&"), "{link}");
        assert!(link.contains("conn[][srtpass]=a-passphrase&conn[][srtpbkl]=16&"), "{link}");
        doors = Doors::for_tests(None, None);
        let link = grove_link(&doors, "KEY");
        assert!(link.contains("conn[][url]=rtmp%3A%2F%2Fyunke.cn%2Flive%2FKEY&"), "{link}");
        assert!(!link.contains("srt"), "{link}");
    }

    #[test]
    fn the_code_holds_the_key() {
        let code = phone_code(&Doors::for_tests(None, None), "KEY").expect("short enough");
        let other = phone_code(&Doors::for_tests(None, None), "YEK").expect("short enough");
        assert_ne!(code.path, other.path);
    }
}
