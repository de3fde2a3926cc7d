"""The claims of each kind of token, as docs/token-format.md lists them."""

import unicodedata
import zlib

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers

from strict import Refused

YEAR_9999_ENDS = 253402300799


def check_map(value, fields):
    """A map whose known fields are right, and which has no unknown even one."""
    if not isinstance(value, dict) or not all(type(key) is int for key in value):
        raise Refused("not a map with integer keys")
    for key, (required, check) in fields.items():
        if key in value:
            check(value[key])
        elif required:
            raise Refused(f"field {key} is missing")
    unknown = [key for key in value if key not in fields and key % 2 == 0]
    if unknown:
        raise Refused(f"field {unknown[0]} must be understood")
    for rule in fields.rules if isinstance(fields, Fields) else ():
        rule(value)


class Fields(dict):
    """Fields with rules among them."""

    def __init__(self, fields, *rules):
        super().__init__(fields)
        self.rules = rules


def must(check):
    return (True, check)


def may(check):
    return (False, check)


def uint(limit=1 << 64):
    def check(value):
        if type(value) is not int or not 0 <= value < limit:
            raise Refused(f"{value!r} is not an unsigned integer below {limit}")

    return check


def one_of(*values):
    def check(value):
        if type(value) is not int or value not in values:
            raise Refused(f"{value!r} is not one of {values}")

    return check


def bytes_of(length):
    def check(value):
        if not isinstance(value, bytes) or len(value) != length:
            raise Refused(f"not {length} bytes")

    return check


def bytes_up_to(limit):
    def check(value):
        if not isinstance(value, bytes) or len(value) > limit:
            raise Refused(f"not a byte string of at most {limit}")

    return check


def name(limit=64):
    def check(value):
        if not isinstance(value, str) or not 1 <= len(value.encode()) <= limit:
            raise Refused(f"not a name of 1 to {limit} bytes")
        if any(unicodedata.category(character) == "Cc" for character in value):
            raise Refused("control characters")

    return check


def hex_id(length):
    def check(value):
        if not isinstance(value, str) or len(value) != 2 * length or set(value) - set("0123456789abcdef"):
            raise Refused(f"not {2 * length} lower-case hexadecimal digits")

    return check


def a_map(fields):
    return lambda value: check_map(value, fields)


def list_of(check):
    def check_all(value):
        if not isinstance(value, list):
            raise Refused("not an array")
        for item in value:
            check(item)

    return check_all


def sorted_names(value):
    list_of(name())(value)
    encoded = [item.encode() for item in value]
    if encoded != sorted(set(encoded)):
        raise Refused("names not sorted, or one twice")


def tpm_name(value):
    bytes_of(34)(value)
    if value[:2] != b"\x00\x0b":
        raise Refused("not a SHA-256 Name")


def cose_key(value):
    coordinate = bytes_of(32)
    check_map(value, {1: must(one_of(2)), -1: must(one_of(1)), -2: must(coordinate), -3: must(coordinate)})
    x, y = (int.from_bytes(value[label], "big") for label in (-2, -3))
    # Raises ValueError for a point off the curve.
    EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def keys(value):
    list_of(a_map(BUNDLE_KEY))(value)
    points = [key[2][-2] for key in value]
    if len(set(points)) != len(points) or len(points) > 64:
        raise Refused("a key twice, or too many")


def members(value, required):
    """A map of the IETF draft: text keys alone, unknown ones ignored."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise Refused("not a map with text keys")
    if not required <= set(value):
        raise Refused(f"not a map with {required}")


def pcrs(value):
    uint(1 << 16)(value)
    if value == 0:
        raise Refused("no PCR")


def status_ref(value):
    members(value, {"status_list"})
    members(value["status_list"], {"idx", "uri"})
    uint()(value["status_list"]["idx"])
    name(128)(value["status_list"]["uri"])


def status_list(value):
    members(value, {"bits", "lst"})
    one_of(1, 2, 4, 8)(value["bits"])
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(value["lst"], (1 << 18) + 1)
    except zlib.error as error:
        raise Refused(str(error)) from error
    if len(inflated) > 1 << 18 or not stream.eof or stream.unused_data:
        raise Refused("not one zlib stream of bounded size")


def ends_after(start, end):
    def rule(value):
        if end in value and value[end] <= value[start]:
            raise Refused("ends before it starts")

    return rule


TIME = uint(YEAR_9999_ENDS + 1)
VENDOR, LICENSE_ID, TOKEN_ID, STORE = hex_id(16), hex_id(8), bytes_of(16), bytes_of(16)
CNF = a_map({1: must(cose_key)})
U32 = uint(1 << 32)

BINDING = {key: must(tpm_name) for key in range(1, 6)} | {6: must(uint()), 7: must(STORE)}
BUNDLE_KEY = Fields(
    {2: must(cose_key), 4: must(one_of(1, 2)), 6: may(name()), 8: must(TIME), 10: must(TIME), 12: may(TIME)},
    ends_after(8, 10),
)
LIMITS = {2: must(uint()), 4: must(uint()), 6: must(uint()), 8: must(uint(1 << 32)), 10: must(uint())}
ANCHOR = {1: must(TIME), 2: must(uint()), 3: must(U32), 4: must(U32), 5: must(uint())}


def a_restart_allowed(value):
    if value[-70022][8] == 0:
        raise Refused("no restart allowed")


CLAIMS = {
    "license": Fields(
        {
            1: must(VENDOR),
            2: must(LICENSE_ID),
            3: must(name()),
            4: may(TIME),
            5: must(TIME),
            6: must(TIME),
            7: must(TOKEN_ID),
            8: must(CNF),
            65535: must(status_ref),
            -70001: must(name()),
            -70002: must(a_map(BINDING)),
            -70004: must(sorted_names),
            -70006: must(a_map({2: may(name()), 4: may(name())})),
            -70008: must(name()),
            -70010: must(one_of(1, 2, 3, 4)),
        },
        ends_after(5, 4),
    ),
    "lease": Fields(
        {
            1: must(VENDOR),
            2: must(LICENSE_ID),
            3: must(name()),
            4: must(TIME),
            6: must(TIME),
            7: must(TOKEN_ID),
            8: must(CNF),
            -70005: may(bytes_up_to(256)),
            -70009: must(a_map({1: must(TIME), 3: must(uint())})),
            -70012: must(TOKEN_ID),
            -70014: must(uint()),
            -70016: must(STORE),
            -70018: must(uint()),
            -70020: must(a_map(ANCHOR)),
            -70022: must(a_map(LIMITS)),
            -70024: must(a_map({2: must(uint()), 4: must(bytes_of(32))})),
            -70030: may(a_map({2: must(pcrs), 4: may(bytes_of(32))})),
        },
        ends_after(6, 4),
        a_restart_allowed,
    ),
    "manifest": Fields(
        {
            1: must(VENDOR),
            3: must(name()),
            4: must(TIME),
            5: must(TIME),
            6: must(TIME),
            -70008: must(name()),
            -70014: must(uint()),
            -70026: must(bytes_up_to(65536)),
        },
        ends_after(5, 4),
    ),
    "trust-bundle": Fields(
        {
            1: must(VENDOR),
            6: must(TIME),
            -70003: must(name()),
            -70007: may(cose_key),
            -70014: must(uint()),
            -70028: must(keys),
        }
    ),
    "status-list": Fields(
        {
            1: must(VENDOR),
            2: must(name(128)),
            3: may(name()),
            4: must(TIME),
            6: must(TIME),
            65533: must(status_list),
            65534: may(uint()),
        },
        ends_after(6, 4),
    ),
}
