use std::sync::Arc;

use confcall_join::api::{GetGroupCallChainBlocks, SendConferenceCallBroadcast};
use confcall_state::keys::Signature;
use confcall_state::verification::{BroadcastError, Verification};
use confcall_state::wire::{Broadcast, BroadcastContent};
use confcall_state::{BlockHash, Height};

use super::*;
use crate::{CallMember, Refusal};

impl Scene {
    /// A commit of `user` about the newest block.
    pub(super) fn commit(&self, user: UserId) -> Broadcast {
        let state = self.call().chain_state();
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: user,
            height: state.height(),
            block_hash: state.hash(),
            content: BroadcastContent::Commit {
                nonce_hash: [1; 32],
            },
        };
        broadcast.sign(&self.keys[&user])
    }

    pub(super) fn broadcast(&self, broadcast: &Broadcast) -> SendConferenceCallBroadcast {
        SendConferenceCallBroadcast {
            call: self.call().reference(),
            broadcast: broadcast.to_bytes(),
        }
    }

    pub(super) fn say(&mut self, broadcast: &Broadcast) -> Updates {
        let request = self.broadcast(broadcast);
        self.send(broadcast.user_id, request).unwrap()
    }

    fn all_broadcasts(&mut self, reader: UserId) -> ChainBlocks {
        let request = GetGroupCallChainBlocks {
            call: self.call().reference(),
            sub_chain: SubChain::Broadcasts,
            offset: 0,
            limit: 100,
        };
        items(&self.send(reader, request).unwrap(), SubChain::Broadcasts).clone()
    }
}

#[test]
fn a_broadcast_and_a_block_are_one_value_for_all_who_are_pushed_them() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let shared = |scene: &mut Scene, wanted| {
        let pushed = core::iter::from_fn(|| scene.server.poll_shared_push());
        let is_wanted = |updates: &Updates| match &updates.0[..] {
            [Update::ChainBlocks(items)] => items.sub_chain == wanted,
            _ => false,
        };
        let pushed = pushed.filter(|(_, updates)| is_wanted(updates));
        let (users, updates): (Vec<_>, Vec<_>) = pushed.unzip();
        assert!(updates.windows(2).all(|two| Arc::ptr_eq(&two[0], &two[1])));
        users
    };
    let commit = scene.commit(ALICE);
    scene.say(&commit);
    assert_eq!(shared(&mut scene, SubChain::Broadcasts), [BOB, CAROL]);
    scene.join(UserId::new(4)).unwrap();
    let others = shared(&mut scene, SubChain::Blocks);
    assert_eq!(others, [ALICE, BOB, CAROL]);
}

#[test]
fn a_broadcast_is_appended_in_server_form_and_reaches_everybody() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let commit = scene.commit(ALICE);
    let answer = scene.say(&commit);
    let echoed = items(&answer, SubChain::Broadcasts);
    assert_eq!(echoed.blocks, [commit.to_server()]);
    assert_eq!(echoed.next_offset, 1);
    assert_eq!(scene.pushed(), [(BOB, answer.0[0].clone())]);
    assert_eq!(scene.all_broadcasts(BOB), *echoed);
    assert_eq!(scene.all_broadcasts(CAROL).blocks, Vec::<Vec<u8>>::new());
}

#[test]
fn two_members_come_to_the_same_emoji_through_the_server() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let state = scene.call().chain_state().clone();
    let mut members: Vec<_> = [ALICE, BOB]
        .map(|user| Verification::start(user, &state, &scene.keys[&user], &mut scene.rng))
        .into();
    for _phase in 0..2 {
        let said: Vec<_> = members
            .iter_mut()
            .flat_map(Verification::take_outbound)
            .collect();
        assert_eq!(said.len(), 2);
        for broadcast in said {
            let answer = scene.say(&broadcast);
            let echoed = &items(&answer, SubChain::Broadcasts).blocks[0];
            for (member, user) in members.iter_mut().zip([ALICE, BOB]) {
                member
                    .receive_from_server(echoed, &scene.keys[&user])
                    .unwrap();
            }
        }
    }
    let emoji = members[0].counts().emoji_hash();
    assert!(emoji.is_some());
    assert_eq!(members[1].counts().emoji_hash(), emoji);
}

