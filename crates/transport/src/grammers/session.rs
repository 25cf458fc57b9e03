use confcall_state::UserId;
use grammers_session::Session;
use grammers_session::types::{PeerId, PeerInfo};

/// The user who is logged in in a session, as far as the session knows.
///
/// # Errors
///
/// Those of the session's storage.
pub async fn signed_in_user<S: Session>(session: &S) -> Result<Option<UserId>, S::Error> {
    let own = session.peer(PeerId::self_user()).await?;
    Ok(match own {
        Some(PeerInfo::User { id, .. }) => Some(UserId::new(id)),
        _ => None,
    })
}
