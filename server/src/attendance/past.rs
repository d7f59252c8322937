//! One member's presence so far: the spans of server time and each lease's last word, kept up beat by beat. Feeding it the
//! stored beats gives exactly what feeding it live gave; it must never depend on anything else.

use std::collections::BTreeMap;

use yunke_domain::{Interval, IntervalSet, Utc};

use super::{
    evidence::{Beat, LeaseId},
    rule::Rule,
    says::{PRESENT_MS, Says, says},
};

/// What a lease said last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastWord {
    /// The number of the last beat. Beats that arrive after a later one (a queue sent after the farewell) say nothing any more.
    pub seq: u32,
    /// Present from and until then, if it said so.
    pub here: Option<Interval<Utc>>,
}

/// One member's presence so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// Spans that the next beat of no lease can change.
    over: IntervalSet<Utc>,
    words: BTreeMap<LeaseId, LastWord>,
}

impl Past {
    /// From what [`Past::over`] and [`Past::last_words`] gave.
    pub fn new(over: IntervalSet<Utc>, words: impl IntoIterator<Item = (LeaseId, LastWord)>) -> Self {
        Self { over, words: words.into_iter().collect() }
    }

    /// Takes one beat. Those of a lease come in order of receipt, of one receipt ascending by seq.
    pub fn receive(&mut self, beat: &Beat, zero_at: Option<Utc>, rule: &Rule) {
        let word = self.words.entry(beat.lease).or_default();
        if beat.seq < word.seq {
            return;
        }
        word.seq = beat.seq;
        let said = says(beat, zero_at, rule);
        if said == Says::Nothing {
            return;
        }
        let at = beat.received_at;
        if let Some(before) = word.here.take() {
            self.over.insert(Interval::new(before.from, before.to.min(at)));
        }
        if said == Says::Here {
            word.here = Some(Interval::new(at, at + PRESENT_MS + 1));
        }
    }

    /// Spans of server time that no later beat changes.
    pub fn over(&self) -> &IntervalSet<Utc> {
        &self.over
    }

    /// Each lease's last word, ascending by lease.
    pub fn last_words(&self) -> impl Iterator<Item = (LeaseId, LastWord)> + '_ {
        self.words.iter().map(|(lease, word)| (*lease, *word))
    }

    /// All spans of server time, for [`super::peak`].
    pub fn spans(&self) -> IntervalSet<Utc> {
        let mut spans = self.over.clone();
        self.words.values().filter_map(|word| word.here).for_each(|here| spans.insert(here));
        spans
    }
}

/// One member's presence, from beats of any number and order.
pub fn past_presence(beats: &[Beat], zero_at: Option<Utc>, rule: &Rule) -> Past {
    let mut sorted: Vec<&Beat> = beats.iter().collect();
    sorted.sort_by_key(|beat| (beat.lease, beat.received_at, beat.seq));
    let mut past = Past::default();
    for beat in sorted {
        past.receive(beat, zero_at, rule);
    }
    past
}
