"""Messages to people, in each language.

Reads `provenance/data/messages/*.toml`, one file for each language, where a translator finds every sentence. `wording`
knows which sentence belongs to which licence; licence names and texts are never translated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from provenance.errors import ConfigError

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Messages:
    """The sentences of one language, by dotted key.

    Attributes:
        language: its code.
        ones: the numbers that take the form `one`.
        sentences: by key.
        plurals: two forms by key.
    """

    language: str
    ones: tuple[int, ...]
    sentences: Mapping[str, str]
    plurals: Mapping[str, Mapping[str, str]]

    def say(self, key: str, **values: object) -> str:
        """Return a sentence with its places filled in; braces in a value stay as they are.

        >>> messages("de").say("work.by", title="„Faust“", authors="Goethe")
        '„Faust“ von Goethe'
        """
        return self.sentences[key].format_map(values)

    def forms(self, key: str, number: int, **values: object) -> str:
        """Return the form of a sentence that goes with a number.

        >>> messages("fr").forms("report.text-heading", 0)
        'Texte de licence'
        """
        return self.plurals[key]["one" if number in self.ones else "other"].format_map(values)

    def count(self, noun: str, number: int) -> str:
        """Return a number with its noun.

        >>> messages("de").count("work", 1200)
        '1.200 Werke'
        """
        return self.forms(f"count.{noun}", number, count=self.number(number))

    def number(self, number: int) -> str:
        """Return a whole number with its thousands set apart."""
        return f"{number:,}".replace(",", self.say("language.group"))

    def percent(self, share: float, digits: int = 0) -> str:
        """Return a share as a percentage.

        >>> messages("de").percent(0.016, 1)
        '1,6\\xa0%'
        """
        number = f"{100 * share:.{digits}f}".replace(".", self.say("language.decimal"))
        return self.say("language.percent", number=number)

    def quote(self, text: str) -> str:
        """Return a text in the quotation marks of the language."""
        return self.say("language.quoted", text=text)

    def list_names(self, names: Iterable[str]) -> str:
        """Return names as a sentence lists them.

        >>> messages("en").list_names(["A", "B", "C"])
        'A, B and C'
        """
        *others, last = names
        return self.say("language.and", first=", ".join(others), last=last) if others else last

    def shorten_list(self, names: Sequence[str], most: int, unnamed: int = 0) -> list[str]:
        """Return the first names of a list, and how many more there are, those without a name among them.

        >>> messages("en").shorten_list(["A", "B", "C"], 2)
        ['A', 'B', '1 more']
        """
        rest = max(0, len(names) - most) + unnamed
        return [*names[:most], *([self.say("fact.more", count=self.number(rest))] if rest else [])]

    def join(self, parts: Iterable[str]) -> str:
        """Return parts of a sentence with the language's semicolons between them."""
        return self.say("language.semicolon").join(parts)

    def label(self, label: str, text: str) -> str:
        """Return a text with its label before it."""
        return f"{label}{self.say('language.colon')}{text}"

    def word(self, group: str, name: str) -> str:
        """Return the word for a name, such as a duty; a name that only a plugin knows stays as it is."""
        return self.sentences.get(f"{group}.{name}", name)


def languages() -> tuple[str, ...]:
    """Return the codes of all languages with messages."""
    return tuple(sorted(_read_files()))


def language_code(name: str) -> str:
    """Return the code of a language from how a system names it.

    Raises:
        ConfigError: the language is not one of `languages`.

    >>> language_code("de_AT.UTF-8")
    'de'
    """
    code = re.split(r"[-_.@]", name.strip().lower(), maxsplit=1)[0]
    if code not in _read_files():
        known = ", ".join(languages())
        raise ConfigError(f"there are no messages in the language {name[:40]!r}; known languages: {known}")
    return code


@cache
def messages(language: str = ENGLISH) -> Messages:
    """Return the messages of a language.

    Raises:
        ConfigError: the language is not one of `languages`.
    """
    code = language_code(language)
    table = tomllib.loads(_read_files()[code])
    # French says "0 œuvre" and "1 œuvre", English "0 works" and "1 work".
    ones = tuple(table["language"].pop("one"))
    texts = {f"{group}.{key}": text for group, rows in table.items() for key, text in rows.items()}
    sentences = {key: text for key, text in texts.items() if isinstance(text, str)}
    return Messages(code, ones, sentences, {key: forms for key, forms in texts.items() if key not in sentences})


@cache
def _read_files() -> dict[str, str]:
    """Return the files of messages by language code."""
    folder: Any = files("provenance") / "data" / "messages"
    return {path.name.removesuffix(".toml"): path.read_text(encoding="utf-8") for path in folder.iterdir()}
