// A conversation with the model behind the server: passages light up while an answer is written.

import { element, find, root } from "./elements.js";
import { events } from "./events.js";
import { MarkedText } from "./marked.js";
import { clean, printable } from "./points.js";
import { showSilences } from "./silences.js";
import { coverage, headline } from "./words.js";

const NEAR = 120; // pixels: who has the end of the page in sight sees it follow the answer

export class Conversation {
  #messages = [];
  #running = null;

  constructor(section, notices) {
    this.notices = notices;
    this.state = find("chat-state");
    this.form = section.querySelector("form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask(find("question").value.trim());
    });
    find("question").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    find("stop").addEventListener("click", () => this.#running?.abort());
  }

  // Ask once which models there are, when a reader first comes here.
  prepare() {
    this.models ??= this.#listModels();
    return this.models;
  }

  async #listModels() {
    try {
      const answer = await fetch(`${root()}/v1/models`);
      const { data } = await answer.json();
      find("models").replaceChildren(...data.map(({ id }) => element("option", { value: id, text: clean(id, 80) })));
      find("model").value ||= data[0]?.id ?? "";
    } catch {
      this.models = null; // the next question asks again
      this.state.textContent = "The server does not say which models it has; write the name of one.";
    }
  }

  async #ask(question) {
    if (!question || this.#running) return;
    if (!find("model").value) await this.prepare(); // the list may still be on its way
    if (this.#running) return; // the same question, sent twice while it was
    const turn = new Turn(question, this.notices);
    this.last = turn.source;
    this.#messages.push({ role: "user", content: question });
    find("question").value = "";
    this.#busy(true);
    try {
      await this.#answer(turn);
    } catch (error) {
      turn.fail(error.name === "AbortError" ? "You stopped the answer here; what follows was not written." : `The answer broke off: ${error.message}`);
    }
    if (turn.text) this.#messages.push({ role: "assistant", content: turn.text });
    else this.#messages.pop(); // models refuse a conversation with an empty answer in it
    this.#busy(false);
    this.state.textContent = turn.outcome;
  }

  async #answer(turn) {
    this.#running = new AbortController();
    const response = await fetch(`${root()}/v1/chat/completions`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Licence-Events": "on" },
      body: JSON.stringify({ model: find("model").value, messages: this.#messages, stream: true }),
      signal: this.#running.signal,
    });
    if (!response.ok) throw new Error(await refusal(response));
    for await (const data of events(response)) {
      if (data === "[DONE]") break;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Error(String(chunk.error.message ?? chunk.error).slice(0, 500));
      turn.take(chunk);
    }
    turn.end();
  }

  #busy(busy) {
    if (!busy) this.#running = null;
    find("stop").hidden = !busy;
    this.form.querySelector("[type=submit]").disabled = busy;
    if (busy) this.state.textContent = "The model is writing…";
  }
}

// One question and its answer.
class Turn {
  #drawing = 0;
  #still = new Set();
  #report = null;

  constructor(question, notices) {
    this.notices = notices;
    this.text = "";
    this.answer = element("div", { class: "marked", dir: "auto" });
    this.silences = element("details", { class: "quiet", hidden: true });
    this.note = element("p", { class: "coverage" });
    this.failure = element("p", { class: "alarm", role: "alert", hidden: true });
    this.announced = element("p", { class: "unseen", role: "status" });
    find("turns").append(element("li", {
      children: [
        element("h2", { class: "question", text: printable(question), dir: "auto" }),
        this.answer, this.failure, this.silences, this.note, this.announced,
      ],
    }));
    this.marked = new MarkedText(this.answer, (number, from) => notices.open(this.source, number, from));
    this.source = { marked: this.marked, findings: new Map(), redraw: () => this.#draw(), outcome: "open" };
    notices.show(this.source);
    this.answer.parentElement.scrollIntoView({ block: "nearest" });
  }

  get outcome() {
    if (this.#report) return headline(this.#report);
    return this.text ? "This answer was not checked to its end" : "There is no answer";
  }

  take(chunk) {
    this.text += chunk.choices?.find(({ index }) => index === 0)?.delta?.content ?? "";
    (chunk.licence_events ?? []).forEach((event) => this.#noticed(event));
    this.#report = chunk.licence_report ?? this.#report;
    this.#drawing ||= requestAnimationFrame(() => this.#draw());
  }

  #noticed({ event, number, finding }) {
    const { findings } = this.source;
    if (event === "withdrawn") findings.delete(number);
    else findings.set(number, finding);
    if (event === "opened" || event === "grown") this.#still.add(number);
    else this.#still.delete(number);
    if (event === "opened") this.announced.textContent = `Notice ${number}: ${finding.notice}`;
  }

  #draw() {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    const exempt = this.#report?.exempt ?? [];
    const follows = find("ask").getBoundingClientRect().bottom < innerHeight + NEAR;
    this.marked.show(this.text, this.source.findings, { exempt, still: this.#still, shown: this.notices.shown });
    this.notices.show(this.source);
    if (follows) find("ask").scrollIntoView({ block: "end" });
  }

  end() {
    if (!this.#report) return this.fail("This answer was not checked: the server sent no report on it.");
    this.source.outcome = this.#report.error == null ? "checked" : "unchecked";
    this.#still.clear();
    this.#draw();
    if (this.#report.error != null) this.#alarm(`This answer was not checked: ${this.#report.error}`);
    showSilences(this.silences, this.#report.exempt, this.text, this.answer);
    this.note.textContent = `${headline(this.#report)}. ${coverage(this.#report)}`;
  }

  fail(why) {
    this.source.outcome = "unchecked";
    this.#still.clear();
    this.#draw();
    this.#alarm(why);
  }

  #alarm(why) {
    this.failure.textContent = why;
    this.failure.hidden = false;
  }
}

async function refusal(response) {
  const said = await response.json().catch(() => null);
  const why = said?.error?.message ?? said?.error ?? said?.detail ?? "no reason given";
  return `the server answered ${response.status}: ${typeof why === "string" ? why.slice(0, 500) : "no reason given"}`;
}
