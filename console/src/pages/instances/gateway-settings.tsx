import { TextField } from '../../ui/field.tsx'
import type { Setting, SettingValues } from './settings-schema.ts'

const isSecret = (path: string): boolean => /token|password|secret|key/i.test(path)

/** A field for each; what is secret is not shown while it is typed. */
export function SettingFields({
  settings,
  values,
  onChange,
  errorOf,
}: {
  settings: readonly Setting[]
  values: SettingValues
  onChange(values: SettingValues): void
  errorOf(path: string): string | undefined
}) {
  return (
    <>
      {settings.map(({ path, required, hint }) => (
        <TextField
          key={path}
          label={path}
          {...(hint !== undefined && { hint })}
          error={errorOf(path)}
          required={required}
          type={isSecret(path) ? 'password' : 'text'}
          autoComplete={isSecret(path) ? 'new-password' : 'off'}
          value={values[path] ?? ''}
          onChange={(value) => onChange({ ...values, [path]: value })}
        />
      ))}
    </>
  )
}
