package io.med3dinsight.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same bits on one, two and five threads, for every way a convolution can take. */
class ConvThreadsTest {
  static Stream<Arguments> shapes() {
    return Stream.of(
        Arguments.of("3^3", geometry(1, 17, 33, 1, 11, 3, 1, 1)),
        Arguments.of("3^3 without transforms", geometry(1, 17, 33, 1, 5, 3, 1, 1)),
        Arguments.of("few input channels", geometry(2, 2, 40, 1, 12, 3, 1, 1)),
        Arguments.of("stride 2", geometry(1, 16, 32, 1, 13, 3, 2, 1)),
        Arguments.of("1^3", geometry(1, 24, 20, 1, 11, 1, 1, 0)),
        Arguments.of("depthwise", geometry(2, 40, 40, 40, 13, 3, 1, 1)),
        Arguments.of("groups", geometry(1, 6, 9, 3, 9, 3, 1, 1)),
        Arguments.of("many channels", geometry(1, 64, 64, 1, 4, 3, 1, 1)));
  }

  private static ConvGeometry geometry(
      int n, int in, int out, int groups, int extent, int kernel, int stride, int pad) {
    ConvAxis a = ConvAxis.forward(extent, kernel, stride, pad, 1);
    return new ConvGeometry(n, in, out, groups, a, a, a, false);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void sameBits(String name, ConvGeometry g) {
    for (Kernels k : new Kernels[] {Kernels.scalar(), Kernels.simd()}) {
      float[][] one = results(new CpuBackend(1, k, true), g);
      for (int threads : new int[] {2, 5}) {
        float[][] many = results(new CpuBackend(threads, k, true), g);
        for (int i = 0; i < one.length; i++) {
          assertArrayEquals(
              one[i], many[i], name + ", " + k.name() + ", " + threads + " threads, result " + i);
        }
      }
    }
  }

  private static float[][] results(CpuBackend cpu, ConvGeometry g) {
    float[] x = values(g.inputSize(), 1);
    float[] w = values(g.weightSize(), 2);
    float[] dy = values(g.outputSize(), 3);
    float[][] r = {new float[dy.length], new float[x.length], new float[w.length]};
    Conv.forward(cpu, g, x, 0, w, 0, null, 0, r[0], 0);
    Conv.inputGradient(cpu, g, dy, 0, w, 0, null, 0, r[1], 0);
    Conv.weightGradient(cpu, g, x, 0, dy, 0, r[2], 0);
    return r;
  }

  private static float[] values(int n, int seed) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (float) (r.nextDouble() * 2 - 1);
    }
    return v;
  }
}
