// Runs once, for the evidence: the list of documents. What it inserts was escaped by the server.

const library = () => element.querySelector(".library");
const list = { search: "", sort: "", page: 1 };
let seen = null; // the library's status as drawn last
let asked = false; // this visitor wants to know how it went

const refresh = async () => {
  const answer = await fetch(`library/list?${new URLSearchParams(list)}`, { cache: "no-store" });
  const drawn = library();
  if (!answer.ok || !drawn) return;
  const top = drawn.scrollTop;
  drawn.outerHTML = await answer.text();
  library().scrollTop = top;
};

const announce = (text, failed) => {
  const line = library()?.querySelector(".library-note");
  if (!line) return;
  line.textContent = text;
  line.className = `library-note banner ${failed ? "failed" : "done"}`;
  line.hidden = !text;
};

document.addEventListener("library-asked", () => { asked = true; });
document.addEventListener("library", async ({ detail }) => {
  const before = seen;
  seen = detail;
  const changed = before !== null && before.generation !== detail.generation;
  if (changed && library()) await refresh();
  // What is shown of a document may be of an older one now.
  else if (changed && element.querySelector("[data-shown]")) {
    trigger("select", { view: element.querySelector("[data-shown]").dataset.shown });
  }
  if (before && before.finished !== detail.finished && (asked || changed)) {
    announce(detail.trouble || detail.note, detail.trouble !== "");
    asked = false;
  } else if (before?.trouble !== detail.trouble) announce(detail.trouble, true);
});
