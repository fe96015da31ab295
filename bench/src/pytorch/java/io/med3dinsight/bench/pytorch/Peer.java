package io.med3dinsight.bench.pytorch;

import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** PyTorch as the program to compare with. */
public final class Peer {
  private static final int N = 1024;

  private Peer() {}

  /** Sets PyTorch's threads and says how it was built, so that a result can name its peer. */
  public static String prepare(int threads) {
    torch.set_num_threads(threads);
    return torch.show_config().getString() + torch.get_parallel_info().getString();
  }

  /** Prints the peer's description and the speed of one matrix product, to check the installation. */
  public static void main(String[] args) {
    System.out.println(prepare(args.length > 0 ? Integer.parseInt(args[0]) : 2));
    double best = Double.MAX_VALUE;
    try (Tensor a = torch.rand(N, N);
        Tensor b = torch.rand(N, N)) {
      for (int i = 0; i < 20; i++) {
        long start = System.nanoTime();
        torch.matmul(a, b).close();
        best = Math.min(best, (System.nanoTime() - start) * 1e-9);
      }
    }
    double flops = 2.0 * N * N * N;
    System.out.println(
        String.format(
            Locale.ROOT, "matmul %d^3: %.1f ms, %.0f GFLOP/s", N, best * 1e3, flops / best * 1e-9));
  }
}
