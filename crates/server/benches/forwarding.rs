//! Passing packets of sound on: 100 of one speaker, each to 20 listeners, which makes 2,000.
//!
//! Floor: the same packets through bare str0m, decrypted once and encrypted for each listener, without looking anything up. The
//! kernel's share is no part of either.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "benches fail by panicking, and print what they measure"
)]

#[path = "../src/tests/sfu/client.rs"]
#[expect(dead_code, reason = "tests use more of it")]
mod client;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{InputPeer, JoinGroupCall, Request, Update};
use confcall_join::joining::{Answer, ConnectionParameters};
use confcall_server::sfu::{Attendance, Sfu, SfuOptions};
use confcall_server::{Server, ServerOptions};
use confcall_state::{Block, JoinBlock, Joiner, UserId};
use serde_json::json;
use str0m::media::{MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, IceCreds, Input, Output, Rtc};

use crate::client::Client;

const LISTENERS: u16 = 20;
const PACKETS: usize = 100;
const ROUNDS: usize = 31;
/// The bytes of a packet of sound under one epoch, 20 ms at 32 kbit/s.
const SIZE: usize = 264;

fn main() {
    let (mut ours, mut bare) = (ours(), bare());
    for side in [&mut ours as &mut dyn Side, &mut bare] {
        for _ in 0..1000 {
            exchange(side);
        }
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((round(&mut ours), round(&mut bare)));
    }
    let median = |times: &mut dyn Iterator<Item = f64>| {
        let mut times: Vec<_> = times.collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let ratio = median(&mut rounds.iter().map(|(ours, floor)| ours / floor));
    let floor = median(&mut rounds.iter().map(|(_, floor)| *floor));
    let ours = median(&mut rounds.iter().map(|(ours, _)| *ours));
    println!("2,000 packets  {ours:>10.1} µs  floor {floor:>10.1} µs  ratio {ratio:.3}");
}

/// A server's end and its clients, of whom the first speaks.
trait Side {
    fn clients(&mut self) -> &mut Vec<Client>;
    fn now(&mut self) -> &mut Instant;
    fn pass_time(&mut self, now: Instant);
    /// Handles a datagram, and gives all that is sent for it.
    fn handle(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> Vec<(SocketAddr, Vec<u8>)>;
}

/// Lets a millisecond pass with all that is sent in it.
fn exchange(side: &mut dyn Side) {
    *side.now() += Duration::from_millis(1);
    let now = *side.now();
    side.pass_time(now);
    side.clients().iter_mut().for_each(|one| one.pass_time(now));
    let mut sent = Vec::new();
    for client in side.clients() {
        let address = client.address;
        let datagrams = client.take_datagrams().into_iter();
        sent.extend(datagrams.map(|datagram| (address, datagram)));
    }
    // The time alone makes datagrams too, which come with those for the next one.
    sent.push((SocketAddr::from(([127, 0, 0, 1], 9)), vec![255]));
    for (from, datagram) in sent {
        deliver(side, from, &datagram, now);
    }
}

fn deliver(side: &mut dyn Side, from: SocketAddr, datagram: &[u8], now: Instant) {
    for (to, contents) in side.handle(from, datagram, now) {
        let mut clients = side.clients().iter_mut();
        if let Some(client) = clients.find(|one| one.address == to) {
            client.receive(&contents, now);
        }
    }
}

/// The microseconds in which the packets of a round are passed on.
fn round(side: &mut dyn Side) -> f64 {
    let mut spent = Duration::ZERO;
    let mut passed = 0;
    for _ in 0..PACKETS {
        let now = *side.now();
        let speaker = &mut side.clients()[0];
        speaker.say(&[7; SIZE], now);
        speaker.pass_time(now);
        let from = speaker.address;
        for datagram in speaker.take_datagrams() {
            let start = Instant::now();
            let sent = side.handle(from, &datagram, now);
            spent += start.elapsed();
            passed += sent
                .iter()
                .filter(|(_, contents)| contents.len() > SIZE)
                .count();
            for (to, contents) in sent {
                let mut clients = side.clients().iter_mut();
                if let Some(client) = clients.find(|one| one.address == to) {
                    client.receive(&contents, now);
                    client.heard.clear();
                }
            }
        }
        for _ in 0..20 {
            exchange(side);
        }
    }
    assert_eq!(passed, PACKETS * usize::from(LISTENERS));
    spent.as_secs_f64() * 1e6
}

fn address(number: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 10_000 + number))
}

