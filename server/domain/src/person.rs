//! The words of people and the tree they belong to.

use crate::text_enum;

text_enum! {
    /// A role for one part of the tree. Being a member is not granted: it comes with a branch.
    Role {
        /// May be named as a lesson's lecturer and run that lesson.
        Lecturer = "lecturer",
        /// Plans lessons and answers for attendance in that part of the tree.
        Organizer = "organizer",
        /// May do what organizers of the whole centre do, gives roles to organizers, and decides how the centre works.
        Owner = "owner",
        /// Sees what organizers of that part of the tree see, and changes nothing.
        Auditor = "auditor",
    }
}

impl Role {
    /// Plans lessons and answers for people.
    pub fn organizes(self) -> bool {
        matches!(self, Self::Organizer | Self::Owner)
    }

    /// Sees what organizers see.
    pub fn oversees(self) -> bool {
        self.organizes() || self == Self::Auditor
    }
}

text_enum! {
    /// The level of a unit.
    UnitKind {
        /// 中心
        Centre = "centre",
        /// 站
        Station = "station",
        /// 点
        Point = "point",
        /// 支部
        Branch = "branch",
    }
}

impl UnitKind {
    /// Whether a unit of this level can be part of one of the level `above`: levels may be left out, never turned around.
    pub fn fits_in(self, above: Self) -> bool {
        self.depth() > above.depth()
    }

    fn depth(self) -> u8 {
        match self {
            Self::Centre => 0,
            Self::Station => 1,
            Self::Point => 2,
            Self::Branch => 3,
        }
    }
}
