//! The connections a listener has room for, and who holds them without asking for anything. One host may open as many as it
//! likes: what it leaves silent is closed when it is too much for one, or when others need the room.
//!
//! It must never close a connection that is being answered, nor count by anything but where connections come from.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Of all slots one line may leave so many silent: the `1 / SHARE`th. A NAT with hundreds of phones is far below it; where slots
/// are few, phones lose connections that they kept for a next request, and open others.
const SHARE: usize = 4;

/// At most so many are closed at once, of those that have been silent longest the `1 / SHARE_CLOSED`th: looking for them takes a look at
/// each, and must not be done for one.
const CLOSED_AT_ONCE: usize = 64;
const SHARE_CLOSED: usize = 8;

/// How long one waits for what is being closed before more is closed.
const CLOSING: Duration = Duration::from_millis(50);

/// The line an address belongs to: an IPv6 host has a /64 of addresses.
pub fn line_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// All slots of a listener.
#[derive(Debug)]
pub struct Slots {
    free: Arc<Semaphore>,
    silent_of_a_line: usize,
    lines: Mutex<HashMap<IpAddr, Line>>,
    /// Numbers slots and the moments they fell silent; never 0.
    next: AtomicU64,
}

/// What one line holds. Gone with its last slot.
#[derive(Debug, Default)]
struct Line {
    silent: Arc<AtomicUsize>,
    slots: HashMap<u64, Arc<Held>>,
}

/// One connection.
#[derive(Debug)]
struct Held {
    calls: AtomicU32,
    /// Since which number nothing is asked; 0 while something is, or when it is being closed.
    silent_since: AtomicU64,
    /// How many the line leaves silent, this one among them.
    silent: Arc<AtomicUsize>,
    close: Notify,
}

impl Held {
    fn new(silent: Arc<AtomicUsize>, at: u64) -> Self {
        silent.fetch_add(1, Ordering::Relaxed);
        Self { calls: AtomicU32::new(0), silent_since: AtomicU64::new(at), silent, close: Notify::new() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Nothing is asked any more: whatever is holds it.
        self.silent.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Slots {
    /// Room for so many connections.
    pub fn new(slots: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Arc::new(Semaphore::new(slots)),
            silent_of_a_line: (slots / SHARE).max(1),
            lines: Mutex::default(),
            next: AtomicU64::new(1),
        })
    }

    /// Room for one more. Where there is none, whoever holds most of it in silence gives some up.
    pub async fn room(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
                return permit;
            }
            self.make_room();
            // The semaphore is never closed.
            if let Ok(Ok(permit)) = timeout(CLOSING, Arc::clone(&self.free).acquire_owned()).await {
                return permit;
            }
        }
    }

    /// A connection from there takes its slot. `None`: it is not counted by where it comes from, since a proxy stands for many.
    pub fn take(self: &Arc<Self>, peer: Option<IpAddr>, permit: OwnedSemaphorePermit) -> Slot {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(line) = peer.map(line_of) else {
            let held = Arc::new(Held::new(Arc::default(), 0));
            return Slot { held, counted: None, _permit: permit };
        };
        let mut lines = self.lines.lock().expect("no panic while the lines are held");
        let of_line = lines.entry(line).or_default();
        if of_line.silent.load(Ordering::Relaxed) >= self.silent_of_a_line {
            close_some([&*of_line].into_iter());
        }
        let held = Arc::new(Held::new(Arc::clone(&of_line.silent), id));
        of_line.slots.insert(id, Arc::clone(&held));
        drop(lines);
        Slot { held, counted: Some((Arc::clone(self), line, id)), _permit: permit }
    }

    fn make_room(&self) {
        let lines = self.lines.lock().expect("no panic while the lines are held");
        let silent = |line: &&Line| line.silent.load(Ordering::Relaxed);
        let most = lines.values().map(|line| silent(&line)).max().unwrap_or(0);
        close_some(lines.values().filter(|line| silent(line) * 2 >= most));
    }
}

/// Closes some of those that these lines have left silent longest.
fn close_some<'a>(lines: impl Iterator<Item = &'a Line>) {
    let mut silent: Vec<(u64, &Held)> = lines
        .flat_map(|line| line.slots.values())
        .filter(|held| held.calls.load(Ordering::Relaxed) == 0)
        .map(|held| (held.silent_since.load(Ordering::Relaxed), &**held))
        .filter(|(since, _)| *since > 0)
        .collect();
    if silent.is_empty() {
        return;
    }
    let closed = (silent.len() / SHARE_CLOSED).clamp(1, CLOSED_AT_ONCE);
    silent.select_nth_unstable_by_key(closed - 1, |(since, _)| *since);
    for (_, held) in &silent[..closed] {
        held.silent_since.store(0, Ordering::Relaxed);
        held.close.notify_one();
    }
}

/// A connection's slot; free again when it is dropped.
#[derive(Debug)]
pub struct Slot {
    held: Arc<Held>,
    counted: Option<(Arc<Slots>, IpAddr, u64)>,
    _permit: OwnedSemaphorePermit,
}

impl Slot {
    /// What counts the calls of this connection.
    pub fn calls(&self) -> Calls {
        let slots = self.counted.as_ref().map(|(slots, _, _)| Arc::clone(slots));
        Calls { held: Arc::clone(&self.held), slots }
    }

