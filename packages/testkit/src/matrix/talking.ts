/** The matrix of the conversation endpoints, whatever their dialect, and of what is open to everybody. */

import { refuse } from '../upstream/scripted-answers.ts';
import type { ScriptedUpstream } from '../upstream/scripted-upstream.ts';
import { anonymous, at, each, foreign, hers, open, type Row, talk } from './row.ts';
import type { World } from './world.ts';

export function talkingRows(upstream: ScriptedUpstream): Readonly<Record<string, Row>> {
  const page = (path: string): Row => talk(open(), at(path));

  // Functions that make things of the end user `ada`, new ones at each call.
  const chat = async (world: World): Promise<string> =>
    (await world.make('/chats/create', { name: 'Of ada' })).body.id;
  const message = async (world: World): Promise<string> => {
    const body = { chat_id: await chat(world), role: 'Human', message: 'Of ada' };
    return (await world.make('/conversations/create', body)).body.id;
  };
  const session = async (world: World): Promise<{ conversation: string; session: string }> => {
    const { body } = await world.make('/api/chat/completion', { message: 'Of ada' });
    const answer = await world.make(`/conversations/${body.message_id}`);
    return { conversation: answer.body.chat_id, session: body.session_id };
  };
  const answered = async (world: World): Promise<{ answer: string; session: string }> => {
    const { body } = await world.make('/api/chat/completion', { message: 'Of ada' });
    return { answer: body.message_id, session: body.session_id };
  };
  const generation = async (world: World): Promise<string> =>
    (await world.make('/api/chat/completion/stream', { message: 'Of ada' })).generationId;
  const failedGeneration = async (world: World): Promise<string> => {
    upstream.enqueue(refuse(400));
    return generation(world);
  };
  const org = ({ tenant }: World): string => `org_id=${tenant.organizationId}`;
  // Guests and members see what belongs to no end user.
  const hidesHers = { hides: () => 'Of ada', sees: ['good'] as const };

  const item = async (world: World): Promise<string> => {
    const id = await chat(world);
    const body = { chat_id: id, role: 'Human', message: 'Of ada' };
    const made = (await world.make('/conversations/create', body)).body.id;
    return `/v1/conversations/${id}/items/msg_${made.replaceAll('-', '')}00`;
  };
  // Nobody's: whether there is one, only keys and members are told.
  const completion = '/v1/chat/completions/chatcmpl-019ab1c27d3e7c4f9a105b6c7d8e9f01';
  const keys = each(403, 404, { otherOrganization: 404, testKey: 404, ...anonymous(404) });

  return {
    'GET /': page('/'),
    'GET /healthz': page('/healthz'),
    'GET /healthz/stream': page('/healthz/stream?count=1'),
    'GET /readyz': page('/readyz'),
    'GET /metrics': page('/metrics'),
    'GET /docs': page('/docs'),
    'GET /docs/': talk(open(301), at('/docs/')),
    'GET /docs/openapi.json': page('/docs/openapi.json'),
    'GET /docs/scalar.js': page('/docs/scalar.js'),
    'GET /docs/start.js': page('/docs/start.js'),

    'POST /api/chat/get_token': talk(each(403, 403, { otherOrganization: 200, testKey: 200 }), () => ({
      path: '/api/chat/get_token',
      body: { user_id: 'carl' },
    })),
    'POST /api/chat/completion': talk(each(200, 403), () => ({
      path: '/api/chat/completion',
      body: { message: 'Hi' },
    })),
    'POST /api/chat/completion/stream': talk(each(200, 403), () => ({
      path: '/api/chat/completion/stream',
      body: { message: 'Hi' },
    })),
    'POST /api/chat/continuation': talk(hers(200, 403), async (world) => ({
      path: '/api/chat/continuation',
      body: { session: (await session(world)).session, message: 'Hi' },
    })),
    'POST /api/chat/continuation/stream': talk(hers(200, 403), async (world) => ({
      path: '/api/chat/continuation/stream',
      body: { session: (await session(world)).session, message: 'Hi' },
    })),

    'POST /api/chat/feedback': talk(hers(200, 403), async (world) => ({
      path: '/api/chat/feedback',
      body: { message_id: (await answered(world)).answer, rating: 1 },
    })),
    'GET /api/chat/sessions': talk(
      hers(200, 403, { otherUser: 403 }),
      async (world) => {
        await session(world);
        return { path: '/api/chat/sessions?user_id=ada' };
      },
      { hides: () => 'Of ada', sees: ['good'] },
    ),
    'GET /api/chat/sessions/:session_id/messages': talk(
      hers(200, 403, { otherUser: 403 }),
      async (world) => ({
        path: `/api/chat/sessions/${(await session(world)).session}/messages?user_id=ada`,
      }),
    ),
    'PATCH /api/chat/sessions/:session_id': talk(hers(200, 403, { otherUser: 403 }), async (world) => ({
      path: `/api/chat/sessions/${(await session(world)).session}?user_id=ada`,
      body: { title: 'Other' },
    })),
    'DELETE /api/chat/sessions/:session_id': talk(hers(204, 403, { otherUser: 403 }), async (world) => ({
      path: `/api/chat/sessions/${(await session(world)).session}?user_id=ada`,
    })),
    'GET /api/chat/persona': talk(each(200, 403), at('/api/chat/persona')),
    'GET /api/chat/me': talk(
      hers(200, 403, { otherUser: 403 }),
      async (world) => {
        await chat(world);
        return { path: '/api/chat/me?user_id=ada' };
      },
      { hides: () => 'Of ada', sees: ['good'] },
    ),
    // A token erases its own user only, which the rows after this one need.
    'DELETE /api/chat/me': talk(hers(403, 403, { otherUser: 403 }), at('/api/chat/me?user_id=somebody-else')),

    'GET /v1/models': talk(each(200, 200, anonymous(200)), at('/v1/models')),
    'GET /v1/models/*': talk(each(200, 200, anonymous(404)), at('/v1/models/persona:helper')),
    'DELETE /v1/models/*': talk(each(403, 403), at('/v1/models/persona:helper')),
    'POST /v1/responses': talk(each(200, 403, anonymous(400)), () => ({
      path: '/v1/responses',
      body: { input: 'Hi', max_output_tokens: 5 },
    })),
    'POST /v1/responses/input_tokens': talk(
      each(403, 403, { otherOrganization: 200, testKey: 200, ...anonymous(200) }),
      () => ({
        path: '/v1/responses/input_tokens',
        body: { input: 'Hi' },
      }),
    ),
    'POST /v1/conversations': talk(each(200, 403, anonymous(200)), () => ({
      path: '/v1/conversations',
      body: { metadata: { topic: 'matrix' } },
    })),
    'GET /v1/conversations/:id': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/v1/conversations/${await chat(world)}`,
    })),
    'POST /v1/conversations/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/v1/conversations/${await chat(world)}`,
      body: { metadata: {} },
    })),
    'DELETE /v1/conversations/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/v1/conversations/${await chat(world)}`,
    })),
    'POST /v1/conversations/:id/items': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/v1/conversations/${await chat(world)}/items`,
      body: { items: [{ role: 'user', content: 'Of ada' }] },
    })),
    'GET /v1/conversations/:id/items': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/v1/conversations/${await chat(world)}/items`,
    })),
    'GET /v1/conversations/:id/items/:item': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: await item(world),
    })),
    'DELETE /v1/conversations/:id/items/:item': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: await item(world),
    })),

    // What a browser may not send: all of it is a key's or a member's.
    'POST /v1/chat/completions': talk(
      each(403, 403, { otherOrganization: 200, testKey: 200, ...anonymous(400) }),
      () => ({ path: '/v1/chat/completions', body: { messages: [{ role: 'user', content: 'Hi' }] } }),
    ),
    'GET /v1/chat/completions': talk(
      each(403, 200, { otherUser: 403, otherOrganization: 200, testKey: 200, ...anonymous(200) }),
      at('/v1/chat/completions'),
    ),
    'GET /v1/chat/completions/:id': talk(keys, at(completion)),
    'POST /v1/chat/completions/:id': talk({ ...keys, guest: 403 }, () => ({
      path: completion,
      body: { metadata: {} },
    })),
    'DELETE /v1/chat/completions/:id': talk({ ...keys, guest: 403 }, at(completion)),
    'GET /v1/chat/completions/:id/messages': talk(keys, at(`${completion}/messages`)),
    'GET /v1/responses/:id': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/v1/responses/${await generation(world)}`,
    })),
    'POST /v1/responses/:id/cancel': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/v1/responses/${await generation(world)}/cancel`,
    })),
    'DELETE /v1/responses/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/v1/responses/${await generation(world)}`,
    })),
    'GET /v1/responses/:id/input_items': talk(hers(403, 404, anonymous(404)), async (world) => ({
      path: `/v1/responses/${await generation(world)}/input_items`,
    })),
    'POST /api/ui/chat': talk(each(200, 403), () => ({
      path: '/api/ui/chat',
      body: { id: 'new', message: { role: 'user', parts: [{ type: 'text', text: 'Hi' }] } },
    })),
    'GET /api/ui/chat/:id': talk(hers(200, 404), async (world) => ({
      path: `/api/ui/chat/${await chat(world)}`,
    })),
    // Whether there is such a chat is not told.
    'GET /api/ui/chat/:id/stream': talk(each(204, 204), async (world) => ({
      path: `/api/ui/chat/${await chat(world)}/stream`,
    })),
    'POST /api/ui/chat/:id/stop': talk(each(200, 403), async (world) => ({
      path: `/api/ui/chat/${await chat(world)}/stop`,
    })),

    'POST /api/conversation/create': talk(each(200, 403, foreign), (world) => ({
      path: `/api/conversation/create?${org(world)}`,
      body: { title: 'New' },
    })),
    // A token is for its persona: it chooses no model.
    'POST /api/conversation/create_session': talk(
      hers(403, 403, { ...foreign, otherUser: 403 }),
      async (world) => ({
        path: `/api/conversation/create_session?${org(world)}`,
        body: { conversation_id: await chat(world), model_id: world.tenant.modelId },
      }),
    ),
    'POST /api/conversation/stream_chat': talk(hers(200, 403, foreign), async (world) => ({
      path: `/api/conversation/stream_chat?${org(world)}`,
      body: { chat_session_id: (await session(world)).session, message: 'Hi' },
    })),
    // Nobody has called a tool, so that the session is as far as it comes.
    'POST /api/conversation/tool_results': talk(hers(400, 403, foreign), async (world) => ({
      path: `/api/conversation/tool_results?${org(world)}`,
      body: { session_id: (await session(world)).session, results: [{ call_id: 'call_x', output: '' }] },
    })),
    'GET /api/conversation/list': talk(
      each(200, 200, foreign),
      async (world) => {
        await chat(world);
        return { path: `/api/conversation/list?${org(world)}` };
      },
      hidesHers,
    ),
    'GET /api/conversation/get_with_sessions': talk(hers(200, 404, foreign), async (world) => ({
      path: `/api/conversation/get_with_sessions?${org(world)}&conversation_id=${await chat(world)}`,
    })),
    'GET /api/conversation/messages': talk(hers(200, 404, foreign), async (world) => ({
      path: `/api/conversation/messages?${org(world)}&conversation_id=${await chat(world)}`,
    })),
    'GET /api/conversation/messages/:id': talk(hers(200, 404, foreign), async (world) => ({
      path: `/api/conversation/messages/${(await answered(world)).answer}?${org(world)}`,
    })),
    'GET /api/conversation/thread': talk(hers(200, 404, foreign), async (world) => ({
      path: `/api/conversation/thread?${org(world)}&session_id=${(await answered(world)).session}`,
    })),
    'POST /api/conversation/feedback': talk(hers(200, 403, foreign), async (world) => ({
      path: `/api/conversation/feedback?${org(world)}`,
      body: { message_id: (await answered(world)).answer, rating: 1 },
    })),
    'PUT /api/conversation/session': talk(hers(200, 403, foreign), async (world) => {
      const { answer, session } = await answered(world);
      return {
        path: `/api/conversation/session?${org(world)}&session_id=${session}`,
        body: { head_message_id: answer },
      };
    }),
    'POST /api/conversation/fork': talk(hers(200, 403, foreign), async (world) => {
      const { answer, session } = await answered(world);
      return {
        path: `/api/conversation/fork?${org(world)}&session_id=${session}`,
        body: { message_id: answer },
      };
    }),
    'PUT /api/conversation/update': talk(hers(200, 403, foreign), async (world) => ({
      path: `/api/conversation/update?${org(world)}&conversation_id=${await chat(world)}`,
      body: { title: 'Other' },
    })),
    'DELETE /api/conversation/delete': talk(hers(200, 403, foreign), async (world) => ({
      path: `/api/conversation/delete?${org(world)}&conversation_id=${await chat(world)}`,
    })),
    'POST /api/conversation/complete_session': talk(hers(200, 403, foreign), async (world) => ({
      path: `/api/conversation/complete_session?${org(world)}&session_id=${(await session(world)).session}`,
    })),
    'GET /api/llm/list': talk(each(200, 200, foreign), (world) => ({
      path: `/api/llm/list?${org(world)}`,
    })),
    'GET /api/persona/list': talk(each(200, 200, foreign), (world) => ({
      path: `/api/persona/list?${org(world)}`,
    })),
    'GET /api/org/list': talk(each(200, 200), at('/api/org/list'), {
      hides: ({ tenant }) => tenant.organizationId,
      sees: ['good', 'guest', 'otherUser', 'testKey'],
    }),

    ...Object.fromEntries(
      ['/chats', '/chats/'].map((path) => [
        `GET ${path}`,
        talk(
          each(200, 200, anonymous(200)),
          async (world) => {
            await chat(world);
            return { path };
          },
          hidesHers,
        ),
      ]),
    ),
    'GET /chats/:id': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/chats/${await chat(world)}`,
    })),
    'POST /chats/create': talk(each(201, 403, anonymous(201)), () => ({
      path: '/chats/create',
      body: { name: 'New' },
    })),
    'PUT /chats/update/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/chats/update/${await chat(world)}`,
      body: { name: 'Other' },
    })),
    'DELETE /chats/delete/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/chats/delete/${await chat(world)}`,
    })),
    ...Object.fromEntries(
      ['/conversations', '/conversations/'].map((path) => [
        `GET ${path}`,
        talk(hers(200, 404, anonymous(404)), async (world) => ({
          path: `${path}?chat_id=${await chat(world)}`,
        })),
      ]),
    ),
    'GET /conversations/:id': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/conversations/${await message(world)}`,
    })),
    'POST /conversations/create': talk(hers(201, 403, anonymous(404)), async (world) => ({
      path: '/conversations/create',
      body: { chat_id: await chat(world), role: 'Human', message: 'Hi' },
    })),
    'DELETE /conversations/delete/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/conversations/delete/${await message(world)}`,
    })),
    'GET /conversations/inference/:id': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/conversations/inference/${await message(world)}`,
    })),
    // The persona of the token answers without the internet.
    'GET /conversations/inference_internet/:id': talk(hers(403, 404, anonymous(404)), async (world) => ({
      path: `/conversations/inference_internet/${await message(world)}`,
    })),

    'GET /api/generations/:id': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/api/generations/${await generation(world)}`,
    })),
    'GET /api/generations/:id/stream': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/api/generations/${await generation(world)}/stream`,
    })),
    'GET /api/generations/:id/context': talk(hers(200, 404, anonymous(404)), async (world) => ({
      path: `/api/generations/${await generation(world)}/context`,
    })),
    'POST /api/generations/:id/cancel': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/api/generations/${await generation(world)}/cancel`,
    })),
    'POST /api/generations/:id/regenerate': talk(hers(201, 403, anonymous(404)), async (world) => ({
      path: `/api/generations/${await generation(world)}/regenerate`,
    })),
    'POST /api/generations/:id/continue': talk(hers(201, 403, anonymous(404)), async (world) => ({
      path: `/api/generations/${await failedGeneration(world)}/continue`,
    })),
  };
}
