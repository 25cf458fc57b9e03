//! Joining over a network that loses answers, against a server whose chain moves.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{
    CallId, InputGroupCall, Method, Request, Response, RpcError, SubChain, Update, Updates,
};
use confcall_join::payload::{Fingerprint, JoinPayload};
use confcall_join::policy::Media;
use confcall_join::reaction::{GiveUpReason, Reaction};
use confcall_join::target::Target;
use confcall_media::{ChannelId, Moment, Sending};
use confcall_server::{Options, Server};
use confcall_state::{Newcomer, UserId};
use confcall_transport::loopback::{Connection, Hub};
use confcall_transport::{
    AnswerFault, CallError, EmptyCall, JoinError, JoinOptions, Joined, Step, Transport,
    UpdateStream, join_once,
};

const ALICE: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);
const CAROL: UserId = UserId::new(3);

/// What happens to one join request on its way.
enum Fate {
    /// Somebody else joins first.
    Overtaken(UserId),
    /// The request is lost, and the sender is told only that.
    LostBefore,
    /// The answer is lost.
    LostAfter,
    /// The answer is lost, and somebody else joins before the loss is noticed.
    LostAfterThenOvertaken(UserId),
    /// No answer ever comes.
    Silence,
    /// The answer is about this call.
    AboutCall(i64),
    /// The answer has a type that no join is answered with.
    OfAnotherType,
    /// The server answers with this instead.
    Answered(RpcError),
    /// The answer loses its updates of this subchain.
    Without(SubChain),
}

/// A connection on which the next join requests meet their fates, and which remembers all of them.
struct Faulty {
    connection: Connection<Server>,
    hub: Hub<Server>,
    target: Target,
    fates: Mutex<VecDeque<Fate>>,
    /// Whether the chain is shown empty after the first join request.
    forgets_its_chain: bool,
    sent: Mutex<Vec<Request>>,
}

impl Transport for Faulty {
    async fn call(&self, request: Request) -> Result<Response, CallError> {
        self.sent.lock().unwrap().push(request.clone());
        if matches!(request, Request::ChainBlocks(_)) {
            let answer = self.connection.call(request).await?;
            let mut answer = answer.into_updates().unwrap();
            let forgets = self.forgets_its_chain && !self.attempts().is_empty();
            if let (true, [Update::ChainBlocks(items)]) = (forgets, &mut answer.0[..]) {
                items.blocks.clear();
            }
            return Ok(answer.into());
        }
        let lost = || CallError::Lost {
            reason: "the connection was reset".to_owned(),
        };
        let fate = self.fates.lock().unwrap().pop_front();
        match fate {
            None => self.connection.call(request).await,
            Some(Fate::Overtaken(user_id)) => {
                enter(&self.hub, &self.target, user_id).await;
                self.connection.call(request).await
            }
            Some(Fate::LostBefore) => Err(lost()),
            Some(Fate::LostAfter) => {
                self.connection.call(request).await?;
                Err(lost())
            }
            Some(Fate::LostAfterThenOvertaken(user_id)) => {
                self.connection.call(request).await?;
                enter(&self.hub, &self.target, user_id).await;
                Err(lost())
            }
            Some(Fate::Silence) => std::future::pending().await,
            Some(Fate::AboutCall(id)) => {
                let answer = self.connection.call(request).await?;
                let mut answer = answer.into_updates().unwrap();
                for update in &mut answer.0 {
                    if let Update::ChainBlocks(items) = update {
                        let access_hash = confcall_join::api::AccessHash::new(0);
                        items.call = InputGroupCall::Id {
                            id: CallId::new(id),
                            access_hash,
                        };
                    }
                }
                Ok(answer.into())
            }
            Some(Fate::OfAnotherType) => {
                self.connection.call(request).await?;
                Ok(true.into())
            }
            Some(Fate::Answered(error)) => Err(error.into()),
            Some(Fate::Without(sub_chain)) => {
                let answer = self.connection.call(request).await?;
                let Updates(mut updates) = answer.into_updates().unwrap();
                updates.retain(|update| {
                    !matches!(update, Update::ChainBlocks(items) if items.sub_chain == sub_chain)
                });
                Ok(Updates(updates).into())
            }
        }
    }

    fn updates(&self) -> UpdateStream {
        self.connection.updates()
    }
}

impl Faulty {
    fn new(hub: &Hub<Server>, target: &Target, user_id: UserId, fates: Vec<Fate>) -> Self {
        Self {
            connection: hub.connect(user_id),
            hub: hub.clone(),
            target: target.clone(),
            fates: Mutex::new(fates.into()),
            forgets_its_chain: false,
            sent: Mutex::default(),
        }
    }

