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
  place.querySelector("b").textContent =
    names.length > 2 ? `${names.length} choices: ${names.slice(0, 2).join(", ")}, …` : names.join(", ");
  for (const tick of element.querySelectorAll(".tick")) tick.checked = chosen.has(tick.dataset.only);
};

document.getElementById("only").querySelector("button").addEventListener("click", () => {
  chosen.clear();
  showChosen();
  document.querySelector("#question textarea").focus();
});

// Other scripts may choose documents too, as from an address.
document.addEventListener("library-choose", ({ detail }) => {
  chosen.clear();
  for (const pattern of detail) chosen.set(pattern, pattern.replace(/\[([*?[])\]/g, "$1"));
  showChosen();
});

let late = false; // the list waits until a name is written

const refresh = async () => {
  late = Boolean(library()?.querySelector(".new-name"));
  if (late) return;
  const answer = await fetch(`library/list?${new URLSearchParams(list)}`, { cache: "no-store" });
  const drawn = library();
  if (!answer.ok || !drawn) return;
  const open = [...drawn.querySelectorAll("details[open]")].map((each) => each.className);
  const note = drawn.querySelector(".library-note");
  const sending = drawn.querySelector(".uploads");
  const focused = drawn.contains(document.activeElement) ? document.activeElement : null;
  const typed = focused?.matches(".find") ? [focused.selectionStart, focused.value] : null;
  const top = drawn.scrollTop;
  drawn.outerHTML = await answer.text();
  library().querySelector(".library-note").replaceWith(note);
  library().querySelector(".uploads").replaceWith(sending);
  for (const name of open) library().querySelector(`details.${name}`)?.setAttribute("open", "");
  library().scrollTop = top;
  if (typed) {
    const box = library().querySelector(".find");
    if (box) [box.value] = [typed[1]];
    box?.focus();
    box?.setSelectionRange(typed[0], typed[0]);
  } else if (focused) library().querySelector(".find, .plain")?.focus({ preventScroll: true });
  showChosen();
};

// Says how something went; `undo` is what a button beside it does.
const announce = (text, { failed = false, undo = null } = {}) => {
  const line = library()?.querySelector(".library-note");
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
  if ((changed || isGreeting) && library()) await refresh();
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
    announce(found.trouble ?? "The server did not answer; try again.", { failed: true });
    return null;
  }
  document.dispatchEvent(new CustomEvent("library-look"));
  return found;
};

// Uploads, one after the other.

const waiting = [];
let total = 0;
let sending = false;
const failures = [];
let known = 0;

const showUploads = (now) => {
  const place = library()?.querySelector(".uploads");
  if (!place) return;
  place.hidden = !now && failures.length === 0;
  place.replaceChildren();
  const line = (text, className) => {
    const item = document.createElement("li");
    item.textContent = text;
    item.className = className;
    place.append(item);
  };
  if (now) line(now, "going");
  for (const text of failures.slice(0, 20)) line(text, "failed");
  if (failures.length > 20) line(`and ${failures.length - 20} more files`, "failed");
};

const send = (file, name, share) =>
  new Promise((done) => {
    const request = new XMLHttpRequest(); // which tells how far an upload is
    request.open("PUT", `library/files?name=${encodeURIComponent(name)}`);
    request.upload.onprogress = ({ loaded, total: whole }) => share(whole ? loaded / whole : 0);
    request.onloadend = () => {
      let found = {};
      try { found = JSON.parse(request.responseText); } catch { /* no answer of ours */ }
      done({ status: request.status, ...found });
    };
    request.send(file);
  });

const sendAll = async () => {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const [file, name] = waiting.shift();
    const number = total - waiting.length;
    const show = (share) =>
      showUploads(`Uploading ${number} of ${total}: ${name}${share < 1 ? `, ${Math.floor(100 * share)}%` : ""}`);
    show(0);
    let found = await send(file, name, show);
    for (let tries = 0; found.status === 503 && tries < 30; tries += 1) {
      await new Promise((soon) => setTimeout(soon, 2000));
      found = await send(file, name, show);
    }
    if (found.status !== 201) failures.push(found.trouble ?? `${name}: the upload broke off; try again`);
    else if (found.known) known += 1;
  }
  const stored = total - failures.length - known;
  showUploads("");
  const parts = [];
  if (stored) parts.push(`${stored} ${stored === 1 ? "file" : "files"} added`);
  if (known) parts.push(`${known} there already`);
  if (failures.length) parts.push(`${failures.length} not added`);
  announce(`${parts.join(", ")}.`, { failed: failures.length > 0 && !stored });
  [sending, total, known] = [false, 0, 0];
  document.dispatchEvent(new CustomEvent("library-look"));
};

