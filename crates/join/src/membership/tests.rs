use chacha20::ChaCha20Rng;
use confcall_media::{ChannelId, Moment, RemovalGrace, SealError};
use confcall_state::verification::{BroadcastError, Phase, words};
use confcall_state::wire::{Change, GroupState, SharedKey};
use confcall_state::{Chain, ChainError, EpochKeyError, JoinBlock, Joiner, ReferenceCode};
use rand_core::SeedableRng as _;

use super::*;
use crate::message::{GroupMessage, OpenMessageError, RandomId};

const NOW: Moment = Moment::new(core::time::Duration::from_secs(100));
const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);
const CAROL: UserId = UserId::new(3);

/// The members of one call, whose server is the test.
struct Call {
    rng: ChaCha20Rng,
    tip: Block,
    members: Vec<Membership>,
}

impl Call {
    /// A call that these users have joined one after the other.
    fn of(users: &[UserId]) -> Self {
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let founder = JoinBlock::first(Joiner::new(users[0]), &mut rng).unwrap();
        let mut call = Self {
            tip: founder.block().clone(),
            members: Vec::new(),
            rng,
        };
        call.enter(founder);
        for user in &users[1..] {
            let join = call.join_block(*user);
            call.accept(join.block().clone());
            call.enter(join);
        }
        call
    }

    fn join_block(&mut self, user: UserId) -> JoinBlock {
        JoinBlock::add_self(&self.tip, Joiner::new(user), &mut self.rng).unwrap()
    }

    /// Lets a member start from its own block, which is the tip.
    fn enter(&mut self, join: JoinBlock) {
        let (user, key) = (join.user_id(), join.into_private_key());
        let removal_grace = RemovalGrace::WithGrace;
        let member = Membership::start(NOW, user, key, &self.tip, removal_grace, &mut self.rng);
        self.members.push(member.unwrap());
    }

    /// Makes a block the tip, and gives what each member makes of it.
    fn accept(&mut self, block: Block) -> Vec<Result<(), MembershipEnd>> {
        self.tip = block;
        let tip = &self.tip;
        let rng = &mut self.rng;
        let members = self.members.iter_mut();
        members
            .map(|member| member.apply(NOW, tip, rng).map(drop))
            .collect()
    }

    /// Makes a block the tip that the second member follows as one of this signer.
    fn follow(&mut self, block: Block, signer: UserId) {
        let followed = self.members[1].apply(NOW, &block, &mut self.rng);
        assert_eq!(followed.unwrap().by, Some(signer));
        self.tip = block;
    }

    /// A block with these changes, signed by the first member.
    fn signed(&mut self, change: impl FnOnce(&mut GroupState), with_key: bool) -> Block {
        let chain = Chain::start_from(&self.tip).unwrap();
        let mut group_state = GroupState::clone(chain.state().group_state());
        change(&mut group_state);
        let key = SharedKey::for_participants(&group_state.participants, &mut self.rng).unwrap();
        let mut changes = vec![Change::SetGroupState(group_state.into())];
        if with_key {
            changes.push(Change::SetSharedKey(key.into()));
        }
        chain.build(changes, &self.members[0].key).unwrap()
    }

    /// Echoes everything that the members say until they say nothing more.
    fn verify(&mut self) {
        loop {
            let said: Vec<_> = self
                .members
                .iter_mut()
                .flat_map(Membership::take_outbound)
                .collect();
            if said.is_empty() {
                return;
            }
            for broadcast in said {
                for member in &mut self.members {
                    member.receive_broadcast(&broadcast.to_server()).unwrap();
                }
            }
        }
    }
}

/// True if the other member opens what one seals.
fn hears(rng: &mut ChaCha20Rng, from: &Membership, to: &Membership) -> bool {
    let channel = ChannelId::MAIN;
    let packet = from.cryptor().seal(NOW, channel, 0, b"hello", rng).unwrap();
    let opened = to.cryptor().open(NOW, from.user_id(), &packet);
    opened.is_ok_and(|opened| *opened.data == b"hello")
}

