//! What a search gives.

/// What was found; the order is that of hits that are otherwise equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A series.
    Series,
    /// An episode of a series.
    Episode,
    /// A lecturer or reader.
    Speaker,
    /// A tag.
    Tag,
}

/// Where in a title the query stands, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// It is the whole title.
    Whole,
    /// At its beginning.
    Beginning,
    /// At the beginning of a word of it.
    Word,
    /// Elsewhere.
    Inside,
    /// Its words stand in several places.
    Scattered,
}

/// How the query says it, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Manner {
    /// In the same characters.
    Written,
    /// In pinyin.
    Spelled,
    /// In pinyin whose last syllable is not complete.
    Begun,
    /// By initials.
    Initials,
    /// With sounds that many confuse; such hits come after all others.
    Forgiven,
}

/// A title that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit<K> {
    /// What it is the title of.
    pub kind: Kind,
    /// The caller's key.
    pub key: K,
    /// Where the query stands.
    pub place: Place,
    /// How the query says it.
    pub manner: Manner,
}
