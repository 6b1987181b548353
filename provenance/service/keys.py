"""Keys of clients and their rights: reader of the file of keys, and test of a request's key.

The file has only the SHA-256 of each key. That suffices, since a key of ours is drawn at random and cannot be guessed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.errors import ConfigError

RIGHTS = ("check", "generate", "read", "metrics")
"""To check texts; to talk to the upstream; to see works, notices and pages; to read the counters."""

_PREFIX = "lp_"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[\w.@-]{1,64}", re.ASCII)
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Key:
    """A key, by its digest.

    Attributes:
        name: the client's, for logs.
        sha256: the digest of the key, in hexadecimal digits.
        rights: some of `RIGHTS`.
    """

    name: str
    sha256: str
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys that clients may use.

    Attributes:
        keys: in the order of the file.
    """

    keys: tuple[Key, ...]

    def owner(self, authorization: str | None) -> Key | None:
        """Return the key that a header `Authorization` carries, as a bearer or as the password of HTTP Basic."""
        given = _read_credentials(authorization or "")
        digest = hashlib.sha256(given).hexdigest()
        # Each key is compared, and each in constant time, so that the time taken tells nothing of the keys.
        matching = [key for key in self.keys if hmac.compare_digest(key.sha256, digest)]
        return matching[0] if matching and given else None


def _read_credentials(authorization: str) -> bytes:
    """Return the key in a header `Authorization`; empty where it has none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("utf-8", "surrogatepass")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def new_key(name: str, rights: tuple[str, ...] = RIGHTS) -> tuple[str, str]:
    """Return a new key, and the lines for the file of keys that allow it.

    Raises:
        ConfigError: the name cannot be used.
    """
    key = _PREFIX + secrets.token_urlsafe(32)
    _require_name(name, "argument")
    digest = hashlib.sha256(key.encode()).hexdigest()
    quoted = ", ".join(f'"{right}"' for right in rights)
    return key, f'[[key]]\nname = "{name}"\nsha256 = "{digest}"\nrights = [{quoted}]\n'


def read_keys(path: str | os.PathLike[str]) -> Keys:
    """Return the keys in a file.

    Raises:
        ConfigError: it cannot be read, or an entry cannot be used; the message names the entry.
    """
    table = _read_toml(Path(path))
    entries = table.get("key")
    if set(table) != {"key"} or not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path}: there must be one table [[key]] or more and nothing else; {_ADVICE}")
    keys = tuple(_read_key(entry, f"{path}: key {number}") for number, entry in enumerate(entries, 1))
    for part in ("name", "sha256"):
        if len({getattr(key, part) for key in keys}) < len(keys):
            raise ConfigError(f"{path}: two keys have the same {part}; {_ADVICE}")
    return Keys(keys)


_ADVICE = "`provenance serve --new-key NAME` prints what to write"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ConfigError(f"{path} is larger than {_LARGEST:,} bytes: this is no file of keys")
        return tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; name a file of keys with --keys") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: this is not TOML: {error}; {_ADVICE}") from None


def _read_key(entry: object, place: str) -> Key:
    if not isinstance(entry, Mapping) or set(entry) != {"name", "sha256", "rights"}:
        raise ConfigError(f"{place} must have name, sha256 and rights, and nothing else; {_ADVICE}")
    name, digest, rights = entry["name"], entry["sha256"], entry["rights"]
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ConfigError(f"{place}: sha256 must be 64 hexadecimal digits in lower case; {_ADVICE}")
    if not isinstance(rights, list) or not rights or not all(right in RIGHTS for right in rights):
        raise ConfigError(f"{place}: rights is {rights!r:.80}; it must be a list of some of {', '.join(RIGHTS)}")
    return Key(_require_name(name, place), digest, frozenset(rights))


def _require_name(name: object, place: str) -> str:
    """Return a name; raise ConfigError where it cannot be used."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"{place}: name is {name!r:.80}; it must be 1 to 64 of the characters A-Z a-z 0-9 _ . @ -")
    return name
