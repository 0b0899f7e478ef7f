/** Asks for a day of a conversation. */
import type { Place } from '@colloquy/client/store';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, TextField } from '../../parts/controls.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { chatStrings } from './strings.ts';

interface GoToDateProps {
  readonly onGo: (place: Place) => void;
  readonly onClose: () => void;
}

export function GoToDate({ onGo, onClose }: GoToDateProps): JSX.Element {
  const strings = chatStrings();
  const [day, setDay] = useState('');
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const go = () => {
    // The midnight of the person's own zone.
    const time = new Date(`${day}T00:00`);
    if (Number.isNaN(time.getTime())) {
      setProblem(strings.noDate);
      return;
    }
    onClose();
    onGo({ at: time.toISOString() });
  };
  return (
    <Dialog
      title={strings.toDateTitle}
      onClose={onClose}
      foot={
        <Button type="submit" look="primary" form="go-to-date">
          {strings.go}
        </Button>
      }
    >
      <form
        id="go-to-date"
        class={pageStyles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <TextField
          type="date"
          label={strings.date}
          hint={strings.dateHint}
          value={day}
          inputRef={field}
          {...(problem !== undefined && { problem })}
          onInput={setDay}
        />
      </form>
    </Dialog>
  );
}
