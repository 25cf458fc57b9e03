//! A call of members that count.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::api::{
    CreateConferenceCall, InputGroupCall, InputPeer, JoinGroupCall, Method, Response, Update,
    Updates,
};
use confcall::join::joining::Fingerprint;
use confcall::state::Block;
use confcall::transport::tl::read_response;
use confcall::{JoinBlock, JoinPayload, Joiner};
use tokio::time::sleep;

use crate::caller::User;
use crate::member::{Counts, Kind, Member};
use crate::record::Record;

/// How long the server may take to pass on what was said.
const REST: Duration = Duration::from_secs(60);

/// How often is looked whether it has.
const LOOK: Duration = Duration::from_micros(200);

/// A call, and its members in the order in which they joined.
pub(crate) struct Crowd {
    members: Vec<Member>,
    call: InputGroupCall,
    tip: Option<Block>,
    rng: ChaCha20Rng,
    pub(crate) counts: Arc<Counts>,
    pub(crate) record: Record,
}

impl Crowd {
    /// Creates a call without any block, whose creator is the first to join.
    pub(crate) async fn create(user: User, counts: &Arc<Counts>, record: &Record) -> Self {
        let id = user.id;
        let creator = Member::connect(user, Arc::clone(counts), record.clone()).await;
        let request = CreateConferenceCall {
            muted: true,
            video_stopped: true,
            random_id: 1,
            public_key: None,
            block: None,
            params: None,
        };
        let answer = creator.ask(request).await;
        let answer = read_response(Method::CreateConferenceCall, &answer, id);
        let Ok(Response::Updates(Updates(updates))) = answer else {
            panic!("no updates");
        };
        let call = updates.iter().find_map(|update| match update {
            Update::GroupCall { call, .. } => Some(call.reference()),
            _ => None,
        });
        let mut crowd = Self {
            members: Vec::new(),
            call: call.expect("a call"),
            tip: None,
            rng: ChaCha20Rng::seed_from_u64(id.value().unsigned_abs()),
            counts: Arc::clone(counts),
            record: record.clone(),
        };
        crowd.join(&creator).await;
        crowd.members.push(creator);
        crowd
    }

    /// Lets a user join.
    pub(crate) async fn enter(&mut self, user: User) {
        let member = Member::connect(user, Arc::clone(&self.counts), self.record.clone()).await;
        self.join(&member).await;
        self.members.push(member);
    }

    /// Lets one of the members join again, by which there is a new block.
    pub(crate) async fn enter_again(&mut self, place: usize) {
        let member = self.members.remove(place);
        self.join(&member).await;
        self.members.push(member);
    }

    async fn join(&mut self, member: &Member) {
        let (joiner, rng) = (Joiner::new(member.id), &mut self.rng);
        let join = match &self.tip {
            Some(tip) => JoinBlock::add_self(tip, joiner, rng),
            None => JoinBlock::first(joiner, rng),
        };
        let join = join.expect("anybody may join");
        let fingerprint = Fingerprint::sha256([7; 32]);
        let request = JoinGroupCall {
            muted: true,
            video_stopped: true,
            call: self.call.clone(),
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: Some(join.public_key()),
            block: Some(join.block().bytes().to_vec()),
            params: JoinPayload::generate(fingerprint, None, &mut self.rng).to_params(),
        };
        self.tip = Some(join.block().clone());
        member.join(request.into(), join, self.call.clone()).await;
    }

    /// Has each member say something after the other, when all have heard the one before; gives the number of pushes.
    pub(crate) async fn say_in_turn(&self, kind: Kind) -> u64 {
        let others = self.members.len() as u64 - 1;
        let mut heard = self.counts.broadcasts.load(Ordering::Relaxed);
        let before = heard;
        for member in &self.members {
            member.say(kind);
            heard += others;
            reach(&self.counts.broadcasts, heard).await;
        }
        heard - before
    }

    /// The number of broadcasts that are pushed for a block on which all speak.
    pub(crate) fn round(&self) -> u64 {
        let members = self.members.len() as u64;
        2 * members * (members - 1)
    }

    /// Waits until so many broadcasts have been heard.
    pub(crate) async fn hear(&self, broadcasts: u64) {
        reach(&self.counts.broadcasts, broadcasts).await;
    }

    /// Waits until nothing is heard any more.
    pub(crate) async fn rest(&self) {
        loop {
            let before = self.counts.pushes.load(Ordering::Relaxed);
            sleep(Duration::from_millis(300)).await;
            if self.counts.pushes.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }
}

async fn reach(counter: &AtomicU64, wanted: u64) {
    let started = Instant::now();
    while counter.load(Ordering::Relaxed) < wanted {
        let missing = wanted - counter.load(Ordering::Relaxed);
        assert!(started.elapsed() < REST, "{missing} are never heard");
        sleep(LOOK).await;
    }
}
