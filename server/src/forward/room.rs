//! Room for requests that are passed on: bounded for all, and for one line where it is scarce.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

/// The part of the room that one line may hold when less than half of it is free: who holds answers without taking them keeps
/// nobody else out.
pub(super) const LINE_SHARE: usize = 4;

/// The room there is.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    size: usize,
    taken: Mutex<Taken>,
}

/// How much is taken, and by which lines: no more entries than places.
#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_line: HashMap<IpAddr, usize>,
}

/// A place in it; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    room: Room,
    line: Option<IpAddr>,
}

impl Room {
    pub(super) fn of(size: usize) -> Self {
        Self(Arc::new(Shared { size, taken: Mutex::default() }))
    }

    /// A place for a request of this line; `None` while there is none, or the line holds its share and less than half is free.
    pub(super) fn enter(&self, line: Option<IpAddr>) -> Option<Place> {
        let mut taken = self.0.taken.lock().expect("no panic while held");
        let share = (self.0.size / LINE_SHARE).max(1);
        let own = line.and_then(|line| taken.by_line.get(&line)).copied().unwrap_or(0);
        if taken.all >= self.0.size || (taken.all * 2 >= self.0.size && own >= share) {
            return None;
        }
        taken.all += 1;
        if let Some(line) = line {
            *taken.by_line.entry(line).or_default() += 1;
        }
        Some(Place { room: self.clone(), line })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.0.taken.lock().expect("no panic while held");
        taken.all -= 1;
        if let Some(line) = self.line
            && let Some(own) = taken.by_line.get_mut(&line)
        {
            *own -= 1;
            if *own == 0 {
                taken.by_line.remove(&line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn one_line_never_takes_what_others_need() {
        let room = Room::of(8);
        let greedy: Vec<Place> = std::iter::from_fn(|| room.enter(Some(line(1)))).collect();
        assert_eq!(greedy.len(), 4, "half of it while nobody else is there");
        let others: Vec<Place> = (2..=5).map(|last| room.enter(Some(line(last))).expect("a place")).collect();
        assert!(room.enter(Some(line(6))).is_none(), "full");
        drop(others);
        assert!(room.enter(Some(line(1))).is_none(), "it holds more than its share");
        drop(greedy);
        assert!(room.enter(Some(line(1))).is_some());
        assert!(room.0.taken.lock().expect("free").by_line.is_empty());
    }
}
