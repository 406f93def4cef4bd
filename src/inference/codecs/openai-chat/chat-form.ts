/** What differs between the families that speak the OpenAI chat form. */
import type { TagRules } from '../../../messages/types.ts';
import type { ConfigNames } from '../fields/body-fields.ts';

export interface ChatForm {
  readonly form: string;
  readonly config: ConfigNames;
  readonly images: boolean;
  /** The word for "any tool, but a tool". */
  readonly anyTool: 'required' | 'any';
  /** May a tool message carry the tool's `name`? gpt-oss refuses it. */
  readonly toolName: boolean;
  /** Say `stream` and ask for a usage chunk in a streamed call? */
  readonly saysStream: boolean;
  readonly outputSchema: boolean;
  readonly tags?: TagRules;
}
