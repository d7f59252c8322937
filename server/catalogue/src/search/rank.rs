//! The order of hits, and the best of them in bounded memory.

use std::collections::BinaryHeap;

use super::hit::{Hit, Kind, Manner, Place};

/// How good a hit is; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    forgiven: bool,
    place: Place,
    manner: Manner,
    kind: Kind,
    letters: usize,
    /// Its number in the index.
    at: usize,
}

impl Rank {
    pub(super) fn new((place, manner): (Place, Manner), kind: Kind, letters: usize, at: usize) -> Self {
        Self { forgiven: manner == Manner::Forgiven, place, manner, kind, letters, at }
    }
}

/// The best hits of each kind.
pub(super) struct Best {
    limit: usize,
    /// The worst of them on top.
    kinds: [BinaryHeap<Rank>; 4],
}

impl Best {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, kinds: Default::default() }
    }

    /// Takes a hit if it is among the best and `admitted`.
    pub(super) fn offer(&mut self, rank: Rank, admitted: impl FnOnce() -> bool) {
        let heap = &mut self.kinds[rank.kind as usize];
        let good = heap.len() < self.limit || heap.peek().is_some_and(|worst| rank < *worst);
        if self.limit > 0 && good && admitted() {
            heap.push(rank);
            if heap.len() > self.limit {
                heap.pop();
            }
        }
    }

    /// The hits, best first; `key` says whose the title of that number is.
    pub(super) fn hits<K>(self, key: impl Fn(usize) -> Option<K>) -> Vec<Hit<K>> {
        let mut ranks: Vec<Rank> = self.kinds.into_iter().flatten().collect();
        ranks.sort_unstable();
        let hit = |rank: Rank| {
            let key = key(rank.at)?;
            Some(Hit { kind: rank.kind, key, place: rank.place, manner: rank.manner })
        };
        ranks.into_iter().filter_map(hit).collect()
    }
}
