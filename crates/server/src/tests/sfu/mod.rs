//! Clients over str0m in calls with an SFU, without a socket and under a clock of their own.

mod bad_input;
mod client;
mod membership;
mod pictures;
mod sound;

use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use chacha20::rand_core::Rng as _;
use confcall_join::api::JoinGroupCallPresentation;
use confcall_join::joining::{Answer, ConnectionParameters};

use self::client::Client;
use super::*;
use crate::sfu::{Attendance, Sfu, SfuOptions};

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1)), 5000);

/// A call whose members have media.
struct Stage {
    scene: Scene,
    sfu: Sfu,
    clients: Vec<Client>,
    now: Instant,
    /// The datagrams that the SFU sent to addresses of no client.
    astray: Vec<SocketAddr>,
    /// True to send changed copies of every datagram too, before it and after.
    is_mangled: bool,
}

/// The sources of a picture: of each size and of what repeats it, from the smallest.
type Picture<'a> = &'a [(u32, u32)];

impl Stage {
    fn empty() -> Self {
        Self::with_options(SfuOptions::new(SERVER, [7; 32]))
    }

    fn with_options(options: SfuOptions) -> Self {
        let start = Instant::now();
        Self {
            scene: Scene::empty(),
            sfu: Sfu::new(options, start).unwrap(),
            clients: Vec::new(),

            now: start,
            astray: Vec::new(),
            is_mangled: false,
        }
    }

    /// A call of Alice, Bob and Carol, who are connected and know the sound of each other.
    fn of_three() -> Self {
        let mut stage = Self::empty();
        for user in [ALICE, BOB, CAROL] {
            stage.join(user, &[]);
        }
        stage.run(500);
        stage.expect_sounds();
        stage
    }

    fn expect_sounds(&mut self) {
        let sources: Vec<_> = self.clients.iter().map(|one| one.sound).collect();
        for client in &mut self.clients {
            for source in &sources {
                client.expect_sound(*source);
            }
        }
    }

    /// Carries out a request as a server with media does.
    fn send(&mut self, from: UserId, request: impl Into<Request>) -> Updates {
        let request = request.into();
        let mut answer = self.scene.server.answer(from, &request).unwrap();
        let asked = Attendance {
            from,
            reached: SERVER.ip(),
            now: self.now,
        };
        let server = &self.scene.server;
        self.sfu.attend(server, asked, &request, &mut answer);
        while self.scene.server.poll_push().is_some() {}
        answer.into_updates().unwrap()
    }

    /// A client with an address and a source of sound that no other has.
    fn new_client(&self, user: UserId, picture: Picture<'_>) -> Client {
        let number = u16::try_from(self.clients.len()).unwrap() + 1;
        let address = SocketAddr::from(([127, 0, 0, 1], 10_000 + number));
        Client::new(user, address, 1000 * u32::from(number), picture, self.now)
    }

    /// Lets a user join with a client of its own.
    fn join(&mut self, user: UserId, picture: Picture<'_>) {
        let mut client = self.new_client(user, picture);
        let attempt = self.scene.attempt(user);
        let mut request = self.scene.request(&attempt);
        request.video_stopped = picture.is_empty();
        request.params = client.payload().to_params();
        let answer = self.send(user, request);
        self.scene.keys.insert(user, attempt.into_private_key());
        client.connect(&connection(&answer), self.now);
        self.clients.push(client);
    }

    /// Lets a member share a screen, over a client that is added.
    fn share(&mut self, user: UserId, picture: Picture<'_>) {
        let mut client = self.new_client(user, picture);
        let request = JoinGroupCallPresentation {
            call: self.scene.call().reference(),
            params: client.payload().to_params(),
        };
        let answer = self.send(user, request);
        client.connect(&connection(&answer), self.now);
        self.clients.push(client);
    }

    fn edit(&mut self, from: UserId, participant: UserId, edit: impl FnOnce(&mut Edit)) {
        let call = self.scene.call().reference();
        let participant = match from == participant {
            true => InputPeer::SelfUser,
            false => InputPeer::User {
                id: participant,
                access_hash: AccessHash::new(0),
            },
        };
        let mut request = Edit::new(call, participant);
        edit(&mut request);
        self.send(from, request);
    }

    /// Lets so many milliseconds pass, with all datagrams that are sent meanwhile.
    fn run(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds {
            self.now += Duration::from_millis(1);
            self.sfu.handle_timeout(self.now);
            for client in &mut self.clients {
                client.pass_time(self.now);
            }
            self.exchange();
        }
    }

    /// Carries datagrams to and fro until there are none.
    fn exchange(&mut self) {
        loop {
            let mut is_quiet = true;
            for client in &mut self.clients {
                for datagram in client.take_datagrams() {
                    is_quiet = false;
                    let (from, now) = (client.address, self.now);
                    if self.is_mangled {
                        let changed = mangled(&datagram, &mut self.scene.rng);
                        self.sfu.handle_datagram(from, &changed, now);
                    }
                    self.sfu.handle_datagram(from, &datagram, now);
                    if self.is_mangled {
                        self.sfu.handle_datagram(from, &datagram, now);
                    }
                }
            }
            while let Some(datagram) = self.sfu.poll_datagram() {
                is_quiet = false;
                let to = datagram.destination;
                match self.clients.iter_mut().find(|one| one.address == to) {
                    Some(client) if client.is_reachable => {
                        client.receive(&datagram.contents, self.now);
                    }
                    _ => self.astray.push(to),
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    /// The client of a user that was added first.
    fn client(&mut self, user: UserId) -> &mut Client {
        let mut clients = self.clients.iter_mut();
        clients.find(|client| client.user == user).unwrap()
    }

    /// Lets a user speak so many packets, one every 20 ms, and gives their payloads.
    fn speak(&mut self, user: UserId, packets: usize) -> Vec<Vec<u8>> {
        let mut spoken = Vec::new();
        for _ in 0..packets {
            let now = self.now;
            spoken.push(self.client(user).speak(now));
            self.run(20);
        }
        spoken
    }
}

/// A datagram with a byte changed, or cut, or longer.
fn mangled(datagram: &[u8], rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut datagram = datagram.to_vec();
    let place = rng.next_u32() as usize % datagram.len();
    match rng.next_u32() % 4 {
        0 => datagram.truncate(place),
        1 => datagram.push(0),
        _ => datagram[place] ^= 1 << (rng.next_u32() % 8),
    }
    datagram
}

type Edit = confcall_join::api::EditGroupCallParticipant;

/// The parameters of the media connection in an answer.
#[track_caller]
fn connection(answer: &Updates) -> ConnectionParameters {
    let mut connections = answer.0.iter().filter_map(|update| match update {
        Update::Connection(connection) => Some(connection.params.as_str()),
        _ => None,
    });
    match Answer::from_json(connections.next().unwrap()).unwrap() {
        Answer::Connect(parameters) => *parameters,
        Answer::Stream { .. } => panic!("a stream"),
    }
}
