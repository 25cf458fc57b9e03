//! The wrappers around a method: the layer that the client speaks, its description, and the updates that it wants.

use confcall_join::api::RpcError;
use confcall_state::tl::{ReadError, ReadErrorKind, Reader};

use super::gzip::{self, Budget};
use crate::limits;

const INVOKE_WITH_LAYER: u32 = 0xda9b_0d0d;
const INIT_CONNECTION: u32 = 0xc1cd_5ea9;
const INVOKE_WITHOUT_UPDATES: u32 = 0xbf94_59b7;
const INVOKE_AFTER_MSG: u32 = 0xcb9f_372d;
const INVOKE_AFTER_MSGS: u32 = 0x3dc4_b4f0;
const INPUT_CLIENT_PROXY: u32 = 0x7558_8b3f;
const JSON_NULL: u32 = 0x3f6d_7b68;
const JSON_BOOL: u32 = 0xc734_5e6a;
const JSON_NUMBER: u32 = 0x2be0_dfa4;
const JSON_STRING: u32 = 0xb71e_767a;
const JSON_ARRAY: u32 = 0xf744_4763;
const JSON_OBJECT: u32 = 0x99c1_d49d;
const JSON_OBJECT_VALUE: u32 = 0xc0de_1bd9;

/// The lowest layer in which the conference methods are what they are (`spec/protocol.md`, the start).
const LOWEST_LAYER: i32 = 202;

/// A method without what stood around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) method: Vec<u8>,
    /// True if the client wants pushes.
    pub(crate) wants_updates: bool,
    /// The number of the layer in which the client reads, if it says so.
    pub(crate) layer: Option<i32>,
}

impl Query {
    /// Takes the wrappers off a query.
    ///
    /// A client that never says which layer it speaks is taken to speak one that is known.
    pub(crate) fn unwrap(body: Vec<u8>, budget: &mut Budget) -> Result<Self, RpcError> {
        let mut query = Self {
            method: body,
            wants_updates: true,
            layer: None,
        };
        for _ in 0..limits::WRAPPERS {
            if !query.take_off(budget)? {
                return Ok(query);
            }
        }
        Err(unreadable())
    }

    /// Takes off one wrapper; says whether there was one.
    fn take_off(&mut self, budget: &mut Budget) -> Result<bool, RpcError> {
        let mut reader = Reader::new(&self.method);
        match reader.u32("a query").map_err(|_| unreadable())? {
            gzip::ID => {
                let inflated = budget.inflate(&self.method);
                self.method = inflated.map_err(|_| unreadable())?;
                return Ok(true);
            }
            INVOKE_WITH_LAYER => {
                let layer = reader.i32("a layer").map_err(|_| unreadable())?;
                if layer < LOWEST_LAYER {
                    return Err(RpcError::new(400, "CONNECTION_LAYER_INVALID"));
                }
                self.layer = Some(layer);
            }
            INIT_CONNECTION => skip_connection(&mut reader).map_err(|_| unreadable())?,
            INVOKE_WITHOUT_UPDATES => self.wants_updates = false,
            // Queries are carried out in the order in which they come.
            INVOKE_AFTER_MSG => skip_long(&mut reader).map_err(|_| unreadable())?,
            INVOKE_AFTER_MSGS => {
                let skipped = reader.boxed_vector("messages", 8, skip_long);
                skipped.map_err(|_| unreadable())?;
            }
            _ => return Ok(false),
        }
        let start = reader.position();
        self.method.drain(..start);
        Ok(true)
    }
}

/// The answer to a query that cannot be read.
pub(crate) fn unreadable() -> RpcError {
    RpcError::new(400, "INPUT_FETCH_ERROR")
}

fn skip_connection(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let flags = reader.flags("initConnection")?;
    reader.i32("the application id")?;
    for _ in 0..6 {
        reader.string("a text about the client")?;
    }
    if flags & 1 != 0 {
        reader.constructor(INPUT_CLIENT_PROXY, "a proxy")?;
        reader.string("the address of a proxy")?;
        reader.i32("the port of a proxy")?;
    }
    match flags & 2 {
        0 => Ok(()),
        _ => skip_json(reader, limits::WRAPPERS),
    }
}

