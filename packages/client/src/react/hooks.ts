/** Hooks over the store. Nothing of a conversation lives in a component. */
import {
  createContext,
  createElement,
  type FunctionComponent,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Colloquy } from '../client.ts';
import type { Conversation } from '../store/conversation.ts';
import type { ChatMessage, ConversationOptions, ConversationSnapshot } from '../store/types.ts';
import { Registry } from './registry.ts';

const RegistryContext = createContext<Registry | undefined>(undefined);

export interface ColloquyProviderProps {
  readonly client: Colloquy;
  readonly children?: ReactNode;
}

/** Gives a client, and the conversations that are open, to all components below it. */
export const ColloquyProvider: FunctionComponent<ColloquyProviderProps> = ({ client, children }) => {
  const registry = useMemo(() => new Registry(client), [client]);
  return createElement(RegistryContext.Provider, { value: registry }, children);
};

function useRegistry(): Registry {
  const registry = useContext(RegistryContext);
  if (registry === undefined)
    throw new Error('a <ColloquyProvider client={…}> is missing above this component');
  return registry;
}

/** The client of the provider. */
export function useColloquy(): Colloquy {
  return useRegistry().client;
}

export type UseConversation = ConversationSnapshot &
  Omit<Conversation, 'subscribe' | 'getSnapshot' | 'dispose'> & {
    /** The store itself, for `useMessage` and whatever reads only a part. It stays the same. */
    readonly conversation: Conversation;
  };

/**
 * A conversation, and what can be done with it. It renders anew at most once a frame. Another `session` shows another one;
 * other options count when a conversation is begun.
 */
export function useConversation(options: ConversationOptions = {}): UseConversation {
  const conversation = useConversationStore(options);
  const { subscribe, getSnapshot } = conversation;
  const snapshot = useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
  return useMemo(() => {
    const { subscribe: _subscribe, getSnapshot: _get, dispose: _dispose, ...actions } = conversation;
    return { ...snapshot, ...actions, conversation };
  }, [conversation, snapshot]);
}

/** The store of a conversation, without rendering anew when it changes. */
export function useConversationStore(options: ConversationOptions = {}): Conversation {
  const registry = useRegistry();
  const { session } = options;
  const [held, setHeld] = useState(() => ({ registry, session, conversation: registry.get(options) }));
  let now = held;
  if (held.registry !== registry || held.session !== session) {
    // A session that has begun here gets its name: it is the same conversation.
    const isSame =
      held.registry === registry &&
      session !== undefined &&
      held.conversation.getSnapshot().session === session;
    now = { registry, session, conversation: isSame ? held.conversation : registry.get(options) };
    setHeld(now);
  }
  const { conversation } = now;
  useEffect(() => registry.use(conversation), [registry, conversation]);
  return conversation;
}

/**
 * A part of a conversation: renders anew only when that part is another one. Arrays are the same part where their items are,
 * so `({ messages }) => messages.map(({ key }) => key)` renders when messages come and go, and not for what is written.
 */
export function useConversationValue<T>(
  conversation: Conversation,
  select: (snapshot: ConversationSnapshot) => T,
): T {
  const last = useRef<{ readonly value: T } | undefined>(undefined);
  const get = (): T => {
    const value = select(conversation.getSnapshot());
    if (last.current === undefined || !isAlike(last.current.value, value)) last.current = { value };
    return last.current.value;
  };
  return useSyncExternalStore(conversation.subscribe, get, get);
}

function isAlike(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other);
  return one.length === other.length && one.every((item, index) => Object.is(item, other[index]));
}

/**
 * One message, by its `key` or id: this component alone renders anew while it is written. Without `conversation` it is
 * looked for in those that are open below the provider.
 */
export function useMessage(id: string, conversation?: Conversation): ChatMessage | undefined {
  const registry = useRegistry();
  const place = conversation ?? registry.all().find((one) => messageIn(one, id) !== undefined);
  const get = (): ChatMessage | undefined => place && messageIn(place, id);
  return useSyncExternalStore(place?.subscribe ?? never, get, get);
}

const never = (): (() => void) => () => undefined;

/** Messages by key and id, for each list that there was. */
const indexes: WeakMap<readonly ChatMessage[], ReadonlyMap<string, ChatMessage>> = new WeakMap();

function messageIn(conversation: Conversation, id: string): ChatMessage | undefined {
  const { messages } = conversation.getSnapshot();
  let index = indexes.get(messages);
  if (index === undefined) {
    index = new Map(
      messages.flatMap((message) => [[message.id, message] as const, [message.key, message] as const]),
    );
    indexes.set(messages, index);
  }
  return index.get(id);
}
