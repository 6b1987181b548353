"""Counters for Prometheus, in a registry that the app does not share.

No label has a value that a client can choose.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from provenance.reports import Report
from provenance.server.logs import Record
from provenance.service.service import Health, Service

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one app.

    Attributes:
        registry: the registry, for an app that adds its own counters.
    """

    def __init__(self, service: Service) -> None:
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "provenance_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "provenance_request_seconds", "Until an answer was out.", ["route"], registry=registry
        )
        self._checks = Counter("provenance_checks", "Texts for which a report went out.", registry=registry)
        self._findings = Counter("provenance_findings", "Findings.", ["status", "action"], registry=registry)
        self._unchecked = Counter("provenance_unchecked", "Texts that were not checked.", ["reason"], registry=registry)
        streams = Gauge("provenance_streams_open", "Answers that are being written.", registry=registry)
        streams.set_function(lambda: service.streams)
        self._ready = Gauge("provenance_ready", "1 where texts can be checked.", registry=registry)
        self._works = Gauge("provenance_database_works", "Works that are searched.", registry=registry)
        self._tokens = Gauge("provenance_database_tokens", "Tokens that are searched.", registry=registry)
        self._revision = Gauge("provenance_database_revision", "Rises with each change.", registry=registry)

    def count_request(self, record: Record) -> None:
        """Count a request."""
        self._requests.labels(record.route, record.method, str(record.status)).inc()
        self._seconds.labels(record.route).observe(record.seconds)

    def count_report(self, report: Report, unchecked: str | None) -> None:
        """Count a report."""
        self._checks.inc()
        for finding in report.findings:
            self._findings.labels(finding.status.value, finding.action.value).inc()
        if unchecked:
            self._unchecked.labels(unchecked).inc()

    def page(self, health: Health) -> bytes:
        """Return all counters as Prometheus reads them; works, tokens and revision as they were when last known."""
        self._ready.set(health.ready)
        if coverage := health.coverage:
            self._works.set(coverage.works)
            self._tokens.set(coverage.tokens)
            self._revision.set(coverage.revision)
        return generate_latest(self.registry)
