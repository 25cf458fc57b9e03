//! Laws of a world, for tests to call when they are due.

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{ChainBlocks, SubChain};
use confcall_join::engine::EndReason;
use confcall_join::joining::Target;
use confcall_media::ChannelId;
use confcall_server::faults::Faults;

use crate::node::Node;
use crate::transit::NodeId;
use crate::world::World;

impl World {
    /// A call of some members over a good network, who have verified each other.
    pub fn with_call(members: usize) -> Self {
        let mut world = Self::new(1, Faults::NONE);
        world.join(Target::Create);
        world.converge();
        for _ in 1..members {
            let link = world.link();
            world.join(link);
            world.converge();
        }
        world
    }

    /// Lets all who are in a call, or enter it, come together.
    ///
    /// # Panics
    ///
    /// If they do not within four minutes, or all have ended.
    pub fn converge(&mut self) {
        // What was asked a moment ago has not begun to show.
        self.run(Duration::from_secs(1));
        let converged = self.run_while_not(Duration::from_secs(240), Self::has_converged);
        // Of no clients everything holds.
        let any_stay = self.nodes.iter().any(|node| node.ended.is_none());
        assert!(converged && any_stay, "no convergence\n{}", self.history());
        self.check_hearing();
    }

    /// True if all clients that did not end are in the call at the server's block, verified.
    pub fn has_converged(&self) -> bool {
        let Some(call) = self.server.calls().next() else {
            return false;
        };
        let tip = call.chain_state().hash();
        self.nodes
            .iter()
            .filter(|node| node.ended.is_none())
            .all(|node| {
                let membership = node.engine.membership();
                membership.is_some_and(|membership| {
                    node.cryptor.is_some()
                        && membership.state().hash() == tip
                        && membership.verification().emoji_hash().is_some()
                })
            })
    }

    /// Checks that all who are in hear each other.
    pub fn check_hearing(&self) {
        let is_silent = |node: &&Node| node.is_in() && node.cryptor.is_none();
        let silent = self.nodes.iter().find(is_silent);
        assert!(silent.is_none(), "{}", self.history());
        self.hear(|_, _| true);
    }

    /// Checks that all who are at the same block hear each other, but for those who have not gone on yet after a restart.
    pub fn check_hearing_by_block(&self) {
        let block = |node: &Node| {
            let membership = node.engine.membership();
            membership.map(|membership| membership.state().hash())
        };
        self.hear(|from, to| block(from) == block(to));
    }

    fn hear(&self, hears: impl Fn(&Node, &Node) -> bool) {
        let now = self.moment();
        let inside = self.nodes.iter().filter(|node| node.is_in());
        let inside = inside.filter_map(|node| Some((node, node.cryptor.as_ref()?)));
        let inside: Vec<_> = inside.collect();
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        for (from, cryptor) in &inside {
            let packet = cryptor.seal(now, ChannelId::MAIN, 0, b"sound", &mut rng);
            let packet = packet.expect("a member seals");
            let others = inside.iter().filter(|(to, _)| to.user != from.user);
            for (to, cryptor) in others.filter(|(to, _)| hears(from, to)) {
                let opened = cryptor.open(now, from.user, &packet);
                opened.unwrap_or_else(|error| {
                    let (to, from, history) = (to.user, from.user, self.history());
                    panic!("user {to} does not hear user {from}: {error}\n{history}")
                });
            }
        }
    }

    /// Checks that every message that a client shows was written, by whom it says and as it is.
    pub fn check_messages(&self) {
        for node in &self.nodes {
            for (from, message) in node.messages() {
                let written = self.written(message.random_id());
                let is_true = written.is_some_and(|(user, text)| *user == from && text == message);
                assert!(
                    is_true,
                    "user {} shows what user {from} did not write\n{}",
                    node.user,
                    self.history()
                );
            }
        }
    }

    /// The reason for which a client ended.
    ///
    /// # Panics
    ///
    /// If it did not.
    pub fn end(&self, node: NodeId) -> &EndReason {
        let ended = self.nodes[node].ended.as_ref();
        &ended.unwrap_or_else(|| panic!("{}", self.history())).reason
    }

    /// All blocks or broadcasts of the call, as one update.
    pub fn items(&self, sub_chain: SubChain) -> ChainBlocks {
        let call = self.server.calls().next().expect("there is a call");
        let blocks = match sub_chain {
            SubChain::Blocks => call.blocks(),
            SubChain::Broadcasts => call.broadcasts(),
        };
        ChainBlocks {
            call: call.reference(),
            sub_chain,
            next_offset: blocks.len() as i32,
            blocks: blocks.to_vec(),
        }
    }
}