#[test]
fn members_come_to_the_same_emoji_and_hear_each_other() {
    let mut call = Call::of(&[ALICE, BOB, CAROL]);
    call.verify();
    let hashes: Vec<_> = call
        .members
        .iter()
        .map(|member| member.verification().emoji_hash().unwrap())
        .collect();
    assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    let words_of = |member: &Membership| words(&member.verification().block_hash());
    assert_eq!(words_of(&call.members[0]), words_of(&call.members[2]));
    let [alice, bob, carol] = call.members.as_slice() else {
        panic!("three members");
    };
    for (from, to) in [(alice, bob), (bob, carol), (carol, alice)] {
        assert!(hears(&mut call.rng, from, to));
    }
}

#[test]
fn a_message_is_read_by_the_others_and_only_as_its_senders() {
    let mut call = Call::of(&[ALICE, BOB, CAROL]);
    let [alice, bob, carol] = call.members.as_slice() else {
        panic!("three members");
    };
    let random_id = RandomId::new(-7).unwrap();
    let message = GroupMessage::new(random_id, "Grüße", vec![]).unwrap();
    let packet = message.seal(NOW, alice.cryptor(), &mut call.rng).unwrap();
    for reader in [bob, carol] {
        let read = GroupMessage::open(NOW, reader.cryptor(), ALICE, &packet);
        assert_eq!(read, Ok(message.clone()));
    }
    let packet_again = message.seal(NOW, alice.cryptor(), &mut call.rng).unwrap();
    let opened = bob.cryptor().open(NOW, ALICE, &packet_again).unwrap();
    assert_eq!(
        (opened.info.channel, opened.info.prefix),
        (ChannelId::MAIN, 0)
    );
    // A server cannot put the message into another member's mouth.
    let stolen = GroupMessage::open(NOW, bob.cryptor(), CAROL, &packet);
    assert!(matches!(stolen, Err(OpenMessageError::Packet(_))));
    let channel = ChannelId::MAIN;
    let frame = alice.cryptor().seal(NOW, channel, 0, b"{}", &mut call.rng);
    let no_message = GroupMessage::open(NOW, bob.cryptor(), ALICE, &frame.unwrap());
    assert!(matches!(no_message, Err(OpenMessageError::Message(_))));
}

#[test]
fn a_removed_member_knows_by_whom_and_hears_nothing_of_the_next_epoch() {
    let mut call = Call::of(&[ALICE, BOB, CAROL]);
    let removal = call.members[0].remove(&[BOB], &mut call.rng).unwrap();
    let height = removal.height();
    let results = call.accept(removal);
    let removed = MembershipEnd::Removed {
        height,
        by: Some(ALICE),
    };
    assert_eq!(results, [Ok(()), Err(removed.clone()), Ok(())]);
    assert_eq!(removed.reference_code(), ReferenceCode::CallFailed);

    let [alice, bob, carol] = call.members.as_mut_slice() else {
        panic!("three members");
    };
    // Leaving afterwards is no other end.
    bob.leave();
    assert_eq!(bob.ended(), Some(&removed));
    assert!(bob.take_outbound().is_empty());
    assert!(hears(&mut call.rng, alice, carol));
    assert!(!hears(&mut call.rng, alice, bob));
    let channel = ChannelId::MAIN;
    let sealed = bob.cryptor().seal(NOW, channel, 0, b"x", &mut call.rng);
    assert_eq!(sealed, Err(SealError::UnknownEpoch));
}

#[test]
fn a_block_says_who_signed_it_also_one_that_joins_or_names_no_signer() {
    let mut call = Call::of(&[ALICE, BOB]);
    let rename = |group: &mut GroupState| group.participants[1].version = 1;
    let named = call.signed(rename, true);
    call.follow(named, ALICE);
    let mut unnamed = call.signed(rename, true).fields().clone();
    unnamed.signature_public_key = None;
    let unnamed = unnamed.sign(&call.members[0].key);
    call.follow(unnamed, ALICE);
    let join = call.join_block(CAROL);
    call.follow(join.block().clone(), CAROL);
}

