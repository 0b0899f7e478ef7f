/**
 * Writes a tiny llama model as GGUF (v3, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), so that
 * the local path runs in tests everywhere. Weights are random from a seed; on top of them the model knows one
 * text by heart, token by token, and recites it after an open ChatML assistant turn when asked greedily.
 */
import { writeFile } from 'node:fs/promises';

export interface TinyGgufOptions {
  readonly seed?: number;
  /** Tokens the model says it was trained on. Default 512. */
  readonly contextLength?: number;
  /** Recited at temperature 0, then the turn ends; no byte may occur twice, nor may it contain a line feed. */
  readonly recite?: string;
  /** Recites again and again instead of ending the turn. */
  readonly endless?: boolean;
}

type Scalar = { type: 'u32' | 'f32' | 'i32'; value: number } | { type: 'bool'; value: boolean };
type Value = Scalar | { type: 'string'; value: string } | { type: 'array'; of: Element; values: unknown[] };
type Element = 'string' | 'f32' | 'i32';
interface Tensor {
  name: string;
  /** Fastest-varying dimension first. */
  shape: number[];
  values: Float32Array;
}

const embedding = 64;
const feedForward = 64;
const heads = 2;
const typeIds = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;
const [unk, bos, eos, imStart, imEnd] = ['<unk>', '<s>', '</s>', '<|im_start|>', '<|im_end|>'];
const words = ['▁the', '▁sea', '▁and', '▁moon', '▁größer', '▁日本', 'ing', 'er', '▁', '.'];
const vocabulary = [
  ...[unk, bos, eos, imStart, imEnd].map((text, index) => ({
    text: text!,
    score: 0,
    kind: index === 0 ? 2 : 3,
  })),
  ...Array.from({ length: 256 }, (_, byte) => ({
    text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
    score: 0,
    kind: 6,
  })),
  ...words.map((text, index) => ({ text, score: -1 - index, kind: 1 })),
];
const firstByte = 5;
const imEndId = 4;
const chatTemplate =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** @returns the path given */
export async function writeTinyGguf(path: string, options: TinyGgufOptions = {}): Promise<string> {
  const random = normal(options.seed ?? 1);
  const tensors = weights(random, options);
  const metadata: [string, Value][] = [
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.name', { type: 'string', value: 'tiny' }],
    ['llama.context_length', { type: 'u32', value: options.contextLength ?? 512 }],
    ['llama.embedding_length', { type: 'u32', value: embedding }],
    ['llama.block_count', { type: 'u32', value: 1 }],
    ['llama.feed_forward_length', { type: 'u32', value: feedForward }],
    ['llama.attention.head_count', { type: 'u32', value: heads }],
    ['llama.attention.head_count_kv', { type: 'u32', value: heads }],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'f32', value: 1e-5 }],
    ['llama.rope.dimension_count', { type: 'u32', value: embedding / heads }],
    ['llama.vocab_size', { type: 'u32', value: vocabulary.length }],
    ['tokenizer.ggml.model', { type: 'string', value: 'llama' }],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', values: vocabulary.map((token) => token.text) }],
    ['tokenizer.ggml.scores', { type: 'array', of: 'f32', values: vocabulary.map((token) => token.score) }],
    [
      'tokenizer.ggml.token_type',
      { type: 'array', of: 'i32', values: vocabulary.map((token) => token.kind) },
    ],
    ['tokenizer.ggml.unknown_token_id', { type: 'u32', value: 0 }],
    ['tokenizer.ggml.bos_token_id', { type: 'u32', value: 1 }],
    ['tokenizer.ggml.eos_token_id', { type: 'u32', value: imEndId }],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: false }],
    ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: false }],
    ['tokenizer.chat_template', { type: 'string', value: chatTemplate }],
  ];
  await writeFile(path, encode(metadata, tensors));
  return path;
}

/** Attention and feed-forward only whisper; what follows a token is decided by `output`, which knows the text. */
function weights(
  random: () => number,
  { recite = 'Waltz-bring, 😀é日!', endless = false }: TinyGgufOptions,
): Tensor[] {
  const matrix = (name: string, columns: number, rows: number, scale: number): Tensor => ({
    name,
    shape: [columns, rows],
    values: Float32Array.from({ length: columns * rows }, () => random() * scale),
  });
  const ones = (name: string): Tensor => ({
    name,
    shape: [embedding],
    values: new Float32Array(embedding).fill(1),
  });
  const tokens = matrix('token_embd.weight', embedding, vocabulary.length, 1);
  const output = matrix('output.weight', embedding, vocabulary.length, 0.02);
  const chain = [0x0a, ...Buffer.from(recite)].map((byte) => firstByte + byte);
  if (new Set(chain).size !== chain.length) throw new Error('A recited text must not repeat a byte');
  const follow = (token: number, next: number) => {
    for (let dimension = 0; dimension < embedding; dimension++)
      output.values[next * embedding + dimension]! += tokens.values[token * embedding + dimension]!;
  };
  for (let index = 1; index < chain.length; index++) follow(chain[index - 1]!, chain[index]!);
  follow(chain.at(-1)!, endless ? chain[1]! : imEndId);
  return [
    tokens,
    output,
    ones('output_norm.weight'),
    ones('blk.0.attn_norm.weight'),
    ones('blk.0.ffn_norm.weight'),
    ...['q', 'k', 'v'].map((name) => matrix(`blk.0.attn_${name}.weight`, embedding, embedding, 0.1)),
    matrix('blk.0.attn_output.weight', embedding, embedding, 0.001),
    matrix('blk.0.ffn_gate.weight', embedding, feedForward, 0.1),
    matrix('blk.0.ffn_up.weight', embedding, feedForward, 0.1),
    matrix('blk.0.ffn_down.weight', feedForward, embedding, 0.001),
  ];
}

function encode(metadata: [string, Value][], tensors: Tensor[]): Buffer {
  const head: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(metadata.length)];
  for (const [key, value] of metadata) head.push(string(key), u32(typeIds[value.type]), payload(value));
  let offset = 0;
  for (const tensor of tensors) {
    head.push(string(tensor.name), u32(tensor.shape.length), ...tensor.shape.map(u64), u32(0), u64(offset));
    offset += aligned(tensor.values.byteLength);
  }
  const header = Buffer.concat(head);
  const body = tensors.flatMap((tensor) => {
    const bytes = Buffer.from(tensor.values.buffer);
    return [bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)];
  });
  return Buffer.concat([header, Buffer.alloc(aligned(header.length) - header.length), ...body]);
}

function payload(value: Value): Buffer {
  switch (value.type) {
    case 'u32':
      return u32(value.value);
    case 'f32':
      return f32(value.value);
    case 'i32':
      return i32(value.value);
    case 'bool':
      return Buffer.from([value.value ? 1 : 0]);
    case 'string':
      return string(value.value);
    case 'array': {
      const write = { string, f32, i32 }[value.of] as (item: unknown) => Buffer;
      return Buffer.concat([u32(typeIds[value.of]), u64(value.values.length), ...value.values.map(write)]);
    }
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 32) * 32;
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function i32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}

function f32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

/** Normally distributed numbers (Box-Muller) from a seeded mulberry32. */
function normal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
