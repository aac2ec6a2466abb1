// Runs once, for the evidence: the list of documents, uploads, and which documents are asked.
// What it inserts as HTML was escaped by the server.

const library = () => element.querySelector(".library");
const list = { search: "", sort: "", page: 1 };
let seen = null; // the library's status as drawn last
let asked = false; // this visitor wants to know how it went

// The choice of documents: shell patterns, each with the name that is shown for it.
const chosen = new Map();

// Where several collections are served, each is a folder of the list, and has a button of its own.
const shelf = document.getElementById("collections");
const collections = () => JSON.parse(shelf?.dataset.names ?? "[]");
const everythingIn = (name) => `${name}/*`;

const drawCollections = (names) => {
  if (!shelf || shelf.dataset.names === JSON.stringify(names)) return;
  shelf.dataset.names = JSON.stringify(names);
  shelf.hidden = names.length < 2;
  const label = document.createElement("span");
  label.textContent = "Ask";
  shelf.replaceChildren(label, ...["", ...names].map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.dataset.collection = name;
    button.textContent = name || "All";
    return button;
  }));
  showChosen();
};

shelf?.addEventListener("click", ({ target }) => {
  const { collection } = target.closest("button")?.dataset ?? {};
  if (collection === undefined) return;
  const pattern = everythingIn(collection);
  if (collection === "") chosen.clear();
  else if (!chosen.delete(pattern)) chosen.set(pattern, collection);
  showChosen();
});

// On a phone the choice is out of view where documents are ticked: it is shown there too (style.css).
const away = document.getElementById("away");
const showAway = () => {
  const { top, bottom } = document.getElementById("filter").getBoundingClientRect();
  away.hidden = chosen.size === 0 || (top >= 0 && bottom <= innerHeight);
};

const showChosen = () => {
  const place = document.getElementById("only");
  place.dataset.patterns = JSON.stringify([...chosen.keys()]);
  for (const button of shelf?.querySelectorAll("button") ?? []) {
    const { collection } = button.dataset;
    button.ariaPressed = String(collection ? chosen.has(everythingIn(collection)) : chosen.size === 0);
  }
  const shown = collections().map(everythingIn);
  place.hidden = [...chosen.keys()].every((pattern) => shown.length > 1 && shown.includes(pattern));
  const names = [...chosen.values()];
  place.querySelector("b").textContent = away.querySelector("b").textContent =
    names.length > 2 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(" and ");
  showAway();
  for (const tick of element.querySelectorAll(".tick")) tick.checked = chosen.has(tick.dataset.only);
};

for (const each of [document.getElementById("only"), away]) {
  each.querySelector("[data-all]").addEventListener("click", () => {
    chosen.clear();
    showChosen();
    document.querySelector("#question textarea").focus({ preventScroll: each === away });
  });
}
for (const moved of ["scroll", "resize"]) window.addEventListener(moved, showAway, { passive: true });

