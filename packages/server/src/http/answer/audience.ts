/**
 * Who reads why an answer failed. A provider's words are for those who run the models; everybody else gets one sentence
 * by code, without a figure: widgets take "401" in an error's text for an expired token, and send the message again.
 */
import type { Principal } from '../../auth/principal.ts';
import type { ErrorCode, ErrorDetails } from '../../domain/errors.ts';

/** `insiders`: keys, members and administrators. `public`: end users, and requests without a credential. */
export const audiences = ['insiders', 'public'] as const;
export type Audience = (typeof audiences)[number];

/** The reason why an answer failed. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Pick<ErrorDetails, 'provider_status'>;
}

const outsiders: ReadonlySet<Principal['kind']> = new Set(['end-user', 'anonymous']);

export function audienceOf(caller: Principal | undefined): Audience {
  return caller === undefined || outsiders.has(caller.kind) ? 'public' : 'insiders';
}

const sentences: Readonly<Partial<Record<ErrorCode, string>>> = {
  provider_error: 'the model could not answer; please try again',
  provider_timeout: 'the model did not answer in time; please try again',
  context_overflow: 'the conversation is too long for the model',
  model_unavailable: 'the model is not available at the moment',
  rate_limited: 'there are too many requests at the moment; please try again shortly',
  quota_exhausted: 'what may be used for now is used up; please try again later',
  overloaded: 'the server is busy at the moment; please try again shortly',
  interrupted: 'the answer was interrupted; please try again',
};
const otherwise = 'the answer failed; please try again';

/** The failure as this audience may read it. */
export function failureFor({ code, message, details }: Failure, audience: Audience): Failure {
  return {
    code,
    message: audience === 'insiders' ? message : (sentences[code] ?? otherwise),
    ...(details !== undefined && { details }),
  };
}

/** The codes of errors that speak of a model: of its provider, its key, or its settings. */
const aboutModels: ReadonlySet<ErrorCode> = new Set([
  'provider_error',
  'provider_timeout',
  'model_unavailable',
]);

/** What an error that is an answer of its own says: its own words, but for those about a model. */
export function messageFor(failure: Failure, audience: Audience): string {
  return aboutModels.has(failure.code) ? failureFor(failure, audience).message : failure.message;
}
