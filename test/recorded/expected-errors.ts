/** What each recorded refusal must become, by the last part of the row's ID. Read from AWS's words by hand. */
import type { ErrorCode } from '../../src/bedrock-error.ts';

export const EXPECTED_ERRORS: Readonly<Partial<Record<ErrorCode, readonly string[]>>> = {
  clock_skew: ['fccf8cb0', '165b3026', 'bfdb5b51'],
  invalid_credentials: ['065f6604', '483c8781', '7efd5901'],
  expired_credentials: ['c84e0420', '1039ffc8', '50fc3cca'],
  access_denied: ['5dea0979', '38f8221a'],
  model_access: ['e6818aa3', 'afb56601'],
  profile_required: ['64b16e2a'],
  end_of_life: ['78d18859', '5adc2b44'],
  unknown_model: ['38b7dc65'],
  content_too_long: ['cadb29ba', 'a3fa32bd', 'b340000c', 'b8b9deb3', '18d363aa'],
  throttled: ['fe4d3dd4', '12e88b25'],
  // 503: "Model is getting throttled", "Service capacity limit has been reached".
  overloaded: ['a5514808', '6ebe8f0f'],
  service_error: ['de44a402'],
  // In the middle of a stream.
  model_error: ['d1fa8fef'],
  // s3Uri, video, tool use, prefilling, CountTokens of a profile: "doesn't support".
  unsupported_feature: [
    ...['1fe710be', 'c49d4ff4', 'be5b8db9', '99b90224', '9d9a4e9b'],
    // temperature, stopSequences, topP, image: "doesn't support the ... field".
    ...['0fd3a507', '027a2667', '4ffe5753', '3da80036'],
    // Members that the model does not take: deprecated, unknown, extraneous ones, strict, every forced choice.
    ...['32e3275b', '67fa34e2', '786b628c', '79fec512', 'afaeef72', '2dd7b0d4', '31dd9201', 'efc0ab58'],
    'c7bc330f',
    // UnknownOperationException inside a 200.
    'a38709c3',
  ],
  rejected_request: [
    // Bodies of the wrong shape.
    ...['735e1d3b', 'edc95595', '78b3cf8d', '30b33ff4', '4abecdfb', '9e7ca237'],
    // Schemas: maxItems, minItems, multipleOf, an unknown tool type.
    ...['7ea55a97', '81b44c1a', 'a1cc8b9e', '3f1e165e', '33b8310b', 'f2d5b5d9'],
    // Images: a URL as source, not an image; documents without a text; two sampling parameters.
    ...['3c908127', '21cb3677', '4465c10e', 'f84210a7'],
    // Exceptions in the first frame of a 200: "Validation Error", a text file called png.
    ...['818f864d', '493ec40d'],
    // Tools: a name, IDs twice, a forced choice (beside thinking, twice), an open object.
    ...['60853bfd', 'b816b52f', '63add599', '185091a5', 'b981e3a1'],
    // Messages: reasoning of a user, an empty one, S3 that is not there, a document's name, a cache point on nothing.
    ...['ea6238f5', 'b50f4157', 'a035487b', '4716e44f', '159b4a13', '8b7e761c', '9b298ed1'],
    // Parameters: in conflict with others, of no value.
    ...['bfb0fb4f', '8d56582d', '3a360ded'],
  ],
};

/** The codes after which the same request may succeed. */
export const RETRYABLE: readonly ErrorCode[] = ['throttled', 'overloaded', 'service_error', 'model_error'];

export function expectedError(hash: string): string | undefined {
  return Object.entries(EXPECTED_ERRORS).find(([, hashes]) => hashes.includes(hash))?.[0];
}
