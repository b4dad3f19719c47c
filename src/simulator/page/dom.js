/**
 * Makes an element. Text goes in as text, never as markup.
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] attributes; `class`, `on<Event>` and booleans included
 * @param {...(Node | string | undefined | false)} children
 * @returns {HTMLElement}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue
    if (name.startsWith('on'))
      element.addEventListener(name.slice(2).toLowerCase(), /** @type {EventListener} */ (value))
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== undefined && child !== false))
  return element
}

/** @param {string} id @returns {HTMLElement} */
export const the = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

const SHAPES = {
  close: 'M4 4l8 8M12 4l-8 8',
  send: 'M2.5 8h10M8.5 3.5L13 8l-4.5 4.5',
  attach: 'M8 3v10M3 8h10',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  tick: 'M2 8.5l3 3 6-7',
  ticks: 'M1 8.5l3 3 6-7M7.5 11.5l6-7',
}

/**
 * A drawn sign; what it means must stand beside it or in a label.
 * @param {keyof typeof SHAPES} name
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('class', `sign ${name}`)
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', SHAPES[name])
  svg.append(path)
  return svg
}
