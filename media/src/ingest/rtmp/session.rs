//! One publisher's RTMP conversation, without I/O and without a clock: bytes in, [`Event`]s and bytes out.
//!
//! Must never answer with anything a stranger could use to grow it: commands are small, state is a few words.

use bytes::{Bytes, BytesMut};

use super::{
    aggregate::{self, Parts},
    amf::{self, AmfError, Value},
    chunk::{self, ChunkError, Message},
    handshake::{Handshake, NotRtmp},
};
use crate::ingest::{Refusal, RefusalKind};

/// The first message stream a publisher gets.
const STREAM: u32 = 1;
/// Message streams that are told apart. Who asks for more gets the last one again.
const MAX_STREAMS: u32 = 8;
/// Our chunk size: every answer fits in one chunk.
const CHUNK_SIZE: u32 = 4096;
/// Twice as many bytes as we acknowledge at a time, unless the peer waits for it sooner.
const WINDOW_BYTES: u32 = 2_500_000;
/// The least window a peer may ask for: smaller ones would have us say more than we hear.
const MIN_WINDOW_BYTES: u32 = 4096;
/// Longest stream key.
const MAX_KEY_CHARS: usize = 256;

/// What the peer wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// To publish with this stream key; answer with [`Session::accept`] or [`Session::refuse`].
    Publish(String),
    /// A video message.
    Video(u32, Bytes),
    /// An audio message.
    Audio(u32, Bytes),
    /// No more of this publication.
    Unpublish,
}

