// Runs once, beside the masthead: shows what is going on in the library, and tells the other panes.

const find = (id) => element.querySelector(`#${id}`);
const LOOK = { busy: 700, idle: 2500, hidden: 20000 }; // milliseconds

let timer = 0;
let isLeaving = false;
let misses = 0; // looks in a row to which nobody answered

// Tabs of one browser have one login: what is asked in them is of one visitor.
const tabs = new BroadcastChannel(`verbatim ${location.pathname}`);
const leave = () => {
  isLeaving = true; // or the page would be wanted by whoever logs in next
  location.replace("login");
};
tabs.addEventListener("message", leave);

// Disabled, a button would lose the focus to nothing.
const setBuilding = (isBuilding) => { find("rebuild").ariaDisabled = String(isBuilding); };

const show = (status) => {
  if (status.visitor !== rights.visitor) location.replace(location.pathname); // another has logged in
  else if (Object.keys(rights).some((each) => status[each] !== rights[each])) location.reload();
  find("summary").textContent = status.summary;
  const line = find("activity");
  line.hidden = !status.activity;
  line.querySelector("span").textContent = status.activity;
  const bar = line.querySelector("progress");
  if (status.share === null) bar.removeAttribute("value");
  else bar.value = status.share;
  setBuilding(status.activity !== "");
  // Other panes draw themselves anew when something of this has changed.
  document.dispatchEvent(new CustomEvent("library", { detail: status }));
};

const showWaiting = () => {
  const line = find("activity");
  line.hidden = false;
  line.querySelector("span").textContent = "Waiting for the server …";
  line.querySelector("progress").removeAttribute("value");
};

const look = async (path = "status", options = {}) => {
  clearTimeout(timer);
  let wait = document.hidden ? LOOK.hidden : LOOK.idle;
  try {
    const answer = await fetch(`library/${path}`, { cache: "no-store", ...options });
    if (answer.status === 401 && !isLeaving) location.reload(); // logged out, or no longer a user: the login page
    const status = await answer.json();
    misses = 0;
    if (status.starting) wait = LOOK.busy;
    else if (answer.ok) show(status);
    if (status.activity) wait = LOOK.busy;
  } catch { // the server has stopped, or is busy: it is asked again
    wait = LOOK.idle;
    misses += 1;
    if (misses > 1) showWaiting();
  }
  clearTimeout(timer);
  timer = setTimeout(look, wait);
};

find("rebuild").hidden = !rights.may_edit;
find("visitor").hidden = !rights.visitor;
find("visitor").querySelector("span").textContent = rights.visitor;
find("rebuild").addEventListener("click", () => {
  if (find("rebuild").ariaDisabled === "true") return;
  setBuilding(true);
  document.dispatchEvent(new CustomEvent("library-asked"));
  look("build", { method: "POST" });
});
find("visitor").querySelector("button").addEventListener("click", async () => {
  isLeaving = true;
  tabs.postMessage("leave");
  await fetch("logout", { method: "POST", redirect: "manual" });
  leave();
});
document.addEventListener("library-look", () => look());
document.addEventListener("visibilitychange", () => document.hidden || look());
look();
