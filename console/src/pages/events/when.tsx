import { Tooltip } from '../../ui/tooltip.tsx'
import { useFormat } from '../../words/use-words.tsx'

/** A moment to the second; the day with it where that is not today. */
export function When({ at }: { at: string }) {
  const format = useFormat()
  const today = format.day(at) === format.day(Date.now())
  return (
    <Tooltip text={format.exact(at)}>
      <time dateTime={at} className="whitespace-nowrap">
        {today ? '' : `${format.day(at)} `}
        {format.time(at, { seconds: true })}
      </time>
    </Tooltip>
  )
}
