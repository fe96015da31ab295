package io.med3dinsight.volume;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Numbers in text, apart by white space or commas. */
final class NrrdText {
  private static final int CHUNK = 4096;
  private static final int LONGEST = 60;

  /** A whole number of so many digits fits a long. */
  private static final int DIGITS = 15;

  private final InputStream in;
  private final NrrdHeader header;
  private final StringBuilder word = new StringBuilder();

  NrrdText(InputStream in, NrrdHeader header) {
    this.in = in;
    this.header = header;
  }

  void decode(long first, long count, VoxelSink sink) throws IOException {
    double[] values = new double[CHUNK];
    int n = 0;
    for (long i = 0; i < first + count; i++) {
      double v = next();
      if (i < first) {
        continue;
      }
      values[n++] = v;
      if (n == CHUNK || i == first + count - 1) {
        sink.put(values, n);
        n = 0;
      }
    }
  }

  private double next() throws IOException {
    word.setLength(0);
    while (true) {
      int c = in.read();
      boolean gap = c < 0 || c == ',' || Character.isWhitespace(c);
      if (gap && word.length() > 0) {
        return number();
      }
      if (c < 0) {
        throw new EOFException();
      }
      if (!gap) {
        word.append((char) c);
      }
      if (word.length() > LONGEST) {
        throw header.bad("its data are no numbers");
      }
    }
  }

  /** Most are short whole numbers, which need no objects. */
  private double number() {
    int first = word.charAt(0) == '-' ? 1 : 0;
    int digits = word.length() - first;
    long n = 0;
    for (int i = first; i < word.length(); i++) {
      int d = word.charAt(i) - '0';
      if (d < 0 || d > 9 || digits > DIGITS) {
        return header.number(word.toString(), "data");
      }
      n = 10 * n + d;
    }
    return digits == 0 ? header.number(word.toString(), "data") : first == 1 ? -(double) n : n;
  }
}
