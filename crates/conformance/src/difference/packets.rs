//! Packets of several senders to one receiver, as a network and a dishonest member can bring them.

use arbitrary::Unstructured;
use serde_json::{Value, json};

use super::fault::Fault;
use super::request::Request;
use super::scribe::{Scribe, damaged, hex};

/// The receiver first, then the others. Each has a cryptor that seals, the receiver one of its own beside that which opens.
const PEOPLE: [i64; 4] = [1, 2, -3, i64::MAX];
/// The bound of epochs in a run.
const EPOCHS: usize = 5;

/// An epoch as the receiver and the senders are given it.
struct Epoch {
    number: usize,
    hash: [u8; 32],
    secret: [u8; 32],
    group: Value,
}

/// A packet, and the user who sealed it.
struct Sealed {
    user_id: i64,
    packet: Vec<u8>,
}

struct Scene<'a, 'b> {
    u: &'a mut Unstructured<'b>,
    scribe: &'a mut Scribe,
    /// Public keys by place.
    keys: Vec<String>,
    epochs: Vec<Epoch>,
    sealed: Vec<Sealed>,
    /// True in few runs and there once, because it takes a thousand packets.
    may_overtake: bool,
    requests: Vec<Request>,
}

/// A receiver's life: epochs come and go, packets come in any order, more than once, and changed.
pub(super) fn run(u: &mut Unstructured<'_>, scribe: &mut Scribe) -> Result<Vec<Request>, Fault> {
    let mut keys = Vec::new();
    for place in 0..PEOPLE.len() {
        let request = Request::new("key", json!({ "seed": seed(place) }));
        keys.push(hex(&scribe.bytes(&request, "public_key")?));
    }
    let mut scene = Scene {
        u,
        scribe,
        keys,
        epochs: Vec::new(),
        sealed: Vec::new(),
        may_overtake: false,
        requests: vec![new(0)],
    };
    for place in 0..PEOPLE.len() {
        scene.scribe.note(&new(place))?;
    }
    scene.may_overtake = scene.u.ratio(1, 5)?;
    scene.add_epoch()?;
    for _ in 0..scene.u.int_in_range(8..=40)? {
        scene.step()?;
    }
    Ok(scene.requests)
}

fn seed(place: usize) -> String {
    hex(&[u8::try_from(place).unwrap_or_default().saturating_add(1); 32])
}

fn user(place: usize) -> i64 {
    PEOPLE.get(place).copied().unwrap_or_default()
}

/// The name of a person's cryptor.
fn name(place: usize) -> String {
    match place {
        0 => "receiver".to_owned(),
        _ => format!("sender {place}"),
    }
}

fn new(place: usize) -> Request {
    let fields = json!({ "enc": name(place), "user_id": user(place), "seed": seed(place) });
    Request::new("enc_new", fields)
}

impl Epoch {
    fn add(&self, place: usize) -> Request {
        let fields = json!({
            "enc": name(place),
            "epoch": self.number,
            "hash": hex(&self.hash),
            "secret": hex(&self.secret),
            "group_state": self.group,
        });
        Request::new("enc_add", fields)
    }
}

impl Scene<'_, '_> {
    fn step(&mut self) -> Result<(), Fault> {
        match self.u.int_in_range(0..=19)? {
            0 | 1 if self.epochs.len() < EPOCHS => self.add_epoch(),
            2 => self.change_epoch(),
            3 => self.restart_sender(),
            8 if core::mem::take(&mut self.may_overtake) => self.overtake(),
            4..=7 if !self.sealed.is_empty() => {
                let at = self.u.choose_index(self.sealed.len())?;
                self.deliver(at)
            }
            _ => self.seal(),
        }
    }

    /// An epoch begins for most; some may not be in its group, or with another key.
    fn add_epoch(&mut self) -> Result<(), Fault> {
        let mut participants = Vec::new();
        for place in 0..PEOPLE.len() {
            let key = match self.u.ratio(1, 16)? {
                true => self.u.choose_index(self.keys.len())?,
                false => place,
            };
            if self.u.ratio(7, 8)? {
                participants.push(json!({
                    "user_id": user(place),
                    "public_key": self.keys.get(key),
                    "flags": 3,
                    "version": 0,
                }));
            }
        }
        let epoch = Epoch {
            number: self.epochs.len(),
            hash: self.u.arbitrary()?,
            secret: self.u.arbitrary()?,
            group: json!({ "participants": participants, "external_permissions": 3 }),
        };
        for place in 0..PEOPLE.len() {
            // Everybody has the first one, so that there is one to seal with.
            if !self.epochs.is_empty() && self.u.ratio(1, 10)? {
                continue;
            }
            let add = epoch.add(place);
            self.scribe.note(&add)?;
            if place == 0 {
                self.requests.push(add);
            }
        }
        self.epochs.push(epoch);
        Ok(())
    }

