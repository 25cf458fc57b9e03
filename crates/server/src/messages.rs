use confcall_join::api::{EncryptedMessage, Peer, SendGroupCallEncryptedMessage, Update};
use confcall_state::UserId;

use crate::refusal::Refusal;
use crate::server::Server;

impl Server {
    /// Passes a member's encrypted message on to the other members; true says that it was (`spec/protocol.md`, 9).
    ///
    /// The server cannot read it and keeps nothing of it.
    pub(crate) fn pass_on(
        &mut self,
        from: UserId,
        request: &SendGroupCallEncryptedMessage,
    ) -> Result<bool, Refusal> {
        let (call, _) = self.find_joined(from, &request.call)?;
        let id = call.id();
        let size = request.encrypted_message.len();
        let limit = self.options.limits.block_size;
        if size == 0 || size > limit {
            return Err(Refusal::MessageSize { size, limit });
        }
        self.tell_others(id, from, |call, _| {
            [Update::EncryptedMessage(EncryptedMessage {
                call: call.reference(),
                from: Peer::User(from),
                encrypted_message: request.encrypted_message.clone(),
            })]
        });
        Ok(true)
    }
}
