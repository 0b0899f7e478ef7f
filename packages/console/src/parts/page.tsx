/** The frame of a view: its title, what can be done, and boxes for what is in it. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { CopyButton } from './controls.tsx';
import { Icon } from './icons.tsx';
import styles from './page.module.css';

export interface PageProps {
  readonly title: string;
  /** Beside the title: badges. */
  readonly badges?: ComponentChildren;
  readonly actions?: ComponentChildren;
  /** The list that a single thing belongs to. */
  readonly back?: { readonly href: string; readonly label: string };
  readonly children: ComponentChildren;
}

export function Page({ title, badges, actions, back, children }: PageProps): JSX.Element {
  useTitle(title);
  return (
    <div class={styles.page}>
      {back && (
        <Link href={back.href} className={styles.back}>
          <Icon name="left" />
          {back.label}
        </Link>
      )}
      <div class={styles.head}>
        <div class={styles.title}>
          <h1>{title}</h1>
          {badges}
        </div>
        {actions !== undefined && <div class={styles.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}

/** The title of the tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Colloquy' : `${title} · Colloquy`;
  }, [title]);
}

export interface CardProps {
  readonly title?: string;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Card({ title, actions, children }: CardProps): JSX.Element {
  return (
    <section class={styles.card}>
      {(title !== undefined || actions !== undefined) && (
        <div class={styles.head}>
          {title !== undefined && <h2>{title}</h2>}
          {actions !== undefined && <div class={styles.actions}>{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

type Fact = readonly [label: string, value: ComponentChildren];

/** Names and values; those without a value are left out. */
export function Facts({ of: facts }: { readonly of: readonly Fact[] }): JSX.Element {
  return (
    <dl class={styles.facts}>
      {facts
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([label, value]) => (
          <>
            <dt key={`${label}-name`}>{label}</dt>
            <dd key={label}>{value}</dd>
          </>
        ))}
    </dl>
  );
}

export interface CodeProps {
  readonly text: string;
  /** What it is, for screen readers and the button. */
  readonly label: string;
}

/** A text to be copied as it stands. */
export function Code({ text, label }: CodeProps): JSX.Element {
  return (
    <div class={styles.form}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard. */}
      {/* biome-ignore lint/a11y/useSemanticElements: the spaces of the text count. */}
      <pre class={styles.code} tabIndex={0} role="region" aria-label={label}>
        <code>{text}</code>
      </pre>
      <div>
        <CopyButton text={text} />
      </div>
    </div>
  );
}

export const pageStyles = styles;
