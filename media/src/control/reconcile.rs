//! What is to be done so that the node's lessons become what the server wants. Pure.

use std::collections::BTreeMap;

use uuid::Uuid;
use yunke_protocol::{LessonOrder, Orders, Phase};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A lesson that is not here yet.
    TakeOn(LessonOrder),
    /// A lesson that is here.
    Follow(LessonOrder),
    /// A lesson that is none of ours any more.
    Drop(Uuid),
}

/// Compares what is here with what is wanted. Everything wanted is in it, also what is already so: following twice does
/// nothing, and an order that could not be followed is tried again this way.
pub fn reconcile(here: &BTreeMap<Uuid, Phase>, wanted: &Orders) -> Vec<Action> {
    let gone = here.keys().filter(|id| !wanted.lessons.iter().any(|order| order.lesson == **id));
    let mut actions: Vec<Action> = gone.map(|id| Action::Drop(*id)).collect();
    for order in &wanted.lessons {
        let known = here.contains_key(&order.lesson);
        actions.push(if known { Action::Follow(order.clone()) } else { Action::TakeOn(order.clone()) });
    }
    actions
}

/// The orders the node follows.
#[derive(Debug, Default)]
pub struct Followed {
    orders: Option<Orders>,
}

impl Followed {
    /// The version, for the snapshot.
    pub fn version(&self) -> u64 {
        self.orders.as_ref().map_or(0, |orders| orders.version)
    }

    /// The orders, once there are any.
    pub fn orders(&self) -> Option<&Orders> {
        self.orders.as_ref()
    }

    /// Orders the server sent by itself: older ones are late and ignored.
    pub fn sent(&mut self, orders: Orders) -> bool {
        self.take(orders, 0)
    }

    /// Orders in answer to a snapshot that was sent when `asked_at` was the version here. The answer is younger than the
    /// snapshot, so a lower version in it means that the server counts anew, unless other orders came in between.
    pub fn answered(&mut self, orders: Orders, asked_at: u64) -> bool {
        self.take(orders, asked_at)
    }

    fn take(&mut self, orders: Orders, asked_at: u64) -> bool {
        let version = self.version();
        let newer = self.orders.is_none() || orders.version > version;
        let counts_anew = orders.version < version && asked_at == version;
        let same = orders.version == version && self.orders.as_ref() != Some(&orders);
        let taken = newer || counts_anew || same;
        if taken {
            self.orders = Some(orders);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(lesson: u128, phase: Phase) -> LessonOrder {
        LessonOrder {
            lesson: Uuid::from_u128(lesson),
            phase,
            key_version: 1,
            zero_at: None,
            gaps: Vec::new(),
        }
    }

    fn orders(version: u64, lessons: Vec<LessonOrder>) -> Orders {
        Orders { version, clock: None, lessons, revoked: Vec::new() }
    }

    #[test]
    fn what_is_wanted_is_taken_on_followed_or_dropped() {
        let here =
            BTreeMap::from([(Uuid::from_u128(1), Phase::Live), (Uuid::from_u128(2), Phase::Rehearsal)]);
        let wanted = orders(1, vec![order(2, Phase::Live), order(3, Phase::Rehearsal)]);
        assert_eq!(
            reconcile(&here, &wanted),
            [
                Action::Drop(Uuid::from_u128(1)),
                Action::Follow(order(2, Phase::Live)),
                Action::TakeOn(order(3, Phase::Rehearsal)),
            ]
        );
    }

    #[test]
    fn late_orders_are_ignored() {
        let mut followed = Followed::default();
        assert!(followed.sent(orders(5, vec![])));
        assert!(!followed.sent(orders(4, vec![order(1, Phase::Live)])));
        assert!(!followed.answered(orders(4, vec![]), 3));
        assert_eq!(followed.version(), 5);
    }

    #[test]
    fn a_server_that_counts_anew_is_followed_by_its_answers() {
        let mut followed = Followed::default();
        followed.sent(orders(900, vec![]));
        assert!(followed.answered(orders(1, vec![order(1, Phase::Live)]), 900));
        assert_eq!(followed.version(), 1);
    }
}
