package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.nn.data.SampleException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FailureTest {
  private static String report(Throwable e, int code) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream old = System.err;
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      assertEquals(code, Failure.report(e, false));
    } finally {
      System.setErr(old);
    }
    return err.toString(StandardCharsets.UTF_8).strip();
  }

  /** What a loader's thread could not read has the code of its cause and the name of the case. */
  @Test
  void samplesEndWithTheCodeOfTheirCause() {
    String text = "Case 'c7' could not be loaded (epoch 0, sample 1): c7.nii is cut off.";
    assertEquals(
        text, report(new SampleException(text, new DataException("c7.nii is cut off.")), 3));
    assertEquals(text, report(new SampleException(text, new UsageException("too much")), 2));
    assertEquals(
        text,
        report(new SampleException(text, new UncheckedIOException(new IOException("disk"))), 3));
    String memory = report(new SampleException(text, new OutOfMemoryError("heap")), 4);
    assertTrue(memory.startsWith(text), memory);
    String fault = report(new SampleException(text, new IllegalStateException("bug")), 1);
    assertTrue(fault.startsWith("This is a fault") && fault.contains("c7"), fault);
  }
}
