//! Integer-key maps, read and written field by field.

use std::collections::BTreeMap;

use serde_cbor::Value;

use super::CborError;

/// A type with one CBOR form.
pub trait ToCbor {
    /// Its CBOR form.
    fn to_cbor(&self) -> Value;
}

/// A type that is read from CBOR.
pub trait FromCbor: Sized {
    /// Reads it from the value under `key`, which errors name.
    ///
    /// # Errors
    /// When the value is of another type or outside the type's range.
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError>;
}

/// Takes the fields out of a map with integer keys.
///
/// Call [`finish`](MapReader::finish) when all known fields were taken.
#[derive(Debug)]
pub struct MapReader {
    fields: BTreeMap<Value, Value>,
}

impl MapReader {
    /// Reads `value`, a map whose keys are all integers.
    ///
    /// # Errors
    /// When it is something else.
    pub fn new(value: Value) -> Result<Self, CborError> {
        let Value::Map(fields) = value else {
            return Err(CborError::NotAMap);
        };
        match fields.keys().all(|key| matches!(key, Value::Integer(_))) {
            true => Ok(Self { fields }),
            false => Err(CborError::KeyType),
        }
    }

    /// Takes the field `key`.
    ///
    /// # Errors
    /// When it is absent or not a `T`.
    pub fn required<T: FromCbor>(&mut self, key: i64) -> Result<T, CborError> {
        self.optional(key)?.ok_or(CborError::Missing { key })
    }

    /// Takes the field `key` if it is there.
    ///
    /// # Errors
    /// When it is not a `T`.
    pub fn optional<T: FromCbor>(&mut self, key: i64) -> Result<Option<T>, CborError> {
        self.fields
            .remove(&Value::from(key))
            .map(|value| T::from_cbor(value, key))
            .transpose()
    }

    /// Takes the field `key`, an array of `T`.
    ///
    /// # Errors
    /// When it is absent, no array, or an element is not a `T`.
    pub fn list<T: FromCbor>(&mut self, key: i64) -> Result<Vec<T>, CborError> {
        self.required::<Vec<Value>>(key)?
            .into_iter()
            .map(|value| T::from_cbor(value, key))
            .collect()
    }

    /// Takes the field `key`, an array of `T`, or nothing where it is absent.
    ///
    /// # Errors
    /// When it is no array, an empty one (which is written by leaving the field out), or an element is not a `T`.
    pub fn optional_list<T: FromCbor>(&mut self, key: i64) -> Result<Vec<T>, CborError> {
        match self.fields.get(&Value::from(key)) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) if items.is_empty() => Err(CborError::OutOfRange { key }),
            Some(_) => self.list(key),
        }
    }

    /// Ends the reading: whatever is left is unknown.
    ///
    /// # Errors
    /// When a field with an even key is left.
    pub fn finish(self) -> Result<(), CborError> {
        self.finish_keeping().map(drop)
    }

    /// Ends the reading, and gives what is left: fields that may be ignored, for whoever writes the map again.
    ///
    /// # Errors
    /// When a field with an even key is left.
    pub fn finish_keeping(self) -> Result<UnknownFields, CborError> {
        for key in self.fields.keys() {
            if let Value::Integer(key) = key
                && key % 2 == 0
            {
                let key = i64::try_from(*key).unwrap_or(i64::MAX);
                return Err(CborError::UnknownCritical { key });
            }
        }
        Ok(UnknownFields(self.fields))
    }
}

/// Fields that this program does not know and need not know; a program that drops them takes something from a newer one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnknownFields(BTreeMap<Value, Value>);

/// Puts the fields of a map with integer keys together, in any order.
#[derive(Debug, Default)]
pub struct MapWriter {
    fields: BTreeMap<Value, Value>,
}

impl MapWriter {
    /// A map without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the field `key`.
    #[must_use]
    pub fn put(mut self, key: i64, value: impl ToCbor) -> Self {
        self.fields.insert(key.into(), value.to_cbor());
        self
    }

