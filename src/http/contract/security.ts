import { z } from 'zod'
import { SECURITY_CHECKS } from '../../core/security.ts'

/** The security check list, as it looks on the wire. */

export const securityFinding = z.object({
  check: z.enum(SECURITY_CHECKS),
  level: z
    .enum(['good', 'advice', 'attention', 'bad'])
    .meta({ description: 'advice: fine as it is, and better otherwise' }),
  where: z
    .array(z.string())
    .meta({ description: 'Instances, servers or settings it is about, by name; never a secret' }),
})
export type SecurityFindingView = z.output<typeof securityFinding>

/** GET /security */
export const securityList = z.object({ data: z.array(securityFinding), next: z.null() })
export type SecurityList = z.output<typeof securityList>
