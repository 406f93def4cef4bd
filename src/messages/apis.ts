/**
 * The APIs that carry a text call, as a table of what differs between them. Nobody compares an API by its name
 * (`npm run floors`): a further one is a row here, one in inference/send/apis.ts, and the rules of its own in the
 * route table.
 */
import type { ModelApis } from '../catalog/types.ts';
import type { Api } from './types.ts';

export interface ApiTraits {
  /** For people. */
  readonly name: string;
  /** Members of the catalogue's record: does a model serve it, whole and streamed? */
  readonly served: keyof ModelApis;
  readonly streamed: keyof ModelApis;
  /**
   * `common`: one form for all families, which Bedrock translates. `provider`: the body is the provider's own, written
   * by the family's codec, with the tools, blocks and members that only this provider has.
   */
  readonly form: 'common' | 'provider';
  /** Files that one request takes at most; absent = whatever the provider takes. */
  readonly mostFiles?: { readonly image: number; readonly document: number };
  /** A history with tool calls is refused without their definitions. */
  readonly demandsHistoryTools: boolean;
  /** Has the tool choice `none`. */
  readonly choosesNoTool: boolean;
  /** Document names have an alphabet and stand once in a request; citations hold for text and PDF. */
  readonly checksDocuments: boolean;
}

/** In the order in which they are shown. */
export const APIS: Readonly<Record<Api, ApiTraits>> = {
  converse: {
    name: 'Converse',
    served: 'converse',
    streamed: 'converseStream',
    form: 'common',
    mostFiles: { image: 20, document: 5 },
    demandsHistoryTools: true,
    choosesNoTool: false,
    checksDocuments: true,
  },
  native: {
    name: 'InvokeModel',
    served: 'invoke',
    streamed: 'invokeStream',
    form: 'provider',
    demandsHistoryTools: false,
    choosesNoTool: true,
    checksDocuments: false,
  },
};

/** Is the body the family's own form there? */
export function isOwnForm(api: Api, family: string, of: string): boolean {
  return APIS[api].form === 'provider' && family === of;
}

/** Converse's form: on Converse for everybody, and Nova's own. */
export function isConverseForm(api: Api, family: string): boolean {
  return APIS[api].form === 'common' || family === 'nova';
}

/** Not known to be missing: what the catalogue does not say is tried. */
export function isServedBy(api: Api, apis: ModelApis): boolean {
  return apis[APIS[api].served] !== false;
}

export const API_NAMES = ['converse', 'native'] as const satisfies readonly Api[];

/** Can any of the APIs here call the model? */
export function isServed(apis: ModelApis): boolean {
  return API_NAMES.some((api) => isServedBy(api, apis));
}
