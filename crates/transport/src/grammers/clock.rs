//! The server's time, from the first answer of a key exchange that goes no further.
//!
//! ```text
//! ef                                                          the abridged transport, whose lengths count words
//! 0a  0 (8)  message id (8)  20 (4)  req_pq_multi (4)  nonce (16)
//! ..  0 (8)  message id (8)  length (4)  resPQ ..             the upper half of the id is the server's time
//! ```
//!
//! It is neither encrypted nor signed, so an attacker on the way can answer in the server's place. A wrong answer stops a client
//! as a cut connection does, and can do nothing else.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The time that a server has to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// `req_pq_multi#be7e8ef1 nonce:int128 = ResPQ`
const REQ_PQ_MULTI: u32 = 0xbe7e_8ef1;

/// The words of the request: key, id, length, constructor and nonce.
const REQUEST_WORDS: u8 = 10;

/// The seconds by which our clock is ahead of a server's; negative if it is behind.
pub(super) async fn seconds_ahead(server: SocketAddr) -> io::Result<i64> {
    let asking = timeout(PATIENCE, ask(server));
    let id = asking
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    // The answer's way back takes a part of a second, far below the seconds that matter.
    Ok(seconds(now()) - (id >> 32))
}

fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// Asks a server for the start of a key exchange; gives the id of its answer.
async fn ask(server: SocketAddr) -> io::Result<i64> {
    let mut stream = TcpStream::connect(server).await?;
    // Any number will do: no key comes of this exchange.
    let nonce = now().as_nanos().to_le_bytes();
    let mut request = vec![0xef, REQUEST_WORDS];
    request.extend([0; 16]);
    request.extend(20_i32.to_le_bytes());
    request.extend(REQ_PQ_MULTI.to_le_bytes());
    request.extend(nonce);
    stream.write_all(&request).await?;

    let length = stream.read_u8().await?;
    let key = stream.read_i64_le().await?;
    let id = stream.read_i64_le().await?;
    // A shorter packet is an error of the transport, and a longer one than a byte can count is no `resPQ`.
    match key {
        0 if (5..0x7f).contains(&length) => Ok(id),
        _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A server that answers so, whatever it is asked.
    async fn server(answer: Vec<u8>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 42];
            stream.read_exact(&mut request).await.unwrap();
            assert_eq!(request[..2], [0xef, REQUEST_WORDS]);
            stream.write_all(&answer).await.unwrap();
        });
        address
    }

    fn answer(time: i64) -> Vec<u8> {
        let mut answer = vec![19];
        answer.extend([0; 8]);
        answer.extend((time << 32 | 1).to_le_bytes());
        answer.extend([0; 60]);
        answer
    }

    #[tokio::test]
    async fn a_clock_is_compared_with_the_id_of_the_answer() {
        for ahead in [-3600, 0, 120] {
            let time = seconds(now()) - ahead;
            let found = seconds_ahead(server(answer(time)).await).await.unwrap();
            assert!((ahead..=ahead + 2).contains(&found), "{found}");
        }
    }

    #[tokio::test]
    async fn anything_else_says_nothing_of_the_clock() {
        let error = [&[1][..], &(-404_i32).to_le_bytes()].concat();
        let encrypted = [&[19][..], &[7; 76]].concat();
        for other in [error, encrypted, vec![]] {
            assert!(seconds_ahead(server(other).await).await.is_err());
        }
    }
}
