/** `<colloquy-chat>`: the element that a site puts into its page. */
import type { ChatMessage } from '@colloquy/client/store';
import {
  createAnnouncer,
  createNarrator,
  en,
  languageOf,
  loadStrings,
  type Narrator,
  type Strings,
  troubleOf,
} from '@colloquy/ui';
import { h, render } from 'preact';
import { Chat } from './chat/chat.ts';
import type { Past } from './chat/past.ts';
import type { GetToken } from './chat/token.ts';
import { checkContext } from './context.ts';
import { tell } from './events.ts';
import { createMemory, type Memory } from './memory.ts';
import type { PanelHandle } from './panel/panel.tsx';
import { Widget } from './panel/widget.tsx';
import { attributeNames, readSettings, type Settings } from './settings.ts';
import { styleSheet } from './styles.ts';

export interface ColloquyChatElement extends HTMLElement {
  /** In place of `token-endpoint`: gives what `get_token` answers. */
  getToken: GetToken | undefined;
  /** Words in place of those of the language. */
  strings: Partial<Strings>;
  readonly isOpen: boolean;
  open(): void;
  close(): void;
  toggle(): void;
  /** Opens the chat and says something for the visitor. Resolves once the server has it: true. */
  send(text: string): Promise<boolean>;
  newConversation(): void;
  /** Goes along with every message: texts, numbers, booleans, by name. @throws TypeError for what can't be sent */
  setContext(context: Readonly<Record<string, string | number | boolean | null | undefined>>): void;
}

export const tagName = 'colloquy-chat';

/** Attributes whose change means another conversation. */
const founding: ReadonlySet<string> = new Set([
  'server',
  'token-endpoint',
  'api-key',
  'persona',
  'history',
  'user-key',
]);

/**
 * Defines the element, once.
 * @param scriptServer where the script came from, if that is a Colloquy server: the default of `server`
 */
