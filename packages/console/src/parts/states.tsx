/** What a view shows in place of what it is for: nothing there yet, still loading, or an error. */
import type { UseQueryResult } from '@tanstack/preact-query';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/request.ts';
import { Button, CopyButton, VisuallyHidden } from './controls.tsx';
import { Icon } from './icons.tsx';
import styles from './states.module.css';
import { partStrings } from './strings.ts';

export interface EmptyStateProps {
  readonly title: string;
  /** What the view is for. */
  readonly children: ComponentChildren;
  /** The one thing to do. */
  readonly action?: ComponentChildren;
  /** It stands for the whole page, and its title is the page's. */
  readonly isPage?: boolean;
}

export function EmptyState({ title, children, action, isPage = false }: EmptyStateProps): JSX.Element {
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <div class={styles.state}>
      <Heading>{title}</Heading>
      <p>{children}</p>
      {action}
    </div>
  );
}

export interface ErrorStateProps {
  readonly error: unknown;
  readonly title?: string;
  readonly onRetry?: (() => void) | undefined;
}

/** The message, its code and the request's id, by which the log is searched. */
export function ErrorState({ error, title, onRetry }: ErrorStateProps): JSX.Element {
  const strings = partStrings();
  const { code, requestId, retryAfterSeconds } =
    error instanceof ApiError ? error : ({} as Partial<ApiError>);
  return (
    <div class={styles.error} role="alert">
      {title !== undefined && <strong>{title}</strong>}
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {retryAfterSeconds !== undefined && <p>{strings.retryIn(retryAfterSeconds)}</p>}
      <div class={styles.facts}>
        {code !== undefined && <span>{strings.code(code)}</span>}
        {requestId !== undefined && (
          <>
            <span>{strings.request(requestId)}</span>
            <CopyButton text={requestId} label={strings.copyRequest} isIconOnly look="quiet" />
          </>
        )}
        {onRetry && (
          <Button icon="refresh" onClick={onRetry}>
            {strings.tryAgain}
          </Button>
        )}
      </div>
    </div>
  );
}

export interface NoteProps {
  readonly children: ComponentChildren;
  readonly tone?: 'plain' | 'warn';
}

export function Note({ children, tone = 'plain' }: NoteProps): JSX.Element {
  return (
    <div class={styles.note} data-tone={tone}>
      <Icon name={tone === 'warn' ? 'warning' : 'info'} />
      <div>{children}</div>
    </div>
  );
}

/** What is quicker than that shows no placeholder. */
const patienceMs = 200;

export function Loading({ lines = 6 }: { readonly lines?: number }): JSX.Element | null {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  if (!isShown) return null;
  return (
    <div class={styles.bones} role="status">
      <VisuallyHidden>{partStrings().loading}</VisuallyHidden>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} class={styles.bone} aria-hidden="true" />
      ))}
    </div>
  );
}

export interface LoadedProps<T> {
  readonly of: UseQueryResult<T, Error>;
  readonly lines?: number;
  readonly children: (data: T) => ComponentChildren;
}

/** The data once they are there; else the error or the placeholder. What was read before stays while it is read again. */
export function Loaded<T>({ of: reading, lines, children }: LoadedProps<T>): JSX.Element {
  if (reading.data !== undefined) {
    return (
      <>
        {reading.isError && <ErrorState error={reading.error} onRetry={() => void reading.refetch()} />}
        {children(reading.data)}
      </>
    );
  }
  if (reading.isError) {
    return (
      <ErrorState title={partStrings().failed} error={reading.error} onRetry={() => void reading.refetch()} />
    );
  }
  return <Loading {...(lines !== undefined && { lines })} />;
}
