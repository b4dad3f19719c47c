import type { RawBuilder } from 'kysely'

/** Column types that engines spell differently. */
export interface SchemaTypes {
  /** Primary key that is never given twice, even after rows went. */
  id: RawBuilder<unknown>
  /** 64-bit integer. */
  int: RawBuilder<unknown>
  bytes: RawBuilder<unknown>
  /** Table option: rows stored in key order. */
  clustered: RawBuilder<unknown>
  /** Table option: room for updates in place. */
  hot: RawBuilder<unknown>
}
export interface Migration {
  name: string
  statements(types: SchemaTypes): RawBuilder<unknown>[]
}
