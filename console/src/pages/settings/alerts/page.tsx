import { Channels } from './channels.tsx'
import { History } from './history.tsx'

/** Where alerts go, and those there were. */
export const AlertSettings = () => (
  <>
    <Channels />
    <History />
  </>
)
