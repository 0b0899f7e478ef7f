/**
 * What every runtime runs with the built client: an answer that breaks twice on its way, one that is stopped, one that
 * is refused, and a list. Only what all of them have is used here.
 */
import { Colloquy, ColloquyError } from '@colloquy/client';

/**
 * @param {string} baseUrl
 * @param {string} apiKey
 * @param {string} token Of an end user without conversations
 */
export async function run(baseUrl, apiKey, token) {
  const back = new Colloquy({ baseUrl, apiKey });
  const colloquy = new Colloquy({ baseUrl, token });
  const answer = colloquy.send('Hello');
  const pieces = [];
  for await (const event of answer) if (event.type === 'text') pieces.push(event.text);
  const whole = await answer;

  const long = colloquy.send('Stop me', { session: whole.sessionId });
  for await (const event of long) if (event.type === 'text' && event.text.includes('two')) await long.stop();
  const stopped = await long;

  const refused = await back.send('x', { persona: { alias: 'nobody' } }).catch((error) => error);
  const listed = [];
  for await (const { sessionId } of colloquy.conversations.list({ limit: 1 })) listed.push(sessionId);
  return {
    text: pieces.join(''),
    whole: whole.text,
    finishReason: whole.finishReason,
    stopped: stopped.finishReason,
    refused: refused instanceof ColloquyError && refused.code,
    isListed: listed.join() === whole.sessionId,
  };
}
