//! Conferences over the network, as their users see them.

use std::time::Duration;

use confcall_join::api::{
    GetGroupCallChainBlocks, InputGroupCall, Response, SendGroupCallEncryptedMessage, SubChain,
    Update,
};
use confcall_mtproto_server::Config;
use confcall_state::UserId;

use crate::client::{items, look_up_nothing, refusal};
use crate::scene::{ALICE, BOB, Scene};

fn left(update: Update, user: UserId) -> Option<()> {
    match update {
        Update::Participants(change) => {
            let mut left = change.participants.iter();
            left.any(|one| one.left && one.user_id() == Some(user))
                .then_some(())
        }
        _ => None,
    }
}

#[tokio::test]
async fn clients_create_join_and_read_a_call_and_hear_of_each_other() {
    let scene = Scene::new().await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let (call, slug) = alice.create().await;
    let joined = bob.join(&InputGroupCall::Slug(slug)).await;
    assert_eq!(items(&joined).next_offset, 2);
    let received = alice.receive(|update| match update {
        Update::ChainBlocks(items)
            if items.sub_chain == SubChain::Blocks && items.next_offset == 2 =>
        {
            Some(items)
        }
        _ => None,
    });
    assert_eq!(received.await.blocks, items(&joined).blocks);

    let read = GetGroupCallChainBlocks {
        call: call.clone(),
        sub_chain: SubChain::Blocks,
        offset: 0,
        limit: 50,
    };
    let read = alice.ask(read).await.unwrap().into_updates().unwrap();
    assert_eq!(items(&read).blocks.len(), 2);

    let message = SendGroupCallEncryptedMessage {
        call,
        encrypted_message: b"sealed".to_vec(),
    };
    let taken = alice.ask(message).await.unwrap();
    assert_eq!(taken, Response::Bool(true));
    let received = bob.receive(|update| match update {
        Update::EncryptedMessage(message) => Some(message.encrypted_message),
        _ => None,
    });
    assert_eq!(received.await, b"sealed");
}

#[tokio::test]
async fn a_refused_request_has_the_name_of_its_error() {
    let scene = Scene::new().await;
    let alice = scene.client(ALICE);
    let answer = alice.ask(look_up_nothing()).await;
    assert_eq!(refusal(answer), (400, "GROUPCALL_INVALID".to_owned()));
    let unknown = alice.send(0x1234_5678_u32.to_le_bytes().to_vec()).await;
    // The client takes the number of the method out of the name.
    let method = "INPUT_METHOD_INVALID_0".to_owned();
    assert_eq!(refusal(unknown), (400, method));
}

#[tokio::test]
async fn a_client_that_connects_again_hears_of_the_call_as_before() {
    let scene = Scene::new().await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let (call, slug) = alice.create().await;
    alice.disconnect();
    let read = GetGroupCallChainBlocks::tip(call);
    assert!(alice.ask(read).await.is_ok());
    bob.join(&InputGroupCall::Slug(slug)).await;
    alice
        .receive(|update| match update {
            Update::ChainBlocks(items) => (items.next_offset == 2).then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn every_client_of_a_user_hears_what_the_user_is_told() {
    let scene = Scene::new().await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let mut other = scene.client(ALICE);
    assert!(other.ask(look_up_nothing()).await.is_err());
    let (_, slug) = alice.create().await;
    bob.join(&InputGroupCall::Slug(slug)).await;
    for client in [&mut alice, &mut other] {
        let joined = client.receive(|update| match update {
            Update::ChainBlocks(items) => (items.next_offset == 2).then_some(()),
            _ => None,
        });
        joined.await;
    }
}

#[tokio::test]
async fn a_member_whose_user_is_away_for_too_long_has_left() {
    let scene = Scene::with(Config {
        silence: Duration::from_millis(300),
        ..Config::default()
    });
    let scene = scene.await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let (_, slug) = alice.create().await;
    bob.join(&InputGroupCall::Slug(slug)).await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    bob.disconnect();
    alice.receive(|update| left(update, BOB)).await;
    let server = scene.stop().await;
    let members = server.calls().next().unwrap().members();
    assert_eq!(
        members.map(|one| one.user_id()).collect::<Vec<_>>(),
        [ALICE]
    );
}

#[tokio::test]
async fn a_call_that_nobody_is_in_is_removed_after_a_while() {
    let scene = Scene::with(Config {
        silence: Duration::from_millis(50),
        idle_calls: Duration::from_millis(100),
        ..Config::default()
    });
    let scene = scene.await;
    let mut alice = scene.client(ALICE);
    let (_, slug) = alice.create().await;
    alice.disconnect();
    let bob = scene.client(BOB);
    let look = confcall_join::api::GetGroupCall {
        call: InputGroupCall::Slug(slug),
        limit: 1,
    };
    while bob.ask(look.clone()).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_call_goes_on_after_the_server_was_stopped_and_started_again() {
    let scene = Scene::new().await;
    let (mut alice, mut bob) = (scene.client(ALICE), scene.client(BOB));
    let (call, slug) = alice.create().await;
    let scene = scene.restart().await;
    let joined = bob.join(&InputGroupCall::Slug(slug)).await;
    assert_eq!(items(&joined).next_offset, 2);
    // The client may need a try to notice that its connection ended.
    let tip = GetGroupCallChainBlocks::tip(call);
    let mut answer = alice.ask(tip.clone()).await;
    while answer.is_err() {
        answer = alice.ask(tip.clone()).await;
    }
    let tip = answer.unwrap().into_updates().unwrap();
    assert_eq!(items(&tip).next_offset, 2);
    assert_eq!(scene.stop().await.calls().len(), 1);
}
