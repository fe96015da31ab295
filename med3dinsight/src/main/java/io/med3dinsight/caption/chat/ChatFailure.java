package io.med3dinsight.caption.chat;

import java.time.Duration;

/** A request that brought no answer, and what that means for the next one. */
final class ChatFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** What to do about it. */
  enum Kind {
    /** The same request may succeed later. */
    RETRY,
    /** Nobody answers at the address; that may change. */
    UNREACHABLE,
    /** The service refuses this picture or prompt; others may pass. */
    REFUSED,
    /** The key is wrong or may not do this. */
    KEY,
    /** The address or the model is unknown. */
    MODEL,
    /** The service is at another address. */
    REDIRECT,
    /** No request of this kind will be accepted. */
    REQUEST,
    /** The account has nothing left. */
    QUOTA
  }

  private final Kind kind;
  private final int status;
  private final transient Duration retryAfter;

  ChatFailure(Kind kind, int status, String message, Throwable cause) {
    this(kind, status, message, cause, null);
  }

  ChatFailure(Kind kind, int status, String message, Throwable cause, Duration retryAfter) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  Kind kind() {
    return kind;
  }

  /** HTTP status; 0 when there was no answer. */
  int status() {
    return status;
  }

  /** How long the service asks to wait; null when it does not say. */
  Duration retryAfter() {
    return retryAfter;
  }

  boolean canRetry() {
    return kind == Kind.RETRY || kind == Kind.UNREACHABLE;
  }
}
