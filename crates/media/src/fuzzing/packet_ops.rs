use core::time::Duration;
use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use confcall_state::BlockHash;
use rand_core::SeedableRng as _;

use super::{epoch, hash, key, user};
use crate::channel::ChannelId;
use crate::cryptor::{AddedEpoch, Cryptor};
use crate::epochs::RemovalGrace;
use crate::error::{OpenError, SealError};
use crate::limits;
use crate::moment::Moment;
use crate::packet::{HEAD, PER_EPOCH};

/// How far behind the newest a packet is opened for certain.
const REACH: u32 = 1024;

/// Two members, and a network that loses, delays, repeats, reorders and damages what they send.
///
/// The laws: a packet gives what was sealed, to each member once; what arrives in time, under an epoch that both
/// keep, is opened; what was changed is not.
pub fn packet_ops(data: &[u8]) {
    let mut u = Unstructured::new(data);
    if let Ok(mut scene) = Scene::draw(&mut u) {
        while !u.is_empty() && scene.step(&mut u).is_ok() {}
    }
}

/// What was sealed, and under what.
struct Sent {
    sender: usize,
    channel: ChannelId,
    seqno: u32,
    frame: Vec<u8>,
    packet: Vec<u8>,
    prefix: usize,
    /// The epochs that it is for.
    epochs: Vec<BlockHash>,
}

/// A member as the laws see it.
struct Member {
    cryptor: Cryptor,
    removal_grace: RemovalGrace,
    /// The number of the epoch that comes next; the hash of none comes twice.
    next: u8,
    /// The epochs that it keeps, oldest first, and when each ends.
    epochs: Vec<(u8, Option<Moment>)>,
    /// What it opened, by channel and seqno.
    opened: BTreeSet<(i32, u32)>,
    /// How many it sealed on each channel that is used here.
    sealed: [u32; 3],
}

struct Scene {
    now: Moment,
    rng: ChaCha20Rng,
    members: [Member; 2],
    sent: Vec<Sent>,
}

const CHANNELS: [i32; 3] = [0, 1, 1023];
/// The hashes of the epochs differ up to this number.
const LAST_EPOCH: u8 = 126;
/// Around the reach of a replay window, and up to the end of the numbers.
const LEAPS: [u32; 8] = [1, 63, 64, 1023, 1024, 1025, 1 << 31, u32::MAX];