    /// Returns when the slot is wanted for somebody else.
    pub async fn wanted(&self) {
        self.held.close.notified().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some((slots, line, id)) = &self.counted else { return };
        let mut lines = slots.lines.lock().expect("no panic while the lines are held");
        if let Some(of_line) = lines.get_mut(line) {
            of_line.slots.remove(id);
            if of_line.slots.is_empty() {
                lines.remove(line);
            }
        }
    }
}

/// Counts what is asked over one connection.
#[derive(Debug, Clone)]
pub struct Calls {
    held: Arc<Held>,
    slots: Option<Arc<Slots>>,
}

impl Calls {
    /// Something is asked whole, until this is dropped.
    pub fn begin(&self) -> Call {
        if self.held.calls.fetch_add(1, Ordering::Relaxed) == 0 {
            self.held.silent_since.store(0, Ordering::Relaxed);
            self.held.silent.fetch_sub(1, Ordering::Relaxed);
        }
        Call(self.clone())
    }
}

/// Something that is asked, and being answered.
#[derive(Debug)]
pub struct Call(Calls);

impl Drop for Call {
    fn drop(&mut self) {
        let Calls { held, slots } = &self.0;
        if held.calls.fetch_sub(1, Ordering::Relaxed) == 1 {
            held.silent.fetch_add(1, Ordering::Relaxed);
            let now = slots.as_ref().map_or(0, |slots| slots.next.fetch_add(1, Ordering::Relaxed));
            held.silent_since.store(now, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAT: [u8; 4] = [203, 0, 113, 7];

    async fn come(slots: &Arc<Slots>, from: [u8; 4]) -> Slot {
        let permit = timeout(Duration::from_secs(2), slots.room()).await.expect("room is made");
        slots.take(Some(from.into()), permit)
    }

    /// Whether it was told to go; a connection that was leaves.
    async fn sent_away(slot: &Slot) -> bool {
        timeout(Duration::ZERO, slot.wanted()).await.is_ok()
    }

    async fn leave_if_told(slots: &mut Vec<Slot>) -> usize {
        let before = slots.len();
        let mut stay = Vec::new();
        for slot in slots.drain(..) {
            if !sent_away(&slot).await {
                stay.push(slot);
            }
        }
        *slots = stay;
        before - slots.len()
    }

    #[tokio::test]
    async fn one_line_leaves_a_quarter_silent_and_its_oldest_go_first() {
        let slots = Slots::new(64);
        let mut held = Vec::new();
        for _ in 0..16 {
            held.push(come(&slots, NAT).await);
        }
        assert_eq!(leave_if_told(&mut held).await, 0);
        let _new = come(&slots, NAT).await;
        assert!(sent_away(&held[0]).await && sent_away(&held[1]).await);
        for slot in &held[2..] {
            assert!(!sent_away(slot).await);
        }
    }

    #[tokio::test]
    async fn who_asks_is_not_silent_however_many() {
        let slots = Slots::new(64);
        let mut held = Vec::new();
        for _ in 0..60 {
            let slot = come(&slots, NAT).await;
            let call = slot.calls().begin();
            held.push((slot, call));
        }
        let calls = held[0].0.calls();
        drop(calls.begin());
        for (slot, _) in &held {
            assert!(!sent_away(slot).await);
        }
        assert_eq!(calls.held.silent.load(Ordering::Relaxed), 0);
        let silent = Arc::clone(&calls.held.silent);
        let (slot, call) = held.pop().expect("sixty");
        drop(call);
        assert_eq!(silent.load(Ordering::Relaxed), 1, "a kept connection is");
        drop(slot);
        assert_eq!(silent.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn where_room_is_short_the_most_crowded_line_gives_it_and_a_few_phones_keep_theirs() {
        let slots = Slots::new(80);
        let mut phones = Vec::new();
        for phone in 0..8 {
            phones.push(come(&slots, [198, 51, 100, phone / 2]).await);
        }
        let mut crowd = Vec::new();
        for n in 0..400 {
            // Whoever is told to leaves, as connections do.
            let room = slots.room();
            tokio::pin!(room);
            let permit = loop {
                tokio::select! {
                    biased;
                    permit = &mut room => break permit,
                    () = tokio::time::sleep(Duration::from_millis(1)) => { leave_if_told(&mut crowd).await; }
                }
            };
            crowd.push(slots.take(
                Some([203, 0, 113, n % 8].map(|part| u8::try_from(part).expect("small")).into()),
                permit,
            ));
        }
        assert_eq!(leave_if_told(&mut phones).await, 0, "eight silent ones of four lines");
        drop((crowd, phones));
        assert!(slots.lines.lock().expect("free").is_empty(), "nothing is kept of who went");
    }

    #[tokio::test]
    async fn a_proxy_is_not_counted_and_a_64_is_one_line() {
        let slots = Slots::new(8);
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(slots.take(None, slots.room().await));
        }
        assert_eq!(leave_if_told(&mut held).await, 0);
        let line = |text: &str| line_of(text.parse().expect("an address"));
        assert_eq!(line("2001:db8:1:2:3:4:5:6"), line("2001:db8:1:2:ffff::"));
        assert_ne!(line("2001:db8:1:2::"), line("2001:db8:1:3::"));
        assert_eq!(line("::ffff:203.0.113.7"), line("203.0.113.7"));
    }
}
