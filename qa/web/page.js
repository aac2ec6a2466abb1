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

const reveal = () => {
  const turn = element.querySelector(".turns > .turn:last-child");
  if (turn) {
    // The question just asked goes to the top, its answer below it.
    const pane = element.closest("#conversation");
    if (narrow.matches) turn.scrollIntoView({ block: "nearest", behavior: behavior() });
    else pane.scrollTo({ top: turn.offsetTop - pane.offsetTop, behavior: behavior() });
  }
  const paper = element.querySelector(".document");
  if (paper) {
    const mark = paper.querySelector(".answer, .passage");
    const top = mark
      ? mark.getBoundingClientRect().top - paper.getBoundingClientRect().top + paper.scrollTop
      : 0;
    paper.scrollTo({ top: top - paper.clientHeight / 3, behavior: behavior() });
  }
};

watch("value", reveal);
