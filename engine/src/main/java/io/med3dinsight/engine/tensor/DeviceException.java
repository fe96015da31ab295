package io.med3dinsight.engine.tensor;

/**
 * A device that cannot be used or has run out of memory. The command line ends with exit code 4.
 */
public final class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeviceException(String message) {
    super(message);
  }

  public DeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
