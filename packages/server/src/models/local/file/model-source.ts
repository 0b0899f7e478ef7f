/** Says which file the local model is, and where it is fetched from. */
import { createHash } from 'node:crypto';
import type { NamedLocalModel } from '../../../domain/model.ts';

/** A model file that can be fetched. The addresses of named models are pinned to a revision. */
export interface ModelSource {
  readonly name: string;
  readonly url: string;
  readonly fileName: string;
  /** What the fetched file must be; known for the named models only. */
  readonly expected: { readonly bytes: number; readonly sha256: string } | undefined;
  /** The SHA-256 that an address names in its fragment (`#sha256=…`), where nothing else is known of the file. */
  readonly sha256?: string | undefined;
}

/** Both are by Alibaba Cloud, under Apache-2.0. */
export const namedModels: Readonly<Record<NamedLocalModel, ModelSource>> = {
  'qwen2.5-0.5b': {
    name: 'qwen2.5-0.5b',
    url: 'https://huggingface.co/Qwen/Qwen2.5-0.5B-Instruct-GGUF/resolve/9217f5db79a29953eb74d5343926648285ec7e67/qwen2.5-0.5b-instruct-q4_k_m.gguf',
    fileName: 'qwen2.5-0.5b-instruct-q4_k_m.gguf',
    expected: {
      bytes: 491_400_032,
      sha256: '74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db',
    },
  },
  'qwen2.5-1.5b': {
    name: 'qwen2.5-1.5b',
    url: 'https://huggingface.co/Qwen/Qwen2.5-1.5B-Instruct-GGUF/resolve/91cad51170dc346986eccefdc2dd33a9da36ead9/qwen2.5-1.5b-instruct-q4_k_m.gguf',
    fileName: 'qwen2.5-1.5b-instruct-q4_k_m.gguf',
    expected: {
      bytes: 1_117_320_736,
      sha256: '6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e',
    },
  },
};

/** The fragment of an address that names the SHA-256 of the file, in hexadecimal. */
const hashFragment = /^#sha256=([0-9a-f]{64})$/i;

/** The file's name starts with a hash of the address, so that two addresses never share a file. */
export function sourceOfUrl(address: string): ModelSource {
  const { hash: fragment } = new URL(address);
  const url = fragment === '' ? address : address.slice(0, -fragment.length);
  const [, sha256] = hashFragment.exec(fragment) ?? [];
  const last = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
  const name = last.replace(/\.gguf$/i, '').replace(/[^\w.-]+/g, '_') || 'model';
  const hash = createHash('sha256').update(url).digest('hex').slice(0, 8);
  return {
    name,
    url,
    fileName: `${hash}-${name}.gguf`,
    expected: undefined,
    ...(sha256 !== undefined && { sha256: sha256.toLowerCase() }),
  };
}
