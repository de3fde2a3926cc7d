//! What TPM response codes are called (TPM 2.0 Part 2, 6.6.3).

/// The name of a TPM's response code, or of one that a resource manager gives in a TPM's place; none for what is not in
/// the specification. The number of the handle, parameter or session that it is about does not matter.
pub(super) fn name(code: u32) -> Option<&'static str> {
    const LAYER_TPM: u32 = 0;
    const LAYERS_MANAGER: [u32; 2] = [11, 12];
    let layer = code >> 16;
    if layer != LAYER_TPM && !LAYERS_MANAGER.contains(&layer) {
        return None;
    }
    let code = code & 0xffff;
    let number = match code & 0x080 {
        0 => code,
        // Format 1: bit 6 and bits 8 to 11 say what it is about.
        _ => code & 0x0bf,
    };
    let at = NAMES.binary_search_by_key(&number, |(number, _)| *number);
    at.ok().map(|at| NAMES[at].1)
}

#[rustfmt::skip] // One line a code reads as the table it is.
const NAMES: [(u32, &str); 95] = [
    // Format 1.
    (0x081, "TPM_RC_ASYMMETRIC"),
    (0x082, "TPM_RC_ATTRIBUTES"),
    (0x083, "TPM_RC_HASH"),
    (0x084, "TPM_RC_VALUE"),
    (0x085, "TPM_RC_HIERARCHY"),
    (0x087, "TPM_RC_KEY_SIZE"),
    (0x088, "TPM_RC_MGF"),
    (0x089, "TPM_RC_MODE"),
    (0x08a, "TPM_RC_TYPE"),
    (0x08b, "TPM_RC_HANDLE"),
    (0x08c, "TPM_RC_KDF"),
    (0x08d, "TPM_RC_RANGE"),
    (0x08e, "TPM_RC_AUTH_FAIL"),
    (0x08f, "TPM_RC_NONCE"),
    (0x090, "TPM_RC_PP"),
    (0x092, "TPM_RC_SCHEME"),
    (0x095, "TPM_RC_SIZE"),
    (0x096, "TPM_RC_SYMMETRIC"),
    (0x097, "TPM_RC_TAG"),
    (0x098, "TPM_RC_SELECTOR"),
    (0x09a, "TPM_RC_INSUFFICIENT"),
    (0x09b, "TPM_RC_SIGNATURE"),
    (0x09c, "TPM_RC_KEY"),
    (0x09d, "TPM_RC_POLICY_FAIL"),
    (0x09f, "TPM_RC_INTEGRITY"),
    (0x0a0, "TPM_RC_TICKET"),
    (0x0a1, "TPM_RC_RESERVED_BITS"),
    (0x0a2, "TPM_RC_BAD_AUTH"),
    (0x0a3, "TPM_RC_EXPIRED"),
    (0x0a4, "TPM_RC_POLICY_CC"),
    (0x0a5, "TPM_RC_BINDING"),
    (0x0a6, "TPM_RC_CURVE"),
    (0x0a7, "TPM_RC_ECC_POINT"),
    // Format 0.
    (0x100, "TPM_RC_INITIALIZE"),
    (0x101, "TPM_RC_FAILURE"),
    (0x103, "TPM_RC_SEQUENCE"),
    (0x10b, "TPM_RC_PRIVATE"),
    (0x119, "TPM_RC_HMAC"),
    (0x120, "TPM_RC_DISABLED"),
    (0x121, "TPM_RC_EXCLUSIVE"),
    (0x124, "TPM_RC_AUTH_TYPE"),
    (0x125, "TPM_RC_AUTH_MISSING"),
    (0x126, "TPM_RC_POLICY"),
    (0x127, "TPM_RC_PCR"),
    (0x128, "TPM_RC_PCR_CHANGED"),
    (0x12d, "TPM_RC_UPGRADE"),
    (0x12e, "TPM_RC_TOO_MANY_CONTEXTS"),
    (0x12f, "TPM_RC_AUTH_UNAVAILABLE"),
    (0x130, "TPM_RC_REBOOT"),
    (0x131, "TPM_RC_UNBALANCED"),
    (0x142, "TPM_RC_COMMAND_SIZE"),
    (0x143, "TPM_RC_COMMAND_CODE"),
    (0x144, "TPM_RC_AUTHSIZE"),
    (0x145, "TPM_RC_AUTH_CONTEXT"),
    (0x146, "TPM_RC_NV_RANGE"),
    (0x147, "TPM_RC_NV_SIZE"),
    (0x148, "TPM_RC_NV_LOCKED"),
    (0x149, "TPM_RC_NV_AUTHORIZATION"),
    (0x14a, "TPM_RC_NV_UNINITIALIZED"),
    (0x14b, "TPM_RC_NV_SPACE"),
    (0x14c, "TPM_RC_NV_DEFINED"),
    (0x150, "TPM_RC_BAD_CONTEXT"),
    (0x151, "TPM_RC_CPHASH"),
    (0x152, "TPM_RC_PARENT"),
    (0x153, "TPM_RC_NEEDS_TEST"),
    (0x154, "TPM_RC_NO_RESULT"),
    (0x155, "TPM_RC_SENSITIVE"),
    // Warnings.
    (0x901, "TPM_RC_CONTEXT_GAP"),
    (0x902, "TPM_RC_OBJECT_MEMORY"),
    (0x903, "TPM_RC_SESSION_MEMORY"),
    (0x904, "TPM_RC_MEMORY"),
    (0x905, "TPM_RC_SESSION_HANDLES"),
    (0x906, "TPM_RC_OBJECT_HANDLES"),
    (0x907, "TPM_RC_LOCALITY"),
    (0x908, "TPM_RC_YIELDED"),
    (0x909, "TPM_RC_CANCELED"),
    (0x90a, "TPM_RC_TESTING"),
    (0x910, "TPM_RC_REFERENCE_H0"),
    (0x911, "TPM_RC_REFERENCE_H1"),
    (0x912, "TPM_RC_REFERENCE_H2"),
    (0x913, "TPM_RC_REFERENCE_H3"),
    (0x914, "TPM_RC_REFERENCE_H4"),
    (0x915, "TPM_RC_REFERENCE_H5"),
    (0x916, "TPM_RC_REFERENCE_H6"),
    (0x918, "TPM_RC_REFERENCE_S0"),
    (0x919, "TPM_RC_REFERENCE_S1"),
    (0x91a, "TPM_RC_REFERENCE_S2"),
    (0x91b, "TPM_RC_REFERENCE_S3"),
    (0x91c, "TPM_RC_REFERENCE_S4"),
    (0x91d, "TPM_RC_REFERENCE_S5"),
    (0x91e, "TPM_RC_REFERENCE_S6"),
    (0x920, "TPM_RC_NV_RATE"),
    (0x921, "TPM_RC_LOCKOUT"),
    (0x922, "TPM_RC_RETRY"),
    (0x923, "TPM_RC_NV_UNAVAILABLE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_names_whatever_they_are_about() {
        assert!(NAMES.is_sorted_by(|before, after| before.0 < after.0));
        for (code, expected) in [
            (0x1df, Some("TPM_RC_INTEGRITY")),
            (0x99d, Some("TPM_RC_POLICY_FAIL")),
            (0x18b, Some("TPM_RC_HANDLE")),
            (0x120, Some("TPM_RC_DISABLED")),
            (0x923, Some("TPM_RC_NV_UNAVAILABLE")),
            (0xb_0143, Some("TPM_RC_COMMAND_CODE")),
            (0xa_000a, None),
            (0x7_0143, None),
            (0x542, None),
        ] {
            assert_eq!(name(code), expected, "{code:x}");
        }
    }
}
