//! Enums that stand in the database as words.

/// An enum with one stable word per variant, used in the schema and in the API.
pub trait TextEnum: Sized + Copy + 'static {
    /// All variants.
    const ALL: &'static [Self];

    /// The word of this variant.
    fn as_str(self) -> &'static str;

    /// The variant of a word.
    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|v| v.as_str() == word)
    }
}

/// Declares an enum whose variants are words in the database. (`tt`, not `literal`: derives that read `rename`
/// do not see through the group a `literal` is wrapped in, and the API document would have other words.)
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:tt),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema,
        )]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $crate::TextEnum for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}
