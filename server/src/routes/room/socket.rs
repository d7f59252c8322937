//! `GET /api/lessons/{id}/room`: the room's WebSocket. It carries states and acknowledgements down and beats
//! up. One task per socket; a client that does not take what it is sent is dropped, never waited for.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        State,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code},
    },
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::{sync::watch, time::Instant};
use utoipa::IntoParams;
use yunke_store::LeaseRow;

use crate::{
    auth::{LessonScope, Viewer},
    evidence::BATCH_BEATS,
    problem::{ApiResult, Problem},
    room::{Answer, Ended, Frame, Place, RoomError, SUPERSEDED, admit},
    routes::extract::Query,
    state::AppState,
};

/// A full batch of beats is a quarter of it.
const MESSAGE_BYTES: usize = 64 * 1024;

/// Read buffer of a socket: messages are short, and thousands of sockets wait with such a buffer each.
const READ_BUFFER: usize = 4 << 10;

/// A client that takes longer to take a message is dropped.
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// How often a client is pinged, and after how long a silence it is dropped.
const PING_EVERY: Duration = Duration::from_secs(20);
const SILENCE_LIMIT: Duration = Duration::from_mins(1);

/// A socket that sends more unreadable messages than this is closed.
const GARBAGE_LIMIT: u32 = 10;

/// The lease has run out, or others took its place; the page opens the lesson again. (4000–4999 are for applications.)
const CLOSE_LEASE_EXPIRED: u16 = 4403;

/// The person signed out or may no longer sign in.
const CLOSE_SIGNED_OUT: u16 = 4401;

/// The same person opened too many sockets since; the page does not come back by itself.
const CLOSE_TOO_MANY: u16 = 4409;

/// The lease to enter with.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Entry {
    /// The token of the viewer's lease; without it only staff of the lesson may enter, and send nothing.
    lease: Option<String>,
}

/// What clients send. Not a tagged enum: those cannot hold raw values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromClient {
    r#type: Kind,
    beats: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Beats,
}

/// The beats of a client's message, each still unparsed; `None` if it is no such message.
pub(crate) fn beats_of(text: &str) -> Option<Vec<Box<RawValue>>> {
    let FromClient { r#type: Kind::Beats, beats } = serde_json::from_str(text).ok()?;
    Some(beats)
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ToClient<'a> {
    Ack(&'a Answer),
    Error { code: &'a str },
}

/// Enters the room of a lesson.
#[utoipa::path(get, path = "/api/lessons/{id}/room", tag = "room", params(("id" = uuid::Uuid, Path), Entry),
    responses((status = SWITCHING_PROTOCOLS, description = "docs/API.md has the messages"),
        (status = FORBIDDEN, description = "lease_invalid, lease_expired, lease_superseded, lease_other_lesson, lease_not_yours"),
        (status = SERVICE_UNAVAILABLE, description = "busy")))]
pub(super) async fn room(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Query(entry): Query<Entry>,
    upgrade: WebSocketUpgrade,
) -> ApiResult<Response> {
    let lesson = scope.lesson.id;
    let lease = match &entry.lease {
        Some(token) => {
            let now = app.source.now();
            Some(admit(&app.rooms, &app.lease_key, token, lesson, viewer.user.id, now).await?)
        }
        None if scope.may.run => None,
        None => {
            return Err(Problem::forbidden(
                "lease_required",
                "Open the lesson first, then enter with its lease.",
            ));
        }
    };
    let busy = || Problem::unavailable("busy", "The server is busy. Try again in a moment.", 5);
    let room = app.rooms.room(lesson).await?;
    let place = app.sockets.take(viewer.user.id, viewer.token_hash).ok_or_else(busy)?;
    // Only the receiver in use is kept: each member's socket counts as one listener.
    let told = match lease {
        Some(_) => Told::Member(room.member_texts()),
        None => Told::Staff(room.frames()),
    };
    drop(room);
    let seat = Seat { app: app.clone(), lease };
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(move |socket| {
        // The tracker knows the socket, so that a stopping server waits for its close frame.
        let tasks = seat.app.tasks.clone();
        tasks.track_future(async move {
            let mut socket = socket;
            if let Some(farewell) = seat.run(&mut socket, told, place).await {
                let _ = tokio::time::timeout(SEND_LIMIT, socket.send(Message::Close(Some(farewell)))).await;
            }
        })
    }))
}

struct Seat {
    app: AppState,
    /// `None`: staff.
    lease: Option<LeaseRow>,
}

/// What the socket receives of the room.
enum Told {
    Member(watch::Receiver<Utf8Bytes>),
    Staff(watch::Receiver<Arc<Frame>>),
}

impl Told {
    /// The next text, the first at once; none: the room is closed.
    async fn next(&mut self) -> Option<Utf8Bytes> {
        match self {
            Self::Member(texts) => {
                texts.changed().await.ok()?;
                Some(texts.borrow_and_update().clone())
            }
            Self::Staff(frames) => {
                frames.changed().await.ok()?;
                Some(frames.borrow_and_update().for_staff.clone())
            }
        }
    }

    fn beginning(mut self) -> Self {
        match &mut self {
            Self::Member(texts) => texts.mark_changed(),
            Self::Staff(frames) => frames.mark_changed(),
        }
        self
    }
}

