export function lowest(versions?: readonly string[]): Record<string, number>
export function buildTarget(floor?: Record<string, number>): string[]
