//! Members whom a room has to look at again.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use uuid::Uuid;

/// Members of whom a room did not hear all that was kept, since it had its hands full: it reads them anew. As many as the
/// lesson has members.
pub(super) type Missed = Arc<Mutex<HashSet<Uuid>>>;