impl Scene {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let removal_grace = match u.arbitrary()? {
            true => RemovalGrace::WithGrace,
            false => RemovalGrace::Strict,
        };
        let member = |number| Member {
            cryptor: Cryptor::new(user(number), key(number), removal_grace),
            removal_grace,
            next: 1,
            epochs: Vec::new(),
            opened: BTreeSet::new(),
            sealed: [0; 3],
        };
        let mut scene = Self {
            now: Moment::default(),
            rng: ChaCha20Rng::from_seed([5; 32]),
            members: [member(1), member(2)],
            sent: Vec::new(),
        };
        scene.add_epoch(0);
        scene.add_epoch(1);
        Ok(scene)
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let who = u.int_in_range(0..=1)?;
        match u.int_in_range(0..=19)? {
            0 => {
                let pause = u.int_in_range(0..=12_000)?;
                self.now = self.now + Duration::from_millis(pause);
            }
            1 => {
                self.add_epoch(0);
                self.add_epoch(1);
            }
            2 => self.add_epoch(who),
            3 => {
                let number = u.int_in_range(0..=self.members[who].next)?;
                self.members[who].forget(self.now, &hash(number));
            }
            4 => self.leap(who, *u.choose(&LEAPS)?),
            5..=10 => {
                let channel = u.choose_index(CHANNELS.len())?;
                let size = u.int_in_range(0..=40)?;
                let prefix = u.int_in_range(0..=size)?;
                self.seal(who, channel, prefix, vec![u.arbitrary()?; size]);
            }
            11 => self.damage(u)?,
            _ => self.deliver(u)?,
        }
        Ok(())
    }

    fn add_epoch(&mut self, who: usize) {
        let member = &mut self.members[who];
        let number = member.next;
        if number > LAST_EPOCH {
            return;
        }
        member.next += 1;
        member.prune(self.now);
        for expected in [AddedEpoch::Newest, AddedEpoch::AlreadyKnown] {
            let added = member
                .cryptor
                .add_epoch(self.now, epoch(number, users(number)));
            assert_eq!(added, expected);
        }
        member.add(self.now, number);
    }

    /// Goes on some numbers later, as after a restart.
    fn leap(&mut self, who: usize, ahead: u32) {
        let member = &mut self.members[who];
        member.cryptor.resume(&member.cryptor.counters(), ahead);
        for sealed in &mut member.sealed {
            *sealed = sealed.saturating_add(ahead);
        }
    }

    fn seal(&mut self, who: usize, channel: usize, prefix: usize, frame: Vec<u8>) {
        let member = &mut self.members[who];
        member.prune(self.now);
        let id = ChannelId::new(CHANNELS[channel]).expect("it is one");
        let sealed = member
            .cryptor
            .seal(self.now, id, prefix, &frame, &mut self.rng);
        let all: Vec<_> = member.epochs.iter().map(|(one, _)| hash(*one)).collect();
        let packet = match sealed {
            Ok(packet) => packet,
            Err(SealError::CounterUsedUp { .. }) => {
                return assert_eq!(member.sealed[channel], u32::MAX);
            }
            Err(error) => {
                let nobody = member.removal_grace == RemovalGrace::Strict || all.is_empty();
                return assert!(nobody, "{error}");
            }
        };
        member.sealed[channel] += 1;
        let epochs = named(&packet, prefix);
        match (member.removal_grace, member.epochs.last()) {
            (RemovalGrace::WithGrace, _) => assert_eq!(epochs, all),
            (RemovalGrace::Strict, Some((newest, _))) => {
                member.epochs.iter().for_each(|(one, _)| {
                    let left = has_third(*one) && !has_third(*newest);
                    assert!(
                        !left || !epochs.contains(&hash(*one)),
                        "who left can listen"
                    );
                })
            }
            (RemovalGrace::Strict, None) => panic!("sealed for nobody"),
        }
        self.sent.push(Sent {
            sender: who,
            channel: id,
            seqno: member.sealed[channel],
            frame,
            packet,
            prefix,
            epochs,
        });
    }

    fn deliver(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let sent = &self.sent[u.choose_index(self.sent.len())?];
        let receiver = &mut self.members[1 - sent.sender];
        let claimed = user(sent.sender as u8 + 1);
        receiver.prune(self.now);
        let verdict = receiver.cryptor.open(self.now, claimed, &sent.packet);
        let slot = (sent.channel.value(), sent.seqno);
        let keeps = |hash: &BlockHash| {
            receiver
                .epochs
                .iter()
                .any(|(one, _)| super::hash(*one) == *hash)
        };
        let common = sent.epochs.iter().copied().find(keeps);
        let newest = receiver.opened.iter().rev().find(|one| one.0 == slot.0);
        let is_late = newest.is_some_and(|(_, newest)| slot.1.saturating_add(REACH) < *newest);
        match &verdict {
            Ok(opened) => {
                assert_eq!(*opened.data, sent.frame);
                assert_eq!((opened.info.channel.value(), opened.info.seqno), slot);
                assert_eq!(Some(opened.info.epoch), common);
                assert!(receiver.opened.insert(slot), "a replay was opened");
            }
            Err(OpenError::UnknownEpoch { .. }) => assert_eq!(common, None),
            Err(OpenError::Replay(_)) => assert!(
                is_late || receiver.opened.contains(&slot),
                "a packet in time was refused"
            ),
            Err(error) => panic!("an honest packet was refused: {error}"),
        }
        Ok(())
    }

    /// Changes a bit of a packet, which nobody opens then; but nobody looks at the headers of other epochs.
    fn damage(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let sent = &self.sent[u.choose_index(self.sent.len())?];
        let mut packet = sent.packet.clone();
        let at = u.choose_index(packet.len())?;
        packet[at] ^= 1 << u.int_in_range(0..=7)?;
        let receiver = &mut self.members[1 - sent.sender];
        let claimed = user(sent.sender as u8 + 1);
        if let Ok(opened) = receiver.cryptor.open(self.now, claimed, &packet) {
            let headers = sent.prefix + HEAD + PER_EPOCH * sent.epochs.len();
            let headers = headers..headers + PER_EPOCH * sent.epochs.len();
            assert!(headers.contains(&at), "byte {at} does not count");
            assert_eq!(*opened.data, sent.frame);
            let slot = (sent.channel.value(), sent.seqno);
            assert!(receiver.opened.insert(slot), "a replay was opened");
        }
        Ok(())
    }
}

/// The epochs that a packet names.
fn named(packet: &[u8], prefix: usize) -> Vec<BlockHash> {
    let hashes = packet[prefix + HEAD..].as_chunks().0.iter();
    let count = usize::from(packet[prefix]);
    hashes
        .take(count)
        .map(|one| BlockHash::from_bytes(*one))
        .collect()
}

/// Who is in an epoch beside the two.
fn has_third(number: u8) -> bool {
    number.is_multiple_of(3)
}

fn users(number: u8) -> impl Iterator<Item = u8> {
    [1, 2].into_iter().chain(has_third(number).then_some(3))
}

impl Member {
    fn prune(&mut self, now: Moment) {
        self.epochs
            .retain(|(_, ends)| ends.is_none_or(|ends| now < ends));
        if self.epochs.is_empty() {
            // With the last epoch goes what was heard.
            self.opened.clear();
        }
    }

    fn add(&mut self, now: Moment, number: u8) {
        for (_, ends) in &mut self.epochs {
            ends.get_or_insert(now + Duration::from_secs(10));
        }
        self.epochs.push((number, None));
        if self.epochs.len() > limits::EPOCHS {
            self.epochs.remove(0);
        }
    }

    fn forget(&mut self, now: Moment, hash: &BlockHash) {
        self.prune(now);
        self.cryptor.forget_epoch(now, hash);
        for (one, ends) in &mut self.epochs {
            if super::hash(*one) == *hash {
                ends.get_or_insert(now + Duration::from_secs(10));
            }
        }
    }
}
