use confcall_state::tl::Reader;

use super::error::KeyExchangeError;

/// The public nonces of an exchange.
#[derive(Clone, Copy)]
pub(super) struct Nonces {
    pub(super) client: [u8; 16],
    pub(super) server: [u8; 16],
}

impl Nonces {
    /// Reads both nonces, which stay the same through an exchange.
    pub(super) fn check(self, reader: &mut Reader<'_>) -> Result<(), KeyExchangeError> {
        if reader.raw("the nonce")? != self.client {
            return Err(KeyExchangeError::Changed("nonce"));
        }
        match reader.raw("the server's nonce")? == self.server {
            true => Ok(()),
            false => Err(KeyExchangeError::Changed("server's nonce")),
        }
    }
}
