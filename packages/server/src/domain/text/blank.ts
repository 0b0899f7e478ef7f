/** Whether a text says anything. */

/** Blanks, control and format characters, fillers, and what renderers ignore. */
const nothing = /^[\s\p{C}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Whether a text holds only blanks and invisible signs. */
export function isBlank(text: string): boolean {
  return nothing.test(text);
}
