/** The error answers of the routes of `/v1`, for their documentation. */
import { Type } from 'typebox';
import { type DocumentedResponse, type ErrorStatus, errorResponsesIn } from '../../openapi/responses.ts';
import { errorObject } from './errors.ts';

export const OpenAiErrorSchema = Type.Object(
  {
    error: Type.Object(
      {
        message: Type.String({
          description: 'What went wrong, for people.',
          examples: ['input is required'],
        }),
        type: Type.String({ description: 'The kind of error.', examples: ['invalid_request_error'] }),
        param: Type.String({
          description: 'The field that is wrong; empty where none is.',
          examples: ['input'],
        }),
        code: Type.String({ description: 'What went wrong, for programs.', examples: ['invalid_value'] }),
        generation_id: Type.Optional(
          Type.String({ description: 'With `conversation_locked`: what is still being answered.' }),
        ),
      },
      { description: 'The error.' },
    ),
  },
  { $id: 'OpenAiError', title: 'OpenAiError', description: "An error in OpenAI's form." },
);

export function openAiErrorResponses(...statuses: ErrorStatus[]): Record<number, DocumentedResponse> {
  const exampleOf = (code: Parameters<typeof errorObject>[0]['code'], message: string) => ({
    error: errorObject({ code, message }),
  });
  return errorResponsesIn(Type.Ref('OpenAiError#'), exampleOf, ...statuses);
}