    /// Adds the field `key` if there is a value.
    #[must_use]
    pub fn put_some(self, key: i64, value: Option<impl ToCbor>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    /// Adds the field `key`, an array.
    #[must_use]
    pub fn put_list<T: ToCbor>(self, key: i64, items: impl IntoIterator<Item = T>) -> Self {
        let items = items.into_iter().map(|item| item.to_cbor()).collect();
        self.put(key, Value::Array(items))
    }

    /// Adds the field `key`, an array, unless it is empty.
    #[must_use]
    pub fn put_some_list<T: ToCbor>(self, key: i64, items: &[T]) -> Self {
        match items.is_empty() {
            true => self,
            false => self.put_list(key, items),
        }
    }

    /// Adds fields that were read and not understood. Known ones win.
    #[must_use]
    pub fn put_unknown(mut self, unknown: &UnknownFields) -> Self {
        for (key, value) in &unknown.0 {
            self.fields
                .entry(key.clone())
                .or_insert_with(|| value.clone());
        }
        self
    }

    /// The map.
    pub fn into_value(self) -> Value {
        Value::Map(self.fields)
    }

    /// The map, encoded.
    pub fn encode(self) -> Vec<u8> {
        super::encode(&self.into_value())
    }
}

impl<T: ToCbor + ?Sized> ToCbor for &T {
    fn to_cbor(&self) -> Value {
        (**self).to_cbor()
    }
}

impl ToCbor for Value {
    fn to_cbor(&self) -> Value {
        self.clone()
    }
}

impl FromCbor for Value {
    fn from_cbor(value: Value, _: i64) -> Result<Self, CborError> {
        Ok(value)
    }
}

impl ToCbor for str {
    fn to_cbor(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl ToCbor for String {
    fn to_cbor(&self) -> Value {
        self.as_str().to_cbor()
    }
}

impl FromCbor for String {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        match value {
            Value::Text(text) => Ok(text),
            _ => wrong_type(key, "a text string"),
        }
    }
}

impl ToCbor for [u8] {
    fn to_cbor(&self) -> Value {
        Value::Bytes(self.to_vec())
    }
}

impl ToCbor for Vec<u8> {
    fn to_cbor(&self) -> Value {
        self.as_slice().to_cbor()
    }
}

impl FromCbor for Vec<u8> {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => wrong_type(key, "a byte string"),
        }
    }
}

impl<const N: usize> ToCbor for [u8; N] {
    fn to_cbor(&self) -> Value {
        self.as_slice().to_cbor()
    }
}

impl<const N: usize> FromCbor for [u8; N] {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let bytes: Vec<u8> = FromCbor::from_cbor(value, key)?;
        Self::try_from(bytes).map_err(|_| CborError::OutOfRange { key })
    }
}

impl ToCbor for bool {
    fn to_cbor(&self) -> Value {
        Value::Bool(*self)
    }
}

impl FromCbor for bool {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        match value {
            Value::Bool(bool) => Ok(bool),
            _ => wrong_type(key, "true or false"),
        }
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl ToCbor for $integer {
            fn to_cbor(&self) -> Value {
                Value::from(*self)
            }
        }

        impl FromCbor for $integer {
            fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
                match value {
                    Value::Integer(integer) => {
                        Self::try_from(integer).map_err(|_| CborError::OutOfRange { key })
                    }
                    _ => wrong_type(key, "an integer"),
                }
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i64);

impl FromCbor for Vec<Value> {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        match value {
            Value::Array(items) => Ok(items),
            _ => wrong_type(key, "an array"),
        }
    }
}

impl FromCbor for MapReader {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        match value {
            Value::Map(_) => Self::new(value),
            _ => wrong_type(key, "a map"),
        }
    }
}

fn wrong_type<T>(key: i64, expected: &'static str) -> Result<T, CborError> {
    Err(CborError::WrongType { key, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_round_trip() {
        let map = MapWriter::new()
            .put(-70_001, "text")
            .put(2, [1u8, 2])
            .put_some(4, None::<u64>)
            .put_some(6, Some(7u64))
            .put_list(8, [1u64, 2])
            .into_value();
        let mut reader = MapReader::new(map).unwrap();
        assert_eq!(reader.required::<String>(-70_001).unwrap(), "text");
        assert_eq!(reader.required::<[u8; 2]>(2).unwrap(), [1, 2]);
        assert_eq!(reader.optional::<u64>(4).unwrap(), None);
        assert_eq!(reader.optional::<u64>(6).unwrap(), Some(7));
        assert_eq!(reader.list::<u8>(8).unwrap(), [1, 2]);
        reader.finish().unwrap();
    }

    #[test]
    fn each_misuse_of_a_field_has_its_own_error() {
        let reader = || MapReader::new(MapWriter::new().put(1, 300u64).into_value()).unwrap();
        assert_eq!(
            reader().required::<u64>(2),
            Err(CborError::Missing { key: 2 })
        );
        assert_eq!(
            reader().required::<u8>(1),
            Err(CborError::OutOfRange { key: 1 })
        );
        assert_eq!(
            reader().required::<bool>(1),
            Err(CborError::WrongType {
                key: 1,
                expected: "true or false"
            })
        );
    }

    #[test]
    fn unknown_odd_keys_are_ignored_and_even_ones_refused() {
        for (key, critical) in [
            (3, false),
            (-3, false),
            (4, true),
            (-70_002, true),
            (0, true),
        ] {
            let reader = MapReader::new(MapWriter::new().put(key, true).into_value()).unwrap();
            let expected = match critical {
                true => Err(CborError::UnknownCritical { key }),
                false => Ok(()),
            };
            assert_eq!(reader.finish(), expected, "{key}");
        }
    }

    #[test]
    fn a_text_key_is_refused() {
        let map = BTreeMap::from([(Value::Text("a".into()), Value::Bool(true))]);
        assert_eq!(
            MapReader::new(Value::Map(map)).unwrap_err(),
            CborError::KeyType
        );
    }
}
