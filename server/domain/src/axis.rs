//! The two axes of a lesson: server time and its timeline. Both are counted in milliseconds and must never be mixed up,
//! so there is no arithmetic between them but [`Utc::position_of`].

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A point on an axis counted in milliseconds: what an [`Interval`](crate::Interval) begins and ends with.
pub trait Axis: Copy + Ord {
    /// Milliseconds from `earlier` to here, negative if it is later; saturates.
    fn since(self, earlier: Self) -> i64;

    /// The point `ms` later; saturates.
    #[must_use]
    fn saturating_add(self, ms: i64) -> Self;
}

/// An axis that nobody named, of figures as they are stored.
impl Axis for i64 {
    fn since(self, earlier: Self) -> i64 {
        self.saturating_sub(earlier)
    }

    fn saturating_add(self, ms: i64) -> Self {
        Self::saturating_add(self, ms)
    }
}

macro_rules! axis {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[repr(transparent)]
        pub struct $name(i64);

        impl $name {
            /// The first point there is.
            pub const MIN: Self = Self(i64::MIN);

            /// The last point there is.
            pub const MAX: Self = Self(i64::MAX);

            /// From milliseconds.
            pub const fn new(ms: i64) -> Self {
                Self(ms)
            }

            /// In milliseconds.
            pub const fn ms(self) -> i64 {
                self.0
            }

            /// Milliseconds from `earlier` to here, negative if it is later; saturates.
            pub const fn since(self, earlier: Self) -> i64 {
                self.0.saturating_sub(earlier.0)
            }

            /// The point `ms` later; saturates.
            #[must_use]
            pub const fn saturating_add(self, ms: i64) -> Self {
                Self(self.0.saturating_add(ms))
            }

            /// The point `ms` earlier; saturates.
            #[must_use]
            pub const fn saturating_sub(self, ms: i64) -> Self {
                Self(self.0.saturating_sub(ms))
            }
        }

        impl Axis for $name {
            fn since(self, earlier: Self) -> i64 {
                Self::since(self, earlier)
            }

            fn saturating_add(self, ms: i64) -> Self {
                Self::saturating_add(self, ms)
            }
        }

        impl Add<i64> for $name {
            type Output = Self;

            fn add(self, ms: i64) -> Self {
                Self(self.0 + ms)
            }
        }

        impl Sub<i64> for $name {
            type Output = Self;

            fn sub(self, ms: i64) -> Self {
                Self(self.0 - ms)
            }
        }

        impl Sub for $name {
            type Output = i64;

            fn sub(self, earlier: Self) -> i64 {
                self.0 - earlier.0
            }
        }
    };
}

axis! {
    /// A moment of the server's clock: milliseconds since 1970-01-01T00:00:00Z.
    Utc
}

axis! {
    /// A place on an item's timeline: milliseconds from its beginning.
    Position
}

impl Utc {
    /// Where a timeline that has its position 0 at this moment is at `at`; negative before it began. Saturates.
    pub const fn position_of(self, at: Self) -> Position {
        Position(at.since(self))
    }
}

impl Position {
    /// The beginning.
    pub const ZERO: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO_AT: Utc = Utc::new(1_835_362_800_000);

    #[test]
    fn a_timeline_runs_with_the_clock_from_its_zero_on() {
        assert_eq!(ZERO_AT.position_of(ZERO_AT), Position::ZERO);
        assert_eq!(ZERO_AT.position_of(ZERO_AT + 1_500), Position::new(1_500));
        assert_eq!(ZERO_AT.position_of(ZERO_AT - 1_500), Position::new(-1_500));
    }

    #[test]
    fn the_ends_of_an_axis_are_not_passed() {
        assert_eq!(Utc::MAX.since(Utc::MIN), i64::MAX);
        assert_eq!(Utc::MIN.position_of(Utc::MAX), Position::MAX);
        assert_eq!(Position::MAX.saturating_add(1), Position::MAX);
        assert_eq!(Position::MIN.saturating_sub(1), Position::MIN);
    }
}
