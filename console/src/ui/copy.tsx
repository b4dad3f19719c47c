import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { Button, IconButton } from './button.tsx'

const SHOWN_MS = 1_500

/** Copies, and says for a moment that it did. */
function useCopy(text: string): { copied: boolean; copy(): void } {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])
  return { copied, copy: () => void toClipboard(text).then(setCopied) }
}

/** @returns whether it is on the clipboard. The old way serves pages on plain HTTP, which have no other. */
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const box = document.createElement('textarea')
    box.value = text
    document.body.append(box)
    box.select()
    const done = document.execCommand('copy')
    box.remove()
    return done
  }
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const t = useWords(common)
  const { copied, copy } = useCopy(text)
  return (
    <Button small look="quiet" icon={copied ? <Check size={16} /> : <Copy size={16} />} onClick={copy}>
      <span aria-live="polite">{copied ? t('copied') : (label ?? t('copy'))}</span>
    </Button>
  )
}

/** An id as it is, with a button that copies it. */
export function CopyId({ id }: { id: string }) {
  const t = useWords(common)
  const { copied, copy } = useCopy(id)
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code className="truncate font-mono text-meta">{id}</code>
      <IconButton
        small
        label={copied ? t('copied') : t('copyId', { id })}
        icon={copied ? <Check size={14} /> : <Copy size={14} />}
        onClick={(event) => {
          event.stopPropagation()
          copy()
        }}
      />
    </span>
  )
}
