// What a report's words are called on the page, and how serious a finding is.

const STATUSES = {
  "public-domain": "public domain",
  "all-rights-reserved": "all rights reserved",
  unknown: "licence unknown",
  conflicting: "conflicting licences",
};
const RULED_OUT = ["same-licence", "disclose-source", "no-commercial", "no-derivatives"];

export const licenceOf = (finding) => STATUSES[finding.status] ?? finding.licence ?? "licence unknown";

// The works that disagree about a passage, the strictest first; else the one that it is credited to.
export function creditedWorks({ status, licence, sources: [origin, ...others] }) {
  const works = [origin.work];
  if (status !== "conflicting" || (origin.work.status === status && origin.work.licence === licence)) return works;
  for (const { work, trust } of others) {
    const known = works.some((each) => each.status === work.status && each.licence === work.licence);
    if (!known && trust === origin.trust && work.status !== "unknown") works.push(work);
  }
  return works;
}

export const statusWords = (status) => STATUSES[status] ?? status;

// The same three tones as in the notices that the server words, as far as a report tells them.
export function toneOf({ status, action, duties, sources }) {
  // Where works disagree, the strictest of them comes first.
  const strictest = sources[0].work.status;
  if (strictest === "all-rights-reserved" || action === "limit" || action === "raise") return "stop";
  const open = status === "unknown" || status === "conflicting" || action === "warn";
  return open || duties.some((duty) => RULED_OUT.includes(duty)) ? "care" : "credit";
}

export const number = (count) => count.toLocaleString("en");

export const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

export function headline(report) {
  if (report.error != null) return "This text was not checked";
  const works = new Set(report.findings.map(({ sources: [{ work }] }) => `${work.collection}\u0000${work.id}`)).size;
  if (!report.findings.length) return report.exempt.length ? "No passage needs a notice" : "No matching passages";
  const verb = report.findings.length === 1 ? "matches" : "match";
  return `${counted(report.findings.length, "passage")} ${verb} ${counted(works, "known work")}`;
}

export function lead({ text, error }) {
  if (error != null) return "";
  if (!text.characters) return "The text is empty.";
  const share = Math.round((100 * text.matched_characters) / text.characters);
  return `${number(text.matched_characters)} of ${counted(text.characters, "character")} (${share}%) lie in a marked passage.`;
}

export function coverage({ coverage: { works, tokens, revision, indexed_at: indexed, canaries }, error }) {
  if (error != null) return "Nothing was searched.";
  if (!works) return "Searched 0 works: the database is empty, so finding nothing means nothing.";
  const day = indexed ? `, indexed ${indexed.slice(0, 10)}` : "";
  const searched = `${counted(works, "work")} (${counted(tokens, "token")})`;
  return `Searched ${searched}, revision ${revision}${day}; canaries ${canaries}.`;
}
