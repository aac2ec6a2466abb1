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
  // Drawn: whether a question is being answered is seen from now on.
  if (document.querySelector("#conversation .turn:last-child .reply")) askedAt = -GAP;
  refocus();
  announce();
});
for (const id of PANES) redrawn.observe(part(id), { childList: true, subtree: true });

// Gradio drops a question that is asked while it waits for another: it is held, and asked then.
const GAP = 1500; // milliseconds in which the page shows that a question is being answered
let askedAt = -GAP;
let holding = 0;
const isAnswering = () => document.querySelector("#conversation .pending") !== null || performance.now() - askedAt < GAP;
const askButton = () => document.querySelector("#question .submit-button");
const hold = (isHeld) => {
  clearInterval(holding);
  part("question").toggleAttribute("data-held", isHeld);
  part("said").textContent = isHeld ? "Your question is asked next, when this one is answered." : "";
  if (!isHeld) return;
  const count = document.querySelectorAll("#conversation .turn").length;
  // Gradio is ready some time after the answer was drawn: until then it drops this one too.
  holding = setInterval(() => {
    const isAsked = document.querySelectorAll("#conversation .turn").length > count;
    if (isAsked || !box().value.trim()) hold(false);
    else if (!document.querySelector("#conversation .pending")) askButton().click();
  }, 250);
};
const onAsk = (event) => {
  if (!box().value.trim()) return;
  if (!event.isTrusted || !isAnswering()) {
    askedAt = performance.now();
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  hold(true);
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
document.addEventListener("click", (event) => {
  const { edit, mend, back, skip } = event.target.closest?.("button, a")?.dataset ?? {};
  if (edit !== undefined) write(edit);
  else if (mend !== undefined) part("rebuild").click();
  else if (back !== undefined) part("talk").scrollIntoView();
  else if (skip !== undefined) {
    event.preventDefault();
    box().focus();
  }
});
