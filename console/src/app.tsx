import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { createQueryClient } from './api/query.ts'
import { sessionQuery } from './api/session.ts'
import { createConsoleRouter } from './router.tsx'
import { ThemeProvider } from './theme/use-theme.tsx'
import { ConfirmProvider } from './ui/confirm.tsx'
import { KeyboardProvider } from './ui/keyboard.tsx'
import { ToastProvider, useToast } from './ui/toast.tsx'
import { TooltipProvider } from './ui/tooltip.tsx'
import { LanguageProvider } from './words/use-words.tsx'

/** Everything that all pages stand on, outermost first. */
export const App = () => (
  <LanguageProvider>
    <ThemeProvider>
      <TooltipProvider>
        <KeyboardProvider>
          <ToastProvider>
            <ConfirmProvider>
              <Pages />
            </ConfirmProvider>
          </ToastProvider>
        </KeyboardProvider>
      </TooltipProvider>
    </ThemeProvider>
  </LanguageProvider>
)

function Pages() {
  const toast = useToast()
  const latest = useRef(toast)
  latest.current = toast
  const [{ client, router }] = useState(() => {
    const client = createQueryClient({
      onSignedOut: () =>
        void client.fetchQuery({ ...sessionQuery, staleTime: 0 }).then(() => router.invalidate()),
      onFault: (error) => latest.current.fault(error),
    })
    const router = createConsoleRouter(client)
    return { client, router }
  })
  return (
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  )
}
