/** One field of a form or query that is wrong, as the API tells it. */
export interface FieldFault {
  readonly field: string
  readonly message: string
  readonly received?: unknown
}

/** Codes of faults that never reached the hub, beside those of its catalogue. */
export const NO_ANSWER = 'NO_ANSWER'

/** An answer of the API that is no success, or no answer at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** Stable code of the hub's catalogue, or {@link NO_ANSWER}. */
  readonly code: string
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** Which fields are at fault. */
  readonly fields: readonly FieldFault[]
  /** Finds a fault of the hub's own in its log. */
  readonly requestId: string | undefined
  /** May the same request work later? */
  readonly retry: boolean
  /** What came back, as it came. */
  readonly raw: unknown

  constructor(status: number, raw: unknown, options?: ErrorOptions) {
    const told = isRecord(raw) ? raw : {}
    super(typeof told.detail === 'string' ? told.detail : `HTTP ${status}`, options)
    this.status = status
    this.code = typeof told.code === 'string' ? told.code : status === 0 ? NO_ANSWER : `HTTP_${status}`
    this.fields = Array.isArray(told.errors) ? told.errors.filter(isFieldFault) : []
    this.requestId = typeof told.requestId === 'string' ? told.requestId : undefined
    this.retry = told.retry === true || status === 0 || status === 503
    this.raw = raw
  }

  /** What is wrong with one field of a form. */
  field(name: string): string | undefined {
    const message = this.fields.find(({ field }) => field === name || field.endsWith(`.${name}`))?.message
    return message && message.charAt(0).toUpperCase() + message.slice(1)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const isFieldFault = (value: unknown): value is FieldFault =>
  isRecord(value) && typeof value.field === 'string' && typeof value.message === 'string'
