//! A bad network, between clients and a server that are well.

use std::collections::BTreeMap;
use std::time::Duration;

use confcall_mtproto_server::Config;
use grammers_mtsender::InvocationError;
use grammers_tl_types::functions;
use tokio::time::timeout;

use crate::client::look_up_nothing;
use crate::scene::{ALICE, PATIENCE, Scene};

/// The outcomes of many requests.
async fn outcomes(chaos: Option<u64>) -> BTreeMap<String, usize> {
    let scene = Scene::with(Config {
        chaos,
        ..Config::default()
    });
    let scene = scene.await;
    let alice = scene.client(ALICE);
    let requests: Vec<_> = (0..300)
        .map(|_| {
            let handle = alice.handle.clone();
            let bytes = look_up_nothing().to_tl();
            tokio::spawn(async move {
                let answer = handle.raw_invoke_in_dc(1, bytes);
                match timeout(Duration::from_secs(6), answer).await {
                    Ok(Err(InvocationError::Rpc(error))) => error.name,
                    Ok(other) => format!("{other:?}"),
                    Err(_) => "lost".to_owned(),
                }
            })
        })
        .collect();
    let mut outcomes = BTreeMap::new();
    for request in requests {
        *outcomes.entry(request.await.unwrap()).or_default() += 1;
    }
    // The connection itself is well.
    let state = alice
        .handle
        .invoke_in_dc(1, &functions::updates::GetState {});
    timeout(PATIENCE, state).await.unwrap().unwrap();
    outcomes
}

#[tokio::test]
async fn chaos_strikes_requests_and_not_the_connection() {
    let outcomes = outcomes(Some(1)).await;
    let names: Vec<_> = outcomes.keys().map(String::as_str).collect();
    let expected = [
        "FLOOD_WAIT",
        "GROUPCALL_INVALID",
        "INTERDC_CALL_ERROR",
        "TIMEOUT",
        "lost",
    ];
    assert_eq!(names, expected, "{outcomes:?}");
    assert!(outcomes["GROUPCALL_INVALID"] > 200, "{outcomes:?}");
}

#[tokio::test]
async fn without_chaos_every_request_is_answered() {
    let outcomes = outcomes(None).await;
    assert_eq!(
        outcomes.into_iter().collect::<Vec<_>>(),
        [("GROUPCALL_INVALID".to_owned(), 300)]
    );
}
