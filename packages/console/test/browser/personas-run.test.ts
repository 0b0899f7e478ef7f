/** A run over a set of forty questions: long answers, one that fails, stopping, going on, what differs, sums, the table. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { checkPage, type FurnishedConsole, startFurnishedConsole, withChromium } from './console.ts';

const count = 40;
const long = 'A long sentence about herons that goes on and on. '.repeat(60);

describe('a run over many questions', withChromium, () => {
  let opened: FurnishedConsole;
  /** The question at which the model waits until it is let go. */
  const held = gate();

  before(async () => {
    opened = await startFurnishedConsole();
    const { personaId, server } = opened;
    const { data } = await opened.administer<{ data: { model_id: string }[] }>(
      'GET',
      `/personas/${personaId}/versions`,
    );
    await opened.administer('PUT', `/personas/${personaId}/next`, {
      system_prompt: 'You are the draft.',
      model_id: data[0]?.model_id,
    });
    await opened.administer('POST', '/question-sets', {
      name: 'Forty',
      questions: Array.from({ length: count }, (_, index) => ({ turns: [`Question ${index + 1}`] })),
    });
    let isHeld = true;
    server.upstream.setDefault(({ body, lastUserMessage }) => {
      const isDraft = JSON.stringify(body?.messages ?? []).includes('the draft');
      const number = Number(/\d+/.exec(lastUserMessage ?? '')?.[0]);
      if (number === 7 && isDraft) return refuse(400, { message: 'rule 7 forbids it' });
      if (number === 12 && isDraft && isHeld) {
        isHeld = false;
        return {
          steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half of it'] }, held.step, { do: 'end' }],
        };
      }
      if (number === 3) return answer(`# Herons\n\n${long}`);
      return answer(isDraft && number % 10 === 0 ? `=Another ${number}` : `The same ${number}`);
    });
  });
  after(() => opened?.[Symbol.asyncDispose]());

  test('it stops in its midst, goes on, and is over', async () => {
    const page = await opened.open(`/personas/${opened.personaId}?tab=try`);
    await page.getByRole('tab', { name: 'Try both' }).click();
    await page.getByRole('button', { name: 'Ask both 40 questions' }).click();
    await page.getByText('Half of it').waitFor();
    await page.getByText('11 of 40').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped here. Going on asks this question again.').waitFor();
    await checkPage(page, 'persona-run-stopped');
    held.release();
    const before = opened.server.upstream.requests.length;
    await page.getByRole('button', { name: 'Go on with 29 questions' }).click();
    await page.getByText('40 of 40', { exact: true }).waitFor();
    assert.equal(await page.getByText('Stopped here.').count(), 0);
    assert.equal(opened.server.upstream.requests.length - before, 58, 'what was answered is not asked again');
    const sums = page.getByRole('region', { name: 'All answers together' });
    const failed = sums.getByRole('row', { name: /^Failed/ });
    assert.match((await failed.textContent()) ?? '', /Failed01\+1/);
    assert.match((await sums.getByRole('row', { name: /^Answers/ }).textContent()) ?? '', /Answers40400/);
    await sums.scrollIntoViewIfNeeded();
    await checkPage(page, 'persona-run');
    await page.getByRole('checkbox', { name: 'Only where the answers differ (5 of 40)' }).check();
    const shown = page.getByRole('region', { name: /^Draft: Question/ });
    assert.equal(await shown.count(), 5);
    await page
      .getByRole('region', { name: 'Draft: Question 7' })
      .getByText(/rule 7 forbids it/)
      .waitFor();
    await shown.first().scrollIntoViewIfNeeded();
    await checkPage(page, 'persona-run-differs');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as CSV' }).click(),
    ]);
    const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n');
    assert.equal(lines.length, count + 1);
    assert.match(lines[10] ?? '', /^Question 10,1,The same 10,.*,'=Another 10,/);
    assert.match(lines[7] ?? '', /rule 7 forbids it/);
    await page.close();
  });

  test('no page complained', () => assert.deepEqual(opened.complaints, []));
});
