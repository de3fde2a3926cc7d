"""The recorded activation and evidence, verified down to what the TPM signed, as docs/token-format.md says."""

import hmac
import json
from hashlib import sha256

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import tpm
from fields import check_map
from messages import EVIDENCE
from strict import Refused, decode_map, encode
from tpm import require
from vectors import Bundle, Request, expand, opened, pem_of, pem_point, response, signed_by, vendor_id

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class Recording:
    def __init__(self, folder):
        self.folder = folder
        self.index = json.loads((folder / "index.json").read_text())
        self.root = self.data("vendor-root.pem").decode()
        self.vendor = vendor_id(self.root)

    def data(self, name):
        return (self.folder / name).read_bytes()

    def bytes(self, key):
        return bytes.fromhex(self.index[key])


def check(folder):
    recording = Recording(folder / "recorded")
    surprises = []
    steps = 0
    try:
        request = enrolled(recording)
        answer, bundle, license = answered(recording, request)
        steps += 2
        for entry in recording.index["evidence"]:
            attested(recording, bundle, entry)
            steps += 1
        store(recording, answer, request)
        wrapped(recording)
        steps += 2
        refused(recording, bundle, surprises)
    except (Refused, tpm.Unproven) as error:
        surprises.append(f"the recorded exchange: {error!r}")
    return f"{steps} exchanges of one TPM", surprises


def enrolled(recording):
    """Section "Checking a request"."""
    request = Request(recording.data("activation.request"))
    body, proofs = request.body, request.payload[4]
    require(body[12] == recording.vendor, "another vendor")
    require(body[10] == 1, "not the device's nonce")
    ek = tpm.endorsement_key(body[20])
    certificate = x509.load_der_x509_certificate(body[22][0])
    # By the key itself: a P-384 key under P-256 authority, as this maker has them.
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(recording.data("ek-root.pem")))
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    require(certificate.public_key().public_bytes(*spki) == ek.public_bytes(*spki), "another key's certificate")

    ak = tpm.AttestationKey(body[24])
    extra = sha256(b"counterfoil/v1/activation" + body[8] + request.id).digest()
    srk = tpm.storage_root(body[26])
    srk_qualified = tpm.certified(ak, proofs[2], srk, extra)
    require(srk_qualified == tpm.primary(tpm.OWNER, srk), "no owner primary")
    parent = tpm.name(body[28])
    require(tpm.Public(body[28]).made_from(tpm.feature_parent_template()), "another feature parent")
    parent_qualified = tpm.certified(ak, proofs[4], parent, extra)
    require(parent_qualified == tpm.primary(tpm.OWNER, parent), "no owner primary")

    for field, handle in zip((32, 34), tpm.handles(recording.vendor, body[16])):
        require(body[field] == tpm.counter_area(handle, body[36]), "another counter")
    epoch_index, activity_index = tpm.name(body[32]), tpm.name(body[34])
    seed = tpm.name(body[30])
    policy = tpm.policy_nv_equal(epoch_index, body[18])
    require(tpm.Public(body[30]).made_from(tpm.sealed_template(policy)), "another policy of the seed")
    require(tpm.certified(ak, proofs[6], seed, extra) == tpm.child(srk_qualified, seed), "the seed has another parent")

    quotes = [tpm.quote(ak, proofs[12], extra)]
    if 13 in proofs:
        platform = tpm.quote(ak, proofs[13][2], extra, 0xFFFF)
        require(platform.pcr_digest == sha256(b"".join(proofs[13][4])).digest(), "other values of PCRs")
        quotes.append(platform)
    epoch = tpm.counter(ak, proofs[8], epoch_index, extra)
    activity = tpm.counter(ak, proofs[10], activity_index, extra)
    require(all(proof.follows(quote) for proof in (epoch, activity) for quote in quotes), "not of one moment")
    require(epoch.value == body[18] == recording.index["epoch"], "another epoch")

    identifier, secret = license_key(recording.index["license_key"])
    require(identifier == body[4], "another license")
    mac_key = expand(secret, None, b"counterfoil/v1/license-key")
    mac = hmac.digest(mac_key, b"counterfoil/v1/license-mac" + request.id, "sha256")
    require(mac == request.payload[6], "another license key")
    request.names = {1: ak.name, 2: srk, 3: seed, 4: epoch_index, 5: activity_index, 6: epoch.value, 7: body[14]}
    return request


def license_key(text):
    """Id and secret of a license key, by section "The license key"."""
    symbols = [ALPHABET.index(symbol) for symbol in text.removeprefix("CF").replace("-", "")]
    prefix = [ord(letter) >> 5 for letter in "cf"] + [0] + [ord(letter) & 31 for letter in "cf"]
    state = 1
    for symbol in prefix + symbols:
        top, state = state >> 25, (state & 0x1FFFFFF) << 5 ^ symbol
        for bit, generator in enumerate(GENERATOR):
            state ^= generator if top >> bit & 1 else 0
    require(len(symbols) == 45 and state == 0x2BC830A3, "a typing error")
    number = 0
    for symbol in symbols[:39]:
        number = number << 5 | symbol
    require(number & 7 == 0, "a typing error")
    content = (number >> 3).to_bytes(24, "big")
    return content[:8], content[8:]