/// Why the conversation is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    #[error(transparent)]
    NotRtmp(#[from] NotRtmp),
    #[error("malformed chunk: {0}")]
    Chunk(#[from] ChunkError),
    #[error("malformed command: {0}")]
    Amf(#[from] AmfError),
    #[error("a command out of place")]
    OutOfPlace,
    #[error("only publishing is possible here")]
    Play,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Connected,
    Asking,
    Publishing,
}

/// The conversation.
#[derive(Debug)]
pub(super) struct Session {
    handshake: Handshake,
    chunks: chunk::Reader,
    state: State,
    app: String,
    /// What is published, and on which message stream.
    key: String,
    stream: u32,
    /// Message streams that were created.
    streams: u32,
    window: u32,
    received: u32,
    acknowledged: u32,
    /// What an aggregate brought beside its first message.
    parts: Parts,
    further: u64,
    out: BytesMut,
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            handshake: Handshake::Hello,
            chunks: chunk::Reader::default(),
            state: State::Fresh,
            app: String::new(),
            key: String::new(),
            stream: STREAM,
            streams: 0,
            window: WINDOW_BYTES,
            received: 0,
            acknowledged: 0,
            parts: Parts::default(),
            further: 0,
            out: BytesMut::new(),
        }
    }

    /// Messages that were too large to be read, and those of streams beside the one that is published.
    pub(super) fn left_out(&self) -> (u64, u64) {
        (self.chunks.skipped(), self.further)
    }

    /// What is to be sent.
    pub(super) fn take_output(&mut self) -> Bytes {
        self.out.split().freeze()
    }

    /// Counts arrived bytes, for the acknowledgements encoders wait for.
    pub(super) fn count(&mut self, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.received = self.received.wrapping_add(bytes);
        if self.handshake == Handshake::Done
            && self.received.wrapping_sub(self.acknowledged) >= self.window / 2
        {
            self.acknowledged = self.received;
            self.control(3, &self.received.to_be_bytes());
        }
    }

    /// The next event in `input`; `None` when more bytes are needed, or an answer to [`Event::Publish`].
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Result<Option<Event>, SessionError> {
        while self.handshake != Handshake::Done {
            if !self.handshake.advance(input, &mut self.out)? {
                return Ok(None);
            }
        }
        while self.state != State::Asking {
            let Some(message) = self.parts.next() else {
                let Some(message) = self.chunks.read(input)? else { return Ok(None) };
                if message.kind == aggregate::KIND {
                    self.parts = Parts::of(&message);
                    continue;
                }
                if let Some(event) = self.message(message)? {
                    return Ok(Some(event));
                }
                continue;
            };
            if let Some(event) = self.message(message)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn message(&mut self, message: Message) -> Result<Option<Event>, SessionError> {
        let Message { kind, timestamp, payload, stream } = message;
        let word = |at: usize| {
            payload.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])).unwrap_or_default()
        };
        match kind {
            1 => self.chunks.set_chunk_size(word(0))?,
            2 => self.chunks.abort(word(0)),
            4 if payload.starts_with(&[0, 6]) => {
                let [a, b, c, d] = word(2).to_be_bytes();
                self.control(4, &[0, 7, a, b, c, d]); // ping: answered with its own time
            }
            5 => self.window = word(0).clamp(MIN_WINDOW_BYTES, WINDOW_BYTES),
            // The peer limits what we send: it is told that we heard it.
            6 => self.control(5, &word(0).to_be_bytes()),
            8 | 9 if self.state == State::Publishing && self.is_further(stream) => self.further += 1,
            8 if self.state == State::Publishing => return Ok(Some(Event::Audio(timestamp, payload))),
            9 if self.state == State::Publishing => return Ok(Some(Event::Video(timestamp, payload))),
            17 if payload.first() == Some(&0) => return self.command(&payload[1..], stream),
            17 | 20 => return self.command(&payload, stream),
            // Acknowledgements, windows, metadata, shared objects: nothing to do.
            _ => {}
        }
        Ok(None)
    }

    /// Whether it is another stream than the one that is published. Some say 0, or what they think of, where there is but one.
    fn is_further(&self, stream: u32) -> bool {
        stream != self.stream && (STREAM..=self.streams).contains(&stream)
    }

    fn command(&mut self, payload: &[u8], stream: u32) -> Result<Option<Event>, SessionError> {
        let values = amf::read_all(payload)?;
        let name = values.first().and_then(Value::text).unwrap_or_default();
        let transaction = values.get(1).and_then(Value::number).unwrap_or_default();
        match name {
            "connect" => self.connect(transaction, values.get(2).unwrap_or(&Value::Null)),
            "createStream" => {
                self.streams = (self.streams + 1).min(MAX_STREAMS);
                self.reply("_result", transaction, vec![Value::Null, Value::Number(self.streams.into())], 0);
            }
            "releaseStream" => self.reply("_result", transaction, vec![Value::Null], 0),
            "FCPublish" => self.reply("onFCPublish", 0.0, vec![Value::Null], 0),
            "publish" => {
                let name = values.get(3).and_then(Value::text).unwrap_or_default();
                let key = stream_key(&self.app, name);
                match self.state {
                    State::Publishing => self.again(&key, stream),
                    State::Connected => {
                        self.state = State::Asking;
                        (self.key, self.stream) = (key.clone(), stream);
                        return Ok(Some(Event::Publish(key)));
                    }
                    State::Fresh | State::Asking => return Err(SessionError::OutOfPlace),
                }
            }
            "deleteStream" | "closeStream"
                if self.state == State::Publishing && self.is_further(ended(&values, stream)) => {}
            "FCUnpublish" | "deleteStream" | "closeStream" if self.state == State::Publishing => {
                self.state = State::Connected;
                self.status("status", "NetStream.Unpublish.Success", "the stream has ended");
                return Ok(Some(Event::Unpublish));
            }
            "play" | "play2" => {
                self.stream = stream;
                self.status("error", "NetStream.Play.Failed", "lessons are not played by RTMP");
                return Err(SessionError::Play);
            }
            _ => {}
        }
        Ok(None)
    }

    fn connect(&mut self, transaction: f64, properties: &Value) {
        let app = properties.get("app").and_then(Value::text).unwrap_or_default();
        app.trim_matches('/').clone_into(&mut self.app);
        if self.state == State::Fresh {
            self.state = State::Connected;
        }
        self.control(5, &WINDOW_BYTES.to_be_bytes());
        let [a, b, c, d] = WINDOW_BYTES.to_be_bytes();
        self.control(6, &[a, b, c, d, 2]);
        self.control(1, &CHUNK_SIZE.to_be_bytes());
        let text = |text: &str| Value::Text(text.into());
        let version = Value::Object(vec![
            ("fmsVer".into(), text("FMS/3,5,7,7009")),
            ("capabilities".into(), Value::Number(31.0)),
        ]);
        let mut info = vec![
            ("level".into(), text("status")),
            ("code".into(), text("NetConnection.Connect.Success")),
            ("description".into(), text("connected")),
            (
                "objectEncoding".into(),
                properties.get("objectEncoding").cloned().unwrap_or(Value::Number(0.0)),
            ),
        ];
        let enhanced = ["fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"];
        if enhanced.iter().any(|name| properties.get(name).is_some()) {
            let forward = |code: &str| Value::Object(vec![(code.into(), Value::Number(4.0))]);
            info.push(("videoFourCcInfoMap".into(), forward("avc1")));
            info.push(("audioFourCcInfoMap".into(), forward("mp4a")));
            info.push(("capsEx".into(), Value::Number(4.0))); // ModEx is read over
        }
        self.reply("_result", transaction, vec![version, Value::Object(info)], 0);
    }

    /// A `publish` while something is published: the same once more, or another stream, which is not taken.
    fn again(&mut self, key: &str, stream: u32) {
        if key == self.key && stream == self.stream {
            self.status("status", "NetStream.Publish.Start", "the lesson receives the stream already");
            return;
        }
        self.further += 1;
        let published = std::mem::replace(&mut self.stream, stream);
        let why = "one stream for each connection: the one that is published goes on, this one is not taken";
        self.status("error", "NetStream.Publish.Denied", why);
        self.stream = published;
    }

    /// Lets the peer publish.
    pub(super) fn accept(&mut self) {
        self.state = State::Publishing;
        let [a, b, c, d] = self.stream.to_be_bytes();
        self.control(4, &[0, 0, a, b, c, d]);
        self.status("status", "NetStream.Publish.Start", "the lesson receives the stream");
    }

    /// Says no, also in the middle of a stream; the caller then closes.
    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        let code = match refusal.kind {
            RefusalKind::WrongKey => "NetStream.Publish.BadName",
            RefusalKind::Denied | RefusalKind::Later | RefusalKind::Passphrase => "NetStream.Publish.Denied",
            RefusalKind::Media => "NetStream.Publish.Rejected",
        };
        self.status("error", code, &refusal.reason);
    }

    fn status(&mut self, level: &str, code: &str, description: &str) {
        let field = |name: &str, text: &str| (name.to_owned(), Value::Text(text.to_owned()));
        let info = vec![field("level", level), field("code", code), field("description", description)];
        self.reply("onStatus", 0.0, vec![Value::Null, Value::Object(info)], self.stream);
    }

    fn reply(&mut self, name: &str, transaction: f64, values: Vec<Value>, stream: u32) {
        let mut payload = BytesMut::new();
        amf::write(&Value::Text(name.into()), &mut payload);
        amf::write(&Value::Number(transaction), &mut payload);
        for value in values {
            amf::write(&value, &mut payload);
        }
        let message = Message { kind: 20, timestamp: 0, stream, payload: payload.freeze() };
        chunk::write(3, &message, CHUNK_SIZE as usize, &mut self.out);
    }

    fn control(&mut self, kind: u8, payload: &[u8]) {
        let payload = Bytes::copy_from_slice(payload);
        chunk::write(2, &Message { kind, timestamp: 0, stream: 0, payload }, 128, &mut self.out);
    }
}

