package io.med3dinsight.engine.cpu;

/** {@code G} of {@link WinogradKernels}: three taps to six products, and back for the gradient. */
final class WinogradWeights {
  private WinogradWeights() {}

  /** Product k of the weights w0, w1, w2 along H. */
  static float product(int k, double w0, double w1, double w2) {
    double even = w0 + w2;
    double even4 = w0 + 4 * w2;
    return (float)
        switch (k) {
          case 0 -> w0 / 4;
          case 1 -> -(even + w1) / 6;
          case 2 -> -(even - w1) / 6;
          case 3 -> (even4 + 2 * w1) / 24;
          case 4 -> (even4 - 2 * w1) / 24;
          default -> w2;
        };
  }

  /**
   * Weights of one product and one block of target channels as [kD][kW][source channel][channel of
   * the block], from {@code o} on.
   *
   * @param first first target channel
   * @param valid target channels of the block that exist
   * @param width target channels of the block, padding included
   */
  static void pack(
      ConvGeometry g,
      boolean backward,
      int k,
      int first,
      int valid,
      int width,
      float[] w,
      int wo,
      float[] to,
      int o) {
    int sources = backward ? g.outChannels() : g.inChannels();
    int sourceStep = backward ? g.outStep() : g.inStep();
    int targetStep = backward ? g.inStep() : g.outStep();
    int tap = g.inChannels() * g.outChannels();
    int row = g.w().kernel() * tap;
    int d = o;
    for (int jz = 0; jz < g.d().kernel(); jz++) {
      int kz = backward ? g.d().kernel() - 1 - jz : jz;
      for (int jx = 0; jx < g.w().kernel(); jx++) {
        int kx = backward ? g.w().kernel() - 1 - jx : jx;
        int at = wo + kz * 3 * row + kx * tap + first * targetStep;
        int w0 = backward ? 2 * row : 0;
        for (int c = 0; c < sources; c++, at += sourceStep, d += width) {
          for (int v = 0; v < width; v++) {
            int i = at + v * targetStep;
            to[d + v] = v < valid ? product(k, w[i + w0], w[i + row], w[i + 2 * row - w0]) : 0f;
          }
        }
      }
    }
  }

  /**
   * {@code G^T}: from gradients [k][kD][kW][Cin][Cout] to those of weights [kD][3][kW][Cin][Cout].
   */
  static void gradient(CpuBackend cpu, ConvGeometry g, float[] u, int uo, float[] dw, int wo) {
    int row = g.w().kernel() * g.inChannels() * g.outChannels();
    int step = g.d().kernel() * row;
    cpu.parallel()
        .run(
            g.d().kernel(),
            kz -> {
              for (int i = 0; i < row; i++) {
                int o = uo + kz * row + i;
                double s1 = (double) u[o + step] + u[o + 2 * step];
                double d1 = (double) u[o + 2 * step] - u[o + step];
                double s2 = (double) u[o + 3 * step] + u[o + 4 * step];
                double d2 = (double) u[o + 3 * step] - u[o + 4 * step];
                int to = wo + kz * 3 * row + i;
                dw[to] = (float) (u[o] / 4.0 - s1 / 6 + s2 / 24);
                dw[to + row] = (float) (d1 / 6 + d2 / 12);
                dw[to + 2 * row] = (float) (s2 / 6 - s1 / 6 + u[o + 5 * step]);
              }
            });
  }
}
