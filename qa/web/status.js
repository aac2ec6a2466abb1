// Runs once, beside the masthead: shows what is going on in the library, and tells the other panes.

const find = (id) => element.querySelector(`#${id}`);
const LOOK = { busy: 700, idle: 2500, hidden: 20000 }; // milliseconds

let timer = 0;

const show = (status) => {
  find("summary").textContent = status.summary;
  const line = find("activity");
  line.hidden = !status.activity;
  line.querySelector("span").textContent = status.activity;
  const bar = line.querySelector("progress");
  if (status.share === null) bar.removeAttribute("value");
  else bar.value = status.share;
  find("rebuild").disabled = status.activity !== "";
  find("rebuild").hidden = !status.may_edit;
  find("visitor").hidden = !status.visitor;
  find("visitor").querySelector("span").textContent = status.visitor;
  // Other panes draw themselves anew when something of this has changed.
  document.dispatchEvent(new CustomEvent("library", { detail: status }));
};

const look = async (path = "status", options = {}) => {
  clearTimeout(timer);
  let wait = document.hidden ? LOOK.hidden : LOOK.idle;
  try {
    const answer = await fetch(`library/${path}`, { cache: "no-store", ...options });
    if (answer.status === 401) location.reload(); // logged out, or no longer a user: the login page
    const status = await answer.json();
    if (status.starting) wait = LOOK.busy;
    else show(status);
    if (status.activity) wait = LOOK.busy;
  } catch { // the server has stopped, or is busy: it is asked again
    wait = LOOK.idle;
  }
  clearTimeout(timer);
  timer = setTimeout(look, wait);
};

find("rebuild").addEventListener("click", () => {
  find("rebuild").disabled = true;
  document.dispatchEvent(new CustomEvent("library-asked"));
  look("build", { method: "POST" });
});
find("visitor").querySelector("button").addEventListener("click", async () => {
  await fetch("logout", { method: "POST", redirect: "manual" });
  location.assign("login");
});
document.addEventListener("library-look", () => look());
document.addEventListener("visibilitychange", () => document.hidden || look());
look();
