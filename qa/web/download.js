// Runs once, for a pane that is never seen: saves what the server puts into it as a file.

watch("value", () => {
  const [, coded] = element.textContent.trim().split(" ");
  if (!coded) return;
  const bytes = Uint8Array.from(atob(coded), (sign) => sign.charCodeAt(0));
  const { name, type, text } = JSON.parse(new TextDecoder().decode(bytes));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
});
