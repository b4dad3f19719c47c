import { createContext, useContext } from 'react'
import type { NumberView, PhoneState } from '../../../../src/simulator/phone-view.ts'
import type { Place } from './place.ts'
import type { SimulatorLink } from './use-simulator.ts'

/** What the parts of the phone share. */
export interface PhoneParts {
  state: PhoneState
  place: Place
  number: NumberView
  onPlace(place: Place): void
  /** Does it; shows why not. @returns whether it was done */
  act: (...action: Parameters<SimulatorLink['act']>) => Promise<boolean>
  /** Shows what a line of the wire held. */
  openLine(id: number): void
  /** Somebody's name; without digits it is the business. */
  nameOf(digits: string | undefined): string | undefined
}

const PhoneContext = createContext<PhoneParts | undefined>(undefined)
export const PhoneProvider = PhoneContext.Provider

export function usePhone(): PhoneParts {
  const parts = useContext(PhoneContext)
  if (!parts) throw new Error('usePhone outside of a phone')
  return parts
}
