/** A turn: what a dialect asks the engine to answer, already authenticated and validated. */
import type { Dialect, WhenBusy } from '../domain/generation.ts';
import type { SubjectLimits } from '../domain/limits/limits.ts';
import type { RevisionReference } from '../domain/persona.ts';
import type { Creator, Scope } from '../domain/scope.ts';
import type { RunBasis, SessionWithBasis } from '../store/queries/run-basis.ts';

/** A persona's revision. */
export interface TurnPersona extends RevisionReference {
  /** The revision and its model, if the same request has just read them; else the engine reads them. */
  readonly basis?: RunBasis;
}

export type TurnRequestTarget =
  /** A new conversation with its first session, on a persona's revision or on a bare model. */
  | { readonly kind: 'new-conversation'; readonly persona: TurnPersona; readonly text: string }
  | { readonly kind: 'new-conversation'; readonly modelId: string; readonly text: string }
  /** A new message in a session. */
  | {
      readonly kind: 'session';
      readonly sessionId: string;
      readonly text: string;
      /** The session, if the same request has just read it; else the engine reads it. */
      readonly read?: SessionWithBasis;
    }
  /** An answer to a user's message that exists; `again`: another attempt, though there is one. */
  | {
      readonly kind: 'message';
      readonly messageId: string;
      readonly again: boolean;
      /** An earlier answer, which the new one repeats word for word and then continues. */
      readonly continueFrom?: string;
    };

export interface TurnRequest {
  readonly scope: Scope;
  readonly target: TurnRequestTarget;
  readonly dialect: Dialect;
  readonly whenBusy: WhenBusy;
  /** The request's own bound; the effective one is the smallest of request, persona and model. */
  readonly maxTokens?: number;
  /** Answer with the web, whatever the persona says. */
  readonly internet?: boolean;
  /** The key that pays. */
  readonly apiKeyId: string | null;
  /** Whose limits hold for the turn. Default: nobody's. */
  readonly limits?: readonly SubjectLimits[];
  /** The ids of the personas that the key is held to; null or absent: all, and bare models. */
  readonly personas?: readonly number[] | null;
  /** The persona that the end user's token is for; null or absent: the caller has no such token. */
  readonly tokenPersona?: number | null;
  /** Who asks for it; null or absent: nobody that is known. */
  readonly createdBy?: Creator | null;
}
