/** Which Region a call starts from. */
import { checkRegion } from '../aws/regions.ts';
import { BedrockError } from '../bedrock-error.ts';
import { parseModelId } from '../catalog/models/model-id.ts';

/** Knows the configured Region. */
interface HasRegion {
  /** @throws BedrockError `missing_region`. */
  region(): Promise<string>;
}

/**
 * The Region that was asked for, else the configured one, else the one that the model's ARN names.
 * @throws BedrockError `missing_region`, or what `checkRegion` says of a name that is none.
 */
export async function callRegion(
  wanted: string | undefined,
  model: string,
  services: HasRegion,
): Promise<string> {
  if (wanted !== undefined && wanted.trim() !== '') return checkRegion(wanted.trim());
  try {
    return await services.region();
  } catch (error) {
    const named =
      error instanceof BedrockError && error.code === 'missing_region'
        ? parseModelId(model).region
        : undefined;
    if (named === undefined) throw error;
    return checkRegion(named);
  }
}

/** Prices and the catalogue can be told without any AWS setup; us-east-1 is where most lists are quoted. */
export async function regionOrCommon(services: HasRegion): Promise<string> {
  try {
    return await services.region();
  } catch (error) {
    if (error instanceof BedrockError && (error.code === 'missing_region' || error.code === 'config'))
      return 'us-east-1';
    throw error;
  }
}
