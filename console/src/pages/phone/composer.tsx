import { Plus, SendHorizontal } from 'lucide-react'
import { type RefObject, useId } from 'react'
import { Button, IconButton } from '../../ui/button.tsx'
import { Menu, MenuItem } from '../../ui/menu.tsx'
import { useWords } from '../../words/use-words.tsx'
import type { Doing } from './bubble.tsx'
import { usePhone } from './context.tsx'
import { words } from './words.ts'

const MOST_ROWS = 6
const MOST_CHARACTERS = 4_096
const MEDIA = ['voice', 'video', 'document', 'sticker'] as const
/** Who one writes as: the customer, or a person at the business's own phone. */
const VOICES = ['customer', 'hand'] as const
export type Voice = (typeof VOICES)[number]

export interface ComposerProps {
  draft: string
  onDraft(text: string): void
  voice: Voice
  onVoice(voice: Voice): void
  doing: Doing | undefined
  onDone(): void
  disabled: boolean
  box: RefObject<HTMLTextAreaElement | null>
}

/** The text box, and everything else a customer can send. */
export function Composer({ draft, onDraft, voice, onVoice, doing, onDone, disabled, box }: ComposerProps) {
  const t = useWords(words)
  const { place, number, act, nameOf } = usePhone()
  const name = useId()
  const inGroup = place.group !== undefined
  const text = draft.trim()

  async function send() {
    if (text === '') return
    onDraft('')
    const done =
      doing?.type === 'edit'
        ? await act('edit', { ...place, target: doing.message.id, text })
        : await act(voice === 'hand' ? 'own-message' : 'say', {
            ...place,
            text,
            ...(doing && { replyTo: doing.message.id }),
          })
    if (done) onDone()
    // Nothing that was written is lost, unless something else is being written by now.
    else if (box.current?.value === '') onDraft(draft)
  }
  const suggest = (word: string) => {
    void act('say', { ...place, text: word })
    box.current?.focus()
  }
  return (
    <form
      autoComplete="off"
      className="grid gap-2 border-t border-line bg-panel px-4 pt-2 pb-3"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
        box.current?.focus()
      }}
    >
      <div className="-m-0.5 flex items-center gap-2 overflow-x-auto p-0.5 [scrollbar-width:none]">
        <span className="shrink-0 text-meta text-muted">{t('suggestionsHint')}</span>
        {t(inGroup ? 'suggestionsGroup' : 'suggestions')
          .split('|')
          .map((word) => (
            <Button key={word} small disabled={disabled} onClick={() => suggest(word)}>
              {word}
            </Button>
          ))}
        {inGroup ? (
          <span className="text-meta text-muted">{t('groupHint')}</span>
        ) : (
          <Button
            small
            disabled={disabled}
            onClick={() => {
              void act('media', place)
              box.current?.focus()
            }}
          >
            {t('picture')}
          </Button>
        )}
      </div>
      <fieldset className="flex min-w-0 flex-wrap gap-x-4 text-meta">
        <legend className="sr-only">{t('writeAs')}</legend>
        {VOICES.map((one) => (
          <label key={one} className="flex min-h-6 items-center gap-1">
            <input
              type="radio"
              name={name}
              checked={voice === one}
              disabled={disabled}
              onChange={() => onVoice(one)}
              className="accent-accent"
            />
            {one === 'hand'
              ? t('byHand', { name: number.name })
              : t('asCustomer', { name: nameOf(place.person) ?? '' })}
          </label>
        ))}
      </fieldset>
      <div className="flex items-end gap-2">
        <AttachMenu draft={text} onUsed={() => onDraft('')} disabled={disabled} box={box} />
        <textarea
          ref={box}
          rows={Math.min(MOST_ROWS, draft.split('\n').length)}
          dir="auto"
          maxLength={MOST_CHARACTERS}
          aria-label={t('message')}
          placeholder={t('message')}
          value={draft}
          disabled={disabled}
          onChange={(event) => onDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
            event.preventDefault()
            void send()
          }}
          className="min-w-0 grow resize-none rounded border border-line-strong bg-panel px-3 py-1.75 disabled:opacity-60"
        />
        <IconButton
          type="submit"
          look="primary"
          disabled={disabled}
          label={t('send')}
          icon={<SendHorizontal size={16} aria-hidden />}
        />
      </div>
    </form>
  )
}

/** What stands in the box goes with it: as a caption, or as the question of a poll. */
function AttachMenu({
  draft,
  onUsed,
  disabled,
  box,
}: {
  draft: string
  onUsed(): void
  disabled: boolean
  box: RefObject<HTMLTextAreaElement | null>
}) {
  const t = useWords(words)
  const { place, act } = usePhone()
  const { group, ...direct } = place
  const caption = draft === '' ? {} : { text: draft }
  const used = (done: Promise<boolean>) => void done.then((ok) => ok && draft !== '' && onUsed())
  const [question = '', ...options] = t('samplePoll').split('|')
  return (
    <Menu
      align="start"
      returnFocus={() => box.current}
      trigger={<IconButton disabled={disabled} label={t('attach')} icon={<Plus size={16} aria-hidden />} />}
    >
      <MenuItem onSelect={() => used(act('media', { ...place, ...caption }))}>{t('picture')}</MenuItem>
      {MEDIA.map((type) => {
        const captioned = type === 'video' || type === 'document'
        const send = () => act('say', { ...place, content: { type, ...(captioned && caption) } })
        return (
          <MenuItem key={type} onSelect={() => (captioned ? used(send()) : void send())}>
            {t(type)}
          </MenuItem>
        )
      })}
      <MenuItem onSelect={() => void act('say', { ...place, content: SAMPLE_PLACE })}>
        {t('location')}
      </MenuItem>
      <MenuItem onSelect={() => void act('say', { ...place, content: SAMPLE_CARD })}>{t('contact')}</MenuItem>
      <MenuItem
        onSelect={() =>
          used(
            act('say', { ...place, content: { type: 'poll', text: draft || question, options, choices: 1 } }),
          )
        }
      >
        {t('poll')}
      </MenuItem>
      {group === undefined && <MenuItem onSelect={() => void act('call', direct)}>{t('callUp')}</MenuItem>}
    </Menu>
  )
}

const SAMPLE_PLACE = {
  type: 'location' as const,
  latitude: -23.5614,
  longitude: -46.6559,
  name: 'Avenida Paulista',
  address: 'São Paulo',
}
const SAMPLE_CARD = {
  type: 'contacts' as const,
  contacts: [{ name: 'Carla Dias', phones: ['+55 11 91234-0001'] }],
}
