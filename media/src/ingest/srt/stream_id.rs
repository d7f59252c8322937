//! The stream key in an SRT stream id: by itself, or as `#!::r=KEY,m=publish` (SRT Access Control). Some encoders send what
//! stands in their address field as it is, percent-encoded.

/// A stream id's length is at most 512 in SRT; keys and passes are shorter.
const MAX_BYTES: usize = 512;

/// The key. `Err` says why there is none.
pub(super) fn stream_key(id: &[u8]) -> Result<String, &'static str> {
    if id.len() > MAX_BYTES {
        return Err("the stream id is too long");
    }
    let id = decoded(id).ok_or("the stream id is not text")?;
    // What is pasted has quotation marks, spaces or marks nobody sees around it; in the key the server looks past them.
    let Some((_, fields)) = id.split_once("#!::") else { return Ok(last_part(&id)) };
    let word = |text: &str| text.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    let pairs = || fields.split(',').filter_map(|pair| pair.split_once('='));
    let field = |name: &str| pairs().find(|pair| word(pair.0) == name);
    match field("m").map(|(_, mode)| word(mode)).as_deref() {
        None | Some("publish") => Ok(field("r").map(|(_, key)| last_part(key)).unwrap_or_default()),
        Some(_) => Err("this address is for sending only: m=publish"),
    }
}

/// As in an RTMP address, an application may stand before the key.
fn last_part(path: &str) -> String {
    path.trim_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

fn decoded(id: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(id.len());
    let mut rest = id;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = after.first_chunk::<2>().filter(|_| byte == b'%');
        let value = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_key_is_found_as_encoders_send_it() {
        for id in [
            "KEY",
            "live/KEY",
            "/live/KEY",
            "#!::r=KEY,m=publish",
            "#!::m=publish,r=live/KEY,u=x",
            "#!::r=KEY",
        ] {
            assert_eq!(stream_key(id.as_bytes()), Ok("KEY".to_owned()), "{id}");
        }
        assert_eq!(stream_key(b"%23!::r=KEY,m=publish"), Ok("KEY".to_owned()));
        for id in
            ["\u{200B}#!::r=KEY,m=publish\n", "\"#!::r=KEY, m=publish\"", "%E2%80%8B%23!::m=publish ,r=KEY"]
        {
            assert_eq!(stream_key(id.as_bytes()), Ok("KEY".to_owned()), "{id:?}");
        }
        assert_eq!(stream_key("\u{FEFF}KEY".as_bytes()), Ok("\u{FEFF}KEY".to_owned()));
        assert_eq!(stream_key(b""), Ok(String::new()));
        assert_eq!(stream_key(b"#!::m=publish"), Ok(String::new()));
    }

    #[test]
    fn viewers_and_nonsense_are_refused() {
        assert!(stream_key(b"#!::r=KEY,m=request").is_err());
        assert!(stream_key(&[0xff, 0xfe]).is_err());
        assert!(stream_key(&[b'a'; 513]).is_err());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = stream_key(&bytes);
            let _ = stream_key(&[b"#!::", &bytes[..]].concat());
        }
    }
}
