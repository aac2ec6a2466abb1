// Runs once, for the bar above the conversation: every answer has an address, and Back goes back.
// The address says what is seen: /?q=question&only=pattern&doc=document#start-end
// Where several collections are served, collection=name stands for the pattern of all in it.

const LIBRARY = "library/0/0/0/";
const MOST_ASKED = 4000; // characters of a question in an address: of a longer address a server reads nothing
const PLACE = /^#(\d{1,11})-(\d{1,11})(?::~:.*)?$/; // not every browser takes off the words behind it

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
let talkId = newId();
let opening = null; // the conversation that the server is asked to show: how many turns, and how it is written down
let moving = null; // the view that Back or Forward leads to
let isLinked = false; // a document that a link leads to is shown where it is below the conversation
let written = 0; // the number of turns when the address was last written

const shownTurns = () => [...document.querySelectorAll("#conversation .turn")];
const turnOf = ({ dataset }) => ({
  question: dataset.question,
  only: JSON.parse(dataset.only),
  guess: dataset.guess === "true",
  key: dataset.key,
});
const sheet = () => document.querySelector("#evidence [data-shown]");

const addressOf = ({ question, only = [], documentId = "", place = "" }) => {
  const words = new URLSearchParams();
  if (question && question.length <= MOST_ASKED) words.set("q", question);
  const names = JSON.parse(part("collections")?.dataset.names ?? "[]");
  for (const pattern of only) {
    const name = names.find((each) => pattern === `${each}/*`);
    words.append(name ? "collection" : "only", name ?? pattern);
  }
  if (documentId) words.set("doc", documentId);
  const search = words.toString();
  return `${location.pathname}${search ? `?${search}` : ""}${documentId && place ? `#${place}` : ""}`;
};

// The turn that a view belongs to; a document that was opened from the list belongs to the latest.
const turnAt = (view) => {
  const [kind, number] = view.split("/");
  const turns = shownTurns();
  return turns[kind === "answer" || kind === "passage" ? Number(number) : turns.length - 1];
};

const here = () => {
  const shown = sheet()?.dataset;
  const view = shown?.shown ?? LIBRARY;
  const turn = turnAt(view)?.dataset;
  const address = addressOf({
    question: turn?.asked,
    only: turn ? JSON.parse(turn.only) : [],
    documentId: shown?.document,
    place: shown?.place,
  });
  return { address, view };
};

const showLinked = () => {
  if (!isLinked || !sheet()) return;
  isLinked = false;
  if (matchMedia("(max-width: 899px)").matches) part("evidence").scrollIntoView();
};

const writeDown = () => {
  const turns = shownTurns();
  part("new-talk").disabled = turns.length === 0;
  // What was refused is in no file.
  part("export").hidden = !turns.some((turn) => turn.querySelector(".footnote"));
  if (document.querySelector("#conversation .pending") || !document.querySelector("#conversation :is(.turn, .welcome)")) return;
  if (opening && (turns.length < opening.turns || document.querySelector("#conversation [data-old]"))) return;
  const { address, view } = here();
  const state = { talk: talkId, view, visitor };
  if (moving !== null && view !== moving) return;
  const isMoved = moving !== null || opening?.isMoved || address === location.pathname + location.search + location.hash;
  const isNew = history.state?.talk !== talkId || history.state?.view !== view || turns.length > written;
  written = turns.length;
  if (isNew) history[isMoved ? "replaceState" : "pushState"](state, "", isMoved ? location.href : address);
  opening = moving = null;
  document.title = turns.length ? `${turns.at(-1).dataset.question.slice(0, 80)} – Verbatim` : "Verbatim";
  if (JSON.stringify(visited.get(talkId) ?? []) !== JSON.stringify(turns.map(turnOf))) keepTalk(talkId, turns.map(turnOf));
};

// What is shown of another conversation is old until the server has drawn this one.
const expect = (turns, isMoved) => {
  opening = { turns, isMoved };
  moving = null;
  written = 0;
  if (turns || shownTurns().length) document.querySelector("#conversation :is(.turns, .welcome)").dataset.old = "";
};

// An answer under way would come into the conversation that is opened: it is awaited. Of several
// conversations that are wanted meanwhile the last is opened.
let wanted = 0;
const whenAnswered = (open) => {
  wanted += 1;
  const mine = wanted;
  sendNext(open, () => mine === wanted);
};

