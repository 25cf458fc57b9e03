use confcall_join::api::GetGroupCallChainBlocks;

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
fn a_member_reads_from_any_offset() {
    let mut scene = Scene::with(&[ALICE, BOB, CAROL]);
    let all = scene.call().blocks().to_vec();
    for (offset, limit, expected, next_offset) in [
        (0, 100, &all[..], 3),
        (1, 1, &all[1..2], 2),
        (-1, 100, &all[2..], 3),
        (3, 100, &[], 3),
    ] {
        let answer = read(&mut scene, BOB, SubChain::Blocks, offset, limit);
        assert_eq!(
            (&answer.blocks[..], answer.next_offset),
            (expected, next_offset)
        );
    }
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
