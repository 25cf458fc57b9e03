//! Sessions of several members, a server that forwards by source, and the network between them, under a virtual clock.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use confcall_join::api::{Peer, SsrcGroup};
use confcall_join::joining::{Answer, ConnectionParameters, JoinPayload};
use confcall_media::{AudioLevel, Moment, Speech};
use confcall_rtc::session::{
    Connecting, Event, Frame, MediaSession, Network, Output, PictureKind, Source, SourceMedia,
};
use confcall_state::UserId;
use str0m::channel::ChannelId;
use str0m::config::Fingerprint;
use str0m::format::{Codec, FormatParams};
use str0m::ice::IceCreds;
use str0m::media::{Frequency, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, RtpPacket, RtpWrite};
use str0m::{Candidate, Event as ServerEvent, Input, Output as ServerOutput, Rtc, RtcConfig};

/// The place of the server, in the Internet.
pub(crate) const SERVER: &str = "91.108.9.1:32000";

/// What the network does to a datagram.
#[derive(Clone, Copy, Default)]
pub(crate) struct Weather {
    /// The datagrams of a hundred that are lost.
    pub(crate) loss: u32,
    pub(crate) delay: Duration,
    /// The most time that is added, by which datagrams overtake each other.
    pub(crate) jitter: Duration,
}

pub(crate) struct World {
    pub(crate) origin: Instant,
    pub(crate) now: Duration,
    pub(crate) weather: Weather,
    rng: ChaCha20Rng,
    under_way: BTreeMap<(Duration, u64), (usize, ToWhom, Vec<u8>)>,
    sent: u64,
    pub(crate) members: Vec<Member>,
}

#[derive(Clone, Copy)]
enum ToWhom {
    Member,
    Server,
}

/// A member: its session, and the end of the server for it.
pub(crate) struct Member {
    pub(crate) session: MediaSession,
    pub(crate) payload: JoinPayload,
    pub(crate) server: Rtc,
    pub(crate) channel: Option<ChannelId>,
    /// The messages that the server got.
    pub(crate) messages: Vec<String>,
    /// The packets of media that the server got, with the moment.
    pub(crate) packets: Vec<(Duration, RtpPacket)>,
    pub(crate) key_frame_requests: Vec<Duration>,
    pub(crate) frames: Vec<(Duration, Frame)>,
    pub(crate) events: Vec<Event>,
    /// The bytes of each datagram that it sent.
    pub(crate) datagrams: Vec<Vec<u8>>,
    forwarded: BTreeMap<u32, Mid>,
    address: SocketAddr,
    wake: Option<Moment>,
    /// The time at which its end of the server is due.
    pub(crate) server_wake: Duration,
    /// False where the server is dead.
    pub(crate) is_served: bool,
}

fn server_end(origin: Instant, payload: &JoinPayload) -> Rtc {
    let mut config = RtcConfig::new()
        .set_crypto_provider(confcall_rtc::crypto::provider())
        .set_rtp_mode(true)
        .clear_codecs()
        .clear_extension_map()
        .set_extension(1, Extension::AudioLevel)
        .set_extension(2, Extension::AbsoluteSendTime)
        .set_extension(3, Extension::TransportSequenceNumber)
        .set_extension(13, Extension::VideoOrientation);
    let (codecs, format) = (config.codec_config(), FormatParams::default());
    codecs.add_config(
        111.into(),
        None,
        Codec::Opus,
        Frequency::FORTY_EIGHT_KHZ,
        Some(2),
        format,
    );
    codecs.add_config(
        100.into(),
        Some(101.into()),
        Codec::Vp8,
        Frequency::NINETY_KHZ,
        None,
        format,
    );
    let mut rtc = config.build(origin);
    rtc.add_local_candidate(Candidate::host(SERVER.parse().unwrap(), Protocol::Udp).unwrap());
    let mut api = rtc.direct_api();
    api.set_remote_ice_credentials(IceCreds {
        ufrag: payload.credentials().ufrag().to_owned(),
        pass: payload.credentials().pwd().to_owned(),
    });
    api.set_remote_fingerprint(Fingerprint {
        hash_func: "sha-256".to_owned(),
        bytes: payload.fingerprints()[0].as_bytes().to_vec(),
    });
    api.set_ice_controlling(true);
    api.start_dtls(true).unwrap();
    api.start_sctp(false);
    api.enable_twcc_feedback();
    api.declare_media("own".into(), MediaKind::Audio);
    api.expect_stream_rx(payload.ssrc().value().into(), None, "own".into(), None);
    for (index, pair) in pairs(payload).into_iter().enumerate() {
        let mid = Mid::from(format!("own{index}").as_str());
        api.declare_media(mid, MediaKind::Video);
        api.expect_stream_rx(pair.0.into(), Some(pair.1.into()), mid, None);
    }
    rtc
}

