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
        self.stream != 0 && stream != self.stream && (STREAM..=self.streams).contains(&stream)
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
#[path = "session_tests.rs"]
mod tests;
