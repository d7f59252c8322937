//! Who is there: 在线 now, 峰值 peak, and the curve per minute. One definition for the phone, the studio,
//! the console, the API and the metrics.
//!
//! A lease is present from a playing beat until its next beat says otherwise or 45 s have passed; a
//! member is present while any lease is. Presence depends on receipts alone, never on what was found out
//! later (a gap, the end), so a count once shown stays true.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use yunke_domain::{Interval, IntervalSet, Utc};

use super::{
    evidence::{Beat, LeaseId},
    past::Past,
    rule::Rule,
    says::{PRESENT_MS, Says, says},
};

/// Whose presence; a member.
pub type MemberId = u128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seat {
    member: MemberId,
    /// Beats that arrive after a later one (a queue sent after the farewell) say nothing any more.
    last_seq: u32,
    /// Present until then, exclusive.
    until: Option<Utc>,
}

/// Who is present in one lesson, fed beat by beat in order of receipt.
#[derive(Debug, Clone)]
pub struct Presence {
    seats: HashMap<LeaseId, Seat>,
    leaving: BTreeSet<(Utc, LeaseId)>,
    present: HashMap<MemberId, u32>,
    at: Utc,
    peak: usize,
}

impl Presence {
    /// Takes one beat. Beats of one receipt come ascending by seq.
    pub fn receive(&mut self, member: MemberId, beat: &Beat, zero_at: Option<Utc>, rule: &Rule) {
        self.pass(beat.received_at);
        let fresh = Seat { member, last_seq: 0, until: None };
        let seat = *self.seats.entry(beat.lease).or_insert(fresh);
        if beat.seq < seat.last_seq {
            return;
        }
        let until = match says(beat, zero_at, rule) {
            Says::Here => Some(beat.received_at + PRESENT_MS + 1),
            Says::Gone => None,
            Says::Nothing => seat.until,
        };
        self.sit(beat.lease, Seat { last_seq: beat.seq, until, ..seat });
    }

    /// Counts from `now` on; the peak before is that of the past, see [`Presence::remember_peak`].
    pub fn starting(now: Utc) -> Self {
        Self { seats: HashMap::new(), leaving: BTreeSet::new(), present: HashMap::new(), at: now, peak: 0 }
    }

    /// Takes a member's past, after a restart; what was heard of a lease since is newer and stays.
    pub fn restore(&mut self, member: MemberId, past: &Past) {
        for (lease, word) in past.last_words() {
            if self.seats.get(&lease).is_none_or(|seat| seat.last_seq <= word.seq) {
                self.sit(lease, Seat { member, last_seq: word.seq, until: word.here.map(|here| here.to) });
            }
        }
    }

    /// The peak of the restored past; the count goes on from now.
    pub fn remember_peak(&mut self, peak: usize) {
        self.peak = self.peak.max(peak);
    }

    /// Lets time pass; who was last heard of too long ago is gone. The count may have changed.
    pub fn pass(&mut self, now: Utc) {
        while let Some(&(until, lease)) = self.leaving.first()
            && until <= now
        {
            self.settle(until);
            let Some(seat) = self.seats.get(&lease).copied() else { break };
            self.sit(lease, Seat { until: None, ..seat });
        }
        self.settle(now);
    }

    /// Distinct members present.
    pub fn now(&self) -> usize {
        self.present.len()
    }

    /// Members present, in no order.
    pub fn members(&self) -> impl Iterator<Item = MemberId> + '_ {
        self.present.keys().copied()
    }

    /// The most that were ever present at once.
    pub fn peak(&self) -> usize {
        self.peak.max(self.present.len())
    }

    /// When the next one will be gone if nothing is heard.
    pub fn next_change(&self) -> Option<Utc> {
        self.leaving.first().map(|(until, _)| *until)
    }

    /// The count holds for a moment only once all beats of that moment are in.
    fn settle(&mut self, now: Utc) {
        if now > self.at {
            self.peak = self.peak.max(self.present.len());
            self.at = now;
        }
    }

    fn sit(&mut self, lease: LeaseId, seat: Seat) {
        let before = self.seats.insert(lease, seat).and_then(|old| old.until);
        if let Some(until) = before {
            self.leaving.remove(&(until, lease));
        }
        if let Some(until) = seat.until {
            self.leaving.insert((until, lease));
        }
        match (before.is_some(), seat.until.is_some()) {
            (false, true) => *self.present.entry(seat.member).or_default() += 1,
            (true, false) => {
                if let Some(leases) = self.present.get_mut(&seat.member) {
                    *leases -= 1;
                    if *leases == 0 {
                        self.present.remove(&seat.member);
                    }
                }
            }
            _ => {}
        }
    }
}

/// 峰值: the exact maximum of a sweep over the members' presence.
pub fn peak<'a>(members: impl IntoIterator<Item = &'a IntervalSet<Utc>>) -> usize {
    let mut steps: Vec<(Utc, i64)> =
        members.into_iter().flat_map(IntervalSet::iter).flat_map(|i| [(i.from, 1), (i.to, -1)]).collect();
    steps.sort_unstable();
    let mut there = 0;
    let most = steps.iter().fold(0, |most, (_, step)| {
        there += step;
        most.max(there)
    });
    usize::try_from(most).unwrap_or(0)
}

/// One minute of the audience curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// Minutes since the zero of the timeline.
    pub minute: i64,
    /// Distinct members who viewed something in it.
    pub people: i64,
}

/// The audience per minute from the members' viewing time; minutes nobody viewed are left out.
pub fn audience_by_minute<'a>(
    members: impl IntoIterator<Item = &'a IntervalSet<Utc>>,
    zero_at: Utc,
) -> Vec<Minute> {
    let mut steps: BTreeMap<i64, i64> = BTreeMap::new();
    for viewing in members {
        let minutes: IntervalSet = viewing
            .iter()
            .map(|span| {
                let first = (span.from - zero_at).div_euclid(60_000);
                Interval::new(first, (span.to - 1 - zero_at).div_euclid(60_000) + 1)
            })
            .collect();
        for run in minutes.iter() {
            *steps.entry(run.from).or_default() += 1;
            *steps.entry(run.to).or_default() -= 1;
        }
    }
    let mut people = 0;
    let mut curve = Vec::new();
    let mut steps = steps.into_iter().peekable();
    while let Some((minute, step)) = steps.next() {
        people += step;
        let until = steps.peek().map_or(minute, |(next, _)| *next);
        if people > 0 {
            curve.extend((minute..until).map(|minute| Minute { minute, people }));
        }
    }
    curve
}
