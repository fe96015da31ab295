package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Attention on CUDA: bf16 heads up to 128 wide take the tensor-core kernels of {@code flash.cu},
 * float32 ones those of {@code attention.cu}, and wider ones its general path. Device memory beyond
 * the tensors is one float for each query, and for a bias' gradient at most {@value
 * AttentionLayout#BIAS_BLOCKS} tiles.
 */
public final class CudaAttention {
  private static final int WIDEST = 128;
  private static final int GENERAL = 64;
  private static final int FEW_QUERIES = 64;

  private final CudaBackend cuda;
  private final AttentionLayout at;
  private final Tensor[] in;
  private final Tensor bias;
  private final Tensor mask;
  private final float scale;
  private final boolean flash;
  private final int width;
  private final Tiles tiles;

  /** Rows of the tiles: queries and keys in the kernel for keys, and in the one for queries. */
  private record Tiles(int keysM, int keysN, int queriesM, int queriesN) {
    static Tiles of(boolean flash, int width) {
      if (flash) {
        return width == 128 ? new Tiles(32, 64, 64, 32) : new Tiles(64, 64, 64, 64);
      }
      return switch (width) {
        case 16, 32 -> new Tiles(64, 64, 64, 64);
        case 128 -> new Tiles(32, 32, 32, 32);
        default -> new Tiles(32, 64, 64, 32);
      };
    }
  }

  private CudaAttention(
      CudaBackend cuda, Tensor[] in, boolean hasBias, boolean hasMask, float scale) {
    this.cuda = cuda;
    this.in = in;
    this.scale = scale;
    bias = hasBias ? in[3] : null;
    mask = hasMask ? in[hasBias ? 4 : 3] : null;
    at = new AttentionLayout(in[0], in[1], in[2], bias, mask);
    int widest = Math.max(at.d, at.dv);
    int tile = 16;
    while (tile < widest) {
      tile *= 2;
    }
    flash = in[0].dtype() == DType.BF16 && widest <= WIDEST;
    width = widest <= WIDEST ? tile : 0;
    tiles = Tiles.of(flash, width == 0 ? GENERAL : width);
  }

  /**
   * {@code y = softmax(scale q k^T + bias) v} and the logarithm of each query's sum.
   *
   * @param in q, k, v, then bias and mask if there are any
   */
  public static void forward(
      CudaBackend cuda,
      Tensor[] in,
      boolean bias,
      boolean mask,
      float scale,
      Tensor y,
      Tensor logSum) {
    new CudaAttention(cuda, in, bias, mask, scale).forward(y, logSum);
  }

  /**
   * Gradients of q, k, v and, with a fourth output, of the bias.
   *
   * @param in q, k, v, then bias and mask if there are any, then both outputs of the forward pass
   *     and the incoming gradient
   */
  public static void backward(
      CudaBackend cuda, Tensor[] in, boolean bias, boolean mask, float scale, Tensor[] out) {
    new CudaAttention(cuda, in, bias, mask, scale).backward(out);
  }

  private Launch kernel(String what) {
    String tile = width == 0 ? "general" : "h" + width;
    return cuda.kernel((flash ? "flash_" : "attention_") + what + "_" + tile, in[0].dtype())
        .block(flash ? 128 : 256);
  }

  /** Blocks that share the width of the output, in the general path. */
  private long parts(int outputWidth) {
    return width > 0 ? 1 : Math.max(1, blocks(outputWidth, GENERAL));
  }

  private static long blocks(int n, int block) {
    return (n + block - 1L) / block;
  }

  /** Bytes of {@code rows} rows of operands. */
  private int rowBytes(int rows) {
    int w = width == 0 ? GENERAL : width;
    return flash ? rows * (w + 8) * 2 : rows * (w + 4) * 4;
  }

  /** Bytes of a tile of weights; the tensor-core kernels keep them in registers. */
  private int scoreBytes(int rows, int columns) {
    return flash ? 0 : rows * (columns + 4) * 4;
  }

  private void forward(Tensor y, Tensor logSum) {
    boolean few = at.t <= FEW_QUERIES;
    int rows = flash && !few ? 128 : 64;
    int keys = flash && !few ? tiles.queriesN : 64;
    int shared = flash ? rowBytes(rows + 4 * keys) : rowBytes(rows + keys) + scoreBytes(64, 64);
    try (Operands x = new Operands()) {
      x.add(kernel(flash && few ? "short" : "forward"))
          .grid(at.heads * blocks(at.t, rows) * parts(at.dv))
          .shared(shared)
          .buffer(y)
          .buffer(logSum)
          .i32s(at.shape(x.aligned))
          .f32(scale)
          .run();
    }
  }