struct Ours {
    sfu: Sfu,
    clients: Vec<Client>,
    now: Instant,
}

fn ours() -> Ours {
    let now = Instant::now();
    let mut server = Server::new(ServerOptions::default());
    let mut sfu = Sfu::new(SfuOptions::new(address(0), [7; 32]), now).unwrap();
    let call = server.create_empty(UserId::new(1)).unwrap();
    let mut rng = ChaCha20Rng::from_seed([42; 32]);
    let mut clients = Vec::new();
    for number in 1..=LISTENERS + 1 {
        let user = UserId::new(number.into());
        let mut client = Client::new(user, address(number), u32::from(number), &[], now);
        let tip = server.call(call).unwrap().blocks().last();
        let block = match tip.map(|tip| Block::from_server(tip).unwrap()) {
            Some(tip) => JoinBlock::add_self(&tip, Joiner::new(user), &mut rng).unwrap(),
            None => JoinBlock::first(Joiner::new(user), &mut rng).unwrap(),
        };
        let request = Request::from(JoinGroupCall {
            muted: false,
            video_stopped: true,
            call: server.call(call).unwrap().reference(),
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: Some(block.public_key()),
            block: Some(block.block().bytes().to_vec()),
            params: client.payload().to_params(),
        });
        let mut answer = server.answer(user, &request).unwrap();
        let asked = Attendance {
            from: user,
            reached: address(0).ip(),
            now,
        };
        sfu.attend(&server, asked, &request, &mut answer);
        let updates = answer.into_updates().unwrap();
        let params = updates.0.iter().find_map(|update| match update {
            Update::Connection(connection) => Some(connection.params.clone()),
            _ => None,
        });
        client.connect(&read(params.unwrap().as_str()), now);
        client.expect_sound(1);
        clients.push(client);
    }
    Ours { sfu, clients, now }
}

impl Side for Ours {
    fn clients(&mut self) -> &mut Vec<Client> {
        &mut self.clients
    }

    fn now(&mut self) -> &mut Instant {
        &mut self.now
    }

    fn pass_time(&mut self, now: Instant) {
        self.sfu.handle_timeout(now);
    }

