// Runs once, for the bar above the conversation: the keyboard, and who cannot see the page.

const box = () => document.querySelector("#question textarea");

// Svelte learns of a new text by the event alone.
const write = (text) => {
  box().value = text;
  box().dispatchEvent(new Event("input", { bubbles: true }));
  box().focus();
};

// The focus was on a button that the server has drawn anew: it goes to the same one again.
let focused = null;
const PANES = ["conversation", "evidence"];

document.addEventListener("focusin", ({ target }) => {
  const pane = PANES.find((id) => part(id)?.contains(target));
  const { view, ask, vote } = target.dataset ?? {};
  focused = pane ? { pane, view, ask, vote } : null;
});
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (relatedTarget === null && target.isConnected && document.hasFocus()) setTimeout(() => {
    if (target.isConnected && document.activeElement === document.body) focused = null;
  });
});
const refocus = () => {
  if (focused === null || document.activeElement !== document.body) return;
  const { pane, view, ask, vote } = focused;
  const same = [...part(pane).querySelectorAll("button")].find(({ dataset }) =>
    (view !== undefined && dataset.view === view) || (vote !== undefined && dataset.vote === vote));
  const title = ask === undefined ? part(pane).querySelector("h2") : null;
  if (title && !same) title.tabIndex = -1;
  (same ?? title ?? box()).focus({ preventScroll: true });
};

// What a screen reader says: the pane as a whole is drawn anew, and would be read from its start.
let heard = "";
const announce = () => {
  if (document.querySelector("#conversation .pending")) return;
  const turns = document.querySelectorAll("#conversation .turn");
  const latest = turns[turns.length - 1];
  const said = latest?.querySelector(".reply :is(.quote, .verdict, .trouble)")?.textContent.trim() ?? "";
  const title = document.querySelector("#evidence .sheet h2")?.textContent ?? "";
  const now = [said && `Answer ${turns.length}: ${said}`, title && `Shown: ${title}`].filter(Boolean).join(". ");
  if (now === heard) return;
  heard = now;
  part("said").textContent = now;
};

const redrawn = new MutationObserver(() => {
  refocus();
  announce();
});
for (const id of PANES) redrawn.observe(part(id), { childList: true, subtree: true });

// A question that is asked while another is answered is held, and asked then.
let holding = 0;
const askButton = () => document.querySelector("#question .submit-button");
const hold = (isHeld) => {
  clearInterval(holding);
  part("question").toggleAttribute("data-held", isHeld);
  part("said").textContent = isHeld ? "Your question is asked next, when this one is answered." : "";
  if (!isHeld) return;
  holding = setInterval(() => {
    const isGone = !box().value.trim();
    if (!isGone && isAsking()) return;
    hold(false);
    if (!isGone) askButton().click();
  }, 60);
};
const MOST_LETTERS = 250_000; // in UTF-8 three quarters of what the server takes of a request
const TOO_LONG = "This is too long to be a question. Ask in fewer words.";
// Says why above the box, and aloud; nothing any longer where there is no reason.
const refuse = (why) => {
  const { dataset } = part("question");
  if (why) dataset.long = why;
  else delete dataset.long;
  part("said").textContent = why;
};
document.addEventListener("input", ({ target }) => {
  if (target === box() && part("question").matches("[data-long]")) refuse("");
});
const onAsk = (event) => {
  if (box().value.length > MOST_LETTERS) {
    event.preventDefault();
    event.stopImmediatePropagation();
    refuse(TOO_LONG);
    return;
  }
  if (!isAsking()) {
    noteAsking();
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (box().value.trim()) hold(true);
};
document.addEventListener("click", (event) => askButton()?.contains(event.target) && onAsk(event), true);
document.addEventListener("keydown", (event) => {
  const { target, key, shiftKey, isComposing } = event;
  if (target === box() && key === "Enter" && !shiftKey && !isComposing) onAsk(event);
}, true);

document.addEventListener("keydown", (event) => {
  if (event.target !== box() || event.isComposing) return;
  if (event.key === "Escape") write("");
  else if (event.key === "ArrowUp" && box().value === "") {
    const asked = document.querySelectorAll("#conversation .turn");
    if (!asked.length) return;
    event.preventDefault();
    write(asked[asked.length - 1].dataset.question);
  }
});
// What a question left out is read: the question can be asked of it.
let generation = null;
document.addEventListener("library", ({ detail }) => {
  const isNew = generation !== null && detail.generation !== generation;
  generation = detail.generation;
  for (const button of isNew ? document.querySelectorAll("#conversation [data-mend]") : []) {
    const { asked, guess, only } = button.closest(".turn").dataset;
    Object.assign(button.dataset, { ask: asked, guess, only });
    delete button.dataset.mend;
    button.textContent = "Ask again";
  }
});

document.addEventListener("click", (event) => {
  const { edit, mend, back, skip } = event.target.closest?.("button, a")?.dataset ?? {};
  if (edit !== undefined) write(edit);
  else if (mend !== undefined) part("rebuild").click();
  else if (back !== undefined) {
    const turns = [...document.querySelectorAll("#conversation .turn")];
    (turns.find((turn) => turn.querySelector("[aria-current]")) ?? turns.at(-1) ?? part("talk")).scrollIntoView();
  }
  else if (skip !== undefined) {
    event.preventDefault();
    box().focus();
  }
});