#[test]
fn a_block_without_a_key_ends_every_membership_for_good_and_says_so() {
    let mut call = Call::of(&[ALICE, BOB]);
    let before = call.members[1].state().clone();
    let keyless = call.signed(|group| group.participants[1].version = 1, false);
    let (height, hash) = (keyless.height(), keyless.hash());
    let end = MembershipEnd::NoSharedKey { height, hash };
    let next = {
        let mut chain = Chain::start_from(&call.tip).unwrap();
        chain.apply(&keyless).unwrap();
        call.members[0].remove(&[BOB], &mut call.rng).unwrap()
    };
    assert_eq!(call.accept(keyless), [Err(end.clone()), Err(end.clone())]);
    assert_eq!(call.members[1].state(), &before);
    // Every later block and broadcast has the same answer, also one that would have been good.
    assert_eq!(call.accept(next), [Err(end.clone()), Err(end.clone())]);
    let refused = call.members[0].receive_broadcast(b"").unwrap_err();
    assert_eq!(refused, BroadcastRefused::Ended(end.clone()));
    assert_eq!(refused.reference_code(), Some(ReferenceCode::CallFailed));
    for users in [&[BOB][..], &[ALICE], &[CAROL], &[]] {
        let remove = call.members[0].remove(users, &mut call.rng);
        assert_eq!(remove, Err(ChangeError::Ended(end.clone())));
    }
}

#[test]
fn a_block_that_the_chain_refuses_ends_the_membership() {
    let mut call = Call::of(&[ALICE, BOB]);
    let again = call.tip.clone();
    let results = call.accept(again);
    assert!(matches!(
        results.as_slice(),
        [
            Err(MembershipEnd::Refused(ChainError::Height { .. })),
            Err(_)
        ]
    ));
    let mut call = Call::of(&[ALICE]);
    let mut unreadable = call.tip.to_server();
    unreadable.truncate(100);
    let end = call.members[0].apply_from_server(NOW, &unreadable, &mut call.rng);
    let Err(BlockRefused::Ended(end @ MembershipEnd::Unreadable(_))) = end else {
        panic!("{end:?}");
    };
    assert_eq!(call.members[0].ended(), Some(&end));
}

