// Runs once, for the evidence, with library.js: files that a visitor adds, one after the other.

const waiting = [];
let total = 0;
let sending = false;
const failures = [];
const numbered = []; // files added under another name, because it was taken: { path, earlier }
const arrived = new Set(); // paths of files of which it is not known yet whether they can be read
let known = 0;
let hidden = 0; // files that systems hide, left out
let going = ""; // what is being sent
let told = 0; // so many failures were seen

const showUploads = (now = going) => {
  going = now;
  const place = library()?.querySelector(".uploads");
  if (!place) return;
  told = failures.length;
  place.hidden = !now && failures.length === 0 && numbered.length === 0;
  place.replaceChildren();
  const line = (text, className, name = "", files = []) => {
    const item = document.createElement("li");
    item.textContent = text;
    item.className = className;
    place.append(item);
    if (!name) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = name;
    button.addEventListener("click", () => replaceEarlier(files));
    item.append(" ", button);
  };
  if (now) line(now, "going");
  for (const text of failures.slice(0, 20)) line(text, "failed");
  if (failures.length > 20) line(`and ${failures.length - 20} more files`, "failed");
  for (const each of numbered.slice(0, 20)) {
    const text = `${each.earlier} is there already, with other contents. This one is named ${each.path}.`;
    line(text, "numbered", "Replace the earlier one", [each]);
  }
  if (numbered.length > 1) {
    line(`${numbered.length} files have names that were taken.`, "numbered", "Replace all earlier ones", [...numbered]);
  }
};

// What is replaced is put away as if it was deleted.
const replaceEarlier = async (files) => {
  const done = [];
  for (const each of files) {
    const found = await post("replace", each);
    numbered.splice(numbered.indexOf(each), 1); // also if it failed: one of the two is not there now
    if (!found) break;
    done.push([each, found.token]);
  }
  showUploads();
  if (done.length < files.length) return;
  const [what, kept] = done.length === 1 ? [files[0].earlier, "one is"] : [`${done.length} files`, "ones are"];
  announce(`${what} replaced. The earlier ${kept} among the deleted files.`, { undo: () => takeBack(done) });
  library().querySelector(".library-note button").focus({ preventScroll: true });
};

const takeBack = async (done) => {
  for (const [each, token] of done) {
    if (!(await post("rename", { path: each.earlier, to: each.path }))) return;
    if (!(await post("restore", { token }))) return;
    numbered.push(each);
  }
  announce("The earlier version is back.");
  showUploads();
  library().querySelector(".uploads button").focus({ preventScroll: true });
};

// The list is opened again: what failed was read there by now.
const showAgain = () => {
  if (!sending) failures.splice(0, told);
  tellUnread();
};

const dismiss = () => {
  failures.length = numbered.length = 0;
  announce("");
  showUploads();
  library().querySelector(".find, .plain")?.focus({ preventScroll: true });
};

// The files that were not read stand far below, and closed.
const tellUnread = () => {
  for (const row of library().querySelectorAll(".unread [data-path]")) {
    const { path } = row.dataset;
    if (!arrived.delete(path)) continue;
    failures.push(`${path} was added, but cannot be read. ${row.querySelector(".reason").textContent}`);
  }
  showUploads();
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
    if (found.status !== 201) failures.push(found.detail ?? `The upload of ${name} broke off. Try again.`);
    else if (found.known) known += 1;
    else {
      arrived.add(found.path);
      if (found.earlier) numbered.push({ path: found.path, earlier: found.earlier });
    }
  }
  const stored = total - failures.length - known;
  showUploads("");
  const parts = [];
  if (stored) parts.push(`${stored} ${stored === 1 ? "file" : "files"} added`);
  if (known) parts.push(`${known} there already`);
  if (failures.length) parts.push(`${failures.length} not added`);
  if (hidden) parts.push(`${hidden} hidden ${hidden === 1 ? "file" : "files"} left out`);
  announce(`${parts.join(", ")}.`, { failed: !stored && (failures.length > 0 || !known) });
  [sending, total, known, hidden] = [false, 0, 0, 0];
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
  if (!library()) trigger("select", { view: "library/0/0/0/" }); // where it is seen how they fare
  const folder = destination();
  if (folder === null) {
    announce("Choose one collection beside the question: the files are added to it.", { failed: true });
    return;
  }
  if (!sending) failures.length = 0;
  for (const [file, name] of files) {
    // Files that systems hide are no documents.
    if (name.split("/").some((part) => part.startsWith("."))) hidden += 1;
    else {
      waiting.push([file, folder + name]);
      total += 1;
    }
  }
  if (waiting.length || hidden) sendAll();
};

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
  event.dataTransfer.dropEffect = rights.may_change ? "copy" : "none";
  document.body.classList.toggle("dropping", rights.may_change);
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("dropping");
});
document.addEventListener("drop", async (event) => {
  document.body.classList.remove("dropping");
  if (!carriesFiles(event)) return;
  event.preventDefault();
  if (!rights.may_change) return;
  const items = [...event.dataTransfer.items].filter(({ kind }) => kind === "file");
  const found = await Promise.all(items.map((item) => {
    const entry = item.webkitGetAsEntry();
    if (entry) return filesOf(entry, "");
    const file = item.getAsFile(); // it is in no folder, as what another program hands over
    return file ? [[file, file.name]] : [];
  }));
  add(found.flat());
});