    /// The key and the payload of each join request, in order.
    fn attempts(&self) -> Vec<([u8; 32], JoinPayload)> {
        let sent = self.sent.lock().unwrap();
        sent.iter()
            .filter_map(|request| match request {
                Request::Join(join) => Some((
                    *join.public_key.unwrap().as_bytes(),
                    JoinPayload::from_json(join.params.as_str()).unwrap(),
                )),
                _ => None,
            })
            .collect()
    }
}

fn rng(user_id: UserId) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([user_id.value() as u8; 32])
}

fn options(user_id: UserId, empty_call: EmptyCall) -> JoinOptions {
    let fingerprint = Fingerprint::sha256([7; 32]);
    JoinOptions {
        newcomer: Newcomer::new(user_id),
        media: Media {
            payload: JoinPayload::generate(fingerprint, None, &mut rng(user_id)),
            muted: false,
            video_stopped: true,
        },
        empty_call,
    }
}

async fn join_with(
    transport: &impl Transport,
    target: &Target,
    user_id: UserId,
    empty_call: EmptyCall,
) -> Result<Joined, JoinError> {
    let options = options(user_id, empty_call);
    join_once(transport, target, options, &mut rng(user_id), &mut |_| ()).await
}

async fn enter(hub: &Hub<Server>, target: &Target, user_id: UserId) -> Joined {
    let connection = hub.connect(user_id);
    join_with(&connection, target, user_id, EmptyCall::Refuse)
        .await
        .unwrap()
}

/// A server with a call that Alice has created, by the call's slug.
async fn call_of_alice() -> (Hub<Server>, Target, Joined) {
    let hub = Hub::new(Server::new(Options::default()));
    let alice = hub.connect(ALICE);
    let joined = join_with(&alice, &Target::Create, ALICE, EmptyCall::Refuse)
        .await
        .unwrap();
    let slug = hub.with(|server| server.calls().next().unwrap().slug().clone());
    (hub, Target::Slug(slug), joined)
}

fn members(hub: &Hub<Server>) -> Vec<UserId> {
    hub.with(|server| {
        let call = server.calls().next().unwrap();
        let group = call.chain_state().group_state();
        group.participants.iter().map(|one| one.user_id).collect()
    })
}

fn refusal(message: &str) -> RpcError {
    RpcError::new(400, message)
}

#[tokio::test(start_paused = true)]
async fn a_joined_user_has_the_key_that_the_others_have() {
    let (hub, target, mut alice) = call_of_alice().await;
    let mut updates = hub.connect(ALICE).updates();
    let bob = enter(&hub, &target, BOB).await;
    assert_eq!(members(&hub), [ALICE, BOB]);
    assert!(bob.connection.is_some());
    assert_eq!(bob.chain.state().height().value(), 1);
    assert_eq!(bob.attempts, 1);

    // Alice learns of it by a pushed block, under the call's id.
    loop {
        match updates.next().await.unwrap().unwrap() {
            Update::ChainBlocks(items) if items.sub_chain == SubChain::Blocks => {
                assert_eq!(items.call, bob.call);
                let block = confcall_state::Block::from_server(&items.blocks[0]).unwrap();
                alice.chain.apply(&block).unwrap();
                break;
            }
            _ => {}
        }
    }
    let key = alice
        .chain
        .state()
        .open_epoch_key(ALICE, &alice.private_key);
    assert_eq!(key.unwrap(), bob.epoch_key);
    assert!(alice.epoch_key != bob.epoch_key);
}

