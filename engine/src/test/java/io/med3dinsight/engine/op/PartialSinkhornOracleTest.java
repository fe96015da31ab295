package io.med3dinsight.engine.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * Plans against those of POT over the grid of oracle/pot_fixtures.py, within 1e-5 of the plan's
 * scale.
 */
class PartialSinkhornOracleTest {
  private final Device device = Device.of(new CpuBackend(2, Kernels.best(), true));

  @Test
  void plansAgreeWithPot() throws IOException {
    int cases = 0;
    int byPot = 0;
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                getClass().getResourceAsStream("transport.txt"), StandardCharsets.UTF_8))) {
      in.readLine();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] head = line.split(" ");
        check(head, in.readLine().split(" "));
        cases++;
        // Where POT itself converged, the stored plan is POT's.
        byPot += !head[5].equals("nan") && Double.parseDouble(head[5]) < 1e-6 ? 1 : 0;
      }
    }
    assertEquals(192, cases);
    assertTrue(byPot > 170, byPot + " cases where POT converged");
  }

  private void check(String[] head, String[] samples) {
    int n = Integer.parseInt(head[0]);
    double epsilon = Double.parseDouble(head[1]);
    double mass = Double.parseDouble(head[2]);
    float[] cost = cost(n, Integer.parseInt(head[4]), head[3].equals("1"));
    try (Scope scope = Scope.open()) {
      Tensor[] out =
          Eager.run(
              new PartialSinkhorn(epsilon, mass, 1000, 1e-9), Tensor.of(device, cost, 1, n, n));
      float[] plan = out[0].toFloats();
      for (int i = 0; i < samples.length; i += 2) {
        int at = Integer.parseInt(samples[i]);
        assertEquals(
            Double.parseDouble(samples[i + 1]),
            (double) plan[at] * n,
            1e-5,
            String.join(" ", head) + " at " + at);
      }
    }
  }

  private static float[] cost(int n, int seed, boolean aligned) {
    float[] c = new float[n * n];
    for (int i = 0; i < c.length; i++) {
      int x = i + seed * 1000003;
      x = (x ^ x >>> 16) * 0x7FEB352D;
      x = (x ^ x >>> 15) * 0x846CA68B;
      float h = ((x ^ x >>> 16) >>> 12) / (float) (1 << 20);
      c[i] = aligned ? (i / n == i % n ? 0.25f : 0.875f) + h / 8 : h;
    }
    return c;
  }
}
