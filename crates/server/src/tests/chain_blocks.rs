use confcall_join::api::GetGroupCallChainBlocks;
use confcall_state::Chain;

use super::*;

fn read(
    scene: &mut Scene,
    from: UserId,
    sub_chain: SubChain,
    offset: i32,
    limit: i32,
) -> ChainBlocks {
    let call = scene.call().reference();
    let request = GetGroupCallChainBlocks {
        call,
        sub_chain,
        offset,
        limit,
    };
    let updates = scene.send(from, request).unwrap();
    assert_eq!(updates.0.len(), 1);
    items(&updates, sub_chain).clone()
}

#[test]
fn a_non_member_gets_only_the_last_block_whatever_it_asks_for() {
    let mut scene = Scene::with(&[ALICE, BOB]);
    let last = scene.call().blocks()[1].clone();
    for (offset, limit) in [(-1, 1), (0, 100), (1, 1), (2, 50), (i32::MIN, i32::MIN)] {
        let answer = read(&mut scene, CAROL, SubChain::Blocks, offset, limit);
        assert_eq!((answer.blocks, answer.next_offset), (vec![last.clone()], 2));
    }
}

#[test]
fn a_member_reads_from_any_offset_and_never_a_block_before_its_own() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let all = scene.call().blocks().to_vec();
    for (from, offset, limit, expected, next_offset) in [
        (ALICE, 0, 100, &all[..], 3),
        (ALICE, 1, 1, &all[1..2], 2),
        (ALICE, -1, 100, &all[2..], 3),
        (ALICE, 3, 100, &[], 3),
        (BOB, 0, 100, &all[1..], 3),
        (BOB, 0, 1, &all[1..2], 2),
        (BOB, 2, 100, &all[2..], 3),
        (BOB, -3, 1, &all[1..2], 2),
        (BOB, i32::MIN, 100, &all[1..], 3),
        (CAROL, 1, 1, &all[2..], 3),
        (CAROL, -1, 1, &all[2..], 3),
        (CAROL, 3, 100, &[], 3),
    ] {
        let answer = read(&mut scene, from, SubChain::Blocks, offset, limit);
        assert_eq!(
            (&answer.blocks[..], answer.next_offset),
            (expected, next_offset),
            "{from} from {offset}"
        );
    }
}

#[test]
fn a_member_finds_its_key_in_every_block_that_it_reads_also_after_a_rejoin_and_a_restart() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL, BOB, ALICE]);
    let snapshot = scene.server.to_snapshot();
    let restored = Server::from_snapshot(&snapshot, Limits::default()).unwrap();
    for server in [scene.server.clone(), restored] {
        scene.server = server;
        for (from, first) in [(ALICE, 4), (BOB, 3), (CAROL, 2)] {
            let answer = read(&mut scene, from, SubChain::Blocks, 0, 100);
            assert_eq!(answer.first_offset(), Some(first));
            let key = scene.keys[&from].public_key();
            let blocks = answer
                .blocks
                .iter()
                .map(|one| Block::from_server(one).unwrap());
            let blocks: Vec<_> = blocks.collect();
            assert_eq!(blocks[0].fields().signature_public_key, Some(key));
            for block in &blocks {
                let chain = Chain::start_from(block).unwrap();
                let own = chain.state().group_state().by_user(from);
                assert_eq!(own.map(|one| one.public_key), Some(key));
            }
        }
    }
}

#[test]
fn who_is_about_to_join_again_reads_the_tip_as_before() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    scene.leave(BOB);
    let last = scene.call().blocks()[2].clone();
    let answer = read(&mut scene, BOB, SubChain::Blocks, -1, 1);
    assert_eq!((answer.blocks, answer.next_offset), (vec![last], 3));
    scene.join(BOB).unwrap();
    let answer = read(&mut scene, BOB, SubChain::Blocks, 0, 100);
    assert_eq!(answer.first_offset(), Some(3));
}

#[test]
fn an_empty_call_has_no_tip() {
    let mut scene = Scene::empty();
    let answer = read(&mut scene, ALICE, SubChain::Blocks, -1, 1);
    assert_eq!((answer.blocks.len(), answer.next_offset), (0, 0));
}

#[test]
fn the_blocks_are_in_server_form() {
    let mut scene = Scene::with(&[ALICE]);
    let answer = read(&mut scene, ALICE, SubChain::Blocks, 0, 1);
    assert!(Block::from_server(&answer.blocks[0]).is_ok());
    assert!(Block::parse(&answer.blocks[0]).is_err());
}

#[test]
fn reading_an_unknown_call_is_refused() {
    let mut scene = Scene::with(&[ALICE]);
    let request = GetGroupCallChainBlocks::tip(scene.call().reference());
    scene.send(ALICE, request.clone()).unwrap();
    scene.server = Server::new(ServerOptions::default());
    scene.refused(ALICE, request, "GROUPCALL_INVALID");
}
