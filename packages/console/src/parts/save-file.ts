/** Files that are made in the browser, or come out of an answer. */

/** Saves a file under that name, as a download link does. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun with the click.
  URL.revokeObjectURL(address);
}

/** Saves a text of that media type. */
export function saveText(name: string, type: string, text: string): void {
  saveFile(name, new Blob([text], { type }));
}

/** A name that every file system takes. */
export function fileName(text: string, extension: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${plain || 'file'}.${extension}`;
}
