use confcall_join::api::DataJson;
use confcall_join::joining::JoinPayload;
use confcall_state::chain::{StagedBlock, check_self_add};
use confcall_state::wire::SharedKey;
use confcall_state::{Block, ChainError, PrivateKey, PublicKey, UserId};

use crate::call::{Attendance, Call};
use crate::member::Member;
use crate::options::Limits;
use crate::refusal::Refusal;

/// What somebody who wants to join sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Announcement<'a> {
    pub(crate) user_id: UserId,
    pub(crate) public_key: PublicKey,
    pub(crate) block: &'a [u8],
    pub(crate) params: &'a DataJson,
    pub(crate) muted: bool,
}

/// A join that was found to be in order, and what it makes of the call.
#[derive(Debug)]
#[must_use = "nobody has joined until the admission is carried out"]
pub(crate) struct Admission {
    block: Block,
    staged: StagedBlock,
    member: Member,
}

impl Call {
    /// Checks everything about a join, and changes nothing.
    ///
    /// The media come first and the block last, so that whoever lost a race learns of it although nothing
    /// else is wrong, and only a block on the newest one is judged for itself.
    pub(crate) fn check_join(
        &self,
        announcement: &Announcement<'_>,
        limits: &Limits,
    ) -> Result<Admission, Refusal> {
        let Announcement {
            user_id,
            public_key,
            params,
            muted,
            ..
        } = *announcement;
        if self.kicked.contains(&user_id) {
            return Err(Refusal::Kicked(user_id));
        }
        let payload = JoinPayload::from_json(params.as_str())?;
        let member = Member::new(user_id, public_key, &payload, muted);
        let limit = limits.sources;
        if member.sources().count() > limit {
            return Err(Refusal::TooManySources { limit });
        }
        if let Some(source) = self.roster.clash(&member) {
            return Err(Refusal::SourceTaken(source));
        }
        self.check_room(user_id, limits)?;
        let block = read_block(announcement.block, limits)?;
        let staged = self.check_block(&block, user_id, public_key)?;
        Ok(Admission {
            block,
            staged,
            member,
        })
    }

    /// Carries out a join that was checked on this very state of the call.
    pub(crate) fn admit(&mut self, admission: Admission) -> Result<(), ChainError> {
        let Admission {
            block,
            staged,
            member,
        } = admission;
        self.append(&block, staged)?;
        self.roster.enter(member);
        self.attendance = Attendance::Attended;
        Ok(())
    }

    /// Whether one more user fits in; the entry that a user has already makes room for its next one.
    fn check_room(&self, user_id: UserId, limits: &Limits) -> Result<(), Refusal> {
        let participants = &self.chain_state().group_state().participants;
        let others = participants.iter().filter(|one| one.user_id != user_id);
        let limit = limits.participants;
        if others.count() >= limit {
            return Err(Refusal::Full { limit });
        }
        self.check_length(limits)
    }

    /// Whether one more block fits in.
    pub(crate) fn check_length(&self, limits: &Limits) -> Result<(), Refusal> {
        let limit = limits.chain_length;
        if self.blocks().len() >= limit {
            return Err(Refusal::ChainFull { limit });
        }
        Ok(())
    }

    fn check_block(
        &self,
        block: &Block,
        user_id: UserId,
        announced: PublicKey,
    ) -> Result<StagedBlock, Refusal> {
        let signer = block.fields().signature_public_key;
        let staged = match self.ledger.stage(block) {
            Err(lost @ (ChainError::Height { .. } | ChainError::PreviousHash { .. })) => {
                return Err(lost.into());
            }
            _ if signer != Some(announced) => return Err(Refusal::NotTheSigner { announced }),
            staged => staged?,
        };
        if self.ledger.was_used(&announced) {
            return Err(Refusal::KeyUsed(announced));
        }
        check_self_add(
            self.chain_state(),
            block,
            staged.state(),
            user_id,
            announced,
        )?;
        if any_key().shared_secret(&announced).is_err() {
            return Err(Refusal::KeyUnusable(announced));
        }
        check_usable(staged.state().shared_key())?;
        Ok(staged)
    }
}

pub(crate) fn read_block(bytes: &[u8], limits: &Limits) -> Result<Block, Refusal> {
    let (size, limit) = (bytes.len(), limits.block_size);
    if size > limit {
        return Err(Refusal::BlockTooLarge { size, limit });
    }
    Block::parse(bytes).map_err(Refusal::BlockUnreadable)
}

/// Refuses a shared key that nobody could open.
///
/// The chain takes it, as it must; a server need not let anybody lock a call with it.
pub(crate) fn check_usable(shared_key: &SharedKey) -> Result<(), Refusal> {
    let is_usable = any_key().shared_secret(&shared_key.ephemeral_key).is_ok()
        && shared_key.encrypted_shared_key.len() == 64
        && shared_key.headers.iter().all(|header| header.len() == 32);
    if is_usable {
        Ok(())
    } else {
        Err(Refusal::SharedKeyUnusable)
    }
}

/// Whether a public key shares secrets does not depend on the other key.
fn any_key() -> PrivateKey {
    PrivateKey::from_seed(&[1; 32])
}
