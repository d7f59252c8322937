//! AMF0, as much of it as a publisher's commands need: a bounded reader and a small writer.
//!
//! Must never allocate more than a small multiple of the message: no references (they clone what
//! they point at, and references to references grow without end), a bounded depth and count.
//! Anything a client may put into `connect` beside that is read over, not refused.

use bytes::{BufMut as _, BytesMut};

/// Objects in objects deeper than this are refused; real encoders need three.
const MAX_DEPTH: u8 = 8;
/// Values in one message, all levels together; real encoders send about forty.
const MAX_VALUES: usize = 1024;

/// A value of a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Number.
    Number(f64),
    /// Boolean.
    Bool(bool),
    /// String or long string; invalid UTF-8 is replaced.
    Text(String),
    /// Object, typed object or ECMA array, in order of arrival.
    Object(Vec<(String, Value)>),
    /// Strict array.
    List(Vec<Value>),
    /// Null, undefined, unsupported, date, XML: nothing a publisher needs.
    Null,
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Why a message is no AMF0 we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AmfError {
    #[error("ends in the middle of a value")]
    Short,
    #[error("unknown or forbidden marker {0:#04x}")]
    Marker(u8),
    #[error("nested too deep or too many values")]
    TooMuch,
}

/// Reads all values of a message. A last value that is cut short is dropped, as encoders exist that
/// leave out the end mark of the last object.
pub(crate) fn read_all(bytes: &[u8]) -> Result<Vec<Value>, AmfError> {
    let mut reader = Reader { rest: bytes, values: 0 };
    let mut all = Vec::new();
    while !reader.rest.is_empty() {
        match reader.value(0) {
            Ok(value) => all.push(value),
            Err(AmfError::Short) if !all.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

struct Reader<'a> {
    rest: &'a [u8],
    values: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], AmfError> {
        let (head, tail) = self.rest.split_at_checked(n).ok_or(AmfError::Short)?;
        self.rest = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AmfError> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(AmfError::Short)?;
        self.rest = tail;
        Ok(*head)
    }

    fn short_text(&mut self) -> Result<String, AmfError> {
        let length = u16::from_be_bytes(self.array()?);
        Ok(String::from_utf8_lossy(self.take(length.into())?).into_owned())
    }

    fn long_text(&mut self) -> Result<String, AmfError> {
        let length = u32::from_be_bytes(self.array()?);
        let length = usize::try_from(length).map_err(|_| AmfError::Short)?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn value(&mut self, depth: u8) -> Result<Value, AmfError> {
        self.values += 1;
        if depth > MAX_DEPTH || self.values > MAX_VALUES {
            return Err(AmfError::TooMuch);
        }
        let [marker] = self.array()?;
        Ok(match marker {
            0x00 => Value::Number(f64::from_be_bytes(self.array()?)),
            0x01 => Value::Bool(self.array::<1>()? != [0]),
            0x02 => Value::Text(self.short_text()?),
            0x03 => self.fields(depth)?,
            0x05 | 0x06 | 0x0d => Value::Null,
            0x08 => {
                self.array::<4>()?; // a count that nobody keeps
                self.fields(depth)?
            }
            0x0a => self.list(depth)?,
            0x0b => {
                self.array::<10>()?;
                Value::Null
            }
            0x0c => Value::Text(self.long_text()?),
            0x0f => {
                self.long_text()?;
                Value::Null
            }
            0x10 => {
                self.short_text()?;
                self.fields(depth)?
            }
            other => return Err(AmfError::Marker(other)),
        })
    }

    fn fields(&mut self, depth: u8) -> Result<Value, AmfError> {
        let mut fields = Vec::new();
        loop {
            let name = self.short_text()?;
            if name.is_empty() && self.rest.first() == Some(&0x09) {
                self.rest = &self.rest[1..];
                return Ok(Value::Object(fields));
            }
            fields.push((name, self.value(depth + 1)?));
        }
    }

    fn list(&mut self, depth: u8) -> Result<Value, AmfError> {
        let count = u32::from_be_bytes(self.array()?);
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(self.value(depth + 1)?);
        }
        Ok(Value::List(list))
    }
}

/// Appends a value.
pub(crate) fn write(value: &Value, out: &mut BytesMut) {
    match value {
        Value::Number(number) => {
            out.put_u8(0x00);
            out.put_f64(*number);
        }
        Value::Bool(flag) => out.put_slice(&[0x01, u8::from(*flag)]),
        Value::Text(text) => {
            out.put_u8(0x02);
            write_name(text, out);
        }
        Value::Object(fields) => {
            out.put_u8(0x03);
            for (name, value) in fields {
                write_name(name, out);
                write(value, out);
            }
            out.put_slice(&[0, 0, 0x09]);
        }
        Value::List(list) => {
            out.put_u8(0x0a);
            out.put_u32(u32::try_from(list.len()).unwrap_or(0));
            for value in list {
                write(value, out);
            }
        }
        Value::Null => out.put_u8(0x05),
    }
}

fn write_name(name: &str, out: &mut BytesMut) {
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    out.put_u16(length);
    out.put_slice(&name.as_bytes()[..length.into()]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = Value::Object(vec![
            ("app".into(), Value::Text("live".into())),
            ("fourCcList".into(), Value::List(vec![Value::Text("avc1".into()), Value::Null])),
            ("capsEx".into(), Value::Number(15.0)),
            ("fpad".into(), Value::Bool(false)),
        ]);
        let mut out = BytesMut::new();
        write(&value, &mut out);
        assert_eq!(read_all(&out), Ok(vec![value]));
    }

    #[test]
    fn a_last_object_without_its_end_mark_is_dropped_not_refused() {
        let mut out = BytesMut::new();
        write(&Value::Text("connect".into()), &mut out);
        out.put_slice(&[0x03, 0, 1, b'a', 0x05]);
        assert_eq!(read_all(&out), Ok(vec![Value::Text("connect".into())]));
    }

    #[test]
    fn references_deep_nesting_and_long_lists_are_refused() {
        assert_eq!(read_all(&[0x07, 0, 0]), Err(AmfError::Marker(0x07)));
        let deep = [0x0a, 0, 0, 0, 1].repeat(60);
        assert_eq!(read_all(&deep), Err(AmfError::TooMuch));
        let mut long = vec![0x0a, 0xff, 0xff, 0xff, 0xff];
        long.extend(std::iter::repeat_n(0x05, 5000));
        assert_eq!(read_all(&long), Err(AmfError::TooMuch));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_all(&bytes);
        }
    }
}
