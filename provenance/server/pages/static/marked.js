// A text with its passages marked. What has not changed stays the same element, so that a passage keeps the focus and
// a selection lasts while an answer grows.

import { element } from "./elements.js";
import { points, printable, stretches } from "./points.js";
import { toneOf } from "./words.js";

export class MarkedText {
  #pieces = [];
  #numbers = new Map();

  constructor(place, onPick) {
    this.place = place;
    place.addEventListener("click", (event) => {
      const passage = event.target.closest("a.passage");
      if (!passage) return;
      event.preventDefault();
      onPick(this.#numbers.get(passage), passage);
    });
  }

  // Show a text. `findings` is a map from numbers to findings; `still` has the numbers of those that may yet grow.
  show(text, findings, { exempt = [], still = new Set(), shown = () => true } = {}) {
    const numbers = new Map([...findings].map(([number, finding]) => [finding, number]));
    const cut = stretches(points(text), [...findings.values()], exempt);
    const pieces = cut.map((stretch) => piece(stretch, numbers, { still, shown }));
    const same = this.#unchanged(pieces);
    this.#pieces.slice(same).forEach(({ node }) => node.remove());
    pieces.slice(same).forEach((each) => (each.node = made(each)));
    this.place.append(...pieces.slice(same).map(({ node }) => node));
    this.#pieces = pieces;
    this.#numbers = new Map(pieces.filter(({ number }) => number != null).map(({ node, number }) => [node, number]));
  }

  // The element that shows the beginning of a passage.
  at(number) {
    return this.#pieces.find((each) => each.number === number)?.node;
  }

  select(number) {
    for (const { node, number: own } of this.#pieces) {
      if (own == null) continue;
      if (own === number) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  }

  // Bring elements of the same kind up to date in place; return how many there are, from the first on.
  #unchanged(pieces) {
    let same = 0;
    while (same < pieces.length && same < this.#pieces.length) {
      const [before, now] = [this.#pieces[same], pieces[same]];
      if (before.number !== now.number || before.kind !== now.kind) break;
      now.node = before.node;
      if (before.text !== now.text) setText(now);
      if (before.tone !== now.tone) now.node.dataset.tone = now.tone;
      if (before.state !== now.state) now.node.className = now.state;
      same += 1;
    }
    return same;
  }
}

function piece({ text, findings, exempt }, numbers, { still, shown }) {
  const visible = findings.filter(shown);
  const inner = visible.reduce((least, each) => (least && length(least) <= length(each) ? least : each), null);
  if (inner) {
    const number = numbers.get(inner);
    return { kind: "passage", text, number, tone: toneOf(inner), state: still.has(number) ? "passage open" : "passage" };
  }
  return { kind: exempt.length ? "silent" : "plain", text, number: null, state: "silent" };
}

const length = ({ start, end }) => end - start;

function made(each) {
  if (each.kind === "plain") return document.createTextNode(printable(each.text));
  const node = each.kind === "silent"
    ? element("span", { class: "silent" })
    : element("a", { class: each.state, href: "#notices", "data-tone": each.tone, "data-number": each.number });
  each.node = node;
  setText(each);
  return node;
}

function setText({ node, text }) {
  node.textContent = printable(text);
}
