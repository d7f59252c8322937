//! Listening to the library, between the catalogue and the pages: cards, places, and the files that are on their way. It must never
//! decide about credit: an episode is judged as lessons are, in `evidence`.

mod cards;
mod follow;
mod places;
mod sittings;

pub use cards::{ChapterView, EpisodeCard, PlaceView, SeriesCard, SpeakerView, cover_url};
pub use follow::follow_files;
pub use places::{Places, keep_places};
pub use sittings::{FINISH_MS, heard_in};
