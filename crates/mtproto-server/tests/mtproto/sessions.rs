//! Sessions that outlive a connection, follow each other in one, or are to be forgotten.

use confcall_join::api::{
    AccessHash, DiscardGroupCall, GetGroupCall, InputUser, InviteConferenceCallParticipant,
    Request, ToggleGroupCallSettings,
};
use confcall_state::UserId;

use crate::raw::{Place, Raw, first_id};
use crate::scene::{ALICE, BOB, Scene};

const BAD_SERVER_SALT: [u8; 4] = 0xedab_447b_u32.to_le_bytes();
const RPC_RESULT: [u8; 4] = 0xf35c_6d01_u32.to_le_bytes();
const UPDATES: [u8; 4] = 0x74ae_4240_u32.to_le_bytes();
const CONTAINER: [u8; 4] = 0x73f1_f8dc_u32.to_le_bytes();
const CHAIN_BLOCKS: [u8; 4] = 0xa477_288f_u32.to_le_bytes();
const PARTICIPANTS: [u8; 4] = 0xf2eb_db4e_u32.to_le_bytes();
const DESTROY_SESSION: [u8; 4] = 0xe751_2126_u32.to_le_bytes();
const DESTROY_SESSION_OK: [u8; 4] = 0xe220_45fc_u32.to_le_bytes();
const DESTROY_SESSION_NONE: [u8; 4] = 0x62d3_50c9_u32.to_le_bytes();
pub(crate) const PING: [u8; 12] = [0xec, 0x77, 0xbe, 0x7a, 1, 0, 0, 0, 0, 0, 0, 0];

/// Connects, starts a session, and learns the salt.
async fn start(scene: &Scene, session: i64) -> (Raw, Place) {
    start_as(scene, ALICE, session).await
}

pub(crate) async fn start_as(scene: &Scene, user: UserId, session: i64) -> (Raw, Place) {
    let key = scene.key(user);
    let mut raw = Raw::connect(scene.address).await;
    let mut place = Place {
        salt: 0,
        session,
        id: first_id(),
        seq_no: 1,
    };
    raw.send_sealed(key, &place.write(&PING)).await;
    let (_, refused) = raw.receive(key).await;
    assert!(refused.starts_with(&BAD_SERVER_SALT));
    place.salt = i64::from_le_bytes(*refused.last_chunk().unwrap());
    place.id += 4;
    raw.send_sealed(key, &place.write(&PING)).await;
    raw.receive(key).await;
    (raw, place)
}

pub(crate) fn after(place: Place) -> Place {
    Place {
        id: place.id + 4,
        seq_no: place.seq_no + 2,
        ..place
    }
}

