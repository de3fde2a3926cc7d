"""Holds every file against the CDDL of docs/token-format.md with two tools that share no code.

`pycddl` is the validator of the Rust crate `cddl`; `cddl-verifier` is written in Python. A valid file must match with both,
an invalid one whose fault the grammar can tell must match with neither, but for the gaps of `pycddl` that are named below.
"""

import json
import re

import cddl_verifier
import pycddl

from envelope import ENCRYPT0, SEALED, SIGN1
from strict import Refused, encode, finished, scan
from vectors import CONTENT_TYPES, Vectors, opened, response

DOCUMENT = "docs/token-format.md"

# Their content is not defined yet.
UNDEFINED = {"release-order", "receipt", "renewal-request"}

# Faults of form. The others are of bytes, keys or values, which no grammar tells.
FORM = {
    "structure",
    "no_payload",
    "missing_header",
    "unprotected_header",
    "unexpected_header",
    "label_in_both_headers",
    "critical_header",
    "algorithm",
    "wrong_kind",
    "missing",
    "wrong_type",
    "key_type",
    "not_a_map",
    "out_of_range",
}
# Out of a range that the grammar does not draw: the curve, the digits of an id, the algorithm of a Name, the size of a stream.
BEYOND_GRAMMAR = {
    "invalid/license_confirmation_key_off_the_curve.license",
    "invalid/license_subject_upper_case.license",
    "invalid/license_ak_name_of_sha384.license",
    "invalid/request_store_key_off_the_curve.request",
}
# What `pycddl` 0.6.4 lets pass against RFC 8610: anything in the empty map, bytes behind embedded CBOR, text keys beside
# `* int => any`, the type of the elements of `[* x]`, and a cut in a map within a map.
LET_PASS = {
    "invalid/license_kid_in_both_headers.license",
    "invalid/license_alg_in_both_headers.license",
    "invalid/license_unprotected_label.license",
    "invalid/license_header_trailing_byte.license",
    "invalid/license_text_key.license",
    "invalid/license_feature_as_number.license",
    "invalid/license_versions_as_numbers.license",
}


class Rust:
    """`pycddl`. It asks a control operator of one element of an array of all, so it gets an envelope in its parts."""

    def __init__(self, text):
        self.text = re.sub(r"bstr \.cbor [a-z-]+-file", "bstr", text)
        self.schemas = {}

    def accepts(self, root, data):
        content = root.removesuffix("-file")
        if content == root:
            return self.matches(root, data)
        try:
            items = scan(data, depth=4, tag=ENCRYPT0 if content in SEALED else SIGN1)
        except Refused:
            return False
        unprotected = encode(finished(items[1])) if isinstance(items, list) and len(items) > 2 else data
        if content in SEALED:
            array, bare = "#6.16([bstr, { 5 => bstr .size 12 }, bstr])", "{ 5 => bstr .size 12 }"
            header = {"activation-response": "response", "state": "state", "sealed-artifact": "artifact"}[content]
            parts = [(array, data), (bare, unprotected), (f"{header}-header", items[0])]
            return all(self.matches(*part) for part in parts)
        header = f'signed-header<"{CONTENT_TYPES[content]}">'
        parts = [("#6.18([bstr, {}, bstr, bstr .size 64])", data), ("{}", unprotected), (header, items[0])]
        if not all(self.matches(*part) for part in parts):
            return False
        return content in UNDEFINED or self.matches(content, items[2])

    def matches(self, root, data):
        if root not in self.schemas:
            self.schemas[root] = pycddl.Schema(f"root-of-all = {root}\n{self.text}")
        try:
            self.schemas[root].validate_cbor(data)
        except pycddl.ValidationError:
            return False
        return True


class Grammar:
    """The CDDL, in both tools."""

    def __init__(self, text):
        self.rust = Rust(text)
        self.python = cddl_verifier.Validator(text)

    def accepted(self, root, data):
        """By which of the two. A sealed artifact is a file of another kind, which is a vector too."""
        second = self.python.validate(data, root_type=root).valid
        return second if root == "sealed-artifact" else self.rust.accepts(root, data), second


def cddl(root):
    document = (root / DOCUMENT).read_text()
    [block] = re.findall(r"```cddl\n(.*?)```", document, re.DOTALL)
    return block


def check(folder):
    text = cddl(folder.parent.parent)
    surprises = [f"the grammar: {diagnostic}" for diagnostic in cddl_verifier.schema_diagnostics(text)]
    names = re.findall(r"^([a-z][a-z0-9-]*)(?:<[^>]*>)? = ", text, re.MULTILINE)
    surprises += [f"the grammar defines {name} twice" for name in sorted({name for name in names if names.count(name) > 1})]
    without_cut = re.findall(r"\? *-?\d+ =>[^,]*", text)
    surprises += [f"the grammar: {field!r} is optional and has no cut, so any value passes" for field in without_cut]
    grammar = Grammar(text)
    matched = refused = 0
    for name, root, data, expected in cases(folder):
        found = grammar.accepted(root, data)
        if found != (expected or name in LET_PASS, expected):
            surprises.append(f"{name}: {root} is accepted by pycddl and cddl-verifier as {found}, not {expected}")
        matched, refused = matched + expected, refused + (not expected)
    return f"{matched} match and {refused} do not, by two tools", surprises


def cases(folder):
    """Name, rule, bytes, and whether the bytes must match the rule."""
    vectors = Vectors(folder)
    for entry in vectors.entries:
        name, root, data = entry["file"], f"{entry['kind']}-file", vectors.data(entry)
        if entry["error"] in FORM and name not in BEYOND_GRAMMAR:
            yield name, root, data, False
        elif not entry["error"]:
            yield name, root, data, True
            if entry["kind"] in ("state", "sealed-artifact", "activation-response"):
                content = vectors.read(entry)
                yield name, entry["kind"], encoded(content), True
    yield from recorded(folder / "recorded")


def recorded(folder):
    index = json.loads((folder / "index.json").read_text())
    for name, kind in (
        ("activation.request", "activation-request"),
        ("activation.response", "activation-response"),
        ("certified.evidence", "evidence"),
        ("audited.evidence", "evidence"),
        ("binding", "store-binding"),
        ("state.state", "state"),
        ("license.sealed-artifact", "sealed-artifact"),
    ):
        yield f"recorded/{name}", f"{kind}-file", (folder / name).read_bytes(), True
    answer = response((folder / "activation.response").read_bytes(), bytes.fromhex(index["credential_secret"]))
    yield "recorded/activation.response", "activation-response", encoded(answer), True
    place = bytes.fromhex(index["store"]) + b"".join(index[key].to_bytes(8, "big") for key in ("epoch", "activity"))
    state = opened("state", (folder / "state.state").read_bytes())
    yield "recorded/state.state", "state", state.unseal(bytes.fromhex(index["state_key"]), place), True


def encoded(content):
    return content if isinstance(content, bytes) else encode(content)