export function defineColloquyChat(scriptServer?: string): void {
  if (customElements.get(tagName) !== undefined) return;

  class Element extends HTMLElement implements ColloquyChatElement {
    static readonly observedAttributes = attributeNames;
    readonly #root = this.attachShadow({ mode: 'open' });
    readonly #announcer = createAnnouncer();
    readonly #panel: { current: PanelHandle | null } = { current: null };
    /** What the page itself has kept, for the layer of ConverZen's calls; set before it is connected. */
    loadPast: (() => Promise<Past>) | undefined;
    #getToken: GetToken | undefined;
    #own: Partial<Strings> = {};
    #words: { readonly language: string; readonly strings: Strings } = { language: 'en', strings: en };
    #strings: Strings = en;
    #settings: Settings | undefined;
    #memory: Memory | undefined;
    #chat: Chat | undefined;
    #context: Readonly<Record<string, string>> = {};
    #narrators = new Map<string, Narrator>();
    #isOpen = false;
    #unread = 0;
    #before: HTMLElement | undefined;
    #told = new Set<string>();

    constructor() {
      super();
      this.#root.adoptedStyleSheets = [styleSheet()];
    }

    get getToken(): GetToken | undefined {
      return this.#getToken;
    }

    set getToken(getToken) {
      this.#getToken = getToken;
      this.#begin();
    }

    get strings(): Partial<Strings> {
      return this.#own;
    }

    set strings(strings) {
      this.#own = strings;
      this.#strings = { ...this.#words.strings, ...strings };
      this.#draw();
    }

    get isOpen(): boolean {
      return this.#isOpen;
    }

    connectedCallback(): void {
      // Properties that were set before the element was defined hide those of the class.
      for (const name of ['getToken', 'strings'] as const) {
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        delete (this as Partial<Record<typeof name, unknown>>)[name];
        Object.assign(this, { [name]: value });
      }
      if (this.#chat !== undefined) return;
      this.#begin();
      tell(this, 'colloquy:ready', {});
    }

    disconnectedCallback(): void {
      // An element that is moved is connected again at once.
      queueMicrotask(() => {
        if (this.isConnected) return;
        render(null, this.#root);
        this.#chat?.dispose();
        this.#chat = undefined;
      });
    }

    attributeChangedCallback(name: string, before: string | null, now: string | null): void {
      if (before === now || this.#chat === undefined) return;
      if (name === 'open') this.#setOpen(now !== null, 'attribute');
      else if (founding.has(name)) {
        if (name === 'user-key' && this.#memory !== undefined) this.#memory.session = undefined;
        this.#begin();
      } else {
        this.#read();
        this.#draw();
      }
    }

    open(): void {
      this.#setOpen(true, 'call');
    }

    close(): void {
      this.#setOpen(false, 'call');
    }

    toggle(): void {
      this.#setOpen(!this.#isOpen, 'call');
    }

    async send(text: string): Promise<boolean> {
      if (typeof text !== 'string' || text.trim() === '')
        throw new TypeError('send takes a text that is not blank');
      this.open();
      const isTaken = (await this.#chat?.send(text)) ?? false;
      if (isTaken) tell(this, 'colloquy:message', { text });
      return isTaken;
    }

    newConversation(): void {
      this.#chat?.newConversation();
    }

    setContext(context: Readonly<Record<string, unknown>>): void {
      this.#context = checkContext(context);
      if (this.#chat !== undefined) this.#chat.context = this.#context;
    }

    /** A chat of its own for these settings; what there was is let go. */
    #begin(): void {
      if (!this.isConnected) return;
      const isFirst = this.#settings === undefined;
      const settings = this.#read();
      this.#memory = createMemory(`${settings.server ?? ''} ${this.id}`);
      this.#chat?.dispose();
      this.#unread = 0;
      const chat = new Chat({
        settings,
        getToken: this.#getToken,
        loadPast: this.loadPast,
        memory: this.#memory,
        answers: {
          begin: (answer) => this.#narrate(answer).begin(),
          write: (answer) => this.#narrate(answer).write(answer.content),
          end: (answer) => this.#ended(answer),
        },
        onNew: () => tell(this, 'colloquy:new', {}),
        onError: ({ code, message }) => {
          this.#announcer.alert(this.#strings.trouble(troubleOf(code)));
          // What a site has to mend; visitors read a sentence of their own.
          if (code === 'invalid_request' || code === 'forbidden') console.warn(`colloquy-chat: ${message}`);
          tell(this, 'colloquy:error', { code, message });
        },
      });
      this.#chat = chat;
      chat.context = this.#context;
      let wasAway = false;
      chat.subscribe(() => {
        const { isReconnecting } = chat.state;
        if (isReconnecting !== wasAway)
          this.#announcer.say(isReconnecting ? this.#strings.reconnecting : this.#strings.reconnected);
        wasAway = isReconnecting;
      });
      if (isFirst) this.#isOpen = this.hasAttribute('open') || this.#memory.isOpen === true;
      if (settings.mode !== 'floating') this.#isOpen = true;
      if (this.#isOpen) void chat.start();
      this.#draw();
    }

    #read(): Settings {
      const settings = readSettings((name) => this.getAttribute(name), {
        scriptServer,
        page: document.baseURI,
        language: document.documentElement.lang,
      });
      for (const problem of settings.problems) {
        if (!this.#told.has(problem)) console.warn(`colloquy-chat: ${problem}`);
        this.#told.add(problem);
      }
      this.#settings = settings;
      if (settings.language !== this.#words.language) void this.#translate(settings.language);
      return settings;
    }

    async #translate(language: string): Promise<void> {
      // Without the words of the language there are those of English.
      const strings = await loadStrings(language).catch(() => en);
      if (this.#settings?.language !== language) return;
      this.#words = { language, strings };
      this.strings = this.#own;
    }

    #narrate({ key }: ChatMessage): Narrator {
      const known = this.#narrators.get(key);
      if (known !== undefined) return known;
      const made = createNarrator(this.#announcer, this.#strings, { language: this.#words.language });
      this.#narrators.set(key, made);
      return made;
    }

    #ended(answer: ChatMessage): void {
      const { id, key, content, status, error } = answer;
      const isFault = status === 'failed' || status === 'interrupted';
      const trouble = this.#strings.trouble(troubleOf(error?.code ?? 'interrupted'));
      this.#narrate(answer).end(content, isFault ? { trouble } : status === 'cancelled' ? 'stopped' : 'done');
      this.#narrators.delete(key);
      if (!this.#isOpen) {
        this.#unread += 1;
        this.#draw();
      }
      if (status === 'done' || status === 'cancelled' || isFault)
        tell(this, 'colloquy:answer', {
          messageId: id,
          text: content,
          status,
          session: this.#chat?.state.snapshot?.session,
          sources: answer.sources?.map(({ url }) => url) ?? [],
        });
    }

    #setOpen(isOpen: boolean, by: 'person' | 'call' | 'attribute'): void {
      if (this.#isOpen === isOpen || this.#settings === undefined) return;
      if (this.#settings.mode !== 'floating' && !isOpen) return;
      this.#isOpen = isOpen;
      if (by !== 'attribute') this.toggleAttribute('open', isOpen);
      if (this.#memory !== undefined) this.#memory.isOpen = isOpen;
      if (isOpen) {
        this.#unread = 0;
        const { activeElement } = document;
        this.#before =
          activeElement instanceof HTMLElement && activeElement !== this ? activeElement : undefined;
        void this.#chat?.start();
      }
      this.#draw();
      if (isOpen) {
        this.#panel.current?.toEnd();
        this.#panel.current?.focus();
      } else if (this.#root.activeElement !== null || by === 'person') {
        const launcher = this.#root.querySelector<HTMLElement>('[part~=launcher]');
        (by === 'person' || this.#before?.isConnected !== true ? launcher : this.#before)?.focus();
      }
      tell(this, isOpen ? 'colloquy:open' : 'colloquy:close', {});
    }

    #draw(): void {
      const chat = this.#chat;
      const settings = this.#settings;
      if (chat === undefined || settings === undefined || !this.isConnected) return;
      render(
        h(Widget, {
          chat,
          settings,
          strings: this.#strings,
          // A language without words of its own is shown in English, unless the page has given the words.
          language: Object.keys(this.#own).length > 0 ? settings.language : languageOf(settings.language),
          host: this,
          announcer: this.#announcer,
          isOpen: this.#isOpen,
          unread: this.#unread,
          offset: this.getAttribute('offset'),
          panel: this.#panel,
          onToggle: (isOpen) => this.#setOpen(isOpen, 'person'),
        }),
        this.#root,
      );
    }
  }
  customElements.define(tagName, Element);
}

declare global {
  interface HTMLElementTagNameMap {
    'colloquy-chat': ColloquyChatElement;
  }
}