def answered(recording, request):
    """Section "Checking a response"."""
    answer = response(recording.data("activation.response"), recording.bytes("credential_secret"))
    require(answer[2] == request.id, "an answer to another request")
    bundle = Bundle(answer[10], [pem_point(recording.root)], recording.vendor.hex())
    license = bundle.issued("license", answer[4])
    lease = bundle.issued("lease", answer[6])
    manifest = bundle.issued("manifest", answer[8])
    belongs(lease, license)
    require(license[-70002] == request.names, "bound to something else")
    require(b"\x04" + license[8][1][-2] + license[8][1][-3] == request.body[38], "another binding key")
    reference = {2: manifest[-70014], 4: sha256(answer[8]).digest()}
    require(lease[-70024] == reference and manifest[3] == license[3], "another manifest")
    require(bundle.issued("status-list", answer[11][0])[2] == license[65535]["status_list"]["uri"], "another list")
    return answer, bundle, license


def belongs(lease, license):
    same = all(lease[key] == license[key] for key in (1, 2, 3, 8))
    binding = license[-70002]
    same = same and (lease[-70016], lease[-70018], lease[-70012]) == (binding[7], binding[6], license[7])
    require(same, "a lease of another license")


def attested(recording, bundle, entry):
    """Section "Checking evidence"."""
    envelope = opened("evidence", recording.data(entry["file"]))
    content = decode_map(envelope.payload)
    check_map(content, EVIDENCE)
    tokens = [(bundle.issued("license", pair[2]), bundle.issued("lease", pair[4])) for pair in content[10]]
    require(tokens, "about no license")
    for license, lease in tokens:
        belongs(lease, license)
    binding, cnf = tokens[0][0][-70002], tokens[0][0][8]
    require(all((license[-70002], license[8]) == (binding, cnf) for license, _ in tokens), "several bindings")
    signed_by(envelope, b"\x04" + cnf[1][-2] + cnf[1][-3])
    subject = content[2]
    files = [{2: sha256(pair[2]).digest(), 4: sha256(pair[4]).digest()} for pair in content[10]]
    require(subject[2] == files, "about other files")
    ak = tpm.AttestationKey(content[8])
    require(ak.name == binding[1], "another machine")
    require(bytes.fromhex(entry["nonce"]) in subject[6], "an answer to another question")
    extra = sha256(b"counterfoil/v1/evidence" + encode(subject)).digest()
    selections = sorted({lease[-70030][2] for _, lease in tokens if -70030 in lease}) or [0]
    quotes = [content[4], *content.get(12, [])]
    require(len(quotes) == len(selections), "not one quote for each selection")
    quotes = [tpm.quote(ak, proof, extra, pcrs) for proof, pcrs in zip(quotes, selections)]
    activity = tpm.counter(ak, content[6], binding[5], extra)
    require(all(activity.follows(quote) for quote in quotes), "not of one moment")
    require(activity.value == recording.index["activity"], "another value")


def wrapped(recording):
    """Section "Evidence in a wrapper", as any reader of CMW does it."""
    record = cbor2.loads(recording.data("certified.cmw"))
    require(record == ["application/vnd.counterfoil.evidence+cose", recording.data("certified.evidence")], "another record")


def refused(recording, bundle, surprises):
    """What is checked above can fail."""
    entry = recording.index["evidence"][0]
    for change, text in (
        ({"nonce": "00" * 32}, "another nonce"),
        ({"file": "activation.request"}, "a request as evidence"),
        ({"file": "audited.evidence"}, "evidence for another nonce"),
    ):
        try:
            attested(recording, bundle, entry | change)
        except (Refused, tpm.Unproven):
            continue
        surprises.append(f"the recorded exchange: {text} was accepted")
    ak = tpm.AttestationKey(decode_map(opened("evidence", recording.data(entry["file"])).payload)[8])
    proof = decode_map(opened("evidence", recording.data(entry["file"])).payload)[4]
    for position in range(len(proof[2])):
        flipped = bytearray(proof[2])
        flipped[position] ^= 1
        try:
            tpm.quote(ak, {2: bytes(flipped), 4: proof[4]}, b"")
        except tpm.Unproven:
            continue
        surprises.append(f"the recorded exchange: a quote with byte {position} changed was accepted")


def store(recording, answer, request):
    """Section "The keys of a store"."""
    seed, store = recording.bytes("seed"), recording.bytes("store")
    state_key = expand(seed, store, b"counterfoil/v1/state-key")
    require(state_key == recording.bytes("state_key"), "another state key")
    wide = int.from_bytes(expand(seed, store, b"counterfoil/v1/binding-key", 48), "big")
    scalar = wide % (P256_ORDER - 1) + 1
    require(scalar.to_bytes(32, "big") == recording.bytes("binding_key"), "another binding key")

    binding = opened("store-binding", recording.data("binding"))
    fields = decode_map(binding.payload)
    require(fields[2] == request.body[36], "another store key")
    require(binding.verify(pem_of(fields[2])) and fields[22][2] == request.body[30], "another seed")
    inside = {"license.sealed-artifact": answer[4], "lease.sealed-artifact": answer[6], "bundle.sealed-artifact": answer[10]}
    for entry in recording.index["sealed"]:
        is_state = "activity" in entry
        role = entry["activity"].to_bytes(8, "big") if is_state else entry["path"].encode()
        place = store + recording.index["epoch"].to_bytes(8, "big") + role
        kind = "state" if is_state else "sealed-artifact"
        content = opened(kind, recording.data(entry["file"])).unseal(state_key, place)
        if is_state:
            require(decode_map(content)[0] == 1, "another format")
        else:
            require(content == inside[entry["file"]], "another file within")
