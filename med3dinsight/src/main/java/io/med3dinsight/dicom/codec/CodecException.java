package io.med3dinsight.dicom.codec;

import java.io.IOException;

/**
 * Compressed pixels that cannot be decoded; the message is the part of a sentence that says why.
 */
public final class CodecException extends IOException {
  private static final long serialVersionUID = 1L;

  public CodecException(String message) {
    super(message);
  }
}
