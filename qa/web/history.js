// Runs once, for the bar above the conversation: what the browser keeps of conversations.
// Only questions are kept. What is shown of them is written as text, never as HTML.

// Whoever logs in has a store of their own: another user of the browser does not see it.
const { visitor } = rights;
const own = (name) => (visitor ? `${name}/${visitor}` : name);
const KEPT = own("verbatim.conversations");
const KEEPING = own("verbatim.keep");
const MOST_TALKS = 100;
const MOST_TURNS = 100;

const part = (id) => document.getElementById(id);
// A browser may forbid its storage, and it may be full.
const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* not kept */ } };

const isKeeping = () => stored(KEEPING) !== "no";
const isTurn = (turn) => typeof turn?.question === "string" && turn.question.trim() !== "";
const readTalks = () => {
  try {
    const found = JSON.parse(stored(KEPT) ?? "[]");
    return found.filter(({ id, turns }) => typeof id === "string" && turns?.length && turns.every(isTurn));
  } catch { return []; }
};
const writeTalks = (talks) => store(KEPT, JSON.stringify(talks.slice(0, MOST_TALKS)));

// Conversations of this visit, also when none is kept, so that Back finds them.
const visited = new Map();

const keepTalk = (id, turns) => {
  visited.set(id, turns);
  if (!isKeeping() || !turns.length) return;
  const kept = readTalks().filter((talk) => talk.id !== id);
  writeTalks([{ id, at: Date.now(), turns: turns.slice(-MOST_TURNS) }, ...kept]);
};
const findTalk = (id) => visited.get(id) ?? readTalks().find((talk) => talk.id === id)?.turns;

const drawHistory = () => {
  const talks = readTalks();
  const whose = part("history").querySelector(".of-visitor");
  whose.hidden = !visitor;
  whose.textContent = `These are the questions of ${visitor}. Others who log in here do not see them.`;
  part("history").querySelector(".none").hidden = talks.length > 0;
  part("delete-history").disabled = talks.length === 0;
  part("keep-history").checked = isKeeping();
  const list = part("history").querySelector(".talks");
  list.replaceChildren(...talks.map(({ id, at, turns }) => {
    const row = document.createElement("li");
    const open = document.createElement("button");
    const day = document.createElement("span");
    const remove = document.createElement("button");
    open.type = remove.type = "button";
    open.className = "talk";
    const more = turns.length - 1;
    open.textContent = turns[0].question.slice(0, 200);
    day.className = "facts";
    const when = new Date(at);
    day.textContent = [
      Number.isNaN(when.getTime()) ? "" : when.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" }),
      more ? `and ${more} more ${more === 1 ? "question" : "questions"}` : "",
    ].filter(Boolean).join(", ");
    open.append(day);
    open.dataset.talk = id;
    remove.className = "quiet";
    remove.dataset.forget = id;
    remove.textContent = "Delete";
    remove.ariaLabel = `Delete “${turns[0].question.slice(0, 80)}”`;
    row.append(open, remove);
    return row;
  }));
};

part("open-history").addEventListener("click", () => {
  drawHistory();
  part("history").showModal();
});
part("history").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (target === part("history") || button?.dataset.close !== undefined) part("history").close();
  else if (button?.dataset.forget) {
    writeTalks(readTalks().filter(({ id }) => id !== button.dataset.forget));
    drawHistory();
    (part("history").querySelector(".talk") ?? part("keep-history")).focus();
  } else if (button?.dataset.talk) {
    part("history").close();
    openTalk(button.dataset.talk, findTalk(button.dataset.talk) ?? []);
  } else if (button?.id === "delete-history") {
    writeTalks([]);
    drawHistory();
    part("keep-history").focus();
  }
});
part("keep-history").addEventListener("change", ({ target }) => {
  store(KEEPING, target.checked ? "yes" : "no");
  if (!target.checked) writeTalks([]);
  drawHistory();
});
