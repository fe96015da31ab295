package io.med3dinsight.nn.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one pickle (protocols 2 to 5) as far as files of weights need it: dicts, lists, tuples,
 * numbers, texts and what {@link PickleGlobal} names. Everything else is refused. Nothing is ever
 * called: a pickle's callables are names that stand for one of a few constructions here.
 *
 * <p>Python's dict, OrderedDict and set states become {@link LinkedHashMap}, list {@link
 * ArrayList}, tuple {@link Tuple}, whole numbers Long or BigInteger, None {@link #NONE}.
 */
final class Pickle {
  /** Python's None. */
  static final Object NONE =
      new Object() {
        @Override
        public String toString() {
          return "None";
        }
      };

  private static final Object MARK = new Object();

  /** No number and no Python name in a file of weights takes more bytes. */
  private static final int LONGEST = 256;

  // Bytes of memory that objects take, rounded up.
  private static final int REFERENCE = 16;
  private static final int SMALL = 32;
  private static final int CONTAINER = 80;
  private static final int ENTRY = 120;

  /** An immutable sequence. */
  record Tuple(List<Object> items) {}

  /** Bytes, which weights hold only within numpy's numbers. */
  record Bytes(byte[] value) {}

  /** What the objects are, for which pickles have only names and numbers. */
  interface Objects {
    /** The object that a persistent id stands for. */
    Object persistent(Object id);

    /** The object that {@code global} makes of these arguments. */
    Object make(PickleGlobal global, List<Object> arguments);
  }

  /** Why a pickle cannot be read; the file's reader makes the sentence. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String why) {
      super(why);
    }
  }

  private final InputStream in;
  private final Objects objects;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private long left;

  /** Bytes of memory that objects may still take. */
  private long budget;

  private Pickle(InputStream in, long left, long budget, Objects objects) {
    this.in = in;
    this.left = left;
    this.budget = budget;
    this.objects = objects;
  }

  /**
   * Reads one pickle.
   *
   * @param in positioned at the pickle, and behind it afterwards
   * @param most bytes that are really there
   * @param budget bytes of memory that what is made may take, {@link #budget}
   * @throws Refused when it is damaged or holds something else than weights
   */
  static Object read(InputStream in, long most, long budget, Objects objects) throws IOException {
    Pickle p = new Pickle(in, most, budget, objects);
    try {
      return p.run();
    } catch (EOFException | IndexOutOfBoundsException e) {
      throw new Refused("its pickle is damaged (was the file cut short?)");
    } catch (ClassCastException e) {
      throw new Refused(
          "its pickle is damaged: an object has the wrong type for what is done to it");
    }
  }

  /** What the objects of a file may take in memory: far more than weights ever need. */
  static long budget(long fileSize) {
    return 3 * fileSize + (40L << 20);
  }

  private Object run() throws IOException {
    if (u8() != 0x80) {
      throw new Refused("its pickle is of protocol 0 or 1, or it is no pickle; 2 to 5 can be read");
    }
    int protocol = u8();
    if (protocol < 2 || protocol > 5) {
      throw new Refused("its pickle is of protocol " + protocol + "; 2 to 5 can be read");
    }
    while (true) {
      int op = u8();
      if (op == '.') {
        return pop();
      }
      step(op);
    }
  }

  private void step(int op) throws IOException {
    switch (op) {
      case 0x95 -> bytes(8); // FRAME: its length is not needed
      case '(' -> push(MARK);
      case '0' -> pop();
      case '1' -> toMark();
      case '2' -> push(top());
      case 'Q' -> push(objects.persistent(pop()));
      case 'c' -> push(PickleGlobal.of(line(), line()));
      case 0x93 -> {
        String name = (String) pop();
        push(PickleGlobal.of((String) pop(), name));
      }
      case 'R', 0x81 -> {
        List<Object> arguments = ((Tuple) pop()).items();
        push(objects.make((PickleGlobal) pop(), arguments));
      }
      case 'b' -> build();
      default -> {
        if (!scalar(op) && !container(op) && !memo(op)) {
          throw new Refused(
              "its pickle holds operation 0x"
                  + Integer.toHexString(op)
                  + ", which weights do not need");
        }
      }
    }
  }

  private boolean scalar(int op) throws IOException {
    switch (op) {
      case 'N' -> push(NONE);
      case 0x88 -> push(Boolean.TRUE);
      case 0x89 -> push(Boolean.FALSE);
      case 'K' -> push((long) u8());
      case 'M' -> push(number(2));
      case 'J' -> push((long) (int) number(4));
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(number(8))));
      case 0x8a -> push(integer(bytes(u8())));
      case 0x8b -> {
        int bytes = length(4);
        if (bytes > LONGEST) {
          throw new Refused("its pickle holds a whole number of " + bytes + " bytes");
        }
        push(integer(bytes(bytes)));
      }
      case 'X' -> push(text(4));
      case 0x8c -> push(text(1));
      case 0x8d -> push(text(8));
      case 'U' -> push(new String(bytes(u8()), StandardCharsets.ISO_8859_1));
      case 'T' -> push(new String(bytes(length(4)), StandardCharsets.ISO_8859_1));
      case 'C' -> push(new Bytes(bytes(u8())));
      case 'B' -> push(new Bytes(bytes(length(4))));
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean container(int op) {
    switch (op) {
      case '}' -> {
        charge(CONTAINER);
        push(new LinkedHashMap<>());
      }
      case ']' -> {
        charge(CONTAINER);
        push(new ArrayList<>());
      }
      case ')' -> push(new Tuple(List.of()));
      case 't' -> push(new Tuple(toMark()));
      case 0x85 -> push(new Tuple(last(1)));
      case 0x86 -> push(new Tuple(last(2)));
      case 0x87 -> push(new Tuple(last(3)));
      case 'l' -> push(toMark());
      case 'a' -> {
        Object item = pop();
        charge(REFERENCE);
        list(top()).add(item);
      }
      case 'e' -> {
        List<Object> items = toMark();
        list(top()).addAll(items);
      }
      case 's' -> put(last(2));
      case 'u' -> put(toMark());
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean memo(int op) throws IOException {
    switch (op) {
      case 'q' -> keep(u8());
      case 'r' -> keep((int) number(4));
      case 0x94 -> keep(memo.size());
      case 'h' -> push(known(u8()));
      case 'j' -> push(known((int) number(4)));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void keep(int at) {
    charge(ENTRY);
    memo.put(at, top());
  }

  private Object known(int at) {
    Object o = memo.get(at);
    if (o == null) {
      throw new Refused("its pickle is damaged: it refers to an object that is not there");
    }
    return o;
  }

  /** An object's attributes: those of an OrderedDict (a state dict's versions) are not needed. */
  private void build() {
    Object state = pop();
    Object o = top();
    if (o instanceof NumpyType type) {
      type.state(state);
    } else if (!(o instanceof Map)) {
      throw new Refused("its pickle sets attributes of something that is no dict");
    }
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Object o) {
    return (ArrayList<Object>) o;
  }

  @SuppressWarnings("unchecked")
  private void put(List<Object> pairs) {
    if (pairs.size() % 2 != 0) {
      throw new Refused("its pickle is damaged: a key has no value");
    }
    LinkedHashMap<Object, Object> map = (LinkedHashMap<Object, Object>) top();
    for (int i = 0; i < pairs.size(); i += 2) {
      Object key = pairs.get(i);
      // Containers as keys could hold themselves, whose hash has no end.
      if (!(key instanceof String
          || key instanceof Number
          || key instanceof Boolean
          || key == NONE)) {
        throw new Refused("its pickle has a dict whose keys are neither texts nor numbers");
      }
      charge(ENTRY);
      map.put(key, pairs.get(i + 1));
    }
  }

  // ---- the stack

  private void push(Object o) {
    charge(REFERENCE + SMALL);
    stack.add(o);
  }

  private void charge(long bytes) {
    budget -= bytes;
    if (budget < 0) {
      throw new Refused("its pickle makes more objects than the file could hold weights");
    }
  }

  private Object top() {
    Object o = stack.get(stack.size() - 1);
    if (o == MARK) {
      throw new Refused("its pickle is damaged: nothing was made where an object is expected");
    }
    return o;
  }

  private Object pop() {
    Object o = top();
    stack.remove(stack.size() - 1);
    return o;
  }

  private List<Object> last(int count) {
    charge(CONTAINER);
    List<Object> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      items.add(0, pop());
    }
    return items;
  }

  private List<Object> toMark() {
    int at = stack.lastIndexOf(MARK);
    if (at < 0) {
      throw new Refused("its pickle is damaged: a group of objects has no beginning");
    }
    charge(CONTAINER + (long) REFERENCE * (stack.size() - at));
    List<Object> items = new ArrayList<>(stack.subList(at + 1, stack.size()));
    stack.subList(at, stack.size()).clear();
    return items;
  }

  // ---- the bytes

  private int u8() throws IOException {
    if (left < 1) {
      throw new EOFException();
    }
    left--;
    int b = in.read();
    if (b < 0) {
      throw new EOFException();
    }
    return b;
  }

  /** An unsigned little-endian number of up to 8 bytes. */
  private long number(int width) throws IOException {
    byte[] b = bytes(width);
    long n = 0;
    for (int i = width - 1; i >= 0; i--) {
      n = n << 8 | b[i] & 0xff;
    }
    return n;
  }

  private int length(int width) throws IOException {
    long n = number(width);
    if (n < 0 || n > left || n > Integer.MAX_VALUE) {
      throw new EOFException();
    }
    return (int) n;
  }

  private byte[] bytes(int n) throws IOException {
    if (n > left) {
      throw new EOFException();
    }
    charge(SMALL + 3L * n);
    byte[] b = in.readNBytes(n);
    left -= b.length;
    if (b.length < n) {
      throw new EOFException();
    }
    return b;
  }

  private String text(int width) throws IOException {
    return new String(bytes(width == 1 ? u8() : length(width)), StandardCharsets.UTF_8);
  }

  private String line() throws IOException {
    StringBuilder s = new StringBuilder();
    for (int c = u8(); c != '\n'; c = u8()) {
      s.append((char) c);
      if (s.length() > LONGEST) {
        throw new Refused("its pickle holds a name of more than " + LONGEST + " letters");
      }
    }
    charge(ENTRY + 4L * s.length());
    return s.toString();
  }

  private static Object integer(byte[] littleEndian) {
    byte[] big = new byte[littleEndian.length];
    for (int i = 0; i < big.length; i++) {
      big[i] = littleEndian[big.length - 1 - i];
    }
    BigInteger n = big.length == 0 ? BigInteger.ZERO : new BigInteger(big);
    return n.bitLength() < Long.SIZE ? (Object) n.longValue() : n;
  }
}
