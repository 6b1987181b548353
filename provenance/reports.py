"""Reports of checks: passages, findings, exemptions and coverage, as immutable values.

Offsets are half-open code-point offsets into the string that the caller passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from provenance.errors import UsageError
from provenance.works import LicenceStatus, Work


class OriginBy(StrEnum):
    """The rule that chose the work to which a passage is credited, among those that have it."""

    ONLY = "only"
    BOILERPLATE = "boilerplate"
    PUBLIC_DOMAIN = "public-domain"
    UPSTREAM = "upstream"
    EARLIEST = "earliest"
    MILDEST = "mildest"
    LONGEST = "longest"
    TRUSTED = "trusted"
    STRICTEST = "strictest"
    TIE = "tie"


class Kind(StrEnum):
    """How a passage matches."""

    VERBATIM = "verbatim"
    NEAR_VERBATIM = "near-verbatim"
    WHOLE_WORK = "whole-work"
    SCATTERED = "scattered"


class Action(StrEnum):
    """What the policy asks for, from the mildest to the strictest."""

    IGNORE = "ignore"
    ANNOTATE = "annotate"
    WARN = "warn"
    LIMIT = "limit"
    RAISE = "raise"

    @property
    def severity(self) -> int:
        """How strict it is, the mildest is 0."""
        return list(Action).index(self)


class Reason(StrEnum):
    """Why a passage is exempt."""

    IN_PROMPT = "in-prompt"
    OWN_WORK = "own-work"
    BOILERPLATE = "boilerplate"
    COMMONPLACE = "commonplace"
    TOO_SHORT = "too-short"
    PUBLIC_DOMAIN = "public-domain"
    POLICY = "policy"
    CREDITED = "credited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place in one work that a passage matches.

    Attributes:
        work: the work.
        token_start: token offset into the work.
        token_end: token offset into the work, exclusive.
        start: code-point offset into the work as ingested, where its text is kept; else None.
        end: code-point offset into the work, exclusive; None as `start`.
        origin: whether the passage is credited to this work.
    """

    work: Work
    token_start: int
    token_end: int
    start: int | None = None
    end: int | None = None
    origin: bool = False

    def to_dict(self, *, credited: bool = False) -> dict[str, Any]:
        """Return the source in the report's JSON form.

        Args:
            credited: include copyright line and NOTICE text, as of the origin.
        """
        return {
            "work": self.work.to_dict(credited=self.origin or credited), "start": self.start, "end": self.end,
            "token_start": self.token_start, "token_end": self.token_end, "origin": self.origin,
            "trust": self.work.trust,
        }  # fmt: skip


