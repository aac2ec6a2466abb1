// Runs first for the panes that ask: who this page was sent to, and what they may do. The server
// wrote it into the head; once the library's status tells otherwise, status.js opens the page anew.

const rights = JSON.parse(document.querySelector('meta[name="verbatim-rights"]').content);
