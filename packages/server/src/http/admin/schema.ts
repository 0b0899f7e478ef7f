/** What the schemas of all resources share. */
import { Type } from 'typebox';
import { maxFallbacks } from '../../domain/model.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { created } from '../openapi/answers.ts';
import { exampleId, IdField, TimeField } from '../openapi/fields.ts';
import { type DocumentedResponse, errorResponses } from '../openapi/responses.ts';

export const tags = ['admin'];

/** The prefix of the administration. */
export const adminPath = '/api/admin';
/** The path of an organization, below the prefix; `access: 'organization-admin'` looks `:org_id` up. */
export const organizationPath = '/organizations/:org_id';

export const OrganizationParams = Type.Object({ org_id: IdField('The organization.') });

export const createdAt = TimeField('When it was made.');
export const updatedAt = TimeField('When it was changed last.');

/** The models that are tried in a model's place, by their ids. */
export function FallbacksField(description: string) {
  return Type.Array(IdField('A model.'), { maxItems: maxFallbacks, description, examples: [[exampleId]] });
}

/** Every error that the administration has. */
export const refusals = errorResponses(400, 401, 403, 404, 409, 429);

/** The answer to a POST that makes something. */
export function createdAnswer(made: DocumentedResponse) {
  const example = `${adminPath}/organizations/${exampleId}`;
  return created(made, { description: 'The path of what was made.', example });
}

/** The value of `Location` for an entry of an organization's list. */
export function locationOf({ organizationId }: OrganizationScope, list: string, id: string | number): string {
  return `${adminPath}/organizations/${organizationId}/${list}/${id}`;
}
