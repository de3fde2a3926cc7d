//! Policy digests, calculated as a TPM's trial session would (TPM 2.0 Part 3, section 23).
//!
//! A policy reads in the order in which its commands run:
//! `PolicyDigest::EMPTY.signed(…).command_code(…)`.
//!
//! Counters, sealed secrets and the feature parent have policies. [`PolicyDigest::authorize`] with
//! [`approval_digest`], [`PolicyDigest::auth_value`], [`PolicyDigest::counter_timer`] and
//! [`CommandCode::Hmac`] are for what the feature parent will hold: feature keys, whose use a vendor
//! approves up to a value of the TPM's clock and resetCount and for one epoch. No such key is made
//! yet. Every digest is compared with a TPM's own in the tests.

use super::algorithm::{HashAlgorithm, sha256};
use super::name::Name;

const CC_NV: u32 = 0x149;
const CC_SECRET: u32 = 0x151;
const CC_SIGNED: u32 = 0x160;
const CC_AUTHORIZE: u32 = 0x16a;
const CC_AUTH_VALUE: u32 = 0x16b;
const CC_COMMAND_CODE: u32 = 0x16c;
const CC_COUNTER_TIMER: u32 = 0x16d;
const CC_OR: u32 = 0x171;

/// The digest of a policy with SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a policy is what the last step returns"]
pub struct PolicyDigest([u8; 32]);

/// How PolicyNV and PolicyCounterTimer compare, unsigned (TPM_EO).
///
/// The signed comparisons are left out: an erratum of the specification makes TPMs differ in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The TPM's value is equal.
    Equal,
    /// The TPM's value is less.
    Less,
    /// The TPM's value is less or equal.
    LessOrEqual,
}

/// Commands that a policy here is limited to with PolicyCommandCode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandCode {
    /// TPM2_HMAC.
    Hmac,
    /// TPM2_Import.
    Import,
    /// TPM2_Load.
    Load,
}

impl PolicyDigest {
    /// The digest that a session starts with.
    pub const EMPTY: Self = Self([0; 32]);

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// PolicySigned: the key signed the session's nonce. Any nonce and expiration give this digest.
    pub fn signed(self, key: &Name, policy_ref: &[u8]) -> Self {
        self.extend(CC_SIGNED, &[key.as_bytes()])
            .reference(policy_ref)
    }

    /// PolicySecret: the auth value of the entity was given. `entity` is its Name, for a hierarchy
    /// its handle.
    pub fn secret(self, entity: &[u8], policy_ref: &[u8]) -> Self {
        self.extend(CC_SECRET, &[entity]).reference(policy_ref)
    }

    /// PolicyNV: the contents of the index, from `offset` on, compare so with `operand`.
    pub fn nv(self, index: &Name, operand: &[u8], offset: u16, comparison: Comparison) -> Self {
        let arguments = comparison_arguments(operand, offset, comparison);
        self.extend(CC_NV, &[&arguments, index.as_bytes()])
    }

    /// PolicyCounterTimer: the TPMS_TIME_INFO, from `offset` on, compares so with `operand`. Time
    /// is at 0, Clock at 8, resetCount at 16, restartCount at 20, safe at 24.
    pub fn counter_timer(self, operand: &[u8], offset: u16, comparison: Comparison) -> Self {
        self.extend(
            CC_COUNTER_TIMER,
            &[&comparison_arguments(operand, offset, comparison)],
        )
    }

    /// PolicyCommandCode: only this command.
    pub fn command_code(self, code: CommandCode) -> Self {
        let code: u32 = match code {
            CommandCode::Hmac => 0x155,
            CommandCode::Import => 0x156,
            CommandCode::Load => 0x157,
        };
        self.extend(CC_COMMAND_CODE, &[&code.to_be_bytes()])
    }

    /// PolicyAuthValue (and PolicyPassword): the object's auth value is given as well.
    pub fn auth_value(self) -> Self {
        self.extend(CC_AUTH_VALUE, &[])
    }

    /// PolicyAuthorize: the key approved whatever policy came before, under `policy_ref`.
    pub fn authorize(key: &Name, policy_ref: &[u8]) -> Self {
        Self::EMPTY
            .extend(CC_AUTHORIZE, &[key.as_bytes()])
            .reference(policy_ref)
    }

    /// PolicyOR: one of the branches was satisfied. A TPM takes two to eight.
    ///
    /// # Panics
    /// If there are fewer or more branches: such a policy could never be satisfied.
    pub fn or(branches: &[Self]) -> Self {
        assert!(
            (2..=8).contains(&branches.len()),
            "PolicyOR takes two to eight branches"
        );
        let branches: Vec<&[u8]> = branches.iter().map(|branch| &branch.0[..]).collect();
        Self::EMPTY.extend(CC_OR, &branches)
    }

    fn extend(self, command: u32, arguments: &[&[u8]]) -> Self {
        let command = command.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![&self.0, &command];
        parts.extend_from_slice(arguments);
        Self(sha256(&parts))
    }

    /// The second hash of PolicyUpdate(), which is made for an empty policyRef too.
    fn reference(self, policy_ref: &[u8]) -> Self {
        Self(sha256(&[&self.0, policy_ref]))
    }
}

/// The policy under which counters are incremented: the store key signed the session's nonce.
pub fn counter_policy(store_key: &Name) -> PolicyDigest {
    PolicyDigest::EMPTY.signed(store_key, &[])
}

/// The policy of what is sealed for one epoch: the epoch counter stands at exactly `epoch`.
pub fn epoch_policy(epoch_index: &Name, epoch: u64) -> PolicyDigest {
    PolicyDigest::EMPTY.nv(epoch_index, &epoch.to_be_bytes(), 0, Comparison::Equal)
}

/// The branches of [`feature_parent_policy`], in order: import, then load.
pub fn feature_parent_branches() -> [PolicyDigest; 2] {
    [CommandCode::Import, CommandCode::Load].map(|code| PolicyDigest::EMPTY.command_code(code))
}

/// The feature parent's policy: it imports and loads.
pub fn feature_parent_policy() -> PolicyDigest {
    PolicyDigest::or(&feature_parent_branches())
}

/// What the policy key signs (as a digest) to approve `policy` under `policy_ref` for
/// PolicyAuthorize.
pub fn approval_digest(policy: &PolicyDigest, policy_ref: &[u8]) -> [u8; 32] {
    sha256(&[&policy.0, policy_ref])
}

fn comparison_arguments(operand: &[u8], offset: u16, comparison: Comparison) -> Vec<u8> {
    let operation: u16 = match comparison {
        Comparison::Equal => 0,
        Comparison::Less => 5,
        Comparison::LessOrEqual => 9,
    };
    HashAlgorithm::Sha256.digest(&[operand, &offset.to_be_bytes(), &operation.to_be_bytes()])
}
