//! What the judgement is made from. Moments are of the server's clock; nothing in here is a client's wall clock.

use yunke_domain::{BeatCause, BeatMode, BeatSource, BeatState, Interval, Position, Utc};

/// Names a lease; the evidence of one device's visit.
pub type LeaseId = u128;

/// One beat as it was committed. The order of fields makes the order of sorting: by receipt, then by
/// the client's own count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Beat {
    /// When the server received it.
    pub received_at: Utc,
    /// 1, 2, 3 … within the lease.
    pub seq: u32,
    /// Whose it is.
    pub lease: LeaseId,
    /// What the player did.
    pub state: BeatState,
    /// What made it send.
    pub cause: BeatCause,
    /// Live or replay.
    pub source: BeatSource,
    /// Video or audio.
    pub mode: BeatMode,
    /// Played from here …
    pub from: Position,
    /// … up to here; never before `from`.
    pub to: Position,
    /// Speed × 1000, at least 1.
    pub rate_milli: i64,
    /// The page was visible.
    pub visible: bool,
    /// Follows the user's own tap on play.
    pub gesture: bool,
}

impl Beat {
    /// The claimed piece of the timeline.
    pub fn claim(&self) -> Interval<Position> {
        Interval::new(self.from, self.to)
    }
}

/// What is known of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    /// Which one.
    pub id: LeaseId,
    /// When the lesson was opened: nothing before it can have been watched under this lease.
    pub issued_at: Utc,
}

/// What a replay offers to who opens it from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Offer {
    /// Since when.
    pub from_at: Utc,
    /// Which stretch; none: it is hidden.
    pub stretch: Option<Interval<Position>>,
}

/// A form that all of it had for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// When.
    pub during: Interval<Utc>,
    /// How long it was.
    pub length_ms: i64,
}

/// The lesson as media and server know it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// UTC of position 0; none: the lesson has not started, nothing can be watched.
    pub zero_at: Option<Utc>,
    /// Planned length.
    pub planned_ms: i64,
    /// Length, once the lesson has ended.
    pub length_ms: Option<i64>,
    /// Outages of the lecturer: they earn nothing and leave the denominator. Any order.
    pub gaps: Vec<Interval<Position>>,
    /// Stretches the replay was or is trimmed to, the last one is that of now: each that leaves a quarter of the lesson is a fair
    /// measure of it, too.
    pub trims: Vec<Interval<Position>>,
    /// When the lesson was ended.
    pub ended_at: Option<Utc>,
    /// What the replay offered since when, ascending; before the first of them all of it.
    pub offers: Vec<Offer>,
    /// Forms it had; each is a fair measure of it as a whole, for whoever opened it as this.
    pub forms: Vec<Form>,
    /// Nothing that was played from then on earns, whatever it was opened by.
    pub closed_at: Option<Utc>,
}

impl Timeline {
    /// As somebody sees it who opened it then: the form it has now, and those it had when they did.
    #[must_use]
    pub fn opened(&self, at: &[Utc]) -> Self {
        let last = self.forms.last().copied();
        let met = |form: &Form| at.iter().any(|at| form.during.from <= *at && *at < form.during.to);
        let forms = self.forms.iter().copied().filter(|form| Some(*form) == last || met(form)).collect();
        Self { forms, ..self.clone() }
    }
}
