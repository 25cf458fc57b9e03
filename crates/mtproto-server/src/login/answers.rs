use confcall_join::api::PeerLabel;
use confcall_server::tl::{Layer, Occasion, write_user};
use confcall_state::UserId;
use confcall_state::tl::Writer;
use grammers_tl_types::{Identifiable as _, Serializable as _, enums, types};

use crate::limits;

/// The answer to a client that was sent a code, with the name of the code.
pub(crate) fn sent_code(hash: String) -> Vec<u8> {
    let length = 5;
    let seconds = i32::try_from(limits::LOGIN_CODE_SECONDS);
    enums::auth::SentCode::Code(types::auth::SentCode {
        r#type: types::auth::SentCodeTypeApp { length }.into(),
        phone_code_hash: hash,
        next_type: None,
        timeout: seconds.ok(),
    })
    .to_bytes()
}

/// The answer to a client that logged in as the user of this label, who alone stands in it.
pub(crate) fn authorization(user: UserId, label: &PeerLabel, layer: Layer) -> Vec<u8> {
    let occasion = Occasion {
        viewer: user,
        date: 0,
        layer,
    };
    Writer::encode(|writer| {
        writer.u32(types::auth::Authorization::CONSTRUCTOR_ID);
        writer.u32(0);
        writer.raw(&write_user(label, occasion).unwrap_or_default());
    })
}

/// The answer to a client whose user has no name yet.
pub(crate) fn sign_up_required() -> Vec<u8> {
    let terms_of_service = None;
    let answer = types::auth::AuthorizationSignUpRequired { terms_of_service };
    enums::auth::Authorization::SignUpRequired(answer).to_bytes()
}

/// The answer to a client that logged out.
pub(crate) fn logged_out() -> Vec<u8> {
    let future_auth_token = None;
    enums::auth::LoggedOut::Out(types::auth::LoggedOut { future_auth_token }).to_bytes()
}

/// The answer that there is no second password, and that none can be set.
pub(crate) fn no_password() -> Vec<u8> {
    enums::account::Password::Password(types::account::Password {
        has_recovery: false,
        has_secure_values: false,
        has_password: false,
        current_algo: None,
        srp_b: None,
        srp_id: None,
        hint: None,
        email_unconfirmed_pattern: None,
        new_algo: enums::PasswordKdfAlgo::Unknown,
        new_secure_algo: enums::SecurePasswordKdfAlgo::Unknown,
        secure_random: Vec::new(),
        pending_reset_date: None,
        login_email_pattern: None,
    })
    .to_bytes()
}
