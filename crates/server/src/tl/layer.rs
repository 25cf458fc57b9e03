use grammers_tl_types::{Identifiable, Serializable, types};

/// A layer of the API in which a client reads answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layer {
    /// 214, in which calls have no messages and stories are not live: what is about these is left out. Other types have other ids and
    /// fewer fields, and an update of a call names a group or channel by its number alone.
    Of214,
    /// 227, in which users and channels have other ids and the same form, but for fields that are never written here.
    Of227,
    /// 228 to 230, between which no answer differs.
    #[default]
    Newest,
}

impl Layer {
    /// The nearest layer to the one that a client speaks.
    pub fn nearest(number: i32) -> Self {
        match number {
            // From 218 on the types of calls are those of 227.
            ..=217 => Self::Of214,
            218..=227 => Self::Of227,
            _ => Self::Newest,
        }
    }

    /// The id that a constructor has in this layer, by its newest one.
    pub fn id(self, newest: u32) -> u32 {
        match (self, newest) {
            (Self::Of214, types::User::CONSTRUCTOR_ID) => 0x020b_1422,
            (Self::Of214, types::UserFull::CONSTRUCTOR_ID) => 0xc577_b5ad,
            (Self::Of214, types::Channel::CONSTRUCTOR_ID) => 0xfe68_5355,
            (Self::Of214, types::ChannelFull::CONSTRUCTOR_ID) => 0xe4e0_b29d,
            (Self::Of214, types::GroupCall::CONSTRUCTOR_ID) => 0x553b_0ba1,
            (Self::Of214, types::GroupCallParticipant::CONSTRUCTOR_ID) => 0xeba6_36fe,
            (Self::Of214, types::UpdateGroupCall::CONSTRUCTOR_ID) => 0x97d6_4341,
            (Self::Of227, types::User::CONSTRUCTOR_ID) => 0x3177_4388,
            (Self::Of227, types::Channel::CONSTRUCTOR_ID) => 0x1c32_b11c,
            _ => newest,
        }
    }

    /// Writes a value under the id of its constructor in this layer; the fields of the value are those of the layer already.
    pub(super) fn write<T: Identifiable + Serializable>(self, value: &T, to: &mut Vec<u8>) {
        self.id(T::CONSTRUCTOR_ID).serialize(to);
        value.serialize(to);
    }

    /// The bytes that [`Self::write`] writes.
    pub(super) fn bytes<T: Identifiable + Serializable>(self, value: &T) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(value, &mut bytes);
        bytes
    }
}
