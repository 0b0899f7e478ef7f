/** Links for people: made for an address and a role, and shown once. */
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { useChange } from '../../api/queries.ts';
import { ApiError, call } from '../../api/request.ts';
import { submitted } from '../../forms/submitted.ts';
import { formatTime } from '../../i18n/format.ts';
import { Button, SelectField, TextField } from '../../parts/controls.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Code, pageStyles } from '../../parts/page.tsx';
import { ErrorState } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { memberStrings } from './strings.ts';
import type { SignInLink } from './types.ts';

interface InvitationProps {
  readonly onMade: (email: string, link: SignInLink) => void;
  readonly onClose: () => void;
}

export function Invitation({ onMade, onClose }: InvitationProps): JSX.Element {
  const strings = memberStrings();
  const { organization } = useApi();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('member');
  const form = useId();
  const make = useChange<string, SignInLink>(
    (address) =>
      call('POST', '/api/console/links', {
        body: { purpose: 'invite', email: address, org_id: organization.id, role },
      }),
    () => [],
  );
  const isAtEmail = make.error instanceof ApiError && make.error.field === 'email';
  return (
    <Dialog
      title={strings.inviteTitle}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{partStrings().cancel}</Button>
          <Button type="submit" form={form} look="primary" isBusy={make.isPending}>
            {strings.makeLink}
          </Button>
        </>
      }
    >
      <form
        id={form}
        class={pageStyles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const address = submitted(event, 'email').trim();
          make.mutate(address, { onSuccess: (link) => onMade(address, link) });
        }}
      >
        <TextField
          label={strings.email}
          type="email"
          name="email"
          value={email}
          onInput={setEmail}
          problem={isAtEmail ? make.error?.message : undefined}
        />
        <SelectField
          label={strings.role}
          hint={strings.roleHint}
          value={role}
          onChange={setRole}
          choices={Object.entries(strings.roles).map(([value, label]) => ({ value, label }))}
        />
        {make.error !== null && !isAtEmail && <ErrorState error={make.error} />}
      </form>
    </Dialog>
  );
}

interface ShownLinkProps {
  readonly email: string;
  readonly link: SignInLink;
  readonly onClose: () => void;
}

export function ShownLink({ email, link, onClose }: ShownLinkProps): JSX.Element {
  const strings = memberStrings();
  return (
    <Dialog
      title={strings.linkTitle(email)}
      onClose={onClose}
      foot={
        <Button look="primary" onClick={onClose}>
          {strings.close}
        </Button>
      }
    >
      <p>{strings.linkText(formatTime(link.expires_at))}</p>
      <Code label={strings.link} text={link.url} />
    </Dialog>
  );
}
