/** The languages the console is written in; the first is what everything falls back to. */
export const LANGUAGES = ['en', 'pt-BR', 'es'] as const
export type Language = (typeof LANGUAGES)[number]

/** Forms of a sentence about `{n}` things. A language that needs `many` falls back to `other`. */
export interface Plural {
  readonly one: string
  readonly other: string
}
export type Text = string | Plural
export type Texts = Readonly<Record<string, Text>>

/** The same keys with the same shapes, in another language. */
type Same<E extends Texts> = { readonly [K in keyof E]: E[K] extends string ? string : Plural }

/** The words of one page or part, in every language. */
export interface Words<E extends Texts> {
  readonly en: E
  readonly 'pt-BR': Same<E>
  readonly es: Same<E>
}

/**
 * Words of one page or part: one block per language, so that each reads as one text. A key that is missing in
 * a language, or that English does not have, is a compile error. `{name}` is filled in when the text is used;
 * a text with `one` and `other` is chosen by `{n}`.
 */
export const defineWords = <const E extends Texts>(words: Words<E>): Words<E> => words

type Holes<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never
type HolesOf<T> = T extends Plural ? 'n' | Holes<T['one'] | T['other']> : Holes<T>
/** What a text needs to be filled in: nothing when it has no holes. */
export type Fill<T> = [HolesOf<T>] extends [never]
  ? []
  : [values: { readonly [Name in HolesOf<T>]: Name extends 'n' ? number : string | number }]

/** Gives the text of a key; numbers are written as the language writes them. */
export type Translate<E extends Texts> = <K extends keyof E & string>(key: K, ...fill: Fill<E[K]>) => string

/** @returns the words in one language, ready to be filled in */
export function translator<E extends Texts>(words: Words<E>, language: Language): Translate<E> {
  const texts: Texts = words[language]
  const number = new Intl.NumberFormat(language)
  const rules = new Intl.PluralRules(language)
  return (key, ...fill) => {
    const values: Readonly<Record<string, string | number>> = fill[0] ?? {}
    const text = texts[key] ?? key
    const chosen =
      typeof text === 'string' ? text : rules.select(Number(values.n)) === 'one' ? text.one : text.other
    return chosen.replaceAll(/\{(\w+)\}/g, (hole, name: string) => {
      const value = values[name]
      return typeof value === 'number' ? number.format(value) : (value ?? hole)
    })
  }
}

/** The best of our languages for what somebody's browser prefers, in their order. */
export function pickLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const base = tag.toLowerCase().split('-')[0]
    const match = LANGUAGES.find((language) => language.toLowerCase().split('-')[0] === base)
    if (match) return match
  }
  return 'en'
}
