// The list of notices beside a text, its filters, and what is opened from it.

import { Detail } from "./detail.js";
import { element } from "./elements.js";
import { clean } from "./points.js";
import { creditedWorks, licenceOf, statusWords, toneOf } from "./words.js";

const FILTERS = [
  ["licence", "Licence", licenceOf, (value) => value],
  ["status", "Status", (finding) => finding.status, statusWords],
  ["action", "Action", (finding) => finding.action, (value) => value],
];

const TONES = [["credit", "credit it"], ["care", "look closer"], ["stop", "ask first"]];
const NOTHING = {
  open: "Notices appear here, one for each passage that matches a work.",
  checked: "There is nothing to notice.",
  unchecked: "Nothing is known of this text.",
};

export class Notices {
  #source = null; // {marked, findings: Map, redraw, outcome: open, checked or unchecked}
  #items = new Map();

  constructor(place) {
    this.place = place;
    this.title = element("h2", { id: "notices-title", class: "small", tabindex: "-1" });
    this.filters = element("div", { class: "filters", role: "group", "aria-label": "Filter the notices", hidden: true });
    this.list = element("ol", { class: "list" });
    this.empty = element("p", { class: "soft empty" });
    this.legend = element("p", {
      class: "legend soft",
      children: TONES.map(([tone, text]) => element("span", { class: "passage", "data-tone": tone, text })),
    });
    this.detail = new Detail(() => this.#back());
    this.selects = new Map(FILTERS.map(([name, label]) => [name, this.#filter(name, label)]));
    place.replaceChildren(this.detail.place, this.title, this.filters, this.empty, this.list, this.legend);
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.open(this.#source, Number(button.dataset.number), button);
    });
    this.#fill();
  }

  #filter(name, label) {
    const select = element("select", { id: `filter-${name}` });
    select.addEventListener("change", () => this.#refilter());
    const labelled = element("label", { for: select.id, text: label });
    this.filters.append(element("div", { children: [labelled, select], hidden: true }));
    return select;
  }

  // Does the reader want to see this finding?
  shown = (finding) =>
    FILTERS.every(([name, , valueOf]) => {
      const wanted = this.selects.get(name).value;
      return !wanted || valueOf(finding) === wanted;
    });

  show(source) {
    if (source !== this.#source) this.detail.close();
    this.#source = source;
    this.#fill();
  }

  open(source, number, from) {
    const finding = source?.findings.get(number);
    if (!finding) return;
    if (source !== this.#source) this.show(source);
    source.marked.select(number);
    source.marked.at(number)?.scrollIntoView({ block: "nearest" });
    this.place.classList.add("detailed");
    this.detail.show(finding, number, from);
  }

  #back() {
    this.place.classList.remove("detailed");
    this.#source?.marked.select(null);
  }

  #refilter() {
    this.#fill();
    this.#source?.redraw();
  }

  #fill() {
    const findings = [...(this.#source?.findings ?? [])];
    this.#options(findings.map(([, finding]) => finding));
    const visible = findings.filter(([, finding]) => this.shown(finding));
    const some = visible.length === findings.length ? "" : ` of ${findings.length}`;
    this.title.textContent = findings.length ? `${visible.length}${some} ${findings.length === 1 ? "notice" : "notices"}` : "Notices";
    this.empty.hidden = findings.length > 0;
    this.empty.textContent = NOTHING[this.#source?.outcome ?? "open"];
    this.legend.hidden = findings.length === 0;
    const order = visible.sort(([, a], [, b]) => a.start - b.start || b.end - a.end);
    const items = new Map(order.map(([number, finding]) => [number, this.#item(number, finding)]));
    this.#items = items;
    arrange(this.list, [...items.values()]);
  }

  // An item is kept while its number is: what is in focus stays there while an answer is written.
  #item(number, finding) {
    const item = this.#items.get(number) ?? listed(number);
    const works = creditedWorks(finding);
    item.dataset.tone = toneOf(finding);
    const [, title, by, badge] = item.firstChild.childNodes;
    setText(title, works.slice(0, 3).map((work) => clean(work.title || work.id, 120)).join(" / "));
    const [{ authors, year }] = works;
    setText(by, works.length > 1 ? "" : [clean(authors.slice(0, 2).join(", "), 80), year].filter(Boolean).join(" · "));
    setText(badge, `${clean(licenceOf(finding), 60)} · ${finding.action}`);
    badge.dataset.status = finding.status;
    return item;
  }

  #options(findings) {
    for (const [name, , valueOf, words] of FILTERS) {
      const select = this.selects.get(name);
      const values = [...new Set(findings.map(valueOf))].sort();
      const wanted = values.includes(select.value) ? select.value : "";
      const kept = [...select.options].map(({ value }) => value).join("\n");
      if (kept === ["", ...values].join("\n")) continue;
      const options = values.map((value) => element("option", { value, text: clean(words(value), 60) }));
      select.replaceChildren(element("option", { value: "", text: "all" }), ...options);
      select.value = wanted;
      select.parentElement.hidden = values.length < 2;
    }
    this.filters.hidden = [...this.filters.children].every(({ hidden }) => hidden);
  }
}

// Put children in order; those that stand where they should are not touched, so that one of them may be in focus.
function arrange(list, children) {
  children.forEach((child, position) => {
    if (list.children[position] !== child) list.insertBefore(child, list.children[position] ?? null);
  });
  while (list.children.length > children.length) list.lastChild.remove();
}

function listed(number) {
  const parts = [["number", String(number)], ["title"], ["by soft"], ["badge"]];
  const children = parts.map(([name, text]) => element(name === "title" ? "bdi" : "span", { class: name, text }));
  return element("li", { children: [element("button", { type: "button", "data-number": number, children })] });
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
