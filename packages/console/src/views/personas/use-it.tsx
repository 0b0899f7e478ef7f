/** How programs use a persona: pieces that work as they are pasted, with a key in COLLOQUY_KEY. */
import type { JSX } from 'preact';
import { basePath } from '../../api/request.ts';
import { LinkButton } from '../../parts/controls.tsx';
import { Card, Code, pageStyles } from '../../parts/page.tsx';
import { Note } from '../../parts/states.tsx';
import { toConsole } from '../../state/paths.ts';
import type { PartProps } from './persona-page.tsx';
import { snippets } from './snippets.ts';
import { personaStrings } from './strings.ts';

export function UseIt({ persona }: PartProps): JSX.Element {
  const strings = personaStrings();
  const { curl, client, openai, script, endpoint } = snippets(location.origin + basePath, persona.alias);
  return (
    <>
      <p class={pageStyles.row}>
        {strings.useText}
        <LinkButton href={toConsole('/keys')} icon="keys">
          {strings.makeKey}
        </LinkButton>
      </p>
      {!persona.has_active && <Note tone="warn">{strings.useNothingLive}</Note>}
      <div class={pageStyles.columns}>
        <Card title={strings.curl}>
          <Code label={strings.curl} text={curl} />
        </Card>
        <Card title={strings.client}>
          <Code label={strings.client} text={client} />
        </Card>
        <Card title={strings.openai}>
          <Code label={strings.openai} text={openai} />
        </Card>
        <Card title={strings.widget}>
          <Code label={strings.widget} text={script} />
          <p>{strings.widgetText}</p>
          <Code label={strings.widgetText} text={endpoint} />
        </Card>
      </div>
    </>
  );
}
