"""Does this text repeat a work, and what is its reader to be told? The whole way from a string to a report."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from provenance import licences, notices
from provenance.check.attribution import Standing, standings
from provenance.check.boilerplate import boilerplate
from provenance.check.origins import Discounts, standing_alone
from provenance.check.passages import Checked, Composer, named
from provenance.check.prompt import Prompt, supplied
from provenance.check.work_cache import Register
from provenance.database import Database, Snapshot
from provenance.errors import DatabaseError, PolicyViolationError, UsageError
from provenance.match import Match, matches
from provenance.plugins import Plugins, get_plugin_manager
from provenance.policy import PolicySettings
from provenance.reports import Action, Coverage, Exemption, Finding, Passage, Reason, Renderer, Report, Verdict
from provenance.text import Tokens, load_tokenizer
from provenance.version import VERSION


class Checker:
    """Checks texts against a database. Safe to share between threads.

    Args:
        database: an open database; changes to it are seen at the next check.
        settings: what counts as substantial and what is then done.
        plugins: the plugins that take part; all installed ones by default.
        log: record each check in the catalogue (the text's hash and the number of findings, never the text).

    Raises:
        PluginError: a plugin cannot be loaded.
        ConfigError: there are no messages in the language of the settings.
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
        self._register = Register(database.catalogue, database.snapshot())

    def check(self, text: str, *, prompt: str | None = None, passages: bool = False) -> Report:
        """Return what a text repeats.

        Args:
            text: what the model wrote. prompt: what the user had supplied: matches with it are not reported.
            passages: list every passage in the report, before exemptions and policy.

        Raises:
            UsageError: text or prompt is not a string.
            PolicyViolationError: the policy's action for a finding is `raise`; the error carries the report.
            DatabaseError: the database is damaged or cannot be read. A text is never called clean because of that.
            PluginError: a policy failed.
        """
        report = self.examine(text, self.prompt(prompt), passages=passages)
        self.record(report)
        return raised_if_asked(report)

    def prompt(self, prompt: str | None) -> Prompt | None:
        """Return what the user had supplied, made ready to be compared with several texts.

        Raises:
            UsageError: it is not a string.
        """
        if prompt is not None:
            _require_string("prompt", prompt)
        return Prompt(self._tokenizer.encode(prompt)) if prompt else None

    def examine(self, text: str, prompt: Prompt | None = None, *, passages: bool = False) -> Report:
        """Return what a text repeats; as `check`, but neither record it nor raise what the policy forbids."""
        _require_string("text", text)
        composer, every, alone = self._searched(text, prompt, all_works=passages)
        checked = composer.checked
        discounts = Discounts(every, checked.prompt, checked.boilerplate, self.settings.commonplace_creators)
        noted = [composer.passage(standing, discounts.counted(standing)) for standing in alone]
        judged = [(passage, self.plugins.judge(passage, self.settings)) for passage in noted]
        listed = tuple(composer.passage(standing) for standing in every) if passages else None
        return self._report(composer, judged, listed)

    def record(self, report: Report) -> None:
        """Record a check in the catalogue, if that was asked for."""
        if self._log:
            digest = hashlib.blake2b(report.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            found, revision = len(report.findings), report.coverage.revision
            self.database.catalogue.log_check(digest, len(report.text), found, revision)

    def unchecked(self, text: str, error: str) -> Report:
        """Return the report for a text that could not be checked, saying why."""
        coverage = Coverage(works=0, tokens=0, revision=0, indexed_at=None, canaries="unchecked")
        return self._new_report(text, 0, coverage, error=error)

    def _searched(
        self, text: str, prompt: Prompt | None, *, all_works: bool
    ) -> tuple[Composer, tuple[Standing, ...], tuple[Standing, ...]]:
        """Return all stretches found and those that stand alone, as of one moment of the database.

        If works gave way or moved while they were looked up, everything is looked for again.
        """
        tokens = self._tokenizer.encode_with_offsets(text)
        while True:
            snapshot = self.database.snapshot()
            register = self._register_of(snapshot)
            found = matches(tokens, snapshot.segments.values(), snapshot.state.deleted, snapshot.phrases)
            every, complete = standings(found, register)
            alone = standing_alone(every)
            keys = named(every if all_works else alone)
            works = register.works(keys)
            if complete and len(works) == len(keys):
                nobodys = boilerplate(text, tokens) if every else np.zeros(len(tokens), np.bool_)
                checked = Checked(text, tokens, self._supplied(tokens, prompt, found), nobodys)
                return Composer(checked, snapshot, works, self._tokenizer, register.bits), every, alone
            if self.database.catalogue.revision() == snapshot.state.revision:
                raise DatabaseError(
                    f"the catalogue {self.database.catalogue.place} does not know whose text was found: it is damaged; "
                    "run `provenance doctor`, and restore it from a backup"
                )

    def _register_of(self, snapshot: Snapshot) -> Register:
        register = self._register
        if register.revision != snapshot.state.revision:
            self._register = register = Register(self.database.catalogue, snapshot)
        return register

    @staticmethod
    def _supplied(tokens: Tokens, prompt: Prompt | None, found: tuple[Match, ...]) -> NDArray[np.bool_]:
        if prompt is None:
            return np.zeros(len(tokens), np.bool_)
        phrases = ((match.start, match.end) for match in found if match.phrases)
        matched = ((match.start, match.end) for match in found)
        return supplied(tokens.ids, prompt, phrases, matched)

    def _report(
        self,
        composer: Composer,
        judged: list[tuple[Passage, Verdict]],
        listed: tuple[Passage, ...] | None,
    ) -> Report:
        findings = tuple(self._finding(passage, verdict) for passage, verdict in judged if not _is_exempt(verdict))
        exempt = tuple(_exemption(passage, verdict) for passage, verdict in judged if _is_exempt(verdict))
        checked, coverage = composer.checked, composer.snapshot.coverage()
        return self._new_report(checked.content, len(checked.tokens), coverage, findings, exempt, listed)

    def _new_report(
        self,
        text: str,
        tokens: int,
        coverage: Coverage,
        findings: tuple[Finding, ...] = (),
        exempt: tuple[Exemption, ...] = (),
        passages: tuple[Passage, ...] | None = None,
        error: str | None = None,
    ) -> Report:
        return Report(
            text=text, tokens=tokens, matched_characters=covered(findings), findings=findings, exempt=exempt,
            coverage=coverage, policy=self.settings.to_dict(), plugins=self.plugins.infos, version=VERSION,
            passages=passages, error=error, language=self.language, renderers=self._renderers,
        )  # fmt: skip

    def _finding(self, passage: Passage, verdict: Verdict) -> Finding:
        duties = licences.terms(passage.origin).duties
        notice = notices.short(passage, self.language)
        return Finding(passage=passage, action=verdict.action, duties=duties, notice=notice, why=verdict.why)

    @property
    def _renderers(self) -> Mapping[str, Renderer]:
        return self.plugins.renderers


def _require_string(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a string, not {type(value).__name__}")


def _is_exempt(verdict: Verdict) -> bool:
    return verdict.action is Action.IGNORE


def _exemption(passage: Passage, verdict: Verdict) -> Exemption:
    return Exemption(
        start=passage.start, end=passage.end, reason=verdict.reason or Reason.POLICY, works=passage.works,
        creators=passage.creators, sources=passage.sources, why=verdict.why,
    )  # fmt: skip


def covered(findings: tuple[Finding, ...]) -> int:
    """Return how many characters lie in at least one finding."""
    covered, reached = 0, 0
    for finding in sorted(findings, key=lambda f: f.start):
        covered += max(0, finding.end - max(finding.start, reached))
        reached = max(reached, finding.end)
    return covered


def raised_if_asked(report: Report) -> Report:
    """Return the report.

    Raises:
        PolicyViolationError: the policy forbids what was found.
    """
    strict = [finding for finding in report.findings if finding.action is Action.RAISE]
    if strict:
        raise PolicyViolationError(f"the policy forbids this text: {strict[0].notice}", report=report)
    return report