fn contains(packet: &[u8], part: &[u8]) -> bool {
    packet.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_query_sent_again_over_a_new_connection_is_carried_out_once() {
    let scene = Scene::new().await;
    let (call, _) = scene.client(ALICE).create().await;
    let key = scene.key(ALICE);
    let discard = Request::from(DiscardGroupCall { call }).to_tl();
    let (mut raw, place) = start(&scene, 5).await;
    let place = after(place);
    raw.send_sealed(key, &place.write(&discard)).await;
    let (_, first) = raw.receive(key).await;
    assert!(first.starts_with(&RPC_RESULT) && contains(&first, &UPDATES));
    drop(raw);

    let mut again = Raw::connect(scene.address).await;
    again.send_sealed(key, &place.write(&discard)).await;
    let (_, answer) = again.receive(key).await;
    assert!(
        contains(&answer, &first),
        "the same answer, after the news that the session is new"
    );
}

#[tokio::test]
async fn what_is_pushed_at_once_goes_in_one_packet_and_in_order() {
    let scene = Scene::new().await;
    let mut alice = scene.client(ALICE);
    let (call, _) = alice.create().await;
    // Another client of Alice's, which wants updates from its first query on.
    let (mut raw, place) = start(&scene, 5).await;
    let key = scene.key(ALICE);
    let query = Request::from(GetGroupCall {
        call: call.clone(),
        limit: 0,
    });
    raw.send_sealed(key, &after(place).write(&query.to_tl()))
        .await;
    raw.receive(key).await;
    scene.client(BOB).join(&call).await;
    let (_, pushed) = raw.receive(key).await;
    assert!(pushed.starts_with(&CONTAINER));
    let place_of = |update: [u8; 4]| pushed.windows(4).position(|four| four == update);
    let (block, roster) = (place_of(CHAIN_BLOCKS), place_of(PARTICIPANTS));
    assert!(block.is_some() && block < roster, "{block:?} {roster:?}");
}

/// A connection in which a call of Alice's got a new link; gives the packet, too, and the answer.
async fn revoke_a_link(scene: &Scene) -> (Raw, Vec<u8>, Vec<u8>) {
    let (call, _) = scene.client(ALICE).create().await;
    let key = scene.key(ALICE);
    let (mut raw, place) = start(scene, 5).await;
    // It has another answer each time that it is carried out.
    let revoke = Request::from(ToggleGroupCallSettings::revoke_link(call));
    let packet = after(place).write(&revoke.to_tl());
    raw.send_sealed(key, &packet).await;
    let (_, answer) = raw.receive(key).await;
    assert!(answer.starts_with(&RPC_RESULT) && contains(&answer, &UPDATES));
    (raw, packet, answer)
}

/// True if a packet has the answer over a new connection that it had before.
async fn is_answered_again(scene: &Scene, packet: &[u8], answer: &[u8]) -> bool {
    let key = scene.key(ALICE);
    let mut again = Raw::connect(scene.address).await;
    again.send_sealed(key, packet).await;
    contains(&again.receive(key).await.1, answer)
}

#[tokio::test]
async fn a_packet_that_somebody_recorded_is_not_carried_out_again_over_a_connection_of_theirs() {
    let scene = Scene::new().await;
    let (_raw, packet, answer) = revoke_a_link(&scene).await;
    assert!(is_answered_again(&scene, &packet, &answer).await);
}

#[tokio::test]
async fn what_a_user_did_is_remembered_however_many_sessions_another_one_has() {
    let scene = Scene::new().await;
    let (raw, packet, answer) = revoke_a_link(&scene).await;
    drop(raw);
    let key = scene.key(BOB);
    let (mut bob, place) = start_as(&scene, BOB, 1000).await;
    let mut place = after(place);
    for session in 1001..1400 {
        place.session = session;
        bob.send_sealed(key, &place.write(&PING)).await;
        bob.receive(key).await;
    }
    assert!(is_answered_again(&scene, &packet, &answer).await);
}

#[tokio::test]
async fn a_client_can_start_another_session_in_its_connection() {
    let scene = Scene::new().await;
    let key = scene.key(ALICE);
    let (mut raw, place) = start(&scene, 5).await;
    let other = Place {
        session: 6,
        ..after(place)
    };
    raw.send_sealed(key, &other.write(&PING)).await;
    let (session, _) = raw.receive(key).await;
    assert_eq!(session, 6);
}

#[tokio::test]
async fn a_client_can_have_its_other_sessions_forgotten() {
    let scene = Scene::new().await;
    let key = scene.key(ALICE);
    let (mut raw, place) = start(&scene, 5).await;
    let (mut other, _) = start(&scene, 6).await;
    let destroy = |session: i64| [DESTROY_SESSION.as_slice(), &session.to_le_bytes()].concat();
    let mut place = after(place);
    for (session, answer) in [
        (6, DESTROY_SESSION_OK),
        (7, DESTROY_SESSION_NONE),
        (5, DESTROY_SESSION_NONE),
    ] {
        raw.send_sealed(key, &place.write(&destroy(session))).await;
        let (_, said) = raw.receive(key).await;
        assert!(said.starts_with(&answer), "{session}");
        place = after(place);
    }
    other.closed().await;
}

#[tokio::test]
async fn a_client_is_shown_users_and_calls_under_the_ids_of_its_layer() {
    const INVOKE_WITH_LAYER: u32 = 0xda9b_0d0d;
    // Of users, of all that is known of them, and of calls.
    const IDS: [(u32, [u32; 3]); 4] = [
        (214, [0x020b_1422, 0xc577_b5ad, 0x553b_0ba1]),
        (217, [0x020b_1422, 0xc577_b5ad, 0x553b_0ba1]),
        (227, [0x3177_4388, 0x06cb_e645, 0xefb2_b617]),
        (228, [0xb1b8_cc83, 0x06cb_e645, 0xefb2_b617]),
    ];
    // users.getFullUser with inputUserSelf.
    let get_self = [0xb60f_5918_u32, 0xf7c1_b13f];
    let get_self = get_self.map(u32::to_le_bytes).concat();
    let scene = Scene::new().await;
    let key = scene.key(ALICE);
    let every = IDS.map(|(_, ids)| ids).concat();
    for (layer, expected) in IDS {
        let check = |bytes: &[u8], shown: &[u32]| {
            for id in &every {
                let is_there = contains(bytes, &id.to_le_bytes());
                assert_eq!(is_there, shown.contains(id), "{layer}: {id:08x}");
            }
        };
        let [user, full_user, call] = expected;
        let (mut raw, place) = start(&scene, layer.into()).await;
        let head = [INVOKE_WITH_LAYER, layer].map(u32::to_le_bytes).concat();
        let query = [head, get_self.clone()].concat();
        let mut place = after(place);
        raw.send_sealed(key, &place.write(&query)).await;
        let (_, answer) = raw.receive(key).await;
        check(&answer, &[user, full_user]);
        let mut bob = scene.client(BOB);
        let (created, _) = bob.create().await;
        let invitation = InviteConferenceCallParticipant {
            video: false,
            call: created.clone(),
            user: InputUser::User {
                id: ALICE,
                access_hash: AccessHash::new(0),
            },
        };
        bob.ask(invitation).await.unwrap();
        let (_, pushed) = raw.receive(key).await;
        check(&pushed, &[user]);
        place = after(place);
        let look = GetGroupCall {
            call: created,
            limit: 0,
        };
        raw.send_sealed(key, &place.write(&look.to_tl())).await;
        let (_, answer) = raw.receive(key).await;
        check(&answer, &[call]);
    }
}
