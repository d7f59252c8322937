//! A stream with its readers: the ring behind a lock, and the current edition of each playlist on a channel
//! that wakes everybody who waits for the next.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::watch;
use yunke_protocol::UtcMillis;

use super::{
    core::{
        frontier::Frontier,
        multivariant::{self, Offer},
        names::Name,
        playlist,
        ring::Ring,
        track::{Lookup, Track},
    },
    edition::Edition,
    event::{Completed, Event, Rendition, StreamStart},
};

/// Who may see a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Rehearsal: `Preview` leases only; `Watch` leases get 503 with `Retry-After`.
    Preview,
    /// Live: everybody with a lease of the lesson.
    Members,
}

/// A playlist of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Playlist {
    /// `index.m3u8`
    Index,
    /// `listen.m3u8`
    Listen,
    /// `video.m3u8`, `video360.m3u8`, `audio.m3u8`, `audio48.m3u8`
    Media(Rendition),
}

impl Playlist {
    const ALL: [Self; 6] = [
        Self::Index,
        Self::Listen,
        Self::Media(Rendition::Video),
        Self::Media(Rendition::VideoLow),
        Self::Media(Rendition::Audio),
        Self::Media(Rendition::AudioLow),
    ];

    /// By its file name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "index.m3u8" => Some(Self::Index),
            "listen.m3u8" => Some(Self::Listen),
            _ => Rendition::parse(name.strip_suffix(".m3u8")?).map(Self::Media),
        }
    }

    fn slot(self) -> usize {
        Self::ALL.iter().position(|other| *other == self).expect("all are in ALL")
    }
}

/// A stream and its readers.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Who may see it.
    pub(crate) audience: Audience,
    ring: RwLock<Ring>,
    editions: [watch::Sender<Arc<Edition>>; Playlist::ALL.len()],
    /// The lesson's earlier stream, whose last playlists announced what its readers still fetch. Until the first segment of
    /// this one is whole: then they have all of it.
    before: Mutex<Option<Arc<Stream>>>,
}

impl Stream {
    /// An empty stream, which takes the place of the one `before`.
    pub(crate) fn new(audience: Audience, start: StreamStart, before: Option<Arc<Self>>) -> Self {
        let ring = Ring::new(start);
        // Where its numbers begin is known from the start.
        let editions = Playlist::ALL.map(|playlist| watch::Sender::new(Arc::new(edition(&ring, playlist))));
        Self { audience, ring: RwLock::new(ring), editions, before: Mutex::new(before) }
    }

    /// Applies an event, publishes what it changed, and wakes who waited for it.
    pub(crate) fn push(&self, event: Event) -> Vec<Completed> {
        let part_of = match &event {
            Event::Part(rendition, _) => Some(*rendition),
            _ => None,
        };
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let completed = ring.apply(event);
        if !completed.is_empty() {
            self.forget_before();
        }
        for playlist in Playlist::ALL {
            // A part changes its own playlist. The other's report of it may be one part old, which is
            // cheaper than rendering both for each; its next own part brings it up to date.
            let changed = match playlist {
                Playlist::Media(rendition) => {
                    !completed.is_empty() || part_of.is_none_or(|part| part == rendition)
                }
                Playlist::Index | Playlist::Listen => !completed.is_empty() || part_of.is_none(),
            };
            if changed {
                self.editions[playlist.slot()].send_replace(Arc::new(edition(&ring, playlist)));
            }
        }
        completed
    }

    /// The earlier stream, while it is kept.
    pub(crate) fn before(&self) -> Option<Arc<Self>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn forget_before(&self) {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Sends everybody who waits here to the lesson's next stream.
    pub(crate) fn retire(&self) {
        self.forget_before();
        for sender in &self.editions {
            sender.send_replace(Arc::new(Edition { retired: true, ..Edition::default() }));
        }
    }

    /// The editions of a playlist from now on.
    pub(crate) fn subscribe(&self, playlist: Playlist) -> watch::Receiver<Arc<Edition>> {
        self.editions[playlist.slot()].subscribe()
    }

    /// The file of that name.
    pub(crate) fn find(&self, name: Name) -> Lookup {
        self.read(|ring| ring.find(name))
    }

    /// The part was announced, and the stream ended before it came.
    pub(crate) fn awaited(&self, name: Name) -> bool {
        self.read(|ring| ring.ended() && ring.announced(name))
    }

    /// Looks at the ring.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Ring) -> T) -> T {
        look(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Up to when media exists.
    pub(crate) fn edge(&self) -> Option<UtcMillis> {
        self.read(Ring::edge)
    }
}

fn edition(ring: &Ring, playlist: Playlist) -> Edition {
    let offer = match playlist {
        Playlist::Media(rendition) => {
            return ring.track(rendition).map_or_else(Edition::default, |track| of_track(ring, track));
        }
        Playlist::Index => Offer::Everything,
        Playlist::Listen => Offer::SoundOnly,
    };
    let full = multivariant::render(ring, offer).map(Into::into);
    let frontier = Frontier { ready: full.is_some(), ended: ring.ended(), ..Frontier::default() };
    Edition { frontier, full, ..Edition::default() }
}

fn of_track(ring: &Ring, track: &Track) -> Edition {
    Edition {
        frontier: ring.frontier(track),
        full: Some(playlist::full(ring, track).into()),
        delta: playlist::delta(ring, track).map(Into::into),
        next_part: track.next_part(),
        retired: false,
    }
}