const openTalk = (id, turns, { view = "", isMoved = false, documentId = "", start = 0, end = 0 } = {}) => whenAnswered(() => {
  talkId = id;
  visited.set(id, turns);
  expect(turns.length, isMoved);
  trigger("submit", { turns, view: turns.length || view ? view : LIBRARY, document: documentId, start, end });
});

// The words of a text fragment: where a document has changed, its place is found by them. A browser
// shows them to scripts in the navigation alone, which is the one that led to this page.
const linkedWords = () => {
  const [{ name = "" } = {}] = performance.getEntriesByType("navigation");
  const [place, directives = ""] = (name || location.href).split(":~:");
  if (place.replace(/#$/, "") !== location.href.split(":~:")[0].replace(/#$/, "")) return [];
  const text = directives.split("&").find((each) => each.startsWith("text="))?.slice(5) ?? "";
  // What stands before the words and behind them is set off by a hyphen.
  const parts = text.split(",").filter((each) => !each.endsWith("-") && !each.startsWith("-"));
  try { return parts.filter(Boolean).slice(0, 2).map(decodeURIComponent); } catch { return []; }
};

// What the address says, where the browser keeps no conversation for it.
const openAddress = () => {
  const words = new URLSearchParams(location.search);
  const question = words.get("q") ?? "";
  const named = part("collections") ? words.getAll("collection").filter(Boolean) : [];
  const whole = named.map((name) => `${name.replace(/[*?[]/g, "[$&]")}/*`);
  const only = [...words.getAll("only").filter(Boolean), ...whole];
  const documentId = words.get("doc") ?? "";
  const said = linkedWords();
  const [, start, end] = (location.hash.match(PLACE) ?? [0, 0, 0]).map(Number);
  if (only.length) document.dispatchEvent(new CustomEvent("library-choose", { detail: only }));
  if (!question.trim() && !documentId) return;
  const turns = question.trim() ? [{ question, only, guess: false }] : [];
  whenAnswered(() => {
    talkId = newId();
    isLinked = turns.length === 0;
    expect(turns.length, true);
    trigger("submit", { turns, view: "", document: documentId, start, end, words: said });
  });
};

// Gradio drops a request while it waits for another, as when Back is pressed twice: ask again.
const move = (tries) => {
  if (moving === null) return;
  if (tries === 0) { moving = null; return; }
  document.dispatchEvent(new CustomEvent("look-at", { detail: moving }));
  setTimeout(() => move(tries - 1), 400);
};

const openState = (state) => {
  const turns = findTalk(state.talk);
  if (turns) openTalk(state.talk, turns, { view: state.view, isMoved: true });
  else openAddress();
};

window.addEventListener("popstate", ({ state }) => {
  if (state?.talk === undefined) {
    if (location.hash === "" || PLACE.test(location.hash)) openAddress();
  } else if (state.talk !== talkId) openState(state);
  else if (state.view !== (sheet()?.dataset.shown ?? LIBRARY)) {
    const isWaiting = moving !== null;
    moving = state.view;
    if (!isWaiting) move(20);
  }
});

part("new-talk").addEventListener("click", () => {
  openTalk(newId(), []);
  document.querySelector("#question textarea").focus();
});
part("export").addEventListener("click", ({ target }) => {
  const { format } = target.closest("button")?.dataset ?? {};
  if (!format) return;
  trigger("select", { format, home: location.origin + location.pathname });
  part("export").open = false;
  part("export").querySelector("summary").focus();
});
part("export").addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  part("export").open = false;
  part("export").querySelector("summary").focus();
});
document.addEventListener("click", ({ target }) => {
  if (!part("export").contains(target)) part("export").open = false;
});

// The first drawing of the page comes from the server: what is opened comes after it.
const begin = () => {
  restoreDraft();
  // Back may lead to what another user asked, who logged out since.
  if ((history.state?.visitor ?? visitor) !== visitor) history.replaceState(null, "", location.pathname);
  const state = history.state;
  if (state?.talk !== undefined) openState(state);
  else openAddress();
};
let isBegun = false;
const look = () => {
  if (!document.querySelector("#conversation :is(.welcome, .turn)") || !document.querySelector("#evidence section")) return;
  if (!isBegun) {
    isBegun = true;
    begin();
  }
  showLinked();
  writeDown();
};
const observer = new MutationObserver(look);
for (const id of ["conversation", "evidence"]) observer.observe(part(id), { childList: true, subtree: true });
look();
