/** A button that copies a text and says for a while that it has. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useAnnouncer } from '../announcer/context.tsx';
import { Icon } from '../icons.tsx';
import { useStrings } from '../strings/context.tsx';
import theme from '../theme.module.css';

const shownMs = 2000;

export interface CopyButtonProps {
  /** What is copied; a function is asked when it is. */
  readonly text: string | (() => string);
  /** Default: "Copy". */
  readonly label?: string;
  readonly onCopied?: () => void;
}

export function CopyButton({ text, label, onCopied }: CopyButtonProps): JSX.Element {
  const strings = useStrings();
  const announcer = useAnnouncer();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), shownMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (event: MouseEvent): Promise<void> => {
    const button = event.currentTarget as HTMLElement;
    if (!(await copyText(typeof text === 'string' ? text : text(), button))) return;
    setCopied(true);
    announcer?.say(strings.copied);
    onCopied?.();
  };
  return (
    <button type="button" class={theme.button} part="copy" onClick={copy}>
      <Icon name={isCopied ? 'check' : 'copy'} />
      <span>{isCopied ? strings.copied : (label ?? strings.copy)}</span>
    </button>
  );
}

/** Pages without HTTPS have no clipboard API: there the older way, by a selection. */
async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = theme.hidden ?? '';
    near.after(area);
    area.select();
    const isDone = document.execCommand('copy');
    area.remove();
    near.focus();
    return isDone;
  }
}
