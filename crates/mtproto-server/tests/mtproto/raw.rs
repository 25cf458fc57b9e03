use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use grammers_crypto::{AuthKey, DequeBuffer, decrypt_data_v2, encrypt_data_v2};
use grammers_mtproto::transport::{Full, Transport as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::scene::PATIENCE;

/// A client that sends whatever bytes it likes.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    transport: Full,
}

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
            transport: Full::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        // A server that has closed the connection need not take all of it.
        let _ = self.stream.write_all(bytes).await;
    }

    /// Sends a packet that is well-formed outside.
    pub(crate) async fn send_packet(&mut self, packet: &[u8]) {
        let mut buffer = DequeBuffer::with_capacity(packet.len(), 64);
        buffer.extend(packet.iter().copied());
        self.transport.pack(&mut buffer);
        self.send(buffer.as_ref()).await;
    }

    /// Sends a plaintext under a key.
    pub(crate) async fn send_sealed(&mut self, key: [u8; 256], plaintext: &[u8]) {
        let mut buffer = DequeBuffer::with_capacity(plaintext.len(), 64);
        buffer.extend(plaintext.iter().copied());
        encrypt_data_v2(&mut buffer, &AuthKey::from_bytes(key));
        self.send_packet(buffer.as_ref()).await;
    }

    /// The next packet of the server.
    pub(crate) async fn receive_packet(&mut self) -> Vec<u8> {
        let packet = timeout(PATIENCE, async {
            let length = self.stream.read_u32_le().await.unwrap();
            let mut rest = vec![0; length as usize - 4];
            self.stream.read_exact(&mut rest).await.unwrap();
            rest
        });
        let packet = packet.await.expect("a packet in time");
        packet[4..packet.len() - 4].to_vec()
    }

    /// Sends a message in clear, and gives the answer to it.
    pub(crate) async fn ask_in_clear(&mut self, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        let head = [[0; 8], first_id().to_le_bytes()].concat();
        self.send_packet(&[&head, length.as_slice(), body].concat())
            .await;
        let packet = self.receive_packet().await;
        assert_eq!(packet[..8], [0; 8]);
        packet[20..].to_vec()
    }

    /// The next packet of the server: its session, and the message in it.
    pub(crate) async fn receive(&mut self, key: [u8; 256]) -> (i64, Vec<u8>) {
        let mut packet = self.receive_packet().await;
        let key = AuthKey::from_bytes(key);
        let plaintext = decrypt_data_v2(&mut packet, &key).unwrap();
        let session = i64::from_le_bytes(plaintext[8..16].try_into().unwrap());
        let length = u32::from_le_bytes(plaintext[28..32].try_into().unwrap());
        (session, plaintext[32..32 + length as usize].to_vec())
    }

    /// Waits until the server closes the connection; gives what it sent before.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        let end = timeout(PATIENCE, self.stream.read_to_end(&mut received));
        // A reset is an end too.
        let _ = end.await.expect("the server closes the connection");
        received
    }
}

/// A plaintext with one message; the salt is wrong.
pub(crate) fn plaintext(session: i64, body: &[u8]) -> Vec<u8> {
    let place = Place {
        salt: 0,
        session,
        id: first_id(),
        seq_no: 1,
    };
    place.write(body)
}

/// An id that a message made now can have.
pub(crate) fn first_id() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.unwrap().as_secs()).unwrap() << 32
}

/// The place of a message of a client.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) salt: i64,
    pub(crate) session: i64,
    pub(crate) id: i64,
    pub(crate) seq_no: i32,
}

impl Place {
    pub(crate) fn write(self, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        [
            &self.salt.to_le_bytes(),
            &self.session.to_le_bytes(),
            &self.id.to_le_bytes(),
            self.seq_no.to_le_bytes().as_slice(),
            &length,
            body,
        ]
        .concat()
    }
}
