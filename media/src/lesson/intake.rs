//! What a publisher's units go through before the lesson takes them: composition times are set right, tracks that arrive apart
//! are laid beside each other, and a picture that nobody could start with is re-encoded.

use yunke_protocol::{Transport, UtcMillis};

use crate::{
    pipeline::{align::Align, composition::Composition, recode::Recode},
    unit::Unit,
};

/// The intake of one publisher.
#[derive(Debug)]
pub(super) struct Intake {
    /// `None`: by WebRTC the times are ours already.
    given: Option<(Composition, Align)>,
    recode: Recode,
    /// Between the steps; empty between calls.
    composed: Vec<Unit>,
    aligned: Vec<Unit>,
}

impl Intake {
    pub(super) fn new(transport: Transport) -> Self {
        let given = (transport != Transport::Whip).then(Default::default);
        Self { given, recode: Recode::default(), composed: Vec::new(), aligned: Vec::new() }
    }

    /// Whether the picture is re-encoded.
    pub(super) fn recodes(&self) -> bool {
        self.recode.works()
    }

    /// How long one track waits for the other, milliseconds; 0: not at all.
    pub(super) fn apart_ms(&self) -> i64 {
        self.given.as_ref().and_then(|(_, align)| align.delay()).map_or(0, |(_, ms)| ms)
    }

    /// Takes what arrived now; appends what goes on to the lesson now.
    pub(super) fn push(&mut self, unit: Unit, now: UtcMillis, out: &mut Vec<Unit>) {
        match &mut self.given {
            Some((composition, align)) => {
                composition.push(unit, now, &mut self.composed);
                for unit in self.composed.drain(..) {
                    align.push(unit, now, &mut self.aligned);
                }
            }
            None => self.aligned.push(unit),
        }
        for unit in self.aligned.drain(..) {
            self.recode.push(unit, now, out);
        }
    }
}
