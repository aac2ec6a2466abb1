// Runs once for each of the two panes; `element` is the pane, and its listeners
// outlive what is drawn in it. Nothing here reads or writes document text as HTML.

const narrow = window.matchMedia("(max-width: 899px)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const behavior = () => (still.matches ? "auto" : "smooth");

element.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { view, ask, guess, copy } = button.dataset;
  if (view !== undefined) {
    trigger("select", { view });
    // On a narrow screen the evidence stands below the conversation.
    if (narrow.matches) document.getElementById("evidence").scrollIntoView({ behavior: behavior() });
  } else if (ask !== undefined) {
    trigger("submit", { question: ask, guess: guess === "true" });
  } else if (copy !== undefined) {
    await navigator.clipboard.writeText(copy);
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  }
});

// Brings `part` to a share of the height below the top of `pane`, which scrolls.
const scroll = (pane, part, share) => {
  const distance = part.getBoundingClientRect().top - pane.getBoundingClientRect().top;
  const top = pane.scrollTop + distance - share * pane.clientHeight;
  pane.scrollTo({ top, behavior: behavior() });
};

watch("value", () => {
  // The latest question goes to the top, so that its answer is seen from the start.
  const turn = element.querySelector(".turn:last-child");
  if (turn && narrow.matches) turn.scrollIntoView({ behavior: behavior() });
  else if (turn) scroll(document.getElementById("conversation"), turn, 0);

  const paper = element.querySelector(".document");
  const mark = paper?.querySelector(".answer, .passage");
  if (mark) scroll(paper, mark, 1 / 3);
  else paper?.scrollTo(0, 0);
});
