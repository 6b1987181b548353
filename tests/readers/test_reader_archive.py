"""Unpacking archives: what is read, what is passed over with its reason, and where it ends."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import InputError
from provenance.hookspecs import Unpacked
from provenance_plugins.readers import _unpacking
from provenance_plugins.readers import archive as reader_archive
from provenance_plugins.readers._unpacking import is_inside

PACKED = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, *members: tuple[str, bytes] | tarfile.TarInfo, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]  # the mode is a parameter
        for member in members:
            info, data = (
                (member, b"") if isinstance(member, tarfile.TarInfo) else (tarfile.TarInfo(member[0]), member[1])
            )
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def read(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """What an archive holds, by name, and what is said of the rest, without the archive's own path."""
    files, said = {}, []
    reader = reader_archive.read_zip if path.suffix == ".zip" else reader_archive.read_tar
    for item in reader(path):
        if isinstance(item, Unpacked):
            files = {
                str(each.relative_to(item.folder)): each.read_bytes()
                for each in item.folder.rglob("*")
                if each.is_file()
            }
            folder = item.folder
        else:
            said.append(str(item).removeprefix(str(path)))
    assert not files or not folder.exists()
    return files, said


def test_a_zip_archive_is_a_folder_of_files(tmp_path: Path) -> None:
    """Every visible member comes with its path; folders and hidden files are nothing."""
    path = zipped(tmp_path / "a.zip", {"b.txt": b"b", "a/c.txt": b"c", "d/": b"", ".git/x": b"x", "a/.DS_Store": b"x"})
    assert read(path) == ({"b.txt": b"b", "a/c.txt": b"c"}, [])


@pytest.mark.parametrize(("suffix", "mode"), PACKED.items())
def test_a_tar_archive_is_a_folder_of_files(tmp_path: Path, suffix: str, mode: str) -> None:
    """However it is packed, its members are the same."""
    path = tarred(tmp_path / f"a{suffix}", ("./b.txt", b"b"), ("a/c.txt", b"c"), ("a/.hidden", b"x"), mode=mode)
    assert read(path) == ({"b.txt": b"b", "a/c.txt": b"c"}, [])


def test_a_tar_archive_packed_with_zstandard_is_read(tmp_path: Path) -> None:
    """Python before 3.14 does not know this packing by itself."""
    plain = tarred(tmp_path / "a.tar", ("b.txt", b"b"))
    packed = tmp_path / "a.tar.zst"
    packed.write_bytes(reader_archive.zstd.compress(plain.read_bytes()))
    assert read(packed) == ({"b.txt": b"b"}, [])


def test_names_that_lead_out_are_passed_over(tmp_path: Path) -> None:
    """Nothing is written outside the folder, by any system's rules, and the other members come."""
    names = ["../up", "/abs", "a/../../up", "C:\\x", "a\\..\\..\\up"]
    path = zipped(tmp_path / "a.zip", dict.fromkeys([*names, "good"], b"x"))
    said = [f":{name}: leads out of the archive; it is passed over" for name in names]
    assert read(path) == ({"good": b"x"}, said)
    assert read(tarred(tmp_path / "a.tar", *((name, b"x") for name in [*names, "good"]))) == ({"good": b"x"}, said)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.tar", "a.zip"]


@given(st.text(alphabet="./\\:aC\0 ", max_size=12))
def test_a_name_that_is_inside_stays_inside(name: str) -> None:
    """Whatever is accepted, joined to a folder, lies beneath it."""
    if is_inside(name):
        root = "/root/of"
        joined = os.path.normpath(os.path.join(root, name))  # noqa: PTH118 - the system's own rule is what counts
        assert joined.startswith(f"{root}/")


def test_links_and_devices_are_never_unpacked(tmp_path: Path) -> None:
    """A link within the archive adds nothing; one that leads out, a FIFO and a device are reported."""
    path = tarred(
        tmp_path / "a.tar",
        ("a/real", b"r"),
        special("a/in", tarfile.SYMTYPE, "real"),
        special("hard", tarfile.LNKTYPE, "a/real"),
        special("a/out", tarfile.SYMTYPE, "../../etc/passwd"),
        special("abs", tarfile.SYMTYPE, "/etc/passwd"),
        special("fifo", tarfile.FIFOTYPE),
        special("dev", tarfile.CHRTYPE),
    )
    odd = "neither a file nor a folder (a FIFO, a device, or sparse); leave it out"
    assert read(path) == (
        {"a/real": b"r"},
        [
            ":a/out: is a link out of the archive, to '../../etc/passwd'; it is not followed",
            ":abs: is a link out of the archive, to '/etc/passwd'; it is not followed",
            f":fifo: {odd}",
            f":dev: {odd}",
        ],
    )


