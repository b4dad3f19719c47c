import { Check, CheckCheck, EllipsisVertical } from 'lucide-react'
import { memo, type RefObject, useRef, useState } from 'react'
import type { MessageView, PostEntry } from '../../../../src/simulator/phone-view.ts'
import { IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/class-names.ts'
import { Menu, MenuItem, MenuLine } from '../../ui/menu.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { MessageContent } from './content.tsx'
import { usePhone } from './context.tsx'
import { words } from './words.ts'

const REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🙏']
const LONG_PRESS_MS = 450
const STATUS_WORDS = {
  pending: 'statusSent',
  sent: 'statusSent',
  delivered: 'statusDelivered',
  read: 'statusRead',
  played: 'statusRead',
} as const

/** What one is doing with a message in the text box. */
export interface Doing {
  type: 'edit' | 'reply'
  message: MessageView
}
/** A delivery the hub will never hear of. */
export type Fate = Extract<PostEntry['state'], 'refused' | 'lost' | 'dropped'>

export interface BubbleProps {
  message: MessageView
  mine: boolean
  /** Says who wrote it. */
  named: boolean
  fate: Fate | undefined
  /** The one message that Tab reaches. */
  reachable: boolean
  onReach(): void
  onDo(doing: Doing): void
  box: RefObject<HTMLTextAreaElement | null>
}

/** A message as it stands in the chat. Its button, a right click, a long press and Enter open what can be done with it. */
export const Bubble = memo(function Bubble({
  message,
  mine,
  named,
  fate,
  reachable,
  onReach,
  onDo,
  box,
}: BubbleProps) {
  const t = useWords(words)
  const format = useFormat()
  const { nameOf } = usePhone()
  const [open, setOpen] = useState(false)
  const self = useRef<HTMLElement>(null)
  const press = useRef<ReturnType<typeof setTimeout>>(undefined)
  const toBox = useRef(false)
  const { revokedAt } = message
  const byHand = message.author === 'person'
  const endPress = () => clearTimeout(press.current)
  const show = () => {
    if (revokedAt) return
    toBox.current = false
    setOpen(true)
  }
  return (
    <article
      ref={self}
      data-id={message.id}
      data-side={mine ? 'mine' : 'theirs'}
      tabIndex={reachable ? 0 : -1}
      onFocus={onReach}
      onContextMenu={(event) => {
        event.preventDefault()
        show()
      }}
      onTouchStart={() => {
        press.current = setTimeout(show, LONG_PRESS_MS)
      }}
      onTouchEnd={endPress}
      onTouchMove={endPress}
      onTouchCancel={endPress}
      onKeyDown={(event) => {
        if (event.target !== self.current || event.key !== 'Enter') return
        // Else the same stroke would press the menu's first item.
        event.preventDefault()
        show()
      }}
      className={cx(
        'group relative max-w-[min(80%,480px)] rounded-lg border px-3 pt-2 pb-1',
        mine ? 'self-end border-transparent bg-tint' : 'self-start border-line bg-raised',
        message.reactions.length > 0 && 'mb-4',
      )}
    >
      {named && <bdi className="block text-meta font-strong text-accent">{nameOf(message.by)}</bdi>}
      {revokedAt ? <p className="text-muted italic">{t('deleted')}</p> : <MessageContent message={message} />}
      <p className="flex flex-wrap items-center justify-end gap-x-2 text-meta text-muted">
        {fate && <span className="font-strong text-bad">{t(`fate_${fate}`)}</span>}
        {byHand && <span>{t('handWritten')}</span>}
        {message.pinned && <span>{t('pinned')}</span>}
        {message.editedAt && !revokedAt && <span>{t('edited')}</span>}
        <time dateTime={new Date(message.at).toISOString()} title={format.exact(message.at)}>
          {format.time(message.at)}
        </time>
        {!revokedAt && <Ticks status={message.status} />}
      </p>
      {!revokedAt && (
        <div
          className={cx(
            'absolute top-1/2 -translate-y-1/2 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 group-focus:opacity-100 [@media(hover:none)]:opacity-70',
            mine ? 'right-full' : 'left-full',
            open && 'opacity-100',
          )}
        >
          <Menu
            align={mine ? 'end' : 'start'}
            open={open}
            onOpenChange={(next) => (next ? show() : setOpen(false))}
            returnFocus={() => (toBox.current ? box.current : self.current)}
            trigger={
              <IconButton
                small
                tabIndex={-1}
                label={t('messageMenu')}
                icon={<EllipsisVertical size={16} aria-hidden />}
              />
            }
          >
            <Actions
              message={message}
              mine={mine}
              onDo={(doing) => {
                toBox.current = true
                onDo(doing)
              }}
            />
          </Menu>
        </div>
      )}
      {message.reactions.length > 0 && (
        <p className="absolute start-2 top-[calc(100%-8px)] flex gap-0.5 rounded-full border border-line bg-raised px-1.5 text-meta">
          {message.reactions.map(({ by, emoji }) => (
            <span key={by ?? ''} title={nameOf(by)}>
              {emoji}
            </span>
          ))}
        </p>
      )}
    </article>
  )
})

function Actions({ message, mine, onDo }: { message: MessageView; mine: boolean; onDo(doing: Doing): void }) {
  const t = useWords(words)
  const { place, act } = usePhone()
  const target = message.id
  const at = { ...place, target }
  return (
    <>
      <div className="flex">
        {REACTIONS.map((emoji) => {
          const given = message.reactions.some((one) => one.by === place.person && one.emoji === emoji)
          return (
            <MenuItem key={emoji} onSelect={() => void act('react', { ...at, emoji: given ? '' : emoji })}>
              <span aria-hidden className={cx('rounded p-0.5 text-title', given && 'bg-tint')}>
                {emoji}
              </span>
              <span className="sr-only">{t(given ? 'unreact' : 'react', { emoji })}</span>
            </MenuItem>
          )
        })}
      </div>
      <MenuLine />
      <MenuItem onSelect={() => onDo({ type: 'reply', message })}>{t('reply')}</MenuItem>
      {mine && message.content.text && (
        <MenuItem onSelect={() => onDo({ type: 'edit', message })}>{t('edit')}</MenuItem>
      )}
      {mine && <MenuItem onSelect={() => void act('revoke', at)}>{t('delete')}</MenuItem>}
      <MenuItem onSelect={() => void act('pin', { ...at, pinned: !message.pinned })}>
        {t(message.pinned ? 'unpin' : 'pin')}
      </MenuItem>
      <MenuItem onSelect={() => void navigator.clipboard.writeText(target)}>{t('copyMessageId')}</MenuItem>
    </>
  )
}

function Ticks({ status }: { status: MessageView['status'] }) {
  const t = useWords(words)
  const word = STATUS_WORDS[status]
  const Icon = word === 'statusSent' ? Check : CheckCheck
  return (
    <span
      role="img"
      aria-label={t(word)}
      title={t(word)}
      className={cx(word === 'statusRead' && 'text-accent')}
    >
      <Icon size={16} aria-hidden />
    </span>
  )
}