#[tokio::test(start_paused = true)]
async fn a_joined_user_goes_on_as_a_member_whom_the_others_hear() {
    let (hub, target, alice) = call_of_alice().await;
    let bob = enter(&hub, &target, BOB).await;
    let now = Moment::default();
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let last = bob.blocks.last().unwrap().clone();
    let mut alice = alice
        .into_membership(now, Sending::WithGrace, &mut rng)
        .unwrap();
    alice.apply(now, &last, &mut rng).unwrap();
    let mut bob = bob
        .into_membership(now, Sending::WithGrace, &mut rng)
        .unwrap();
    assert_eq!(alice.state(), bob.state());
    assert_eq!(bob.take_outbound().len(), 1);
    let packet = alice
        .cryptor()
        .seal(now, ChannelId::MAIN, 0, b"hello", &mut rng);
    let opened = bob.cryptor().open(now, ALICE, &packet.unwrap()).unwrap();
    assert_eq!(*opened.data, b"hello");
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_tried_again_with_a_new_key_on_the_new_tip_and_the_same_payload() {
    let (hub, target, _) = call_of_alice().await;
    let bob = Faulty::new(&hub, &target, BOB, vec![Fate::Overtaken(CAROL)]);
    let joined = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap();
    assert_eq!(members(&hub), [ALICE, CAROL, BOB]);
    assert_eq!(joined.attempts, 2);
    let attempts = bob.attempts();
    assert_ne!(attempts[0].0, attempts[1].0);
    assert_eq!(attempts[0].1, attempts[1].1);
}

#[tokio::test(start_paused = true)]
async fn races_are_recognised_by_the_prefix_paused_between_and_bounded() {
    let (hub, target, _) = call_of_alice().await;
    let always = || Fate::Answered(refusal("CONF_WRITE_CHAIN_INVALID_203"));
    let bob = Faulty::new(&hub, &target, BOB, (0..100).map(|_| always()).collect());
    let started = tokio::time::Instant::now();
    let error = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap_err();
    assert!(
        matches!(error, JoinError::Exhausted { attempts: 13, .. }),
        "{error:?}"
    );
    let keys: HashSet<_> = bob.attempts().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 13, "each attempt has a key of its own");
    assert!(started.elapsed() > std::time::Duration::from_secs(10));
    assert_eq!(members(&hub), [ALICE]);
}

