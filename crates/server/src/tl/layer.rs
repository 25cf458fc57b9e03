use grammers_tl_types::{Identifiable as _, types};

/// A layer of the API in which a client reads answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layer {
    /// 227, in which users and channels have other ids and the same form, but for fields that are never written here. Layers from 218
    /// on differ from it in nothing else that matters for calls; clients of older ones cannot read everything.
    Of227,
    /// 228 to 230, between which no answer differs.
    #[default]
    Newest,
}

impl Layer {
    /// The nearest layer to the one that a client speaks.
    pub fn nearest(number: i32) -> Self {
        match number {
            ..=227 => Self::Of227,
            _ => Self::Newest,
        }
    }

    /// The id that a constructor has in this layer, by its newest one.
    pub(super) fn id(self, newest: u32) -> u32 {
        match (self, newest) {
            (Self::Of227, types::User::CONSTRUCTOR_ID) => 0x3177_4388,
            (Self::Of227, types::Channel::CONSTRUCTOR_ID) => 0x1c32_b11c,
            _ => newest,
        }
    }
}
