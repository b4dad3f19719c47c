const LANGUAGES = ['en', 'pt-BR', 'es'] as const

/** The language of the console that suits a browser best; English where none does. */
export function preferredLanguage(accepted: string | undefined): (typeof LANGUAGES)[number] {
  const wanted = (accepted ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
      const quality = parameters.find((text) => text.startsWith('q='))
      return { tag, weight: quality === undefined ? 1 : Number(quality.slice(2)) || 0 }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
  for (const { tag } of wanted) {
    const found = LANGUAGES.find((language) => language.slice(0, 2) === tag.slice(0, 2))
    if (found) return found
  }
  return 'en'
}