// The collection that files are added to: the one that is chosen, if there is more than one.
const destination = () => {
  const names = collections();
  const wanted = names.filter((name) => chosen.has(everythingIn(name)));
  if (names.length === 0) return "";
  if (names.length === 1 || wanted.length === 1) return `${(wanted[0] ?? names[0])}/`;
  return null;
};

const add = (files) => {
  const folder = destination();
  if (folder === null) {
    announce("Choose one collection beside the question: the files are added to it.", { failed: true });
    return;
  }
  if (!sending) failures.length = 0;
  for (const [file, name] of files) {
    // Files that systems hide are no documents.
    if (name.split("/").some((part) => part.startsWith("."))) continue;
    waiting.push([file, folder + name]);
    total += 1;
  }
  if (waiting.length) sendAll();
};

const canChange = () => library()?.dataset.canChange === "true";

// A dropped folder is read through to its last file.
const filesOf = async (entry, path) => {
  const name = path + entry.name;
  if (entry.isFile) return [[await new Promise((done, failed) => entry.file(done, failed)), name]];
  const reader = entry.createReader();
  const found = [];
  for (;;) { // it gives a hundred at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    for (const each of some) found.push(...(await filesOf(each, `${name}/`)));
  }
};

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault(); // or the browser would leave the page to show the file
  event.dataTransfer.dropEffect = canChange() ? "copy" : "none";
  document.body.classList.toggle("dropping", canChange());
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("dropping");
});
document.addEventListener("drop", async (event) => {
  document.body.classList.remove("dropping");
  if (!carriesFiles(event)) return;
  event.preventDefault();
  if (!canChange()) return;
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const found = await Promise.all(entries.map((entry) => filesOf(entry, "")));
  add(found.flat());
});

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
    [list.search, list.page] = [target.value, 1];
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
  box.setAttribute("aria-label", `New name of ${path}`);
  shown.hidden = true;
  row.querySelector(".changes").hidden = true;
  row.append(box);
  box.focus();
  const stem = path.lastIndexOf(".") > path.lastIndexOf("/") ? path.lastIndexOf(".") : path.length;
  box.setSelectionRange(path.lastIndexOf("/") + 1, stem);
  let ended = false;
  const end = () => {
    if (ended) return; // removing the box blurs it, which would end it again
    ended = true;
    box.remove();
    shown.hidden = false;
    row.querySelector(".changes").hidden = false;
    if (late) refresh();
  };
  box.addEventListener("blur", end);
  box.addEventListener("keydown", async (event) => {
    if (event.key === "Escape") {
      end();
      button.focus();
    }
    if (event.key !== "Enter" || !box.value.trim()) return;
    const found = box.value === path ? null : await post("rename", { path, to: box.value });
    end();
    if (!found) return;
    announce(`${path} is ${found.path} now.`, {
      undo: async () => {
        if (await post("rename", { path: found.path, to: path })) announce(`It is ${path} again.`);
      },
    });
  });
};

const putBack = async (token) => {
  const found = await post("restore", { token });
  if (found) announce(`${found.path} is back.`);
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
  } else if (button.dataset.rename) rename(button);
  else if (remove) {
    const found = await post("remove", { path: remove });
    if (!found) return;
    announce(`${remove} was deleted.`, { undo: () => putBack(found.token) });
    const row = button.closest("li");
    row.classList.add("leaving");
    if (chosen.delete(row.querySelector(".tick")?.dataset.only)) showChosen(); // or nothing would be asked
  } else if (restore) putBack(restore);
  else if (forget) {
    if (await post("forget", { token: forget })) refresh();
  }
});

// Drawn anew by the server: with the choice and the order of this visitor.
watch("value", () => {
  if (!library()) return;
  showChosen();
  if (list.search || list.sort || list.page > 1) refresh();
});
