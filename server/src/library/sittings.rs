//! From beats to where somebody is: only what played moves a place, and what took no time is no listening.

use yunke_store::{BeatCause, BeatRow, BeatState, LeaseRow, LessonMillis, Listened, UtcMillis};

/// Whoever heard so much less than all of it has heard the end: the last second of a file is silence, and players stop short.
pub const FINISH_MS: LessonMillis = 3_000;

/// A beat tells of no more than this: what it claims beyond is no listening.
const BEAT_MS: i64 = 120_000;

/// What the beats that were just kept say of where their member is. None of them played: nothing.
pub fn heard_in(
    lease: &LeaseRow,
    beats: &[BeatRow],
    length_ms: LessonMillis,
    wall: UtcMillis,
    now: UtcMillis,
) -> Option<Listened> {
    let played =
        |beat: &&BeatRow| beat.body.state == BeatState::Playing && beat.body.to_ms > beat.body.from_ms;
    let last = beats.iter().filter(played).max_by_key(|beat| beat.body.seq)?;
    let heard_ms = beats
        .iter()
        .filter(played)
        .map(|beat| (beat.body.to_ms - beat.body.from_ms).saturating_mul(1_000) / beat.body.rate_milli.max(1))
        .map(|ms| ms.min(BEAT_MS))
        .fold(0_i64, i64::saturating_add)
        .min((now - lease.issued_at).max(0));
    let ended =
        beats.iter().any(|beat| beat.body.state == BeatState::Ended || beat.body.cause == BeatCause::End);
    let position_ms = last.body.to_ms.clamp(0, length_ms);
    Some(Listened {
        user_id: lease.user_id,
        item_id: lease.item.id,
        device: lease.device,
        began_at: wall,
        at: wall,
        heard_ms,
        position_ms,
        finished: length_ms - position_ms <= FINISH_MS || (ended && length_ms - position_ms <= 2 * FINISH_MS),
    })
}