#[test]
fn a_broadcast_about_another_block_than_the_newest_is_refused_as_a_lost_race() {
    let mut scene = Scene::with(&[ALICE]);
    let old = scene.commit(ALICE);
    scene.join(BOB).unwrap();
    let new = scene.commit(ALICE);
    let elsewhere = Broadcast {
        block_hash: BlockHash::from_bytes([7; 32]),
        ..new
    };
    let later = Broadcast {
        height: Height::new(9),
        ..new
    };
    for broadcast in [old, elsewhere, later] {
        let request = scene.broadcast(&broadcast.sign(&scene.keys[&ALICE]));
        scene.refused(ALICE, request, "CONF_WRITE_CHAIN_INVALID");
    }
    scene.say(&new);
}

#[test]
fn a_broadcast_is_the_senders_own_and_signed() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let of_bob = scene.broadcast(&scene.commit(BOB));
    scene.refused(ALICE, of_bob, "BLOCK_INVALID");
    let forged = scene.commit(ALICE).sign(&scene.keys[&BOB]);
    let forged = scene.broadcast(&forged);
    scene.refused(ALICE, forged, "BLOCK_INVALID");
    let mut unreadable = scene.broadcast(&scene.commit(ALICE));
    unreadable.broadcast = scene.commit(ALICE).to_server();
    scene.refused(ALICE, unreadable, "BLOCK_INVALID");
    let request = scene.broadcast(&scene.commit(BOB));
    scene.leave(BOB);
    scene.refused_with(403, BOB, request, "GROUPCALL_FORBIDDEN");
}

#[test]
fn a_second_commit_or_a_reveal_out_of_its_phase_is_refused() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let commit = scene.commit(ALICE);
    scene.say(&commit);
    let again = scene.broadcast(&commit);
    scene.refused(ALICE, again.clone(), "BLOCK_INVALID");
    let refused = scene.server.answer(ALICE, &again.into());
    let expected = BroadcastError::AlreadyApplied(ALICE);
    assert_eq!(refused, Err(Refusal::Broadcast(expected)));
    let content = BroadcastContent::Reveal { nonce: [1; 32] };
    let early = Broadcast { content, ..commit }.sign(&scene.keys[&ALICE]);
    let early = scene.broadcast(&early);
    scene.refused(ALICE, early, "BLOCK_INVALID");
}

#[test]
fn a_compacted_subchain_starts_later_than_asked() {
    let mut scene = Scene::with(&[ALICE]);
    let (old, call) = (scene.commit(ALICE), scene.call);
    scene.say(&old);
    scene.join(BOB).unwrap();
    let new = scene.commit(BOB);
    scene.say(&new);
    scene.server.compact(call).unwrap();
    let left = scene.all_broadcasts(ALICE);
    assert_eq!(left.blocks, [new.to_server()]);
    assert_eq!((left.first_offset(), left.next_offset), (Some(1), 2));
    let before = scene.server.clone();
    scene.server.compact(call).unwrap();
    assert_eq!(scene.server, before);
    let nowhere = scene.server.compact(CallId::new(0));
    assert_eq!(nowhere, Err(Refusal::UnknownCall));
}

#[test]
fn beyond_the_limit_the_oldest_broadcasts_are_dropped_but_none_about_the_newest_block() {
    let mut scene = Scene::limited(Limits {
        chain_length: 3,
        participants: 2,
        ..Limits::default()
    });
    let mut said = Vec::new();
    for user in [ALICE, BOB, ALICE] {
        scene.join(user).unwrap();
        let members: Vec<_> = scene.call().members().map(CallMember::user_id).collect();
        for member in members {
            let commit = scene.commit(member);
            scene.say(&commit);
            said.push(commit);
        }
    }
    let left = scene.all_broadcasts(ALICE);
    let newest: Vec<_> = said[1..].iter().map(Broadcast::to_server).collect();
    assert_eq!(left.blocks, newest);
    assert_eq!((left.first_offset(), left.next_offset), (Some(1), 5));
    let again = scene.broadcast(&said[3]);
    scene.refused(ALICE, again, "BLOCK_INVALID");
}
