//! Command codes and their names (TPM 2.0 Library specification, part 2, table "TPM_CC").

/// `TPM2_EvictControl`.
pub(crate) const EVICT_CONTROL: u32 = 0x00000120;
/// `TPM2_Clear`.
pub(crate) const CLEAR: u32 = 0x00000126;
/// `TPM2_ClearControl`.
pub(crate) const CLEAR_CONTROL: u32 = 0x00000127;
/// `TPM2_ClockSet`.
pub(crate) const CLOCK_SET: u32 = 0x00000128;
/// `TPM2_NV_DefineSpace`.
pub(crate) const NV_DEFINE_SPACE: u32 = 0x0000012A;
/// `TPM2_CreatePrimary`.
pub(crate) const CREATE_PRIMARY: u32 = 0x00000131;
/// `TPM2_NV_Write`.
pub(crate) const NV_WRITE: u32 = 0x00000137;
/// `TPM2_Startup`.
pub(crate) const STARTUP: u32 = 0x00000144;
/// `TPM2_Shutdown`.
pub(crate) const SHUTDOWN: u32 = 0x00000145;
/// `TPM2_GetSessionAuditDigest`.
pub(crate) const GET_SESSION_AUDIT_DIGEST: u32 = 0x0000014D;
/// `TPM2_FlushContext`.
pub(crate) const FLUSH_CONTEXT: u32 = 0x00000165;
/// `TPM2_GetCapability`.
pub(crate) const GET_CAPABILITY: u32 = 0x0000017A;
/// `TPM2_ReadClock`.
pub(crate) const READ_CLOCK: u32 = 0x00000181;
/// `TPM2_PCR_Extend`.
pub(crate) const PCR_EXTEND: u32 = 0x00000182;

/// The name under which commands that are not in the table are counted.
pub const UNKNOWN: &str = "TPM2_Unknown";

/// The name of a command code as the specification writes it (`TPM2_Quote`), or [`UNKNOWN`].
pub fn name(code: u32) -> &'static str {
    TABLE
        .binary_search_by_key(&code, |(entry, _)| *entry)
        .map_or(UNKNOWN, |position| TABLE[position].1)
}

/// The code of a command by its name, with or without the prefix `TPM2_`.
pub fn code(name: &str) -> Option<u32> {
    let bare = name.strip_prefix("TPM2_").unwrap_or(name);
    TABLE
        .iter()
        .find(|(_, entry)| entry.strip_prefix("TPM2_") == Some(bare))
        .map(|(code, _)| *code)
}

/// Whether the command with this name, as [`name`] gives it, may write the TPM's NV memory.
///
/// These are the commands that part 3 of the specification marks with `{NV}`, and of which a TPM says so itself (`nv` in
/// TPMA_CC; part 2, 8.9). They may, and need not: extending a PCR, for one, writes NV only in TPMs that keep PCRs there.
pub fn writes_nv(name: &str) -> bool {
    NV_WRITING.contains(&name)
}

/// Ascending by code.
const NV_WRITING: [&str; 37] = [
    "TPM2_NV_UndefineSpaceSpecial",
    "TPM2_EvictControl",
    "TPM2_HierarchyControl",
    "TPM2_NV_UndefineSpace",
    "TPM2_ChangeEPS",
    "TPM2_ChangePPS",
    "TPM2_Clear",
    "TPM2_ClearControl",
    "TPM2_ClockSet",
    "TPM2_HierarchyChangeAuth",
    "TPM2_NV_DefineSpace",
    "TPM2_PCR_Allocate",
    "TPM2_PCR_SetAuthPolicy",
    "TPM2_PP_Commands",
    "TPM2_SetPrimaryPolicy",
    "TPM2_NV_GlobalWriteLock",
    "TPM2_GetCommandAuditDigest",
    "TPM2_NV_Increment",
    "TPM2_NV_SetBits",
    "TPM2_NV_Extend",
    "TPM2_NV_Write",
    "TPM2_NV_WriteLock",
    "TPM2_DictionaryAttackLockReset",
    "TPM2_DictionaryAttackParameters",
    "TPM2_NV_ChangeAuth",
    "TPM2_PCR_Event",
    "TPM2_PCR_Reset",
    "TPM2_SetAlgorithmSet",
    "TPM2_SetCommandCodeAuditStatus",
    "TPM2_IncrementalSelfTest",
    "TPM2_SelfTest",
    "TPM2_Startup",
    "TPM2_Shutdown",
    "TPM2_StirRandom",
    "TPM2_NV_ReadLock",
    "TPM2_PCR_Extend",
    "TPM2_EventSequenceComplete",
];

