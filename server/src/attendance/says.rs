//! What one beat says about presence.

use yunke_domain::{BeatCause, BeatState, Utc};

use super::{evidence::Beat, rule::Rule};

/// A playing beat makes present for so long.
pub(super) const PRESENT_MS: i64 = 45_000;

/// What a beat says about presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Here,
    Gone,
    Nothing,
}

pub(super) fn says(beat: &Beat, zero_at: Option<Utc>, rule: &Rule) -> Says {
    let edge = zero_at.map(|zero| zero.position_of(beat.received_at) + rule.edge_tolerance_ms);
    match (beat.state, beat.cause) {
        (BeatState::Left | BeatState::Ended, _) | (_, BeatCause::Hide | BeatCause::End) => Says::Gone,
        (BeatState::Playing, _) if beat.rate_milli > rule.max_rate_milli => Says::Nothing,
        (BeatState::Playing, _) if edge.is_none_or(|edge| beat.from > edge) => Says::Nothing,
        (BeatState::Playing, _) => Says::Here,
        (BeatState::Paused | BeatState::Buffering, _) => Says::Nothing,
    }
}
