//! Logging in by the code of a test number, as values: methods, codes, and the binding of temporary keys.
//!
//! ```text
//! auth.sendCode ─▶ code ─▶ auth.signIn ─┬─▶ authorization                    the key is the user's
//!                                       └─▶ auth.signUp ─▶ authorization     the user gets a name first
//! ```
//!
//! A number is a user, whose id is the number itself, so that it is the same one after every restart.

mod answers;
mod binding;
mod codes;
mod method;
mod phone_number;

pub(crate) use self::answers::{
    authorization, logged_out, no_password, sent_code, sign_up_required,
};
pub(crate) use self::binding::{Asked, Binding};
pub(crate) use self::codes::{Codes, Proof};
pub(crate) use self::method::{Method, is_open_to_guests};
pub(crate) use self::phone_number::PhoneNumber;
