/** Programs that talk to a persona. Addresses and aliases have no sign that needs to be escaped in them. */

export interface Snippets {
  readonly curl: string;
  readonly client: string;
  readonly openai: string;
  readonly script: string;
  readonly endpoint: string;
}

/** @param server its address, without a slash at the end */
export function snippets(server: string, alias: string): Snippets {
  return {
    curl: `curl -N ${server}/api/chat/completion/stream \\
  -H "X-API-Key: $COLLOQUY_KEY" -H "Content-Type: application/json" \\
  -d '{"message": "What can you do?", "persona": {"alias": "${alias}"}}'`,
    client: `import { Colloquy } from '@colloquy/client';

const colloquy = new Colloquy({ baseUrl: '${server}', apiKey: process.env.COLLOQUY_KEY });
const { text } = await colloquy.send('What can you do?', { persona: { alias: '${alias}' } });
console.log(text);`,
    openai: `import OpenAI from 'openai';

const openai = new OpenAI({ baseURL: '${server}/v1', apiKey: process.env.COLLOQUY_KEY });
const { choices } = await openai.chat.completions.create({
  model: 'persona:${alias}',
  messages: [{ role: 'user', content: 'What can you do?' }],
});
console.log(choices[0].message.content);`,
    script: `<script type="module" src="${server}/widget.js" data-token-endpoint="/api/chat-token"></script>`,
    endpoint: `app.post('/api/chat-token', async (request, response) => {
  const answer = await fetch('${server}/api/chat/get_token', {
    method: 'POST',
    headers: { 'X-API-Key': process.env.COLLOQUY_KEY, 'Content-Type': 'application/json' },
    // Who is signed in on your page.
    body: JSON.stringify({ user_id: request.user.id, persona: { alias: '${alias}' } }),
  });
  response.status(answer.status).set('Cache-Control', 'no-store').json(await answer.json());
});`,
  };
}
