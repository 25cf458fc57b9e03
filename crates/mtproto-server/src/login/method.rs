use confcall_join::api::RpcError;
use confcall_state::tl::{ReadError, Reader};
use grammers_tl_types::{Identifiable as _, functions};

use super::binding::Binding;
use super::codes::Proof;
use super::phone_number::PhoneNumber;
use crate::limits;
use crate::mtproto::query::unreadable;

/// A method of a client that logs in or out, or changes its key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Method {
    SendCode(PhoneNumber),
    ResendCode(Proof),
    CancelCode(Proof),
    SignIn { proof: Proof, code: String },
    SignUp { proof: Proof, name: String },
    LogOut,
    BindKey(Binding),
    ExportToken,
    ImportToken,
    GetPassword,
}

impl Method {
    /// Reads a method; `None` if it is another one.
    pub(crate) fn read(method: &[u8]) -> Option<Result<Self, RpcError>> {
        let mut reader = Reader::new(method);
        let id = reader.u32("a method").ok()?;
        Some(match id {
            functions::auth::SendCode::CONSTRUCTOR_ID => number(&mut reader).map(Self::SendCode),
            functions::auth::ResendCode::CONSTRUCTOR_ID => {
                flags_and_proof(&mut reader).map(|(_, proof)| Self::ResendCode(proof))
            }
            functions::auth::CancelCode::CONSTRUCTOR_ID => proof(&mut reader).map(Self::CancelCode),
            functions::auth::SignIn::CONSTRUCTOR_ID => sign_in(&mut reader),
            functions::auth::SignUp::CONSTRUCTOR_ID => sign_up(&mut reader),
            functions::auth::LogOut::CONSTRUCTOR_ID => Ok(Self::LogOut),
            functions::auth::BindTempAuthKey::CONSTRUCTOR_ID => {
                let binding = Binding::read(&mut reader).map_err(|_| unreadable());
                binding.map(Self::BindKey)
            }
            functions::auth::ExportLoginToken::CONSTRUCTOR_ID => Ok(Self::ExportToken),
            functions::auth::ImportLoginToken::CONSTRUCTOR_ID => Ok(Self::ImportToken),
            functions::account::GetPassword::CONSTRUCTOR_ID => Ok(Self::GetPassword),
            _ => return None,
        })
    }
}

/// True for a method beside those of a login that a client may call without one.
pub(crate) fn is_open_to_guests(method: &[u8]) -> bool {
    let id = method.first_chunk().copied().map(u32::from_le_bytes);
    id.is_some_and(|id| {
        matches!(
            id,
            functions::help::GetCdnConfig::CONSTRUCTOR_ID
                | functions::help::GetConfig::CONSTRUCTOR_ID
                | functions::help::GetCountriesList::CONSTRUCTOR_ID
                | functions::help::GetNearestDc::CONSTRUCTOR_ID
                | functions::help::GetPeerColors::CONSTRUCTOR_ID
                | functions::help::GetPromoData::CONSTRUCTOR_ID
                | functions::help::GetTermsOfServiceUpdate::CONSTRUCTOR_ID
                | functions::help::GetTimezonesList::CONSTRUCTOR_ID
                | functions::langpack::GetDifference::CONSTRUCTOR_ID
                | functions::langpack::GetLangPack::CONSTRUCTOR_ID
                | functions::langpack::GetLanguages::CONSTRUCTOR_ID
                | functions::langpack::GetStrings::CONSTRUCTOR_ID
        )
    })
}

fn number(reader: &mut Reader<'_>) -> Result<PhoneNumber, RpcError> {
    let number = reader.string("a phone number");
    PhoneNumber::read(number.map_err(|_| unreadable())?)
}

fn proof(reader: &mut Reader<'_>) -> Result<Proof, RpcError> {
    let number = number(reader)?;
    let hash = text(reader, "the name of a code").map_err(|_| unreadable())?;
    Ok(Proof { number, hash })
}

fn flags_and_proof(reader: &mut Reader<'_>) -> Result<(u32, Proof), RpcError> {
    let flags = reader.u32("flags").map_err(|_| unreadable())?;
    Ok((flags, proof(reader)?))
}

fn sign_in(reader: &mut Reader<'_>) -> Result<Method, RpcError> {
    let (flags, proof) = flags_and_proof(reader)?;
    let code = match flags & 1 {
        0 => String::new(),
        _ => text(reader, "a code").map_err(|_| unreadable())?,
    };
    Ok(Method::SignIn { proof, code })
}

