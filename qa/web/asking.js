// For the bar and the panes: one request about the conversation at a time.
// Gradio drops a request while it is not done with another of the same kind, and of two kinds it
// shows the one that ends last. It is done some time after the answer was drawn, and says so then.

const PATIENCE = 10000; // milliseconds in which the page shows that a question is being answered
const talkState = () => document.getElementById("talk").dataset;
const isAsking = () => {
  const since = talkState().asking;
  if (since === undefined) return false;
  return document.querySelector("#conversation .pending") !== null || performance.now() - since < PATIENCE;
};
const noteAsking = () => { talkState().asking = performance.now(); };

// Sends a request when it is its turn, if it is wanted still.
const sendNext = (send, isWanted = () => true) => {
  if (!isWanted()) return;
  if (isAsking()) {
    setTimeout(() => sendNext(send, isWanted), 60);
    return;
  }
  noteAsking();
  send();
};
