import type { WireResponse, World } from './port.ts'

/** Serves a request in a world where nothing comes of it: does it send a message, does it do anything at all? */
export function dryRun(
  serve: (world: World) => WireResponse,
  world: World,
): { sends: boolean; acts: boolean } {
  const found = { sends: false, acts: false }
  const act = () => {
    found.acts = true
    return true
  }
  const send = () => {
    found.sends = true
    found.acts = true
  }
  serve({
    ...world,
    send,
    forward() {
      send()
      return world.newMessageId()
    },
    react: act,
    revoke: act,
    read: act,
    typing() {},
    edit: act,
    pin: act,
    star: act,
    deleteForMe: act,
    createGroup(name) {
      act()
      return { address: 'group:0', name, members: [], admin: true }
    },
    removeMember: act,
    changeMembers(_group, _change, members) {
      act()
      return members.map(() => 'done')
    },
    changeGroup: act,
    leaveGroup: act,
    inviteLink: (group, reset) => (reset ? `${act()}` : world.inviteLink(group)),
    joinByLink(link) {
      act()
      return world.groupByLink(link)?.address
    },
    changeChat: act,
    deleteChat: act,
    pair() {
      act()
      return { validMs: 0 }
    },
    logOut: act,
    rejectCall: act,
    keepMedia: () => 'medium.bin',
    memory: structuredClone(world.memory),
  })
  return found
}
