//! The laws of the search.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::UserId;
use confcall::join::membership::Membership;
use confcall::media::{ChannelId, Cryptor, Moment};
use confcall::state::{BlockHash, EmojiHash, PublicKey};

use crate::network::Network;
use crate::search::{MOST_UNDER_WAY, State};

/// After this time no epoch but the newest is left, so what is sealed then is sealed under that one alone.
const GRACE: Duration = Duration::from_secs(11);

/// A member who follows some block: what it seals for that block alone, and what opens it.
struct Witness {
    user: UserId,
    packet: Vec<u8>,
    cryptor: Cryptor,
}

/// The laws that hold in every state of every run.
pub(crate) struct Laws {
    is_server_honest: bool,
    /// For each block the first members that were met at it, one of each user.
    witnesses: BTreeMap<BlockHash, Vec<Witness>>,
    /// The block for which each emoji were shown.
    emoji: HashMap<EmojiHash, BlockHash>,
    /// The keys whose owners were found to be at a block.
    at_block: HashSet<(BlockHash, PublicKey)>,
    /// The removed, at the block that they know, who were found not to open another one.
    shut_out: HashSet<(PublicKey, BlockHash, BlockHash)>,
}

/// A law that does not hold, in words.
pub(crate) type Broken = String;

impl Laws {
    pub(crate) fn new(is_server_honest: bool) -> Self {
        Self {
            is_server_honest,
            witnesses: BTreeMap::new(),
            emoji: HashMap::new(),
            at_block: HashSet::new(),
            shut_out: HashSet::new(),
        }
    }

    /// Checks one state.
    pub(crate) fn check(
        &mut self,
        network: &mut Network,
        state: &State,
        until: Duration,
    ) -> Result<(), Broken> {
        if state.now > until {
            return Err("the run does not come to rest".to_owned());
        }
        for fresh in network.take_fresh() {
            let node = &network.clients.of(fresh).node;
            for (block, emoji) in &node.emoji {
                if self.emoji.entry(*emoji).or_insert(*block) != block {
                    return Err("the same emoji are shown for two blocks".to_owned());
                }
            }
            if let Some(membership) = node.engine.membership() {
                check_origin(network, membership)?;
                self.check_keys(membership, state.now)?;
            }
        }
        check_bounds(state)?;
        // Who is shown other emoji is warned; an honest server gives no reason for that.
        if self.is_server_honest {
            check_emoji(network, state)?;
        }
        self.check_removed(network, state)
    }

    /// Checks a state in which a run has come to rest: all hear each other.
    pub(crate) fn check_end(&mut self, network: &mut Network, state: &State) -> Result<(), Broken> {
        let now = Moment::new(state.now);
        let members = || {
            state.lines.iter().filter_map(|line| {
                let client = network.clients.of(line.client);
                Some((line.world, client.node.engine.membership()?))
            })
        };
        for (world, from) in members() {
            let packet = seal(from.cryptor(), now)?;
            let others =
                members().filter(|(there, to)| *there == world && to.user_id() != from.user_id());
            for (_, to) in others {
                let opened = Cryptor::clone(to.cryptor()).open(now, from.user_id(), &packet);
                opened.map_err(|error| deaf(to.user_id(), from.user_id(), &error.to_string()))?;
            }
        }
        Ok(())
    }

    /// All who are at a block have the same key for it.
    fn check_keys(&mut self, membership: &Membership, now: Duration) -> Result<(), Broken> {
        let block = membership.state().hash();
        if !self.at_block.insert((block, membership.public_key())) {
            return Ok(());
        }
        let now = Moment::new(now + GRACE);
        let cryptor = Cryptor::clone(membership.cryptor());
        let user = membership.user_id();
        let packet = seal(&cryptor, now)?;
        let witnesses = self.witnesses.entry(block).or_default();
        for witness in witnesses.iter().filter(|witness| witness.user != user) {
            let heard = cryptor.open(now, witness.user, &witness.packet);
            heard.map_err(|error| deaf(user, witness.user, &error.to_string()))?;
            let heard = Cryptor::clone(&witness.cryptor).open(now, user, &packet);
            heard.map_err(|error| deaf(witness.user, user, &error.to_string()))?;
        }
        witnesses.push(Witness {
            user,
            packet,
            cryptor: Cryptor::clone(membership.cryptor()),
        });
        Ok(())
    }

