//! The folder that all applications of a vendor share on a machine.

use std::path::{Path, PathBuf};

use crate::device::Hardware;
use crate::store::Folder;
use crate::token::{TrustAnchor, VendorId};

use super::Config;

/// Below it each vendor has a folder of its own.
const BASE: &str = "/var/lib/counterfoil";

impl Config {
    /// The machine-wide store of the vendor, in [`Config::shared_dir`]: one for all its applications. Else as
    /// [`Config::new`].
    pub fn shared(trust: TrustAnchor, hardware: Box<dyn Hardware>) -> Self {
        Self::new(Self::shared_dir(trust.vendor()), trust, hardware)
    }

    /// Where a vendor's machine-wide store is: `/var/lib/counterfoil/` and the vendor's id, in hexadecimal digits.
    ///
    /// Looks at the disk: where `/var/lib/counterfoil` itself holds a store of this vendor, as earlier versions of the
    /// program `counterfoil` made it, that is the one.
    pub fn shared_dir(vendor: VendorId) -> PathBuf {
        shared_dir_in(Path::new(BASE), vendor)
    }
}

fn shared_dir_in(base: &Path, vendor: VendorId) -> PathBuf {
    let is_store = Folder::open(base).is_ok_and(|folder| folder.vendors().contains(&vendor));
    match is_store {
        true => base.to_owned(),
        false => base.join(vendor.to_string()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]
mod tests {
    use super::*;

    #[test]
    fn each_vendor_has_a_folder_of_its_own_below_the_shared_one() {
        let base = tempfile::tempdir().unwrap();
        let [one, two] = [1, 2].map(|id| shared_dir_in(base.path(), VendorId::new([id; 16])));
        assert_ne!(one, two);
        assert_eq!(one.parent(), Some(base.path()));
        assert!(one.ends_with("01010101010101010101010101010101"), "{one:?}");
        assert!(std::fs::read_dir(base.path()).unwrap().next().is_none());
    }
}