    fn handle(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> Vec<(SocketAddr, Vec<u8>)> {
        self.sfu.handle_datagram(from, datagram, now);
        let sent = core::iter::from_fn(|| self.sfu.poll_datagram());
        sent.map(|one| (one.destination, one.contents)).collect()
    }
}

struct Bare {
    ends: Vec<Rtc>,
    clients: Vec<Client>,
    now: Instant,
}

fn bare() -> Bare {
    let now = Instant::now();
    let mut ends = Vec::new();
    let mut clients = Vec::new();
    for number in 1..=LISTENERS + 1 {
        let user = UserId::new(number.into());
        let mut client = Client::new(user, address(number), u32::from(number), &[], now);
        // A client has the same configuration, so its connection does for the server's end.
        let mut end = Client::new(user, address(0), 1, &[], now).rtc;
        let payload = client.payload();
        end.handle_input(Input::Timeout(now)).unwrap();
        let mut api = end.direct_api();
        let own = api.local_ice_credentials();
        let fingerprint = api.local_dtls_fingerprint().to_string();
        let parameters = json!({"transport": {
            "ufrag": own.ufrag,
            "pwd": own.pass,
            "rtcp-mux": true,
            "fingerprints": [{
                "hash": "sha-256",
                "fingerprint": fingerprint.split_once(' ').unwrap().1,
                "setup": "active",
            }],
            "candidates": [{
                "port": "10000", "protocol": "udp", "network": "0", "generation": "0", "id": "1", "component": "1",
                "foundation": "1", "priority": "2130706431", "ip": "127.0.0.1", "type": "host",
            }],
        }});
        api.set_remote_ice_credentials(IceCreds {
            ufrag: payload.credentials().ufrag().to_owned(),
            pass: payload.credentials().pwd().to_owned(),
        });
        api.set_remote_fingerprint(str0m::config::Fingerprint {
            hash_func: "sha-256".to_owned(),
            bytes: payload.fingerprints()[0].as_bytes().to_vec(),
        });
        api.set_ice_controlling(true);
        api.start_dtls(true).unwrap();
        api.start_sctp(false);
        api.enable_twcc_feedback();
        let mid = Mid::from("sound");
        api.declare_media(mid, MediaKind::Audio);
        if number == 1 {
            api.expect_stream_rx(1.into(), None, mid, None);
        } else {
            api.declare_stream_tx(1.into(), None, mid, None);
        }
        end.add_remote_candidate(Candidate::host(address(number), Protocol::Udp).unwrap());
        client.connect(&read(&parameters.to_string()), now);
        client.expect_sound(1);
        ends.push(end);
        clients.push(client);
    }
    Bare { ends, clients, now }
}

impl Bare {
    fn poll(end: &mut Rtc, sent: &mut Vec<(SocketAddr, Vec<u8>)>) -> Option<RtpPacket> {
        let mut packet = None;
        loop {
            match end.poll_output().unwrap() {
                Output::Timeout(_) => return packet,
                Output::Transmit(one) => sent.push((one.destination, one.contents.into())),
                Output::Event(Event::RtpPacket(one)) => packet = Some(one),
                Output::Event(_) => {}
            }
        }
    }
}

impl Side for Bare {
    fn clients(&mut self) -> &mut Vec<Client> {
        &mut self.clients
    }

    fn now(&mut self) -> &mut Instant {
        &mut self.now
    }

    fn pass_time(&mut self, now: Instant) {
        let mut sent = Vec::new();
        for end in &mut self.ends {
            end.handle_input(Input::Timeout(now)).unwrap();
            Self::poll(end, &mut sent);
        }
        for (to, contents) in sent {
            let mut clients = self.clients.iter_mut();
            clients
                .find(|one| one.address == to)
                .unwrap()
                .receive(&contents, now);
        }
    }

    fn handle(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut sent = Vec::new();
        let place = usize::from(from.port().wrapping_sub(10_001));
        let Some(end) = self.ends.get_mut(place) else {
            return sent;
        };
        let received = Receive::new(Protocol::Udp, from, address(0), datagram).unwrap();
        end.handle_input(Input::Receive(now, received)).unwrap();
        let Some(packet) = Self::poll(end, &mut sent) else {
            return sent;
        };
        for end in &mut self.ends[1..] {
            let header = &packet.header;
            let payload = packet.payload.clone();
            let write = RtpWrite::new(
                header.payload_type,
                packet.seq_no,
                header.timestamp,
                now,
                payload,
            );
            let write = write.ext_vals(header.ext_vals.clone());
            end.direct_api()
                .stream_tx(&1.into())
                .unwrap()
                .write_rtp(write);
            end.handle_input(Input::Timeout(now)).unwrap();
            Self::poll(end, &mut sent);
        }
        sent
    }
}

fn read(parameters: &str) -> ConnectionParameters {
    match Answer::from_json(parameters).unwrap() {
        Answer::Connect(parameters) => *parameters,
        Answer::Stream { .. } => unreachable!("no stream was asked for"),
    }
}
