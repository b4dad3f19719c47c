/** What a page may show; named when it is to be asked for again. */
export const TOPICS = ['instances', 'events', 'commands', 'chats', 'alerts', 'people', 'traffic'] as const
export type Topic = (typeof TOPICS)[number]
