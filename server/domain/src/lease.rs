//! The words of a lease.

use crate::text_enum;

text_enum! {
    /// What a lease is for.
    LeasePurpose {
        /// A member follows the lesson; beats count.
        Watch = "watch",
        /// Staff look at the incoming picture; nothing counts.
        Preview = "preview",
    }
}

text_enum! {
    /// What plays; self-reported, shown, never used to decide.
    LeaseDevice {
        /// A phone.
        Phone = "phone",
        /// A tablet.
        Tablet = "tablet",
        /// A desk or portable PC.
        Desktop = "desktop",
    }
}