    /// Users who are not in a block open nothing that is sealed under it, not even after following the chain to it.
    fn check_removed(&mut self, network: &Network, state: &State) -> Result<(), Broken> {
        let clients: Vec<_> = state
            .lines
            .iter()
            .map(|line| network.clients.of(line.client))
            .collect();
        let now = Moment::new(state.now);
        for (line, client) in state.lines.iter().zip(&clients) {
            let server = network.servers.of(state.worlds[line.world].server);
            let (Some(call), Some(member)) =
                (server.calls().next(), client.node.engine.membership())
            else {
                continue;
            };
            let group_state = member.state().group_state();
            let block = member.state().hash();
            for keys in clients.iter().flat_map(|client| client.keys()) {
                let (user, key) = (keys.user_id(), keys.public_key());
                let is_in = group_state
                    .by_user(user)
                    .is_some_and(|one| one.public_key == key);
                let is_later = member.state().height() > keys.state().height();
                let case = (key, keys.state().hash(), block);
                if is_in || !is_later || !self.shut_out.insert(case) {
                    continue;
                }
                let mut removed = keys.clone();
                let mut rng = ChaCha20Rng::from_seed([9; 32]);
                let packets = self.witnesses.get(&block).into_iter().flatten();
                for Witness {
                    user: from, packet, ..
                } in packets
                {
                    if Cryptor::clone(removed.cryptor())
                        .open(now, *from, packet)
                        .is_ok()
                    {
                        return Err(format!("user {user} is removed and hears user {from}"));
                    }
                }
                let height = usize::try_from(keys.state().height().value()).unwrap_or(0);
                for bytes in call.blocks().iter().skip(height + 1) {
                    let _ = removed.apply_from_server(now, bytes, &mut rng);
                }
                let packets = self.witnesses.get(&block).into_iter().flatten();
                for Witness {
                    user: from, packet, ..
                } in packets
                {
                    if removed.cryptor().open(now, *from, packet).is_ok() {
                        return Err(format!("user {user} follows on and hears user {from}"));
                    }
                }
            }
        }
        Ok(())
    }
}

fn seal(cryptor: &Cryptor, now: Moment) -> Result<Vec<u8>, Broken> {
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let packet = cryptor.seal(now, ChannelId::MAIN, 0, b"sound", &mut rng);
    packet.map_err(|error| error.to_string())
}

fn deaf(to: UserId, from: UserId, why: &str) -> Broken {
    format!("user {to} does not hear user {from}: {why}")
}

/// Two who have verified the same block see the same emoji.
fn check_emoji(network: &Network, state: &State) -> Result<(), Broken> {
    let mut all = BTreeMap::new();
    for line in &state.lines {
        for (block, emoji) in &network.clients.of(line.client).node.emoji {
            if *all.entry(block).or_insert(emoji) != emoji {
                return Err("two see other emoji for one block".to_owned());
            }
        }
    }
    Ok(())
}

/// Everybody in a chain asked to be in it under that key.
fn check_origin(network: &Network, membership: &Membership) -> Result<(), Broken> {
    for one in &membership.state().group_state().participants {
        if !network.announced.contains(&(one.user_id, one.public_key)) {
            let us = membership.user_id();
            return Err(format!(
                "user {us} has user {} in its chain, who never asked",
                one.user_id
            ));
        }
    }
    Ok(())
}

fn check_bounds(state: &State) -> Result<(), Broken> {
    let lines = state.lines.iter();
    let most = lines.map(|line| line.queries.len().max(line.deliveries.len()));
    match most.max() {
        Some(most) if most > MOST_UNDER_WAY => Err(format!("{most} messages are under way")),
        _ => Ok(()),
    }
}