/// Ascending by code.
#[rustfmt::skip]
const TABLE: &[(u32, &str)] = &[
    (0x11F, "TPM2_NV_UndefineSpaceSpecial"),
    (0x120, "TPM2_EvictControl"),
    (0x121, "TPM2_HierarchyControl"),
    (0x122, "TPM2_NV_UndefineSpace"),
    (0x124, "TPM2_ChangeEPS"),
    (0x125, "TPM2_ChangePPS"),
    (0x126, "TPM2_Clear"),
    (0x127, "TPM2_ClearControl"),
    (0x128, "TPM2_ClockSet"),
    (0x129, "TPM2_HierarchyChangeAuth"),
    (0x12A, "TPM2_NV_DefineSpace"),
    (0x12B, "TPM2_PCR_Allocate"),
    (0x12C, "TPM2_PCR_SetAuthPolicy"),
    (0x12D, "TPM2_PP_Commands"),
    (0x12E, "TPM2_SetPrimaryPolicy"),
    (0x12F, "TPM2_FieldUpgradeStart"),
    (0x130, "TPM2_ClockRateAdjust"),
    (0x131, "TPM2_CreatePrimary"),
    (0x132, "TPM2_NV_GlobalWriteLock"),
    (0x133, "TPM2_GetCommandAuditDigest"),
    (0x134, "TPM2_NV_Increment"),
    (0x135, "TPM2_NV_SetBits"),
    (0x136, "TPM2_NV_Extend"),
    (0x137, "TPM2_NV_Write"),
    (0x138, "TPM2_NV_WriteLock"),
    (0x139, "TPM2_DictionaryAttackLockReset"),
    (0x13A, "TPM2_DictionaryAttackParameters"),
    (0x13B, "TPM2_NV_ChangeAuth"),
    (0x13C, "TPM2_PCR_Event"),
    (0x13D, "TPM2_PCR_Reset"),
    (0x13E, "TPM2_SequenceComplete"),
    (0x13F, "TPM2_SetAlgorithmSet"),
    (0x140, "TPM2_SetCommandCodeAuditStatus"),
    (0x141, "TPM2_FieldUpgradeData"),
    (0x142, "TPM2_IncrementalSelfTest"),
    (0x143, "TPM2_SelfTest"),
    (0x144, "TPM2_Startup"),
    (0x145, "TPM2_Shutdown"),
    (0x146, "TPM2_StirRandom"),
    (0x147, "TPM2_ActivateCredential"),
    (0x148, "TPM2_Certify"),
    (0x149, "TPM2_PolicyNV"),
    (0x14A, "TPM2_CertifyCreation"),
    (0x14B, "TPM2_Duplicate"),
    (0x14C, "TPM2_GetTime"),
    (0x14D, "TPM2_GetSessionAuditDigest"),
    (0x14E, "TPM2_NV_Read"),
    (0x14F, "TPM2_NV_ReadLock"),
    (0x150, "TPM2_ObjectChangeAuth"),
    (0x151, "TPM2_PolicySecret"),
    (0x152, "TPM2_Rewrap"),
    (0x153, "TPM2_Create"),
    (0x154, "TPM2_ECDH_ZGen"),
    (0x155, "TPM2_HMAC"),
    (0x156, "TPM2_Import"),
    (0x157, "TPM2_Load"),
    (0x158, "TPM2_Quote"),
    (0x159, "TPM2_RSA_Decrypt"),
    (0x15B, "TPM2_HMAC_Start"),
    (0x15C, "TPM2_SequenceUpdate"),
    (0x15D, "TPM2_Sign"),
    (0x15E, "TPM2_Unseal"),
    (0x160, "TPM2_PolicySigned"),
    (0x161, "TPM2_ContextLoad"),
    (0x162, "TPM2_ContextSave"),
    (0x163, "TPM2_ECDH_KeyGen"),
    (0x164, "TPM2_EncryptDecrypt"),
    (0x165, "TPM2_FlushContext"),
    (0x167, "TPM2_LoadExternal"),
    (0x168, "TPM2_MakeCredential"),
    (0x169, "TPM2_NV_ReadPublic"),
    (0x16A, "TPM2_PolicyAuthorize"),
    (0x16B, "TPM2_PolicyAuthValue"),
    (0x16C, "TPM2_PolicyCommandCode"),
    (0x16D, "TPM2_PolicyCounterTimer"),
    (0x16E, "TPM2_PolicyCpHash"),
    (0x16F, "TPM2_PolicyLocality"),
    (0x170, "TPM2_PolicyNameHash"),
    (0x171, "TPM2_PolicyOR"),
    (0x172, "TPM2_PolicyTicket"),
    (0x173, "TPM2_ReadPublic"),
    (0x174, "TPM2_RSA_Encrypt"),
    (0x176, "TPM2_StartAuthSession"),
    (0x177, "TPM2_VerifySignature"),
    (0x178, "TPM2_ECC_Parameters"),
    (0x179, "TPM2_FirmwareRead"),
    (0x17A, "TPM2_GetCapability"),
    (0x17B, "TPM2_GetRandom"),
    (0x17C, "TPM2_GetTestResult"),
    (0x17D, "TPM2_Hash"),
    (0x17E, "TPM2_PCR_Read"),
    (0x17F, "TPM2_PolicyPCR"),
    (0x180, "TPM2_PolicyRestart"),
    (0x181, "TPM2_ReadClock"),
    (0x182, "TPM2_PCR_Extend"),
    (0x183, "TPM2_PCR_SetAuthValue"),
    (0x184, "TPM2_NV_Certify"),
    (0x185, "TPM2_EventSequenceComplete"),
    (0x186, "TPM2_HashSequenceStart"),
    (0x187, "TPM2_PolicyPhysicalPresence"),
    (0x188, "TPM2_PolicyDuplicationSelect"),
    (0x189, "TPM2_PolicyGetDigest"),
    (0x18A, "TPM2_TestParms"),
    (0x18B, "TPM2_Commit"),
    (0x18C, "TPM2_PolicyPassword"),
    (0x18D, "TPM2_ZGen_2Phase"),
    (0x18E, "TPM2_EC_Ephemeral"),
    (0x18F, "TPM2_PolicyNvWritten"),
    (0x190, "TPM2_PolicyTemplate"),
    (0x191, "TPM2_CreateLoaded"),
    (0x192, "TPM2_PolicyAuthorizeNV"),
    (0x193, "TPM2_EncryptDecrypt2"),
    (0x194, "TPM2_AC_GetCapability"),
    (0x195, "TPM2_AC_Send"),
    (0x196, "TPM2_Policy_AC_SendSelect"),
    (0x197, "TPM2_CertifyX509"),
    (0x198, "TPM2_ACT_SetTimeout"),
    (0x199, "TPM2_ECC_Encrypt"),
    (0x19A, "TPM2_ECC_Decrypt"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_code_is_found() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (entry, text) in TABLE {
            assert_eq!((name(*entry), code(text)), (*text, Some(*entry)));
        }
    }

    #[test]
    fn the_commands_that_write_nv_are_in_the_table() {
        let codes = NV_WRITING.map(|name| code(name).expect(name));
        assert!(codes.is_sorted());
    }

    #[test]
    fn a_name_is_found_with_and_without_its_prefix() {
        assert_eq!(code("Quote"), Some(0x158));
        assert_eq!(code("TPM2_Quote"), Some(0x158));
        assert_eq!(code("Quot"), None);
        assert_eq!(name(0x2000_0000), UNKNOWN);
    }
}
