use zeroize::{Zeroize, ZeroizeOnDrop};

/// The 64 bytes of HMAC-SHA512, as their two halves.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Derived {
    pub(crate) left: [u8; 32],
    pub(crate) right: [u8; 32],
}
