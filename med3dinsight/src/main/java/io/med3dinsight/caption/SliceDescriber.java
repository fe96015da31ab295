package io.med3dinsight.caption;

import io.med3dinsight.slice.Slice;

/** Puts a slice into words: a multimodal language model, or rules that read the pixels. */
public interface SliceDescriber {
  /** One paragraph about the slice. */
  String describe(Slice slice);

  /** Name and version, for provenance and cache keys. */
  String id();
}