fn skip_json(reader: &mut Reader<'_>, depth: u32) -> Result<(), ReadError> {
    let what = "a JSON value";
    let deeper = depth.checked_sub(1);
    let too_deep = reader.error_before(0, ReadErrorKind::InvalidValue { what });
    let depth = deeper.ok_or(too_deep)?;
    match reader.u32(what)? {
        JSON_NULL => Ok(()),
        JSON_BOOL => reader.u32(what).map(drop),
        JSON_NUMBER => skip_long(reader),
        JSON_STRING => reader.string(what).map(drop),
        JSON_ARRAY => {
            let skipped = reader.boxed_vector(what, 4, |reader| skip_json(reader, depth));
            skipped.map(drop)
        }
        JSON_OBJECT => {
            let skipped = reader.boxed_vector(what, 4, |reader| {
                reader.constructor(JSON_OBJECT_VALUE, what)?;
                reader.string(what)?;
                skip_json(reader, depth)
            });
            skipped.map(drop)
        }
        found => Err(reader.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found })),
    }
}

fn skip_long(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    reader.i64("a number").map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_tl_types::{Serializable as _, enums, functions, types};

    fn wrapped<Q>(
        layer: i32,
        query: Q,
    ) -> functions::InvokeWithLayer<functions::InitConnection<Q>> {
        let json = |value| enums::Jsonvalue::JsonString(types::JsonString { value });
        let member = types::JsonObjectValue {
            key: "tz_offset".to_owned(),
            value: json("0".to_owned()),
        };
        functions::InvokeWithLayer {
            layer,
            query: functions::InitConnection {
                api_id: 1,
                device_model: "a device".to_owned(),
                system_version: String::new(),
                app_version: "1".to_owned(),
                system_lang_code: "en".to_owned(),
                lang_pack: String::new(),
                lang_code: "en".to_owned(),
                proxy: Some(enums::InputClientProxy::Proxy(types::InputClientProxy {
                    address: "proxy".to_owned(),
                    port: 1,
                })),
                params: Some(enums::Jsonvalue::JsonObject(types::JsonObject {
                    value: vec![enums::JsonobjectValue::JsonObjectValue(member)],
                })),
                query,
            },
        }
    }

    fn unwrap(body: Vec<u8>) -> Result<Query, RpcError> {
        Query::unwrap(body, &mut Budget::new(1 << 20))
    }

    #[test]
    fn every_wrapper_of_a_client_is_taken_off() {
        let config = functions::help::GetConfig {};
        let quiet = functions::InvokeWithoutUpdates {
            query: functions::InvokeAfterMsgs {
                msg_ids: vec![1, 2],
                query: config.clone(),
            },
        };
        let query = unwrap(wrapped(230, quiet).to_bytes()).unwrap();
        assert_eq!(query.method, config.to_bytes());
        assert!(!query.wants_updates);
        let bare = unwrap(config.to_bytes()).unwrap();
        assert!(bare.wants_updates);
        assert_eq!((query.layer, bare.layer), (Some(230), None));
    }

    #[test]
    fn a_packed_query_is_unpacked_wherever_it_stands() {
        let query = functions::phone::GetGroupCallChainBlocks {
            call: enums::InputGroupCall::Slug(types::InputGroupCallSlug {
                slug: "a".repeat(2000),
            }),
            sub_chain_id: 0,
            offset: 0,
            limit: 1,
        };
        let packed = gzip::deflate(query.to_bytes());
        assert!(packed.starts_with(&gzip::ID.to_le_bytes()));
        assert_eq!(unwrap(packed.clone()).unwrap().method, query.to_bytes());
        let start = functions::InvokeWithoutUpdates {
            query: functions::help::GetConfig {},
        };
        let start = start.to_bytes().into_iter().take(4);
        let inside: Vec<u8> = start.chain(packed).collect();
        assert_eq!(unwrap(inside).unwrap().method, query.to_bytes());
    }

    #[test]
    fn a_layer_without_conferences_is_refused() {
        let query = wrapped(201, functions::help::GetConfig {});
        let error = unwrap(query.to_bytes()).unwrap_err();
        assert_eq!(error, RpcError::new(400, "CONNECTION_LAYER_INVALID"));
    }

    #[test]
    fn a_query_that_is_cut_or_wrapped_without_end_is_refused() {
        let query = wrapped(230, functions::help::GetConfig {}).to_bytes();
        for length in 0..query.len() - 4 {
            assert_eq!(
                unwrap(query[..length].to_vec()),
                Err(unreadable()),
                "{length}"
            );
        }
        let endless = INVOKE_WITHOUT_UPDATES.to_le_bytes().repeat(100);
        assert_eq!(unwrap(endless), Err(unreadable()));
    }
}
