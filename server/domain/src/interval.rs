//! Half-open intervals of milliseconds and sets of them, each of one axis: server time and the timeline have the same code and
//! are never united. A set must never hold an empty or reversed interval.

use std::collections::BTreeMap;

use crate::Axis;

/// `[from, to)` in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval<T = i64> {
    /// First millisecond.
    pub from: T,
    /// First millisecond after it.
    pub to: T,
}

impl<T> Interval<T> {
    /// The same interval in another type of point.
    pub fn map<U>(self, point: impl Fn(T) -> U) -> Interval<U> {
        Interval { from: point(self.from), to: point(self.to) }
    }
}

impl<T: Axis> Interval<T> {
    /// `[from, to)`; a reversed pair gives an empty interval at `from`.
    pub fn new(from: T, to: T) -> Self {
        Self { from, to: to.max(from) }
    }

    /// Milliseconds in it; 0 also for a reversed one, which cannot come from [`Interval::new`].
    pub fn ms(self) -> i64 {
        self.to.since(self.from).max(0)
    }

    /// Nothing in it.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// The part both have; empty when they do not meet.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// They share at least one millisecond.
    pub fn meets(self, other: Self) -> bool {
        !self.and(other).is_empty()
    }
}

/// A union of intervals: disjoint, never touching, ascending. `n` insertions cost `O(n log n)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntervalSet<T = i64> {
    by_start: BTreeMap<T, T>,
    total: i64,
}

impl<T> Default for IntervalSet<T> {
    fn default() -> Self {
        Self { by_start: BTreeMap::new(), total: 0 }
    }
}

impl<T: Axis> IntervalSet<T> {
    /// Adds `new`; what is already there is not counted again.
    pub fn insert(&mut self, new: Interval<T>) {
        if new.is_empty() {
            return;
        }
        let Interval { mut from, mut to } = new;
        if let Some((&start, &end)) = self.by_start.range(..from).next_back()
            && end >= from
        {
            if end >= to {
                return;
            }
            from = start;
        }
        while let Some((&start, &end)) = self.by_start.range(from..).next() {
            if start > to {
                break;
            }
            to = to.max(end);
            self.by_start.remove(&start);
            self.total -= end.since(start);
        }
        if let Some(old_end) = self.by_start.insert(from, to) {
            self.total -= old_end.since(from);
        }
        self.total += to.since(from);
    }

    /// Milliseconds in the union.
    pub fn ms(&self) -> i64 {
        self.total
    }

    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// The intervals, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Interval<T>> + '_ {
        self.by_start.iter().map(|(&from, &to)| Interval { from, to })
    }

    /// From the first start to the last end.
    pub fn hull(&self) -> Option<Interval<T>> {
        let (&from, _) = self.by_start.first_key_value()?;
        let (_, &to) = self.by_start.last_key_value()?;
        Some(Interval { from, to })
    }

    /// What of `whole` lies in the set, ascending.
    pub fn within(&self, whole: Interval<T>) -> Vec<Interval<T>> {
        let before = self.by_start.range(..=whole.from).next_back();
        let next = whole.from.saturating_add(1);
        let after = self.by_start.range(next..whole.to.max(next));
        before
            .into_iter()
            .chain(after)
            .map(|(&from, &to)| Interval { from, to }.and(whole))
            .filter(|piece| !piece.is_empty())
            .collect()
    }

    /// What of `whole` lies outside the set, ascending.
    pub fn outside(&self, whole: Interval<T>) -> Vec<Interval<T>> {
        let mut pieces = Vec::new();
        let mut at = whole.from;
        for taken in self.within(whole) {
            if taken.from > at {
                pieces.push(Interval { from: at, to: taken.from });
            }
            at = taken.to;
        }
        if at < whole.to {
            pieces.push(Interval { from: at, to: whole.to });
        }
        pieces
    }
}

impl<T: Axis> FromIterator<Interval<T>> for IntervalSet<T> {
    fn from_iter<I: IntoIterator<Item = Interval<T>>>(intervals: I) -> Self {
        let mut set = Self::default();
        intervals.into_iter().for_each(|interval| set.insert(interval));
        set
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((0_i64..300, 0_i64..300), 0..40)
    }

    /// The set as one flag per millisecond: slow, and obviously right.
    fn naive(pairs: &[(i64, i64)]) -> Vec<bool> {
        let mut cells = vec![false; 300];
        for &(from, to) in pairs {
            for at in from..to {
                cells[usize::try_from(at).expect("not negative")] = true;
            }
        }
        cells
    }

    proptest! {
        #[test]
        fn a_set_is_what_painting_milliseconds_gives(pairs in pairs(), from in 0_i64..300, to in 0_i64..300) {
            let set: IntervalSet = pairs.iter().map(|&(a, b)| Interval::new(a, b)).collect();
            let cells = naive(&pairs);
            prop_assert_eq!(set.ms(), i64::try_from(cells.iter().filter(|c| **c).count()).expect("small"));
            let listed: Vec<_> = set.iter().collect();
            prop_assert!(listed.windows(2).all(|w| w[0].to < w[1].from), "disjoint, not touching");
            let whole = Interval::new(from, to);
            let inside = naive(&set.within(whole).iter().map(|i| (i.from, i.to)).collect::<Vec<_>>());
            let outside = naive(&set.outside(whole).iter().map(|i| (i.from, i.to)).collect::<Vec<_>>());
            for (at, painted) in (0_i64..).zip(&cells) {
                let here = at >= whole.from && at < whole.to;
                let cell = usize::try_from(at).expect("not negative");
                prop_assert_eq!(inside[cell], here && *painted);
                prop_assert_eq!(outside[cell], here && !*painted);
            }
        }
    }

    #[test]
    fn touching_intervals_become_one_and_empty_ones_nothing() {
        let set: IntervalSet =
            [(10, 20), (20, 30), (5, 5), (40, 35)].iter().map(|&(a, b)| Interval::new(a, b)).collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Interval { from: 10, to: 30 }]);
        assert_eq!(set.hull(), Some(Interval { from: 10, to: 30 }));
    }
}
