//! The adapter over whatever carries bytes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "common/chain.rs"]
mod chain;

use std::sync::Mutex;

use confcall_join::api::{Response, RpcError, SubChain, Update, Updates};
use confcall_join::policy::CheckedRequest;
use confcall_state::UserId;
use confcall_transport::{ByteTransport, CallError, Feed, Missed, Transport};
use grammers_tl_types::{Serializable, enums};

use chain::{blocks, tip};

const OWN: UserId = UserId::new(1000);

/// Calls over a stack that answers so; gives the requests that it was given, too.
async fn call(
    request: CheckedRequest,
    answer: Result<Vec<u8>, CallError>,
) -> (Result<Response, CallError>, Vec<Vec<u8>>) {
    let sent = Mutex::new(Vec::new());
    let transport = ByteTransport::new(Feed::new(OWN), |bytes| {
        sent.lock().unwrap().push(bytes);
        let answer = answer.clone();
        async move { answer }
    });
    let response = transport.call(request).await;
    (response, sent.into_inner().unwrap())
}

#[tokio::test]
async fn a_request_goes_out_as_its_bytes_and_its_answer_is_read() {
    let (response, sent) = call(tip(), Ok(blocks().to_bytes())).await;
    assert_eq!(sent, [tip().into_bytes()]);
    let Ok(Response::Updates(Updates(updates))) = response else {
        panic!("{response:?}")
    };
    let [Update::ChainBlocks(items)] = &updates[..] else {
        panic!("{updates:?}")
    };
    assert_eq!(items.sub_chain, SubChain::Blocks);
}

#[tokio::test]
async fn a_stack_that_reaches_the_home_alone_is_not_given_what_goes_elsewhere() {
    let elsewhere = tip().to_data_centre(Some(4));
    let (response, sent) = call(elsewhere, Ok(blocks().to_bytes())).await;
    assert_eq!(response, Err(CallError::OtherDataCentre { data_centre: 4 }));
    assert!(sent.is_empty());
}

#[tokio::test]
async fn a_stack_that_reaches_all_data_centres_is_told_which_one_is_meant() {
    let asked = Mutex::new(Vec::new());
    let transport = ByteTransport::to_data_centres(Feed::new(OWN), |data_centre, _| {
        asked.lock().unwrap().push(data_centre);
        async { Ok(blocks().to_bytes()) }
    });
    for data_centre in [None, Some(4)] {
        let answer = transport.call(tip().to_data_centre(data_centre)).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
    assert_eq!(*asked.lock().unwrap(), [None, Some(4)]);
}

#[tokio::test]
async fn what_the_stack_says_is_passed_on() {
    let refused = CallError::from(RpcError::new(400, "GROUPCALL_INVALID"));
    let (response, _) = call(tip(), Err(refused.clone())).await;
    assert_eq!(response, Err(refused));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_lost_and_says_why() {
    let (response, _) = call(tip(), Ok(true.to_bytes())).await;
    let reason = "the answer to phone.getGroupCallChainBlocks cannot be read as updates: \
        unexpected constructor: 997275b5";
    assert_eq!(
        response,
        Err(CallError::Lost {
            reason: reason.into()
        })
    );
}

#[tokio::test]
async fn what_is_put_into_the_feed_comes_out_as_updates_in_order() {
    let feed = Feed::new(OWN);
    let transport = ByteTransport::new(feed.clone(), |bytes| async { Ok(bytes) });
    let mut updates = transport.updates();
    feed.send(&blocks());
    feed.send_bytes(&enums::Updates::TooLong.to_bytes());
    feed.send_bytes(&blocks().to_bytes());
    let gap = Some(Err(Missed { count: None }));
    assert!(matches!(
        updates.next().await,
        Some(Ok(Update::ChainBlocks(_)))
    ));
    assert_eq!(updates.next().await, gap);
    assert!(matches!(
        updates.next().await,
        Some(Ok(Update::ChainBlocks(_)))
    ));
}

#[tokio::test]
async fn pushed_bytes_that_cannot_be_read_are_a_gap() {
    let feed = Feed::new(OWN);
    let mut updates = feed.subscribe();
    let gap = Some(Err(Missed { count: None }));
    let mut longer = blocks().to_bytes();
    longer.push(0);
    for unreadable in [vec![], vec![1, 2, 3], longer] {
        feed.send_bytes(&unreadable);
        assert_eq!(updates.next().await, gap);
    }
}
