//! An offer of a publisher or a viewer, read as far as it decides something: whether it is a description at all, and whether
//! what it offers can be played. What is refused is refused in words, before anybody is asked anything.

use super::fragment::Credentials;

/// Longest offer. Browsers send about 6 kB.
pub const MAX_OFFER_BYTES: usize = 64 << 10;
/// Sections, payload types and lines that are read; more is no publisher's.
const MAX_SECTIONS: usize = 8;
const MAX_FORMATS: usize = 128;

/// An offer that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// As it came.
    pub sdp: String,
    /// H.264 formats, as the other side prefers them; empty without picture.
    pub video: Vec<Format>,
    /// Opus formats; empty without sound.
    pub audio: Vec<Format>,
    /// Formats of the picture's retransmissions (RFC 4588): their payload types, and those they repair.
    pub repairs: Vec<(u8, u8)>,
    /// Of the other side's ICE.
    pub credentials: Credentials,
}

/// A payload type and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// 0 … 127.
    pub payload_type: u8,
    /// Format parameters as they came.
    pub parameters: String,
}

impl Format {
    /// A format parameter of RFC 6184, 8.1, as it came.
    pub fn parameter(&self, wanted: &str) -> Option<&str> {
        parameter(&self.parameters, wanted)
    }
}

/// What the other side wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Send.
    Publisher,
    /// Receive.
    Viewer,
}

/// Why an offer is not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// It is no session description.
    #[error("the offer is malformed: {0}")]
    Malformed(&'static str),
    /// It offers what cannot be played.
    #[error("{0}")]
    NotPlayable(String),
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "what its lines say, not states of a machine")]
struct Section<'a> {
    kind: &'a str,
    rejected: bool,
    listed: Vec<u8>,
    names: Vec<(u8, &'a str)>,
    parameters: Vec<(u8, &'a str)>,
    /// `recvonly` or `inactive`.
    silent: bool,
    /// `sendonly` or `inactive`.
    deaf: bool,
    ufrag: Option<&'a str>,
    pwd: Option<&'a str>,
    fingerprint: bool,
}

impl Offer {
    /// Reads an offer.
    pub fn parse(sdp: &str, role: Role) -> Result<Self, OfferError> {
        let (session, sections) = split(sdp)?;
        let mut used: Vec<&Section<'_>> = Vec::new();
        for section in sections.iter().filter(|section| !section.rejected) {
            if !matches!(section.kind, "audio" | "video") {
                return Err(not_playable(format!(
                    "only picture and sound can be sent, not {}",
                    section.kind
                )));
            }
            match role {
                Role::Publisher if section.silent => {
                    return Err(not_playable("the offer must send: sendonly".to_owned()));
                }
                Role::Viewer if section.deaf => {
                    return Err(not_playable("the offer must receive: recvonly".to_owned()));
                }
                _ => {}
            }
            if used.iter().any(|other| other.kind == section.kind) {
                return Err(not_playable(format!("several {} tracks in one offer: send one", section.kind)));
            }
            used.push(section);
        }
        let Some(first) = used.first() else {
            return Err(not_playable("the offer has neither picture nor sound".to_owned()));
        };
        let secured = |section: &&Section<'_>| section.fingerprint || session.fingerprint;
        if !used.iter().all(secured) {
            return Err(OfferError::Malformed("without a DTLS fingerprint"));
        }
        let ufrag = first.ufrag.or(session.ufrag).ok_or(OfferError::Malformed("without ICE credentials"))?;
        let pwd = first.pwd.or(session.pwd).ok_or(OfferError::Malformed("without ICE credentials"))?;
        let credentials =
            Credentials::new(ufrag, pwd).ok_or(OfferError::Malformed("with bad ICE credentials"))?;
        let formats = |kind, playable: fn(&str, &str) -> bool, wanted| {
            let section = used.iter().find(|section| section.kind == kind);
            section.map_or(Ok(Vec::new()), |section| section.formats(playable, wanted))
        };
        let picture = used.iter().find(|section| section.kind == "video");
        Ok(Self {
            repairs: picture.map(|section| section.repairs()).unwrap_or_default(),
            video: formats("video", is_h264, "H.264")?,
            audio: formats("audio", is_opus, "Opus")?,
            credentials,
            sdp: sdp.to_owned(),
        })
    }
}

fn not_playable(reason: String) -> OfferError {
    OfferError::NotPlayable(reason)
}

/// The lines, session level and by section. Attributes that decide nothing are passed over.
fn split(sdp: &str) -> Result<(Section<'_>, Vec<Section<'_>>), OfferError> {
    let mut session = Section::default();
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut lines = sdp.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty());
    if lines.next() != Some("v=0") {
        return Err(OfferError::Malformed("it does not begin with v=0"));
    }
    let mut originated = false;
    for line in lines {
        let (key, value) = line.split_once('=').ok_or(OfferError::Malformed("a line without ="))?;
        match key {
            "m" => {
                if sections.len() == MAX_SECTIONS {
                    return Err(OfferError::Malformed("too many media sections"));
                }
                sections.push(media(value).ok_or(OfferError::Malformed("a bad m= line"))?);
            }
            "o" => originated = true,
            "a" => attribute(sections.last_mut().unwrap_or(&mut session), value),
            key if key.len() == 1 => {}
            _ => return Err(OfferError::Malformed("a line without a type")),
        }
    }
    if !originated {
        return Err(OfferError::Malformed("without an o= line"));
    }
    if sections.is_empty() {
        return Err(OfferError::Malformed("without a media section"));
    }
    Ok((session, sections))
}

