/** Every curl of `reference/conversation-service.txt` as it stands, run by a shell, with address, ids and token filled in. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp } from '../../http-app.ts';
import { chatsOf } from '../chats/chats-app.ts';

const create = `curl -X POST {{baseUrl}}/api/conversation/create?org_id=your-org-id \\
  -H "Authorization: Bearer YOUR_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "title": "Project Discussion",
    "is_archived": false
  }'`;

const createSession = `curl -X POST {{baseUrl}}/api/conversation/create_session?org_id=your-org-id \\
  -H "Authorization: Bearer YOUR_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "conversation_id": "5a7e8f91-2b3c-4d5e-6f7g-8h9i0j1k2l3m",
    "model_id": "457d4f38-e3c0-43eb-b519-a867f9f5325a"
  }'`;

const streamChat = `curl -X POST {{baseUrl}}/api/conversation/stream_chat?org_id=your-org-id \\
  -H "Authorization: Bearer YOUR_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "chat_session_id": "9b8c7d6e-5f4e-3d2c-1b0a-9z8y7x6w5v4u",
    "message": "Can you explain how vector databases work?"
  }'`;

const list = `curl -X GET {{baseUrl}}/api/conversation/list?org_id=your-org-id \\
  -H "Authorization: Bearer YOUR_TOKEN"`;

const getWithSessions = `curl -X GET {{baseUrl}}/api/conversation/get_with_sessions?org_id=your-org-id&conversation_id=your-conversation-id \\
  -H "Authorization: Bearer YOUR_TOKEN"`;

const getMessages = `curl -X GET "{{baseUrl}}/api/conversation/messages?org_id=your-org-id&conversation_id=your-conversation-id&limit=10&offset=0" \\
  -H "Authorization: Bearer YOUR_TOKEN"`;

const curl = spawnSync('curl', ['--version']).status === 0 ? {} : { skip: 'there is no curl' };
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

onBothStores("the document's curls", async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const { scope, modelId } = app.harness;
  const token = await chatsOf(app).member('member');

  async function run(command: string, ids: Record<string, string> = {}) {
    let filled = command
      .replace('{{baseUrl}}', app.url)
      .replace('your-org-id', scope.organizationId)
      .replace('YOUR_TOKEN', token);
    for (const [from, to] of Object.entries(ids)) filled = filled.replace(from, to);
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      `${filled} -s -N -w '\n%{http_code} %{content_type}'`,
    ]);
    const [, text = '', status, type = ''] = /^([\s\S]*)\n(\d{3}) (.*)$/.exec(stdout) ?? [];
    return {
      status: Number(status),
      type,
      text,
      body: type.startsWith('application/json') ? JSON.parse(text) : {},
    };
  }

  test('from create to messages', curl, async () => {
    const created = await run(create);
    assert.equal(created.status, 200);
    const { id, created_at, updated_at, created_by, ...conversation } = created.body;
    assert.equal(created_by.kind, 'member');
    assert.deepEqual(conversation, {
      ...{ title: 'Project Discussion', is_archived: false, description: null, metadata: {} },
    });
    for (const one of [created_at, updated_at]) assert.match(one, time);

    const session = await run(createSession, {
      '5a7e8f91-2b3c-4d5e-6f7g-8h9i0j1k2l3m': id,
      '457d4f38-e3c0-43eb-b519-a867f9f5325a': modelId,
    });
    assert.equal(session.status, 200);
    const { id: sessionId, created_at: begun, updated_at: changed, ...rest } = session.body;
    assert.deepEqual(rest, {
      ...{ conversation_id: id, model_id: modelId, status: 'active' },
      ...{ persona: null, head_message_id: null, metadata: {} },
    });
    for (const one of [begun, changed]) assert.match(one, time);

    const stream = await run(streamChat, { '9b8c7d6e-5f4e-3d2c-1b0a-9z8y7x6w5v4u': sessionId });
    assert.equal(stream.status, 200);
    assert.equal(stream.type, 'text/event-stream; charset=utf-8');
    const names = [...stream.text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
    const data = [...stream.text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json));
    assert.deepEqual(
      data.map(({ type }) => type),
      names,
    );
    assert.equal(names[0], 'start');
    assert.equal(names.at(-1), 'end');
    assert.ok(names.slice(1, -1).every((name) => name === 'content') && names.length > 3);
    const content = data.map((one) => one.content ?? '').join('');
    assert.equal(content, 'You said: Can you explain how vector databases work?');
    const { usage, ...end } = data.at(-1);
    assert.deepEqual(end, { type: 'end', finish_reason: 'stop' });
    assert.equal(usage.provenance, 'reported');

    const listed = await run(list);
    assert.equal(listed.status, 200);
    assert.deepEqual(
      listed.body.map((one: { id: string; title: string }) => [one.id, one.title]),
      [[id, 'Project Discussion']],
    );

    const ids = { 'your-conversation-id': id };
    const quoted = getWithSessions.replace(/(\S+your-conversation-id)/, '"$1"');
    const whole = await run(quoted, ids);
    assert.equal(whole.status, 200);
    assert.equal(whole.body.conversation.id, id);
    assert.deepEqual(
      whole.body.sessions.map((one: { id: string; model: object; status: string }) => [
        one.id,
        one.model,
        one.status,
      ]),
      [[sessionId, { id: modelId, name: 'scripted', provider: 'openai-compatible' }, 'active']],
    );

    const messages = await run(getMessages, ids);
    assert.equal(messages.status, 200);
    assert.deepEqual(
      messages.body.messages.map((one: { role: string; content: string }) => [one.role, one.content]),
      [
        ['user', 'Can you explain how vector databases work?'],
        ['assistant', content],
      ],
    );
    assert.equal(messages.body.messages[1].id, data[0].message_id);
    const { total, limit, offset } = messages.body;
    assert.deepEqual({ total, limit, offset }, { total: 2, limit: 10, offset: 0 });
  });

  test('the ids of the document are no UUIDs, and named as wrong', curl, async () => {
    const session = await run(createSession);
    assert.equal(session.status, 400);
    assert.deepEqual(session.body, {
      detail: 'conversation_id must be a UUID',
      message: 'conversation_id must be a UUID',
      code: 'invalid_request',
      field: 'conversation_id',
    });
    const stream = await run(streamChat);
    assert.equal(stream.status, 400);
    assert.deepEqual(stream.body, {
      detail: 'chat_session_id must be a UUID',
      message: 'chat_session_id must be a UUID',
      code: 'invalid_request',
      field: 'chat_session_id',
    });
  });
});
