// Runs once each for the conversation, the evidence and the slider. `element` is the pane's content;
// its listeners survive a redraw. No text becomes HTML here.

const narrow = window.matchMedia("(max-width: 899px)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const behavior = () => (still.matches ? "auto" : "smooth");

// Scrolls `pane` until `part` is at a share of its height below its top, and of its width.
const scroll = (pane, part, share) => {
  const [place, frame] = [part.getBoundingClientRect(), pane.getBoundingClientRect()];
  const top = pane.scrollTop + place.top - frame.top - share * pane.clientHeight;
  const left = pane.scrollLeft + place.left - frame.left - share * pane.clientWidth;
  pane.scrollTo({ top, left, behavior: behavior() });
};

const showIn = (paper) => {
  const mark = paper.querySelector(".answer") ?? paper.querySelector(".passage");
  if (mark) scroll(paper, mark, 1 / 3);
  else paper.scrollTo(0, 0);
};

const showMark = () => {
  const text = document.querySelector("#evidence .document");
  const scan = document.querySelector("#evidence .scan .paper");
  if (text) showIn(text);
  if (scan) scan.querySelector("img").decode().then(() => showIn(scan));
};

let turns = 0;

// A new question is scrolled to the top once, so that its answer is visible from its start.
const showTurn = () => {
  // An answer in progress keeps the strictness it was asked with.
  const slider = document.getElementById("strict");
  if (slider) slider.disabled = element.querySelector(".pending") !== null;
  const shown = element.querySelectorAll(".turn");
  if (shown.length === turns) return;
  turns = shown.length;
  const latest = shown[turns - 1];
  if (latest && narrow.matches) latest.scrollIntoView({ behavior: behavior() });
  else if (latest) scroll(document.getElementById("conversation"), latest, 0);
};

if (element.closest("#evidence")) {
  watch("value", showMark);
  document.addEventListener("look-at", ({ detail }) => trigger("select", { view: detail }));
}
if (element.closest("#conversation")) watch("value", showTurn);

element.addEventListener("input", ({ target }) => {
  if (target.id !== "strict") return;
  const words = target.nextElementSibling;
  words.querySelector("b").textContent = 100 - target.value;
  target.ariaValueText = words.textContent;
});
element.addEventListener("change", ({ target }) => target.id === "strict" && trigger("input", {}));

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { view, ask, guess, vote } = button.dataset;
  if (view !== undefined) {
    trigger("select", { view });
    showMark(); // the view may be the current one, scrolled away
    // On a narrow screen the evidence is below the conversation.
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
  }
});