def test_a_link_in_a_zip_archive_is_no_file(tmp_path: Path) -> None:
    """ZIP keeps a link's target as content, which is not a work."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, target in {"in": "b.txt", "out": "../b.txt"}.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, target)
    assert read(path) == ({}, [":out: is a link out of the archive, to '../b.txt'; it is not followed"])


def test_a_member_that_grows_beyond_all_measure_ends_the_archive(tmp_path: Path) -> None:
    """A bomb is left where it holds 200 times its own size, and what stood before it is read."""
    path = zipped(tmp_path / "a.zip", {"first": b"1", "bomb": b"\0" * (40 << 20), "last": b"2"})
    files, (said,) = read(path)
    assert files == {"first": b"1"}
    assert said == (
        ":bomb: holds more than 2,147,483,648 bytes or 200 times its own size; unpack it yourself if you trust it,"
        " and give the folder"
    )
    data = tarred(tmp_path / "b.tar.gz", ("first", b"1"), ("bomb", b"\0" * (40 << 20)), ("last", b"2"), mode="w:gz")
    assert read(data) == (files, [said])


def test_too_many_members_end_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members are counted, whether anybody would look at them or not."""
    monkeypatch.setattr(_unpacking, "MAX_MEMBERS", 2)
    path = zipped(tmp_path / "a.zip", {".1": b"x", "2": b"x", "3": b"x"})
    assert read(path) == (
        {"2": b"x"},
        [": more than 2 members; unpack it yourself if you trust it, and give the folder"],
    )


def test_an_archive_may_have_as_many_members_as_the_page_says(tmp_path: Path) -> None:
    """The last of 250,000 is wanted, and one more ends it."""
    page = (Path(__file__).resolve().parents[2] / "docs/ingest.md").read_text(encoding="utf-8")
    assert f"{_unpacking.MAX_UNPACKED >> 30} GiB and 250,000 members, at most {_unpacking.MAX_RATIO} times" in page
    archive = _unpacking.Unpacking(tmp_path, place="a.zip", packed=1)
    archive._members = 249_998
    assert (archive.wants("a"), archive.wants("b")) == (True, True)
    with pytest.raises(_unpacking.LimitError, match="more than 250,000 members"):
        archive.wants("c")


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.zst"])
def test_a_tar_archive_that_ends_without_its_mark_is_not_whole(tmp_path: Path, suffix: str) -> None:
    """Cut between two members, or with a damaged second head, it says after which member; the marked one is whole."""
    pack = {".tar": bytes, ".tar.gz": gzip.compress, ".tar.zst": reader_archive.zstd.compress}[suffix]
    data = tarred(tmp_path / "made", ("a", b"1"), ("b", b"2")).read_bytes()
    broken = bytearray(data)
    broken[1024] ^= 1
    path = tmp_path / f"a{suffix}"
    for content, files, message in (
        (data, {"a": b"1", "b": b"2"}, None),
        (data[:2048], {"a": b"1", "b": b"2"}, ": truncated or damaged after member 'b' (empty header); fetch it again"),
        (data[:1024], {"a": b"1"}, ": truncated or damaged after member 'a' (empty header); fetch it again"),
        (bytes(broken), {"a": b"1"}, ": truncated or damaged after member 'a' (bad checksum); fetch it again"),
    ):
        path.write_bytes(pack(content))
        assert read(path) == (files, [message] if message else [])


def test_the_checksum_of_what_packed_an_archive_is_looked_at(tmp_path: Path) -> None:
    """It stands after the mark at the archive's end."""
    path = tarred(tmp_path / "a.tar.gz", ("a", b"1"), mode="w:gz")
    data = bytearray(path.read_bytes())
    data[-8] ^= 1
    path.write_bytes(bytes(data))
    files, (said,) = read(path)
    assert files == {"a": b"1"}
    assert said.startswith(": truncated or damaged after member 'a' (CRC check failed")


