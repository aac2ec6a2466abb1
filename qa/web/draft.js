// Runs once, for the bar above the conversation: what is being written outlives a reload. Gradio
// loads the page anew where a server that was lost answers again.

const DRAFT = own("verbatim.draft");
const draftBox = () => part("question")?.querySelector("textarea");
window.addEventListener("pagehide", () => {
  try { sessionStorage.setItem(DRAFT, draftBox()?.value ?? ""); } catch { /* not kept */ }
});
const restoreDraft = () => {
  let draft = null;
  try { draft = sessionStorage.getItem(DRAFT); } catch { /* none is kept */ }
  if (!draft || draftBox().value) return;
  draftBox().value = draft;
  draftBox().dispatchEvent(new Event("input", { bubbles: true })); // by which Svelte learns of it
};
