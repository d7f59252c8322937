//! Words of the library in the database.

use yunke_domain::text_enum;

text_enum! {
    /// What listening to a series earns.
    SeriesCredit {
        /// Credit for each episode by itself.
        Episode = "episode",
        /// Nothing.
        None = "none",
    }
}

text_enum! {
    /// How far a version of an episode's sound is.
    VersionState {
        /// Its file is on the way, or being made into sound.
        Pending = "pending",
        /// It can be heard.
        Ready = "ready",
        /// Nothing can be made of it.
        Failed = "failed",
    }
}
