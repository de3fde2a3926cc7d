"""What a TPM wrote and signed, checked as docs/token-format.md, section "What a TPM signs", says."""

from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

RSA, KEYEDHASH, NULL, SHA256, ECDSA_ALG, ECC, AES, CFB = 0x01, 0x08, 0x10, 0x0B, 0x18, 0x23, 0x06, 0x43
NV, SESSION_AUDIT, CERTIFY, QUOTE = 0x8014, 0x8016, 0x8017, 0x8018
OWNER, ENDORSEMENT = 0x40000001, 0x4000000B
FIXED_TPM, FIXED_PARENT, ORIGIN = 1 << 1, 1 << 4, 1 << 5
RESTRICTED, DECRYPT, SIGN = 1 << 16, 1 << 17, 1 << 18


class Unproven(Exception):
    """An attestation proves nothing, or something else."""


def require(condition, text):
    if not condition:
        raise Unproven(text)


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, length):
        require(length <= len(self.data), "cut short")
        taken, self.data = self.data[:length], self.data[length:]
        return taken

    def uint(self, length):
        return int.from_bytes(self.take(length), "big")

    def sized(self):
        return self.take(self.uint(2))

    def finish(self):
        require(not self.data, "bytes follow")


def uint(value, length):
    return value.to_bytes(length, "big")


def sized(data):
    return uint(len(data), 2) + data


def name(area):
    return uint(SHA256, 2) + sha256(area).digest()


class Public:
    """A TPMT_PUBLIC of one of the kinds that occur."""

    def __init__(self, area):
        self.area = area
        reader = Reader(area)
        self.kind = reader.uint(2)
        self.name_algorithm = reader.uint(2)
        self.attributes = reader.uint(4)
        self.policy = reader.sized()
        self.aes = None
        if self.kind in (RSA, ECC):
            symmetric = reader.uint(2)
            require(symmetric in (NULL, AES), "another cipher")
            if symmetric == AES:
                self.aes = reader.uint(2)
                require(reader.uint(2) == CFB, "another mode")
        self.scheme = reader.uint(2)
        self.scheme_hash = None if self.scheme == NULL else reader.uint(2)
        if self.kind == ECC:
            self.curve = reader.uint(2)
            require(reader.uint(2) == NULL, "a key derivation")
            self.before_unique = len(area) - len(reader.data)
            x, y = (int.from_bytes(reader.sized(), "big") for _ in range(2))
            curve = {3: SECP256R1, 4: SECP384R1}[self.curve]
            self.key = EllipticCurvePublicNumbers(x, y, curve()).public_key()
        elif self.kind == RSA:
            bits, exponent = reader.uint(2), reader.uint(4) or 65537
            self.before_unique = len(area) - len(reader.data)
            modulus = reader.sized()
            require(len(modulus) * 8 == bits, "a modulus of another length")
            self.key = RSAPublicNumbers(exponent, int.from_bytes(modulus, "big")).public_key()
        else:
            require(self.kind == KEYEDHASH, "another type of object")
            self.before_unique = len(area) - len(reader.data)
            reader.sized()
        reader.finish()

    def has(self, bits, but_not):
        return self.attributes & bits == bits and not self.attributes & but_not

    def made_from(self, template):
        """All but `unique` is as in the template."""
        return self.area[: self.before_unique] == template


class AttestationKey:
    def __init__(self, area):
        public = Public(area)
        require(public.kind == ECC and public.curve == 3 and public.aes is None, "no P-256 signing key")
        require(public.name_algorithm == SHA256, "named with another hash")
        require((public.scheme, public.scheme_hash) == (ECDSA_ALG, SHA256), "another scheme")
        require(public.has(RESTRICTED | SIGN | FIXED_TPM | FIXED_PARENT | ORIGIN, DECRYPT), "other attributes")
        self.key = public.key
        self.name = name(area)
        self.qualified_name = primary(ENDORSEMENT, self.name)


def primary(hierarchy, object_name):
    return uint(SHA256, 2) + sha256(uint(hierarchy, 4) + object_name).digest()


def child(parent, object_name):
    return uint(SHA256, 2) + sha256(parent + object_name).digest()


