//! Byte strings that stand in JSON as hexadecimal.

use core::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A byte string of any length; lower-case hexadecimal in JSON.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

/// A byte string of a fixed length; lower-case hexadecimal in JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Array<const N: usize>(pub [u8; N]);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({self})")
    }
}

impl<const N: usize> fmt::Display for Array<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl<const N: usize> fmt::Debug for Array<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({self})")
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<const N: usize> Serialize for Array<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(&text).map(Self).map_err(D::Error::custom)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Array<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Bytes(bytes) = Bytes::deserialize(deserializer)?;
        <[u8; N]>::try_from(bytes.as_slice())
            .map(Self)
            .map_err(|_| D::Error::custom(format!("{N} bytes are needed, not {}", bytes.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_lower_case_hexadecimal_in_json() {
        let bytes = Bytes(vec![0x0a, 0xff]);
        assert_eq!(serde_json::to_string(&bytes).unwrap(), r#""0aff""#);
        assert_eq!(serde_json::from_str::<Bytes>(r#""0aff""#).unwrap(), bytes);
    }

    #[test]
    fn a_wrong_length_or_digit_is_an_error() {
        assert!(serde_json::from_str::<Array<2>>(r#""0aff""#).is_ok());
        for wrong in [r#""0a""#, r#""0aff00""#, r#""0af""#, r#""zzzz""#, "7"] {
            assert!(serde_json::from_str::<Array<2>>(wrong).is_err(), "{wrong}");
        }
    }
}
