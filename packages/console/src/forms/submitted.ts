/** What stands in a field of the form that is submitted: what is rendered may lag behind what was typed. */
export function submitted(event: { readonly currentTarget: HTMLFormElement }, name: string): string {
  return String(new FormData(event.currentTarget).get(name) ?? '');
}
