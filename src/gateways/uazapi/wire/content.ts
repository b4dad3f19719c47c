import { z } from 'zod'
import { caseless, count, flag, listOf, text } from './fields.ts'

/**
 * Contents beyond text and media, in WhatsApp's own fields (their names are documented by WhatsApp's
 * protocol; of uazapi's 2.x location, contact, poll, vote and reaction were captured). Keys are in lower
 * case: see `caseless`.
 */
const nothing = <S extends z.ZodType>(schema: S) => schema.optional().catch(undefined)

const degrees = (most: number) => z.number().min(-most).max(most)
export const location = caseless(
  z.object({
    degreeslatitude: degrees(90),
    degreeslongitude: degrees(180),
    name: text,
    address: text,
    islive: flag,
  }),
)

const card = z.object({ displayname: text, vcard: text })
/** `ContactMessage` is one card, `ContactsArrayMessage` has a list of them. */
export const contacts = caseless(card.extend({ contacts: listOf(card) }))

/** Under the name of its version, as captured; or, as for every other kind, the content itself. */
const poll = z.object({
  name: text,
  options: listOf(z.object({ optionname: text })),
  selectableoptionscount: count,
})
export const pollCreation = caseless(
  poll.extend({
    pollcreationmessage: nothing(poll),
    pollcreationmessagev2: nothing(poll),
    pollcreationmessagev3: nothing(poll),
    pollcreationmessagev4: nothing(poll),
    pollcreationmessagev5: nothing(poll),
  }),
)

export const pollVote = caseless(z.object({ pollcreationmessagekey: z.object({ id: text }) }))

/** `type` is the number of an enumeration, or its name. */
export const pinInChat = caseless(
  z.object({ key: z.object({ id: text }), type: z.union([z.number(), z.string()]) }),
)

export const order = caseless(
  z.object({
    orderid: text,
    itemcount: count,
    message: text,
    ordertitle: text,
    totalcurrencycode: text,
  }),
)
export const product = caseless(
  z.object({ product: z.object({ title: text, description: text }), body: text }),
)

const words = nothing(z.object({ text }))
const flow = nothing(z.object({ buttons: listOf(z.object({ name: text, buttonparamsjson: text })) }))
const interactiveCard = z.object({
  body: words,
  nativeflowmessage: flow,
  interactivemessage: nothing(z.object({ nativeflowmessage: flow })),
})
export type WireInteractiveCard = z.infer<typeof interactiveCard>
const carousel = nothing(z.object({ cards: listOf(interactiveCard) }))

/** Lists, buttons and interactive messages; a carousel is an interactive message of several cards. */
export const menu = caseless(
  z.object({
    // A list
    title: text,
    description: text,
    sections: listOf(z.object({ rows: listOf(z.object({ title: text, description: text, rowid: text })) })),
    // Buttons
    contenttext: text,
    footertext: text,
    buttons: listOf(
      z.object({ buttonid: text, buttontext: z.object({ displaytext: text }).catch({ displaytext: '' }) }),
    ),
    // Interactive
    body: words,
    footer: words,
    nativeflowmessage: flow,
    carouselmessage: carousel,
    interactivemessage: nothing(z.object({ nativeflowmessage: flow, carouselmessage: carousel })),
  }),
)
export type WireMenu = z.infer<typeof menu>

const flowAnswer = nothing(z.object({ paramsjson: text }))
/** A tap: on a row of a list, on a button, on a button of a template, or in an interactive message. */
export const tap = caseless(
  z.object({
    title: text,
    singleselectreply: nothing(z.object({ selectedrowid: text })),
    selectedbuttonid: text,
    selectedid: text,
    selecteddisplaytext: text,
    response: nothing(z.object({ selecteddisplaytext: text })),
    body: words,
    nativeflowresponsemessage: flowAnswer,
    interactiveresponsemessage: nothing(z.object({ nativeflowresponsemessage: flowAnswer })),
  }),
)
export type WireTap = z.infer<typeof tap>

/** What a button of an interactive message holds, as JSON in text: one button, or the rows of a list. */
export const buttonParams = caseless(
  z.object({
    id: text,
    display_text: text,
    title: text,
    sections: listOf(z.object({ rows: listOf(z.object({ id: text, title: text, description: text })) })),
  }),
)
export type WireButtonParams = z.infer<typeof buttonParams>
