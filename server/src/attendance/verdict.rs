//! What became of a beat's interval, and why. The codes are stable: they are stored, exported and
//! translated (docs/ATTENDANCE.md has their words).

use yunke_domain::{Interval, Position, Utc};

/// What became of a beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// All of it counts (which may be nothing: a beat of no length).
    Accepted,
    /// A part of it counts.
    Clamped,
    /// Nothing of it counts.
    Refused,
}

impl Outcome {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Clamped => "clamped",
            Self::Refused => "refused",
        }
    }
}

/// Why less than the claim counts, or why what counts is shown with a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reason {
    /// Paused, buffering, ended or left.
    NotPlaying,
    /// Faster than the rule allows.
    RateTooHigh,
    /// Picture nobody could see, and the rule does not count it.
    HiddenVideo,
    /// The lesson had not started.
    NotStarted,
    /// Beyond what had been on air when the beat arrived.
    AheadOfEdge,
    /// Beyond the end of the lesson.
    PastEnd,
    /// The replay did not offer it to this lease: it was hidden, or trimmed away, or the lease was for the live lesson.
    NotOffered,
    /// The lecturer was interrupted: there was nothing to watch.
    InGap,
    /// More media than time has passed on the server.
    TooFast,
    /// More than the longest silence was claimed at once.
    SilenceTooLong,
    /// Another lesson, opened or played later by the member's own hand, was running at that moment.
    OtherLesson,
    /// A media node saw what the member fetched, and this was not among it. Whether it counts is the rule's.
    Uncorroborated,
    /// The member came through an edge of the operator's, behind which nobody sees what is fetched. A mark; it counts.
    Unobserved,
}

impl Reason {
    /// All of them, in the order of the checks.
    pub const ALL: [Self; 13] = [
        Self::NotPlaying,
        Self::RateTooHigh,
        Self::HiddenVideo,
        Self::NotStarted,
        Self::AheadOfEdge,
        Self::PastEnd,
        Self::NotOffered,
        Self::InGap,
        Self::TooFast,
        Self::SilenceTooLong,
        Self::OtherLesson,
        Self::Uncorroborated,
        Self::Unobserved,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotPlaying => "not_playing",
            Self::RateTooHigh => "rate_too_high",
            Self::HiddenVideo => "hidden_video",
            Self::NotStarted => "not_started",
            Self::AheadOfEdge => "ahead_of_edge",
            Self::PastEnd => "past_end",
            Self::NotOffered => "not_offered",
            Self::InGap => "in_gap",
            Self::TooFast => "too_fast",
            Self::SilenceTooLong => "silence_too_long",
            Self::OtherLesson => "other_lesson",
            Self::Uncorroborated => "uncorroborated",
            Self::Unobserved => "unobserved",
        }
    }

    /// What a member and an auditor read.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::NotPlaying => "未在播放（暂停、缓冲或已离开）",
            Self::RateTooHigh => "播放速度超过 1.5 倍",
            Self::HiddenVideo => "画面被隐藏，按规则不计",
            Self::NotStarted => "课程尚未开始",
            Self::AheadOfEdge => "超出当时已直播的内容",
            Self::PastEnd => "超出课程结尾",
            Self::NotOffered => "回放没有提供这一段",
            Self::InGap => "讲师中断期间，无内容可看",
            Self::TooFast => "申报的时长多于实际经过的时间",
            Self::SilenceTooLong => "超过 45 秒（页面在后台听声音时 75 秒）没有心跳，中间不计",
            Self::OtherLesson => "同一时间正在学习另一门课程",
            Self::Uncorroborated => "没有送达记录",
            Self::Unobserved => "经由缓存节点，送达情况看不到",
        }
    }
}

/// A set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Reasons(u16);

impl Reasons {
    /// Adds one.
    pub fn add(&mut self, reason: Reason) {
        self.0 |= 1 << reason as u8;
    }

    /// It is among them.
    pub fn has(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u8) != 0
    }

    /// There is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of the checks.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.has(*reason))
    }
}

/// The judgement of one beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// Why not all of it; when accepted at most that some of it is uncorroborated or unobserved.
    pub reasons: Reasons,
    /// What counts of the claim, ascending, disjoint: more than one piece where a gap was cut out.
    pub pieces: Vec<Interval<Position>>,
    /// What of the claim passed every other check, and no node delivered; ascending, disjoint. Inside `pieces` if the
    /// rule counts it.
    pub uncorroborated: Vec<Interval<Position>>,
    /// The server time the counted pieces stand for, ending at the receipt or at the next beat of the batch.
    pub span: Interval<Utc>,
}

impl Verdict {
    /// Nothing counts.
    pub(super) fn refused(reason: Reason, at: Utc) -> Self {
        let mut reasons = Reasons::default();
        reasons.add(reason);
        Self {
            outcome: Outcome::Refused,
            reasons,
            pieces: Vec::new(),
            uncorroborated: Vec::new(),
            span: Interval::new(at, at),
        }
    }

    /// Media that counts.
    pub fn accepted_ms(&self) -> i64 {
        self.pieces.iter().map(|piece| piece.ms()).sum()
    }

    /// Sets the outcome from what is left of `claimed`.
    pub(super) fn settle(&mut self, claimed: Interval<Position>) {
        let left = self.accepted_ms();
        self.outcome = if left == claimed.ms() {
            Outcome::Accepted
        } else if left == 0 {
            Outcome::Refused
        } else {
            Outcome::Clamped
        };
    }
}
