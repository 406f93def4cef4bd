/** The kinds of media that a message can hold, and the feature that says whether a model reads them. */
import type { MediaKind } from '../catalog/types.ts';

/** Kinds of media blocks, and the feature that says whether a model takes them. */
export const MEDIA_KINDS: readonly {
  readonly kind: MediaKind;
  readonly feature: 'images' | 'documents' | 'video' | 'audio';
}[] = [
  { kind: 'image', feature: 'images' },
  { kind: 'document', feature: 'documents' },
  { kind: 'video', feature: 'video' },
  { kind: 'audio', feature: 'audio' },
];
