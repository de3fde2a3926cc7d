//! Identifiers that the evidence is about.
mod name;

pub use name::{DeviceClass, Name, StoreId, UtcTime, VendorId};
