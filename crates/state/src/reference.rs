use core::fmt;

macro_rules! reference_codes {
    ($($code:literal $variant:ident $name:literal $doc:literal)*) => {
        /// An error of the reference implementation, by its number and name.
        ///
        /// Implements `spec/protocol.md`, 0. What fails without a code there has none here either.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ReferenceCode {
            $(#[doc = $doc] $variant,)*
        }

        impl ReferenceCode {
            /// Every code, in the order of the numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number.
            pub const fn code(self) -> i32 {
                match self { $(Self::$variant => $code,)* }
            }

            /// The name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

reference_codes! {
    200 InvalidBlock "INVALID_BLOCK" "A block that cannot start a chain."
    201 NoChanges "INVALID_BLOCK__NO_CHANGES" "A block that sets neither a value nor a group state."
    202 InvalidSignature "INVALID_BLOCK__INVALID_SIGNATURE" "A signature that does not hold."
    203 HashMismatch "INVALID_BLOCK__HASH_MISMATCH" "A block on another parent."
    204 HeightMismatch "INVALID_BLOCK__HEIGHT_MISMATCH" "A block of another height."
    205 GroupStateProof "INVALID_BLOCK__INVALID_STATE_PROOF__GROUP" "A wrong proof of the group state."
    206 SharedKeyProof "INVALID_BLOCK__INVALID_STATE_PROOF__SECRET" "A wrong proof of the shared key."
    207 NoPermissions "INVALID_BLOCK__NO_PERMISSIONS" "A change that the signer may not make."
    208 InvalidGroupState "INVALID_BLOCK__INVALID_GROUP_STATE" "A group state that is not well-formed."
    209 InvalidSharedSecret "INVALID_BLOCK__INVALID_SHARED_SECRET" "A shared key that is not for every participant once."
    300 NotParticipant "INVALID_CALL_GROUP_STATE__NOT_PARTICIPANT" "Our key is not in the group."
    301 WrongUserId "INVALID_CALL_GROUP_STATE__WRONG_USER_ID" "Our key stands there for another user."
    400 UnknownEpochToDecrypt "DECRYPT__UNKNOWN_EPOCH" "A packet of epochs that we do not know."
    401 UnknownEpochToEncrypt "ENCRYPT__UNKNOWN_EPOCH" "There is no epoch to encrypt for."
    500 BroadcastInFuture "INVALID_BROADCAST__IN_FUTURE" "A broadcast for a later block."
    501 BroadcastNotInCommit "INVALID_BROADCAST__NOT_IN_COMMIT" "A commit outside the commit phase."
    502 BroadcastNotInReveal "INVALID_BROADCAST__NOT_IN_REVEAL" "A reveal outside the reveal phase."
    503 BroadcastUnknownUserId "INVALID_BROADCAST__UNKNOWN_USER_ID" "A broadcast of somebody who is not in the group."
    504 BroadcastAlreadyApplied "INVALID_BROADCAST__ALREADY_APPLIED" "A second broadcast of one kind by one user."
    505 BroadcastInvalidReveal "INVALID_BROADCAST__INVALID_REVEAL" "A reveal that does not match its commit."
    506 BroadcastInvalidBlockHash "INVALID_BROADCAST__INVALID_BLOCK_HASH" "A broadcast for another block of this height."
    600 CallChannelId "INVALID_CALL_CHANNEL_ID" "A channel outside 0 to 1023."
    601 CallFailed "CALL_FAILED" "The call failed before."
    602 CallKeyAlreadyUsed "CALL_KEY_ALREADY_USED" "The key belongs to another call."
}

impl fmt::Display for ReferenceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code(), self.name())
    }
}