/// The message stream that a command ends: it is named in it, or the command came on it.
fn ended(values: &[Value], stream: u32) -> u32 {
    let named = values
        .get(3)
        .and_then(Value::number)
        .filter(|number| (1.0..=f64::from(MAX_STREAMS)).contains(number));
    named.and_then(|number| (1..=MAX_STREAMS).find(|id| f64::from(*id) >= number)).unwrap_or(stream)
}

/// The stream key as encoders bring it: `live` + `KEY`, `live` + `KEY?…`, `live` + `?key=KEY`, `live/KEY` + ``,
/// or `live?key=KEY` + ``.
fn stream_key(app: &str, name: &str) -> String {
    let query_key = |query: &str| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("key="))
            .filter(|key| !key.is_empty())
            .map(str::to_owned)
    };
    let (path, query) = name.split_once('?').unwrap_or((name, ""));
    let (app_path, app_query) = app.split_once('?').unwrap_or((app, ""));
    let last = path.trim_matches('/').rsplit('/').next().unwrap_or_default();
    let key = query_key(query)
        .or_else(|| (!last.is_empty()).then(|| last.to_owned()))
        .or_else(|| query_key(app_query))
        .or_else(|| app_path.trim_matches('/').split_once('/').map(|(_, key)| key.to_owned()))
        .unwrap_or_default();
    key.chars().take(MAX_KEY_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn connected() -> (Session, BytesMut) {
        let mut session = Session::new();
        let mut input = BytesMut::from(&[3][..]);
        input.extend(std::iter::repeat_n(0, 2 * 1536));
        assert_eq!(session.next(&mut input).expect("a handshake"), None);
        session.take_output();
        (session, input)
    }

    fn command(name: &str, transaction: f64, values: &[Value], input: &mut BytesMut) {
        let mut payload = BytesMut::new();
        amf::write(&Value::Text(name.into()), &mut payload);
        amf::write(&Value::Number(transaction), &mut payload);
        for value in values {
            amf::write(value, &mut payload);
        }
        let message = Message { kind: 20, timestamp: 0, stream: 1, payload: payload.freeze() };
        chunk::write(3, &message, 128, input);
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn an_enhanced_client_with_arrays_and_unknown_fields_gets_to_publish() {
        let (mut session, mut input) = connected();
        let properties = Value::Object(vec![
            ("app".into(), text("live")),
            ("fourCcList".into(), Value::List(vec![text("av01"), text("hvc1"), text("avc1")])),
            ("videoFourCcInfoMap".into(), Value::Object(vec![("*".into(), Value::Number(7.0))])),
            ("capsEx".into(), Value::Number(15.0)),
            ("somethingNew".into(), Value::List(vec![Value::Null, Value::Bool(true)])),
        ]);
        command("connect", 1.0, &[properties], &mut input);
        command("releaseStream", 2.0, &[Value::Null, text("k")], &mut input);
        command("FCPublish", 3.0, &[Value::Null, text("k")], &mut input);
        command("createStream", 4.0, &[Value::Null], &mut input);
        command("publish", 5.0, &[Value::Null, text("secret?x=1"), text("live")], &mut input);
        assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Publish("secret".into())));
        session.accept();
        let answers = session.take_output();
        for word in ["NetConnection.Connect.Success", "avc1", "onFCPublish", "NetStream.Publish.Start"] {
            assert!(answers.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn nothing_is_read_while_a_publish_waits_for_its_answer() {
        let (mut session, mut input) = connected();
        command("connect", 1.0, &[Value::Null], &mut input);
        command("publish", 5.0, &[Value::Null, text("k"), text("live")], &mut input);
        let video = Message { kind: 9, timestamp: 7, stream: 1, payload: Bytes::from_static(&[1]) };
        chunk::write(6, &video, 128, &mut input);
        assert!(matches!(session.next(&mut input), Ok(Some(Event::Publish(_)))));
        assert!(matches!(session.next(&mut input), Ok(None)));
        session.accept();
        assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Video(7, Bytes::from_static(&[1]))));
    }

    /// Someone who publishes, and has been told so.
    fn publishing() -> (Session, BytesMut) {
        let (mut session, mut input) = connected();
        command("connect", 1.0, &[Value::Null], &mut input);
        command("createStream", 2.0, &[Value::Null], &mut input);
        command("publish", 3.0, &[Value::Null, text("k"), text("live")], &mut input);
        assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Publish("k".into())));
        session.accept();
        session.take_output();
        (session, input)
    }

    fn says(session: &mut Session, word: &str) -> bool {
        session.take_output().windows(word.len()).any(|window| window == word.as_bytes())
    }

    fn media(kind: u8, stream: u32, timestamp: u32, payload: &[u8], input: &mut BytesMut) {
        let payload = Bytes::copy_from_slice(payload);
        chunk::write(6, &Message { kind, timestamp, stream, payload }, 128, input);
    }

    #[test]
    fn a_publish_once_more_is_answered_and_another_stream_is_refused_with_the_reason() {
        let (mut session, mut input) = publishing();
        command("publish", 4.0, &[Value::Null, text("k"), text("live")], &mut input);
        media(9, 1, 7, &[1], &mut input);
        assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Video(7, Bytes::from_static(&[1]))));
        assert!(says(&mut session, "NetStream.Publish.Start"));
        command("createStream", 5.0, &[Value::Null], &mut input);
        command("publish", 6.0, &[Value::Null, text("other"), text("live")], &mut input);
        media(9, 2, 8, &[2], &mut input);
        media(9, 0, 9, &[3], &mut input);
        assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Video(9, Bytes::from_static(&[3]))));
        assert!(says(&mut session, "one stream for each connection"));
        assert_eq!(session.left_out(), (0, 2));
        command("deleteStream", 7.0, &[Value::Null, Value::Number(2.0)], &mut input);
        assert_eq!(session.next(&mut input).expect("valid"), None, "the one that is published goes on");
        command("deleteStream", 8.0, &[Value::Null, Value::Number(1.0)], &mut input);
        assert_eq!(session.next(&mut input).expect("valid"), Some(Event::Unpublish));
    }

    #[test]
    fn a_small_window_is_acknowledged_in_time() {
        let (mut session, mut input) = publishing();
        media(5, 0, 0, &20_000_u32.to_be_bytes(), &mut input);
        media(6, 0, 0, &[0, 0, 0x10, 0, 2], &mut input);
        assert_eq!(session.next(&mut input).expect("valid"), None);
        assert!(!session.take_output().is_empty(), "a limit is answered");
        session.count(9_000);
        assert!(session.take_output().is_empty());
        session.count(2_000);
        assert_eq!(session.take_output().get(7), Some(&3));
    }

    #[test]
    fn an_aggregate_is_its_messages_with_times_from_its_own_on() {
        let (mut session, mut input) = publishing();
        media(
            22,
            1,
            1000,
            &aggregate::tests::of(&[(9, 70, &[1, 2]), (8, 75, &[3]), (18, 76, &[9])]),
            &mut input,
        );
        let events: Vec<Event> = std::iter::from_fn(|| session.next(&mut input).expect("valid")).collect();
        let bytes = |bytes: &'static [u8]| Bytes::from_static(bytes);
        assert_eq!(events, [Event::Video(1000, bytes(&[1, 2])), Event::Audio(1005, bytes(&[3]))]);
    }

    #[test]
    fn a_publish_before_connect_and_a_play_end_it() {
        let (mut session, mut input) = connected();
        command("publish", 5.0, &[Value::Null, text("k")], &mut input);
        assert!(matches!(session.next(&mut input), Err(SessionError::OutOfPlace)));
        let (mut session, mut input) = connected();
        command("play", 5.0, &[Value::Null, text("k")], &mut input);
        assert!(matches!(session.next(&mut input), Err(SessionError::Play)));
    }

    #[test]
    fn the_key_is_found_wherever_encoders_put_it() {
        let tries = [
            ("live", "KEY"),
            ("live", "KEY?psk=1"),
            ("live", "?key=KEY"),
            ("live", "x?a=b&key=KEY"),
            ("live/KEY", ""),
            ("live?key=KEY", ""),
            ("live", "/live/KEY"),
        ];
        for (app, name) in tries {
            assert_eq!(stream_key(app, name), "KEY", "{app} {name}");
        }
        assert_eq!(stream_key("live", ""), "");
        // What was pasted is handed on as it is: the server looks past it.
        for pasted in ["\u{200B}KEY\u{FEFF}", "\"KEY\"", " KEY ", "%20KEY"] {
            assert_eq!(stream_key("live", pasted), pasted);
        }
        assert_eq!(stream_key("live", "rtmp://host/live/KEY"), "KEY");
    }

    proptest! {
        #[test]
        fn garbage_after_the_handshake_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let (mut session, mut input) = connected();
            input.extend_from_slice(&bytes);
            while let Ok(Some(_)) = session.next(&mut input) {}
            prop_assert!(session.take_output().len() <= bytes.len() * 50);
        }
    }
}
