/**
 * The matrix: for every endpoint what each caller is answered. A row makes its request anew for every caller, so that
 * what one of them changes is no other's reason.
 */

import type { Column, World } from './matrix-world.ts';
import { refuse } from './scripted-answers.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';

export interface Request {
  readonly path: string;
  readonly body?: object;
}

export interface Row {
  /** Who the callers are. */
  readonly callers: 'talking' | 'administering';
  readonly expected: Readonly<Record<Column, number>>;
  request(world: World): Promise<Request> | Request;
  /** What of ada's, or of the organization, must not stand in an answer to others than `sees`. */
  readonly hides?: (world: World) => string;
  readonly sees?: readonly Column[];
}

type Statuses = Partial<Readonly<Record<Column, number>>>;

const refused = {
  none: 401,
  bad: 401,
  expiredKey: 401,
  expiredToken: 401,
  revokedKey: 401,
  revokedToken: 401,
} as const;

/** Everybody, also with a bad credential: it is not looked at. */
function open(status = 200): Row['expected'] {
  return {
    none: status,
    bad: status,
    expiredKey: status,
    expiredToken: status,
    revokedKey: status,
    revokedToken: status,
    otherOrganization: status,
    otherUser: status,
    guest: status,
    testKey: status,
    adminKey: status,
    good: status,
  };
}

/** Something of ada's, by its id. */
function hers(good: number, guest: number, more: Statuses = {}): Row['expected'] {
  return {
    ...refused,
    otherOrganization: 404,
    otherUser: 404,
    guest,
    testKey: 404,
    adminKey: 403,
    good,
    ...more,
  };
}

/** Something that every caller has of their own. */
function each(good: number, guest: number, more: Statuses = {}): Row['expected'] {
  return {
    ...refused,
    otherOrganization: good,
    otherUser: good,
    guest,
    testKey: good,
    adminKey: 403,
    good,
    ...more,
  };
}

/** Something of the organization, for its administrators and the operator. */
function administered(good: number, more: Statuses = {}): Row['expected'] {
  return {
    ...refused,
    otherOrganization: 404,
    otherUser: 403,
    guest: 403,
    testKey: 403,
    adminKey: good,
    good,
    ...more,
  };
}

/** Without a credential one acts as organization `default`. */
const anonymous = (status: number): Statuses => ({ none: status });
/** `org_id` is another's. */
const foreign: Statuses = { otherOrganization: 403 };

