//! Beats as they come from outside. Each is read by itself: garbage in one never loses its neighbours.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use yunke_store::{BeatBody, BeatCause, BeatMode, BeatSource, BeatState};

/// Beats in a batch at most; a client with more sends more batches.
pub const BATCH_BEATS: usize = 64;

/// Beats of one lease at most: a beat a second for a day. A lease that is used up earns nothing more.
pub const MAX_SEQ: i64 = 100_000;

/// No lesson is longer than this.
const MAX_POSITION_MS: i64 = 10 * 24 * 3_600_000;

/// No player plays faster than this; what counts is decided later.
const MAX_RATE_MILLI: i64 = 100_000;

/// Beyond 2^53 a JavaScript clock cannot count.
const MAX_CLIENT_MS: i64 = 1 << 53;

/// One report of a player: what it played since the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeatIn {
    /// 1, 2, 3 … within the lease.
    #[schema(minimum = 1, maximum = 100_000)]
    pub seq: i64,
    /// What the player was doing; only `playing` earns.
    pub state: BeatState,
    /// What made it send.
    pub cause: BeatCause,
    /// Live or replay.
    pub source: BeatSource,
    /// Video or audio.
    pub mode: BeatMode,
    /// Played from here, lesson milliseconds …
    pub from_ms: i64,
    /// … up to here.
    pub to_ms: i64,
    /// Speed × 1000.
    pub rate_milli: i64,
    /// The page was visible.
    pub visible: bool,
    /// The client's monotonic clock, milliseconds.
    pub client_ms: i64,
    /// This beat follows the user's own tap on play.
    #[serde(default)]
    pub gesture: bool,
}

/// A beat that was not kept, and will not be if it is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusedBeat {
    /// Its number; `null` when that could not be read.
    pub seq: Option<i64>,
    /// `malformed`, `seq_out_of_range`, `interval_reversed`, `interval_out_of_range`, `rate_out_of_range`,
    /// `client_clock_out_of_range` or `seq_conflict`.
    pub code: &'static str,
}

impl BeatIn {
    fn check(self) -> Result<BeatBody, &'static str> {
        let positions = 0..=MAX_POSITION_MS;
        if !(1..=MAX_SEQ).contains(&self.seq) {
            return Err("seq_out_of_range");
        }
        if !positions.contains(&self.from_ms) || !positions.contains(&self.to_ms) {
            return Err("interval_out_of_range");
        }
        if self.to_ms < self.from_ms {
            return Err("interval_reversed");
        }
        if !(1..=MAX_RATE_MILLI).contains(&self.rate_milli) {
            return Err("rate_out_of_range");
        }
        if !(0..=MAX_CLIENT_MS).contains(&self.client_ms) {
            return Err("client_clock_out_of_range");
        }
        let Self { seq, state, cause, source, mode, from_ms, to_ms, rate_milli, visible, client_ms, gesture } =
            self;
        Ok(BeatBody {
            seq,
            state,
            cause,
            source,
            mode,
            from_ms,
            to_ms,
            rate_milli,
            visible,
            gesture,
            client_ms,
        })
    }
}

/// Reads a batch: what can be kept, ascending by seq, and what cannot, with the reason.
pub fn read_beats(batch: &[Box<RawValue>]) -> (Vec<BeatBody>, Vec<RefusedBeat>) {
    let mut good = Vec::with_capacity(batch.len());
    let mut refused = Vec::new();
    for raw in batch {
        match serde_json::from_str::<BeatIn>(raw.get()) {
            Ok(beat) => match beat.check() {
                Ok(body) => good.push(body),
                Err(code) => refused.push(RefusedBeat { seq: Some(beat.seq), code }),
            },
            Err(_) => refused.push(RefusedBeat { seq: number_of(raw), code: "malformed" }),
        }
    }
    good.sort_by_key(|body| body.seq);
    (good, refused)
}

/// The seq of a beat that is otherwise garbage, so that the client knows which one to give up.
fn number_of(raw: &RawValue) -> Option<i64> {
    #[derive(Deserialize)]
    struct OnlySeq {
        seq: i64,
    }
    serde_json::from_str::<OnlySeq>(raw.get()).ok().map(|only| only.seq)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn good() -> Value {
        json!({
            "seq": 3, "state": "playing", "cause": "tick", "source": "live", "mode": "video", "from_ms": 0,
            "to_ms": 15_000, "rate_milli": 1_000, "visible": true, "client_ms": 5, "gesture": false,
        })
    }

    fn read_one(text: &str) -> (Vec<BeatBody>, Vec<RefusedBeat>) {
        let beats: Vec<Box<RawValue>> = serde_json::from_str(&format!("[{},{text}]", good())).expect("JSON");
        read_beats(&beats)
    }

    #[test]
    fn garbage_is_refused_by_its_number_and_its_neighbour_is_kept() {
        let with = |field: &str, value: &str| {
            let mut text = good();
            text["seq"] = json!(4);
            text[field] = json!("here");
            text.to_string().replace("\"here\"", value)
        };
        for (text, code) in [
            (with("to_ms", "1e400"), "malformed"),
            (with("to_ms", "null"), "malformed"),
            (with("from_ms", "1.5"), "malformed"),
            (with("from_ms", "-0.0"), "malformed"),
            (with("from_ms", "-1"), "interval_out_of_range"),
            (with("to_ms", "999999999999"), "interval_out_of_range"),
            (with("to_ms", "99999999999999999999999999"), "malformed"),
            (with("from_ms", "15001"), "interval_reversed"),
            (with("rate_milli", "0"), "rate_out_of_range"),
            (with("rate_milli", "-1000"), "rate_out_of_range"),
            (with("client_ms", "-5"), "client_clock_out_of_range"),
            (with("state", "\"flying\""), "malformed"),
            (with("more", "1"), "malformed"),
        ] {
            let (kept, refused) = read_one(&text);
            assert_eq!(kept.len(), 1, "{text}");
            assert_eq!(refused, [RefusedBeat { seq: Some(4), code }], "{text}");
        }
        for text in ["null", "7", "[]", "\"x\"", "{}", r#"{"seq":"4"}"#] {
            let (kept, refused) = read_one(text);
            assert_eq!((kept.len(), refused[0].seq, refused[0].code), (1, None, "malformed"), "{text}");
        }
    }

    #[test]
    fn a_batch_is_kept_ascending() {
        let mut first = good();
        first["seq"] = json!(1);
        let (kept, _) = read_one(&first.to_string());
        assert_eq!(kept.iter().map(|body| body.seq).collect::<Vec<_>>(), [1, 3]);
    }

    proptest! {
        #[test]
        fn whatever_is_kept_is_within_bounds(seq: i64, from: i64, to: i64, rate: i64, client: i64) {
            let mut beat = good();
            beat["seq"] = json!(seq);
            beat["from_ms"] = json!(from);
            beat["to_ms"] = json!(to);
            beat["rate_milli"] = json!(rate);
            beat["client_ms"] = json!(client);
            let (kept, refused) = read_one(&beat.to_string());
            prop_assert_eq!(kept.len() + refused.len(), 2);
            for body in kept {
                prop_assert!(0 <= body.from_ms && body.from_ms <= body.to_ms && body.to_ms <= MAX_POSITION_MS);
            }
        }
    }
}
