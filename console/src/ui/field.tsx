import { Check } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from './class-names.ts'

const BOX =
  'w-full rounded border border-line-strong bg-panel px-3 text-text aria-invalid:border-bad disabled:opacity-60'

interface FieldParts {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}
export interface FieldProps {
  label: string
  /** What is allowed, or what it is for; before somebody goes wrong. */
  hint?: ReactNode
  /** What is wrong with it now. */
  error?: string | undefined
  /** The label is read out only: for a search box. */
  bare?: boolean
}

/** A label, a control, and what there is to say about it. */
export function Field({
  label,
  hint,
  error,
  bare,
  children,
}: FieldProps & { children(parts: FieldParts): ReactNode }) {
  const id = useId()
  const about = [hint !== undefined && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={bare ? 'sr-only' : 'mb-1 block font-strong'}>
        {label}
      </label>
      {children({ id, 'aria-describedby': about || undefined, 'aria-invalid': error ? true : undefined })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-meta text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="mt-1 text-meta text-bad">
          {error}
        </p>
      )}
    </div>
  )
}

type Text = { value: string; onChange(value: string): void }

export function TextField({
  label,
  hint,
  error,
  bare,
  onChange,
  ...rest
}: FieldProps & Text & Omit<ComponentProps<'input'>, 'onChange' | 'className' | 'id' | 'value'>) {
  return (
    <Field {...{ label, hint, error, bare }}>
      {(parts) => (
        <input
          type="text"
          {...rest}
          {...parts}
          onChange={(event) => onChange(event.target.value)}
          className={cx(BOX, 'h-9')}
        />
      )}
    </Field>
  )
}

export function TextArea({
  label,
  hint,
  error,
  bare,
  onChange,
  ...rest
}: FieldProps & Text & Omit<ComponentProps<'textarea'>, 'onChange' | 'className' | 'id' | 'value'>) {
  return (
    <Field {...{ label, hint, error, bare }}>
      {(parts) => (
        <textarea
          rows={4}
          {...rest}
          {...parts}
          onChange={(event) => onChange(event.target.value)}
          className={cx(BOX, 'py-2')}
        />
      )}
    </Field>
  )
}

export interface Choice<V extends string> {
  value: V
  label: string
  disabled?: boolean
}

/** One of several. The browser's own, which phones show in their own way. */
export function SelectField<V extends string>({
  label,
  hint,
  error,
  bare,
  value,
  choices,
  onChange,
  ...rest
}: FieldProps & {
  value: V
  choices: readonly Choice<V>[]
  onChange(value: V): void
} & Omit<ComponentProps<'select'>, 'onChange' | 'className' | 'id' | 'value'>) {
  return (
    <Field {...{ label, hint, error, bare }}>
      {(parts) => (
        <select
          {...rest}
          {...parts}
          value={value}
          onChange={(event) => onChange(event.target.value as V)}
          className={cx(BOX, 'h-9 pr-8')}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} disabled={choice.disabled}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export interface CheckboxProps {
  label: ReactNode
  hint?: ReactNode
  checked: boolean
  onChange(checked: boolean): void
  disabled?: boolean
  /** A box alone, such as in a row: the label is read out only. */
  bare?: boolean
}

export function Checkbox({ label, hint, checked, onChange, disabled, bare }: CheckboxProps) {
  const id = useId()
  return (
    <div className="flex items-start gap-2">
      <span className="relative mt-0.5 inline-flex size-4 shrink-0">
        <input
          id={id}
          type="checkbox"
          checked={checked}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          className="peer size-4 cursor-pointer appearance-none rounded border border-line-strong bg-panel checked:border-accent checked:bg-accent disabled:opacity-55"
        />
        <Check
          aria-hidden
          size={12}
          strokeWidth={3}
          className="pointer-events-none absolute top-0.5 left-0.5 hidden text-on-accent peer-checked:block"
        />
      </span>
      <div className={bare ? 'sr-only' : 'min-w-0'}>
        <label htmlFor={id} className="cursor-pointer">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-meta text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}

/** A choice among few, all of them in sight. Arrow keys move. */
export function RadioGroup<V extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: V
  choices: readonly (Choice<V> & { hint?: string })[]
  onChange(value: V): void
}) {
  const name = useId()
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 font-strong">{label}</legend>
      <div className="grid gap-1">
        {choices.map((choice) => (
          <label
            key={choice.value}
            className={cx('flex gap-2', choice.disabled ? 'opacity-55' : 'cursor-pointer')}
          >
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              disabled={choice.disabled}
              onChange={() => onChange(choice.value)}
              className="mt-0.5 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              {choice.label}
              {choice.hint !== undefined && <span className="block text-meta text-muted">{choice.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** Two to four views of the same thing, beside each other. */
export function Segmented<V extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: V
  choices: readonly (Choice<V> & { icon?: ReactNode })[]
  onChange(value: V): void
}) {
  const name = useId()
  return (
    <fieldset className="inline-flex max-w-full flex-wrap rounded border border-line-strong/60 bg-panel p-0.5">
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className="inline-flex h-7 cursor-pointer items-center gap-2 rounded px-2 text-muted has-checked:bg-tint has-checked:font-strong has-checked:text-text has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            disabled={choice.disabled}
            onChange={() => onChange(choice.value)}
            className="sr-only"
          />
          {choice.icon}
          {choice.label}
        </label>
      ))}
    </fieldset>
  )
}
