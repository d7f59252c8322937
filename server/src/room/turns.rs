//! Who followed which lessons lately, to notice a member who follows two at once the moment it happens.

use std::{collections::HashMap, sync::Mutex};

use uuid::Uuid;
use yunke_store::UtcMillis;

/// Longer than any time a single receipt can stand for while the server is up.
const WINDOW_MS: i64 = 10 * 60_000;

/// Members remembered. When it is full those not heard of within the window are forgotten; if all were
/// heard of, it grows beyond it until they are not.
const MEMBERS: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<Uuid, Vec<(Uuid, UtcMillis)>>>);

impl Turns {
    /// Remembers that `user` followed `lesson`; gives the other lessons of the window.
    pub(super) fn note(&self, user: Uuid, lesson: Uuid, now: UtcMillis) -> Vec<Uuid> {
        let mut turns = self.0.lock().expect("no panic while the turns are held");
        let fresh = |at: UtcMillis| now - at <= WINDOW_MS;
        if turns.len() >= MEMBERS && !turns.contains_key(&user) {
            turns.retain(|_, lessons| lessons.iter().any(|(_, at)| fresh(*at)));
        }
        let lessons = turns.entry(user).or_default();
        lessons.retain(|(id, at)| *id != lesson && fresh(*at));
        let others = lessons.iter().map(|(id, _)| *id).collect();
        lessons.push((lesson, now));
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_lesson_within_the_window_is_noticed_and_later_is_not() {
        let turns = Turns::default();
        let (user, a, b) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        assert!(turns.note(user, a, 0).is_empty());
        assert!(turns.note(user, a, 1).is_empty());
        assert_eq!(turns.note(user, b, 2), [a]);
        assert_eq!(turns.note(user, a, 3), [b]);
        assert!(turns.note(user, a, 3 + WINDOW_MS).is_empty());
    }
}
