//! A few TPM commands, byte by byte, where a test needs exactly these bytes; everything else goes
//! through tpm2-tools.

use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use crate::software_tpm::sized;

pub(crate) const OWNER: u32 = 0x4000_0001;
pub(crate) const ENDORSEMENT: u32 = 0x4000_000b;

/// An authorization with the empty password.
const PASSWORD: [u8; 9] = [0x40, 0x00, 0x00, 0x09, 0, 0, 0, 0, 0];

/// A TPM at a Unix socket.
pub(crate) struct Commands(pub(crate) PathBuf);

impl Commands {
    /// TPM2_CreatePrimary: handle and public area.
    pub(crate) fn create_primary(&self, hierarchy: u32, template: &[u8]) -> (u32, Vec<u8>) {
        let sensitive = sized(&[0; 4]);
        let parameters = [&sensitive[..], &sized(template), &[0; 2], &[0; 4]].concat();
        let response = self.authorized(0x131, &[hierarchy], &[&PASSWORD], &parameters);
        let handle = u32::from_be_bytes(response[..4].try_into().unwrap());
        (handle, unsized_at(&response[8..]).to_vec())
    }

    /// TPM2_EvictControl of a transient object, which is flushed.
    pub(crate) fn persist(&self, transient: u32, persistent: u32) {
        let parameters = persistent.to_be_bytes();
        self.authorized(0x120, &[OWNER, transient], &[&PASSWORD], &parameters);
        self.flush(transient);
    }

    /// TPM2_FlushContext.
    pub(crate) fn flush(&self, handle: u32) {
        self.plain(0x165, &handle.to_be_bytes());
    }

    /// TPM2_NV_DefineSpace with the empty auth value.
    pub(crate) fn define_index(&self, public: &[u8]) {
        let parameters = [&[0; 2][..], &sized(public)].concat();
        self.authorized(0x12a, &[OWNER], &[&PASSWORD], &parameters);
    }

    /// TPM2_Create and TPM2_Load under a parent with the empty auth value: handle and public area.
    pub(crate) fn seal(&self, parent: u32, template: &[u8], secret: &[u8]) -> (u32, Vec<u8>) {
        let sensitive = sized(&[&[0; 2][..], &sized(secret)].concat());
        let parameters = [&sensitive[..], &sized(template), &[0; 2], &[0; 4]].concat();
        let response = self.authorized(0x153, &[parent], &[&PASSWORD], &parameters);
        let private = unsized_at(&response[4..]);
        let public = unsized_at(&response[6 + private.len()..]);
        let parameters = [sized(private), sized(public)].concat();
        let loaded = self.authorized(0x157, &[parent], &[&PASSWORD], &parameters);
        (
            u32::from_be_bytes(loaded[..4].try_into().unwrap()),
            public.to_vec(),
        )
    }

    /// Reads eight bytes of an index in an audit session, and has the session's digest signed: the
    /// bytes, the TPMS_ATTEST and the TPMT_SIGNATURE. `between` runs after the read.
    pub(crate) fn audited_read(
        &self,
        ak: u32,
        index: u32,
        index_name: &[u8],
        extra_data: &[u8],
        between: impl FnOnce(&Self),
    ) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let (session, nonce_tpm) = self.start_hmac_session();
        let nonce_caller = [0x11; 16];
        // continueSession and audit
        let attributes = 0x81;
        let parameters = [0, 8, 0, 0];
        let command_hash = Sha256::digest(
            [
                &0x14e_u32.to_be_bytes()[..],
                index_name,
                index_name,
                &parameters,
            ]
            .concat(),
        );
        let hmac = hmac_of_empty_key(
            &[&command_hash[..], &nonce_caller, &nonce_tpm, &[attributes]].concat(),
        );
        let authorization = [
            &session.to_be_bytes()[..],
            &sized(&nonce_caller),
            &[attributes],
            &sized(&hmac),
        ]
        .concat();
        let read = self.authorized(0x14e, &[index, index], &[&authorization], &parameters);
        let contents = unsized_at(&read[4..]).to_vec();
        between(self);
        let parameters = [&sized(extra_data)[..], &[0x00, 0x10]].concat();
        let digest = self.authorized(
            0x14d,
            &[ENDORSEMENT, ak, session],
            &[&PASSWORD, &PASSWORD],
            &parameters,
        );
        self.flush(session);
        let len = u32::from_be_bytes(digest[..4].try_into().unwrap()) as usize;
        let attest = unsized_at(&digest[4..]).to_vec();
        let signature = digest[6 + attest.len()..4 + len].to_vec();
        (contents, attest, signature)
    }

    /// An unsalted, unbound HMAC session with SHA-256: handle and nonce.
    fn start_hmac_session(&self) -> (u32, Vec<u8>) {
        const NULL: u32 = 0x4000_0007;
        let handles = [NULL.to_be_bytes(), NULL.to_be_bytes()].concat();
        let parameters = [
            &sized(&[0x22; 16])[..],
            &[0; 2],
            &[0],
            &[0x00, 0x10, 0x00, 0x0b],
        ];
        let response = self.plain(0x176, &[handles, parameters.concat()].concat());
        let handle = u32::from_be_bytes(response[..4].try_into().unwrap());
        (handle, unsized_at(&response[4..]).to_vec())
    }

    fn authorized(
        &self,
        code: u32,
        handles: &[u32],
        authorizations: &[&[u8]],
        parameters: &[u8],
    ) -> Vec<u8> {
        let handles: Vec<u8> = handles
            .iter()
            .flat_map(|handle| handle.to_be_bytes())
            .collect();
        let authorizations = authorizations.concat();
        let len = u32::try_from(authorizations.len()).unwrap().to_be_bytes();
        self.send(
            0x8002,
            code,
            &[&handles, &len[..], &authorizations, parameters].concat(),
        )
    }

    fn plain(&self, code: u32, rest: &[u8]) -> Vec<u8> {
        self.send(0x8001, code, rest)
    }

    /// What follows the response code, which must be success.
    fn send(&self, tag: u16, code: u32, rest: &[u8]) -> Vec<u8> {
        let len = u32::try_from(10 + rest.len()).unwrap();
        let command = [
            &tag.to_be_bytes()[..],
            &len.to_be_bytes(),
            &code.to_be_bytes(),
            rest,
        ]
        .concat();
        let mut stream = UnixStream::connect(&self.0).expect("the simulated TPM listens");
        stream.write_all(&command).unwrap();
        let mut header = [0; 10];
        stream.read_exact(&mut header).unwrap();
        let len = u32::from_be_bytes(header[2..6].try_into().unwrap()) as usize;
        let mut rest = vec![0; len - 10];
        stream.read_exact(&mut rest).unwrap();
        let response_code = u32::from_be_bytes(header[6..].try_into().unwrap());
        assert_eq!(
            response_code, 0,
            "command {code:#x} failed with {response_code:#x}"
        );
        rest
    }
}

/// The contents of the TPM2B at the front.
fn unsized_at(bytes: &[u8]) -> &[u8] {
    let len = usize::from(u16::from_be_bytes(bytes[..2].try_into().unwrap()));
    &bytes[2..2 + len]
}

/// HMAC-SHA256 under the empty key (RFC 2104).
fn hmac_of_empty_key(message: &[u8]) -> Vec<u8> {
    let inner = Sha256::digest([&[0x36; 64][..], message].concat());
    Sha256::digest([&[0x5c; 64][..], &inner].concat()).to_vec()
}
