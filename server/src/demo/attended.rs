//! Who attended the demo's past lessons: evidence like players send it, so that records, attendance and
//! exports have something to show. It is judged like any other; no credit is written anywhere.

use uuid::Uuid;
use yunke_store::{
    BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, Item, LeaseDevice, LeasePurpose, LeaseRow,
    MediaReport,
};

use super::people::{MEMBERS, known};
use crate::state::AppState;

const MINUTE_MS: i64 = 60_000;

/// A player reports so often.
const BEAT_MS: i64 = 15_000;

/// A lease of the demo is valid for so long.
const LEASE_MS: i64 = 12 * 3_600_000;

/// How the members followed each past lesson: minutes from, minutes to, on what, sound only.
const FOLLOWED: [[(i64, i64, LeaseDevice, bool); MEMBERS.len()]; 4] = [
    [
        (0, 45, LeaseDevice::Phone, false),
        (12, 38, LeaseDevice::Desktop, false),
        (0, 9, LeaseDevice::Phone, true),
    ],
    [
        (0, 30, LeaseDevice::Phone, true),
        (1, 30, LeaseDevice::Tablet, false),
        (0, 16, LeaseDevice::Phone, false),
    ],
    // Who only opened the page did not come.
    [
        (0, 25, LeaseDevice::Phone, true),
        (0, 0, LeaseDevice::Phone, false),
        (5, 25, LeaseDevice::Phone, false),
    ],
    [
        (0, 20, LeaseDevice::Desktop, false),
        (2, 20, LeaseDevice::Phone, true),
        (0, 0, LeaseDevice::Phone, false),
    ],
];

/// Adds the evidence of the past lesson `number`, which went from `starts` for `minutes`.
pub(super) async fn attend(
    app: &AppState,
    lesson_id: Uuid,
    number: usize,
    starts: i64,
    minutes: i64,
) -> anyhow::Result<()> {
    let length_ms = minutes * MINUTE_MS;
    let report = MediaReport {
        lesson_id,
        zero_at: Some(starts),
        edge_ms: length_ms,
        gaps: Vec::new(),
        length_ms: Some(length_ms),
        replay_ready: false,
    };
    // A node of no name: the real one numbers its snapshots by itself.
    app.store.store_media("demo", app.source.id(), 1, &[report], starts + length_ms).await?;
    for ((account, _), follows) in MEMBERS.iter().zip(FOLLOWED.get(number).into_iter().flatten()) {
        let Some(member) = known(app, account).await? else { continue };
        let Some(user) = app.store.user(member, starts).await? else { continue };
        let (from, to, device, audio) = *follows;
        let issued_at = starts + from * MINUTE_MS;
        let lease = LeaseRow {
            id: app.source.id(),
            item: Item::lesson(lesson_id),
            user_id: user.id,
            branch_id: user.branch.map(|branch| branch.id),
            purpose: LeasePurpose::Watch,
            device,
            issued_at,
            expires_at: issued_at + LEASE_MS,
        };
        let mode = if audio { BeatMode::Audio } else { BeatMode::Video };
        let beats = beats(lease.id, starts, from * MINUTE_MS, (to * MINUTE_MS).min(length_ms), mode);
        app.store.issue_lease(lease).await?;
        app.store.append_beats(app.run_id, app.source.now(), &beats).await?;
    }
    Ok(())
}

/// An honest player of the live lesson: play, a beat every 15 s, and a farewell.
fn beats(lease_id: Uuid, zero_at: i64, from: i64, to: i64, mode: BeatMode) -> Vec<BeatRow> {
    let beat = |seq, state, cause, from_ms, to_ms| BeatRow {
        lease_id,
        received_at: zero_at + to_ms,
        body: BeatBody {
            seq,
            state,
            cause,
            source: BeatSource::Live,
            mode,
            from_ms,
            to_ms,
            rate_milli: 1_000,
            visible: mode == BeatMode::Video,
            gesture: cause == BeatCause::Play,
            client_ms: to_ms - from,
        },
    };
    let mut beats = vec![beat(1, BeatState::Playing, BeatCause::Play, from, from)];
    let mut seq = 1;
    let mut at = from;
    while at < to {
        let next = (at + BEAT_MS).min(to);
        seq += 1;
        beats.push(beat(seq, BeatState::Playing, BeatCause::Tick, at, next));
        at = next;
    }
    beats.push(beat(seq + 1, BeatState::Left, BeatCause::Hide, to, to));
    beats
}
