/** A page with the components in all their states, for tests in a browser, which drive it by `window.gallery`. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Combobox, Tabs } from '../../src/controls/index.ts';
import {
  AnnouncerProvider,
  Composer,
  createAnnouncer,
  directionOf,
  en,
  LiveRegions,
  loadStrings,
  Message,
  type MessageProps,
  MessageWindow,
  type MessageWindowHandle,
  type Strings,
  StringsProvider,
  theme,
} from '../../src/index.ts';

const markdown = `## Answer with everything

Some **strong**, *emphasised*, ~~deleted~~ and \`code\` text with a [link](https://example.com/prices), a
[host](https://example.org) that is told, [javascript](javascript:alert(1)), mail@example.com and [1].

1. one
2. two
   - [x] done
   - [ ] to do

> A quotation &amp; an entity.

| product | price | a long column that makes this table wider than a phone is |
|:--------|------:|------|
| small   |   3 € | \`a_b_c\` |

\`\`\`js
const answer = 'A line of code that is longer than the width of a phone, so it has to scroll inside of its block';
\`\`\`

![A cat](https://example.com/cat.png)

<b onclick="alert(1)">no HTML</b><img src=x onerror=alert(1)>
`;

const sources = [
  { index: 1, title: 'Prices of 2026', url: 'https://example.com/prices' },
  { index: 2, title: 'Not a link', url: 'javascript:alert(1)' },
];
const nothing = (): void => {};

const states: readonly MessageProps[] = [
  { id: 'u1', role: 'user', text: 'What do you cost?\nAnd <b>how much</b> *exactly*?' },
  {
    id: 'a1',
    role: 'assistant',
    name: 'support',
    text: markdown,
    reasoning: 'The person asks about prices.',
    reasoningMs: 4200,
    sources,
    notice: 'One page could not be read.',
    toolCalls: [{ id: 't1', name: 'prices', arguments: '{"product":"small"}' }],
  },
  { id: 'a2', role: 'assistant', text: '', state: 'waiting', step: 'searching' },
  { id: 'a3', role: 'assistant', text: 'Half an ans', state: 'writing' },
  {
    id: 'a4',
    role: 'assistant',
    text: 'Half an answer',
    state: 'stopped',
    onContinue: nothing,
    onRegenerate: nothing,
  },
  { id: 'a5', role: 'assistant', text: 'Half an answer', state: 'interrupted', onContinue: nothing },
  {
    id: 'a6',
    role: 'assistant',
    text: '',
    state: 'failed',
    error: { code: 'provider_error', message: 'the provider said no', requestId: 'r-123' },
    onRegenerate: nothing,
  },
  { id: 'u2', role: 'user', text: 'And then?', state: 'queued', place: 1 },
];

interface Shown {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly state: 'done' | 'writing';
}

const messagesOf = (from: number, to: number): readonly Shown[] =>
  Array.from({ length: to - from }, (_, index) => ({
    id: `m${from + index}`,
    role: (from + index) % 2 === 0 ? 'user' : 'assistant',
    text: `Message ${from + index}. ${'Some words of it. '.repeat(((from + index) % 7) + 1)}`,
    state: 'done',
  }));

/** Notes which code was drawn. */
function highlight(code: string): string {
  gallery.highlighted.push(code);
  return code;
}

const renderShown = (shown: Shown) => <Message {...shown} highlight={highlight} />;
const announcer = createAnnouncer();
const handle: { current: MessageWindowHandle | null } = { current: null };
const parameters = new URLSearchParams(location.search);
const options = ['gpt-large', 'gpt-small', 'mistral'].map((label) => ({
  id: label,
  label,
  detail: 'hosted',
}));

/** What a test may do and see. */
const gallery = {
  sent: [] as string[],
  stops: 0,
  highlighted: [] as string[],
  set: (_messages: readonly Shown[]): void => {},
  messagesOf,
  handle,
  announcer,
  earlier: [] as (() => void)[],
  chosen: '',
};
declare global {
  interface Window {
    gallery: typeof gallery;
  }
}
window.gallery = gallery;

function stop(): void {
  gallery.stops += 1;
}

function Talk() {
  const [items, setItems] = useState<readonly Shown[]>(messagesOf(0, Number(parameters.get('count') ?? 20)));
  gallery.set = setItems;
  const hasEarlier = parameters.has('earlier');
  return (
    <main class="talk">
      <MessageWindow
        items={items}
        renderItem={renderShown}
        hasEarlier={hasEarlier}
        loadEarlier={() => new Promise<void>((resolve) => gallery.earlier.push(resolve))}
        handle={handle}
      />
      <Composer
        onSend={(text) => void gallery.sent.push(text)}
        onStop={parameters.has('busy') ? stop : undefined}
      />
    </main>
  );
}

function States() {
  const [tab, setTab] = useState('one');
  const [model, setModel] = useState('mistral');
  gallery.chosen = model;
  return (
    <main class="states">
      <h1>States</h1>
      <h2>Messages</h2>
      {states.map((props) => (
        <Message key={props.id} {...props} />
      ))}
      <Composer onSend={nothing} />
      <Combobox label="Model" options={options} value={model} onChoose={setModel} nothing="Nothing found" />
      <Tabs
        label="Versions"
        tabs={[
          { id: 'one', label: 'Active' },
          { id: 'two', label: 'Next' },
        ]}
        selected={tab}
        onSelect={setTab}
      >
        <p>Panel {tab}</p>
      </Tabs>
    </main>
  );
}

function Gallery() {
  const [strings, setStrings] = useState<Strings>(en);
  useEffect(() => {
    const language = parameters.get('lang') ?? 'en';
    document.documentElement.lang = language;
    document.documentElement.dir = directionOf(language);
    void loadStrings(language).then(setStrings);
  }, []);
  return (
    <div class={theme.theme}>
      <StringsProvider value={strings}>
        <AnnouncerProvider value={announcer}>
          {parameters.has('talk') ? <Talk /> : <States />}
          <LiveRegions announcer={announcer} />
        </AnnouncerProvider>
      </StringsProvider>
    </div>
  );
}

render(<Gallery />, document.body);
