/** The types of `form-fields.js`. */
import type { FormSchema } from './src/forms/fields.ts';

export function formOf(schema: object): FormSchema;
