//! The words of a beat.

use crate::text_enum;

text_enum! {
    /// What the player was doing up to a beat.
    BeatState {
        /// Media was being played.
        Playing = "playing",
        /// Stopped by the user or the system.
        Paused = "paused",
        /// Waiting for media.
        Buffering = "buffering",
        /// At the end of the lesson.
        Ended = "ended",
        /// The page went away.
        Left = "left",
    }
}

text_enum! {
    /// What made the player send a beat.
    BeatCause {
        /// The regular beat.
        Tick = "tick",
        /// Playing began.
        Play = "play",
        /// Playing stopped.
        Pause = "pause",
        /// The position was moved.
        Seek = "seek",
        /// The speed changed.
        Rate = "rate",
        /// The page was shown or hidden.
        Visibility = "visibility",
        /// The end was reached.
        End = "end",
        /// The page goes away.
        Hide = "hide",
    }
}

text_enum! {
    /// Where the media of a beat came from.
    BeatSource {
        /// On air.
        Live = "live",
        /// The recording.
        Replay = "replay",
    }
}

text_enum! {
    /// What a beat's media was.
    BeatMode {
        /// Picture and sound.
        Video = "video",
        /// Sound only.
        Audio = "audio",
    }
}