/// What to do after a message.
enum Next {
    Stay,
    Leave(Option<CloseFrame>),
}

fn farewell(code: u16, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: Utf8Bytes::from_static(reason) }
}

impl Seat {
    /// Runs until one side leaves; returns the close frame, if one can be sent.
    async fn run(&self, socket: &mut WebSocket, told: Told, mut place: Place) -> Option<CloseFrame> {
        let mut told = told.beginning();
        let mut heard_at = Instant::now();
        let mut pings = tokio::time::interval(PING_EVERY);
        let mut garbage = 0;
        loop {
            tokio::select! {
                () = self.app.stopping.cancelled() => return Some(farewell(close_code::AWAY, "server_stopping")),
                ended = place.ended() => return Some(self.say_ended(socket, ended).await),
                text = told.next() => {
                    let Some(text) = text else {
                        return Some(farewell(close_code::RESTART, "room_closed"));
                    };
                    if !send(socket, Message::Text(text)).await {
                        return None;
                    }
                }
                message = socket.recv() => {
                    heard_at = Instant::now();
                    let Some(Ok(message)) = message else { return None };
                    match self.take(socket, message, &mut garbage).await {
                        Next::Stay => {}
                        Next::Leave(farewell) => return farewell,
                    }
                }
                _ = pings.tick() => {
                    if heard_at.elapsed() > SILENCE_LIMIT {
                        return Some(farewell(close_code::POLICY, "silent"));
                    }
                    if self.is_expired() {
                        self.complain(socket, "lease_expired").await;
                        return Some(farewell(CLOSE_LEASE_EXPIRED, "lease_expired"));
                    }
                    if !send(socket, Message::Ping(bytes::Bytes::new())).await {
                        return None;
                    }
                }
            }
        }
    }

    fn is_expired(&self) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.is_over(self.app.source.now()))
    }

    async fn say_ended(&self, socket: &mut WebSocket, ended: Ended) -> CloseFrame {
        let (code, reason) = match ended {
            Ended::Superseded => (CLOSE_TOO_MANY, "too_many_sockets"),
            Ended::SignedOut => (CLOSE_SIGNED_OUT, "sign_in_required"),
        };
        self.complain(socket, reason).await;
        farewell(code, reason)
    }

    async fn take(&self, socket: &mut WebSocket, message: Message, garbage: &mut u32) -> Next {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Next::Stay,
            Message::Close(_) => return Next::Leave(None),
            Message::Binary(_) => return self.garbage(socket, "malformed", garbage).await,
        };
        let Some(beats) = beats_of(&text) else {
            return self.garbage(socket, "malformed", garbage).await;
        };
        let Some(lease) = &self.lease else {
            return self.garbage(socket, "lease_required", garbage).await;
        };
        if beats.len() > BATCH_BEATS {
            return self.garbage(socket, "batch_too_large", garbage).await;
        }
        if self.is_expired() {
            self.complain(socket, "lease_expired").await;
            return Next::Leave(Some(farewell(CLOSE_LEASE_EXPIRED, "lease_expired")));
        }
        match self.app.rooms.hand_in(lease, &beats).await {
            Ok(answer) => self.answer(socket, answer, garbage).await,
            Err(RoomError::Superseded) => {
                self.complain(socket, SUPERSEDED).await;
                Next::Leave(Some(farewell(CLOSE_LEASE_EXPIRED, SUPERSEDED)))
            }
            Err(RoomError::SlowDown(_)) => self.complain(socket, "slow_down").await,
            Err(RoomError::NoLesson) => Next::Leave(Some(farewell(close_code::POLICY, "no_lesson"))),
            // Not committed: the client still has them and sends them again.
            Err(_) => self.complain(socket, "busy").await,
        }
    }

    async fn answer(&self, socket: &mut WebSocket, answer: Answer, garbage: &mut u32) -> Next {
        // A beat without a readable number: the client finds out which of the batch is not named.
        if answer.refused.iter().any(|refused| refused.seq.is_none())
            && let Some(farewell) = one_more(garbage)
        {
            return Next::Leave(Some(farewell));
        }
        say(socket, &ToClient::Ack(&answer)).await
    }

    async fn garbage(&self, socket: &mut WebSocket, code: &str, garbage: &mut u32) -> Next {
        if let Some(farewell) = one_more(garbage) {
            return Next::Leave(Some(farewell));
        }
        self.complain(socket, code).await
    }

    async fn complain(&self, socket: &mut WebSocket, code: &str) -> Next {
        say(socket, &ToClient::Error { code }).await
    }
}

/// Counts an unreadable message; returns the close frame if it was one too many.
fn one_more(garbage: &mut u32) -> Option<CloseFrame> {
    *garbage += 1;
    (*garbage > GARBAGE_LIMIT).then(|| farewell(close_code::POLICY, "too_much_garbage"))
}

async fn say(socket: &mut WebSocket, what: &ToClient<'_>) -> Next {
    let text = serde_json::to_string(what).expect("made of plain figures and words");
    if send(socket, Message::Text(text.into())).await { Next::Stay } else { Next::Leave(None) }
}

/// False: the client is gone or does not read.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(tokio::time::timeout(SEND_LIMIT, socket.send(message)).await, Ok(Ok(())))
}
