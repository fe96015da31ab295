package io.med3dinsight.dicom.codec;

/**
 * JPEG 2000's adaptive binary arithmetic decoder.
 *
 * <p>Source: ITU-T T.800, annex C.
 */
final class MqDecoder {
  private static final int[] QE = {
    0x5601, 0x3401, 0x1801, 0x0ac1, 0x0521, 0x0221, 0x5601, 0x5401, 0x4801, 0x3801, 0x3001, 0x2401,
    0x1c01, 0x1601, 0x5601, 0x5401, 0x5101, 0x4801, 0x3801, 0x3401, 0x3001, 0x2801, 0x2401, 0x2201,
    0x1c01, 0x1801, 0x1601, 0x1401, 0x1201, 0x1101, 0x0ac1, 0x09c1, 0x08a1, 0x0521, 0x0441, 0x02a1,
    0x0221, 0x0141, 0x0111, 0x0085, 0x0049, 0x0025, 0x0015, 0x0009, 0x0005, 0x0001, 0x5601
  };
  private static final int[] NMPS = {
    1, 2, 3, 4, 5, 38, 7, 8, 9, 10, 11, 12, 13, 29, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 45, 46
  };
  private static final int[] NLPS = {
    1, 6, 9, 12, 29, 33, 6, 14, 14, 14, 17, 18, 20, 21, 14, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22,
    23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 46
  };
  private static final int CONTEXTS = 19;

  private final byte[] data;
  private final int end;
  private final int[] state = new int[CONTEXTS];
  private final int[] mps = new int[CONTEXTS];
  private int at;
  private int a;
  private int c;
  private int count;

  MqDecoder(byte[] data, int length) {
    this.data = data;
    this.end = length;
    reset();
    c = (length > 0 ? data[0] & 0xff : 0xff) << 16;
    byteIn();
    c <<= 7;
    count -= 7;
    a = 0x8000;
  }

  /** Back to the states of the start; T.800 table D.7. */
  void reset() {
    java.util.Arrays.fill(state, 0);
    java.util.Arrays.fill(mps, 0);
    state[0] = 4;
    state[CodeBlockDecoder.RUN] = 3;
    state[CodeBlockDecoder.UNIFORM] = 46;
  }

  private int at(int i) {
    // Behind the end there are ones only.
    return i < end ? data[i] & 0xff : 0xff;
  }

  private void byteIn() {
    if (at(at) == 0xff) {
      if (at(at + 1) > 0x8f) {
        c += 0xff00;
        count = 8;
      } else {
        at++;
        c += at(at) << 9;
        count = 7;
      }
    } else {
      at++;
      c += at(at) << 8;
      count = 8;
    }
  }

  int bit(int context) {
    int s = state[context];
    int qe = QE[s];
    int d = mps[context];
    a -= qe;
    if (c >>> 16 < qe) {
      boolean less = a < qe;
      a = qe;
      d = less ? mostProbable(context, s) : leastProbable(context, s);
    } else {
      c -= qe << 16;
      if ((a & 0x8000) != 0) {
        return d;
      }
      d = a < qe ? leastProbable(context, s) : mostProbable(context, s);
    }
    do {
      if (count == 0) {
        byteIn();
      }
      a <<= 1;
      c <<= 1;
      count--;
    } while ((a & 0x8000) == 0);
    return d;
  }

  private int mostProbable(int context, int s) {
    state[context] = NMPS[s];
    return mps[context];
  }

  private int leastProbable(int context, int s) {
    int d = 1 - mps[context];
    if (s == 0 || s == 6 || s == 14) {
      mps[context] = d;
    }
    state[context] = NLPS[s];
    return d;
  }
}
