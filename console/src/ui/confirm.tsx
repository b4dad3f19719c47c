import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { TextField } from './field.tsx'

export interface Question {
  title: string
  /** What it will do, and to how many. */
  text: ReactNode
  /** On the button: a verb, such as "Delete 3 keys". */
  action: string
  /** Asked for only where nothing brings it back: the name has to be typed. */
  name?: string
  harmless?: boolean
}
type Ask = (question: Question) => Promise<boolean>
const ConfirmContext = createContext<Ask | undefined>(undefined)

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const t = useWords(common)
  const [question, setQuestion] = useState<Question>()
  const [typed, setTyped] = useState('')
  const settle = useRef<(answer: boolean) => void>(undefined)
  const ask = useCallback<Ask>((next) => {
    settle.current?.(false)
    setTyped('')
    setQuestion(next)
    return new Promise((resolve) => {
      settle.current = resolve
    })
  }, [])
  const answer = (given: boolean) => {
    settle.current?.(given)
    settle.current = undefined
    setQuestion(undefined)
  }
  const ready = question?.name === undefined || typed.trim() === question.name
  return (
    <ConfirmContext value={ask}>
      {children}
      {question && (
        <Dialog
          open
          onClose={() => answer(false)}
          title={question.title}
          description={question.text}
          footer={
            <>
              <Button onClick={() => answer(false)}>{t('cancel')}</Button>
              <Button
                look={question.harmless ? 'primary' : 'danger'}
                disabled={!ready}
                onClick={() => answer(true)}
              >
                {question.action}
              </Button>
            </>
          }
        >
          {question.name !== undefined && (
            <form
              onSubmit={(event) => {
                event.preventDefault()
                if (ready) answer(true)
              }}
            >
              <TextField
                label={t('typeName', { name: question.name })}
                value={typed}
                onChange={setTyped}
                autoComplete="off"
              />
            </form>
          )}
        </Dialog>
      )}
    </ConfirmContext>
  )
}

/** `if (await confirm({ title, text, action })) …`: asks before something that hurts. */
export function useConfirm(): Ask {
  const ask = useContext(ConfirmContext)
  if (!ask) throw new Error('useConfirm outside of ConfirmProvider')
  return ask
}
