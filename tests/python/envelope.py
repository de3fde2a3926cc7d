"""The envelopes of docs/token-format.md, section "Reading a file": headers, signature, seal.

Signatures and seals are those of the `cwt` package.
"""

from cwt import COSE, COSEKey
from cwt.exceptions import CWTError

from strict import Map, Refused, encode, finished, scan

SIGN1, ENCRYPT0 = 18, 16
ES256, A256GCM = -7, 3
ALG, CRIT, KID, IV, TYP = 1, 2, 4, 5, 16
REQUEST_ID, CREDENTIAL_BLOB, ENCRYPTED_SECRET = -70001, -70002, -70003
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

SEALED = {"activation-response", "state", "sealed-artifact"}
EXTRA_LABELS = {"activation-response": [REQUEST_ID, CREDENTIAL_BLOB, ENCRYPTED_SECRET]}


class Envelope:
    """A file of a kind, opened: everything but signature or seal is checked."""

    def __init__(self, data, kind, content_type, size_limit):
        self.data = data
        tag = ENCRYPT0 if kind in SEALED else SIGN1
        items = self.structure(tag, size_limit)
        protected, unprotected = header(items[0]), table(items[1])
        extra = EXTRA_LABELS.get(kind, [])
        self.common(protected, unprotected, content_type, A256GCM if tag == ENCRYPT0 else ES256)
        for label in extra:
            if not is_bytes(protected.get(label)):
                raise Refused("missing_header", str(label))
        expected = {ALG: protected[ALG], TYP: protected[TYP]} | {label: protected[label] for label in extra}
        if tag == SIGN1:
            bare = {}
            expected[KID] = self.signed(items, protected, unprotected)
        else:
            bare = self.sealed(items, unprotected)
        self.extras = {label: protected[label] for label in extra}
        rebuilt = [encode(expected), bare, *items[2:]]
        if bytes([0xC0 | tag]) + encode(rebuilt) != data:
            raise Refused("unexpected_header" if set(protected) - set(expected) else "not_deterministic")

    def structure(self, tag, size_limit):
        try:
            items = scan(self.data, depth=4, tag=tag, size=size_limit)
        except Refused as refused:
            # Another tag, or none, is another structure.
            raise Refused("structure" if refused.name == "tag" else refused.name) from refused
        content = [item for item in items[2:] if item is not None] if isinstance(items, list) else []
        if (
            not isinstance(items, list)
            or len(items) != {SIGN1: 4, ENCRYPT0: 3}[tag]
            or not is_bytes(items[0])
            or not isinstance(items[1], Map)
            or not all(is_bytes(item) for item in content)
        ):
            raise Refused("structure")
        return items

    def common(self, protected, unprotected, content_type, algorithm):
        if set(protected) & set(unprotected):
            raise Refused("label_in_both_headers")
        if protected.get(TYP) != content_type:
            raise Refused("wrong_kind")
        if CRIT in protected:
            raise Refused("critical_header")
        if protected.get(ALG) != algorithm:
            raise Refused("algorithm")

    def signed(self, items, protected, unprotected):
        if unprotected:
            raise Refused("unprotected_header")
        self.kid = protected.get(KID)
        if not is_bytes(self.kid) or len(self.kid) != 8:
            raise Refused("missing_header", "kid")
        self.payload, self.signature = items[2], items[3]
        if self.payload is None:
            raise Refused("no_payload")
        if len(self.signature) != 64:
            raise Refused("bad_signature")
        return self.kid

    def sealed(self, items, unprotected):
        nonce = unprotected.get(IV)
        if not is_bytes(nonce) or len(nonce) != 12:
            raise Refused("missing_header", "IV")
        if set(unprotected) != {IV}:
            raise Refused("unprotected_header")
        if items[2] is None:
            raise Refused("no_payload")
        return {IV: nonce}

    def verify(self, pem):
        """The signature, by the key whose id was compared before; the external_aad is empty."""
        key = COSEKey.from_pem(pem, kid=self.kid, alg="ES256")
        try:
            COSE.new(verify_kid=True).decode(self.data, key)
        except (CWTError, ValueError) as error:
            raise Refused("bad_signature", str(error)) from error
        if int.from_bytes(self.signature[32:], "big") > P256_ORDER // 2:
            raise Refused("high_s")
        return self.payload

    def unseal(self, key, external_aad=b""):
        try:
            key = COSEKey.from_symmetric_key(key, alg="A256GCM")
            return COSE.new().decode(self.data, key, external_aad=external_aad)
        except (CWTError, ValueError) as error:
            raise Refused("cannot_decrypt", str(error)) from error


def header(protected):
    if not protected:
        return {}
    try:
        value = scan(protected)
    except Refused as refused:
        raise Refused("structure", str(refused)) from refused
    if not isinstance(value, Map):
        raise Refused("structure")
    return finished(value)


def table(unprotected):
    return finished(unprotected)


def is_bytes(value):
    return type(value) is bytes
