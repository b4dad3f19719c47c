import { useNavigate, useSearch } from '@tanstack/react-router'
import { SendHorizontal } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { CommandSummary } from '../../../../../src/http/contract/commands.ts'
import { usePaged } from '../../../api/paged.ts'
import { Button } from '../../../ui/button.tsx'
import { type Column, List } from '../../../ui/list.tsx'
import { BulkBar, ListBar } from '../../../ui/list-tools.tsx'
import { EmptyState } from '../../../ui/states.tsx'
import { RelativeTime } from '../../../ui/time.tsx'
import { shownAddress } from '../../../words/address.ts'
import { common } from '../../../words/common.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { LeftAsIs } from '../bulk.tsx'
import { useNumberChoices } from '../filters.tsx'
import { MayNotOperate, useMayOperate } from '../may.tsx'
import { present } from '../search.ts'
import { inDoubt, OPEN_SENDS } from '../states.ts'
import { words as events } from '../words.ts'
import { SendState, SendText } from './send.tsx'
import { type Decision, useDecide } from './use-decide.ts'
import { words } from './words.ts'

/** Nobody knows whether these went out. */
const IN_DOUBT = 'unknown,held'

const sinceWhen = ({ unknownAt, settledAt, sendingAt, createdAt }: CommandSummary): string =>
  unknownAt ?? settledAt ?? sendingAt ?? createdAt

/** What waits for a person to say what became of it. */
export function Sends({ onOpen }: { onOpen(command: CommandSummary): void }) {
  const t = useWords(words)
  const e = useWords(events)
  const shared = useWords(common)
  const format = useFormat()
  const search = useSearch({ from: '/shell/events' })
  const navigate = useNavigate({ from: '/events' })
  const may = useMayOperate()
  const numbers = useNumberChoices()
  const { instance, chat, state } = search
  const query = useMemo(() => present({ instance, chat, state: state ?? IN_DOUBT }), [instance, chat, state])
  const sends = usePaged<CommandSummary>(['commands', 'open'], '/commands', query)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const { decide, busy, outcome, forget } = useDecide()
  const chosen = sends.rows?.filter(({ id }) => selected.has(id)) ?? []
  const doubt = chosen.every((command) => inDoubt(command.state))
  const filtered = instance !== undefined || chat !== undefined || state !== undefined

  const columns: readonly Column<CommandSummary>[] = [
    {
      id: 'since',
      header: t('since'),
      width: '110px',
      cell: (row) => <RelativeTime at={sinceWhen(row)} />,
    },
    { id: 'number', header: e('number'), width: 'minmax(80px, 120px)', cell: (row) => row.instance },
    { id: 'to', header: t('to'), width: '150px', cell: (row) => shownAddress(row.command.to) },
    {
      id: 'what',
      header: t('what'),
      width: 'minmax(160px, 2fr)',
      cell: (row) => <SendText command={row.command} />,
    },
    { id: 'state', header: t('state'), width: '150px', cell: (row) => <SendState state={row.state} /> },
    { id: 'reason', header: t('reason'), width: 'minmax(140px, 1.5fr)', cell: (row) => row.reason ?? '–' },
    {
      id: 'attempts',
      header: t('attempts'),
      width: '90px',
      end: true,
      cell: (row) => format.number(row.attempts),
    },
  ]
  const act = async (decision: Decision) => {
    if (await decide(chosen, decision)) setSelected(new Set())
  }
  return (
    <>
      <MayNotOperate />
      <ListBar
        name="sends"
        filters={[
          {
            id: 'state',
            label: t('state'),
            choices: OPEN_SENDS.map((value) => ({ value, label: t(value) })),
          },
          { id: 'instance', label: e('number'), ...(numbers.length > 0 && { choices: numbers }) },
          { id: 'chat', label: e('chat') },
        ]}
        values={present({ instance, chat, state })}
        onChange={(next) =>
          void navigate({ search: present({ tab: 'sends' as const, ...next }), replace: true })
        }
        count={sends.count}
      />
      <LeftAsIs outcome={outcome} onClose={forget} />
      <BulkBar count={chosen.length} onClear={() => setSelected(new Set())}>
        <Button small busy={busy} onClick={() => void act('resend')}>
          {t('resendMany', { n: chosen.length })}
        </Button>
        {doubt && (
          <Button small disabled={busy} onClick={() => void act('sent')}>
            {t('sentMany', { n: chosen.length })}
          </Button>
        )}
        <Button small disabled={busy} onClick={() => void act(doubt ? 'failed' : 'discard')}>
          {t(doubt ? 'failedMany' : 'discardMany', { n: chosen.length })}
        </Button>
      </BulkBar>
      <List
        {...sends}
        main
        live
        label={e('tabSends')}
        idOf={({ id }) => id}
        columns={columns}
        {...(search.open !== undefined && { opened: search.open, hidden: HIDDEN_BESIDE })}
        onOpen={onOpen}
        {...(may && { selected, onSelect: setSelected })}
        narrow={{ height: 76, row: (row) => <NarrowSend row={row} /> }}
        empty={
          <EmptyState
            icon={<SendHorizontal size={24} aria-hidden />}
            title={filtered ? shared('noMatch') : t('empty')}
            action={
              filtered && (
                <Button onClick={() => void navigate({ search: { tab: 'sends' }, replace: true })}>
                  {e('clearFilters')}
                </Button>
              )
            }
          >
            {filtered ? shared('noMatchHint') : t('emptyHint')}
          </EmptyState>
        }
      />
    </>
  )
}

const HIDDEN_BESIDE: ReadonlySet<string> = new Set(['since', 'reason', 'attempts', 'number'])

function NarrowSend({ row }: { row: CommandSummary }) {
  return (
    <div className="grid gap-0.5">
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate font-strong">{shownAddress(row.command.to)}</span>
        <SendState state={row.state} />
      </div>
      <SendText command={row.command} />
      <div className="flex items-center gap-2 text-meta text-muted">
        <span className="min-w-0 grow truncate">{row.reason ?? row.instance}</span>
        <RelativeTime at={sinceWhen(row)} />
      </div>
    </div>
  )
}
