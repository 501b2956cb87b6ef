//! Stable words that people are told, each with a sentence in English and one in Chinese: a table, one line each.

/// Makes an enum of such words, which stand in answers as they stand in its table.
macro_rules! sentences {
    ($(#[$about:meta])* $name:ident:
        $($(#[$doc:meta])* $variant:ident $code:literal $en:literal $zh:literal)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable word in results, tables and metrics.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The sentence in English.
            #[must_use]
            pub fn text_en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }

            /// The sentence in Chinese.
            #[must_use]
            pub fn text_zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }
        }
    };
}

pub(crate) use sentences;