export function matrixRows(upstream: ScriptedUpstream): Readonly<Record<string, Row>> {
  const talk = (
    expected: Row['expected'],
    request: Row['request'],
    more: Pick<Row, 'hides' | 'sees'> = {},
  ): Row => ({
    callers: 'talking',
    expected,
    request,
    ...more,
  });
  const manage = (
    expected: Row['expected'],
    request: Row['request'],
    more: Pick<Row, 'hides' | 'sees'> = {},
  ): Row => ({
    callers: 'administering',
    expected,
    request,
    ...more,
  });
  const at =
    (path: string): Row['request'] =>
    () => ({ path });
  const page = (path: string): Row => talk(open(), at(path));

  // What belongs to ada, made anew.
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
  const generation = async (world: World): Promise<string> =>
    (await world.make('/api/chat/completion/stream', { message: 'Of ada' })).generationId;
  const failedGeneration = async (world: World): Promise<string> => {
    upstream.enqueue(refuse(400));
    return generation(world);
  };
  const org = ({ tenant }: World): string => `org_id=${tenant.organizationId}`;
  const hidesHers = { hides: () => 'Of ada', sees: ['good', 'guest'] as const };

  // What belongs to the organization, made anew.
  const base = ({ tenant }: World): string => `/api/admin/organizations/${tenant.organizationId}`;
  const model = (name: string) => ({ name, provider: 'openai', model: 'm' });
  const newModel = async (world: World): Promise<string> =>
    (await world.administer('POST', '/models', model('Spare'))).id;
  let aliases = 0;
  const persona = () => {
    aliases += 1;
    return { name: 'Spare', alias: `spare-${aliases}` };
  };
  const newPersona = async (world: World): Promise<string> => {
    const { id } = await world.administer('POST', '/personas', persona());
    await world.administer('PUT', `/personas/${id}/next`, draft(world));
    return id;
  };
  const draft = ({ tenant }: World) => ({ system_prompt: 'Be spare.', model_id: tenant.modelId });
  const newKey = async (world: World): Promise<string> =>
    (await world.administer('POST', '/keys', { name: 'Spare', type: 'prod' })).id;
  let members = 0;
  const member = () => {
    members += 1;
    return { name: 'Spare', email: `spare${members}@a.example`, role: 'member' };
  };
  const newMember = async (world: World): Promise<string> =>
    (await world.administer('POST', '/members', member())).id;
  let users = 0;
  const newUser = async (world: World): Promise<string> => {
    users += 1;
    const user_id = `spare-${users}`;
    const response = await fetch(`${world.url}/api/chat/get_token`, {
      method: 'POST',
      headers: { 'x-api-key': world.tenant.prodKey, 'content-type': 'application/json' },
      body: JSON.stringify({ user_id }),
    });
    if (!response.ok) throw new Error(await response.text());
    return user_id;
  };
  /** In the organization's administration, with what the path names made first. */
  const within =
    (path: string, make?: (world: World) => Promise<string>, body?: object): Row['request'] =>
    async (world) => {
      const id = make === undefined ? '' : await make(world);
      return { path: base(world) + path.replace('<id>', id), ...(body !== undefined && { body }) };
    };
  const listed = (expected: Row['expected'], path: string): Row => manage(expected, within(path));

  return {
    'GET /': page('/'),
    'GET /healthz': page('/healthz'),
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

    'POST /api/conversation/create': talk(each(200, 403, foreign), (world) => ({
      path: `/api/conversation/create?${org(world)}`,
      body: { title: 'New' },
    })),
    'POST /api/conversation/create_session': talk(hers(200, 403, foreign), async (world) => ({
      path: `/api/conversation/create_session?${org(world)}`,
      body: { conversation_id: await chat(world), model_id: world.tenant.modelId },
    })),
    'POST /api/conversation/stream_chat': talk(hers(200, 403, foreign), async (world) => ({
      path: `/api/conversation/stream_chat?${org(world)}`,
      body: { chat_session_id: (await session(world)).session, message: 'Hi' },
    })),
    'GET /api/conversation/list': talk(
      each(200, 200, foreign),
      async (world) => {
        await chat(world);
        return { path: `/api/conversation/list?${org(world)}` };
      },
      hidesHers,
    ),
    'GET /api/conversation/get_with_sessions': talk(hers(200, 200, foreign), async (world) => ({
      path: `/api/conversation/get_with_sessions?${org(world)}&conversation_id=${await chat(world)}`,
    })),
    'GET /api/conversation/messages': talk(hers(200, 200, foreign), async (world) => ({
      path: `/api/conversation/messages?${org(world)}&conversation_id=${await chat(world)}`,
    })),
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
    'GET /chats/:id': talk(hers(200, 200, anonymous(404)), async (world) => ({
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
        talk(hers(200, 200, anonymous(404)), async (world) => ({
          path: `${path}?chat_id=${await chat(world)}`,
        })),
      ]),
    ),
    'GET /conversations/:id': talk(hers(200, 200, anonymous(404)), async (world) => ({
      path: `/conversations/${await message(world)}`,
    })),
    'POST /conversations/create': talk(hers(201, 403, anonymous(404)), async (world) => ({
      path: '/conversations/create',
      body: { chat_id: await chat(world), role: 'Human', message: 'Hi' },
    })),
    'DELETE /conversations/delete/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/conversations/delete/${await message(world)}`,
    })),
    'GET /conversations/inference/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/conversations/inference/${await message(world)}`,
    })),
    'GET /conversations/inference_internet/:id': talk(hers(200, 403, anonymous(404)), async (world) => ({
      path: `/conversations/inference_internet/${await message(world)}`,
    })),

    'GET /api/generations/:id': talk(hers(200, 200, anonymous(404)), async (world) => ({
      path: `/api/generations/${await generation(world)}`,
    })),
    'GET /api/generations/:id/stream': talk(hers(200, 200, anonymous(404)), async (world) => ({
      path: `/api/generations/${await generation(world)}/stream`,
    })),
    'GET /api/generations/:id/context': talk(hers(200, 200, anonymous(404)), async (world) => ({
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

    'GET /api/admin/organizations': manage(
      administered(200, { otherOrganization: 200 }),
      at('/api/admin/organizations'),
      { hides: ({ tenant }) => tenant.organizationId, sees: ['good', 'adminKey'] },
    ),
    'POST /api/admin/organizations': manage(
      administered(201, { otherOrganization: 403, adminKey: 403 }),
      () => ({ path: '/api/admin/organizations', body: { name: 'New' } }),
    ),
    'GET /api/admin/organizations/:org_id': manage(administered(200), within('')),
    'PATCH /api/admin/organizations/:org_id': manage(
      administered(200),
      within('', undefined, { name: 'acme' }),
    ),
    'DELETE /api/admin/organizations/:org_id': manage(
      administered(200, { otherOrganization: 403, adminKey: 403 }),
      async (world) => {
        const response = await fetch(`${world.url}/api/admin/organizations`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${world.administering.good}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ name: 'Doomed' }),
        });
        const { id } = (await response.json()) as { id: string };
        return { path: `/api/admin/organizations/${id}` };
      },
    ),

    'GET /api/admin/organizations/:org_id/models': listed(administered(200), '/models'),
    'POST /api/admin/organizations/:org_id/models': manage(
      administered(201),
      within('/models', undefined, model('New')),
    ),
    'GET /api/admin/organizations/:org_id/models/:id': manage(
      administered(200),
      within('/models/<id>', newModel),
    ),
    'PATCH /api/admin/organizations/:org_id/models/:id': manage(
      administered(200),
      within('/models/<id>', newModel, { name: 'Other' }),
    ),
    'DELETE /api/admin/organizations/:org_id/models/:id': manage(
      administered(204),
      within('/models/<id>', newModel),
    ),
    'POST /api/admin/organizations/:org_id/models/:id/test': manage(
      administered(200),
      within('/models/<id>/test', async ({ tenant }) => tenant.modelId),
    ),

    'GET /api/admin/organizations/:org_id/personas': listed(administered(200), '/personas'),
    'POST /api/admin/organizations/:org_id/personas': manage(administered(201), (world) => ({
      path: `${base(world)}/personas`,
      body: persona(),
    })),
    'GET /api/admin/organizations/:org_id/personas/:id': manage(
      administered(200),
      within('/personas/<id>', newPersona),
    ),
    'PATCH /api/admin/organizations/:org_id/personas/:id': manage(
      administered(200),
      within('/personas/<id>', newPersona, { name: 'Other' }),
    ),
    'DELETE /api/admin/organizations/:org_id/personas/:id': manage(
      administered(204),
      within('/personas/<id>', newPersona),
    ),
    'GET /api/admin/organizations/:org_id/personas/:id/versions': manage(
      administered(200),
      within('/personas/<id>/versions', newPersona),
    ),
    'PUT /api/admin/organizations/:org_id/personas/:id/next': manage(administered(200), async (world) => ({
      path: `${base(world)}/personas/${await newPersona(world)}/next`,
      body: draft(world),
    })),
    'POST /api/admin/organizations/:org_id/personas/:id/submit': manage(
      administered(200),
      within('/personas/<id>/submit', newPersona),
    ),
    'POST /api/admin/organizations/:org_id/personas/:id/rollback': manage(
      administered(200),
      within(
        '/personas/<id>/rollback',
        async (world) => {
          const id = await newPersona(world);
          await world.administer('POST', `/personas/${id}/submit`);
          return id;
        },
        { version: 1 },
      ),
    ),

    'GET /api/admin/organizations/:org_id/keys': listed(administered(200), '/keys'),
    'POST /api/admin/organizations/:org_id/keys': manage(
      administered(201),
      within('/keys', undefined, { name: 'New', type: 'test' }),
    ),
    'GET /api/admin/organizations/:org_id/keys/:id': manage(administered(200), within('/keys/<id>', newKey)),
    'DELETE /api/admin/organizations/:org_id/keys/:id': manage(
      administered(204),
      within('/keys/<id>', newKey),
    ),

    'GET /api/admin/organizations/:org_id/members': listed(administered(200), '/members'),
    'POST /api/admin/organizations/:org_id/members': manage(administered(201), (world) => ({
      path: `${base(world)}/members`,
      body: member(),
    })),
    'GET /api/admin/organizations/:org_id/members/:id': manage(
      administered(200),
      within('/members/<id>', newMember),
    ),
    'PATCH /api/admin/organizations/:org_id/members/:id': manage(
      administered(200),
      within('/members/<id>', newMember, { name: 'Other' }),
    ),
    'DELETE /api/admin/organizations/:org_id/members/:id': manage(
      administered(204),
      within('/members/<id>', newMember),
    ),
    'POST /api/admin/organizations/:org_id/members/:id/token': manage(
      administered(200),
      within('/members/<id>/token', newMember, {}),
    ),

    'GET /api/admin/organizations/:org_id/usage': listed(administered(200), '/usage'),
    'GET /api/admin/organizations/:org_id/users/:user_id/export': manage(
      administered(200),
      within('/users/<id>/export', newUser),
    ),
    'DELETE /api/admin/organizations/:org_id/users/:user_id': manage(
      administered(200),
      within('/users/<id>', newUser),
    ),
  };
}
