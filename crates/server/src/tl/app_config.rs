use confcall_join::api::AppConfig;
use grammers_tl_types::{enums, types};

/// The configuration as the JSON object of the API.
pub(super) fn write(config: AppConfig) -> enums::help::AppConfig {
    let fields = [
        ("conference_call_size_limit", config.conference_size_limit),
        ("call_ring_timeout_ms", config.ring_timeout_ms),
    ];
    let value = fields.into_iter().filter_map(|(key, value)| {
        let value = types::JsonNumber {
            value: f64::from(value?),
        };
        let key = key.to_owned();
        Some(
            types::JsonObjectValue {
                key,
                value: value.into(),
            }
            .into(),
        )
    });
    let object = types::JsonObject {
        value: value.collect(),
    };
    // Without a hash: a client that asks again gets the whole again.
    enums::help::AppConfig::Config(types::help::AppConfig {
        hash: 0,
        config: object.into(),
    })
}
