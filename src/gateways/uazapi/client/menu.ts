import type { Button, CarouselCard, ListSection } from '../../../core/commands.ts'
import type { Json } from './caller.ts'
import { fileForm } from './files.ts'

/**
 * `/send/menu` takes its choices as lines of a small language (documented): a button is `label|id`,
 * `label|https://…`, `label|call:+55…` or `label|copy:code`, where a line break may stand for the pipe; a row
 * of a list is `label|id|description` below a line `[section]`. There is no way to escape anything, so what
 * would be read as something else is refused here. A poll's options are plain.
 */
export class MenuFault extends Error {}

const BREAKS_ANY = /[|\r\n]/
const BEGINS_OTHERWISE = /^\s*[[{]/
/** Targets that make another sort of button than a reply. */
const NO_REPLY_ID = /^\s*(?:copy:|call:|url:|https?:\/\/)/i

/** A part of a choice, if it says what it means. */
function part(text: string, what: string): string {
  if (text.trim() === '') throw new MenuFault(`A ${what} is empty.`)
  if (BREAKS_ANY.test(text)) throw new MenuFault(`uazapi takes no "|" and no line break in a ${what}.`)
  if (BEGINS_OTHERWISE.test(text)) throw new MenuFault(`uazapi takes no ${what} that begins with "[" or "{".`)
  return text
}
function target(text: string, what: string): string {
  if (text.trim() === '' || BREAKS_ANY.test(text)) {
    throw new MenuFault(`uazapi takes no empty ${what}, and no "|" or line break in it.`)
  }
  return text
}
function replyId(text: string): string {
  if (NO_REPLY_ID.test(text)) throw new MenuFault('The id of a button looks like a link, call or code.')
  return target(text, 'id')
}

/** @throws MenuFault */
export function buttonChoice(button: Button): string {
  const label = part(button.text, 'label')
  switch (button.type) {
    case 'reply':
      return `${label}|${replyId(button.id)}`
    case 'url': {
      // In an address the pipe can be written otherwise.
      const url = target(button.url.replaceAll('|', '%7C'), 'address')
      return /^https?:\/\//i.test(url) ? `${label}|${url}` : `${label}|url:${url}`
    }
    case 'call':
      return `${label}|call:${phoneForm(button.phone)}`
    case 'copy':
      return `${label}|copy:${target(button.code, 'code')}`
  }
}

/** International form with a plus. @throws MenuFault */
function phoneForm(phone: string): string {
  const digits = phone.replace(/[^0-9]/g, '')
  if (digits === '') throw new MenuFault('The phone of a button has no digits.')
  return `+${digits}`
}

/** @throws MenuFault */
export function listChoices(sections: readonly ListSection[]): string[] {
  if (sections.every(({ rows }) => rows.length === 0)) throw new MenuFault('The list has no rows.')
  return sections.flatMap(({ title, rows }, index) => {
    if (index > 0 && title === undefined) throw new MenuFault('Only the first section may lack a title.')
    const lines = rows.map(({ text, id, description }) => {
      const row = `${part(text, 'label')}|${target(id, 'id')}`
      return description ? `${row}|${target(description, 'description')}` : row
    })
    return title === undefined ? lines : [`[${sectionTitle(title)}]`, ...lines]
  })
}
function sectionTitle(title: string): string {
  if (/[\][]/.test(title)) throw new MenuFault('uazapi takes no "[" or "]" in the title of a section.')
  return part(title, 'title')
}

/** @throws MenuFault */
export function pollChoices(options: readonly string[]): string[] {
  if (options.length === 0 || options.some((option) => option.trim() === '')) {
    throw new MenuFault('A poll needs options, and none of them empty.')
  }
  if (new Set(options).size < options.length) throw new MenuFault('Two options of the poll are the same.')
  return [...options]
}

/** Cards of `/send/carousel`, which has fields instead of lines. @throws MenuFault */
export function carouselCards(cards: readonly CarouselCard[]): Json[] {
  if (cards.length === 0) throw new MenuFault('The carousel has no cards.')
  return cards.map(({ text, imageUrl, videoUrl, buttons }) => {
    if (imageUrl !== undefined && videoUrl !== undefined) {
      throw new MenuFault('A card holds an image or a video, not both.')
    }
    return {
      text,
      ...(imageUrl !== undefined && { image: cardFile(imageUrl) }),
      ...(videoUrl !== undefined && { video: cardFile(videoUrl) }),
      buttons: buttons.map(cardButton),
    }
  })
}
function cardFile(url: string): string {
  const form = fileForm(url)
  if (!form)
    throw new MenuFault('The medium of a card is no http(s) address and no base64 data, or too large.')
  return form.file
}
function cardButton(button: Button): Json {
  const { text } = button
  switch (button.type) {
    case 'reply':
      return { id: button.id, text, type: 'REPLY' }
    case 'url':
      return { id: button.url, text, type: 'URL' }
    case 'call':
      return { id: phoneForm(button.phone), text, type: 'CALL' }
    case 'copy':
      return { id: button.code, text, type: 'COPY' }
  }
}
