//! The whole of a member's evidence for a lesson, judged at once: what every record, export and audit
//! is computed with. Must give the same for any order and any repetition of its input.

use std::collections::HashSet;

use yunke_domain::{Interval, IntervalSet, Position, Utc};

use super::{
    book::{Bounds, MemberBook, group_by_receipt},
    contest::{Claim, Rival, lost_to_rivals, yield_time},
    corroborate::{Corroborator, Testimony},
    evidence::{Beat, LeaseTerms},
    verdict::Verdict,
};

/// What there is about one member and one lesson.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The lesson.
    pub lesson: u128,
    /// All leases of the member for it. Beats of other leases are left out.
    pub leases: &'a [LeaseTerms],
    /// In any order; a beat may be there twice.
    pub beats: &'a [Beat],
    /// What the same member did in other lessons.
    pub rivals: &'a [Rival],
    /// What media nodes sent.
    pub testimony: Testimony<'a>,
}

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Each beat once, in order of receipt, with its verdict.
    pub beats: Vec<(Beat, Verdict)>,
    /// Union of what counts on the timeline.
    pub covered: IntervalSet<Position>,
    /// This lesson's claim to the member's time, before rivals: a rival to other lessons.
    pub claim: Claim,
    /// First and last receipt.
    pub received: Option<Interval<Utc>>,
}

impl Judged {
    /// Milliseconds of the lesson that count.
    pub fn counted_ms(&self) -> i64 {
        self.covered.ms()
    }

    /// Milliseconds of the lesson that would count, or do by the rule, and that no node delivered for any claim to them.
    pub fn uncorroborated_ms(&self) -> i64 {
        let marked = |verdict: &Verdict| verdict.uncorroborated.clone();
        let all: IntervalSet<_> = self.beats.iter().flat_map(|(_, verdict)| marked(verdict)).collect();
        let delivered: IntervalSet<_> = self
            .beats
            .iter()
            .flat_map(|(_, verdict)| {
                let marked: IntervalSet<_> = marked(verdict).into_iter().collect();
                verdict.pieces.iter().flat_map(|piece| marked.outside(*piece)).collect::<Vec<_>>()
            })
            .collect();
        all.iter().flat_map(|piece| delivered.outside(piece)).map(Interval::ms).sum()
    }
}

/// Judges `evidence` against `bounds`.
pub fn judge(evidence: &Evidence<'_>, bounds: &Bounds) -> Judged {
    let mut book = MemberBook::default();
    evidence.leases.iter().for_each(|terms| book.open(*terms, bounds));
    let beats = in_order(evidence.beats, &book);
    let mut judged = Vec::with_capacity(beats.len());
    let mut begun = Vec::with_capacity(beats.len());
    for group in group_by_receipt(&beats) {
        judged.extend(group.iter().copied().zip(book.receive(group, bounds)));
        begun.resize(judged.len(), book.begins_at(bounds));
    }
    let taps = beats.iter().filter(|beat| beat.gesture).map(|beat| beat.received_at);
    let claim = Claim {
        lesson: evidence.lesson,
        gestures: evidence.leases.iter().map(|terms| terms.issued_at).chain(taps).collect(),
        viewing: book.viewing().clone(),
    };
    let lost = lost_to_rivals(&claim, evidence.rivals);
    let corroborator = Corroborator::new(evidence.testimony, bounds.rule());
    let mut less = !lost.is_empty();
    for ((beat, verdict), begins_at) in judged.iter_mut().zip(begun) {
        yield_time(verdict, beat.claim(), &lost);
        // Last: what is lost to another lesson is no question of deliveries.
        less |= corroborator.mark(beat, begins_at, verdict);
    }
    let covered = if less {
        judged.iter().flat_map(|(_, verdict)| verdict.pieces.iter().copied()).collect()
    } else {
        book.covered().clone()
    };
    Judged { beats: judged, covered, claim, received: book.received() }
}

/// Each (lease, seq) once, the one received first, in the order they are to be judged.
fn in_order(beats: &[Beat], book: &MemberBook) -> Vec<Beat> {
    let mut sorted: Vec<Beat> = beats.iter().copied().filter(|beat| book.knows(beat.lease)).collect();
    sorted.sort_unstable();
    let mut seen = HashSet::with_capacity(sorted.len());
    sorted.retain(|beat| seen.insert((beat.lease, beat.seq)));
    sorted.sort_by_key(|beat| (beat.received_at, beat.lease, beat.seq));
    sorted
}
