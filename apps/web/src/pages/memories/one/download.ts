/** Hands a file to the person, made on this page. */
export function download(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has it by then; earlier some of them lose it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
