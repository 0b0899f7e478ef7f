/** The page that `bench/console.ts` measures in: it streams an answer as the console shows it, or as plain text. */
import {
  AnnouncerProvider,
  createAnnouncer,
  en,
  Message,
  MessageWindow,
  StringsProvider,
  theme,
} from '@colloquy/ui';
import { render, type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface StreamScene {
  /** What is streamed, in so many pieces a second. */
  readonly pieces: readonly string[];
  readonly perSecond: number;
}

export interface StreamFigures {
  /** Milliseconds between animation frames. */
  readonly frames: readonly number[];
  /** Tasks of more than 50 ms. */
  readonly longTasks: readonly number[];
  /** Characters that the page shows at the end. */
  readonly shown: number;
}

interface Shown {
  readonly id: string;
  readonly text: string;
  readonly isWriting: boolean;
}

const announcer = createAnnouncer();

declare global {
  interface Window {
    scenes: typeof scenes;
  }
}

const scenes = { streamPlain, streamMarkdown, open };
window.scenes = scenes;

/** The least that a page can do: each piece is put behind the text, which is scrolled to its end once a frame. */
async function streamPlain(scene: StreamScene): Promise<StreamFigures> {
  const box = emptyBox();
  const text = document.createTextNode('');
  const paragraph = document.createElement('p');
  paragraph.style.whiteSpace = 'pre-wrap';
  paragraph.append(text);
  box.append(paragraph);
  let isDue = false;
  return await measure(scene, box, (piece) => {
    text.appendData(piece);
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      box.scrollTop = box.scrollHeight;
    });
  });
}

async function streamMarkdown(scene: StreamScene): Promise<StreamFigures> {
  const box = emptyBox();
  let write: (text: string, isWriting: boolean) => void = () => {};
  function Conversation(): VNode {
    const [items, setItems] = useState<readonly Shown[]>([]);
    useEffect(() => {
      write = (text, isWriting) => setItems([{ id: 'answer', text, isWriting }]);
    }, []);
    return <MessageWindow items={items} renderItem={draw} />;
  }
  mount(<Conversation />, box);
  await nextFrame();
  let text = '';
  return await measure(scene, box, (piece, isLast) => {
    text += piece;
    write(text, !isLast);
  });
}

/** Shows a conversation. @returns milliseconds until it has been painted */
async function open(texts: readonly string[]): Promise<number> {
  const box = emptyBox();
  const items = texts.map((text, index): Shown => ({ id: String(index), text, isWriting: false }));
  await nextFrame();
  const began = performance.now();
  mount(<MessageWindow items={items} renderItem={draw} />, box);
  await nextFrame();
  await nextFrame();
  return performance.now() - began;
}

function draw({ id, text, isWriting }: Shown): VNode {
  return (
    // biome-ignore lint/a11y/useValidAriaRole: it is whose message it is, not a role of ARIA.
    <Message id={id} role="assistant" text={text} state={isWriting ? 'writing' : 'done'} />
  );
}

function mount(content: VNode, box: HTMLElement): void {
  render(
    <StringsProvider value={en}>
      <AnnouncerProvider value={announcer}>
        <div class={theme.theme} style={{ height: '100%', display: 'flex', flexDirection: 'column' }}>
          {content}
        </div>
      </AnnouncerProvider>
    </StringsProvider>,
    box,
  );
}

function emptyBox(): HTMLElement {
  const before = document.getElementById('box');
  if (before !== null) {
    render(null, before);
    before.remove();
  }
  const box = document.createElement('div');
  box.id = 'box';
  box.style.cssText = 'height: 600px; overflow: auto';
  document.body.append(box);
  return box;
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

async function measure(
  { pieces, perSecond }: StreamScene,
  box: HTMLElement,
  write: (piece: string, isLast: boolean) => void,
): Promise<StreamFigures> {
  const frames: number[] = [];
  const longTasks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks.push(duration);
  });
  observer.observe({ type: 'longtask' });
  const began = performance.now();
  let last = began;
  let done = 0;
  while (done < pieces.length) {
    const now = await nextFrame();
    frames.push(now - last);
    last = now;
    const due = Math.min(pieces.length, Math.floor(((performance.now() - began) * perSecond) / 1000));
    for (; done < due; done += 1) write(pieces[done] ?? '', done === pieces.length - 1);
  }
  await nextFrame();
  await nextFrame();
  observer.disconnect();
  return { frames: frames.slice(1), longTasks, shown: box.textContent?.length ?? 0 };
}
