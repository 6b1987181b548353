// What the front page does beyond a form.

import { LiveCheck } from "./check.js";
import { Conversation } from "./conversation.js";
import { find } from "./elements.js";
import { Notices } from "./notices.js";

const notices = new Notices(find("notices"));
const check = new LiveCheck(find("check"), notices);

const ways = document.querySelector(".ways");
if (ways) {
  const conversation = new Conversation(find("conversation"), notices);
  ways.hidden = false;
  ways.addEventListener("click", (event) => {
    const way = event.target.closest("button")?.dataset.way;
    if (!way) return;
    for (const button of ways.children) button.setAttribute("aria-pressed", String(button.dataset.way === way));
    find("check").hidden = way !== "check";
    find("conversation").hidden = way !== "conversation";
    if (way === "conversation") conversation.prepare();
    notices.show(way === "check" ? check.source : conversation.last ?? null);
  });
}
