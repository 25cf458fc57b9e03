use crate::tl::{ReadError, Reader, Writer};

/// A value that carries its constructor id.
pub(super) trait Boxed: Sized {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError>;
    fn write(&self, writer: &mut Writer);
}
