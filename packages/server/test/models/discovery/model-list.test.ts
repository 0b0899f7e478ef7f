/** Lists of models, as providers send them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readModelList } from '../../../src/models/discovery/model-list.ts';

const read = (value: unknown) => readModelList(typeof value === 'string' ? value : JSON.stringify(value));
const namesOf = (value: unknown) => read(value)?.map(({ name }) => name);
const windowOf = (entry: object) => read([{ id: 'm', ...entry }])?.[0]?.contextWindow;

describe('shapes', () => {
  const cases: readonly [of: string, list: unknown, names: readonly string[] | undefined][] = [
    ['OpenAI', { object: 'list', data: [{ id: 'gpt-4.1', object: 'model' }] }, ['gpt-4.1']],
    [
      'Together',
      [
        { id: 'meta/llama', type: 'chat' },
        { id: 'flux', type: 'image' },
      ],
      ['meta/llama'],
    ],
    [
      'Google',
      { models: [{ name: 'models/gemini-2.5-flash', displayName: 'Gemini' }] },
      ['gemini-2.5-flash'],
    ],
    ['Ollama', { models: [{ name: 'llama3.2:latest', model: 'llama3.2:latest' }] }, ['llama3.2:latest']],
    [
      'LM Studio 1',
      {
        models: [
          { type: 'llm', key: 'qwen/qwen3' },
          { type: 'embedding', key: 'nomic' },
        ],
      },
      ['qwen/qwen3'],
    ],
    [
      'LM Studio 0',
      {
        data: [
          { id: 'a', type: 'vlm' },
          { id: 'b', type: 'embeddings' },
        ],
      },
      ['a'],
    ],
    ['llama.cpp', { models: [{ name: 'm.gguf' }], object: 'list', data: [{ id: 'm.gguf' }] }, ['m.gguf']],
    ['llama.cpp with an empty one', { models: [{ name: 'm.gguf' }], data: [] }, ['m.gguf']],
    [
      'Anthropic',
      { data: [{ type: 'model', id: 'claude-x', display_name: 'X' }], has_more: false },
      ['claude-x'],
    ],
    [
      'Cohere',
      {
        models: [
          { name: 'command', endpoints: ['chat'] },
          { name: 'x', endpoints: ['embed'] },
        ],
      },
      ['command'],
    ],
    ['names alone', ['a', 'b', 'a'], ['a', 'b']],
    ['nothing', { data: [] }, []],
    ['entries without names', { data: [{}, null, 5, { id: '' }, { id: 7 }, { id: 'a\nb' }] }, []],
    ['an object', { object: 'model' }, undefined],
    ['an error', { error: { message: 'no' } }, undefined],
    ['a page', '<html>', undefined],
    ['numbers', [1, 2], undefined],
    ['an empty array', [], undefined],
    ['null', 'null', undefined],
  ];
  for (const [of, list, names] of cases) test(of, () => assert.deepEqual(namesOf(list), names));

  test('a list without end is read as far as 5,000 entries', () => {
    const entries = Array.from({ length: 6_000 }, (_, index) => ({ id: `m${index}` }));
    assert.equal(namesOf(entries)?.length, 5_000);
  });
});

describe('what chats', () => {
  const declared: readonly [entry: object, chats: boolean][] = [
    [{ capabilities: { completion_chat: false } }, false],
    [{ capabilities: { completion_chat: true } }, true],
    [{ capabilities: { chat_completion: false, embeddings: true } }, false],
    [{ capabilities: ['completion', 'tools'] }, true],
    [{ capabilities: ['embedding'] }, false],
    [{ supportedGenerationMethods: ['embedContent'] }, false],
    [{ supportedGenerationMethods: ['generateContent', 'countTokens'] }, true],
    [{ architecture: { output_modalities: ['text'] } }, true],
    [{ architecture: { output_modalities: ['image', 'text'] } }, false],
    [{ output_modalities: ['embeddings'] }, false],
    [{ supports_chat: false }, false],
    [{ pipeline_tag: 'text-to-image' }, false],
    [{ task: 'Text-Generation' }, true],
    [{ active: false }, false],
    [{ type: 'moderation' }, false],
    [{ type: 'model' }, true],
  ];
  for (const [entry, chats] of declared) {
    test(JSON.stringify(entry), () =>
      assert.equal(namesOf([{ id: 'anything', ...entry }])?.length, chats ? 1 : 0),
    );
  }

  test('what is declared counts before the name', () => {
    assert.deepEqual(namesOf([{ id: 'image-talker', capabilities: ['completion'] }]), ['image-talker']);
  });

  test('else the words of the name tell', () => {
    const others = [
      ...[
        'text-embedding-3-small',
        'nomic-embed-text:latest',
        'bge-m3',
        'intfloat/e5-mistral-7b',
        'all-minilm',
      ],
      ...[
        'whisper-large-v3',
        'tts-1-hd',
        'gpt-4o-audio-preview',
        'gpt-4o-realtime',
        'gpt-4o-mini-transcribe',
      ],
      ...[
        'dall-e-3',
        'gpt-image-1',
        'imagen-4.0',
        'veo-3',
        'sora-2',
        'flux.1-schnell',
        'gemini-2.5-flash-image',
      ],
      ...['omni-moderation-latest', 'llama-guard-3-8b', 'rerank-v3.5', 'mistral-ocr-latest', 'babbage-002'],
      ...['Kwai-Kolors/Kolors', 'FunAudioLLM/SenseVoiceSmall', 'Wan-AI/Wan2.2-T2V-A14B', 'cosyvoice-v2'],
      ...['qwen3-asr-flash', 'wanx2.1-t2i-turbo', 'nvidia/nvclip', 'nvidia/llama-3.2-nv-rerankqa-1b-v2'],
      ...['openai/gpt-oss-safeguard-20b', 'nvidia/nemotron-4-340b-reward'],
      ...['gpt-3.5-turbo-instruct', 'playai/orpheus-tts', 'stable-diffusion-xl'],
    ];
    assert.deepEqual(namesOf(others), []);
    const chats = [
      ...['gpt-4.1-mini', 'democracy-7b', 'imagenius', 'gemma-3-27b-it', 'mixtral-8x7b-instruct'],
      ...['qwen2.5-vl', 'o3-mini', 'claude-haiku-4-5', 'livermore', 'command-r-plus', 'gpt-4o'],
    ];
    assert.deepEqual(namesOf(chats), chats);
  });
});

describe('context windows', () => {
  const cases: readonly [entry: object, window: number | undefined][] = [
    [{ max_model_len: 4096 }, 4096],
    [{ context_length: 131_072, top_provider: { context_length: 65_536 } }, 65_536],
    [{ context_length: 131_072, top_provider: { context_length: null } }, 131_072],
    [{ context_window: 8192 }, 8192],
    [{ max_context_length: 32_768, loaded_context_length: 4096 }, 4096],
    [{ meta: { n_ctx_train: 40_960 } }, 40_960],
    [{ meta: { n_ctx_train: 40_960, n_ctx: 2048 } }, 2048],
    [{ inputTokenLimit: 1_048_576 }, 1_048_576],
    [{ max_input_tokens: 200_000 }, 200_000],
    [{ context_length: '4096' }, undefined],
    [{ context_length: 0 }, undefined],
    [{ context_length: -1 }, undefined],
    [{ context_length: 1e300 }, undefined],
    [{ context_length: 4096.5 }, undefined],
    [{ max_model_len: null, context_length: 5000 }, 5000],
    [{}, undefined],
  ];
  for (const [entry, window] of cases) {
    test(JSON.stringify(entry), () => assert.equal(windowOf(entry), window));
  }
});
