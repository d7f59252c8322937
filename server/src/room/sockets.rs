//! Who has a room's socket open: so many in all, so many a person, and whose session ended meanwhile. It must never ask the
//! database once a socket.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::oneshot;
use uuid::Uuid;
use yunke_store::{Store, StoreResult, UtcMillis};

/// Sockets of all rooms together. Who comes when all are taken is answered 503 and uses the POST.
const SOCKETS: usize = 30_000;

/// Sockets of one person. Whoever opens one more ends their oldest, which tells its page so: more than this many pages of one
/// person are no person's, or were forgotten.
const A_PERSON: usize = 12;

/// Sessions asked about at once.
const A_QUESTION: usize = 1_000;

/// Why a socket is closed that did nothing wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The same person opened too many since.
    Superseded,
    /// The person signed out, or may no longer sign in.
    SignedOut,
}

/// A session, as it is stored.
type Session = [u8; 32];

/// All open sockets. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sockets(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    /// Oldest first.
    people: HashMap<Uuid, VecDeque<Entry>>,
    count: usize,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    session: Session,
    end: oneshot::Sender<Ended>,
}

/// A socket's place among all; given back when dropped.
#[derive(Debug)]
pub struct Place {
    sockets: Sockets,
    user: Uuid,
    id: u64,
    ended: oneshot::Receiver<Ended>,
}

impl Sockets {
    /// A place, if there is one.
    pub fn take(&self, user: Uuid, session: Session) -> Option<Place> {
        let (end, ended) = oneshot::channel();
        let mut open = self.open();
        let own = open.people.get_mut(&user);
        if let Some(oldest) = own.filter(|own| own.len() >= A_PERSON).and_then(VecDeque::pop_front) {
            open.count -= 1;
            // Who has left already does not hear it.
            let _ = oldest.end.send(Ended::Superseded);
        }
        if open.count >= SOCKETS {
            return None;
        }
        let id = open.next;
        open.next += 1;
        open.count += 1;
        open.people.entry(user).or_default().push_back(Entry { id, session, end });
        metrics::gauge!("yunke_room_sockets").increment(1);
        Some(Place { sockets: self.clone(), user, id, ended })
    }

    /// Ends those of people who signed out, or may no longer sign in: one question for a thousand of them. A database that does
    /// not answer just now signs nobody out.
    pub async fn sweep(&self, store: &dyn Store, now: UtcMillis) -> StoreResult<()> {
        for sessions in self.sessions().chunks(A_QUESTION) {
            let live: HashSet<Session> = store.live_sessions(sessions, now).await?.into_iter().collect();
            let over: HashSet<Session> =
                sessions.iter().copied().filter(|session| !live.contains(session)).collect();
            if !over.is_empty() {
                let sockets = self.sign_out(&over);
                tracing::debug!(sessions = over.len(), sockets, "sockets of sessions that are over");
            }
        }
        Ok(())
    }

    /// The sessions that opened them, each once.
    fn sessions(&self) -> Vec<Session> {
        let open = self.open();
        let all: HashSet<Session> = open.people.values().flatten().map(|entry| entry.session).collect();
        all.into_iter().collect()
    }

    /// All sockets of this person end: they signed out everywhere.
    pub(crate) fn sign_out_person(&self, user: Uuid) {
        let mut open = self.open();
        let entries = open.people.remove(&user).unwrap_or_default();
        open.count -= entries.len();
        for entry in entries {
            let _ = entry.end.send(Ended::SignedOut);
        }
    }

    /// These sessions are over; how many sockets that ends.
    pub(crate) fn sign_out(&self, sessions: &HashSet<Session>) -> usize {
        let mut open = self.open();
        let mut over = Vec::new();
        for entries in open.people.values_mut() {
            let (gone, kept) = entries.drain(..).partition(|entry| sessions.contains(&entry.session));
            *entries = kept;
            over.extend::<VecDeque<_>>(gone);
        }
        open.people.retain(|_, entries| !entries.is_empty());
        open.count -= over.len();
        let count = over.len();
        for entry in over {
            let _ = entry.end.send(Ended::SignedOut);
        }
        count
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().expect("no panic while the sockets are held")
    }
}

impl Place {
    /// Waits until the socket has to end. To be asked again only if it was not answered.
    pub async fn ended(&mut self) -> Ended {
        match (&mut self.ended).await {
            Ok(ended) => ended,
            // Its entry is dropped with an answer or by this place itself.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("yunke_room_sockets").decrement(1);
        let mut open = self.sockets.open();
        let Some(own) = open.people.get_mut(&self.user) else { return };
        let before = own.len();
        own.retain(|entry| entry.id != self.id);
        let (removed, empty) = (before - own.len(), own.is_empty());
        if empty {
            open.people.remove(&self.user);
        }
        open.count -= removed;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn person(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[tokio::test]
    async fn the_oldest_of_a_person_makes_room_and_others_stay() {
        let sockets = Sockets::default();
        let mut other = sockets.take(person(2), [2; 32]).expect("room");
        let mut own: Vec<Place> =
            (0..A_PERSON + 3).map(|_| sockets.take(person(1), [1; 32]).expect("room")).collect();
        let ended: Vec<bool> = own.iter_mut().map(|place| place.ended().now_or_never().is_some()).collect();
        assert_eq!(ended.iter().filter(|ended| **ended).count(), 3);
        assert!(ended[..3].iter().all(|ended| *ended), "the oldest");
        assert!(other.ended().now_or_never().is_none());
        assert_eq!(sockets.open().count, A_PERSON + 1);
        drop(own);
        assert_eq!(sockets.open().count, 1);
        drop(other);
        assert!(sockets.open().people.is_empty());
        assert_eq!(sockets.open().count, 0);
    }

    #[tokio::test]
    async fn signed_out_sessions_lose_their_sockets_only() {
        let sockets = Sockets::default();
        let mut places: Vec<Place> = [(1, 1), (1, 2), (2, 3)]
            .map(|(user, n)| sockets.take(person(user), [n; 32]).expect("room"))
            .into();
        let mut sessions = sockets.sessions();
        sessions.sort_unstable();
        assert_eq!(sessions, [[1; 32], [2; 32], [3; 32]]);
        assert_eq!(sockets.sign_out(&HashSet::from([[1; 32], [3; 32], [9; 32]])), 2);
        let ended: Vec<_> = places.iter_mut().map(|place| place.ended().now_or_never()).collect();
        assert_eq!(ended, [Some(Ended::SignedOut), None, Some(Ended::SignedOut)]);
        assert_eq!(sockets.sessions(), [[2; 32]]);
    }

    #[test]
    fn when_all_are_taken_nobody_is_put_out() {
        let sockets = Sockets::default();
        let mut places = Vec::new();
        for number in 0..u128::MAX {
            let Some(place) = sockets.take(person(number), [0; 32]) else { break };
            places.push(place);
        }
        assert_eq!(places.len(), SOCKETS);
        places.pop();
        assert!(sockets.take(person(1), [0; 32]).is_some(), "one's own place was given back");
    }
}
