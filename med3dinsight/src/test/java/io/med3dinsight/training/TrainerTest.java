package io.med3dinsight.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.data.SampleException;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.nn.layer.Dropout;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.ParameterGroup;
import io.med3dinsight.nn.optim.Schedule;
import io.med3dinsight.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  private static final Device DEVICE = Device.cpu(2);
  private static final int STEPS = 4;
  private static final int EPOCHS = 3;

  @TempDir Path dir;

  private static final class Net extends Module {
    private final Linear in;
    private final Dropout dropout;
    private final Linear out;

    Net(Setup s, int hidden, Rng rng) {
      super(s);
      in = register("in", new Linear(s, 3, hidden));
      dropout = register("dropout", new Dropout(s, 0.4f, rng));
      out = register("out", new Linear(s, hidden, 1));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return out.call(dropout.call(in.call(x).relu()));
    }
  }

  /** Everything that a checkpoint must hold: dropout, an average, a number of its own. */
  private static final class Toy implements Stage<float[]> {
    private final long seed;
    private final int hidden;
    private final Rng rng;
    private final Net net;
    private final Optimizer optimizer;
    private final Ema ema;
    private int broken = -1;
    private int failing = -1;
    private double seen;

    Toy(long seed, int hidden) {
      this.seed = seed;
      this.hidden = hidden;
      rng = new Rng(seed);
      net = new Net(Setup.of(DEVICE, seed), hidden, rng);
      optimizer = Adam.adamW(ParameterGroup.decayMatricesOnly(net, 0.01));
      ema = new Ema(net.namedParameters(), 0.9);
    }

    @Override
    public String name() {
      return "toy";
    }

    @Override
    public Network network() {
      return new Network("toy", JsonNodeFactory.instance.objectNode().put("hidden", hidden));
    }

    @Override
    public Module module() {
      return net;
    }

    @Override
    public Optimizer optimizer() {
      return optimizer;
    }

    @Override
    public Schedule schedule() {
      return Schedule.cosine(0.01, 2, STEPS * EPOCHS, 0);
    }

    @Override
    public double maxNorm() {
      return 1;
    }

    @Override
    public Ema ema() {
      return ema;
    }

    @Override
    public Map<String, Rng> randomStreams() {
      return Map.of("dropout", rng);
    }

    @Override
    public ObjectNode state() {
      return JsonNodeFactory.instance.objectNode().put("seen", seen);
    }

    @Override
    public void restoreState(JsonNode state) {
      seen = state.path("seen").asDouble();
    }

    @Override
    public SampleSource<float[]> batches() {
      return new SampleSource<>() {
        @Override
        public float[] load(SampleKey key) {
          if (key.index() == failing) {
            throw new DataException("the disk of case_7 is gone.");
          }
          SplittableRandom r = key.random();
          float[] x = new float[15];
          for (int i = 0; i < x.length; i++) {
            x[i] = key.index() == broken ? Float.NaN : (float) r.nextDouble(-1, 1);
          }
          return x;
        }

        @Override
        public String describe(SampleKey key) {
          return "case_" + key.index();
        }
      };
    }

    @Override
    public int stepsPerEpoch() {
      return STEPS;
    }

    @Override
    public int epochs() {
      return EPOCHS;
    }

    @Override
    public long seed() {
      return seed;
    }

    @Override
    public Tensor loss(float[] batch, Metrics metrics) {
      Tensor x = Tensor.of(DEVICE, batch, 5, 3);
      seen += batch[0];
      metrics.add("seen", seen);
      return net.call(x).sub(x.slice(1, 0, 1)).square().mean();
    }

    @Override
    public void endEpoch(int epoch, Metrics metrics) {
      metrics.add("epoch", epoch + seen);
    }

    @Override
    public void close() {
      ema.close();
      optimizer.close();
      net.close();
    }
  }

  private static TrainingContext context(
      Path folder, boolean resume, MetricsSink sink, Duration every, BooleanSupplier stop) {
    return new TrainingContext(folder, DEVICE, resume, every, sink, Progress.NONE, stop);
  }

  private static boolean train(Path folder, boolean resume, MetricsSink sink, int steps) {
    int[] asked = {0};
    try (Toy toy = new Toy(5, 4)) {
      return Trainer.run(
          toy, context(folder, resume, sink, Duration.ofHours(1), () -> asked[0]++ >= steps));
    }
  }

  private static byte[] last(Path folder) throws IOException {
    return Files.readAllBytes(folder.resolve("checkpoints/toy-last.safetensors"));
  }

  @Test
  void stoppedAnywhereAndResumedGivesTheSameBytes() throws IOException {
    Records whole = new Records();
    Path uninterrupted = dir.resolve("whole");
    assertTrue(train(uninterrupted, false, whole, 99));
    assertEquals(EPOCHS, whole.lines().size());
    for (int stop = 0; stop < STEPS * EPOCHS; stop++) {
      Path folder = dir.resolve("stop" + stop);
      Records parts = new Records();
      assertFalse(train(folder, false, parts, stop));
      assertEquals(stop / STEPS, parts.lines().size());
      assertFalse(Arrays.equals(last(uninterrupted), last(folder)));
      assertTrue(train(folder, true, parts, 99));
      assertArrayEquals(last(uninterrupted), last(folder), "stopped after " + stop);
      assertEquals(whole.lines(), parts.lines(), "stopped after " + stop);
    }
    // Stopped after every single step.
    Path folder = dir.resolve("steps");
    Records parts = new Records();
    int runs = 1;
    for (boolean done = train(folder, false, parts, 1); !done; runs++) {
      done = train(folder, true, parts, 1);
    }
    assertTrue(runs >= STEPS * EPOCHS);
    assertArrayEquals(last(uninterrupted), last(folder));
    assertEquals(whole.lines(), parts.lines());
  }

  /** As when the process is killed: what came after the last checkpoint is lost, nothing else. */
  @Test
  void aRunThatBrokeOffGoesOnFromItsLastCheckpoint() throws IOException {
    Records whole = new Records();
    assertTrue(train(dir.resolve("whole"), false, whole, 99));
    for (Duration every : new Duration[] {Duration.ZERO, Duration.ofHours(1)}) {
      for (int at = 1; at < STEPS * EPOCHS; at++) {
        Path folder = dir.resolve("broken" + every + at);
        Records parts = new Records();
        int[] asked = {0};
        int when = at;
        BooleanSupplier dies =
            () -> {
              if (asked[0]++ == when) {
                throw new IllegalStateException("killed");
              }
              return false;
            };
        try (Toy toy = new Toy(5, 4)) {
          TrainingContext context = context(folder, false, parts, every, dies);
          assertThrows(IllegalStateException.class, () -> Trainer.run(toy, context));
        }
        assertTrue(train(folder, true, parts, 99));
        assertArrayEquals(last(dir.resolve("whole")), last(folder));
        assertEquals(whole.lines(), parts.lines());
      }
    }
  }

  @Test
  void aFinishedStageStaysAsItIs() throws IOException {
    Records r = new Records();
    assertTrue(train(dir, false, r, 99));
    byte[] bytes = last(dir);
    int lines = r.lines().size();
    assertTrue(train(dir, true, r, 0));
    assertArrayEquals(bytes, last(dir));
    assertEquals(lines, r.lines().size());
  }

  @Test
  void anotherSeedOrNetworkIsRefused() {
    train(dir, false, MetricsSink.NONE, 3);
    TrainingContext resume = context(dir, true, MetricsSink.NONE, Duration.ofHours(1), () -> false);
    try (Toy other = new Toy(6, 4)) {
      UsageException e = assertThrows(UsageException.class, () -> Trainer.run(other, resume));
      assertTrue(e.getMessage().contains("seed 5") && e.getMessage().contains("seed 6"));
    }
    try (Toy other = new Toy(5, 7)) {
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> Trainer.run(other, resume));
      assertTrue(e.getMessage().contains("holds another network"), e.getMessage());
    }
  }

  @Test
  void aCheckpointCutInHalfIsRefused() throws IOException {
    train(dir, false, MetricsSink.NONE, 3);
    byte[] bytes = last(dir);
    Path file = dir.resolve("checkpoints/toy-last.safetensors");
    for (int length : new int[] {0, 5, 100, bytes.length / 2, bytes.length - 1}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> train(dir, true, MetricsSink.NONE, 99));
      assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
      assertEquals(1, e.getMessage().lines().count());
    }
  }

  @Test
  void divergenceNamesStageAndStep() {
    try (Toy toy = new Toy(5, 4)) {
      toy.broken = 2;
      TrainingContext context =
          context(dir, false, MetricsSink.NONE, Duration.ofHours(1), () -> false);
      UsageException e = assertThrows(UsageException.class, () -> Trainer.run(toy, context));
      assertEquals(
          "Stage toy diverged. Step 3: the loss is NaN; lower the learning rate or check the input"
              + " for NaN.",
          e.getMessage());
    }
  }

  @Test
  void aCaseThatCannotBeLoadedIsNamed() {
    try (Toy toy = new Toy(5, 4)) {
      toy.failing = 1;
      TrainingContext context =
          context(dir, false, MetricsSink.NONE, Duration.ofHours(1), () -> false);
      SampleException e = assertThrows(SampleException.class, () -> Trainer.run(toy, context));
      assertTrue(e.getMessage().startsWith("Case 'case_1' could not be loaded"), e.getMessage());
      assertTrue(e.getMessage().endsWith("the disk of case_7 is gone."), e.getMessage());
      assertInstanceOf(DataException.class, e.getCause());
    }
  }
}