class Attest:
    """Checks 1 to 6, which all attestations share; `body` is what is left."""

    def __init__(self, ak, attested, kind, extra_data):
        attest, signature = attested[2], Reader(attested[4])
        require((signature.uint(2), signature.uint(2)) == (ECDSA_ALG, SHA256), "another signature")
        integers = [signature.sized(), signature.sized()]
        signature.finish()
        require(all(len(integer) <= 32 for integer in integers), "an integer of more than 32 bytes")
        der = encode_dss_signature(*(int.from_bytes(integer, "big") for integer in integers))
        try:
            ak.key.verify(der, attest, ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise Unproven("not the attestation key's signature") from error
        body = Reader(attest)
        require(body.uint(4) == 0xFF544347, "not written by a TPM")
        require(body.uint(2) == kind, "another kind of attestation")
        require(body.sized() == ak.qualified_name, "not an endorsement primary")
        require(body.sized() == extra_data, "about another question")
        self.clock, self.resets, self.restarts, self.safe = (body.uint(size) for size in (8, 4, 4, 1))
        require(self.safe in (0, 1), "no yes or no")
        self.firmware = body.uint(8)
        self.body = body

    def follows(self, quote):
        same_boot = (self.resets, self.restarts) == (quote.resets, quote.restarts)
        return same_boot and self.clock >= quote.clock


def certified(ak, attested, object_name, extra_data):
    """The qualified name of an object that TPM2_Certify certified."""
    attest = Attest(ak, attested, CERTIFY, extra_data)
    found, qualified = attest.body.sized(), attest.body.sized()
    attest.body.finish()
    require(found == object_name, "about another object")
    require(len(qualified) == 34 and qualified[:2] == b"\x00\x0b", "a qualified name of another hash")
    return qualified


def quote(ak, attested, extra_data, pcrs=0):
    """A quote over these PCRs of the SHA-256 bank, with its digest."""
    attest = Attest(ak, attested, QUOTE, extra_data)
    banks = {}
    for _ in range(attest.body.uint(4)):
        bank, length = attest.body.uint(2), attest.body.uint(1)
        require(bank not in banks and length <= 4, "no selection")
        banks[bank] = int.from_bytes(attest.body.take(length), "little")
    attest.pcr_digest = attest.body.sized()
    attest.body.finish()
    selected = banks.pop(SHA256, 0)
    require(selected == pcrs and not any(banks.values()), "about other PCRs")
    require(len(attest.pcr_digest) == 32, "a digest of another hash")
    if not pcrs:
        require(attest.pcr_digest == sha256().digest(), "a digest of something")
    return attest


def counter(ak, proof, index_name, extra_data):
    """The attestation of a counter, with its value."""
    if 4 not in proof:
        attest = Attest(ak, proof[2], NV, extra_data)
        found, offset, contents = attest.body.sized(), attest.body.uint(2), attest.body.sized()
        attest.body.finish()
        require(found == index_name, "another counter")
        require(offset == 0 and len(contents) == 8, "a part of the counter")
        attest.value = int.from_bytes(contents, "big")
        return attest
    attest = Attest(ak, proof[2], SESSION_AUDIT, extra_data)
    exclusive, digest = attest.body.uint(1), attest.body.sized()
    attest.body.finish()
    require(exclusive == 1, "other commands came between")
    require(digest == audited_read(index_name, proof[4]), "another session")
    attest.value = proof[4]
    return attest


def audited_read(index_name, value):
    """The digest of an audit session that did nothing but read this counter and got this value."""
    code = uint(0x14E, 4)
    command = sha256(code + index_name + index_name + uint(8, 2) + uint(0, 2)).digest()
    response = sha256(uint(0, 4) + code + uint(8, 2) + uint(value, 8)).digest()
    return sha256(bytes(32) + command + response).digest()


def policy_signed(key_name):
    step = sha256(bytes(32) + uint(0x160, 4) + key_name).digest()
    return sha256(step).digest()


def policy_nv_equal(index_name, value):
    arguments = sha256(uint(value, 8) + uint(0, 2) + uint(0, 2)).digest()
    return sha256(bytes(32) + uint(0x149, 4) + arguments + index_name).digest()


def policy_import_or_load():
    branches = [sha256(bytes(32) + uint(0x16C, 4) + uint(code, 4)).digest() for code in (0x156, 0x157)]
    return sha256(bytes(32) + uint(0x171, 4) + b"".join(branches)).digest()


def verification_key_name(point):
    """The Name that a software key on P-256 has in policies."""
    area = uint(ECC, 2) + uint(SHA256, 2) + uint(0x00040000, 4) + sized(b"")
    area += uint(NULL, 2) + uint(ECDSA_ALG, 2) + uint(SHA256, 2) + uint(3, 2) + uint(NULL, 2)
    return name(area + sized(point[1:33]) + sized(point[33:]))


def counter_area(handle, store_key):
    policy = policy_signed(verification_key_name(store_key))
    return uint(handle, 4) + uint(SHA256, 2) + uint(0x22040018, 4) + sized(policy) + uint(8, 2)


def handles(vendor, slot):
    """The handles of the epoch and the activity counter."""
    drawn = sha256(b"counterfoil/v1/handles" + vendor + uint(slot, 4)).digest()
    epoch = 0x01800000 | int.from_bytes(drawn[:4], "big") & 0x003FFFFE
    return epoch, epoch + 1


def sealed_template(policy):
    return uint(KEYEDHASH, 2) + uint(SHA256, 2) + uint(0x00000412, 4) + sized(policy) + uint(NULL, 2)


def feature_parent_template():
    head = uint(ECC, 2) + uint(SHA256, 2) + uint(0x00030432, 4) + sized(policy_import_or_load())
    return head + b"".join(uint(item, 2) for item in (AES, 128, CFB, NULL, 3, NULL))


def storage_root(area):
    public = Public(area)
    require(public.kind in (RSA, ECC) and public.aes and public.scheme == NULL, "no parent")
    require(public.name_algorithm == SHA256, "named with another hash")
    require(public.has(RESTRICTED | DECRYPT | FIXED_TPM | FIXED_PARENT | ORIGIN, SIGN), "other attributes")
    return name(area)


def endorsement_key(area):
    public = Public(area)
    if public.kind == RSA:
        require(public.key.key_size == 2048 and public.key.public_numbers().e == 65537, "no RSA-2048")
    require(public.kind in (RSA, ECC) and public.aes, "no decryption key")
    require(public.has(RESTRICTED | DECRYPT | FIXED_TPM | FIXED_PARENT | ORIGIN, SIGN), "other attributes")
    return public.key
