"""What a field may hold, and the name of the error where it does not."""

import unicodedata

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, EllipticCurvePublicNumbers

from strict import Refused, decode_map

YEAR_9999_ENDS = 253402300799


def check_map(value, fields):
    """A map whose known fields are right, and which has no unknown even one."""
    if not isinstance(value, dict):
        raise Refused("wrong_type", "not a map")
    if not all(type(key) is int for key in value):
        raise Refused("key_type")
    for key, (required, check) in fields.items():
        if key in value:
            check(value[key])
        elif required:
            raise Refused("missing", str(key))
    unknown = [key for key in value if key not in fields and key % 2 == 0]
    if unknown:
        raise Refused("unknown_critical", str(unknown[0]))
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


def typed(value, kind, expected):
    if type(value) is not kind:
        raise Refused("wrong_type", f"{value!r} is not {expected}")


def uint(limit=1 << 64):
    def check(value):
        typed(value, int, "an integer")
        if not 0 <= value < limit:
            raise Refused("out_of_range", str(value))

    return check


def one_of(*values):
    def check(value):
        typed(value, int, "an integer")
        if value not in values:
            raise Refused("out_of_range", str(value))

    return check


def bytes_of(length):
    def check(value):
        typed(value, bytes, "a byte string")
        if len(value) != length:
            raise Refused("out_of_range", f"{len(value)} bytes, not {length}")

    return check


def any_bytes(value):
    typed(value, bytes, "a byte string")


def bytes_up_to(limit):
    def check(value):
        any_bytes(value)
        if len(value) > limit:
            raise Refused("invalid_field", "too long")

    return check


def any_text(value):
    typed(value, str, "a text string")


def name(limit=64):
    def check(value):
        any_text(value)
        if not 1 <= len(value.encode()) <= limit:
            raise Refused("invalid_field", f"not 1 to {limit} bytes")
        if has_control(value):
            raise Refused("invalid_field", "control characters")

    return check


def has_control(text):
    return any(unicodedata.category(character) == "Cc" for character in text)


def hex_id(length):
    def check(value):
        any_text(value)
        if len(value) != 2 * length or set(value) - set("0123456789abcdef"):
            raise Refused("out_of_range", "not lower-case hexadecimal of the right length")

    return check


def a_map(fields):
    return lambda value: check_map(value, fields)


def encoded_map(fields):
    """A byte string with the encoding of such a map."""

    def check(value):
        any_bytes(value)
        check_map(decode_map(value), fields)

    return check


def list_of(check, length=None):
    def check_all(value):
        typed(value, list, "an array")
        for item in value:
            check(item)
        if length is not None and len(value) != length:
            raise Refused("out_of_range", f"{len(value)} items, not {length}")

    return check_all


def some_of(check):
    """An array that is absent rather than empty."""

    def check_all(value):
        list_of(check)(value)
        if not value:
            raise Refused("out_of_range", "an empty array")

    return check_all


def cose_key(value):
    coordinate = bytes_of(32)
    check_map(value, {1: must(uint()), -1: must(uint()), -2: must(coordinate), -3: must(coordinate)})
    if (value[1], value[-1]) != (2, 1):
        raise Refused("out_of_range", "another type of key or curve")
    x, y = (int.from_bytes(value[label], "big") for label in (-2, -3))
    try:
        EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except ValueError as error:
        raise Refused("out_of_range", str(error)) from error


def point(value):
    """A point on P-256, SEC1 uncompressed."""
    bytes_of(65)(value)
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), value)
    except ValueError as error:
        raise Refused("out_of_range", str(error)) from error


TIME = uint(YEAR_9999_ENDS + 1)
U32 = uint(1 << 32)
DIGEST = bytes_of(32)
