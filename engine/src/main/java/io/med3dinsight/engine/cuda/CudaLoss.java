package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.Tensor;

/** Cross-entropy, Dice with cross-entropy, means over pairs of elements, and their gradients. */
public final class CudaLoss {
  private static final int THREADS = 256;
  private static final int PARTS = 1024;

  /** Floats of a tile, about; rows beyond that are shared out to more threads each. */
  private static final int TILE = 8192;

  /** Longest row that goes through shared memory, 8 at a time. */
  private static final int LONGEST = 2048;

  /** What {@link #pairs} takes the mean of. */
  public enum Pair {
    /** {@code (a - b)^2}. */
    SQUARED,
    /** {@code |a - b|}. */
    ABSOLUTE,
    /** Binary cross-entropy of logit a and target b. */
    BINARY
  }

  private CudaLoss() {}

  /** Threads of a warp that share a row of logits. */
  private static int lanes(int classes) {
    int lanes = 1;
    while (lanes < 32 && (long) THREADS / lanes * classes > TILE) {
      lanes *= 2;
    }
    return lanes;
  }

  private static int tileFloats(int classes) {
    int n = THREADS / lanes(classes) * classes;
    return n + n / 32;
  }

  private static int blocks(int rows, int classes, int most) {
    int each = THREADS / lanes(classes);
    return (int) Math.min(most, ((long) rows + each - 1) / each);
  }

  /**
   * Weighted mean cross-entropy.
   *
   * @param in logits [...,C], labels, class weights [C]
   * @param out loss [], sum of weights []
   */
  public static void crossEntropy(
      CudaBackend cuda, Tensor[] in, Tensor[] out, int ignored, float smoothing) {
    int classes = in[0].dim(-1);
    int rows = in[1].size();
    int parts = blocks(rows, classes, PARTS);
    try (DeviceScratch partial = cuda.scratch(Math.max(1, parts) * 8L)) {
      Launch launch = cuda.kernel("loss_crossentropy_f32").grid(parts);
      launch.buffer(in[0]).buffer(in[1]).buffer(in[2]).buffer(partial);
      rows(launch, rows, classes).i32(ignored).f32(smoothing).run();
      cuda.kernel("loss_crossentropymean_f32")
          .block(THREADS)
          .buffer(partial)
          .buffer(out[0])
          .buffer(out[1])
          .i32(parts)
          .run();
    }
  }

  private static Launch rows(Launch launch, int rows, int classes) {
    boolean staged = classes <= LONGEST;
    return launch
        .block(THREADS)
        .shared(staged ? 4 * tileFloats(classes) : 0)
        .i32(rows)
        .i32(classes)
        .i32(lanes(classes))
        .i32(staged ? 1 : 0);
  }

  /**
   * Gradient of {@link #crossEntropy}.
   *
   * @param in logits, labels, class weights, sum of weights, incoming gradient
   */
  public static void crossEntropyGradient(
      CudaBackend cuda, Tensor[] in, Tensor dx, int ignored, float smoothing) {
    int classes = in[0].dim(-1);
    int rows = in[1].size();
    Launch launch =
        cuda.kernel("loss_crossentropygradient_f32").grid(blocks(rows, classes, 1 << 14));
    for (Tensor t : in) {
      launch.buffer(t);
    }
    rows(launch.buffer(dx), rows, classes).i32(ignored).f32(smoothing).run();
  }

  /**
   * The numbers that {@link #dice} needs besides the tensors.
   *
   * @param first class that Dice begins with
   */
  public record DiceTerms(
      boolean batch, int first, float smooth, int ignored, float diceWeight, float ceWeight) {}

