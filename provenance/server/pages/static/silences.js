// What was found and not noticed, with the reasons; a reader who unfolds it sees the passages in the text too.

import { element } from "./elements.js";
import { clean, points } from "./points.js";
import { counted } from "./words.js";

const LOOKED_AT = 200; // characters of a passage, of which fewer are shown

// Fill a `details` element for a text that stands, marked, in another one.
export function showSilences(place, exempt, text, marked) {
  const characters = exempt.length ? points(text) : [];
  const reasons = [...new Set(exempt.map(({ reason }) => reason))].join(", ");
  place.hidden = exempt.length === 0;
  place.ontoggle = () => marked.classList.toggle("with-silent", place.open);
  place.replaceChildren(
    element("summary", { text: `${counted(exempt.length, "passage")} left silent: ${reasons}` }),
    element("ul", { children: exempt.map((exemption) => silence(exemption, characters)) }),
  );
}

function silence({ start, end, reason, sources, why = "" }, characters) {
  const words = characters.slice(start, Math.min(end, start + LOOKED_AT)).join("");
  const work = sources.length ? `: ${clean(sources[0], 80)}` : "";
  return element("li", {
    title: clean(why, 500),
    children: [element("q", { text: clean(words, 80), dir: "auto" }), element("span", { class: "soft", text: ` ${reason}${work}` })],
  });
}
