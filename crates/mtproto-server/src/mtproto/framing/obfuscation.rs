//! The cipher that hides which transport a client speaks.
//!
//! The stream starts with 64 random bytes from which both directions take their keys; the last eight of them are
//! under the cipher already, and four of those name the transport.

use grammers_crypto::ObfuscatedCipher;

/// The number of bytes of the start.
pub(super) const START: usize = 64;

pub(super) struct Obfuscation(ObfuscatedCipher);

impl Obfuscation {
    /// Takes the start of a client's stream, and gives the tag of the transport that is hidden.
    pub(super) fn accept(start: &[u8; START]) -> (Self, [u8; 4]) {
        let mut this = Self(ObfuscatedCipher::new(start));
        let mut revealed = *start;
        this.reveal(&mut revealed);
        let [.., a, b, c, d, _, _, _, _] = revealed;
        (this, [a, b, c, d])
    }

    /// Makes readable what the client sent, in order.
    pub(super) fn reveal(&mut self, bytes: &mut [u8]) {
        // The cipher is named from the client's side, and undoes itself.
        self.0.encrypt(bytes);
    }

    /// Hides what goes to the client, in order.
    pub(super) fn hide(&mut self, bytes: &mut [u8]) {
        self.0.decrypt(bytes);
    }
}
