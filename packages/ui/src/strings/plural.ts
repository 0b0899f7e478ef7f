/** Chooses a form by the plural rules of a language. */

export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

/** The form for `count`, with `#` as the number in the language's digits. */
export function plural(language: string, count: number, forms: Forms): string {
  const form = forms[new Intl.PluralRules(language).select(count)] ?? forms.other;
  return form.replace('#', new Intl.NumberFormat(language).format(count));
}
