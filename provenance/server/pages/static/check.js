// Checks the text while it is written: the newest text counts, answers to older ones are dropped.

import { find, root } from "./elements.js";
import { MarkedText } from "./marked.js";
import { showSilences } from "./silences.js";
import { coverage, headline, lead } from "./words.js";

const PAUSE = 400; // milliseconds without a key

export class LiveCheck {
  #waiting = 0;
  #running = null;

  constructor(section, notices) {
    this.notices = notices;
    this.form = section.querySelector("form");
    this.state = find("state");
    const place = find("marked");
    place.replaceChildren();
    this.marked = new MarkedText(place, (number, from) => notices.open(this.source, number, from));
    this.source = this.#sourceOf("", { findings: [], exempt: [] });
    this.form.addEventListener("input", () => this.#soon());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    if (find("text").value.trim()) this.run();
  }

  #soon() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.run(), PAUSE);
  }

  async run() {
    clearTimeout(this.#waiting);
    this.#running?.abort();
    const running = (this.#running = new AbortController());
    const [text, prompt] = [find("text").value, find("prompt").value];
    if (!text) return this.#clear();
    this.state.textContent = "Checking…";
    try {
      this.#show(text, await checked(text, prompt, running.signal));
    } catch (error) {
      if (error.name !== "AbortError") this.#fail(text, error);
    }
  }

  #clear() {
    find("result").hidden = true;
    this.state.textContent = "";
    this.source = this.#sourceOf("", { findings: [], exempt: [] });
    this.notices.show(this.source);
  }

  #sourceOf(text, report) {
    const findings = new Map(report.findings.map((finding, position) => [position + 1, finding]));
    const redraw = () => this.marked.show(text, findings, { exempt: report.exempt, shown: this.notices.shown });
    return { marked: this.marked, findings, redraw, outcome: outcome(text, report) };
  }

  #show(text, report) {
    this.source = this.#sourceOf(text, report);
    this.notices.show(this.source);
    this.source.redraw();
    find("headline").textContent = headline(report);
    find("lead").textContent = lead(report);
    find("coverage").textContent = coverage(report);
    find("failed").hidden = report.error == null;
    find("failed").textContent = report.error ?? "";
    showSilences(find("silences"), report.exempt, text, find("marked"));
    find("result").hidden = false;
    this.state.textContent = headline(report);
  }

  #fail(text, error) {
    this.#show(text, { findings: [], exempt: [], error: error.message, text: {}, coverage: {} });
  }
}

function outcome(text, report) {
  if (!text) return "open";
  return report.error == null ? "checked" : "unchecked";
}

async function checked(text, prompt, signal) {
  const body = JSON.stringify(prompt ? { text, prompt } : { text });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${root()}/check`, { method: "POST", headers, body, signal });
  const report = await answer.json().catch(() => null);
  if (report?.schema === 2) return report;
  throw new Error(`The server answered ${answer.status}: ${reason(report)}`);
}

function reason(answer) {
  const said = answer?.error?.message ?? answer?.error;
  return typeof said === "string" ? said.slice(0, 500) : "it gave no reason";
}
