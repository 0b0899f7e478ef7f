/** Buttons, fields and other small parts. */
import type { ComponentChildren, JSX, Ref } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import styles from './controls.module.css';
import { copyText } from './copy-text.ts';
import { Icon, type IconName } from './icons.tsx';
import { partStrings } from './strings.ts';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';

function classOf(look: Look, isIconOnly: boolean): string {
  return [styles.button, look !== 'plain' && styles[look], isIconOnly && styles.iconOnly]
    .filter(Boolean)
    .join(' ');
}

export interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  /** What it does, where only the icon is shown. */
  readonly label?: string;
  readonly look?: Look;
  readonly type?: 'button' | 'submit';
  /** It stays focusable, and does nothing. */
  readonly isDisabled?: boolean;
  /** Something that it began is under way: it does nothing meanwhile. */
  readonly isBusy?: boolean;
  readonly isPressed?: boolean;
  readonly isExpanded?: boolean;
  readonly hasPopup?: 'menu' | 'dialog';
  readonly form?: string;
  readonly buttonRef?: Ref<HTMLButtonElement>;
  readonly onClick?: (event: MouseEvent) => void;
}

export function Button(props: ButtonProps): JSX.Element {
  const {
    children,
    icon,
    label,
    look = 'plain',
    type = 'button',
    isDisabled = false,
    isBusy = false,
  } = props;
  const isIdle = isDisabled || isBusy;
  return (
    <button
      ref={props.buttonRef ?? null}
      type={type}
      form={props.form}
      class={classOf(look, children === undefined)}
      aria-label={label}
      title={children === undefined ? label : undefined}
      aria-disabled={isIdle || undefined}
      aria-busy={isBusy || undefined}
      aria-pressed={props.isPressed}
      aria-expanded={props.isExpanded}
      aria-haspopup={props.hasPopup}
      onClick={(event) => {
        if (isIdle) event.preventDefault();
        else props.onClick?.(event);
      }}
    >
      {isBusy ? <span class={styles.spinner} aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export interface LinkButtonProps {
  readonly href: string;
  readonly children: ComponentChildren;
  readonly icon?: IconName;
  readonly look?: Look;
}

export function LinkButton({ href, children, icon, look = 'plain' }: LinkButtonProps): JSX.Element {
  return (
    <Link href={href} className={classOf(look, false)}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}

/** What a control needs to belong to its label, hint and problem. */
export interface ControlProps {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean | undefined;
  readonly class: string | undefined;
}

export interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly problem?: string | undefined;
  readonly isOptional?: boolean;
  readonly children: (control: ControlProps) => ComponentChildren;
}

/** A label, its control, a hint and what is wrong with what was typed. */
export function Field({ label, hint, problem, isOptional = false, children }: FieldProps): JSX.Element {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, problem !== undefined && `${id}-problem`].filter(
    Boolean,
  );
  return (
    <div class={styles.field}>
      <label class={styles.label} for={id}>
        {label}
        {isOptional && <span class={styles.optional}> {partStrings().optional}</span>}
      </label>
      {children({
        id,
        'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
        'aria-invalid': problem !== undefined || undefined,
        class: styles.input,
      })}
      {problem !== undefined && (
        <p class={styles.problem} id={`${id}-problem`}>
          {problem}
        </p>
      )}
      {hint !== undefined && (
        <p class={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export interface TextFieldProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'email' | 'password' | 'search' | 'number' | 'url' | 'date' | 'datetime-local';
  readonly autoComplete?: string;
  readonly placeholder?: string | undefined;
  readonly name?: string;
  readonly isMono?: boolean;
  readonly isRequired?: boolean;
  /** Lines of a longer text. */
  readonly lines?: number;
  readonly inputRef?: Ref<HTMLInputElement>;
}

export function TextField(props: TextFieldProps): JSX.Element {
  const {
    value,
    onInput,
    type = 'text',
    autoComplete = 'off',
    placeholder,
    name,
    lines,
    isMono = false,
  } = props;
  return (
    <Field {...fieldOf(props)}>
      {(control) => {
        const shared = {
          ...control,
          class: isMono ? `${control.class} ${styles.mono}` : control.class,
          name,
          placeholder,
          value,
          required: props.isRequired,
          autoComplete,
          onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
        };
        if (lines !== undefined) return <textarea {...shared} rows={lines} />;
        return <input {...shared} type={type} ref={props.inputRef ?? null} />;
      }}
    </Field>
  );
}

function fieldOf({ label, hint, problem, isOptional }: Omit<FieldProps, 'children'>) {
  return {
    label,
    ...(hint !== undefined && { hint }),
    ...(problem !== undefined && { problem }),
    ...(isOptional !== undefined && { isOptional }),
  };
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly isDisabled?: boolean;
}

export interface SelectFieldProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
  readonly name?: string;
}

export function SelectField(props: SelectFieldProps): JSX.Element {
  return (
    <Field {...fieldOf(props)}>
      {(control) => (
        <select
          {...control}
          name={props.name}
          value={props.value}
          onChange={(event) => props.onChange(event.currentTarget.value)}
        >
          {props.choices.map(({ value, label, isDisabled }) => (
            <option key={value} value={value} disabled={isDisabled} selected={value === props.value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export interface CheckFieldProps {
  readonly label: ComponentChildren;
  readonly hint?: ComponentChildren;
  readonly isChecked: boolean;
  readonly isDisabled?: boolean;
  readonly name?: string;
  readonly onChange: (isChecked: boolean) => void;
}

export function CheckField({
  label,
  hint,
  isChecked,
  isDisabled,
  name,
  onChange,
}: CheckFieldProps): JSX.Element {
  const id = useId();
  return (
    <div class={styles.check}>
      <input
        type="checkbox"
        id={id}
        name={name}
        checked={isChecked}
        disabled={isDisabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {hint !== undefined && (
          <p class={styles.hint} id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

export type Tone = 'plain' | 'good' | 'warn' | 'danger' | 'accent';

export function Badge({
  children,
  tone = 'plain',
}: {
  readonly children: ComponentChildren;
  readonly tone?: Tone;
}) {
  return (
    <span class={styles.badge} data-tone={tone}>
      {children}
    </span>
  );
}

export function VisuallyHidden({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <span class={styles.hidden}>{children}</span>;
}

const saidMs = 2000;

export interface CopyButtonProps {
  readonly text: string;
  readonly label?: string;
  readonly look?: Look;
  readonly isIconOnly?: boolean;
}

/** Copies a text, and says for a while that it has. */
export function CopyButton({
  text,
  label,
  look = 'plain',
  isIconOnly = false,
}: CopyButtonProps): JSX.Element {
  const strings = partStrings();
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), saidMs);
    return () => clearTimeout(timer);
  }, [state]);
  const said = state === 'copied' ? strings.copied : state === 'failed' ? strings.copyFailed : '';
  const name = label ?? strings.copy;
  return (
    <>
      <Button
        look={look}
        icon={state === 'copied' ? 'check' : 'copy'}
        {...(isIconOnly && { label: said || name })}
        onClick={() =>
          copyText(text).then(
            () => setState('copied'),
            () => setState('failed'),
          )
        }
      >
        {isIconOnly ? undefined : said || name}
      </Button>
      <span class={styles.hidden} role="status">
        {said}
      </span>
    </>
  );
}
