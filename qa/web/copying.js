// Runs once, for the bar above the conversation: copies links and quotations.

// Without HTTPS, and not on this machine, a browser has no navigator.clipboard.
const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { /* the way from before there was one */ }
  const box = document.createElement("textarea");
  const before = document.activeElement;
  box.value = text;
  box.readOnly = true;
  box.style.cssText = "position: fixed; top: 0; opacity: 0";
  document.body.append(box);
  box.select();
  const isCopied = document.execCommand("copy");
  box.remove();
  before?.focus();
  return isCopied;
};

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("button[data-copy]");
  if (!button) return;
  const { copy, document: documentId, place, words, source } = button.dataset;
  const turn = button.closest(".turn") ?? turnAt(sheet()?.dataset.shown ?? LIBRARY);
  const link = location.origin + addressOf({
    question: turn?.dataset.asked,
    only: turn ? JSON.parse(turn.dataset.only) : [],
    documentId,
    place,
  });
  const isCopied = await copyText(copy === "link" ? link : `“${words}” (${source})\n${link}`);
  const label = button.textContent;
  button.style.minWidth = `${button.offsetWidth}px`; // or what is beside it would move
  button.textContent = part("said").textContent = isCopied ? "Copied" : "Not copied: your browser does not allow it";
  setTimeout(() => {
    button.textContent = label;
    button.style.minWidth = "";
    part("said").textContent = "";
  }, 1500);
});