fn sign_up(reader: &mut Reader<'_>) -> Result<Method, RpcError> {
    let (_, proof) = flags_and_proof(reader)?;
    let first = text(reader, "a first name").map_err(|_| unreadable())?;
    let last = text(reader, "a last name").map_err(|_| unreadable())?;
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() || first.chars().count() > limits::NAME {
        return Err(RpcError::new(400, "FIRSTNAME_INVALID"));
    }
    if last.chars().count() > limits::NAME {
        return Err(RpcError::new(400, "LASTNAME_INVALID"));
    }
    let name = format!("{first} {last}").trim_end().to_owned();
    Ok(Method::SignUp { proof, name })
}

/// A text, which need not be well-formed.
fn text(reader: &mut Reader<'_>, what: &'static str) -> Result<String, ReadError> {
    Ok(String::from_utf8_lossy(reader.string(what)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_tl_types::{Serializable as _, enums, types};

    fn sign_up(first: &str, last: &str) -> Result<Method, RpcError> {
        let method = functions::auth::SignUp {
            no_joined_notifications: true,
            phone_number: "+9996610001".to_owned(),
            phone_code_hash: "the hash".to_owned(),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
        };
        Method::read(&method.to_bytes()).unwrap()
    }

    fn proof() -> Proof {
        let number = PhoneNumber::read(b"9996610001").unwrap();
        let hash = "the hash".to_owned();
        Proof { number, hash }
    }

    #[test]
    fn a_code_is_asked_for_by_a_number() {
        let settings = types::CodeSettings {
            allow_flashcall: false,
            current_number: false,
            allow_app_hash: true,
            allow_missed_call: false,
            allow_firebase: false,
            unknown_number: false,
            logout_tokens: None,
            token: None,
            app_sandbox: None,
        };
        let ask = |number: &str| {
            let method = functions::auth::SendCode {
                phone_number: number.to_owned(),
                api_id: 1,
                api_hash: "hash".to_owned(),
                settings: enums::CodeSettings::Settings(settings.clone()),
            };
            Method::read(&method.to_bytes()).unwrap()
        };
        assert_eq!(ask("9996610001"), Ok(Method::SendCode(proof().number)));
        let refused = RpcError::new(400, "PHONE_NUMBER_INVALID");
        assert_eq!(ask("4915112345678"), Err(refused));
    }

    #[test]
    fn a_login_has_the_code_or_none() {
        let sign_in = |code: Option<&str>| functions::auth::SignIn {
            phone_number: "9996610001".to_owned(),
            phone_code_hash: "the hash".to_owned(),
            phone_code: code.map(str::to_owned),
            email_verification: None,
        };
        for code in [Some("12345"), None] {
            let expected = Method::SignIn {
                proof: proof(),
                code: code.unwrap_or_default().to_owned(),
            };
            let bytes = sign_in(code).to_bytes();
            assert_eq!(Method::read(&bytes), Some(Ok(expected)));
            let cut = Method::read(&bytes[..bytes.len() - 4]);
            assert_eq!(cut, Some(Err(unreadable())));
        }
    }

    #[test]
    fn a_new_user_has_a_first_name_and_perhaps_a_last_one() {
        let name = |first, last| match sign_up(first, last) {
            Ok(Method::SignUp { name, .. }) => Ok(name),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.message),
        };
        let long = "n".repeat(limits::NAME + 1);
        assert_eq!(name(" Ada ", "Lovelace"), Ok("Ada Lovelace".to_owned()));
        assert_eq!(name("Ada", ""), Ok("Ada".to_owned()));
        assert_eq!(name(" ", "Lovelace"), Err("FIRSTNAME_INVALID".to_owned()));
        assert_eq!(name(&long, ""), Err("FIRSTNAME_INVALID".to_owned()));
        assert_eq!(name("Ada", &long), Err("LASTNAME_INVALID".to_owned()));
    }

    #[test]
    fn what_needs_a_user_is_not_open_to_guests() {
        let open = functions::help::GetConfig {}.to_bytes();
        let closed = functions::updates::GetState {}.to_bytes();
        assert_eq!(
            [&*open, &closed, &[]].map(is_open_to_guests),
            [true, false, false]
        );
        assert_eq!(Method::read(&open), None);
        // Nobody answers it.
        let config = functions::help::GetAppConfig { hash: 0 }.to_bytes();
        assert!(!is_open_to_guests(&config));
    }
}