fn media(value: &str) -> Option<Section<'_>> {
    let mut words = value.split(' ');
    let kind = words.next().filter(|kind| !kind.is_empty())?;
    let port: u32 = words.next()?.split('/').next()?.parse().ok()?;
    let protocol = words.next()?;
    let rtp = matches!(kind, "audio" | "video");
    if rtp && !protocol.ends_with("RTP/SAVPF") {
        return None;
    }
    let listed: Vec<u8> = words.take(MAX_FORMATS).filter_map(|word| word.parse().ok()).collect();
    // A section of a bundle has port 0 too, but says so.
    Some(Section { kind, rejected: port == 0, listed, ..Section::default() })
}

fn attribute<'a>(section: &mut Section<'a>, value: &'a str) {
    let (name, value) = value.split_once(':').unwrap_or((value, ""));
    let formatted = || {
        let (payload_type, rest) = value.split_once(' ')?;
        Some((payload_type.parse().ok()?, rest.trim()))
    };
    match name {
        "rtpmap" if section.names.len() < MAX_FORMATS => section.names.extend(formatted()),
        "fmtp" if section.parameters.len() < MAX_FORMATS => section.parameters.extend(formatted()),
        "recvonly" => section.silent = true,
        "sendonly" => section.deaf = true,
        "inactive" => (section.silent, section.deaf) = (true, true),
        "bundle-only" => section.rejected = false,
        "ice-ufrag" => section.ufrag = Some(value),
        "ice-pwd" => section.pwd = Some(value),
        "fingerprint" => section.fingerprint = true,
        _ => {}
    }
}

impl Section<'_> {
    fn repairs(&self) -> Vec<(u8, u8)> {
        let is_rtx = |at: u8| {
            self.names.iter().any(|(other, name)| *other == at && name.eq_ignore_ascii_case("rtx/90000"))
        };
        let of = |(at, parameters): &(u8, &str)| Some((*at, parameter(parameters, "apt")?.parse().ok()?));
        self.parameters.iter().filter(|(at, _)| is_rtx(*at)).filter_map(of).collect()
    }

    fn formats(&self, playable: fn(&str, &str) -> bool, wanted: &str) -> Result<Vec<Format>, OfferError> {
        let name = |at: u8| self.names.iter().find(|(other, _)| *other == at).map(|(_, name)| *name);
        let parameters = |at: u8| {
            let found = self.parameters.iter().find(|(other, _)| *other == at);
            found.map(|(_, parameters)| *parameters).unwrap_or_default()
        };
        let known = |at: &u8| name(*at).is_some_and(|name| playable(name, parameters(*at)));
        let format = |at: u8| Format { payload_type: at, parameters: parameters(at).to_owned() };
        let formats: Vec<Format> = self.listed.iter().copied().filter(known).map(format).collect();
        if !formats.is_empty() {
            return Ok(formats);
        }
        let mut offered: Vec<&str> = Vec::new();
        for (_, name) in &self.names {
            let codec = name.split('/').next().unwrap_or_default();
            let helper = ["rtx", "red", "ulpfec", "flexfec-03", "CN", "telephone-event"].contains(&codec);
            if !helper && !offered.contains(&codec) && offered.len() < 8 {
                offered.push(codec);
            }
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-., ".contains(c);
        let offered: String = offered.join(", ").chars().filter(|c| plain(*c)).take(80).collect();
        let offered = if offered.is_empty() { "nothing known".to_owned() } else { offered };
        let what = if wanted == "Opus" { "sound" } else { "picture" };
        Err(not_playable(format!(
            "the offer has {offered} for the {what}; lessons need {wanted} of a kind that phones play"
        )))
    }
}

fn is_opus(name: &str, _: &str) -> bool {
    name.eq_ignore_ascii_case("opus/48000/2")
}