#[test]
fn an_item_that_is_refused_for_its_form_changes_nothing_and_the_membership_goes_on() {
    let mut call = Call::of(&[ALICE, BOB]);
    let join = call.join_block(CAROL);
    let local = join.block().bytes().to_vec();
    let before = call.members[0].state().clone();
    for item in [&local[..], &local[..3], &[]] {
        let refused = call.members[0].apply_from_server(NOW, item, &mut call.rng);
        let Err(refused @ BlockRefused::Form(_)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(refused.reference_code(), None);
        let refused = call.members[0].receive_broadcast(item).unwrap_err();
        assert_eq!(refused.reference_code(), None);
        assert_eq!(call.members[0].ended(), None);
        assert_eq!(call.members[0].state(), &before);
    }
    assert_eq!(call.accept(join.block().clone()), [Ok(()), Ok(())]);
    // Every other id is looked at, and ends the membership as a bad block does.
    let mut other = join.block().to_server();
    other[0] ^= 0x40;
    let ended = call.members[0].apply_from_server(NOW, &other, &mut call.rng);
    assert!(matches!(
        ended,
        Err(BlockRefused::Ended(MembershipEnd::Unreadable(_)))
    ));
}

#[test]
fn joining_elsewhere_replaces_the_membership_here() {
    let mut call = Call::of(&[ALICE, BOB]);
    let join = call.join_block(BOB);
    let (height, key) = (join.block().height(), join.public_key());
    let results = call.accept(join.block().clone());
    let by = Some(BOB);
    assert_eq!(
        results,
        [Ok(()), Err(MembershipEnd::Replaced { height, key, by })]
    );
}

#[test]
fn a_key_that_does_not_open_for_us_ends_the_membership() {
    let mut call = Call::of(&[ALICE, BOB]);
    let signed = call.signed(|group| group.participants[1].version = 1, true);
    let mut fields = signed.fields().clone();
    if let Change::SetSharedKey(key) = &mut fields.changes[1] {
        let mut wrong = SharedKey::clone(key);
        wrong.encrypted_shared_key.reverse();
        *key = wrong.into();
    }
    let block = fields.sign(&call.members[0].key);
    let results = call.accept(block);
    assert!(matches!(
        results.as_slice(),
        [Err(MembershipEnd::KeyLost { .. }), Err(_)]
    ));
}

#[test]
fn no_membership_starts_without_our_key_or_under_another_user() {
    let mut call = Call::of(&[ALICE]);
    let key = || PrivateKey::from_seed(&[5; 32]);
    let start = Membership::start(
        NOW,
        BOB,
        key(),
        &call.tip,
        RemovalGrace::WithGrace,
        &mut call.rng,
    );
    assert_eq!(
        start.unwrap_err().reference_code(),
        Some(ReferenceCode::NotParticipant)
    );
    let join = call.join_block(BOB);
    let block = join.block().clone();
    let start = Membership::start(
        NOW,
        CAROL,
        join.into_private_key(),
        &block,
        RemovalGrace::WithGrace,
        &mut call.rng,
    );
    let error = start.unwrap_err();
    assert_eq!(error.reference_code(), Some(ReferenceCode::WrongUserId));
    assert!(matches!(
        error,
        StartError::Open(EpochKeyError::WrongUserId { .. })
    ));
}

#[test]
fn a_bad_broadcast_never_ends_the_call() {
    let mut call = Call::of(&[ALICE, BOB]);
    let mut said = call.members[1].take_outbound();
    said[0].user_id = ALICE;
    let forged = said[0].to_server();
    for bad in [forged.as_slice(), b"", &[0; 144]] {
        let refused = call.members[0].receive_broadcast(bad).unwrap_err();
        assert!(matches!(
            refused,
            BroadcastRefused::Broadcast(
                BroadcastError::Signature(_) | BroadcastError::Malformed(_)
            )
        ));
    }
    assert_eq!(call.members[0].ended(), None);
    assert_eq!(call.members[0].verification().phase(), Phase::Commit);
}

#[test]
fn nobody_removes_itself_by_a_block_or_somebody_who_is_not_there() {
    let mut call = Call::of(&[ALICE, BOB]);
    let rng = &mut call.rng;
    let remove = |users: &[UserId], rng: &mut ChaCha20Rng| call.members[0].remove(users, rng);
    assert_eq!(remove(&[BOB, ALICE], rng), Err(ChangeError::Ourselves));
    assert_eq!(remove(&[CAROL], rng), Err(ChangeError::Nobody));
    assert!(remove(&[BOB, CAROL], rng).is_ok());
}

#[test]
fn a_removal_keeps_the_versions_flags_and_external_permissions_of_everybody_else() {
    let mut call = Call::of(&[ALICE, BOB, CAROL]);
    let changed = call.signed(
        |group| {
            group.participants[2].version = 7;
            group.participants[2].permissions = confcall_state::wire::Permissions::ADD_USERS;
            group.external_permissions = confcall_state::wire::Permissions::ADD_USERS;
        },
        true,
    );
    assert!(call.accept(changed).iter().all(Result::is_ok));
    let before = call.members[0].state().group_state().clone();
    let removal = call.members[0].remove(&[BOB], &mut call.rng).unwrap();
    call.accept(removal);
    let after = call.members[0].state().group_state();
    assert_eq!(after.external_permissions, before.external_permissions);
    assert_eq!(
        after.participants,
        [before.participants[0], before.participants[2]]
    );
}

#[test]
fn leaving_drops_the_keys_at_once() {
    let mut call = Call::of(&[ALICE, BOB]);
    call.members[1].leave();
    let (alice, bob) = (&call.members[0], &call.members[1]);
    assert_eq!(bob.ended(), Some(&MembershipEnd::Left));
    assert!(!hears(&mut call.rng, alice, bob));
}
