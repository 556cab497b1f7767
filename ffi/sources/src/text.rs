//! JSON text, borrowed from the input.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// A text, borrowed unless it has escapes. (serde copies every `Cow` inside a list or an option.)
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Text)
    }
}

impl<'a> Text<'a> {
    /// An already known text.
    pub fn of(text: impl Into<Cow<'a, str>>) -> Text<'a> {
        Text(text.into())
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_copied_only_where_it_has_escapes() {
        let json = r#"[["plain é", "a \"b\" \u00e9"], "plain", null]"#;
        let (list, some, none): (Vec<Text<'_>>, Option<Text<'_>>, Option<Text<'_>>) =
            serde_json::from_str(json).expect("texts");
        let borrowed = |text: &Text<'_>| json.as_bytes().as_ptr_range().contains(&text.as_ptr());
        assert_eq!((&*list[0], borrowed(&list[0])), ("plain é", true));
        assert_eq!((&*list[1], borrowed(&list[1])), ("a \"b\" é", false));
        assert!(some.is_some_and(|text| borrowed(&text)) && none.is_none());
        let error = serde_json::from_str::<Text<'_>>("7").err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("invalid type: integer `7`, expected a string")));
    }
}
