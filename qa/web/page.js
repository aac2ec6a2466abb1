// Runs once for the conversation, the evidence and the slider; `element` is the pane's content, and its
// listeners outlive what is drawn in it. Nothing here makes HTML of any text.

const narrow = window.matchMedia("(max-width: 899px)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const behavior = () => (still.matches ? "auto" : "smooth");

// Brings `part` to a share of the height below the top of `pane`, which scrolls.
const scroll = (pane, part, share) => {
  const distance = part.getBoundingClientRect().top - pane.getBoundingClientRect().top;
  const top = pane.scrollTop + distance - share * pane.clientHeight;
  pane.scrollTo({ top, behavior: behavior() });
};

const showMark = () => {
  const paper = document.querySelector("#evidence .document");
  const mark = paper?.querySelector(".answer") ?? paper?.querySelector(".passage");
  if (mark) scroll(paper, mark, 1 / 3);
  else paper?.scrollTo(0, 0);
};

let turns = 0;

// The latest question goes to the top once, so that its answer is seen from the start.
const showTurn = () => {
  // An answer on its way is judged as strictly as was asked.
  const slider = document.getElementById("strict");
  if (slider) slider.disabled = element.querySelector(".pending") !== null;
  const shown = element.querySelectorAll(".turn");
  if (shown.length === turns) return;
  turns = shown.length;
  const latest = shown[turns - 1];
  if (latest && narrow.matches) latest.scrollIntoView({ behavior: behavior() });
  else if (latest) scroll(document.getElementById("conversation"), latest, 0);
};

if (element.closest("#evidence")) watch("value", showMark);
if (element.closest("#conversation")) watch("value", showTurn);

element.addEventListener("input", ({ target }) => {
  const words = target.nextElementSibling;
  words.querySelector("b").textContent = 100 - target.value;
  target.ariaValueText = words.textContent;
});
element.addEventListener("change", () => trigger("input", {}));

element.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { view, ask, guess, copy, vote } = button.dataset;
  if (view !== undefined) {
    trigger("select", { view });
    showMark(); // the view may be the current one, scrolled away
    // On a narrow screen the evidence stands below the conversation.
    if (narrow.matches) document.getElementById("evidence").scrollIntoView({ behavior: behavior() });
  } else if (ask !== undefined) {
    trigger("submit", { question: ask, guess: guess === "true" });
  } else if (vote !== undefined) {
    const withdrawn = button.ariaPressed === "true";
    trigger("like", {
      vote: withdrawn ? vote.replace(/[a-z]+$/, "none") : vote,
      view: document.querySelector("[aria-current]")?.dataset.view ?? "",
    });
    for (const thumb of button.parentElement.querySelectorAll("button")) {
      thumb.ariaPressed = String(thumb === button && !withdrawn);
    }
  } else if (button.ariaExpanded !== null) {
    button.ariaExpanded = String(button.ariaExpanded === "false");
  } else if (copy !== undefined) {
    await navigator.clipboard.writeText(copy);
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  }
});
