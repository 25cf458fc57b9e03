//! The forms in which a caller names a call and a user.

use confcall_join::api::{InviteLink, MigratedCall};
use confcall_join::joining::{GroupCallTarget, Link, LinkError, Target};
use confcall_state::UserId;

/// A call, as a caller names it: a link as text, a [`Link`] or [`InviteLink`], a [`GroupCallTarget`], or a [`Target`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no call",
    label = "not a link, a text or a `Target`",
    note = "give a link as text (`\"https://t.me/call/…\"`), a `Link`, or a `Target`"
)]
pub trait IntoTarget {
    /// The call.
    ///
    /// # Errors
    ///
    /// [`LinkError`], for a text that is no link.
    fn into_target(self) -> Result<Target, LinkError>;
}

impl IntoTarget for Target {
    fn into_target(self) -> Result<Target, LinkError> {
        Ok(self)
    }
}

impl IntoTarget for GroupCallTarget {
    fn into_target(self) -> Result<Target, LinkError> {
        Ok(self.into())
    }
}

impl IntoTarget for Link {
    fn into_target(self) -> Result<Target, LinkError> {
        Ok(self.into())
    }
}

impl IntoTarget for &str {
    fn into_target(self) -> Result<Target, LinkError> {
        self.parse()
    }
}

impl IntoTarget for String {
    fn into_target(self) -> Result<Target, LinkError> {
        self.parse()
    }
}

impl IntoTarget for &String {
    fn into_target(self) -> Result<Target, LinkError> {
        self.parse()
    }
}

impl IntoTarget for InviteLink {
    fn into_target(self) -> Result<Target, LinkError> {
        self.as_str().parse()
    }
}

/// The conference to which a call between two users was moved.
impl IntoTarget for MigratedCall {
    fn into_target(self) -> Result<Target, LinkError> {
        Ok(Target::Slug(self.slug))
    }
}

/// A user, as a caller names it: by a [`UserId`], or by its number.
///
/// A name is what the server says of a user, and two can have the same.
///
/// ```compile_fail,E0277
/// use confcall::{Options, Target};
///
/// Options::new(Target::Create, "alice");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no user",
    label = "not a `UserId`",
    note = "a user is named by its id, `UserId::new(1)` or `1_i64`; a name is not enough, since two users can have the same"
)]
pub trait IntoUser {
    /// The user.
    fn into_user(self) -> UserId;
}

impl IntoUser for UserId {
    fn into_user(self) -> UserId {
        self
    }
}

impl IntoUser for i64 {
    fn into_user(self) -> UserId {
        UserId::new(self)
    }
}
