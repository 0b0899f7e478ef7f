/** The matrix of the administration of an organization. */
import { administered, manage, type Row } from './row.ts';
import type { World } from './world.ts';

export function administrationRows(): Readonly<Record<string, Row>> {
  // Functions that make things of the organization, new ones at each call.
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
  const newConversation = async (world: World): Promise<string> => {
    await world.make('/api/chat/completion/stream', { message: 'Hi' });
    const newest = '/conversations?limit=1';
    const { data } = await world.administer<{ data: [{ id: string }] }>('GET', newest);
    return data[0].id;
  };
  const newGeneration = async ({ make }: World): Promise<string> =>
    (await make('/api/chat/completion/stream', { message: 'Hi' })).generationId;
  const webhook = { url: 'https://192.0.2.1.invalid/', events: ['conversation.deleted'] };
  /** An organization may have so many only, so the ones before go. */
  const newWebhook = async (world: World): Promise<string> => {
    const { data } = await world.administer<{ data: { id: string }[] }>('GET', '/webhooks');
    for (const { id } of data) await world.administer('DELETE', `/webhooks/${id}`);
    return (await world.administer('POST', '/webhooks', webhook)).id;
  };
  /** Of a webhook that is not active any more: the end of its path. */
  const newDelivery = async (world: World): Promise<string> => {
    const id = await newWebhook(world);
    const conversation = await newConversation(world);
    await fetch(
      `${world.url}/api/conversation/delete?org_id=${world.tenant.organizationId}&conversation_id=${conversation}`,
      { method: 'DELETE', headers: { authorization: `Bearer ${world.talking.good}` } },
    );
    await world.administer('PATCH', `/webhooks/${id}`, { is_active: false });
    const { data } = await world.administer<{ data: [{ id: string }] }>('GET', `/webhooks/${id}/deliveries`);
    return `${id}/deliveries/${data[0].id}`;
  };
  const questionSet = { name: 'Spare', questions: [{ turns: ['Why?'] }] };
  /** An organization may have so many only, so the ones before go. */
  const newQuestionSet = async (world: World): Promise<string> => {
    const { data } = await world.administer<{ data: { id: string }[] }>('GET', '/question-sets');
    for (const { id } of data) await world.administer('DELETE', `/question-sets/${id}`);
    return (await world.administer('POST', '/question-sets', questionSet)).id;
  };
  /** The end of its path. */
  const newQuestion = async (world: World): Promise<string> => {
    const id = await newQuestionSet(world);
    const question = await world.administer('POST', `/question-sets/${id}/questions`, { turns: ['How?'] });
    return `${id}/questions/${question.id}`;
  };
  /** A request to the organization's administration; `make` first makes what the path names. */
  const within =
    (path: string, make?: (world: World) => Promise<string>, body?: object): Row['request'] =>
    async (world) => {
      const id = make === undefined ? '' : await make(world);
      return { path: base(world) + path.replace('<id>', id), ...(body !== undefined && { body }) };
    };
  const listed = (expected: Row['expected'], path: string): Row => manage(expected, within(path));

  return {
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

    'GET /api/admin/organizations/:org_id/settings': listed(administered(200), '/settings'),
    'PATCH /api/admin/organizations/:org_id/settings': manage(
      administered(200),
      within('/settings', undefined, { titles: 'on' }),
    ),

    'GET /api/admin/organizations/:org_id/models': listed(administered(200), '/models'),
    'POST /api/admin/organizations/:org_id/models': manage(
      administered(201),
      within('/models', undefined, model('New')),
    ),
    'POST /api/admin/organizations/:org_id/models/discover': manage(
      administered(200),
      within('/models/discover', undefined, {
        provider: 'openai-compatible',
        base_url: 'http://192.0.2.1.invalid/v1',
      }),
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
    'POST /api/admin/organizations/:org_id/personas/:id/duplicate': manage(
      administered(201),
      async (world) => ({
        path: `${base(world)}/personas/${await newPersona(world)}/duplicate`,
        body: { alias: persona().alias },
      }),
    ),
    'GET /api/admin/organizations/:org_id/personas/:id/export': manage(
      administered(200),
      within('/personas/<id>/export', newPersona),
    ),
    'POST /api/admin/organizations/:org_id/personas/import': manage(administered(201), (world) => ({
      path: `${base(world)}/personas/import`,
      body: { format: 1, ...persona() },
    })),
    'PUT /api/admin/organizations/:org_id/personas/:id/next': manage(administered(200), async (world) => ({
      path: `${base(world)}/personas/${await newPersona(world)}/next`,
      body: draft(world),
    })),
    'POST /api/admin/organizations/:org_id/personas/:id/try': manage(
      administered(200),
      within('/personas/<id>/try', newPersona, {
        version: 'next',
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    ),
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
    'PATCH /api/admin/organizations/:org_id/keys/:id': manage(
      administered(200),
      within('/keys/<id>', newKey, { name: 'Renamed' }),
    ),
    'POST /api/admin/organizations/:org_id/keys/:id/rotate': manage(
      administered(200),
      within('/keys/<id>/rotate', newKey, {}),
    ),
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
    'DELETE /api/admin/organizations/:org_id/members/:id/sessions': manage(
      administered(204),
      within('/members/<id>/sessions', newMember),
    ),
    'POST /api/admin/organizations/:org_id/members/:id/token': manage(
      administered(200),
      within('/members/<id>/token', newMember, {}),
    ),

    'GET /api/admin/organizations/:org_id/generations': listed(administered(200), '/generations'),
    'POST /api/admin/organizations/:org_id/generations/:generation_id/cancel': manage(
      administered(200),
      within('/generations/<id>/cancel', newGeneration),
    ),
    'GET /api/admin/organizations/:org_id/question-sets': listed(administered(200), '/question-sets'),
    'POST /api/admin/organizations/:org_id/question-sets': manage(administered(201), async (world) => {
      await newQuestionSet(world);
      return { path: `${base(world)}/question-sets`, body: questionSet };
    }),
    'GET /api/admin/organizations/:org_id/question-sets/:id': manage(
      administered(200),
      within('/question-sets/<id>', newQuestionSet),
    ),
    'PATCH /api/admin/organizations/:org_id/question-sets/:id': manage(
      administered(200),
      within('/question-sets/<id>', newQuestionSet, { name: 'Other' }),
    ),
    'DELETE /api/admin/organizations/:org_id/question-sets/:id': manage(
      administered(204),
      within('/question-sets/<id>', newQuestionSet),
    ),
    'POST /api/admin/organizations/:org_id/question-sets/:id/questions': manage(
      administered(201),
      async (world) => {
        const conversation_id = await newConversation(world);
        const path = `${base(world)}/question-sets/${await newQuestionSet(world)}/questions`;
        return { path, body: { conversation_id } };
      },
    ),
    'DELETE /api/admin/organizations/:org_id/question-sets/:id/questions/:question_id': manage(
      administered(204),
      within('/question-sets/<id>', newQuestion),
    ),

    'GET /api/admin/organizations/:org_id/webhooks': listed(administered(200), '/webhooks'),
    'POST /api/admin/organizations/:org_id/webhooks': manage(administered(201), async (world) => {
      await newWebhook(world);
      return { path: `${base(world)}/webhooks`, body: webhook };
    }),
    'GET /api/admin/organizations/:org_id/webhooks/:id': manage(
      administered(200),
      within('/webhooks/<id>', newWebhook),
    ),
    'PATCH /api/admin/organizations/:org_id/webhooks/:id': manage(
      administered(200),
      within('/webhooks/<id>', newWebhook, { is_active: false }),
    ),
    'DELETE /api/admin/organizations/:org_id/webhooks/:id': manage(
      administered(204),
      within('/webhooks/<id>', newWebhook),
    ),
    'GET /api/admin/organizations/:org_id/webhooks/:id/deliveries': manage(
      administered(200),
      within('/webhooks/<id>/deliveries', newWebhook),
    ),
    // The webhook is not active, so that it is not being sent to either.
    'POST /api/admin/organizations/:org_id/webhooks/:id/deliveries/:delivery/resend': manage(
      administered(409),
      within('/webhooks/<id>/resend', newDelivery),
    ),
    'GET /api/admin/organizations/:org_id/audit': listed(administered(200), '/audit'),
    'GET /api/admin/organizations/:org_id/conversations': listed(administered(200), '/conversations'),
    'GET /api/admin/organizations/:org_id/conversations/:conversation_id': manage(
      administered(200),
      within('/conversations/<id>', newConversation),
    ),
    'GET /api/admin/organizations/:org_id/users': listed(administered(200), '/users'),
    'GET /api/admin/organizations/:org_id/users/:user_id': manage(
      administered(200),
      within('/users/<id>', newUser),
    ),
    'GET /api/admin/organizations/:org_id/usage': listed(administered(200), '/usage'),
    'GET /api/admin/organizations/:org_id/users/:user_id/export': manage(
      administered(200),
      within('/users/<id>/export', newUser),
    ),
    'GET /api/admin/organizations/:org_id/users/export': manage(
      administered(200),
      within('/users/export?user_id=<id>', newUser),
    ),
    'DELETE /api/admin/organizations/:org_id/users': manage(
      administered(200),
      within('/users?user_id=<id>', newUser),
    ),
    'DELETE /api/admin/organizations/:org_id/users/:user_id': manage(
      administered(200),
      within('/users/<id>', newUser),
    ),
  };
}
