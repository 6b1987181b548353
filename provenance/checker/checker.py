"""Does this text repeat a work, and what is its reader to be told? The whole way from a string to a report."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from provenance import licences, notices
from provenance.align import Match, matches
from provenance.checker.origins import Discounts, standing_alone
from provenance.checker.passages import Checked, Composer, named
from provenance.checker.prompt import supplied
from provenance.checker.register import Register
from provenance.checker.standings import Standing, standings
from provenance.config import PolicySettings
from provenance.errors import DatabaseError, PolicyViolationError, UsageError
from provenance.ingest import Database, Snapshot
from provenance.models import (
    VERSION,
    Action,
    Coverage,
    Exemption,
    Finding,
    Passage,
    Reason,
    Renderer,
    Report,
    Verdict,
)
from provenance.pluginmanager import Plugins, get_plugin_manager
from provenance.text import Tokens, load_tokenizer


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
        for name, value in (("text", text), ("prompt", prompt or "")):
            if not isinstance(value, str):
                raise UsageError(f"{name} must be a string, not {type(value).__name__}")
        composer, every, alone = self._searched(text, prompt, all_works=passages)
        discounts = Discounts(every, composer.checked.prompt, self.settings.commonplace_creators)
        noted = [composer.passage(standing, discounts.counted(standing)) for standing in alone]
        judged = [(passage, self.plugins.judge(passage, self.settings)) for passage in noted]
        listed = tuple(composer.passage(standing) for standing in every) if passages else None
        report = self._report(composer, judged, listed)
        if self._log:
            self._record(report)
        return _raised_if_asked(report)

    def unchecked(self, text: str, error: str) -> Report:
        """Return the report for a text that could not be checked, saying why."""
        coverage = Coverage(works=0, tokens=0, generation=0, indexed_at=None, canaries="unchecked")
        return self._new_report(text, 0, coverage, error=error)

    def _searched(
        self, text: str, prompt: str | None, *, all_works: bool
    ) -> tuple[Composer, tuple[Standing, ...], tuple[Standing, ...]]:
        """Return all stretches found and those that stand alone, as of one moment of the database.

        If works gave way or moved while they were looked up, everything is looked for again.
        """
        tokens = self._tokenizer.encode_with_offsets(text)
        while True:
            snapshot = self.database.snapshot()
            register = self._register_of(snapshot)
            found = matches(tokens, snapshot.segments.values(), snapshot.state.dead, snapshot.phrases)
            every, complete = standings(found, register)
            alone = standing_alone(every)
            keys = named(every if all_works else alone)
            works = register.works(keys)
            if complete and len(works) == len(keys):
                checked = Checked(text, tokens, self._supplied(tokens, prompt, found))
                return Composer(checked, snapshot, works, self._tokenizer, register.bits), every, alone
            if self.database.catalogue.generation() == snapshot.state.generation:
                raise DatabaseError(
                    f"the catalogue {self.database.catalogue.place} does not know whose text was found: it is damaged; "
                    "run `provenance doctor`, and restore it from a backup"
                )

    def _register_of(self, snapshot: Snapshot) -> Register:
        register = self._register
        if register.generation != snapshot.state.generation:
            self._register = register = Register(self.database.catalogue, snapshot)
        return register

    def _supplied(self, tokens: Tokens, prompt: str | None, found: tuple[Match, ...]) -> NDArray[np.bool_]:
        if not prompt:
            return np.zeros(len(tokens), np.bool_)
        phrases = ((match.start, match.end) for match in found if match.phrases)
        return supplied(tokens.ids, self._tokenizer.encode(prompt), phrases)

    def _report(
        self,
        composer: Composer,
        judged: list[tuple[Passage, Verdict]],
        listed: tuple[Passage, ...] | None,
    ) -> Report:
        findings = tuple(
            self._finding(passage, verdict.action) for passage, verdict in judged if not _is_exempt(verdict)
        )
        exempt = tuple(
            _exemption(passage, verdict.reason or Reason.BOILERPLATE)
            for passage, verdict in judged
            if _is_exempt(verdict)
        )
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
            text=text, tokens=tokens, matched_characters=_covered(findings), findings=findings, exempt=exempt,
            coverage=coverage, policy=self.settings.to_dict(), plugins=self.plugins.infos, version=VERSION,
            passages=passages, error=error, language=self.language, renderers=self._renderers,
        )  # fmt: skip

    def _finding(self, passage: Passage, action: Action) -> Finding:
        duties = licences.duties(passage.origin.status, passage.origin.licence)
        return Finding(passage=passage, action=action, duties=duties, notice=notices.short(passage, self.language))

    @property
    def _renderers(self) -> Mapping[str, Renderer]:
        return self.plugins.renderers

    def _record(self, report: Report) -> None:
        digest = hashlib.blake2b(report.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self.database.catalogue.log_check(digest, len(report.text), len(report.findings), report.coverage.generation)


def _is_exempt(verdict: Verdict) -> bool:
    return verdict.action is Action.IGNORE


def _exemption(passage: Passage, reason: Reason) -> Exemption:
    return Exemption(
        start=passage.start, end=passage.end, reason=reason, works=passage.works, creators=passage.creators,
        sources=passage.sources,
    )  # fmt: skip


def _covered(findings: tuple[Finding, ...]) -> int:
    """Return how many characters lie in at least one finding."""
    covered, reached = 0, 0
    for finding in sorted(findings, key=lambda f: f.start):
        covered += max(0, finding.end - max(finding.start, reached))
        reached = max(reached, finding.end)
    return covered


def _raised_if_asked(report: Report) -> Report:
    strict = [finding for finding in report.findings if finding.action is Action.RAISE]
    if strict:
        raise PolicyViolationError(f"the policy forbids this text: {strict[0].notice}", report=report)
    return report
