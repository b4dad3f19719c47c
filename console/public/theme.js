// Before the first paint, so that a dark page never flashes white. `theme/theme.ts` goes on from here.
;(() => {
  let chosen = 'system'
  try {
    chosen = localStorage.getItem('pombo.theme') || chosen
  } catch {}
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
