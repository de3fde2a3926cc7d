//! Public areas: what a TPM shows of its objects and NV indexes, and what this project asks it to
//! create.
//!
//! [`Public`] and [`NvPublic`] are parsed strictly from received bytes and keep those bytes, since
//! a Name is a hash over them. The templates are bytes too, made in one place for the side that
//! creates an object and for the side that checks it.

mod attributes;
mod nv;
mod object;
mod template;

pub use attributes::{NvAttributes, ObjectAttributes};
pub use nv::{NvPublic, counter_definition, counter_name, counter_public};
pub use object::{Parameters, Public, Scheme};
pub use template::{
    ak_template, ek_p256_template, ek_p384_template, ek_rsa2048_template, feature_parent_template,
    sealed_template, srk_template, verification_key_public,
};