    /// The receiver is told to forget an epoch, or is given one again with another key.
    fn change_epoch(&mut self) -> Result<(), Fault> {
        let forgets = self.u.ratio(1, 2)?;
        let epoch = self.u.choose(&self.epochs)?;
        self.requests.push(match forgets {
            true => {
                let fields =
                    json!({ "enc": name(0), "epoch": epoch.number, "hash": hex(&epoch.hash) });
                Request::new("enc_forget", fields)
            }
            false => Epoch {
                number: epoch.number,
                hash: epoch.hash,
                secret: [7; 32],
                group: epoch.group.clone(),
            }
            .add(0),
        });
        Ok(())
    }

    /// A sender loses its counters, so that it gives numbers again.
    fn restart_sender(&mut self) -> Result<(), Fault> {
        let place = self.sender()?;
        self.scribe.note(&new(place))?;
        for epoch in &self.epochs {
            self.scribe.note(&epoch.add(place))?;
        }
        Ok(())
    }

    fn sender(&mut self) -> Result<usize, Fault> {
        // Rarely the receiver itself, whose packets no honest server brings back.
        Ok(*self.u.choose(&[1, 1, 1, 2, 2, 2, 3, 3, 3, 0])?)
    }

    /// A packet is sealed, and most often delivered at once.
    fn seal(&mut self) -> Result<(), Fault> {
        let place = self.sender()?;
        let channel = *self.u.choose(&[0, 0, 0, 1, 1023])?;
        let length: usize = *self.u.choose(&[0, 1, 16, 17, 100])?;
        let data = vec![self.u.arbitrary()?; length];
        let prefix = self.u.int_in_range(0..=length.min(4))?;
        let packet = self.sealed_by(place, channel, &data, prefix)?;
        match self.u.ratio(3, 4)? {
            true => self.deliver(packet),
            false => Ok(()),
        }
    }

    /// A packet is overtaken by one that was sealed much later.
    fn overtake(&mut self) -> Result<(), Fault> {
        let place = self.sender()?;
        let early = self.sealed_by(place, 0, &[1], 0)?;
        // Both sides of the edges of the window.
        let later = *self.u.choose(&[1, 63, 64, 65, 1023, 1024, 1025])?;
        for _ in 1..later {
            self.sealed_by(place, 0, &[2], 0)?;
            self.sealed.pop();
        }
        let late = self.sealed_by(place, 0, &[3], 0)?;
        self.deliver(late)?;
        self.deliver(early)
    }

    /// Seals a packet, which is the last of those that were.
    fn sealed_by(
        &mut self,
        place: usize,
        channel: i32,
        data: &[u8],
        prefix: usize,
    ) -> Result<usize, Fault> {
        let fields = json!({
            "enc": name(place),
            "channel_id": channel,
            "data": hex(data),
            "prefix": prefix,
        });
        let packet = Request::new("enc_encrypt", fields);
        let packet = self.scribe.bytes(&packet, "packet")?;
        let user_id = user(place);
        self.sealed.push(Sealed { user_id, packet });
        Ok(self.sealed.len().saturating_sub(1))
    }

    /// A packet comes, rarely damaged or under another name.
    fn deliver(&mut self, at: usize) -> Result<(), Fault> {
        let Some(sealed) = self.sealed.get(at) else {
            return Ok(());
        };
        let packet = match self.u.ratio(1, 6)? {
            true => damaged(self.u, &sealed.packet)?,
            false => sealed.packet.clone(),
        };
        let user_id = match self.u.ratio(1, 10)? {
            true => *self.u.choose(&[1, 2, -3, i64::MAX, 0, 4])?,
            false => sealed.user_id,
        };
        let fields = json!({ "enc": name(0), "user_id": user_id, "packet": hex(&packet) });
        self.requests.push(Request::new("enc_decrypt", fields));
        Ok(())
    }
}
