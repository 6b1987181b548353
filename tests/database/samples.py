"""Openings of old books, and other texts that the tests plant, copy and look for."""

from __future__ import annotations

import sys
from pathlib import Path

from provenance import Checker, Database, Document
from provenance.text import load_tokenizer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

WHALE = (
    "Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, and nothing "
    "particular to interest me on shore, I thought I would sail about a little and see the watery part of the world. "
    "It is a way I have of driving off the spleen and regulating the circulation."
)
TIMES = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it "
    "was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of "
    "Darkness, it was the spring of hope, it was the winter of despair."
)
SWANN = (
    "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes yeux se fermaient si vite "
    "que je n’avais pas le temps de me dire : « Je m’endors. » Et, une demi-heure après, la pensée qu’il était temps "
    "de chercher le sommeil m’éveillait ; je voulais poser le volume que je croyais avoir encore dans les mains."
)
KINGDOMS = (
    "话说天下大势，分久必合，合久必分。周末七国分争，并入于秦。及秦灭之后，楚、汉分争，又并入于汉。汉朝自高祖斩白蛇而起义，"
    "一统天下，后来光武中兴，传至献帝，遂分为三国。"
)
CAT = (
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは"
    "記憶している。吾輩はここで始めて人間というものを見た。"
)
RIGHTS = "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ"
CODE = '''def rolling_checksum(blocks, modulus=65521):
    """Return one checksum for each block, carrying the state over."""
    low, high = 1, 0
    for block in blocks:
        for octet in block:
            low = (low + octet) % modulus
            high = (high + low) % modulus
        yield (high << 16) | low
'''
LANGUAGES = {
    "English": WHALE, "French": SWANN, "Chinese": KINGDOMS, "Japanese": CAT, "Thai": RIGHTS, "code": CODE,
}  # fmt: skip
HAIKU = "An old silent pond\nA frog jumps into the pond\nSplash! Silence again"
MOTTO = "Festina lente, ferrum!"
TOKENIZER = load_tokenizer()


def tokens_of(text: str) -> list[int]:
    """Return a text's token ids."""
    return TOKENIZER.encode(text).tolist()


def filled(folder: Path, *documents: Document, keep: str = "text", trusted: bool = False) -> Database:
    """Return an open database, made if need be, with the documents in it."""
    database = Database.open(folder, create=True)
    database.ingest(documents, keep=keep, trusted=trusted)
    return database


def words(first: int, count: int) -> str:
    """Return words that stand nowhere else: `words(3, 2)` is "zq3 zq4"."""
    return " ".join(f"zq{number}" for number in range(first, first + count))


def found(database: Database, text: str) -> list[str]:
    """Return the ids of all works that a text repeats, before exemptions and policy."""
    passages = Checker(database).check(text, passages=True).passages
    assert passages is not None
    return sorted({source.work.id for passage in passages for source in passage.sources})


def segments(database: Database) -> list[str]:
    """Return the names of a database's index files."""
    return sorted(path.name for path in (database.folder / "segments").iterdir())


def everything_in(folder: Path) -> bytes:
    """Return the bytes of all files in a folder, and what every Zstandard frame in them unpacks to."""
    files = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    magic = b"\x28\xb5\x2f\xfd"
    frames = [data[at:] for data in files for at in range(len(data)) if data.startswith(magic, at)]
    return b"\0".join(files + [zstd.ZstdDecompressor().decompress(frame) for frame in frames])
