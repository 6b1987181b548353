// Offsets of a report count code points, as Python does; JavaScript's own count UTF-16 units. So a text is cut up once
// into its code points, and everything else here counts those. Half surrogate pairs are code points of their own.

const UNPRINTABLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;
const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

export const points = (text) => Array.from(text);

// The text with what might reorder a line made visible; its length in code points stays.
export const printable = (text) => text.replace(UNPRINTABLE, "\ufffd");

// Metadata as one line of `most` code points or fewer.
export function clean(text, most) {
  const line = String(text ?? "").slice(0, 8 * most).replace(UNPRINTABLE, "").replace(INVISIBLE, "");
  const all = points(line.replace(/\s+/gu, " ").trim());
  return all.length <= most ? all.join("") : `${all.slice(0, most - 1).join("").trimEnd()}…`;
}

// Cut a text at every end of a finding or an exempt passage. Each stretch says which of them cover it.
export function stretches(characters, findings, exempt) {
  const size = characters.length;
  const inside = (at) => Math.max(0, Math.min(at, size));
  const cuts = new Set([0, size]);
  const opening = new Map();
  const closing = new Map();
  const note = (group, item) => {
    const [start, end] = [inside(item.start), inside(item.end)];
    if (start >= end) return;
    for (const [map, at] of [[opening, start], [closing, end]]) {
      if (!map.has(at)) map.set(at, []);
      map.get(at).push([group, item]);
      cuts.add(at);
    }
  };
  findings.forEach((finding) => note("findings", finding));
  exempt.forEach((exemption) => note("exempt", exemption));
  const covering = { findings: new Set(), exempt: new Set() };
  const order = [...cuts].sort((a, b) => a - b);
  return order.slice(0, -1).map((start, position) => {
    (closing.get(start) ?? []).forEach(([group, item]) => covering[group].delete(item));
    (opening.get(start) ?? []).forEach(([group, item]) => covering[group].add(item));
    const end = order[position + 1];
    return {
      start, end, text: characters.slice(start, end).join(""),
      findings: [...covering.findings], exempt: [...covering.exempt],
    };
  });
}
