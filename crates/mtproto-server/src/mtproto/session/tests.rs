use super::*;
use confcall_state::tl::Reader;

const NOW: Duration = Duration::from_secs(1_700_000_000);
const KEY: [u8; 256] = [0x5a; 256];
const GET_CONFIG: [u8; 4] = 0xc4f9_186b_u32.to_le_bytes();

/// A session as the client sees it.
struct Client {
    session: Session,
    salt: i64,
    last_id: i64,
    sent: i32,
}

/// A message of the server: its body, and whether it is to be acknowledged.
#[derive(Debug)]
struct ReceivedMessage {
    body: Vec<u8>,
    seq_no: i32,
}

impl ReceivedMessage {
    fn constructor(&self) -> u32 {
        u32::from_le_bytes(*self.body.first_chunk().unwrap())
    }
}

impl Client {
    fn new() -> Self {
        let key = AuthKey::from_bytes(KEY);
        Self {
            salt: Salts::new(&key).now(NOW),
            session: Session::new(7, &key, Memory::default()),
            last_id: 1_700_000_000 << 32,
            sent: 0,
        }
    }

    /// A client that was answered that its session is new.
    fn started() -> Self {
        let mut client = Self::new();
        client.send(&ping(1));
        client.receive();
        client
    }

    fn next(&mut self, odd: bool) -> (MsgId, i32) {
        self.last_id += 4;
        let seq_no = self.sent * 2 + i32::from(odd);
        self.sent += i32::from(odd);
        (MsgId(self.last_id), seq_no)
    }

    /// Sends a body that needs an acknowledgement.
    fn send(&mut self, body: &[u8]) -> (MsgId, Vec<Event>) {
        let (id, seq_no) = self.next(true);
        (id, self.send_as(id, seq_no, body))
    }

    fn send_as(&mut self, id: MsgId, seq_no: i32, body: &[u8]) -> Vec<Event> {
        let message = Message { id, seq_no, body };
        let envelope = Envelope {
            salt: self.salt,
            session: 7,
            message,
        };
        self.session.receive(&envelope, NOW)
    }

    /// All that the server says, taken out of containers.
    fn receive(&mut self) -> Vec<ReceivedMessage> {
        let mut received = Vec::new();
        while let Some(mut packet) = self.session.take_packet(NOW) {
            packet.extend([0; 12]);
            let envelope = Envelope::read(&packet).unwrap();
            let message = envelope.message;
            let several = read_container(message.body);
            let several = match message.body.starts_with(&CONTAINER) {
                true => several.unwrap(),
                false => vec![message],
            };
            received.extend(several.into_iter().map(|one| ReceivedMessage {
                body: one.body.to_vec(),
                seq_no: one.seq_no,
            }));
        }
        received
    }

    /// The only message that the server says.
    fn receive_one(&mut self) -> ReceivedMessage {
        let mut received = self.receive();
        assert_eq!(received.len(), 1, "{received:?}");
        received.remove(0)
    }

    /// The reason of the only message, by which another one is refused.
    fn hear_refusal(&mut self) -> (MsgId, i32) {
        let received = self.receive_one();
        let mut reader = Reader::new(&received.body);
        reader.constructor(0xa7ef_f811, "a notification").unwrap();
        let id = MsgId(reader.i64("an id").unwrap());
        reader.i32("a number").unwrap();
        (id, reader.i32("a code").unwrap())
    }
}

const CONTAINER: [u8; 4] = 0x73f1_f8dc_u32.to_le_bytes();
const NEW_SESSION: u32 = 0x9ec2_0908;
const PONG: u32 = 0x3477_73c5;
const RPC_RESULT: u32 = 0xf35c_6d01;
const MSGS_ACK: u32 = 0x62d6_b459;

fn ping(id: i64) -> Vec<u8> {
    [0x7abe_77ec_u32.to_le_bytes().as_slice(), &id.to_le_bytes()].concat()
}

