//! Judged progress that is kept, so that a page which shows a whole year need not judge it anew each time. What is kept
//! goes with the marks of everything it was computed from; under other marks it is none. It must never be asked without them.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Mutex,
};

use uuid::Uuid;
use yunke_domain::{Interval, Utc};
use yunke_store::EvidenceMark;

use super::Progress;

/// Members' lessons that are kept: some 20 MB. When it is full all are forgotten, and judged again when asked for.
const KEPT: usize = 50_000;

#[derive(Debug)]
struct Kept {
    marks: Marks,
    progress: Progress,
}

/// Marks as one number: a member who listens for years has as many as items that met in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks(u64, u64);

impl Marks {
    fn of<'a>(marks: impl Iterator<Item = &'a EvidenceMark>) -> Self {
        let (mut first, mut second) = (DefaultHasher::new(), DefaultHasher::new());
        // Another beginning, so that the two differ.
        1_u8.hash(&mut second);
        for mark in marks {
            mark.hash(&mut first);
            mark.hash(&mut second);
        }
        Self(first.finish(), second.finish())
    }
}

/// Progress of members with lessons that are over, and with episodes.
#[derive(Debug, Default)]
pub struct KeptProgress(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    /// The server's outages all of it was judged with.
    outages: Vec<Interval<Utc>>,
    by_member: HashMap<(Uuid, Uuid), Kept>,
}

impl KeptProgress {
    /// What was kept of a member and a lesson, if these are still the marks of what it was computed from.
    pub fn find(
        &self,
        user: Uuid,
        lesson: Uuid,
        marks: Marks,
        outages: &[Interval<Utc>],
    ) -> Option<Progress> {
        let held = self.0.lock().expect("no panic while held");
        let kept = held.by_member.get(&(user, lesson))?;
        (kept.marks == marks && held.outages == outages).then_some(kept.progress)
    }

    /// Keeps what was computed after `marks` were read: evidence that came in between shows in the next marks.
    pub fn keep(
        &self,
        user: Uuid,
        lesson: Uuid,
        marks: Marks,
        outages: &[Interval<Utc>],
        progress: Progress,
    ) {
        let mut held = self.0.lock().expect("no panic while held");
        if held.outages != outages {
            held.by_member.clear();
            outages.clone_into(&mut held.outages);
        }
        if held.by_member.len() >= KEPT && !held.by_member.contains_key(&(user, lesson)) {
            held.by_member.clear();
        }
        held.by_member.insert((user, lesson), Kept { marks, progress });
    }
}

/// The marks of all that the credit for one item depends on: its own, and those of lessons whose evidence meets its own in
/// time, which are all that can claim the same time.
pub fn marks_of(all: &[EvidenceMark], own: &EvidenceMark) -> Marks {
    let span = |mark: &EvidenceMark| (mark.first_at, mark.last_at.unwrap_or(mark.first_at));
    let (first, last) = span(own);
    let meets = |mark: &&EvidenceMark| {
        let (from, to) = span(mark);
        from <= last && first <= to
    };
    Marks::of(all.iter().filter(meets))
}