// Other scripts may choose documents too, as from an address.
document.addEventListener("library-choose", ({ detail }) => {
  chosen.clear();
  for (const pattern of detail) chosen.set(pattern, pattern.replace(/\[([*?[])\]/g, "$1"));
  showChosen();
});

// What was focused in the list before it was drawn anew: the same again, or what is beside it.
const NAMES = ["only", "view", "rename", "remove", "restore", "forget", "pick"];
const sameAs = (part) => {
  const isPaging = part.closest(".pages") !== null;
  const alike = [...library().querySelectorAll(part.localName)].filter((each) =>
    each.className === part.className && each.parentElement.className === part.parentElement.className &&
    NAMES.every((name) => each.dataset[name] === part.dataset[name]) && !each.disabled);
  return alike.find((each) => !isPaging || each.textContent === part.textContent) ?? alike[0];
};

let late = false; // the list waits until a name is written

// Files that were deleted or renamed, each with the build after which the list knows it; one that
// is under way may have read the file before.
const leaving = new Map();
const leave = (path) => {
  leaving.set(path, (seen?.finished ?? 0) + (seen?.activity ? 2 : 1));
  showLeaving();
};
const comeBack = (path) => {
  leaving.delete(path);
  showLeaving();
};
const showLeaving = () => {
  for (const [path, build] of leaving) if (seen?.finished >= build) leaving.delete(path);
  for (const button of element.querySelectorAll(".entries [data-rename]")) {
    button.closest("li").classList.toggle("leaving", leaving.has(button.dataset.rename));
  }
};

const refresh = async () => {
  late = Boolean(library()?.querySelector(".new-name"));
  if (late) return;
  const answer = await fetch(`library/list?${new URLSearchParams(list)}`, { cache: "no-store" });
  const drawn = library();
  if (!answer.ok || !drawn) return;
  const open = [...drawn.querySelectorAll("details[open]")].map((each) => each.className);
  const news = drawn.querySelector(".news");
  const focused = drawn.contains(document.activeElement) ? document.activeElement : null;
  const typed = focused?.matches(".find") ? [focused.selectionStart, focused.value] : null;
  const top = drawn.scrollTop;
  drawn.outerHTML = await answer.text();
  library().querySelector(".news").replaceWith(news);
  for (const name of open) library().querySelector(`details.${name}`)?.setAttribute("open", "");
  library().scrollTop = top;
  if (typed) {
    const box = library().querySelector(".find");
    if (box) [box.value] = [typed[1]];
    box?.focus();
    box?.setSelectionRange(typed[0], typed[0]);
  } else if (focused) {
    const kept = news.contains(focused) ? focused : sameAs(focused) ?? library().querySelector(".find, .plain");
    kept?.focus({ preventScroll: true });
  }
  showChosen();
  showLeaving();
  tellUnread();
};

let untold = null; // what is said as soon as the list is shown
let saying = null; // what is said as long as it is shown

// Says how something went; `undo` is what a button beside it does.
const announce = (text, { failed = false, undo = null } = {}) => {
  const line = library()?.querySelector(".library-note");
  untold = line ? null : [text, { failed, undo }];
  saying = line && text ? [text, { failed, undo }] : null;
  if (!line) return;
  line.textContent = text;
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "Undo";
    button.addEventListener("click", undo);
    line.append(" ", button);
  }
  line.className = `library-note banner ${failed ? "failed" : "done"}`;
  line.hidden = !text;
};

document.addEventListener("library-asked", () => { asked = true; });
document.addEventListener("library", async ({ detail }) => {
  const before = seen;
  seen = detail;
  drawCollections(detail.collections);
  const changed = before !== null && before.generation !== detail.generation;
  const isGreeting = library()?.querySelector(".greeting") && before?.activity !== detail.activity;
  if ((changed || isGreeting) && library()) {
    await refresh();
    // Answers may be from documents that have gone.
    if (changed && document.querySelector(".turn") && !isAsking()) trigger("select", { view: "talk" });
  }
  // Questions to begin with were found, or have gone with their documents.
  else if (before && before.examples !== detail.examples && library() && document.querySelector(".welcome")) {
    trigger("select", { view: "" });
  }
  // What is shown of a document may be of an older one now.
  else if (changed && element.querySelector("[data-shown]")) {
    trigger("select", { view: element.querySelector("[data-shown]").dataset.shown });
  }
  if (before && before.finished !== detail.finished && asked) {
    announce(detail.trouble || detail.note, { failed: detail.trouble !== "" });
    asked = false;
  } else if ((before?.trouble ?? "") !== detail.trouble) announce(detail.trouble, { failed: true });
});

