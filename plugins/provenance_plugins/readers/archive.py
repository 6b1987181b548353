"""Readers of ZIP and TAR archives: each member is read like a file in a folder.

Members are unpacked into a temporary folder within the bounds of `_unpacking`, and then found and read like any files.
Links, devices, and names that lead out are never unpacked. Where an archive is cut, the members before the cut are
kept.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Self
from zipfile import ZipFile, ZipInfo

from provenance.errors import InputError
from provenance.hookspecs import Reader, Unpacked, hookimpl
from provenance_plugins.readers._damage import damage_error, describe_error
from provenance_plugins.readers._input import format_place, open_regular
from provenance_plugins.readers._unpacking import LimitError, Unpacking, make_printable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ZIPS = (".zip", ".whl", ".jar")
TARS: dict[str, Callable[[BinaryIO], Any]] = {
    ".tar": lambda file: file,
    ".tar.gz": gzip.open, ".tgz": gzip.open,
    ".tar.bz2": bz2.open, ".tbz2": bz2.open,
    ".tar.xz": lzma.open, ".txz": lzma.open,
    ".tar.zst": zstd.ZstdFile, ".tzst": zstd.ZstdFile,
}  # fmt: skip
_MAX_HEADER = 1 << 20  # bytes of a header that only holds a name or attributes
_END = 22  # bytes of the record at the end of a ZIP archive
_HEADERS = frozenset({
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
})  # fmt: skip


@hookimpl
def provenance_register_readers(register: Callable[[Reader], None]) -> None:
    """Register the readers for archives."""
    register(Reader(name="zip", suffixes=ZIPS, read=read_zip))
    register(Reader(name="tar", suffixes=tuple(TARS), read=read_tar))


def read_zip(path: Path) -> Iterator[InputError | Unpacked]:
    """Yield the unpacked members of a ZIP archive, after an error for each one that cannot be unpacked."""
    yield from _unpack_archive(path, _unpack_zip)


def read_tar(path: Path) -> Iterator[InputError | Unpacked]:
    """Yield the unpacked members of a TAR archive, after an error for each one that cannot be unpacked."""
    yield from _unpack_archive(path, _unpack_tar)


_Unpack = Callable[[BinaryIO, Path, Unpacking], Iterator[InputError]]


def _unpack_archive(path: Path, unpack: _Unpack) -> Iterator[InputError | Unpacked]:
    with TemporaryDirectory(prefix="provenance-") as name:
        folder, place = Path(name), format_place(path)
        try:
            with open_regular(path) as file:
                unpacking = Unpacking(folder, place=place, packed=path.stat().st_size)
                yield from unpack(file, path, unpacking)
        except InputError as error:
            yield error
        if any(folder.iterdir()):
            yield Unpacked(folder=folder)  # the folder is there until the caller asks for the next item


def _unpack_zip(file: BinaryIO, path: Path, unpacking: Unpacking) -> Iterator[InputError]:
    place = format_place(path)
    try:
        with ZipFile(file) as archive:
            members = archive.infolist()
            if not members:
                raise InputError("empty: holds no files; nothing to ingest", place=place)
            for info in members:
                if not info.is_dir() and unpacking.wants(info.filename):
                    yield from _unpack_zip_member(archive, info, unpacking)
            # The number of members is in the record at the end, which a comment may follow; zipfile does not look at
            # it. It has 16 bits: all of them set refer to a larger form, and some programs let it wrap around.
            file.seek(max(file.seek(0, 2) - _END - 0xFFFF, 0))
            tail = file.read()
            at = tail.rfind(b"PK\x05\x06")
            count = int.from_bytes(tail[at + 10 : at + 12], "little")
            if count not in {0xFFFF, len(members) % (1 << 16)}:
                message = f"damaged: lists {len(members):,} of its {count:,} members; fetch it again"
                raise InputError(message, place=place)
    except InputError:
        raise
    except Exception as error:  # zipfile promises no set of errors for damaged files
        raise damage_error("not a ZIP archive, or truncated", error, place=place) from error


def _unpack_zip_member(archive: ZipFile, info: ZipInfo, unpacking: Unpacking) -> Iterator[InputError]:
    """Unpack one member, or yield why not; the next one can be read all the same."""
    try:
        with archive.open(info) as content:
            if stat.S_ISLNK(info.external_attr >> 16):  # the mode of a Unix file
                unpacking.check_link(info.filename, content.read(4096).decode("utf-8", "replace"))
            else:
                unpacking.write(info.filename, content)
    except LimitError:
        raise
    except InputError as error:
        yield error
    except RuntimeError:  # also NotImplementedError: a way to compress that Python does not know
        yield unpacking.error(info.filename, "encrypted, or packed in an unknown way; unpack the archive yourself")
    except Exception as error:  # zipfile promises no set of errors for damaged files
        yield unpacking.error(info.filename, f"damaged ({describe_error(error)}); fetch it again")


def _unpack_tar(file: BinaryIO, path: Path, unpacking: Unpacking) -> Iterator[InputError]:
    """Unpack a stream of members; where it breaks, nothing after it can be read."""
    last = None
    try:
        suffix = max((each for each in TARS if path.name.lower().endswith(each)), key=len)
        with TARS[suffix](file) as stream, tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as archive:
            for info in archive:
                last = info.name
                if not info.isdir() and unpacking.wants(last):
                    yield from _unpack_tar_member(archive, info, unpacking)
            unpacking.read_rest(stream)  # the checksum of the packed stream is at its end
    except InputError:
        raise
    except Exception as error:  # tarfile and the decompressors promise no set of errors for damaged files
        where = (
            f"truncated or damaged after member {make_printable(last)!r}" if last is not None else "not a TAR archive"
        )
        raise damage_error(where, error, place=format_place(path)) from error


def _unpack_tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo, unpacking: Unpacking) -> Iterator[InputError]:
    try:
        if info.issym():
            unpacking.check_link(info.name, info.linkname)
        elif info.isreg() and not info.issparse() and (content := archive.extractfile(info)):
            unpacking.write(info.name, content)
        elif not info.islnk():  # a hard link is a second name for a member that is read under its first
            raise unpacking.error(info.name, "neither a file nor a folder (a FIFO, a device, or sparse); leave it out")
    except LimitError:
        raise
    except InputError as error:
        yield error


class _Header(tarfile.TarInfo):
    """A member's header, which may not announce a name that is longer than memory.

    A damaged header, or a missing one before the mark at the end, is an error: `tarfile` would take it for the end.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # the mark at the end
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error
        if header.type in _HEADERS and header.size > _MAX_HEADER:
            raise tarfile.TarError(f"a header of {header.size:,} bytes")
        return header
