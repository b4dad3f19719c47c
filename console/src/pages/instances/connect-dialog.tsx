import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Instance, Pairing } from '../../../../src/http/contract/instances.ts'
import { api, path } from '../../api/client.ts'
import { ApiError } from '../../api/problem.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Segmented, TextField } from '../../ui/field.tsx'
import { nameOf } from '../../ui/shorten.ts'
import { ErrorState } from '../../ui/states.tsx'
import { Notice, SignalIcon } from '../../ui/status.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { numberWords } from './number-words.ts'
import { statusQuery } from './queries.ts'
import { connectionOf, connectionWords } from './state.ts'

type By = 'qr' | 'code'
/** Codes shown in a row before somebody has to ask again: nobody is there. */
const MOST_CODES = 8
const MOST_TRIES = 10
const TRY_AGAIN_MS = 1_500

/** Links a phone: a QR code that renews itself, or a code to type; says by itself when it worked. */
export function ConnectDialog({ number, onClose }: { number: Instance; onClose(): void }) {
  const t = useWords(numberWords)
  const [by, setBy] = useState<By>('qr')
  const [linked, setLinked] = useState(false)
  const client = useQueryClient()
  useEffect(() => {
    if (linked) void client.invalidateQueries({ queryKey: ['instances'] })
  }, [linked, client])
  return (
    <Dialog open keep onClose={onClose} title={t('linkTitle', { name: nameOf(number.name ?? number.id) })}>
      {linked ? (
        <div className="grid gap-4 pt-1">
          <Notice signal="good" title={t('linkDone')}>
            <p>{t('linkDoneHint')}</p>
          </Notice>
          <div className="flex justify-end">
            <ButtonLink
              to="/instances/$id"
              params={{ id: number.id }}
              search={{ tab: 'webhook' }}
              look="primary"
            >
              {t('linkDoneNext')}
            </ButtonLink>
          </div>
        </div>
      ) : (
        <div className="grid gap-4">
          <div>
            <Segmented<By>
              label={t('linkBy')}
              value={by}
              choices={[
                { value: 'qr', label: t('linkQr') },
                { value: 'code', label: t('linkCode') },
              ]}
              onChange={setBy}
            />
          </div>
          {by === 'qr' ? (
            <Codes key="qr" id={number.id} onLinked={() => setLinked(true)} />
          ) : (
            <ByPhone id={number.id} onLinked={() => setLinked(true)} />
          )}
        </div>
      )}
    </Dialog>
  )
}

function ByPhone({ id, onLinked }: { id: string; onLinked(): void }) {
  const t = useWords(numberWords)
  const [phone, setPhone] = useState('')
  const [asked, setAsked] = useState<string>()
  const digits = phone.replaceAll(/[\s()+.-]/g, '')
  if (asked !== undefined) return <Codes key={asked} id={id} phone={asked} onLinked={onLinked} />
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        setAsked(digits)
      }}
    >
      <TextField
        label={t('linkPhone')}
        hint={t('linkPhoneHint')}
        inputMode="tel"
        autoComplete="tel"
        value={phone}
        onChange={setPhone}
      />
      <div>
        <Button type="submit" look="primary" disabled={!/^[0-9]{5,15}$/.test(digits)}>
          {t('linkGet')}
        </Button>
      </div>
    </form>
  )
}

