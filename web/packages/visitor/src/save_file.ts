/** Gives a text to whoever is here as a file. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // After the browser has begun.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
