package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.engine.op.BatchNorm;
import io.med3dinsight.engine.op.BatchNormGrad;
import io.med3dinsight.engine.op.GlobalAveragePool;
import io.med3dinsight.engine.op.GroupNorm;
import io.med3dinsight.engine.op.GroupNormGrad;
import io.med3dinsight.engine.tensor.DType;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Instance, group and batch norm: many channels, several blocks, means far from zero. */
class NormKernelsTest {
  private static float[] normal(long seed, int n, double mean, double std) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      double u = r.nextDouble() + r.nextDouble() + r.nextDouble() + r.nextDouble() - 2;
      v[i] = (float) (mean + std * u * Math.sqrt(3));
    }
    return v;
  }

  private static OpComparison of(DType type, int offset) {
    return new OpComparison().storage(type).offset(offset);
  }

  @ParameterizedTest
  @CsvSource({
    "2, 5, 7, 7",
    "1, 70000, 3, 3",
    "1, 33, 1100, 1100",
    "2, 9, 2048, 32",
    "3, 300, 24, 4",
    "1, 40000, 1, 1",
    "2, 1, 512, 8",
    "2, 1023, 1, 1",
    "1, 4099, 20, 5"
  })
  void forwardAndBackward(int n, int voxels, int channels, int groups) {
    int size = n * voxels * channels;
    float[] x = normal(size, size, 2, 1);
    float[] dy = normal(size + 1, size, 0, 1);
    float[] gamma = normal(3, channels, 1, 0.2);
    float[] beta = normal(4, channels, 0, 0.5);
    float[] mean = normal(5, n * groups, 2, 0.1);
    float[] rstd = normal(6, n * groups, 1, 0.1);
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      for (int offset : new int[] {0, 1}) {
        boolean single = type == DType.F32;
        of(type, offset)
            .input(x, n, voxels, channels)
            .single(gamma, channels)
            .single(beta, channels)
            .check(new GroupNorm(groups, 1e-5f, 0.01f), single ? 4e-6 : 0x1p-8);
        of(type, offset)
            .input(x, n, voxels, channels)
            .input(dy, n, voxels, channels)
            .single(gamma, channels)
            .single(beta, channels)
            .single(mean, n, groups)
            .single(rstd, n, groups)
            .check(new GroupNormGrad(groups, 0.01f), single ? 1e-4 : 0x1p-7);
      }
    }
  }

  @Test
  void batchNormSharesStatisticsOverTheBatch() {
    float[] x = normal(1, 5 * 37 * 12, 3, 2);
    float[] gamma = normal(3, 12, 1, 0.2);
    float[] beta = normal(4, 12, 0, 0.5);
    new OpComparison()
        .input(x, 5, 37, 12)
        .single(gamma, 12)
        .single(beta, 12)
        .check(new BatchNorm(1e-5f, 0.1f), 4e-6);
    for (boolean fixed : new boolean[] {true, false}) {
      new OpComparison()
          .input(x, 5, 37, 12)
          .input(normal(2, 5 * 37 * 12, 0, 1), 5, 37, 12)
          .single(gamma, 12)
          .single(beta, 12)
          .single(normal(5, 12, 3, 0.1), 12)
          .single(normal(6, 12, 0.5, 0.05), 12)
          .check(new BatchNormGrad(fixed, 0.1f), 2e-5);
    }
  }

  /** Values 1e4 apart from zero with a standard deviation of 1: sums of squares would lose it. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 5})
  void aLargeMeanTakesNothingFromTheVariance(int channels) {
    int voxels = 20000;
    float[] x = normal(channels, voxels * channels, 10000, 1);
    statistics(x, voxels, channels, 1e-5);
    // The first value, to which differences are relative, far from all others.
    Arrays.fill(x, 0, channels, 0f);
    statistics(x, voxels, channels, 1e-4);
  }

  private static void statistics(float[] x, int voxels, int channels, double tolerance) {
    float[] one = new float[channels];
    Arrays.fill(one, 1f);
    float[][] out =
        new OpComparison()
            .input(x, 1, voxels, channels)
            .single(one, channels)
            .single(new float[channels], channels)
            .simulated(new GroupNorm(channels, 0f, 1f));
    for (int c = 0; c < channels; c++) {
      double mean = 0;
      double square = 0;
      for (int v = 0; v < voxels; v++) {
        mean += x[v * channels + c] / (double) voxels;
      }
      for (int v = 0; v < voxels; v++) {
        square += Math.pow(x[v * channels + c] - mean, 2) / voxels;
      }
      assertEquals(mean, out[1][c], 1e-7 * Math.abs(mean));
      assertEquals(1, out[2][c] * Math.sqrt(square), tolerance);
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 7, 3", "1, 64001, 1", "3, 100, 1030", "2, 900, 16"})
  void globalAverage(int n, int voxels, int channels) {
    float[] x = normal(n, n * voxels * channels, 1, 1);
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      of(type, 1)
          .input(x, n, voxels, channels)
          .check(new GlobalAveragePool(), type == DType.F32 ? 2e-6 : 0x1p-8);
    }
  }
}
