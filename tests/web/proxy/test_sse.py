"""Where events end, wherever the bytes are cut."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.openai.sse import EventReader, encode_json, new_event, read_event, read_json_object, with_field

ENDS = ["\n", "\r\n", "\r"]
LINES = st.text(st.characters(exclude_characters="\r\n\ufeff", exclude_categories=["Cs"]), max_size=8)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[tuple[str | None, str]], bytes]:
    """Some events with their data, and the bytes of a server that writes them in one of the ways there are."""
    events, end = [], draw(st.sampled_from(ENDS))
    raw = draw(st.sampled_from(["", "\ufeff"]))
    for _ in range(draw(st.integers(0, 4))):
        name, data = draw(st.none() | LINES), draw(st.lists(LINES, min_size=1, max_size=3))
        events.append((name, "\n".join(data)))
        raw += f": a comment{end}" * draw(st.integers(0, 1))
        raw += f"event:{' '}{name}{end}" if name is not None else ""
        raw += "".join(f"data: {line}{end}" for line in data) + f"id: 7{end}{end}"
    return events, raw.encode()


@given(streams(), st.lists(st.integers(0, 200), max_size=12))
def test_events_are_the_same_wherever_the_bytes_are_cut(stream, cuts):
    """Also within a character, between CR and LF, and one by one; joined they are the bytes that came."""
    events, raw = stream
    reader, found = EventReader(), []
    points = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    for start, end in itertools.pairwise(points):
        found += reader.feed(raw[start:end])
    assert [(each.name, each.data.decode()) for each in found if each.data is not None] == events
    assert b"".join(each.raw for each in found) + reader.rest() == raw


def test_an_event_is_known_as_soon_as_its_last_byte_is_there():
    """A blank line that ends in CR does not wait for the LF that may follow."""
    reader = EventReader()
    assert [event.data for event in reader.feed(b"data: 1\r\n\r")] == [b"1"]
    assert [event.data for event in reader.feed(b"\ndata: 2\n\n")] == [b"2"]


def test_what_is_no_data_is_an_event_all_the_same():
    """Comments and times keep a connection open; they go on like everything."""
    (event,) = EventReader().feed(b": ping\nretry: 10\n\n")
    assert (event.raw, event.name, event.data, event.json()) == (b": ping\nretry: 10\n\n", None, None, None)


def test_an_event_that_is_too_large_is_given_up():
    """It is not kept for ever; what came of it can be handed on."""
    reader = EventReader(largest=10)
    assert reader.feed(b"data: 1\n\ndata: 1234567") != []
    assert reader.is_overflown
    assert reader.rest() == b"data: 1234567"
    assert not reader.is_overflown


@pytest.mark.parametrize(
    "data", [b"", b"[DONE]", b"[1]", b"{", b'{"a": "\xff"}', b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}"]
)
def test_what_is_no_object_is_none(data):
    """No bytes whatever raise."""
    assert read_json_object(data) is None


def test_another_line_of_data_changes_nothing_else():
    """Names, ids and comments stay where they are; data of several lines becomes one."""
    event = read_event(b": a\r\nevent: e\r\ndata: {\r\ndata: }\r\nid: 7\r\n\r\n")
    assert event.json() == {}
    assert event.with_data(b'{"a":1}') == b': a\r\nevent: e\r\ndata: {"a":1}\nid: 7\r\n\r\n'


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3), st.text(max_size=3))
def test_a_field_is_added_behind_what_was_written(fields, space):
    """All bytes before it stay, so that no number is rounded and no field lost."""
    data = json.dumps(fields).encode() + b" \n"
    more = with_field(data, "licence_report", {"a": [1]})
    assert json.loads(more) == {**fields, "licence_report": {"a": [1]}}
    assert more.startswith(data.rstrip()[:-1])


def test_half_a_character_can_be_said():
    """A model may stop between the halves of a surrogate pair."""
    assert json.loads(encode_json({"a": "\ud83d é"})) == {"a": "\ud83d é"}
    assert encode_json({"a": "é"}) == '{"a":"é"}'.encode()
    assert new_event({"a": 1}, "e") == b'event: e\ndata: {"a":1}\n\n'
