/** The account's own listing for the tools that show it: live where it can be had, else why not. */
import type { LiveCatalog } from '../aws/types.ts';
import { BedrockError } from '../bedrock-error.ts';
import type { CallContext } from './call-context.ts';

export interface Listing {
  readonly live?: LiveCatalog;
  /** Why the account's own list is missing. */
  readonly problem?: BedrockError;
}

/**
 * Asks AWS what a Region offers (cached by the AWS floor).
 * @throws BedrockError `cancelled`, or `unreachable_region` for a Region that does not exist.
 */
export async function askAws(
  region: string,
  { services, signal }: Pick<CallContext, 'services' | 'signal'>,
): Promise<Listing> {
  try {
    const live = await services.control.live(region, { signal });
    const [problem] = live.errors;
    return problem === undefined ? { live } : { live, problem };
  } catch (error) {
    if (!(error instanceof BedrockError) || error.code === 'cancelled' || error.code === 'unreachable_region')
      throw error;
    return { problem: error };
  }
}

/** One sentence for answers that could not be live. */
export function catalogueNote(asOf: string, problem: BedrockError | undefined): string {
  return `This is the catalogue of ${asOf}, not the account's own list${problem === undefined ? '.' : `: ${problem.message} ${problem.fix}`}`;
}

/** Region names as people read them. */
export function servedBy(regions: readonly string[]): string[] {
  return regions.map((region) => (region === '*' ? 'any commercial Region' : region));
}
