// The details of one finding. What a report lacks is asked of the server when a reader opens it.

import { copies } from "./copying.js";
import { element, linked, outside, root } from "./elements.js";
import { clean } from "./points.js";
import { creditedWorks, licenceOf, toneOf } from "./words.js";

export class Detail {
  #from = null;
  #asked = null;

  constructor(onClose) {
    this.onClose = onClose;
    this.place = element("section", { class: "detail", "aria-labelledby": "detail-title", hidden: true });
    this.place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close({ back: true });
    });
  }

  async show(finding, number, from) {
    this.#from = from;
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    const body = element("div", { class: "more", "aria-busy": "true", children: [element("p", { class: "soft", text: "Looking it up…" })] });
    this.place.replaceChildren(...this.#head(finding, number), body);
    this.place.dataset.tone = toneOf(finding);
    this.place.hidden = false;
    this.place.scrollTop = 0;
    this.place.querySelector("h2").focus({ preventScroll: true });
    try {
      const told = await lookUp(finding, asked.signal);
      body.replaceChildren(...parts(told));
    } catch (error) {
      if (error.name === "AbortError") return;
      body.replaceChildren(element("p", { class: "alarm", role: "alert", text: error.message }), notice([finding.notice]));
    }
    body.removeAttribute("aria-busy");
  }

  close({ back = false } = {}) {
    if (this.place.hidden) return;
    this.#asked?.abort();
    this.place.hidden = true;
    this.onClose();
    if (back) this.#from?.focus();
  }

  #head(finding, number) {
    const works = creditedWorks(finding);
    const [{ authors, year }] = works;
    const close = element("button", { type: "button", class: "close", text: "Close", "aria-label": "Close, back to the notices" });
    close.addEventListener("click", () => this.close({ back: true }));
    const by = works.length > 1 ? "" : [clean(authors.slice(0, 4).join(", "), 200), year].filter(Boolean).join(" · ");
    const title = works.slice(0, 3).map((work) => clean(work.title || work.id, 200)).join(" / ");
    return [
      close,
      element("h2", {
        id: "detail-title", tabindex: "-1",
        children: [element("span", { class: "number", text: number }), " ", element("bdi", { text: title })],
      }),
      by && element("p", { class: "by", children: [element("bdi", { text: by })] }),
      element("p", {
        children: [
          element("span", { class: "badge", "data-status": finding.status, text: clean(licenceOf(finding), 200) }), " ",
          element("span", { class: "badge plain", text: finding.action }),
        ],
      }),
    ].filter(Boolean);
  }
}

async function lookUp(finding, signal) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${root()}/notices`, { method: "POST", headers, body: JSON.stringify(finding), signal });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error?.message ?? `The server answered ${answer.status}.`);
  return told;
}

function parts(told) {
  const { language, advice, duties } = told;
  return [
    facts([
      ["Licence", linked(told.licence, "license")],
      told.source && ["Source", [outside(told.source, told.source)]],
      ["Overlap", [told.overlap]],
    ].filter(Boolean)),
    ...section("In the source", told.in_source && context(told.in_source)),
    ...section("Notice", notice(told.notice, language)),
    ...section("What the licence asks for", duties.length && list(duties.map(sentence), language)),
    ...section("What you can do now", list(advice, language)),
    ...section("Evidence", claims(told.statements)),
    ...section("Also in", told.others.length && others(told.others)),
    ...told.texts.map(([licence, text]) => folded(licence, text)),
    element("p", {
      class: "links",
      children: [
        element("a", { href: root() + told.page, text: "Notice page" }), " ",
        element("a", { href: root() + told.work, text: "In the library" }),
      ],
    }),
  ];
}

const section = (title, content) => (content ? [element("h3", { text: title }), content] : []);

const sentence = (words) => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;

const list = (lines, lang) => element("ul", { lang, children: lines.map((text) => element("li", { text })) });

function notice(lines, lang) {
  const shown = element("div", { class: "notice", lang, children: lines.map((text) => element("p", { text })) });
  const button = element("button", { type: "button", class: "copy", text: "Copy the notice" });
  const state = element("span", { class: "soft", role: "status" });
  copies(button, shown, state);
  return element("div", { class: "to-copy", children: [shown, element("p", { children: [button, " ", state] })] });
}

const context = ({ prefix, exact, suffix }) =>
  element("blockquote", { class: "context", dir: "auto", children: [prefix, element("b", { text: exact }), suffix] });

const facts = (rows) =>
  element("dl", {
    class: "facts",
    children: rows.flatMap(([label, children]) => [element("dt", { text: label }), element("dd", { children })]),
  });

function claims(statements) {
  const items = statements.map(({ when, licence, basis, who, evidence, confidence, counts }) => {
    const sure = confidence < 1 ? `, ${Math.floor(100 * confidence)}% sure` : "";
    const said = element("p", {
      children: [
        element("strong", { text: licence }), " ",
        element("span", { class: "soft", text: `${basis}${who ? ` by ${who}` : ""}, ${when}${sure}` }), " ",
        counts && element("span", { class: "counted", text: "counts" }),
      ],
    });
    const shows = evidence && element("p", { class: "evidence", text: evidence, dir: "auto" });
    return element("li", { class: counts && "counts", children: [said, shows] });
  });
  return element("ol", { class: "claims", reversed: true, children: items });
}

const others = (works) =>
  element("ul", {
    children: works.map(({ title, licence, page }) =>
      element("li", { children: [element("a", { href: root() + page, text: title }), ` (${licence})`] })),
  });

const folded = (licence, text) =>
  element("details", {
    class: "folded",
    children: [element("summary", { text: `Licence text of ${licence}` }), element("pre", { text, lang: "en", tabindex: "0" })],
  });