const post = async (path, body) => {
  const answer = await fetch(`library/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    announce(found.detail ?? "The server did not answer. Try again.", { failed: true });
    return null;
  }
  document.dispatchEvent(new CustomEvent("library-look"));
  return found;
};

element.addEventListener("change", ({ target }) => {
  if (target.matches(".tick")) {
    if (target.checked) chosen.set(target.dataset.only, target.dataset.label);
    else chosen.delete(target.dataset.only);
    showChosen();
  } else if (target.matches(".sort")) {
    [list.sort, list.page] = [target.value, 1];
    refresh();
  } else if (target.matches(".pick-files, .pick-folder")) {
    add([...target.files].map((file) => [file, file.webkitRelativePath || file.name]));
    target.value = "";
  }
});

let typing = 0;
element.addEventListener("input", ({ target }) => {
  if (!target.matches(".find")) return;
  clearTimeout(typing);
  typing = setTimeout(() => {
    [list.search, list.page] = [target.value.slice(0, target.maxLength), 1]; // a script may write more
    refresh();
  }, 200);
});

const rename = (button) => {
  const row = button.closest("li, .folder");
  const shown = row.querySelector(".entry, .name");
  const path = button.dataset.rename;
  const box = document.createElement("input");
  box.className = "new-name";
  box.value = path;
  box.setAttribute("aria-label", `New folder and name of ${path}`);
  box.title = "Another folder moves it there; a new one is made.";
  shown.hidden = true;
  row.querySelector(".changes").hidden = true;
  const form = document.createElement("form");
  form.className = "renaming";
  const [save, cancel] = ["Save", "Cancel"].map((name) => {
    const made = document.createElement("button");
    [made.className, made.textContent, made.type] = ["quiet", name, name === "Save" ? "submit" : "button"];
    // Some browsers give a button no focus, and the box would lose it to nothing before the click.
    made.addEventListener("pointerdown", (event) => event.preventDefault());
    return made;
  });
  form.append(box, save, cancel);
  row.append(form);
  box.focus();
  const stem = path.lastIndexOf(".") > path.lastIndexOf("/") ? path.lastIndexOf(".") : path.length;
  box.setSelectionRange(path.lastIndexOf("/") + 1, stem);
  let ended = false;
  const end = () => {
    if (ended) return; // removing the box blurs it, which would end it again
    ended = true;
    form.remove();
    shown.hidden = false;
    row.querySelector(".changes").hidden = false;
    if (late) refresh();
  };
  const giveUp = () => {
    end();
    button.focus();
  };
  form.addEventListener("focusout", ({ relatedTarget }) => {
    if (!form.contains(relatedTarget)) end();
  });
  form.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") giveUp();
  });
  cancel.addEventListener("click", giveUp);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!box.value.trim()) return;
    const found = box.value === path ? { path } : await post("rename", { path, to: box.value });
    if (!found) return; // what was written stays, to be mended
    end();
    if (found.path === path) return;
    leave(path);
    announce(`${path} is ${found.path} now.`, {
      undo: async () => {
        if (!(await post("rename", { path: found.path, to: path }))) return;
        comeBack(path);
        announce(`It is ${path} again.`);
      },
    });
  });
};

const putBack = async (token) => {
  const found = await post("restore", { token });
  if (found) {
    comeBack(found.path);
    announce(`${found.path} is back.`);
  }
  refresh();
};

element.addEventListener("click", async ({ target }) => {
  const button = target.closest("button");
  const { pick, page, remove, restore, forget } = button?.dataset ?? {};
  if (target.closest('a[href="#unread"]')) library().querySelector(".unread").open = true;
  if (!button) return;
  if (pick) library().querySelector(`.pick-${pick}`).click();
  else if (page) {
    list.page = Number(page);
    await refresh();
    library().scrollTop = 0;
    if (narrow.matches) library().scrollIntoView();
  } else if (button.dataset.dismiss !== undefined) dismiss();
  else if (button.dataset.rename) rename(button);
  else if (remove) {
    const found = await post("remove", { path: remove });
    if (!found) return;
    announce(`${remove} was deleted.`, { undo: () => putBack(found.token) });
    leave(remove);
    if (chosen.delete(button.closest("li").querySelector(".tick")?.dataset.only)) showChosen(); // or nothing would be asked
  } else if (restore) putBack(restore);
  else if (forget) {
    if (await post("forget", { token: forget })) refresh();
  }
});

let isShown = library() !== null;

// Drawn anew by the server: with the choice and the order of this visitor.
watch("value", () => {
  const wasShown = isShown;
  isShown = library() !== null;
  if (!isShown) {
    saying = null;
    return;
  }
  showChosen();
  showLeaving();
  // Drawn anew while it is shown, it says what it said before.
  if (untold ?? saying) announce(...(untold ?? saying));
  if (wasShown) tellUnread();
  else showAgain();
  if (list.search || list.sort || list.page > 1) refresh();
});
