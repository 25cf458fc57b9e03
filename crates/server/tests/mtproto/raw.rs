use std::net::SocketAddr;

use grammers_crypto::{AuthKey, DequeBuffer, encrypt_data_v2};
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
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let id = (now.unwrap().as_secs() << 32).to_le_bytes();
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [
        &0_i64.to_le_bytes(),
        &session.to_le_bytes(),
        id.as_slice(),
        &1_u32.to_le_bytes(),
        &length,
        body,
    ]
    .concat()
}
