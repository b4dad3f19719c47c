/**
 * `pombo`: what a developer of bots needs, in tiers. Tests have `pombo/testing`; whoever adds a gateway or
 * a feature to the hub has `pombo/gateway` and `pombo/feature`.
 */

// --- Every bot: make one, hand it to the hub, read its errors. ------------------------------------

export { Bot, type BotOptions, createBot } from './bot/bot.ts'
export { defineHub, type HubInput, type InstanceInput, type ServerInput } from './config/input.ts'
export { type ErrorCode, HubError } from './core/errors.ts'

// --- Bots of several files: parts, and names for what handlers get and give. ----------------------

export {
  Composer,
  type InstanceFilter,
  type Middleware,
  type Next,
  type Part,
  type Predicate,
} from './bot/composer.ts'
export type { Group, IncomingMessage, Member, Recipient, StepOptions } from './bot/context.ts'
export { Context } from './bot/context.ts'
export type { Filtered, FilterQuery } from './bot/filter.ts'
export type { MediumSource } from './bot/medium.ts'
export type {
  Handle,
  Intent,
  MediaOptions,
  Mentionable,
  MenuOptions,
  Reply,
  SayOptions,
  ShowOptions,
  TextOptions,
} from './bot/reply.ts'
export type { Duration } from './core/duration.ts'

// --- The vocabulary: what happened, who, where. ---------------------------------------------------

export {
  type Address,
  type AddressKind,
  address,
  addressKind,
  addressValue,
  parseAddress,
} from './core/address.ts'
export {
  type Author,
  type ConnectionState,
  type Content,
  contentText,
  type EventKind,
  type Fact,
  type FactOf,
  type Media,
  type MediaType,
  type Message,
  type MessageStatus,
  type Party,
  type ReceiptState,
} from './core/events.ts'
export type { Answer, GroupInfo, GroupMember } from './core/gateway.ts'
export type { ChatId, CommandId, ContactId, EventId, InstanceId, MessageId } from './core/ids.ts'
export type { Logger } from './core/ports.ts'
export type { ChatView, ContactView, InstanceView, LoggedMessage, Owner } from './core/turn.ts'

// --- For experts: one link of the hub's chain without the framework, and parts of one's own. -------

export type { Command } from './core/commands.ts'
export { defineGateway, type Gateway } from './core/gateway.ts'
export { defineFeature, type Feature, type Handler, type LaneEvent, type Turn } from './core/turn.ts'
