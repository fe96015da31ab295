package io.med3dinsight.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Puts operations into a pickle, takes them out, and gives them other arguments. */
final class PickleDamage implements Damage {
  private static final String[] PIECES = {
    // Containers that hold themselves, one or two steps away, and what is done with them.
    "]q\u0005h\u0005a",
    "]q\u0005]q\u0006h\u0005ah\u0006a",
    "}q\u0005X\u0001\u0000\u0000\u0000ah\u0005s",
    "]\u0094h\u0000a",
    "]q\u0005(h\u0005h\u0005h\u0005t",
    "h\u0000\u0085\u0085\u0085",
    "2",
    "0",
    "1",
    "(",
    "((((",
    ".",
    "N",
    "]",
    "}",
    ")",
    "t",
    "l",
    "a",
    "e",
    "s",
    "u",
    "b",
    "R",
    "Q",
    "\u0081",
    "\u0093",
    "\u0085",
    "\u0086",
    "\u0087",
    "\u0088",
    "\u0094",
    "h\u0000",
    "h\u0001",
    "q\u0000",
    "r\u00ff\u00ff\u00ff\u00ff",
    "j\u00ff\u00ff\u00ff\u007f",
    "K\u0000",
    "M\u00ff\u00ff",
    "J\u00ff\u00ff\u00ff\u00ff",
    "\u008a\u0000",
    "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f",
    "\u008a\u0009\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001",
    "\u008b\u00ff\u00ff\u00ff\u007f",
    "X\u00ff\u00ff\u00ff\u007f",
    "X\u0000\u0000\u0000\u0000",
    "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
    "\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f",
    "G\u007f\u00f0\u0000\u0000\u0000\u0000\u0000\u0000",
    "cposix\nsystem\nX\u0004\u0000\u0000\u0000true\u0085R",
    "cbuiltins\neval\n",
    "c\n\n",
    "c",
    "ctorch._utils\n_rebuild_tensor_v2\n",
    "ctorch\nFloatStorage\n",
    "ctorch\nLongStorage\n",
    "ctorch\nSize\n",
    "ccollections\nOrderedDict\n)R",
    "cnumpy.core.multiarray\nscalar\n",
    "cnumpy\ndtype\n(X\u0002\u0000\u0000\u0000f8tR",
    "c_codecs\nencode\n(X\u0001\u0000\u0000\u0000aX\u0006\u0000\u0000\u0000latin1tR",
    "C\u0002ab",
    "\u0080\u0004",
    "S'a'\n",
    "I1\n"
  };

  @Override
  public byte[] apply(byte[] good, Random random) {
    List<Integer> ops = operations(good);
    int i = random.nextInt(ops.size());
    int from = ops.get(i);
    int to = i + 1 < ops.size() ? ops.get(i + 1) : good.length;
    switch (random.nextInt(7)) {
      case 0 -> {
        return Damage.replaced(good, from, to, new byte[0]);
      }
      case 1 -> {
        int other = random.nextInt(ops.size());
        int end = other + 1 < ops.size() ? ops.get(other + 1) : good.length;
        byte[] piece = java.util.Arrays.copyOfRange(good, ops.get(other), end);
        return Damage.replaced(good, from, random.nextBoolean() ? from : to, piece);
      }
      case 2, 3 -> {
        return number(good, from, to, random);
      }
      case 4 -> {
        return random.nextInt(3) > 0 ? good : Damage.replaced(good, from, from, many(random));
      }
      default -> {
        byte[] piece = bytes(PIECES[random.nextInt(PIECES.length)]);
        return Damage.replaced(good, from, random.nextBoolean() ? from : to, piece);
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A whole number in place of another, or the bytes of an argument changed. */
  private static byte[] number(byte[] good, int from, int to, Random random) {
    char op = (char) (good[from] & 0xff);
    if ("KMJ\u008a".indexOf(op) >= 0) {
      byte[] by = new byte[10];
      by[0] = (byte) 0x8a;
      by[1] = 8;
      Damage.put(by, 2, 8, Damage.extreme(random), false);
      return Damage.replaced(good, from, to, by);
    }
    byte[] bytes = good.clone();
    if (to > from + 1) {
      Damage.put(bytes, from + 1 + random.nextInt(to - from - 1), 1, Damage.extreme(random), false);
    }
    return bytes;
  }

  /** Many small objects, or few within one another, as deep as the file allows. */
  private static byte[] many(Random random) {
    String piece = PIECES[random.nextInt(PIECES.length)];
    byte[] one = bytes(piece);
    int times = (1 << random.nextInt(20)) / one.length + 1;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < times; i++) {
      out.writeBytes(one);
    }
    return out.toByteArray();
  }

  /** Where operations begin, as far as they are understood. */
  private static List<Integer> operations(byte[] p) {
    List<Integer> out = new ArrayList<>();
    int at = 0;
    while (at >= 0 && at < p.length) {
      out.add(at);
      at = next(p, at);
    }
    if (out.isEmpty()) {
      out.add(0);
    }
    return out;
  }

  private static int next(byte[] p, int at) {
    int op = p[at] & 0xff;
    long n =
        switch (op) {
          case 'K', 'q', 'h', 0x80 -> 1;
          case 'M' -> 2;
          case 'J', 'r', 'j' -> 4;
          case 'G', 0x95 -> 8;
          case 0x8a, 0x8c, 'U', 'C' -> 1 + value(p, at + 1, 1);
          case 'X', 'T', 'B', 0x8b -> 4 + value(p, at + 1, 4);
          case 'c' -> line(p, line(p, at + 1)) - at - 1L;
          default -> 0;
        };
    return n < 0 || n > p.length - at - 1 ? -1 : at + 1 + (int) n;
  }

  private static long value(byte[] p, int at, int width) {
    long v = 0;
    for (int i = width - 1; i >= 0; i--) {
      v = v << 8 | (at + i < p.length ? p[at + i] & 0xff : 0xff);
    }
    return v;
  }

  private static int line(byte[] p, int from) {
    int at = from;
    while (at < p.length && p[at] != '\n') {
      at++;
    }
    return at + 1;
  }
}