/// Each layer and its repetition.
fn pairs(payload: &JoinPayload) -> Vec<(u32, u32)> {
    let groups = payload.ssrc_groups().iter().map(SsrcGroup::sources);
    let pair = |sources: &[confcall_join::Ssrc]| match sources {
        [source, repetition] => Some((source.value(), repetition.value())),
        _ => None,
    };
    // A simulcast group of a screen has two sources too, and is the first of several.
    let skipped = usize::from(payload.ssrc_groups().len() > 1);
    groups.skip(skipped).filter_map(pair).collect()
}

/// The answer of a server with these secrets, at a place.
pub(crate) fn answer(
    ufrag: &str,
    pwd: &str,
    fingerprint: &str,
    place: &str,
) -> ConnectionParameters {
    let place: SocketAddr = place.parse().unwrap();
    let text = format!(
        r#"{{"transport":{{"ufrag":"{ufrag}","pwd":"{pwd}","rtcp-mux":true,
        "fingerprints":[{{"hash":"sha-256","fingerprint":"{fingerprint}","setup":"active"}}],
        "candidates":[{{"port":"{}","protocol":"udp","network":"0","generation":"0","id":"1","component":"1",
        "foundation":"1","priority":"2130706431","ip":"{}","type":"host"}}]}},
        "audio":{{"payload-types":[{{"id":111,"name":"opus","clockrate":48000,"channels":2}}],"rtp-hdrexts":[]}},
        "video":{{"endpoint":"e","server_sources":[1],"payload-types":[{{"id":100,"name":"VP8","clockrate":90000}},
        {{"id":101,"name":"rtx","clockrate":90000,"parameters":{{"apt":"100"}}}}],"rtp-hdrexts":[]}}}}"#,
        place.port(),
        place.ip()
    );
    Answer::from_json(&text).unwrap().into_conference().unwrap()
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            origin: Instant::now(),
            now: Duration::from_secs(100),
            weather: Weather {
                delay: Duration::from_millis(10),
                ..Weather::default()
            },
            rng: ChaCha20Rng::seed_from_u64(seed),
            under_way: BTreeMap::new(),
            sent: 0,
            members: Vec::new(),
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment::new(self.now)
    }

    pub(crate) fn instant(&self) -> Instant {
        self.origin + self.now
    }

    /// Adds a member whose offer has this payload; `accept` makes the session.
    pub(crate) fn add<E: core::fmt::Debug>(
        &mut self,
        payload: JoinPayload,
        accept: impl FnOnce(&ConnectionParameters, Connecting<'_>) -> Result<MediaSession, E>,
    ) -> usize {
        self.add_with(payload, |answer| answer, accept)
    }

    pub(crate) fn add_with<E: core::fmt::Debug>(
        &mut self,
        payload: JoinPayload,
        change: impl FnOnce(ConnectionParameters) -> ConnectionParameters,
        accept: impl FnOnce(&ConnectionParameters, Connecting<'_>) -> Result<MediaSession, E>,
    ) -> usize {
        let index = self.members.len();
        let address: SocketAddr = format!("198.51.100.{}:5000", index + 1).parse().unwrap();
        let mut server = server_end(self.instant(), &payload);
        let api = server.direct_api();
        let credentials = api.local_ice_credentials();
        let fingerprint: Vec<_> = api
            .local_dtls_fingerprint()
            .bytes
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let answer = answer(
            &credentials.ufrag,
            &credentials.pass,
            &fingerprint.join(":"),
            SERVER,
        );
        let connecting = Connecting {
            origin: self.origin,
            now: self.moment(),
            own: &[address],
            network: Network::Internet,
        };
        let session = accept(&change(answer), connecting).unwrap();
        self.members.push(Member {
            session,
            payload,
            server,
            channel: None,
            messages: Vec::new(),
            packets: Vec::new(),
            key_frame_requests: Vec::new(),
            frames: Vec::new(),
            events: Vec::new(),
            datagrams: Vec::new(),
            forwarded: BTreeMap::new(),
            address,
            wake: Some(Moment::default()),
            server_wake: Duration::ZERO,
            is_served: true,
        });
        index
    }

    /// Tells everybody the sources of everybody else, as a roster does.
    pub(crate) fn tell_sources(&mut self) {
        let now = self.moment();
        for index in 0..self.members.len() {
            let others = (0..self.members.len()).filter(|other| *other != index);
            let sources: Vec<_> = others.flat_map(|other| self.sources_of(other)).collect();
            self.members[index].session.set_sources(now, &sources);
            self.members[index].wake = Some(now);
        }
    }

    pub(crate) fn peer(index: usize) -> Peer {
        Peer::User(UserId::new(i64::try_from(index).unwrap() + 1))
    }

    pub(crate) fn sources_of(&self, index: usize) -> Vec<Source> {
        let payload = &self.members[index].payload;
        let owner = Self::peer(index);
        let mut media = vec![SourceMedia::Sound(payload.ssrc())];
        if !payload.ssrc_groups().is_empty() {
            media.push(SourceMedia::Picture {
                kind: PictureKind::Camera,
                endpoint: format!("endpoint{index}"),
                groups: payload.ssrc_groups().to_vec(),
            });
        }
        media
            .into_iter()
            .map(|media| Source { owner, media })
            .collect()
    }

    /// Runs for a time, from one thing that is due to the next.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.step();
        while self.now < end {
            let datagram = self.under_way.keys().map(|(at, _)| *at).next();
            let members = self.members.iter().filter_map(|member| {
                let wake = member.wake?;
                Some(wake.since(Moment::default()))
            });
            let servers = self.members.iter().map(|member| member.server_wake);
            let due = datagram.into_iter().chain(members).chain(servers).min();
            // Never in circles, whatever anybody asks for.
            let next = due
                .unwrap_or(end)
                .max(self.now + Duration::from_micros(100));
            self.now = next.min(end);
            self.step();
        }
    }

    /// Runs until all are connected.
    pub(crate) fn connect(&mut self) {
        use confcall_rtc::session::ConnectionState::Connected;
        for _ in 0..10_000 {
            if self
                .members
                .iter()
                .all(|member| member.session.state() == Connected && member.channel.is_some())
            {
                return;
            }
            self.run(Duration::from_millis(1));
        }
        panic!("not connected within 10 s");
    }

    fn step(&mut self) {
        while let Some(entry) = self.under_way.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let (index, to, bytes) = entry.remove();
            self.deliver(index, to, &bytes);
        }
        let now = self.moment();
        for index in 0..self.members.len() {
            if self.members[index].wake.is_some_and(|wake| wake <= now) {
                self.members[index].session.handle_timeout(now);
                self.poll_member(index);
            }
            if self.members[index].server_wake <= self.now {
                let instant = self.instant();
                let server = &mut self.members[index].server;
                server.handle_input(Input::Timeout(instant)).unwrap();
                self.poll_server(index);
            }
        }
    }

    fn deliver(&mut self, index: usize, to: ToWhom, bytes: &[u8]) {
        let (now, instant) = (self.moment(), self.instant());
        let member = &mut self.members[index];
        let server: SocketAddr = SERVER.parse().unwrap();
        match to {
            ToWhom::Member => {
                member.session.handle_datagram(now, server, bytes);
                self.poll_member(index);
            }
            ToWhom::Server if member.is_served => {
                let received = Receive::new(Protocol::Udp, member.address, server, bytes);
                if let Ok(received) = received {
                    // One that is refused ends in the server's own error.
                    let _ = member
                        .server
                        .handle_input(Input::Receive(instant, received));
                }
                self.poll_server(index);
            }
            ToWhom::Server => {}
        }
    }

    fn send(&mut self, index: usize, to: ToWhom, bytes: Vec<u8>) {
        let Weather {
            loss,
            delay,
            jitter,
        } = self.weather;
        if self.rng.next_u32() % 100 < loss {
            return;
        }
        let jitter = jitter.mul_f64(f64::from(self.rng.next_u32()) / f64::from(u32::MAX));
        self.sent += 1;
        self.under_way
            .insert((self.now + delay + jitter, self.sent), (index, to, bytes));
    }

    /// Takes what a session gives out.
    pub(crate) fn poll_member(&mut self, index: usize) {
        let server: SocketAddr = SERVER.parse().unwrap();
        loop {
            let now = self.now;
            let member = &mut self.members[index];
            match member.session.poll() {
                Output::Datagram(datagram) => {
                    assert_eq!(datagram.to, server);
                    member.datagrams.push(datagram.bytes.clone());
                    self.send(index, ToWhom::Server, datagram.bytes);
                }
                Output::Frame(frame) => member.frames.push((now, frame)),
                Output::Event(event) => member.events.push(event),
                Output::Timeout(wake) => {
                    member.wake = wake;
                    return;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn poll_server(&mut self, index: usize) {
        loop {
            let Ok(output) = self.members[index].server.poll_output() else {
                return;
            };
            match output {
                ServerOutput::Timeout(at) => {
                    let origin = self.origin;
                    self.members[index].server_wake = at.saturating_duration_since(origin);
                    return;
                }
                ServerOutput::Transmit(datagram) => {
                    if self.members[index].is_served {
                        self.send(index, ToWhom::Member, datagram.contents.to_vec());
                    }
                }
                ServerOutput::Event(event) => self.server_event(index, event),
            }
        }
    }

    fn server_event(&mut self, index: usize, event: ServerEvent) {
        match event {
            ServerEvent::ChannelOpen(id, label) => {
                assert_eq!(label, "data");
                let stream = self.members[index]
                    .server
                    .direct_api()
                    .sctp_stream_id_by_channel_id(id);
                assert_eq!(stream, Some(0));
                self.members[index].channel = Some(id);
            }
            ServerEvent::ChannelData(data) => {
                assert!(!data.binary);
                self.members[index]
                    .messages
                    .push(String::from_utf8(data.data).unwrap());
            }
            ServerEvent::RtpPacket(packet) => self.forward(index, packet),
            ServerEvent::KeyframeRequest(request) => {
                let forwarded = self.members[index].forwarded.iter();
                let source = forwarded
                    .filter(|(_, mid)| **mid == request.mid)
                    .map(|(source, _)| *source)
                    .next();
                let now = self.now;
                self.members[index].key_frame_requests.push(now);
                for member in &mut self.members {
                    if let Some(stream) = member
                        .server
                        .direct_api()
                        .stream_rx(&source.unwrap().into())
                    {
                        stream.request_keyframe(KeyframeRequestKind::Pli);
                        member.server_wake = Duration::ZERO;
                    }
                }
            }
            _ => {}
        }
    }

    /// Forwards a packet to all others on its own source.
    fn forward(&mut self, from: usize, packet: RtpPacket) {
        let instant = self.instant();
        let source = *packet.header.ssrc;
        let repetition = pairs(&self.members[from].payload)
            .into_iter()
            .find(|pair| pair.0 == source);
        for (index, member) in self.members.iter_mut().enumerate() {
            if index == from {
                continue;
            }
            let count = member.forwarded.len();
            let mut api = member.server.direct_api();
            member.forwarded.entry(source).or_insert_with(|| {
                let mid = Mid::from(format!("f{count}").as_str());
                let kind = if repetition.is_some() {
                    MediaKind::Video
                } else {
                    MediaKind::Audio
                };
                api.declare_media(mid, kind);
                api.declare_stream_tx(
                    source.into(),
                    repetition.map(|pair| pair.1.into()),
                    mid,
                    None,
                );
                mid
            });
            let write = RtpWrite::new(
                packet.header.payload_type,
                packet.seq_no,
                packet.header.timestamp,
                instant,
                packet.payload.clone(),
            );
            let write = write
                .marker(packet.header.marker)
                .ext_vals(packet.header.ext_vals.clone())
                .nackable(repetition.is_some());
            api.stream_tx(&source.into()).unwrap().write_rtp(write);
            member.server_wake = Duration::ZERO;
        }
        self.members[from].packets.push((self.now, packet));
    }

    /// Has a server say something on the data channel.
    pub(crate) fn say(&mut self, index: usize, text: &str) {
        let member = &mut self.members[index];
        member.server_wake = Duration::ZERO;
        let mut channel = member.server.channel(member.channel.unwrap()).unwrap();
        assert!(channel.write(false, text.as_bytes()).unwrap());
    }

    /// Sends a frame of sound of 20 ms with this content each 20 ms, for a number of frames.
    pub(crate) fn talk(&mut self, speakers: &[usize], frames: u8) {
        for number in 0..frames {
            for speaker in speakers {
                let now = self.moment();
                let packet = sound(*speaker, number);
                self.members[*speaker]
                    .session
                    .send_sound(now, &packet, LOUD)
                    .unwrap();
                self.poll_member(*speaker);
            }
            self.run(Duration::from_millis(20));
        }
    }
}

pub(crate) const LOUD: AudioLevel = AudioLevel::new(20, Speech::Present);

/// A packet of Opus of 20 ms that nobody else sends.
pub(crate) fn sound(speaker: usize, number: u8) -> Vec<u8> {
    let mut packet = vec![0xf8, u8::try_from(speaker).unwrap(), number];
    packet.resize(80, 0x5a);
    packet
}

/// A frame of VP8.
pub(crate) fn picture(number: u8, is_key: bool, size: usize) -> Vec<u8> {
    let mut frame = vec![
        0x10 | u8::from(!is_key),
        2,
        0,
        0x9d,
        0x01,
        0x2a,
        0x40,
        1,
        0xf0,
        0,
        number,
    ];
    frame.resize(size.max(11), number);
    frame
}
