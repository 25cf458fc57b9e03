//! The schemas of the layers as a reader for tests: what was written for a layer is what its clients read.

use std::collections::HashMap;

use confcall_state::tl::Reader;
use serde_json::{Map, Value};

use super::{Layer, Occasion};

const LINES: &str = include_str!("layers.tl");
const VECTOR: u32 = 0x1cb5_c415;
/// The key of the name of a constructor, beside its fields.
const NAME: &str = "_";

/// Checks that the clients of older layers read what is written for them, and the same as those of the newest one, less what their
/// layer does not have.
#[track_caller]
pub(super) fn check_older(newest: &[u8], occasion: Occasion, write: impl Fn(Occasion) -> Vec<u8>) {
    let newest = Schema::of(Layer::Newest).read(newest);
    for layer in [Layer::Of214, Layer::Of227] {
        let schema = Schema::of(layer);
        let older = write(Occasion { layer, ..occasion });
        let expected = schema.answer(newest.clone());
        assert_eq!(schema.read(&older), expected, "{layer:?}");
    }
}

/// The constructors of a layer.
struct Schema(HashMap<u32, Constructor>);

struct Constructor {
    name: &'static str,
    /// Their names and types.
    fields: Vec<(&'static str, &'static str)>,
    result: &'static str,
}

impl Schema {
    fn of(layer: Layer) -> Self {
        let number = match layer {
            Layer::Of214 => "214",
            Layer::Of227 => "227",
            Layer::Newest => "230",
        };
        let mut is_in = false;
        let mut constructors = HashMap::new();
        for line in LINES.lines() {
            if let Some(layers) = line.strip_prefix("---") {
                is_in = layers.contains(number);
            } else if let (true, Some((name, rest))) = (is_in, line.split_once('#')) {
                let (head, result) = rest.split_once(" = ").unwrap();
                let mut words = head.split(' ');
                let id = u32::from_str_radix(words.next().unwrap(), 16).unwrap();
                let constructor = Constructor {
                    name,
                    fields: words.map(|word| word.split_once(':').unwrap()).collect(),
                    result: result.trim_end_matches(';'),
                };
                assert!(constructors.insert(id, constructor).is_none(), "{line}");
            }
        }
        Self(constructors)
    }

    fn named(&self, name: &str) -> Option<&Constructor> {
        self.0.values().find(|one| one.name == name)
    }

    /// Reads an answer of any type, which takes the whole input.
    fn read(&self, bytes: &[u8]) -> Value {
        let mut reader = Reader::new(bytes);
        let value = match bytes.starts_with(&VECTOR.to_le_bytes()) {
            true => self.value(&mut reader, "Vector<int>"),
            false => self.boxed(&mut reader, None),
        };
        reader.finish("an answer").unwrap();
        value
    }

    fn boxed(&self, reader: &mut Reader<'_>, expected: Option<&str>) -> Value {
        let id = reader.u32("an id").unwrap();
        let constructor = self.0.get(&id).unwrap_or_else(|| panic!("no {id:08x}"));
        let result = constructor.result;
        assert_eq!(result, expected.unwrap_or(result));
        let mut flags = HashMap::new();
        let mut fields = Map::new();
        fields.insert(NAME.to_owned(), constructor.name.into());
        for (name, kind) in &constructor.fields {
            if *kind == "#" {
                flags.insert(*name, reader.u32(name).unwrap());
                continue;
            }
            let (kind, is_there) = match kind.split_once('?') {
                None => (*kind, true),
                Some((place, kind)) => {
                    let (word, bit) = place.split_once('.').unwrap();
                    let bit: u32 = bit.parse().unwrap();
                    (kind, flags[word] >> bit & 1 == 1)
                }
            };
            if is_there {
                fields.insert((*name).to_owned(), self.value(reader, kind));
            }
        }
        // No flag but those of the fields.
        for (word, value) in flags {
            let places = constructor.fields.iter().filter_map(|(_, kind)| {
                let (of, bit) = kind.split_once('?')?.0.split_once('.')?;
                (of == word).then(|| 1_u32 << bit.parse::<u32>().unwrap())
            });
            let known = places.fold(0, |all, one| all | one);
            assert_eq!(value & !known, 0, "{}", constructor.name);
        }
        Value::Object(fields)
    }

    fn value(&self, reader: &mut Reader<'_>, kind: &str) -> Value {
        match kind {
            "true" => true.into(),
            "int" => reader.i32("int").unwrap().into(),
            // A double is compared by its bits.
            "long" | "double" => reader.i64("long").unwrap().into(),
            "string" | "bytes" => hex::encode(reader.string("bytes").unwrap()).into(),
            _ => match kind.strip_prefix("Vector<") {
                None => self.boxed(reader, Some(kind)),
                Some(element) => {
                    let element = element.trim_end_matches('>');
                    let read = |reader: &mut Reader<'_>| Ok(self.value(reader, element));
                    reader.boxed_vector("a vector", 0, read).unwrap().into()
                }
            },
        }
    }

    /// An answer of the newest layer as it is in this one.
    fn answer(&self, newest: Value) -> Value {
        let empty = || Value::Array(Vec::new());
        let date = newest.get("date").cloned();
        // A short update that there is not leaves updates without any.
        self.in_layer(newest).unwrap_or_else(|| {
            let fields = [(NAME, "updates".into()), ("seq", 0.into())];
            let lists = ["updates", "users", "chats"].map(|name| (name, empty()));
            let date = [("date", date.unwrap())];
            let all = fields.into_iter().chain(lists).chain(date);
            all.map(|(name, value)| (name.to_owned(), value)).collect()
        })
    }

    /// A value of the newest layer without what this one does not have; `None` if there is nothing of it.
    fn in_layer(&self, newest: Value) -> Option<Value> {
        Some(match newest {
            Value::Array(all) => all
                .into_iter()
                .filter_map(|one| self.in_layer(one))
                .collect(),
            Value::Object(mut fields) => {
                let constructor = self.named(fields[NAME].as_str()?)?;
                let has = |name: &str| constructor.fields.iter().any(|(field, _)| *field == name);
                if has("chat_id") {
                    let peer = fields.get("peer").and_then(Value::as_object);
                    let number = peer.and_then(|peer| {
                        let number = peer.get("chat_id").or(peer.get("channel_id"));
                        number.cloned()
                    });
                    fields.extend(number.map(|number| ("chat_id".to_owned(), number)));
                }
                let mut older = Map::new();
                for (name, value) in fields {
                    if name == NAME {
                        older.insert(name, value);
                    } else if has(&name) {
                        older.insert(name, self.in_layer(value)?);
                    }
                }
                if constructor.name == "stories.stories" {
                    let count = older["stories"].as_array()?.len();
                    older.insert("count".to_owned(), count.into());
                }
                Value::Object(older)
            }
            other => other,
        })
    }
}
