"""Checker of a whole text: find, attribute, exempt, judge, word."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from provenance import licences, notices
from provenance.check.attribution import AttributedMatch, attribute_matches
from provenance.check.boilerplate import mark_boilerplate
from provenance.check.commonplace import CommonplaceRule
from provenance.check.origins import ExemptTokens, Independent, select_independent
from provenance.check.passages import PassageBuilder, collect_work_keys
from provenance.check.prompt import Prompt, mark_supplied
from provenance.check.scattered import Judged, find_scattered_copies, judge_scattered
from provenance.check.sequences import SequenceSpan, find_sequences
from provenance.check.work_cache import WorkCache
from provenance.database import Database, Snapshot
from provenance.errors import DatabaseError, PolicyViolationError, UsageError
from provenance.match import find_matches
from provenance.plugins import Plugins, get_plugin_manager
from provenance.policy import PolicySettings
from provenance.reports import Action, Coverage, Exemption, Finding, Passage, Reason, Report
from provenance.text import Tokens, load_tokenizer
from provenance.version import VERSION
from provenance.works import Work


@dataclass(frozen=True, slots=True)
class _Search:
    """The matches of one text, as of one moment of the database.

    Attributes:
        snapshot: what was searched.
        matches: all matches, with their works.
        independent: those that are passages of their own, with parts that may be.
        scattered: works that the text has pieces of, the largest first.
        works: by key, the works that the passages name.
        token_bits: float32 (v,), the information of each token.
    """

    snapshot: Snapshot
    matches: tuple[AttributedMatch, ...]
    independent: tuple[Independent, ...]
    scattered: tuple[AttributedMatch, ...]
    works: dict[int, Work]
    token_bits: NDArray[np.float32]


class Checker:
    """Checks texts against a database. Safe to share between threads.

    Args:
        database: an open database; changes to it are seen at the next check.
        settings: what counts as substantial, and what is done then.
        plugins: the plugins that take part; all installed ones by default.
        log: record each check in the catalogue (the text's hash and the number of findings, never the text).

    Raises:
        PluginError: a plugin cannot be loaded.
        ConfigError: the settings name a language without messages.
    """

    def __init__(
        self,
        database: Database,
        settings: PolicySettings | None = None,
        *,
        plugins: Plugins | None = None,
        log: bool = False,
    ) -> None:
        self.database = database
        self.settings = settings or PolicySettings()
        self.plugins = plugins or get_plugin_manager()
        self.language = notices.language_code(self.settings.language)
        self._log = log
        self._tokenizer = load_tokenizer()
        self._cache = WorkCache(database.catalogue, database.snapshot())

    def check(self, text: str, *, prompt: str | None = None, passages: bool = False) -> Report:
        """Return what a text repeats.

        Args:
            text: what the model wrote.
            prompt: what the user supplied: matches with it are not reported.
            passages: list every passage in the report, before exemptions and policy.

        Raises:
            UsageError: text or prompt is not a string.
            PolicyViolationError: the policy's action for a finding is `raise`; the error carries the report.
            DatabaseError: the database is damaged or cannot be read. A text is never called clean because of that.
            PluginError: a policy failed.
        """
        report = self.examine(text, self.prepare_prompt(prompt), passages=passages)
        self.record(report)
        return enforce(report)

    def prepare_prompt(self, prompt: str | None) -> Prompt | None:
        """Return what the user supplied, ready to be compared with several texts.

        Raises:
            UsageError: it is not a string.
        """
        if prompt is not None:
            _require_string("prompt", prompt)
        return Prompt(self._tokenizer.encode(prompt)) if prompt else None

    def examine(self, text: str, prompt: Prompt | None = None, *, passages: bool = False) -> Report:
        """Return what a text repeats, as `check` does, but do not record it, nor raise what the policy forbids."""
        _require_string("text", text)
        tokens = self._tokenizer.encode_with_offsets(text)
        # find and attribute
        search = self._find_and_attribute(tokens, all_works=passages)
        # exempt
        supplied = boilerplate = np.zeros(len(tokens), np.bool_)
        sequences: list[SequenceSpan] = []
        if prompt is not None:
            spans = [(each.match.start, each.match.end) for each in search.matches]
            short_works = [(each.match.start, each.match.end) for each in search.matches if each.match.short_works]
            supplied = mark_supplied(tokens.ids, prompt, short_works, spans)
        if search.matches or search.scattered:  # most texts have none, and then their wording need not be searched
            boilerplate, sequences = mark_boilerplate(text, tokens), find_sequences(text, tokens)
        own = [match for match, _ in search.independent]
        longest = self.settings.commonplace_tokens
        exempt = ExemptTokens(search.matches, own, supplied, boilerplate, longest, sequences)
        builder = PassageBuilder(
            text, tokens, search.snapshot, search.works, self._tokenizer, search.token_bits,
            by_creator=bool(self.settings.own_creators),
        )  # fmt: skip
        # judge
        judged: list[Judged] = []
        for match, parts in search.independent:
            passage = builder.build(match, exempt.count(match))
            verdict = self.plugins.judge(passage, self.settings)
            judged.append(Judged(match, passage, verdict))
            for part in parts:  # it stays if more is asked for it than for the passage that it is in
                inner = builder.build(part, exempt.count(part))
                stricter = self.plugins.judge(inner, self.settings)
                if stricter.action.severity > verdict.action.severity:
                    judged.append(Judged(part, inner, stricter))
        if search.scattered:
            judge = partial(self.plugins.judge, settings=self.settings)
            judged += judge_scattered(search.scattered, judged, exempt.mark_all(), builder, judge)
        judged.sort(key=lambda each: (each.passage.token_start, -each.passage.token_end))
        # word
        all_passages = tuple(builder.build(match) for match in search.matches) if passages else None
        return self._make_report(text, len(tokens), search.snapshot.coverage(), judged, passages=all_passages)

    def record(self, report: Report) -> None:
        """Record a check in the catalogue, if that was asked for."""
        if self._log:
            digest = hashlib.blake2b(report.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            found, revision = len(report.findings), report.coverage.revision
            self.database.catalogue.log_check(digest, len(report.text), found, revision)

    def unchecked(self, text: str, error: str) -> Report:
        """Return the report for a text that could not be checked, saying why."""
        coverage = Coverage(works=0, tokens=0, revision=0, indexed_at=None, canaries="unchecked")
        return self._make_report(text, 0, coverage, error=error)

    def _find_and_attribute(self, tokens: Tokens, *, all_works: bool) -> _Search:
        """Find all matches of a text, and attribute them to works.

        Args:
            tokens: of the text.
            all_works: read the works of all matches, and not only of those that are passages of their own.
        """
        while True:
            snapshot = self.database.snapshot()
            revision = snapshot.state.revision
            cache = self._cache  # a local name, since other threads may replace it
            if cache.revision != revision:
                self._cache = cache = WorkCache(self.database.catalogue, snapshot)
            found = find_matches(tokens, snapshot.segments.values(), snapshot.state.deleted, snapshot.phrases)
            common = CommonplaceRule(
                snapshot.segments, self.settings.commonplace_tokens, self.settings.commonplace_creators
            )
            matches, is_complete = attribute_matches(found.matches, cache, common)
            independent = select_independent(matches)
            copies = find_scattered_copies(found.pieces, tokens, cache.token_bits) if found.pieces else ()
            scattered, has_all_works = attribute_matches(copies, cache, common)
            own = chain.from_iterable((match, *parts) for match, parts in independent)
            keys = collect_work_keys((*(matches if all_works else own), *scattered))
            works = cache.works(keys)
            if is_complete and has_all_works and len(works) == len(keys):
                return _Search(snapshot, matches, independent, scattered, works, cache.token_bits)
            # a work is missing. If the database changed meanwhile it was withdrawn, and a new snapshot settles that;
            # if it did not, trying again would never end
            if self.database.catalogue.revision() == revision:
                raise DatabaseError(
                    f"the catalogue {self.database.catalogue.place} does not know whose text was found: it is damaged; "
                    "run `provenance doctor`, and restore it from a backup"
                )

    def _make_report(
        self,
        text: str,
        tokens: int,
        coverage: Coverage,
        judged: Iterable[Judged] = (),
        *,
        passages: tuple[Passage, ...] | None = None,
        error: str | None = None,
    ) -> Report:
        """Return a report, with the duties and the notice of each finding."""
        findings: list[Finding] = []
        exempt: list[Exemption] = []
        for _, passage, verdict in judged:
            if verdict.action is Action.IGNORE:
                exempt.append(
                    Exemption(
                        start=passage.start, end=passage.end, reason=verdict.reason or Reason.POLICY,
                        works=passage.works, families=passage.families, sources=passage.sources,
                        silenced_by=passage.silenced_by, why=verdict.why,
                    )
                )  # fmt: skip
            else:
                duties = licences.terms(passage.origin).duties
                notice = notices.short(passage, self.language)
                findings.append(
                    Finding(passage=passage, action=verdict.action, duties=duties, notice=notice, why=verdict.why)
                )
        return Report(
            text=text, tokens=tokens, matched_characters=count_matched_characters(findings), findings=tuple(findings),
            exempt=tuple(exempt), coverage=coverage, policy=self.settings.to_dict(), plugins=self.plugins.infos,
            version=VERSION, passages=passages, error=error, language=self.language, renderers=self.plugins.renderers,
        )  # fmt: skip


def _require_string(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a string, not {type(value).__name__}")


def count_matched_characters(findings: Iterable[Finding]) -> int:
    """Return how many characters are in at least one finding."""
    count, reached = 0, 0
    for start, end in sorted(chain.from_iterable(finding.places for finding in findings)):
        count += max(0, end - max(start, reached))
        reached = max(reached, end)
    return count


def enforce(report: Report) -> Report:
    """Return the report, if the policy allows the text.

    Raises:
        PolicyViolationError: the action for a finding is `raise`.
    """
    strict = [finding for finding in report.findings if finding.action is Action.RAISE]
    if strict:
        raise PolicyViolationError(f"the policy forbids this text: {strict[0].notice}", report=report)
    return report