def find_claimants(origin: Work, others: Iterable[Work], status: object, licence: object) -> tuple[Work, ...]:
    """Return the works that disagree about a passage, as far as its JSON form tells; none where they do not.

    Args:
        origin: the strictest of them.
        others: the works of the other sources.
        status: what the JSON form says of the passage.
        licence: the same.
    """
    # a passage whose works agree has status and licence of its origin
    if status != LicenceStatus.CONFLICTING or (status, licence) == (origin.status, origin.licence):
        return ()
    works = {(origin.status, origin.licence): origin}
    for work in others:
        if work.trusted == origin.trusted and work.status is not LicenceStatus.UNKNOWN:
            works.setdefault((work.status, work.licence), work)
    return tuple(works.values()) if len(works) > 1 else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The matched text with a few characters before and after it (W3C TextQuoteSelector)."""

    prefix: str
    exact: str
    suffix: str

    def to_dict(self) -> dict[str, str]:
        """Return the quote in the report's JSON form."""
        return {"prefix": self.prefix, "exact": self.exact, "suffix": self.suffix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of checked text that matches a stretch of one or more works.

    Attributes:
        start: code-point offset into the checked text.
        end: code-point offset into the checked text, exclusive.
        token_start: token offset into the checked text.
        token_end: token offset into the checked text, exclusive.
        kind: how it matches.
        similarity: 1.0 where every token is equal.
        bits: how much information the matched tokens carry.
        share_of_work: matched tokens divided by the tokens of the origin.
        works: how many works have the passage, also where fewer are named.
        families: how many unrelated voices these are: copies of one text, and works of one creator, are one.
        counted_tokens: the tokens that are left without the exempt parts (the user's prompt, a public-domain origin);
            the policy judges these. Of a near-verbatim passage only stretches of at least a shingle count, since any
            two texts may have shorter ones in common.
        counted_bits: the information of the counted tokens.
        counted_words: the words among the counted tokens, in a unit that is alike for all languages (`word_count`).
        sources: the works that have it, the origin first.
        quote: the passage with a few characters around it.
        is_disputed: holders of equal trust disagree across a class of duties; the origin is the strictest one.
        claimants: a work for each different claim that decides, the strictest first; at least the origin.
        silenced_by: the works whose claims take tokens of the passage away, or silence it.
        pieces: of a scattered passage, the parts that are equal, as half-open code-point offsets; else none.
        share_of_text: of a scattered passage, the matched tokens divided by those of the text; else 0.
        discount: the exemption that took the most away, if any did.
        discounted_by: the sequences and lists in the passage, in words; their tokens do not count.
        origin_by: the rule that chose the origin.
        credited: the text names the origin beside the passage, and its licence asks for no more than that.
        quoted: the text names the origin beside the passage, and says as much of its own there.
        stretches: where not all tokens are equal, those that are, as half-open token offsets.
    """

    start: int
    end: int
    token_start: int
    token_end: int
    kind: Kind
    similarity: float
    bits: float
    share_of_work: float
    works: int = 1
    families: int = 1
    counted_tokens: int
    counted_bits: float
    counted_words: int = 0
    sources: tuple[Source, ...]
    quote: Quote
    discount: Reason | None = None
    discounted_by: tuple[str, ...] = ()
    origin_by: OriginBy = OriginBy.ONLY
    credited: bool = False
    quoted: bool = False
    stretches: tuple[tuple[int, int], ...] = ()
    is_disputed: bool = False
    claimants: tuple[Work, ...] = ()
    silenced_by: tuple[Work, ...] = ()
    pieces: tuple[tuple[int, int], ...] = ()
    share_of_text: float = 0.0

    def __post_init__(self) -> None:
        # the origin is one of them, also where nobody says so
        works = {work.key: work for work in (*(source.work for source in self.sources[:1]), *self.claimants)}
        object.__setattr__(self, "claimants", tuple(works.values()))

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Return what is marked in the text: the pieces, or else all of the passage."""
        return self.pieces or ((self.start, self.end),)

    @property
    def tokens(self) -> int:
        """Return the number of matched tokens."""
        if self.stretches:
            return sum(end - start for start, end in self.stretches)
        return self.token_end - self.token_start

    @property
    def origin(self) -> Work:
        """Return the work that the passage is credited to."""
        return self.sources[0].work

    @property
    def status(self) -> LicenceStatus:
        """Return the origin's licence status, or that the holders disagree."""
        return LicenceStatus.CONFLICTING if self.is_disputed else self.origin.status

    @property
    def licence(self) -> str | None:
        """Return the origin's licence expression; None where the holders disagree."""
        return None if self.is_disputed else self.origin.licence

    @property
    def works_to_credit(self) -> tuple[Work, ...]:
        """Return the works that a notice is about: the origin; where the holders disagree, one for each claim."""
        return self.claimants if self.is_disputed else (self.origin,)

    def to_dict(self) -> dict[str, Any]:
        """Return the passage in the report's JSON form."""
        credited = {work.key for work in self.claimants} if self.is_disputed else set()
        return {
            "start": self.start, "end": self.end, "kind": self.kind.value,
            **({"pieces": [{"start": start, "end": end} for start, end in self.pieces]} if self.pieces else {}),
            "tokens": self.tokens,
            "similarity": round(self.similarity, 4), "bits": round(self.bits, 1),
            "share_of_work": round(self.share_of_work, 6), "works": self.works, "families": self.families,
            "status": self.status.value, "licence": self.licence, "origin_by": self.origin_by.value,
            "sources": [source.to_dict(credited=source.work.key in credited) for source in self.sources],
            "quote": self.quote.to_dict(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A policy's answer for one passage.

    Attributes:
        action: what is done about it.
        reason: why it is exempt, where the action is `ignore`.
        why: the thresholds and rules that decided, in words, for `provenance policy explain`; may be empty.
    """

    action: Action
    reason: Reason | None = None
    why: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A passage that the policy judged substantial, with its notice.

    Attributes:
        passage: its place in the text, and its works.
        action: what the policy asks for.
        duties: what the licence of the origin asks for, who is the strictest holder where they disagree.
        notice: the sentence for readers.
        why: as in `Verdict`.
    """

    passage: Passage
    action: Action
    duties: tuple[str, ...]
    notice: str
    why: str = field(default="", compare=False)

    @property
    def start(self) -> int:
        """Return where the passage begins in the checked text."""
        return self.passage.start

    @property
    def end(self) -> int:
        """Return where the passage ends in the checked text."""
        return self.passage.end

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Return what is marked in the text: the pieces, or else all of the finding."""
        return self.passage.places

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return the sources, the origin first."""
        return self.passage.sources

    @property
    def status(self) -> LicenceStatus:
        """Return the passage's licence status."""
        return self.passage.status

    @property
    def licence(self) -> str | None:
        """Return the passage's licence expression."""
        return self.passage.licence

    @property
    def kind(self) -> Kind:
        """Return how it matches."""
        return self.passage.kind

    @property
    def tokens(self) -> int:
        """Return the number of matched tokens."""
        return self.passage.tokens

    @property
    def similarity(self) -> float:
        """Return the share of equal tokens."""
        return self.passage.similarity

    @property
    def bits(self) -> float:
        """Return how much information the matched tokens carry."""
        return self.passage.bits

    @property
    def share_of_work(self) -> float:
        """Return the matched tokens divided by the tokens of the origin."""
        return self.passage.share_of_work

    @property
    def works(self) -> int:
        """Return how many works have the passage."""
        return self.passage.works

    @property
    def families(self) -> int:
        """Return how many families of copies those are."""
        return self.passage.families

    @property
    def origin_by(self) -> OriginBy:
        """Return the rule that chose the origin."""
        return self.passage.origin_by

    @property
    def quote(self) -> Quote:
        """Return the passage with a few characters around it."""
        return self.passage.quote

    def to_dict(self) -> dict[str, Any]:
        """Return the finding in the report's JSON form, keys in the documented order."""
        passage = self.passage.to_dict()
        sources, quote = passage.pop("sources"), passage.pop("quote")
        return {
            **passage, "duties": list(self.duties), "action": self.action.value, "notice": self.notice,
            "sources": sources, "quote": quote,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A passage that was found and needs no notice.

    Attributes:
        start: code-point offset into the checked text.
        end: code-point offset into the checked text, exclusive.
        reason: why it is exempt.
        sources: the works that have it, the origin first.
        works: as in `Passage`.
        families: as in `Passage`.
        silenced_by: as in `Passage`.
        why: as in `Verdict`.
    """

    start: int
    end: int
    reason: Reason
    sources: tuple[Source, ...]
    works: int = 1
    families: int = 1
    silenced_by: tuple[Work, ...] = ()
    why: str = field(default="", compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the exemption in the report's JSON form; `why` only if something is known."""
        ids = list(dict.fromkeys(source.work.id for source in self.sources))
        earned = (
            f"earned by {work.id} of the {'trusted ' if work.trusted else ''}collection {work.collection}"
            for work in self.silenced_by
        )
        why = "; ".join(filter(None, (self.why, *earned)))
        return {
            "start": self.start, "end": self.end, "reason": self.reason.value, "works": self.works,
            "families": self.families, "sources": ids, **({"why": why} if why else {}),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What a check searched, so that a report without findings can be trusted.

    Attributes:
        works: how many works.
        tokens: how many tokens these have.
        revision: the state of the database.
        indexed_at: when works were last ingested; None before that.
        canaries: `ok`, or `none` where the database is empty; `unchecked` where the check did not run.
    """

    works: int
    tokens: int
    revision: int
    indexed_at: datetime | None
    canaries: str

    def to_dict(self) -> dict[str, Any]:
        """Return the coverage in the report's JSON form."""
        moment = self.indexed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.indexed_at else None
        return {
            "works": self.works, "tokens": self.tokens, "revision": self.revision, "indexed_at": moment,
            "canaries": self.canaries,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """A plugin that took part, with the version of the distribution that it came from."""

    name: str
    version: str

    def to_dict(self) -> dict[str, str]:
        """Return the plugin in the report's JSON form."""
        return {"name": self.name, "version": self.version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """A place in a text at which a model was stopped from continuing a work, or could not be.

    Attributes:
        at: the code-point offset at which that happened first.
        work: the work; None where it is not known.
        tokens: how long the passage was then.
        times: how often the model was about to continue it, there and shortly after.
        error: why the model could not be stopped; None where it was.
    """

    at: int
    work: Work | None
    tokens: int
    times: int = 1
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it in the report's JSON form; `error` only if there is one."""
        return {
            "at": self.at, "work": self.work and self.work.to_dict(credited=False), "tokens": self.tokens,
            "times": self.times, **({"error": self.error} if self.error else {}),
        }  # fmt: skip


Renderer = Callable[["Report"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one check found, exempted, and covered.

    Attributes:
        text: the checked string.
        tokens: its length in tokens.
        matched_characters: how many characters are in at least one finding.
        findings: the passages that the policy judged substantial, in order of the text.
        exempt: the other passages, in order of the text.
        coverage: what was searched.
        policy: the settings of the policy.
        plugins: those that took part.
        version: of this library.
        passages: every passage before exemptions and policy; None unless asked for.
        limited: where the model was stopped from continuing a work while it wrote the text.
        error: why the text was *not* checked; None where it was.
        language: the language of the notices and of renderings.
        renderers: the formats that `render` knows, by name.
    """

    text: str
    tokens: int
    matched_characters: int
    findings: tuple[Finding, ...]
    exempt: tuple[Exemption, ...]
    coverage: Coverage
    policy: Mapping[str, Any]
    plugins: tuple[PluginInfo, ...]
    version: str
    passages: tuple[Passage, ...] | None = None
    limited: tuple[Limited, ...] = ()
    error: str | None = None
    language: str = "en"
    renderers: Mapping[str, Renderer] = field(default_factory=dict, repr=False, compare=False)

    @property
    def checked(self) -> bool:
        """Return whether the text was checked."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """Return the report in its JSON form (schema 2, shipped as `provenance/data/report.schema.json`)."""
        report: dict[str, Any] = {
            "schema": 2,
            "text": {
                "characters": len(self.text), "tokens": self.tokens, "matched_characters": self.matched_characters,
            },
            "findings": [finding.to_dict() for finding in self.findings],
            "exempt": [exemption.to_dict() for exemption in self.exempt],
            "coverage": self.coverage.to_dict(),
            "policy": dict(self.policy),
            "plugins": [plugin.to_dict() for plugin in self.plugins],
            "provenance": self.version,
        }  # fmt: skip
        if self.passages is not None:
            report["passages"] = [passage.to_dict() for passage in self.passages]
        if self.limited:
            report["limited"] = [each.to_dict() for each in self.limited]
        if self.error is not None:
            report["error"] = self.error
        return report

    def render(self, format: str = "terminal") -> str:
        """Return the report as a person or a program reads it.

        Raises:
            UsageError: no plugin offers this format.
        """
        try:
            renderer = self.renderers[format]
        except KeyError:
            known = ", ".join(sorted(self.renderers)) or "none"
            raise UsageError(f"no plugin renders the format {format!r}; known formats: {known}") from None
        return renderer(self)