#[tokio::test(start_paused = true)]
async fn a_clash_of_sources_gives_new_sources_and_a_new_block_and_is_bounded() {
    let (hub, target, _) = call_of_alice().await;
    let clash = || Fate::Answered(refusal("GROUPCALL_SSRC_DUPLICATE_MUCH"));
    let bob = Faulty::new(&hub, &target, BOB, vec![clash()]);
    let joined = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap();
    let attempts = bob.attempts();
    assert_ne!(attempts[0].0, attempts[1].0);
    assert_ne!(attempts[0].1.ssrc(), attempts[1].1.ssrc());
    assert_eq!(attempts[0].1.credentials(), attempts[1].1.credentials());
    assert_eq!(joined.payload, attempts[1].1);

    let carol = Faulty::new(&hub, &target, CAROL, (0..100).map(|_| clash()).collect());
    let error = join_with(&carol, &target, CAROL, EmptyCall::Refuse)
        .await
        .unwrap_err();
    assert!(
        matches!(error, JoinError::Exhausted { attempts: 6, .. }),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_whose_block_is_the_tip_is_a_join_and_is_not_sent_again() {
    let (hub, target, _) = call_of_alice().await;
    let bob = Faulty::new(&hub, &target, BOB, vec![Fate::LostAfter]);
    let joined = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap();
    assert_eq!(bob.attempts().len(), 1);
    assert_eq!(members(&hub), [ALICE, BOB]);
    assert!(joined.connection.is_none());
    let state = hub.with(|server| server.calls().next().unwrap().chain_state().clone());
    assert_eq!(*joined.chain.state(), state);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_type_is_as_good_as_lost() {
    let (hub, target, _) = call_of_alice().await;
    let bob = Faulty::new(&hub, &target, BOB, vec![Fate::OfAnotherType]);
    let joined = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap();
    assert_eq!(bob.attempts().len(), 1);
    assert_eq!(members(&hub), [ALICE, BOB]);
    assert!(joined.connection.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_sent_again_with_a_new_key() {
    let (hub, target, _) = call_of_alice().await;
    let bob = Faulty::new(&hub, &target, BOB, vec![Fate::LostBefore]);
    let joined = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap();
    let attempts = bob.attempts();
    assert_ne!(attempts[0].0, attempts[1].0);
    assert_eq!(joined.attempts, 2);
    assert_eq!(members(&hub), [ALICE, BOB]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_subchain_is_an_error_and_not_half_a_join() {
    for sub_chain in [SubChain::Blocks, SubChain::Broadcasts] {
        let (hub, target, _) = call_of_alice().await;
        let bob = Faulty::new(&hub, &target, BOB, vec![Fate::Without(sub_chain)]);
        let error = join_with(&bob, &target, BOB, EmptyCall::Refuse)
            .await
            .unwrap_err();
        let fault = AnswerFault::NoSubChain { sub_chain };
        assert!(matches!(error, JoinError::Unusable { fault: found, .. } if found == fault));
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_call_is_not_taken_as_ours_to_create() {
    let hub = Hub::new(Server::new(Options::default()));
    let slug = hub.with(|server| {
        let id = server.create_empty(ALICE).unwrap();
        server.call(id).unwrap().slug().clone()
    });
    let target = Target::Slug(slug);
    let bob = hub.connect(BOB);
    let error = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap_err();
    assert_eq!(error, JoinError::Empty);
    let joined = join_with(&bob, &target, BOB, EmptyCall::Start)
        .await
        .unwrap();
    assert_eq!(joined.chain.state().height().value(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_invitation_older_than_the_first_block_is_waited_for() {
    let hub = Hub::new(Server::new(Options::default()));
    let (slug, message) = hub.with(|server| {
        let id = server.create_empty(ALICE).unwrap();
        let message = server.invite(id, BOB).unwrap();
        (server.call(id).unwrap().slug().clone(), message)
    });
    let alice = async {
        tokio::time::sleep(std::time::Duration::from_secs(9)).await;
        let alice = hub.connect(ALICE);
        join_with(&alice, &Target::Slug(slug), ALICE, EmptyCall::Start)
            .await
            .unwrap()
    };
    let bob = hub.connect(BOB);
    let invitation = Target::Invitation(message);
    let bob = join_with(&bob, &invitation, BOB, EmptyCall::Refuse);
    let (_, joined) = tokio::join!(alice, bob);
    assert_eq!(joined.unwrap().chain.state().height().value(), 1);
    assert_eq!(members(&hub), [ALICE, BOB]);
}

#[tokio::test(start_paused = true)]
async fn an_invitation_to_a_call_that_never_starts_is_given_up_after_15_seconds() {
    let hub = Hub::new(Server::new(Options::default()));
    let message = hub.with(|server| {
        let id = server.create_empty(ALICE).unwrap();
        server.invite(id, BOB).unwrap()
    });
    let bob = hub.connect(BOB);
    let started = tokio::time::Instant::now();
    let invitation = Target::Invitation(message);
    let error = join_with(&bob, &invitation, BOB, EmptyCall::Refuse)
        .await
        .unwrap_err();
    assert_eq!(error, JoinError::Empty);
    let waited = started.elapsed().as_secs_f64();
    assert!((10.0..20.0).contains(&waited), "{waited} s");
}

#[tokio::test(start_paused = true)]
async fn every_other_error_comes_back_at_once_with_its_reaction() {
    let give_up = Reaction::GiveUp;
    for (error, expected) in [
        (
            RpcError::new(403, "GROUPCALL_FORBIDDEN"),
            give_up(GiveUpReason::OverOrNotForUs),
        ),
        (
            refusal("PUBLIC_KEY_INVALID"),
            give_up(GiveUpReason::OurMistake),
        ),
        (
            refusal("GROUPCALL_PARTICIPANTS_TOO_MUCH"),
            give_up(GiveUpReason::Full),
        ),
        (
            RpcError::new(420, "FLOOD_WAIT_17"),
            Reaction::WaitThenRepeat(std::time::Duration::from_secs(17)),
        ),
        (refusal("SOMETHING_NEW"), Reaction::Unknown),
    ] {
        let (hub, target, _) = call_of_alice().await;
        let bob = Faulty::new(&hub, &target, BOB, vec![Fate::Answered(error.clone())]);
        let refused = join_with(&bob, &target, BOB, EmptyCall::Refuse)
            .await
            .unwrap_err();
        let method = Method::JoinGroupCall;
        let reaction = expected;
        assert_eq!(
            refused,
            JoinError::Refused {
                method,
                error,
                reaction
            }
        );
        assert_eq!(bob.attempts().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_does_not_exist_is_a_typed_refusal() {
    let (hub, _, _) = call_of_alice().await;
    let bob = hub.connect(BOB);
    let nowhere = Target::Call {
        id: CallId::new(404),
        access_hash: confcall_join::api::AccessHash::new(0),
    };
    let error = join_with(&bob, &nowhere, BOB, EmptyCall::Refuse)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        JoinError::Refused {
            reaction: Reaction::RefreshReferenceOnce,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn rejoining_replaces_the_stale_entry() {
    let (hub, target, _) = call_of_alice().await;
    let first = enter(&hub, &target, BOB).await;
    let bob = hub.connect(BOB);
    // Another generator, as another run of the client has.
    let mut rng = ChaCha20Rng::from_seed([77; 32]);
    let options = options(BOB, EmptyCall::Refuse);
    let second = join_once(&bob, &target, options, &mut rng, &mut |_| ())
        .await
        .unwrap();
    assert_eq!(members(&hub), [ALICE, BOB]);
    assert_ne!(
        first.private_key.public_key(),
        second.private_key.public_key()
    );
}

#[tokio::test(start_paused = true)]
async fn every_step_is_told_and_reads_as_one_short_line() {
    let (hub, target, _) = call_of_alice().await;
    let fates = vec![Fate::Overtaken(CAROL), Fate::LostAfter];
    let bob = Faulty::new(&hub, &target, BOB, fates);
    let mut steps = Vec::new();
    let mut on_step = |step: Step<'_>| {
        let line = step.to_string();
        steps.push(match step {
            // How long the pause is, is left to chance.
            Step::Retrying { error, .. } => {
                assert!(line.starts_with(&format!("{error}; again after ")));
                error.to_string()
            }
            _ => line,
        });
    };
    let options = options(BOB, EmptyCall::Refuse);
    let joined = join_once(&bob, &target, options, &mut rng(BOB), &mut on_step)
        .await
        .unwrap();
    assert!(matches!(joined.call, InputGroupCall::Id { .. }));
    let race = refusal("CONF_WRITE_CHAIN_INVALID_204").to_string();
    assert_eq!(
        steps,
        [
            "the newest block is block 0",
            "block 1 was built",
            "phone.joinGroupCall is being sent",
            &race,
            "the newest block is block 1",
            "block 2 was built",
            "phone.joinGroupCall is being sent",
            "the answer was lost: the connection was reset",
            "the newest block is block 2",
            "the answer was lost, but block 2 holds our key",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_chain_vanishes_between_attempts_is_not_started_anew() {
    let (hub, target, _) = call_of_alice().await;
    for empty_call in [EmptyCall::Refuse, EmptyCall::Start] {
        let race = Fate::Answered(refusal("CONF_WRITE_CHAIN_INVALID"));
        let mut bob = Faulty::new(&hub, &target, BOB, vec![race]);
        bob.forgets_its_chain = true;
        let error = join_with(&bob, &target, BOB, empty_call).await.unwrap_err();
        assert_eq!(error, JoinError::Tip(AnswerFault::ChainGone));
        assert_eq!(bob.attempts().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_a_join_also_when_somebody_has_joined_since() {
    let (hub, target, _) = call_of_alice().await;
    let bob = Faulty::new(
        &hub,
        &target,
        BOB,
        vec![Fate::LostAfterThenOvertaken(CAROL)],
    );
    let joined = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap();
    assert_eq!(bob.attempts().len(), 1);
    assert_eq!(members(&hub), [ALICE, BOB, CAROL]);
    assert_eq!(joined.chain.state().height().value(), 2);
    assert!(
        matches!(joined.call, InputGroupCall::Id { .. }),
        "later updates carry the id"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_loss_is_checked_too() {
    let (hub, target, _) = call_of_alice().await;
    let mut fates: Vec<_> = (0..4).map(|_| Fate::LostBefore).collect();
    fates.push(Fate::LostAfter);
    let bob = Faulty::new(&hub, &target, BOB, fates);
    let joined = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap();
    assert_eq!(joined.attempts, 5);
}

#[tokio::test(start_paused = true)]
async fn a_lost_creation_is_sent_again_as_it_was_and_creates_one_call() {
    let hub = Hub::new(Server::new(Options::default()));
    let alice = Faulty::new(&hub, &Target::Create, ALICE, vec![Fate::LostAfter]);
    let joined = join_with(&alice, &Target::Create, ALICE, EmptyCall::Refuse)
        .await
        .unwrap();
    assert_eq!(hub.with(|server| server.calls().len()), 1);
    assert_eq!(members(&hub), [ALICE]);
    assert!(joined.connection.is_some());
    let sent = alice.sent.lock().unwrap();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let (hub, target, _) = call_of_alice().await;
    let silence = (0..100).map(|_| Fate::Silence).collect();
    let bob = Faulty::new(&hub, &target, BOB, silence);
    let error = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap_err();
    assert!(
        matches!(error, JoinError::Lost { attempts: 5, .. }),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_another_call_is_not_a_join() {
    let (hub, target, _) = call_of_alice().await;
    let bob = Faulty::new(&hub, &target, BOB, vec![Fate::AboutCall(999)]);
    let error = join_with(&bob, &target, BOB, EmptyCall::Refuse)
        .await
        .unwrap_err();
    let fault = AnswerFault::OtherCall;
    assert!(matches!(error, JoinError::Unusable { fault: found, .. } if found == fault));
}