/** The code of now; the next one when it has run out. */
function Codes({ id, phone, onLinked }: { id: string; phone?: string; onLinked(): void }) {
  const t = useWords(numberWords)
  const states = useWords(connectionWords)
  const [pairing, setPairing] = useState<Pairing>()
  const shown = useRef(0)
  const linked = useRef(onLinked)
  linked.current = onLinked
  const pair = useMutation({
    meta: { quiet: true },
    // A gateway may take some seconds to make its first code.
    retry: (failures, error) => failures < MOST_TRIES && error instanceof ApiError && error.retry,
    retryDelay: TRY_AGAIN_MS,
    mutationFn: () => api.post<Pairing>(path`/instances/${id}/pair`, phone === undefined ? {} : { phone }),
    onSuccess(answer) {
      shown.current += 1
      setPairing(answer)
      if (answer.type === 'connected') linked.current()
    },
  })
  const { mutate } = pair
  const first = useRef(false)
  useEffect(() => {
    if (first.current) return
    first.current = true
    mutate()
  }, [mutate])
  const { data: status } = useQuery({ ...statusQuery(id), enabled: pairing !== undefined })
  const now = status?.status?.known ? status.status.value : status?.connection
  useEffect(() => {
    if (now === 'connected') linked.current()
  }, [now])

  const left = useSecondsLeft(pairing && 'expiresAt' in pairing ? pairing : undefined)
  const over = left !== undefined && left <= 0
  const paused = over && shown.current >= MOST_CODES
  useEffect(() => {
    if (over && shown.current < MOST_CODES) mutate()
  }, [over, mutate])

  if (pair.error)
    return pair.error instanceof ApiError && pair.error.code === 'E_UNSUPPORTED' ? (
      <Notice signal="neutral" title={t('linkUnsupported')}>
        <p>{pair.error.message}</p>
      </Notice>
    ) : (
      <ErrorState error={pair.error} onRetry={() => mutate()} />
    )
  if (!pairing || pairing.type === 'connected')
    return (
      <div role="status" className="flex items-start gap-2 py-8">
        <span className="mt-0.5">
          <SignalIcon signal="waiting" />
        </span>
        <div className="min-w-0">
          <p>{t('linkAsking')}</p>
          {pair.failureReason && <p className="text-meta text-muted">{pair.failureReason.message}</p>}
        </div>
      </div>
    )
  return (
    <div className="grid justify-items-center gap-3">
      <p className="justify-self-start text-muted">
        {t(pairing.type === 'qr' ? 'linkQrHint' : 'linkCodeHint')}
      </p>
      {paused ? (
        <>
          <p>{t('linkPaused')}</p>
          <Button
            look="primary"
            onClick={() => {
              shown.current = 0
              mutate()
            }}
          >
            {t('linkAgain')}
          </Button>
        </>
      ) : pairing.type === 'qr' ? (
        // White around it in every theme: a camera needs the contrast.
        <img
          src={pairing.image}
          alt={t('linkQrAlt')}
          width={264}
          height={264}
          className="rounded-lg border border-line bg-[#fff] p-3 [image-rendering:pixelated]"
        />
      ) : (
        <p className="flex items-center gap-2">
          <output className="font-mono text-title font-strong tracking-widest">{pairing.code}</output>
          <CopyButton text={pairing.code} />
        </p>
      )}
      {!paused && <Left seconds={left} of={pairing.validMs / 1000} />}
      {status?.status && (
        <p className="text-meta text-muted">
          {t('linkState', {
            state: status.status.known ? states(connectionOf(status.status.value)) : status.status.reason,
          })}
        </p>
      )}
    </div>
  )
}

function Left({ seconds, of }: { seconds: number | undefined; of: number }) {
  const t = useWords(numberWords)
  const format = useFormat()
  const left = Math.max(0, seconds ?? 0)
  return (
    <div className="grid w-72 max-w-full gap-1">
      <progress
        aria-label={t('linkValid', { time: '' })}
        value={left}
        max={of}
        className="h-1.5 w-full appearance-none overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-accent"
      />
      <p className="text-center text-meta text-muted tabular-nums">
        {t('linkValid', { time: format.duration(left * 1000) })} · {t('linkRenews')}
      </p>
    </div>
  )
}

/** Whole seconds until it runs out, by the clock of this machine from when it came. */
function useSecondsLeft(pairing: { validMs: number; expiresAt: string } | undefined): number | undefined {
  const [left, setLeft] = useState<number>()
  useEffect(() => {
    if (!pairing) return
    const end = performance.now() + pairing.validMs
    const tick = () => setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000)))
    tick()
    const timer = setInterval(tick, 1_000)
    return () => clearInterval(timer)
  }, [pairing])
  return pairing && left
}
