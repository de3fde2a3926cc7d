#!/usr/bin/env python3
"""Reads the test vectors with an independent implementation.

    check_vectors.py tests/vectors

Every valid file must verify (or decrypt), decode strictly and hold the claims that the index names; every invalid one must
be refused for the reason that the index names. Then the recorded activation is verified down to what the TPM signed, the
status lists are read by the IETF draft alone, and all files are held against the CDDL by two tools. Prints one line for
each part; exits with 1 on any surprise.

The signature and the decryption are those of the `cwt` package. What `docs/token-format.md` asks of a reader beyond that is
written down again here, from the document and not from the Rust code.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True  # leave no cache beside the sources
import grammar
import ietf_status_list
import recorded
from strict import Refused
from vectors import Vectors


def surprise(vectors, entry):
    """What is unexpected about a file, or None."""
    expected = entry["error"]
    try:
        content = vectors.read(entry)
    except Refused as refused:
        return None if refused.name == expected else f"refused as {refused}, not as {expected}"
    if expected:
        return f"accepted, but should be refused: {expected}"
    for key, value in (entry["claims"] or {}).items():
        found = content.get(int(key))
        if (found.hex() if isinstance(found, bytes) else found) != value:
            return f"claim {key} is {found!r}, not {value!r}"
    return None


def generated(folder):
    """The vectors of the index, and how many files there are."""
    vectors = Vectors(folder)
    files = {str(path.relative_to(folder)) for kind in ("valid", "invalid") for path in (folder / kind).iterdir()}
    surprises = [f"{file}: not in the index, or not there" for file in sorted(files ^ set(vectors.by_file))]
    for entry in vectors.entries:
        found = surprise(vectors, entry)
        if found:
            surprises.append(f"{entry['file']}: {found}")
    invalid = sum(1 for entry in vectors.entries if entry["error"])
    if not 0 < invalid < len(vectors.entries):
        surprises.append("there are no valid vectors, or no invalid ones")
    return f"{len(vectors.entries) - invalid} valid, {invalid} invalid", surprises


def main(folder):
    parts = [
        ("vectors", generated),
        ("recorded", recorded.check),
        ("status lists", ietf_status_list.check),
        ("grammar", grammar.check),
    ]
    failed = False
    for name, check in parts:
        counted, surprises = check(folder)
        for text in surprises:
            print(text)
        print(f"{name}: {counted}, {len(surprises)} surprises")
        failed = failed or bool(surprises)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
