package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.data.SampleException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Turns what went wrong into one sentence on standard error and an exit code. */
final class Failure {
  static final int FAULT = 1;
  static final int USAGE = 2;
  static final int DATA = 3;
  static final int DEVICE = 4;

  private Failure() {}

  /** Prints the sentence, with the stack trace where it helps, and returns the exit code. */
  static int report(Throwable e, boolean debug) {
    int code = code(e);
    if (code == FAULT) {
      System.err.println("This is a fault of the program; please report it with these lines:");
    } else {
      System.err.println(sentence(e));
    }
    if (code == FAULT || debug) {
      e.printStackTrace(System.err);
    }
    return code;
  }

  private static int code(Throwable e) {
    if (e instanceof SampleException) {
      // Its message names the case; why it could not be loaded decides the code.
      return code(e.getCause());
    }
    if (e instanceof UsageException) {
      return USAGE;
    }
    if (e instanceof DataException || e instanceof CheckpointException || io(e) != null) {
      return DATA;
    }
    if (e instanceof DeviceException || e instanceof OutOfMemoryError) {
      return DEVICE;
    }
    return FAULT;
  }

  private static String sentence(Throwable e) {
    if (e instanceof OutOfMemoryError) {
      long mib = Runtime.getRuntime().maxMemory() >> 20;
      return "Memory ran out at "
          + mib
          + " MiB: start with a larger heap (java -Xmx16g -jar ...), or make the patch, the batch or"
          + " the network smaller.";
    }
    IOException io = io(e);
    return io == null
        ? e.getMessage()
        : "Reading or writing failed: " + DataException.reason(io) + ".";
  }

  /** The disk's own failure, such as no space left; null when this is none. */
  private static IOException io(Throwable e) {
    if (e instanceof UncheckedIOException unchecked) {
      return unchecked.getCause();
    }
    return e instanceof IOException io ? io : null;
  }
}
