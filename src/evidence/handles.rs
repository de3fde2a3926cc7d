//! The handles of this project's objects, a function of vendor and slot.
//!
//! A slot is a store's number on its machine; the machine-wide store has slot 0.

use super::algorithm::sha256;
use crate::token::VendorId;

/// The persistent storage root key that a machine usually has.
pub const SHARED_SRK: u32 = 0x8100_0001;

/// Where one store keeps its objects in the TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handles {
    /// NV index of the epoch counter.
    pub epoch_index: u32,
    /// NV index of the activity counter.
    pub activity_index: u32,
    /// The attestation key, where it is persistent.
    pub ak: u32,
    /// The feature parent, where it is persistent.
    pub feature_parent: u32,
    /// The project's own storage root key, where the machine has none that fits.
    pub own_srk: u32,
}

impl Handles {
    /// The handles of the vendor's store in `slot`.
    ///
    /// NV indexes lie in the range 0x01800000 to 0x01bfffff that the TCG leaves to the owner,
    /// persistent objects above 0x81400000, in fours.
    pub fn new(vendor: VendorId, slot: u32) -> Self {
        let hash = sha256(&[
            b"counterfoil/v1/handles",
            vendor.as_bytes(),
            &slot.to_be_bytes(),
        ]);
        let hash = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) & 0x003f_ffff;
        let epoch_index = 0x0180_0000 | (hash & !1);
        let ak = 0x8140_0000 | (hash & !3);
        Self {
            epoch_index,
            activity_index: epoch_index + 1,
            ak,
            feature_parent: ak + 1,
            own_srk: ak + 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_stay_inside_their_ranges_and_differ() {
        for slot in 0..1000 {
            let handles = Handles::new(VendorId::new([7; 16]), slot);
            assert!((0x0180_0000..=0x01bf_fffe).contains(&handles.epoch_index));
            assert_eq!(handles.epoch_index % 2, 0);
            assert_eq!(handles.activity_index, handles.epoch_index + 1);
            assert!((0x8140_0000..=0x817f_fffc).contains(&handles.ak));
            assert_eq!(handles.ak % 4, 0);
        }
    }

    #[test]
    fn vendors_and_slots_have_handles_of_their_own() {
        let handles = Handles::new(VendorId::new([7; 16]), 0);
        assert_ne!(handles, Handles::new(VendorId::new([8; 16]), 0));
        assert_ne!(handles, Handles::new(VendorId::new([7; 16]), 1));
    }
}
