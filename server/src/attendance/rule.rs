//! A credit rule: versioned figures, chosen per lesson. Must never be read from anywhere but the
//! lesson's own data, so that a recomputation years later uses the figures of the day.

/// Lessons of at least `from_ms` earn `hours_milli` for full credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HoursStep {
    /// Countable length of the lesson, at least.
    pub from_ms: i64,
    /// Credit hours × 1000.
    pub hours_milli: i64,
}

/// The figures of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Goes into every record and export.
    pub version: i64,
    /// Coverage for full credit, percent.
    pub full_percent: i64,
    /// Coverage for half credit, percent.
    pub half_percent: i64,
    /// Faster than this earns nothing.
    pub max_rate_milli: i64,
    /// The longest silence that can be made up for by one later claim.
    pub max_silence_ms: i64,
    /// The same where sound was played on a hidden page, which the browser may wake only once a minute. Never shorter.
    pub hidden_sound_silence_ms: i64,
    /// Media beyond the server's own time, once in the life of a lease: jitter, not a gift per beat.
    pub allowance_ms: i64,
    /// How far beyond the live edge a position may be: clocks of server and media differ a little.
    pub edge_tolerance_ms: i64,
    /// How long after the server came back the time it was away can still be claimed.
    pub outage_grace_ms: i64,
    /// Descending by `from_ms`; the first that fits counts; the last starts at 0.
    pub hours: Vec<HoursStep>,
    /// What is shorter earns the same part of the hours, or many short ones would be worth more than a long one.
    pub whole_ms: i64,
    /// Picture played on a hidden page or a locked phone counts; sound always does.
    pub hidden_video_counts: bool,
    /// Time of which the node delivered nothing counts all the same; it is marked either way.
    pub uncorroborated_counts: bool,
    /// How far beyond a delivered stretch a position still is corroborated.
    pub delivery_slack_ms: i64,
    /// Presence checks needed for full credit.
    pub checks_required: u32,
}

const MINUTE: i64 = 60_000;

impl Default for Rule {
    /// The defaults of ATTENDANCE.md.
    fn default() -> Self {
        Self {
            version: 3,
            full_percent: 80,
            half_percent: 50,
            max_rate_milli: 1_500,
            max_silence_ms: 45_000,
            hidden_sound_silence_ms: 75_000,
            allowance_ms: 3_000,
            edge_tolerance_ms: 2_000,
            outage_grace_ms: 2 * MINUTE,
            hours: vec![
                HoursStep { from_ms: 30 * MINUTE, hours_milli: 1_000 },
                HoursStep { from_ms: 15 * MINUTE, hours_milli: 500 },
                HoursStep { from_ms: 0, hours_milli: 250 },
            ],
            whole_ms: 0,
            hidden_video_counts: true,
            uncorroborated_counts: false,
            delivery_slack_ms: 4_000,
            checks_required: 0,
        }
    }
}

impl Rule {
    /// Credit hours × 1000 that full credit for a lesson of this countable length is worth.
    pub fn full_hours_milli(&self, countable_ms: i64) -> i64 {
        let hours =
            self.hours.iter().find(|step| countable_ms >= step.from_ms).map_or(0, |step| step.hours_milli);
        if countable_ms < self.whole_ms { hours * countable_ms.max(0) / self.whole_ms } else { hours }
    }
}