  private void backward(Tensor[] out) {
    int saved = 3 + (bias == null ? 0 : 1) + (mask == null ? 0 : 1);
    Tensor y = in[saved];
    Tensor logSum = in[saved + 1];
    Tensor g = in[saved + 2];
    int rows = at.heads * at.t;
    try (DeviceScratch delta = cuda.scratch(4L * rows);
        Operands x = new Operands(logSum, delta, g)) {
      cuda.kernel("attention_delta", g.dtype())
          .grid(blocks(rows, 8))
          .block(256)
          .buffer(y)
          .buffer(g)
          .buffer(delta)
          .i32(rows)
          .i32(at.dv)
          .run();
      int keysTile = tiles.keysM;
      x.add(kernel("keys"))
          .grid(at.heads * blocks(at.s, tiles.keysN) * parts(Math.max(at.d, at.dv)))
          .shared(
              flash
                  ? rowBytes(128 + 4 * keysTile) + 16 * keysTile
                  : rowBytes(2 * (keysTile + tiles.keysN)) + 2 * scoreBytes(keysTile, tiles.keysN))
          .buffer(out[1])
          .buffer(out[2])
          .i32s(at.shape(x.aligned))
          .f32(scale)
          .run();
      x.add(kernel("queries"))
          .grid(at.heads * blocks(at.t, tiles.queriesM) * parts(at.d))
          .shared(
              flash
                  ? rowBytes(128 + 4 * tiles.queriesN)
                  : rowBytes(2 * (tiles.queriesM + tiles.queriesN))
                      + scoreBytes(tiles.queriesM, tiles.queriesN))
          .buffer(out[0])
          .i32s(at.shape(x.aligned))
          .f32(scale)
          .run();
      if (out.length > 3) {
        biasGradient(x, out[3]);
      }
    }
  }

  private void biasGradient(Operands x, Tensor to) {
    int m = flash ? 64 : tiles.queriesM;
    int n = flash ? 64 : tiles.queriesN;
    AttentionLayout.Sharing s = at.sharing(m, n);
    try (DeviceScratch partial =
        s.parts() == 1
            ? DeviceScratch.borrowed(cuda.address(to))
            : cuda.scratch(4L * s.parts() * to.size())) {
      x.add(kernel("bias"))
          .grid(s.blocks(), s.parts())
          .shared(flash ? rowBytes(256) : rowBytes(2 * (m + n)) + scoreBytes(m, n))
          .buffer(partial)
          .i32s(at.shape(x.aligned))
          .i32s(s.packed())
          .f32(scale)
          .run();
      if (s.parts() > 1) {
        cuda.kernel("attention_sum_f32")
            .over(to.size())
            .buffer(partial)
            .buffer(to)
            .i32(to.size())
            .i32(s.parts())
            .run();
      }
    }
  }

  /**
   * The inputs, moved to aligned memory where rows of whole vectors make aligned loads possible.
   */
  private final class Operands implements AutoCloseable {
    private static final int VECTOR = 16;

    private final DeviceScratch[] moved = new DeviceScratch[4];
    private final Tensor logSum;
    private final DeviceScratch delta;
    final boolean aligned;

    Operands() {
      this(null, null, null);
    }

    Operands(Tensor logSum, DeviceScratch delta, Tensor g) {
      this.logSum = logSum;
      this.delta = delta;
      int elements = VECTOR / in[0].dtype().bytes();
      aligned = at.d % elements == 0 && at.dv % elements == 0;
      Tensor[] t = {in[0], in[1], in[2], g};
      for (int i = 0; i < t.length && t[i] != null; i++) {
        moved[i] = aligned ? cuda.aligned(t[i]) : DeviceScratch.borrowed(cuda.address(t[i]));
      }
    }

    Launch add(Launch kernel) {
      kernel.buffer(moved[0]).buffer(moved[1]).buffer(moved[2]).buffer(bias).buffer(mask);
      return delta == null ? kernel : kernel.buffer(logSum).buffer(delta).buffer(moved[3]);
    }

    @Override
    public void close() {
      for (DeviceScratch s : moved) {
        if (s != null) {
          s.close();
        }
      }
    }
  }
}