  /**
   * Cross-entropy minus soft Dice.
   *
   * @param in logits [N,...,C], labels [N,...]
   * @param out loss [], its derivatives by the sums [N,2C+1]
   */
  public static void dice(CudaBackend cuda, Tensor[] in, Tensor[] out, DiceTerms terms) {
    int n = in[0].dim(0);
    int classes = checkedClasses(in[0]);
    int voxels = n == 0 ? 0 : in[1].size() / n;
    int parts = blocks(voxels, classes, Math.max(1, PARTS / Math.max(1, n)));
    int stride = 3 * classes + 2;
    int cells = classes * Math.max(1, THREADS / classes);
    try (DeviceScratch partial = cuda.scratch(Math.max(1, (long) n * parts * stride) * 4);
        DeviceScratch sums = cuda.scratch(Math.max(1, (long) n * stride) * 4)) {
      cuda.kernel("loss_dice_f32")
          .grid(parts, n)
          .block(THREADS)
          .shared(4 * (tileFloats(classes) + THREADS / lanes(classes) + 3 * cells))
          .buffer(in[0])
          .buffer(in[1])
          .buffer(partial)
          .i32(voxels)
          .i32(classes)
          .i32(lanes(classes))
          .i32(cells)
          .i32(terms.ignored())
          .run();
      cuda.kernel("loss_dicefold_f32")
          .grid(((long) n * stride + 3) / 4)
          .block(128)
          .buffer(partial)
          .buffer(sums)
          .i32(n * stride)
          .i32(stride)
          .i32(parts)
          .run();
      finish(cuda, sums, n, classes, terms, out);
    }
  }

  private static void finish(
      CudaBackend cuda, DeviceScratch sums, int n, int classes, DiceTerms terms, Tensor[] out) {
    int groups = terms.batch() ? Math.min(1, n) : n;
    float share =
        groups == 0 ? 0 : terms.diceWeight() / ((float) groups * (classes - terms.first()));
    cuda.kernel("loss_dicefinish_f32")
        .block(THREADS)
        .buffer(sums)
        .buffer(out[0])
        .buffer(out[1])
        .i32(n)
        .i32(classes)
        .i32(terms.batch() ? 1 : 0)
        .i32(terms.first())
        .f32(terms.smooth())
        .f32(share)
        .f32(terms.ceWeight())
        .run();
  }

  private static int checkedClasses(Tensor logits) {
    int classes = logits.dim(-1);
    if (classes > LONGEST) {
      throw new DeviceException(
          "Dice on CUDA takes up to "
              + LONGEST
              + " classes, but the logits are "
              + logits.type()
              + "; train on the CPU or merge classes.");
    }
    return classes;
  }

  /**
   * Gradient of {@link #dice} by the logits.
   *
   * @param in logits, labels, derivatives, incoming gradient
   */
  public static void diceGradient(CudaBackend cuda, Tensor[] in, Tensor dx, int ignored) {
    int n = in[0].dim(0);
    int classes = checkedClasses(in[0]);
    int voxels = n == 0 ? 0 : in[1].size() / n;
    Launch launch = cuda.kernel("loss_dicegradient_f32").grid(blocks(voxels, classes, 1 << 14), n);
    for (Tensor t : in) {
      launch.buffer(t);
    }
    launch
        .block(THREADS)
        .shared(4 * tileFloats(classes))
        .buffer(dx)
        .i32(voxels)
        .i32(classes)
        .i32(lanes(classes))
        .i32(ignored)
        .run();
  }

  /** The mean over all pairs of elements; 0 without elements. */
  public static void pairs(CudaBackend cuda, Pair kind, Tensor a, Tensor b, Tensor out) {
    int n = a.size();
    int parts = (int) Math.min(PARTS, ((long) n + 4 * THREADS - 1) / (4 * THREADS));
    try (DeviceScratch partial = cuda.scratch(Math.max(1, parts) * 4L)) {
      cuda.kernel("loss_pairs_f32")
          .grid(parts)
          .block(THREADS)
          .buffer(a)
          .buffer(b)
          .buffer(partial)
          .i32(n)
          .i32(kind.ordinal())
          .run();
      cuda.kernel("loss_mean_f32")
          .block(THREADS)
          .buffer(partial)
          .buffer(out)
          .i32(parts)
          .i32(n)
          .run();
    }
  }

  /**
   * Gradient of {@link #pairs} by a.
   *
   * @param in a, b, incoming gradient
   */
  public static void pairsGradient(CudaBackend cuda, Pair kind, Tensor[] in, Tensor da) {
    int n = in[0].size();
    cuda.kernel("loss_pairsgradient_f32")
        .over((n + 3L) / 4)
        .buffer(in[0])
        .buffer(in[1])
        .buffer(in[2])
        .buffer(da)
        .i32(n)
        .i32(kind.ordinal())
        .run();
  }
}
