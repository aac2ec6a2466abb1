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

const toEvidence = () => document.getElementById("evidence").scrollIntoView({ behavior: behavior() });

// The open document scrolls to its mark.
const showMark = () => document.dispatchEvent(new CustomEvent("show-mark"));

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
  document.addEventListener("look-at", ({ detail }) => trigger("select", { view: detail }));
  // Of two quick clicks the answers may come in the other order: the second click counts.
  let wanted = null;
  const drawnView = () => element.querySelector("[data-shown]")?.dataset.shown;
  // What is shown already is not drawn again: it would be wanted still when the next answer comes.
  document.addEventListener("view-wanted", ({ detail }) => {
    if (wanted !== null || detail !== drawnView()) wanted = detail;
  });
  watch("value", () => {
    const drawn = drawnView();
    if (wanted !== null && drawn && drawn !== wanted) trigger("select", { view: wanted });
    else if (wanted !== null && narrow.matches) {
      toEvidence(); // where the pane was lower before, the page could not be scrolled this far
      showMark();
    }
    wanted = null;
  });
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
  const { view, ask, guess, only, vote } = button.dataset;
  if (view !== undefined) {
    document.dispatchEvent(new CustomEvent("view-wanted", { detail: view }));
    trigger("select", { view });
    // On a narrow screen the evidence is below the conversation.
    if (narrow.matches) toEvidence();
    // The view may be the current one, scrolled away.
    if (document.querySelector("#evidence [data-shown]")?.dataset.shown === view) showMark();
  } else if (ask !== undefined) {
    sendNext(() => trigger("submit", { question: ask, guess: guess === "true", only }));
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
