//! Frames between the clients of a world, over paths of their own that lose, double and reorder.
//!
//! Each frame is sealed once and sent to all others who are in. The laws: what is opened is what was written, and once
//! only; what comes to a member at the block of its sender, in their memberships of that time, is opened.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chacha20::rand_core::Rng as _;
use confcall_media::{ChannelId, Cryptor};
use confcall_state::BlockHash;

use crate::node::Node;
use crate::transit::NodeId;
use crate::world::World;

/// One packet in so many is lost, and one comes twice.
const LOST: usize = 10;
const DOUBLED: usize = 10;
/// The longest time that a packet is on its way.
const SLOWEST: usize = 3_000;
const LONGEST_FRAME: usize = 1_200;

/// The packets that are on their way, and what became of the others.
#[derive(Debug, Default)]
pub struct Frames {
    on_their_way: Vec<Packet>,
    /// The frames that were opened, by the receiver.
    heard: BTreeSet<(NodeId, u64)>,
    /// The number of frames that were sealed.
    pub sealed: u64,
    /// The number of packets that were sent, one for each receiver and copy.
    pub sent: u64,
    /// The number of packets that were lost on their way.
    pub lost: u64,
    /// The number of packets that were opened.
    pub opened: u64,
    /// The number of packets that were refused, or found no member, as they should.
    pub refused: u64,
}

#[derive(Clone, Debug)]
struct Packet {
    due: Duration,
    number: u64,
    from: NodeId,
    to: NodeId,
    bytes: Arc<[u8]>,
    frame: Arc<[u8]>,
    /// The block of the sender, and the cryptors of both, of their memberships at that time.
    block: BlockHash,
    memberships: [Arc<Cryptor>; 2],
}

impl Frames {
    /// All who are in send a frame to all others who are.
    ///
    /// # Panics
    ///
    /// If a member cannot seal.
    pub fn speak(&mut self, world: &mut World) {
        let inside: Vec<_> = (0..world.nodes.len())
            .filter(|node| world.nodes[*node].is_in())
            .collect();
        for from in &inside {
            let others = inside.iter().copied();
            let others = others.filter(|to| world.nodes[*to].user != world.nodes[*from].user);
            let others: Vec<_> = others.collect();
            self.send(world, *from, &others);
        }
    }

    fn send(&mut self, world: &mut World, from: NodeId, others: &[NodeId]) {
        let Some((ours, block)) = place(&world.nodes[from]) else {
            return;
        };
        let mut frame = vec![0; world.below(LONGEST_FRAME)];
        world.rng().fill_bytes(&mut frame);
        let prefix = world.below(frame.len().min(16) + 1);
        let now = world.moment();
        let packet = ours.seal(now, ChannelId::MAIN, prefix, &frame, world.rng());
        let bytes: Arc<[u8]> = packet.expect("a member seals").into();
        let frame: Arc<[u8]> = frame.into();
        let number = self.sealed;
        self.sealed += 1;
        for to in others {
            let Some((theirs, _)) = place(&world.nodes[*to]) else {
                continue;
            };
            for _ in 0..=usize::from(world.below(DOUBLED) == 0) {
                self.sent += 1;
                if world.below(LOST) == 0 {
                    self.lost += 1;
                    continue;
                }
                let delay = Duration::from_millis(world.below(SLOWEST) as u64);
                self.on_their_way.push(Packet {
                    due: world.now() + delay,
                    number,
                    from,
                    to: *to,
                    bytes: Arc::clone(&bytes),
                    frame: Arc::clone(&frame),
                    block,
                    memberships: [Arc::clone(&ours), Arc::clone(&theirs)],
                });
            }
        }
    }

    /// Hands over what has arrived.
    ///
    /// # Panics
    ///
    /// If a law does not hold.
    pub fn deliver(&mut self, world: &World) {
        let now = world.now();
        let arrived = self.on_their_way.extract_if(.., |one| one.due <= now);
        let mut arrived: Vec<_> = arrived.collect();
        arrived.sort_by_key(|packet| packet.due);
        for packet in arrived {
            self.hand_over(world, &packet);
        }
    }

    fn hand_over(&mut self, world: &World, packet: &Packet) {
        let (from, to) = (&world.nodes[packet.from], &world.nodes[packet.to]);
        let key = (packet.to, packet.number);
        let who = (from.user, to.user);
        let Some((cryptor, _)) = place(to) else {
            self.refused += 1;
            return;
        };
        match cryptor.open(world.moment(), from.user, &packet.bytes) {
            Ok(opened) => {
                let same = *opened.data == *packet.frame;
                assert!(same, "{who:?}: another frame\n{}", world.history());
                let once = self.heard.insert(key);
                assert!(
                    once,
                    "{who:?}: a frame is opened twice\n{}",
                    world.history()
                );
                self.opened += 1;
            }
            Err(error) => {
                let is_due = self.heard.contains(&key) || !packet.is_to_be_opened(from, to);
                assert!(
                    is_due,
                    "{who:?}: a frame that came in time: {error}\n{}",
                    world.history()
                );
                self.refused += 1;
            }
        }
    }
}

impl Packet {
    /// True if nothing has changed since it was sent that could keep it from being opened.
    fn is_to_be_opened(&self, from: &Node, to: &Node) -> bool {
        let [ours, theirs] = &self.memberships;
        let sender = from.cryptor.as_ref();
        sender.is_some_and(|now| Arc::ptr_eq(now, ours))
            && place(to)
                .is_some_and(|(now, block)| Arc::ptr_eq(&now, theirs) && block == self.block)
    }
}

/// The cryptor of a client that is in the call, and the block that it is at.
fn place(node: &Node) -> Option<(Arc<Cryptor>, BlockHash)> {
    let membership = node.engine.membership()?;
    let cryptor = node.cryptor.clone()?;
    Some((cryptor, membership.state().hash()))
}
