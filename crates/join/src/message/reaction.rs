use core::fmt;

use super::{DocumentId, Entity, EntityKind, GroupMessage, MessageError, RandomId};

/// A message that is one emoji, shown as a reaction; `Debug` does not show which.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmojiReaction<'a> {
    /// An emoji of Unicode.
    Standard(&'a str),
    /// A picture.
    Custom {
        /// The picture.
        document_id: DocumentId,
        /// The text in its place where the picture cannot be shown.
        text: &'a str,
    },
}

impl fmt::Debug for EmojiReaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard(_) => "Standard(..)",
            Self::Custom { .. } => "Custom(..)",
        })
    }
}

impl GroupMessage {
    /// Makes the message that is a reaction.
    ///
    /// # Errors
    ///
    /// [`MessageError::NotOneEmoji`] for a text that is not one standard emoji, or for a picture with no text;
    /// [`MessageError::TextTooLong`].
    pub fn of_reaction(
        random_id: RandomId,
        reaction: EmojiReaction<'_>,
    ) -> Result<Self, MessageError> {
        let (text, entities) = match reaction {
            EmojiReaction::Standard(text) => (text, Vec::new()),
            EmojiReaction::Custom { document_id, text } => (text, vec![over(text, document_id)]),
        };
        let message = Self::new(random_id, text, entities)?;
        match message.reaction() {
            Some(_) => Ok(message),
            None => Err(MessageError::NotOneEmoji),
        }
    }

    /// The reaction that the message is, if it is one.
    ///
    /// It is a text of one standard emoji without entities, or one custom emoji over the whole text. An emoji
    /// counts with and without the selectors of its presentation, which keyboards leave out.
    pub fn reaction(&self) -> Option<EmojiReaction<'_>> {
        let text = self.text();
        match self.entities() {
            // The tables of Unicode decide, because a keyboard's emoji can be seven characters long.
            [] => emojis::get(text).map(|_| EmojiReaction::Standard(text)),
            [
                entity @ Entity {
                    kind: EntityKind::CustomEmoji { document_id },
                    ..
                },
            ] if *entity == over(text, *document_id) => {
                let document_id = *document_id;
                Some(EmojiReaction::Custom { document_id, text })
            }
            _ => None,
        }
    }
}

/// A custom emoji over the whole text.
fn over(text: &str, document_id: DocumentId) -> Entity {
    Entity {
        kind: EntityKind::CustomEmoji { document_id },
        offset: 0,
        length: text.encode_utf16().count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: DocumentId = DocumentId::new(i64::MIN);

    fn id() -> RandomId {
        RandomId::new(7).unwrap()
    }

    #[test]
    fn one_standard_emoji_is_a_reaction() {
        for text in [
            "👍",
            "👍🏽",
            "❤",
            "❤\u{fe0f}",
            "🇺🇦",
            "1\u{fe0f}\u{20e3}",
            "👨\u{200d}👩\u{200d}👧",
        ] {
            let message = GroupMessage::new(id(), text, Vec::new()).unwrap();
            let reaction = EmojiReaction::Standard(text);
            assert_eq!(message.reaction(), Some(reaction), "{text}");
            assert_eq!(GroupMessage::of_reaction(id(), reaction), Ok(message));
        }
    }

    #[test]
    fn another_text_is_no_reaction() {
        for text in ["1", "a", "thumbsup", "👍👍", "👍 ", "👍!", "🇺"] {
            let message = GroupMessage::new(id(), text, Vec::new()).unwrap();
            assert_eq!(message.reaction(), None, "{text}");
            assert_eq!(
                GroupMessage::of_reaction(id(), EmojiReaction::Standard(text)),
                Err(MessageError::NotOneEmoji)
            );
        }
    }

    #[test]
    fn a_custom_emoji_is_a_reaction_only_over_the_whole_text() {
        let document_id = DOCUMENT;
        let text = "👍🏽";
        let reaction = EmojiReaction::Custom { document_id, text };
        let message = GroupMessage::of_reaction(id(), reaction).unwrap();
        assert_eq!(message.reaction(), Some(reaction));
        let entity = message.entities()[0];
        assert_eq!((entity.offset, entity.length), (0, 4));
        for entities in [
            vec![Entity {
                length: 2,
                ..entity
            }],
            vec![entity, entity],
            vec![Entity {
                kind: EntityKind::Bold,
                ..entity
            }],
        ] {
            let message = GroupMessage::new(id(), text, entities).unwrap();
            assert_eq!(message.reaction(), None);
        }
        let nothing = EmojiReaction::Custom {
            document_id,
            text: "",
        };
        assert_eq!(
            GroupMessage::of_reaction(id(), nothing),
            Err(MessageError::Empty)
        );
    }
}
