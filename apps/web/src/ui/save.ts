/**
 * Has the browser save bytes as a file. The address that it is fetched from lives until the browser took it, and no longer.
 *
 * @param name - What the file is called.
 */
export function saveFile(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  type = "application/octet-stream",
): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // A browser that begins late would find nothing: it gets a while.
  setTimeout(() => URL.revokeObjectURL(url), REVOKED_AFTER);
}

const REVOKED_AFTER = 10_000;
