"""A standalone page, and a fragment to put into any page: the text with its passages marked, and a card for each work.

Nothing is loaded from anywhere and there is no script; everything from a work or a model is escaped by the template. A
page has a content security policy that forbids what an escape might miss; a fragment leaves that to its page, and its
names all begin with `lp-`. Also the notices file for a whole log of answers, as a page.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from provenance.hookspecs import hookimpl
from provenance.notices import (
    Bundle,
    BundleRenderer,
    Folded,
    card,
    coverage_line,
    encodable,
    fold_texts,
    heading,
    headline,
    lead,
    limit_lines,
    messages,
    notes,
    pieces,
    printable,
    silence_line,
    silences,
    web_address,
)
from provenance.reports import Renderer, Report

if TYPE_CHECKING:
    import jinja2


@hookimpl
def provenance_register_renderers(register: Callable[[str, Renderer], None]) -> None:
    """Offer the formats `html` and `html-fragment`."""
    register("html", render)
    register("html-fragment", render_fragment)


@hookimpl
def provenance_register_bundles(register: Callable[[str, BundleRenderer], None]) -> None:
    """Offer the format `html`."""
    register("html", render_bundle)


def render(report: Report) -> str:
    """Return the whole page."""
    return _page("report.html", _contents(report))


def render_fragment(report: Report) -> str:
    """Return one element with all that is on the page; its ids are those of no other text's fragment."""
    digest = hashlib.sha256(report.text.encode("utf-8", "surrogatepass")).hexdigest()
    style = Markup(_read("report.css"))  # noqa: S704 (our own file)
    contents = {**_contents(report), "style": style, "ids": f"lp-{digest[:8]}-", "level": 2}
    return _filled("fragment.html", "report.html", contents)


def render_bundle(bundle: Bundle) -> str:
    """Return the notices file as a page."""
    words = messages(bundle.language)
    shown = [Folded(title=text.licence, text=text.text, id=f"text-{text.licence}") for text in bundle.texts]
    return _page(
        "notices.html", {"words": words, "bundle": bundle, "headline": words.say("bundle.title"), "texts": shown}
    )


def _page(body: str, contents: dict[str, Any]) -> str:
    style = _read("report.css") + _read("page.css")
    whole = {"style": Markup(style), "style_hash": _hash(style), "ids": "", "level": 1}  # noqa: S704 (our own files)
    return _filled("page.html", body, {**contents, **whole})


def _filled(frame: str, body: str, contents: dict[str, Any]) -> str:
    environment = _environment(contents["words"].language)
    return encodable(environment.get_template(frame).render(contents, body=body))


@cache
def _environment(language: str) -> jinja2.Environment:
    import jinja2  # noqa: PLC0415  # every report loads this plugin, few are pages

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("provenance_plugins.renderers", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    environment.filters["sentence"] = _sentence
    environment.filters["heading"] = partial(heading, language=language)
    environment.filters["address"] = lambda work: web_address(work.source)
    return environment


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


@cache
def _read(name: str) -> str:
    return resources.files("provenance_plugins.renderers").joinpath(f"templates/{name}").read_text(encoding="utf-8")


def _hash(style: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _contents(report: Report) -> dict[str, Any]:
    footnotes = notes(report)
    return {
        "report": report,
        "words": messages(report.language),
        "headline": headline(report),
        "lead": lead(report),
        "text_pieces": list(pieces(report, footnotes)),
        "cards": [card(note, report.text, report.language) for note in footnotes],
        "limits": limit_lines(report),
        "silence": silence_line(report),
        "silences": list(silences(report)),
        "texts": fold_texts(footnotes, report.language),
        "coverage": coverage_line(report.coverage, report.language),
    }