fn container(messages: &[(MsgId, i32, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.raw(&CONTAINER);
    writer.count(messages.len());
    for (id, seq_no, body) in messages {
        crate::mtproto::message::write_message(&mut writer, id.0, *seq_no, body);
    }
    writer.into_bytes()
}

#[test]
fn a_wrong_salt_is_put_right_and_nothing_is_carried_out() {
    let mut client = Client::new();
    let right = core::mem::take(&mut client.salt);
    let (id, events) = client.send(&GET_CONFIG);
    assert_eq!(events, []);
    let received = client.receive_one();
    let mut reader = Reader::new(&received.body);
    reader.constructor(0xedab_447b, "bad_server_salt").unwrap();
    assert_eq!(reader.i64("an id"), Ok(id.0));
    reader.i32("a number").unwrap();
    assert_eq!(reader.i32("a code"), Ok(48));
    assert_eq!(reader.i64("a salt"), Ok(right));
    client.salt = right;
    assert_eq!(client.send(&GET_CONFIG).1.len(), 1);
}

#[test]
fn the_first_message_starts_a_session_and_is_the_first_of_a_container() {
    let mut client = Client::new();
    let (inside, number) = client.next(true);
    let (id, seq_no) = client.next(false);
    let body = container(&[(inside, number, &GET_CONFIG)]);
    let events = client.send_as(id, seq_no, &body);
    let method = GET_CONFIG.to_vec();
    assert_eq!(events, [Event::Query { id: inside, method }]);
    let received = client.receive_one();
    assert_eq!(received.constructor(), NEW_SESSION);
    assert_eq!(received.seq_no % 2, 1);
    let first = i64::from_le_bytes(*received.body[4..].first_chunk().unwrap());
    assert_eq!(first, inside.0);
    client.send(&ping(1));
    assert_eq!(client.receive_one().constructor(), PONG);
}

#[test]
fn a_query_is_carried_out_once_and_answered_as_often_as_it_comes() {
    let mut client = Client::started();
    let (id, events) = client.send(&GET_CONFIG);
    assert_eq!(events.len(), 1);
    let again = |client: &mut Client| client.send_as(id, 3, &GET_CONFIG);
    assert_eq!(again(&mut client), []);
    assert_eq!(client.receive_one().constructor(), MSGS_ACK);
    client.session.answer(id, Ok(b"done".to_vec()));
    let answer = client.receive_one();
    assert_eq!(answer.constructor(), RPC_RESULT);
    assert_eq!(again(&mut client), []);
    assert_eq!(client.receive_one().body, answer.body);
}

#[test]
fn what_an_earlier_connection_received_is_not_carried_out_again() {
    let mut client = Client::started();
    let (id, _) = client.send(&GET_CONFIG);
    client.session.answer(id, Ok(b"done".to_vec()));
    let answer = client.receive_one();
    let key = AuthKey::from_bytes(KEY);
    let session = core::mem::replace(
        &mut client.session,
        Session::new(7, &key, Memory::default()),
    );
    client.session = Session::new(7, &key, session.into_memory());
    assert_eq!(client.send_as(id, 3, &GET_CONFIG), []);
    let received = client.receive();
    assert_eq!(received[0].constructor(), NEW_SESSION);
    assert_eq!(received[1].body, answer.body);
}

#[test]
fn a_message_that_breaks_a_rule_is_refused_for_it() {
    let mut client = Client::started();
    let base = MsgId(client.last_id);
    let refused = |client: &mut Client, id: MsgId, seq_no, body: &[u8]| {
        assert_eq!(client.send_as(id, seq_no, body), []);
        let (refused, code) = client.hear_refusal();
        assert_eq!(refused, id);
        code
    };
    let past = MsgId(base.0 - (301 << 32));
    assert_eq!(refused(&mut client, past, 3, &GET_CONFIG), 16);
    let future = MsgId(base.0 + (31 << 32));
    assert_eq!(refused(&mut client, future, 3, &GET_CONFIG), 17);
    assert_eq!(refused(&mut client, MsgId(base.0 + 5), 3, &GET_CONFIG), 18);
    let next = MsgId(base.0 + 4);
    assert_eq!(refused(&mut client, next, 1, &GET_CONFIG), 32);
    assert_eq!(refused(&mut client, next, 3, &container(&[])), 34);
    assert_eq!(refused(&mut client, next, 4, &GET_CONFIG), 35);
    let late = container(&[(MsgId(next.0 + 4), 3, &GET_CONFIG)]);
    assert_eq!(refused(&mut client, next, 2, &late), 64);
    let nested = container(&[(MsgId(base.0 + 8), 2, &container(&[]))]);
    let outer = MsgId(base.0 + 12);
    assert_eq!(client.send_as(outer, 2, &nested), []);
    assert_eq!(client.hear_refusal(), (MsgId(base.0 + 8), 64));
    assert_eq!(refused(&mut client, outer, 2, &nested), 19);
}

#[test]
fn acknowledgements_are_taken_whether_they_are_numbered_as_content_or_not() {
    let mut client = Client::started();
    let acknowledgement = Writer::encode(|writer| {
        writer.u32(MSGS_ACK);
        writer.u32(0x1cb5_c415);
        writer.count(0);
    });
    for needs_acknowledgement in [false, true, true, false] {
        let (id, seq_no) = client.next(needs_acknowledgement);
        assert_eq!(client.send_as(id, seq_no, &acknowledgement), []);
        assert!(client.receive().is_empty());
    }
}

#[test]
fn a_ping_is_answered_and_can_ask_for_the_end() {
    let mut client = Client::started();
    let (id, events) = client.send(&ping(77));
    assert_eq!(events, []);
    let received = client.receive_one();
    assert_eq!(received.constructor(), PONG);
    assert_eq!(received.body[4..12], id.0.to_le_bytes());
    assert_eq!(received.body[12..], 77_i64.to_le_bytes());
    let mut ping = 0xf342_7b8c_u32.to_le_bytes().to_vec();
    ping.extend(78_i64.to_le_bytes());
    ping.extend(75_i32.to_le_bytes());
    let (_, events) = client.send(&ping);
    assert_eq!(events, [Event::CloseAfter(Duration::from_secs(75))]);
    assert_eq!(client.receive_one().constructor(), PONG);
}

#[test]
fn a_client_gets_the_salts_that_it_asks_for() {
    let mut client = Client::started();
    let mut asked = 0xb921_bd04_u32.to_le_bytes().to_vec();
    asked.extend(1000_i32.to_le_bytes());
    let (id, _) = client.send(&asked);
    let received = client.receive_one();
    let mut reader = Reader::new(&received.body);
    reader.constructor(0xae50_0895, "future_salts").unwrap();
    assert_eq!(reader.i64("an id"), Ok(id.0));
    reader.i32("the time").unwrap();
    assert_eq!(reader.count("salts"), Ok(limits::FUTURE_SALTS as usize));
    let since = reader.i32("since").unwrap();
    assert!(i64::from(since) <= 1_700_000_000);
    reader.i32("until").unwrap();
    assert_eq!(reader.i64("a salt"), Ok(client.salt));
}

#[test]
fn updates_go_only_to_a_client_that_wants_them() {
    let mut client = Client::started();
    client.session.push(Arc::from([1; 8]));
    assert!(client.receive().is_empty());
    let quiet = [0xbf94_59b7_u32.to_le_bytes(), GET_CONFIG].concat();
    client.send(&quiet);
    client.session.push(Arc::from([1; 8]));
    assert!(client.receive().is_empty());
    client.send(&GET_CONFIG);
    client.session.push(Arc::from([1; 8]));
    let received = client.receive_one();
    assert_eq!((received.body, received.seq_no % 2), (vec![1; 8], 1));
}

#[test]
fn what_cannot_be_read_is_an_error_of_its_query() {
    let mut client = Client::started();
    for body in [&[][..], &GET_CONFIG[..3], &0xda9b_0d0d_u32.to_le_bytes()] {
        let (_, events) = client.send(body);
        assert_eq!(events, []);
        let received = client.receive_one();
        assert_eq!(received.constructor(), RPC_RESULT);
        let error = received
            .body
            .windows(17)
            .any(|part| part == b"INPUT_FETCH_ERROR");
        assert!(error, "{received:?}");
    }
}

#[test]
fn an_answer_that_no_packet_could_hold_is_an_error() {
    let mut client = Client::started();
    let (id, _) = client.send(&GET_CONFIG);
    let mut noise = vec![0; MAX_BODY];
    let mut state = 1_u32;
    noise.iter_mut().for_each(|byte| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    });
    client.session.answer(id, Ok(noise));
    assert!(client.receive_one().body.len() < 100);
}

#[test]
fn messages_are_asked_after_by_their_states() {
    let mut client = Client::started();
    let (id, _) = client.send(&GET_CONFIG);
    client.receive();
    let mut asked = Writer::new();
    asked.u32(0xda69_fb52);
    asked.u32(0x1cb5_c415);
    asked.count(2);
    asked.i64(id.0);
    asked.i64(id.0 - 8);
    client.send(&asked.into_bytes());
    let received = client.receive_one();
    // The length of the string, then a byte for each message.
    assert_eq!(received.body[12..15], [2, 4, 2]);
}