/// 8-bit 4:2:0 (Baseline, Main, High), one packetization that can be put together in order.
fn is_h264(name: &str, parameters: &str) -> bool {
    let profile = parameter(parameters, "profile-level-id").unwrap_or("420010").to_ascii_lowercase();
    let playable = ["42", "4d", "64"].iter().any(|known| profile.starts_with(known));
    name.eq_ignore_ascii_case("H264/90000")
        && parameter(parameters, "packetization-mode") != Some("2")
        && playable
}

fn parameter<'a>(parameters: &'a str, wanted: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then_some(value.trim())
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As Chromium makes it, shortened.
    pub(crate) const OFFER: &str = "v=0\r\no=- 4611 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:ab+1\r\na=ice-pwd:0123456789abcdef012345\r\n\
        a=fingerprint:sha-256 00:11\r\na=setup:actpass\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n\
        a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:ab+1\r\n\
        a=ice-pwd:0123456789abcdef012345\r\na=fingerprint:sha-256 00:11\r\na=setup:actpass\r\na=mid:1\r\na=sendonly\r\n\
        a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
        a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
        a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n";

    fn reason(sdp: &str) -> String {
        match Offer::parse(sdp, Role::Publisher) {
            Err(OfferError::NotPlayable(reason)) => reason,
            other => panic!("refused: {other:?}"),
        }
    }

    #[test]
    fn a_browsers_offer_gives_its_h264_and_opus() {
        let offer = Offer::parse(OFFER, Role::Publisher).expect("playable");
        assert_eq!(offer.video.iter().map(|format| format.payload_type).collect::<Vec<_>>(), [102]);
        assert!(offer.video[0].parameters.contains("42e01f"));
        assert_eq!(offer.audio[0].payload_type, 111);
        assert_eq!(offer.credentials.ufrag(), "ab+1");
    }

    #[test]
    fn other_codecs_are_refused_by_name() {
        assert!(reason(&OFFER.replace("H264", "H265")).contains("VP8, H265"));
        assert!(reason(&OFFER.replace("opus/48000/2", "G722/8000")).contains("G722, PCMU"));
        assert!(reason(&OFFER.replace("42e01f", "f4001f")).contains("H.264 of a kind"));
        assert!(reason(&OFFER.replace("sendonly", "recvonly")).contains("sendonly"));
        assert!(reason(&OFFER.replace("m=video", "m=audio")).contains("several"));
        assert!(
            reason(&OFFER.replace("m=audio 9", "m=audio 0").replace("m=video 9", "m=video 0"))
                .contains("neither")
        );
    }

    #[test]
    fn a_viewers_offer_gives_its_retransmissions_too() {
        let sdp = OFFER.replace("sendonly", "recvonly");
        let offer = Offer::parse(&sdp, Role::Viewer).expect("playable");
        assert_eq!(offer.repairs, [(97, 96), (103, 102)]);
        assert_eq!(offer.video[0].parameter("packetization-mode"), Some("1"));
        let sending = Offer::parse(OFFER, Role::Viewer);
        assert!(matches!(sending, Err(OfferError::NotPlayable(reason)) if reason.contains("recvonly")));
    }

    #[test]
    fn sound_alone_and_picture_alone_can_be_sent() {
        let sound = OFFER.split("m=video").next().expect("a first part");
        let offer = Offer::parse(sound, Role::Publisher).expect("sound alone");
        assert!(offer.video.is_empty() && !offer.audio.is_empty());
        let picture =
            Offer::parse(&OFFER.replace("m=audio 9", "m=audio 0"), Role::Publisher).expect("picture alone");
        assert!(picture.audio.is_empty() && !picture.video.is_empty());
    }

    #[test]
    fn what_is_no_description_is_malformed() {
        for sdp in [
            "",
            "hello",
            "v=0\r\n",
            "v=0\r\no=- 1 2 IN IP4 0\r\ns=-\r\n",
            &OFFER.replace("a=fingerprint", "a=finger"),
            &OFFER.replace("a=ice-pwd", "a=ice-word"),
            &OFFER.replace("m=video 9", "m=video x"),
            &OFFER.replace("RTP/SAVPF", "RTP/AVP"),
        ] {
            assert!(matches!(Offer::parse(sdp, Role::Publisher), Err(OfferError::Malformed(_))), "{sdp}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(text in "\\PC{0,400}", at in 0..OFFER.len(), what in any::<char>()) {
            let _ = Offer::parse(&text, Role::Publisher);
            let mut offer = OFFER.to_owned();
            offer.insert(at, what);
            let _ = Offer::parse(&offer, Role::Publisher);
            offer.truncate(at);
            let _ = Offer::parse(&offer, Role::Publisher);
        }
    }
}
