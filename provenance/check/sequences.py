"""Sequences and lists in a text: numbers and letters in order, blocks of imports, and lists that everybody has.

Only the tokens of the sequence are nobody's; what else a passage has counts as ever. So an author's words beside a
list, or on lines between imports, stay the author's.

Items make a run while they outweigh the other tokens between them, which cost one and a half tokens each. A gap that
comes three times costs nothing: in "The capital of France is Paris. The capital of Germany is Berlin." and so on "the
capital of" is the list's own form; its tokens still count, but repetition says little. Numbers, single letters and what
the list allows beside its items are free too.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from provenance.text import Tokens, load_tokenizer

_LEAST = 8
"""Tokens of items that make a run."""
_LEAST_ITEMS = 3
_LONGEST_GAP = 8
_GAP_COST = 1.5
_MOST_COLUMNS = 8
_NEAR, _LEAST_NEAR = 12, 3
"""Within so many tokens on either side of an item there are to be so many that begin one."""
_LEAST_STEPS = 4
"""Numbers in a row that must follow from those before them."""
_LEAST_SUCCESSION = 4
"""Items of an ordered list in a row: two or three of them come about by chance, as 2, 3, 5 among random digits."""
_FREE_WORD = re.compile(r"[0-9]\w*|[0-9a-f]{6}|\w", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,18}")
_LONGEST_LINE = 400
# Quantifiers are possessive (`*+`) wherever two parts of the pattern could divide the same characters: a hostile line
# must not be tried in all ways.
_NAME = r"""(?>["'<{(\[]*+[\w.$@/\\:~+*-]++["'>});\]]*+)"""
_IMPORT_LINE = re.compile(
    rf"""^(?=[^\n]{{1,{_LONGEST_LINE}}}$)[ \t]*+(?:
    (?:import|use|using|require|require_once|require_relative|include|library|open|alias|extern[ ]crate|package|mod)\b
      (?:[ \t]++(?:static|type|qualified|const|function)\b)?[ \t(]*+{_NAME}
      (?:[ \t]*+(?:,|\bas\b|\bfrom\b|\bhiding\b|\bonly\b)[ \t({{]*+{_NAME}(?:[ \t]*+[)}}])?+)*+
    | from[ \t]++{_NAME}[ \t]++import[ \t]++{_NAME}(?:[ \t]*+(?:,|\bas\b)[ \t]*+{_NAME})*+,?+\)?+
    | import[ \t]*+\{{[ \t]*+{_NAME}(?:[ \t]*+(?:,|\bas\b)[ \t]*+{_NAME})*+[ \t]*+,?+\}}?+[ \t]*+from[ \t]++{_NAME}
    | \#[ \t]*+(?:include|import)[ \t]*+{_NAME}
    | (?:const|let|var|local)[ \t]++[\w{{}}, \t]++=[ \t]*+(?:require|@import|import)[ \t]*+{_NAME}
    | \\usepackage(?:\[[^\]\n]*+\])?+\{{[\w,-]++\}}
    )[ \t]*+;?+[ \t]*+(?=$|\#|//|/\*|--)""",
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class SequenceSpan:
    """Tokens of a text that are nobody's.

    Attributes:
        start: token offset.
        end: token offset, exclusive.
        rule: what they are, for people.
    """

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class _ListTable:
    """The shipped lists, by the tokens of their items.

    Attributes:
        names: of the lists.
        ordered: those whose items count only next to their neighbours.
        items: the lists and the places in them of each item.
        beside: the tokens that are free in each list.
        lengths: of the items that begin with a token, the longest first.
        begins: bool (v,), whether a token is an item.
        pairs: uint32 (p,), the first two tokens of the other items, ascending.
    """

    names: tuple[str, ...]
    ordered: frozenset[int]
    items: dict[tuple[int, ...], list[tuple[int, int]]]
    beside: tuple[frozenset[int], ...]
    lengths: dict[int, tuple[int, ...]]
    begins: NDArray[np.bool_]
    pairs: NDArray[np.uint32]


@cache
def load_lists() -> _ListTable:
    """Return the shipped lists; the first call takes some tens of milliseconds."""
    tokenizer = load_tokenizer()
    entries = tomllib.loads((files("provenance") / "data" / "lists.toml").read_text("utf-8"))["list"]
    items: defaultdict[tuple[int, ...], list[tuple[int, int]]] = defaultdict(list)
    lengths: defaultdict[int, set[int]] = defaultdict(set)
    begins = np.zeros(1 << 16, np.bool_)
    for number, entry in enumerate(entries):
        tokens = tokenizer.encode_with_offsets(entry["items"])
        cuts = [each.end() for each in re.finditer(r",\s|\n", entry["items"])]
        places = np.unique(np.searchsorted(tokens.starts, [0, *cuts, len(entry["items"])]))
        for place, (start, end) in enumerate(pairwise(places.tolist())):
            ids = tuple(tokens.ids[start:end].tolist())
            items[ids].append((number, place))
            lengths[ids[0]].add(len(ids))
            begins[ids[0]] |= len(ids) == 1
    return _ListTable(
        tuple(entry["name"] for entry in entries),
        frozenset(number for number, entry in enumerate(entries) if entry.get("ordered")),
        dict(items),
        tuple(frozenset(tokenizer.encode(entry.get("beside", "")).tolist()) for entry in entries),
        {first: tuple(sorted(each, reverse=True)) for first, each in lengths.items()},
        begins,
        np.array(sorted({ids[0] << 16 | ids[1] for ids in items if len(ids) > 1}), np.uint32),
    )


@cache
def _read_letters() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the first and the last character of each token that is letters in alphabetical order; else 0."""
    vocabulary = load_tokenizer().vocabulary
    first, last = np.zeros((2, 1 << 16), np.int32)
    for token in range(len(vocabulary)):
        codes = [ord(letter) for letter in vocabulary.spelled([token])]
        if codes and all(0 <= after - before <= 1 for before, after in pairwise(codes)):
            first[token], last[token] = codes[0], codes[-1]
    return first, last


def find_sequences(content: str, tokens: Tokens) -> list[SequenceSpan]:
    """Return the tokens of a text that are of a sequence or a list."""
    if not len(tokens):
        return []
    return [
        *find_import_lines(content, tokens), *find_alphabets(tokens), *find_progressions(content, tokens),
        *find_list_items(content, tokens),
    ]  # fmt: skip


def find_import_lines(content: str, tokens: Tokens) -> Iterator[SequenceSpan]:
    """Yield lines that import something and say no more; a comment behind it is not of the line."""
    for line in _IMPORT_LINE.finditer(content):
        start, end = np.searchsorted(tokens.starts, line.span())
        if start < end:
            yield SequenceSpan(int(start), int(end), "block of imports")


def find_alphabets(tokens: Tokens) -> Iterator[SequenceSpan]:
    """Yield runs of letters in the order of their code points, in one word or in many."""
    first, last = _read_letters()
    begins, ends = first[tokens.ids], last[tokens.ids]
    steps = begins[1:] - ends[:-1]
    # some scripts have small or final forms between two letters, and a capital repeats its letter
    follows = (begins[1:] > 0) & (ends[:-1] > 0) & (((steps >= 0) & (steps <= 2)) | (steps == -1))
    edges = np.flatnonzero(np.diff(follows, prepend=False, append=False)).reshape(-1, 2)
    for start, end in edges.tolist():
        if abs(int(ends[end]) - int(begins[start])) >= 6:
            is_number = chr(int(begins[start])).isdecimal()
            yield SequenceSpan(start, end + 1, "numbers in order" if is_number else "alphabet")


def find_progressions(content: str, tokens: Tokens) -> Iterator[SequenceSpan]:
    """Yield numbers that follow from those before them, in one column or in up to eight."""
    if sum(1 for _ in islice(_NUMBER.finditer(content), _LEAST)) < _LEAST:  # as in most texts
        return
    places = np.flatnonzero(tokens.heads)
    ends = np.append(places[1:], len(tokens))
    words = [
        (place, end, word[0])
        for place, end in zip(places.tolist(), ends.tolist(), strict=True)
        if (word := _NUMBER.match(content, tokens.starts[place], tokens.ends[end - 1]))
    ]
    if len(words) < _LEAST:
        return
    values = np.array([float(word) for _, _, word in words])
    explained = np.zeros(len(values), np.bool_)
    for period in range(1, min(_MOST_COLUMNS, len(values) // 3) + 1):
        explained |= _mark_columns(values, period)
    hits = [(words[place][0], words[place][1], word) for place, (_, _, word) in enumerate(words) if explained[place]]
    for start, end in find_runs(content, tokens, hits, frozenset()):
        yield SequenceSpan(start, end, "numbers in order")


def _mark_columns(values: NDArray[np.float64], period: int) -> NDArray[np.bool_]:
    """Return which numbers are in a stretch where each column goes in equal steps, equal ratios, squares or cubes."""
    old, mid, new = values[: -2 * period], values[period:-period], values[2 * period :]
    bends = new - 2 * mid + old
    follows = (bends == 0) | ((new * old == mid * mid) & (old > 0))
    # the differences of the differences of squares are equal, and those of cubes go in equal steps
    is_power = bends[: -2 * period] - 2 * bends[period:-period] + bends[2 * period :] == 0
    marked = np.zeros(len(values), np.bool_)
    for rows, each in ((2, follows), (4, is_power)):
        for start, end in np.flatnonzero(np.diff(each, prepend=False, append=False)).reshape(-1, 2).tolist():
            if end - start >= max(_LEAST_STEPS + rows - 2, period):
                marked[start : end + rows * period] = True
    return marked


def find_list_items(content: str, tokens: Tokens) -> Iterator[SequenceSpan]:
    """Yield runs of items of the shipped lists."""
    table, ids = load_lists(), tokens.ids.tolist()
    is_end = np.append(tokens.heads[1:], True).tolist()
    begins = table.begins[tokens.ids]
    pairs = tokens.ids[:-1].astype(np.uint32) << np.uint32(16) | tokens.ids[1:]
    begins[:-1] |= table.pairs[np.searchsorted(table.pairs, pairs).clip(max=len(table.pairs) - 1)] == pairs
    begins &= tokens.heads
    # prose has items here and there; a run has several close by
    reached = np.concatenate((np.zeros(_NEAR, np.int64), np.cumsum(begins), np.full(_NEAR, begins.sum())))
    begins &= reached[2 * _NEAR :] - reached[: -2 * _NEAR] >= _LEAST_NEAR
    found: defaultdict[int, list[tuple[int, int, object]]] = defaultdict(list)
    for start in np.flatnonzero(begins).tolist():
        for length in table.lengths[ids[start]]:
            key = tuple(ids[start : start + length])
            if len(key) == length and key in table.items and is_end[start + length - 1]:
                for number, place in table.items[key]:
                    if not found[number] or start >= found[number][-1][1] or number in table.ordered:
                        found[number].append((start, start + length, place if number in table.ordered else key))
                break
    for number, hits in found.items():
        if sum(end - start for start, end, _ in hits) < _LEAST:
            continue
        kept = _keep_successions(hits) if number in table.ordered else hits
        for start, end in find_runs(content, tokens, kept, table.beside[number]):
            yield SequenceSpan(start, end, f"list of {table.names[number]}")


def _keep_successions(hits: list[tuple[int, int, object]]) -> list[tuple[int, int, object]]:
    """Return the items of an ordered list that stand in its order, or against it, without a gap."""
    kept: dict[int, tuple[int, int, object]] = {}
    # nearly all letters of a Japanese text are items, and few are next to their neighbour
    starts, ends, places = (np.array(column, np.int64) for column in zip(*hits, strict=True))
    spots, count = starts << 16 | places, len(hits)
    for step in (1, -1):
        chains: dict[tuple[int, int], list[tuple[int, int, object]]] = {}
        nexts = np.concatenate((ends << 16 | places + step, ends + 1 << 16 | places + step))
        has_next = np.isin(nexts, spots).reshape(2, count).any(axis=0)
        is_next = np.isin(spots, nexts[np.tile(has_next, 2)])
        for start, end, place in (hits[number] for number in np.flatnonzero(has_next | is_next).tolist()):
            before = int(str(place)) - step
            # a number or a letter may be beside each item
            chain = chains.pop((start, before), None) or chains.pop((start - 1, before), None) or []
            chains[end, before + step] = [*chain, (start, end, place)]
        kept |= {hit[0]: hit for chain in chains.values() if len(chain) >= _LEAST_SUCCESSION for hit in chain}
    return [kept[start] for start in sorted(kept)]


def find_runs(
    content: str, tokens: Tokens, hits: Iterable[tuple[int, int, object]], beside: frozenset[int]
) -> Iterator[tuple[int, int]]:
    """Yield the tokens of items, and of what is free between them, in runs where the items outweigh the gaps.

    Args:
        content: the text.
        tokens: its tokens.
        hits: start and end of each item, and which it is, in order.
        beside: tokens that are free between items.
    """
    ids, hits, spans, items = tokens.ids, list(hits), list[tuple[int, int]](), set[object]()
    gaps = Counter(
        ids[before[1] : after[0]].tobytes() for before, after in pairwise(hits) if after[0] - before[1] <= _LONGEST_GAP
    )
    best, score, top = 0, 0.0, 0.0
    for start, end, item in [*hits, (len(ids) + _LONGEST_GAP + 1, 0, None)]:
        gap = start - spans[-1][1] if spans else 0
        cost, is_free = 0.0, True
        if spans and 0 <= gap <= _LONGEST_GAP:
            is_free = gap == 0 or _is_free(content, tokens, start - gap, start, beside)
            is_form = gaps[ids[start - gap : start].tobytes()] >= _LEAST_ITEMS
            cost = 0.0 if is_free or is_form else _GAP_COST * gap
        if not spans or not 0 <= gap <= _LONGEST_GAP or score - cost <= 0:
            if len(items) >= _LEAST_ITEMS and sum(after - before for before, after in spans[:best]) >= _LEAST:
                yield from spans[:best]
            spans, score, best, top, items, cost = [], 0.0, 0, 0.0, set(), 0.0
        elif is_free and gap:
            spans.append((start - gap, start))
        spans.append((start, end))
        items.add(item)
        score += end - start - cost
        if score >= top:
            top, best = score, len(spans)


def _is_free(content: str, tokens: Tokens, start: int, end: int, beside: frozenset[int]) -> bool:
    """Return whether a gap is numbers, single letters and what the list allows beside its items."""
    if beside.issuperset(tokens.ids[start:end].tolist()):
        return True
    text = content[tokens.starts[start] : tokens.ends[end - 1]]
    return all(_FREE_WORD.fullmatch(word) for word in re.findall(r"\w+", text))