def test_a_zip_archive_without_all_its_members_says_so(tmp_path: Path) -> None:
    """The list at its end is compared with the number that stands there; an empty one is told."""
    path = zipped(tmp_path / "a.zip", {"a": b"1", "b": b"2"})
    assert read(path) == ({"a": b"1", "b": b"2"}, [])
    data = bytearray(path.read_bytes())
    data[-12] = 3
    path.write_bytes(bytes(data))
    assert read(path) == (
        {"a": b"1", "b": b"2"}, [": damaged: lists 2 of its 3 members; fetch it again"]
    )  # fmt: skip
    assert read(zipped(tmp_path / "b.zip", {})) == ({}, [": empty: holds no files; nothing to ingest"])


def test_what_cannot_be_a_file_costs_only_itself(tmp_path: Path) -> None:
    """A name twice, a file where a folder is wanted, and a name too long are one error each."""
    path = tmp_path / "a.tar"
    tarred(path, ("a", b"1"), ("a", b"2"), ("a/b", b"3"), ("n" * 300, b"4"), ("z", b"5"))
    files, said = read(path)
    assert files == {"a": b"1", "z": b"5"}
    assert said[0] == ":a: clashes with another member; only the first is read"
    assert said[1].startswith(":a/b: ")
    assert said[2] == f":{'n' * 300}: cannot be unpacked (File name too long); rename it"


def test_a_header_longer_than_any_name_is_refused(tmp_path: Path) -> None:
    """Names and extended headers would be taken into memory whole."""
    info = special("x", tarfile.XHDTYPE)
    path = tmp_path / "a.tar"
    info.size = 1 << 30
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 10_000)
    assert read(path) == ({}, [": not a TAR archive (a header of 1,073,741,824 bytes); fetch it again"])


@pytest.mark.parametrize(("suffix", "mode"), PACKED.items())
def test_a_truncated_tar_archive_says_after_which_member(tmp_path: Path, suffix: str, mode: str) -> None:
    """What is whole is read, and half a member is not."""
    members = [(name, os.urandom(200_000)) for name in ("one", "two", "three")]
    path = tarred(tmp_path / f"a{suffix}", *members, mode=mode)
    path.write_bytes(path.read_bytes()[:300_000])
    files, (said,) = read(path)
    assert set(files) <= {"one"}
    assert said.startswith((": truncated or damaged after member 'two' (", ": not a TAR archive ("))


def test_what_is_no_archive_is_reported(tmp_path: Path) -> None:
    """Other bytes, an empty file, a cut ZIP archive and a missing file are one error each."""
    for name in ("a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.zst"):
        for data in (b"", b"no archive at all " * 100):
            (tmp_path / name).write_bytes(data)
            files, (said,) = read(tmp_path / name)
            assert files == {}
            assert said.startswith((": not a ZIP archive, or truncated (", ": not a TAR archive ("))
    whole = zipped(tmp_path / "b.zip", {"a": os.urandom(1000)})
    whole.write_bytes(whole.read_bytes()[:900])
    assert read(whole) == ({}, [": not a ZIP archive, or truncated (File is not a zip file); fetch it again"])
    assert read(tmp_path / "no.tar") == (
        {}, [": cannot be read (No such file or directory); check its name and permissions"]
    )  # fmt: skip


def test_a_damaged_member_costs_only_itself(tmp_path: Path) -> None:
    """A wrong checksum or an encrypted member is reported, and the next member is read."""
    path = zipped(tmp_path / "a.zip", {"a": b"A" * 100 + os.urandom(100), "b": b"b"})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    files, (said,) = read(path)
    assert (files, said.startswith(":a: damaged (")) == ({"b": b"b"}, True)
    with zipfile.ZipFile(path) as archive:
        flags = archive.start_dir + 8
    data[flags] |= 1
    data[6] |= 1
    path.write_bytes(bytes(data))
    assert read(path) == (
        {"b": b"b"}, [":a: encrypted, or packed in an unknown way; unpack the archive yourself"]
    )  # fmt: skip


def test_the_error_is_an_input_error(tmp_path: Path) -> None:
    """Readers yield what is wrong, and raise nothing."""
    (tmp_path / "a.zip").write_bytes(b"x")
    assert [type(item) for item in reader_archive.read_zip(tmp_path / "a.zip")] == [InputError]
